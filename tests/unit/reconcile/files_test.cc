// SPDX-License-Identifier: GPL-2.0-or-later
// Records, locks and what else situp keeps in files.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"
#include "base/netns.h"
#include "reconcile/broker_file.h"
#include "reconcile/daemon_lock.h"
#include "reconcile/lock.h"
#include "reconcile/patience.h"
#include "unit/world.h"

using namespace situp;

namespace {

Record record_of(const std::string& iface, Record::State state = Record::State::up) {
  Record record;
  record.state = state;
  record.stanza = stanza_of(iface, "manual", {{"v4tunnel-local", "ec2"}});
  record.resolved.local = *Ipv4::parse("172.31.14.146");
  record.resolved.remote = *Ipv4::parse("216.66.80.26");
  return record;
}

std::string names(const std::vector<InterfaceName>& list) {
  std::string text;
  for (const InterfaceName& name : list) text += (text.empty() ? "" : " ") + name.str();
  return text;
}

std::string text_in(const std::string& path) {
  return read_small_file(path, 65536).value_or("");
}

void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

}  // namespace

TEST_CASE("records are written, found and removed") {
  const ScratchFolder folder;
  const std::string run = folder.path() + "/situp";
  const Records records(run);
  CHECK(records.directory() == run);
  CHECK_FALSE(records.boot().empty());
  CHECK(records.list().empty());
  CHECK_FALSE(records.read(iface_named("he")));
  CHECK(records.written_at(iface_named("he")) == 0);
  // The directory is made for the first one.
  records.write(record_of("he"));
  records.write(record_of("b"));
  REQUIRE(records.read(iface_named("he")));
  CHECK(records.read(iface_named("he"))->stanza.iface == "he");
  CHECK(names(records.list()) == "b he");
  CHECK(records.written_at(iface_named("he")) >= std::time(nullptr) - 3600);
  records.remove(iface_named("he"));
  records.remove(iface_named("he"));
  CHECK_FALSE(records.read(iface_named("he")));
  CHECK(names(records.list()) == "b");
}

TEST_CASE("a record under another's name, of another boot or that is no file is none") {
  const ScratchFolder folder;
  const Records records(folder.path());
  records.write(record_of("he"));
  std::filesystem::rename(folder.path() + "/he", folder.path() + "/other");
  CHECK_FALSE(records.read(iface_named("other")));
  write(folder.path() + "/x", write_record(record_of("x"), "another boot"));
  CHECK_FALSE(records.read(iface_named("x")));
  // What begins with a dot is none of them, nor is a folder.
  write(folder.path() + "/.hidden", "");
  std::filesystem::create_directory(folder.path() + "/live");
  CHECK(names(records.list()) == "other x");
}

TEST_CASE("a record of another network namespace is none, and neither overwritten nor listed") {
  const ScratchFolder folder;
  const Records records(folder.path());
  records.write(record_of("he"));
  records.write(record_of("b"));
  CHECK_FALSE(records.elsewhere(iface_named("he")));
  const std::string own = "netns " + own_netns() + "\n";
  std::string text = text_in(folder.path() + "/he");
  REQUIRE(text.find(own) != std::string::npos);
  text.replace(text.find(own), own.size(), "netns net:[1]\n");
  write(folder.path() + "/he", text);
  CHECK_FALSE(records.read(iface_named("he")));
  CHECK_FALSE(records.trouble(iface_named("he")));
  CHECK(names(records.list()) == "b");
  REQUIRE(records.elsewhere(iface_named("he")));
  CHECK(records.elsewhere(iface_named("he"))->what() ==
        "he: situp has a tunnel of this name in another network namespace (net:[1]), and both "
        "namespaces share " +
            folder.path() + ": give this one another name; if that namespace is gone: rm " +
            folder.path() + "/he");
  // An earlier situp notes no namespace; after another boot, no record counts.
  write(folder.path() + "/x", write_record(record_of("x"), records.boot()));
  CHECK(records.read(iface_named("x")));
  CHECK_FALSE(records.elsewhere(iface_named("x")));
  write(folder.path() + "/x", write_record(record_of("x"), "another boot", "net:[1]"));
  CHECK_FALSE(records.elsewhere(iface_named("x")));
  CHECK_FALSE(records.trouble(iface_named("x")));
}

TEST_CASE("a network namespace has the name of the file that stands for it") {
  const ScratchFolder folder;
  folder.put("blue", "");
  folder.put("red", "");
  struct stat status {};
  REQUIRE(stat((folder.path() + "/red").c_str(), &status) == 0);
  const std::string netns = "net:[" + std::to_string(status.st_ino) + "]";
  CHECK(name_of_netns(netns, folder.path()) == "red");
  CHECK(name_of_netns("net:[1]", folder.path()).empty());
  CHECK(name_of_netns(netns, folder.path() + "/none").empty());
}

TEST_CASE("a list of records that can't be read is an error, and no empty one") {
  const ScratchFolder folder;
  const Records records(folder.path());
  records.write(record_of("he"));
  CHECK(fails_without_descriptors([&] { records.list(); }));
  CHECK(fails_without_descriptors([&] { records.list_requests(); }));
  CHECK(fails_without_descriptors([&] { records.read(iface_named("he")); }));
}

TEST_CASE(
    "a file that can't be a record of this boot is none, and trouble; another boot's is none") {
  const ScratchFolder folder;
  const Records records(folder.path());
  const InterfaceName he = iface_named("he");
  CHECK_FALSE(records.trouble(he));
  records.write(record_of("he"));
  CHECK_FALSE(records.trouble(he));
  const std::string good = read_small_file(folder.path() + "/he", 4096).value();
  write(folder.path() + "/he", write_record(record_of("he"), "another boot"));
  CHECK_FALSE(records.read(he));
  CHECK_FALSE(records.trouble(he));
  for (const std::string& bad : {std::string(), std::string("x"), good.substr(0, good.size() - 4),
                                 good + std::string(2U << 20, 'x')}) {
    write(folder.path() + "/he", bad);
    CHECK_FALSE(records.read(he));
    REQUIRE(records.trouble(he));
    CHECK(records.trouble(he)->subject() == folder.path() + "/he");
  }
  std::filesystem::remove(folder.path() + "/he");
  std::filesystem::create_directory(folder.path() + "/he");
  CHECK_FALSE(records.read(he));
  CHECK(records.trouble(he));
}

TEST_CASE("a record that could not be read again is not written") {
  const ScratchFolder folder;
  const Records records(folder.path());
  Record record = record_of("he");
  record.upkeep = true;
  record.stanza.options.push_back({"v4tunnel-lan", std::string(1U << 20, 'x'), {}});
  CHECK_THROWS_AS(records.write(record), Error);
  CHECK(records.list().empty());
  CHECK(records.list_requests().empty());
}

TEST_CASE("a record of a mebibyte is written and read, and no longer one") {
  const ScratchFolder folder;
  const Records records(folder.path());
  Record record = record_of("he");
  record.stanza.options.push_back({"v4tunnel-lan", "", {}});
  const std::size_t rest = (1U << 20) - write_record(record, records.boot(), own_netns()).size();
  record.stanza.options.back().value = std::string(rest, 'x');
  records.write(record);
  REQUIRE(records.read(iface_named("he")));
  CHECK(records.read(iface_named("he"))->stanza.options.back().value.size() == rest);
  record.stanza.options.back().value += 'x';
  CHECK_THROWS_AS(records.write(record), Error);
}

TEST_CASE("a record that can't be written is told, and leaves no request behind") {
  const ScratchFolder folder;
  const std::string run = folder.path() + "/situp";
  write(run, "a file where the directory should be");
  const Records records(run);
  Record record = record_of("he");
  record.upkeep = true;
  CHECK_THROWS_AS(records.write(record), Error);
  CHECK(records.list_requests().empty());
  std::filesystem::remove(run);
  std::filesystem::create_directories(run + "/he");
  CHECK_THROWS_AS(records.write(record), Error);
  CHECK(records.list_requests().empty());
  CHECK_THROWS_AS(records.remove(iface_named("he")), Error);
}

TEST_CASE("what wants situpd is noted, until it doesn't") {
  const ScratchFolder folder;
  const Records records(folder.path());
  Record record = record_of("he");
  records.write(record);
  CHECK(records.list_requests().empty());
  record.upkeep = true;
  record.state = Record::State::intent;
  records.write(record);
  CHECK(records.list_requests().empty());
  record.state = Record::State::up;
  records.write(record);
  records.write(record);
  CHECK(names(records.list_requests()) == "he");
  // A tunnel that goes down for a moment is still wanted.
  record.state = Record::State::going_down;
  records.write(record);
  CHECK(names(records.list_requests()) == "he");
  records.forget_request(iface_named("he"));
  CHECK(records.list_requests().empty());
  records.request_upkeep(iface_named("he"));
  CHECK(names(records.list_requests()) == "he");
  // Not only root looks whether it is there.
  struct stat status {};
  REQUIRE(stat(folder.path(".upkeep/he").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0644);
  records.forget_request(iface_named("he"));
  record.state = Record::State::up;
  records.write(record);
  record.upkeep = false;
  records.write(record);
  CHECK(records.list_requests().empty());
  record.upkeep = true;
  records.write(record);
  records.remove(iface_named("he"));
  CHECK(records.list_requests().empty());
}

TEST_CASE("the directory of upkeep requests is made with the first one") {
  const ScratchFolder folder;
  const Records records(folder.path() + "/situp");
  Record record = record_of("he");
  record.upkeep = true;
  records.write(record);
  CHECK(names(records.list_requests()) == "he");
  CHECK(records.read(iface_named("he")));
}

TEST_CASE("the time of a record moves with the clock") {
  const ScratchFolder folder;
  const Records records(folder.path() + "/situp");
  records.write(record_of("he"));
  const auto written = records.written_at(iface_named("he"));
  for (const std::int64_t by : {-86400, 86400}) {
    records.move_written_at(iface_named("he"), by);
    CHECK(records.written_at(iface_named("he")) == written + std::min<std::int64_t>(by, 0));
  }
  records.move_written_at(iface_named("b"), 86400);
  CHECK(records.written_at(iface_named("b")) == 0);
}

TEST_CASE("what situpd knows is written beside the records") {
  const ScratchFolder folder;
  const Records records(folder.path() + "/situp");
  CHECK_FALSE(records.read_vitals(iface_named("he")));
  CHECK(records.list_vitals().empty());
  records.write(record_of("he"));
  records.write_vitals(iface_named("he"), "health alive\n");
  CHECK(records.read_vitals(iface_named("he")) == "health alive\n");
  CHECK(names(records.list_vitals()) == "he");
  records.write_vitals(iface_named("he"), "");
  CHECK_FALSE(records.read_vitals(iface_named("he")));
  CHECK(names(records.list()) == "he");
  // Nor does it stay where no situpd runs that would remove it.
  records.write_vitals(iface_named("he"), "health alive\n");
  records.remove(iface_named("he"));
  CHECK(records.list_vitals().empty());
  // situpd tries again when it can't be written.
  const Records no_folder("/dev/null/situp");
  CHECK_THROWS_AS(no_folder.write_vitals(iface_named("he"), "health alive\n"), Error);
  no_folder.write_vitals(iface_named("he"), "");
}

TEST_CASE("a lock holds off another one of the same interface, and of no other") {
  const ScratchFolder folder;
  const std::string run = folder.path() + "/situp";
  Locks ours(run);
  Locks theirs(run);
  CHECK(ours.try_lock(iface_named("he")));
  CHECK_FALSE(theirs.try_lock(iface_named("he")));
  CHECK(theirs.try_lock(iface_named("b")));
  CHECK(ours.try_lock(iface_named("he")));
  try {
    theirs.lock(iface_named("he"), Deadline::in(std::chrono::milliseconds(0)));
    FAIL("it was locked");
  } catch (const Error& error) {
    CHECK(error.status() == Exit::system);
    CHECK(error.subject() == "the lock of he");
    CHECK(error.why().find("fuser -v " + run + "/.lock") != std::string::npos);
  }
  ours.unlock(iface_named("he"));
  theirs.lock(iface_named("he"), Deadline::in(std::chrono::milliseconds(0)));
  CHECK_FALSE(ours.try_lock(iface_named("he")));
}

TEST_CASE("the wait of a boot is spent once") {
  const ScratchFolder folder;
  Config config;
  config.timeout = std::chrono::seconds(3);
  config.boot_wait = std::chrono::seconds(30);
  using std::chrono::milliseconds;
  CHECK(Patience(config, false, folder.path()).wait() == milliseconds(3000));
  const Patience first(config, true, folder.path());
  CHECK(first.wait() == milliseconds(30000));
  // What comes at once has not been waited for.
  first.used(milliseconds(499));
  CHECK(Patience(config, true, folder.path()).wait() == milliseconds(30000));
  first.used(milliseconds(500));
  CHECK(Patience(config, true, folder.path()).wait() == milliseconds(29500));
  Patience(config, true, folder.path()).used(milliseconds(20000));
  CHECK(Patience(config, true, folder.path()).wait() == milliseconds(9500));
  Patience(config, true, folder.path()).used(milliseconds(8000));
  CHECK(Patience(config, true, folder.path()).wait() == milliseconds(0));
  // By hand it is waited all the same, and nothing is spent.
  Patience(config, false, folder.path()).used(milliseconds(5000));
  CHECK(Patience(config, false, folder.path()).wait() == milliseconds(3000));
  CHECK(read_small_file(folder.path() + "/.boot-wait", 64) == "28500\n");
  write(folder.path() + "/.boot-wait", "nonsense\n");
  CHECK(Patience(config, true, folder.path()).wait() == milliseconds(30000));
  write(folder.path() + "/.boot-wait", "3600001\n");
  CHECK(Patience(config, true, folder.path()).wait() == milliseconds(30000));
  // It has a line, and is not read where it is longer than that could be.
  for (const unsigned length : {64U, 65U}) {
    write(folder.path() + "/.boot-wait", "5000\n" + std::string(length - 5, '#'));
    CHECK(Patience(config, true, folder.path()).wait() ==
          milliseconds(length == 64 ? 25000 : 30000));
  }
  // Early in a boot there is no folder.
  Patience(config, true, folder.path("early")).used(milliseconds(5000));
  CHECK(Patience(config, true, folder.path("early")).wait() == milliseconds(25000));
  // Where it can't be noted, the next one waits as long.
  Patience(config, true, "/dev/null/situp").used(milliseconds(5000));
}

TEST_CASE("the talk with a broker outlives a boot") {
  const ScratchFolder folder;
  std::filesystem::create_directories(folder.path() + "/var/lib");
  const Broker he{*BrokerName::parse("he"), *TunnelId::parse("123456")};
  const Broker other{*BrokerName::parse("he"), *TunnelId::parse("7")};
  const BrokerFile file(iface_named("t0"), folder.path());
  CHECK_FALSE(file.read());
  CHECK(file.read(he) == BrokerState{.broker = he});
  BrokerState state{.broker = he};
  state.called_at = std::time(nullptr) - 100;
  state.accepted_at = state.called_at;
  state.answer = "good 203.0.113.10";
  file.write(state);
  REQUIRE(file.read());
  CHECK(*file.read() == state);
  CHECK(file.read(he) == state);
  // Of another tunnel at the broker nothing is known.
  CHECK(file.read(other) == BrokerState{.broker = other});
  // A call that is still to come was one of a wrong clock, and is kept as one of now.
  state.called_at = std::time(nullptr) + 100000;
  file.write(state);
  const BrokerState taken_back = file.read(he);
  CHECK(taken_back.called_at <= std::time(nullptr));
  CHECK(file.read()->called_at == taken_back.called_at);
  write(folder.path() + "/var/lib/situp/broker-t0", "nonsense");
  CHECK(file.read(he) == BrokerState{.broker = he});
}
