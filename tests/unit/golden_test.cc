// SPDX-License-Identifier: GPL-2.0-or-later
// What the commands print, for each case of tests/golden: README.md there tells how a case is
// written.
#include <dirent.h>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/file.h"
#include "base/user.h"
#include "commands/commands.h"
#include "unit/world.h"

using namespace situp;

namespace {

constexpr std::size_t most = 1U << 20;

std::int64_t the_time = 0;
std::optional<bool> the_daemon;

std::int64_t golden_now() {
  return the_time;
}
std::optional<bool> golden_daemon() {
  return the_daemon;
}
Deadline::Clock::time_point golden_moment() {
  return {};
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream stream(text);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

std::string joined(const std::vector<std::string>& words, std::size_t first) {
  std::string text;
  for (std::size_t i = first; i < words.size(); ++i) text += (i == first ? "" : " ") + words[i];
  return text;
}

/// Packets of which the case says what becomes.
class GoldenPackets : public Packets {
 public:
  Ping ping(Ipv4, Ipv4) override {
    if (hidden) throw Error(Exit::not_permitted, "ICMP", "operation not permitted");
    return ping_;
  }
  void pass(Passage& passage, const LiveLink& link, const Live&) override {
    if (hidden) throw Error(Exit::not_permitted, "ICMPv6", "operation not permitted");
    passage.asked = 3;
    passage.watched = true;
    passage.left = 3;
    passage.left_by = "eth0";
    passage.outer_answers = ping_.answered;
    if (passage.target == lost) return;
    passage.answered = answered;
    passage.arrived = answered;
    if (answered != 0) passage.arrived_by = "eth0";
    passage.answer_came = answered != 0;
    passage.round_trip = 20000;
    largest_ = std::min(largest_, link.mtu);
  }
  unsigned largest(const LiveLink&, const Ipv6&, std::uint32_t) override { return largest_; }
  std::vector<FilterChain> filters() override {
    if (hidden) throw Error(Exit::not_permitted, "nftables", "operation not permitted");
    return chains;
  }

  /// "answered 3", "largest 1400", …
  bool read(const std::vector<std::string>& words) {
    const unsigned number = words.size() > 2 ? parse_number(words[2], 100000).value_or(0) : 0;
    if (words[1] == "hidden")
      hidden = true;
    else if (words[1] == "answered")
      answered = number;
    else if (words[1] == "largest")
      largest_ = number;
    else if (words[1] == "ping")
      ping_.answered = words[2] == "answered";
    else if (words[1] == "not-sent")
      ping_.not_sent = static_cast<int>(number);
    else if (words[1] == "lost")
      lost = Ipv6::parse(words[2]).value_or(Ipv6{});
    else if (words[1] == "chain" && words.size() >= 6)
      chains.push_back({words[2], words[3], words[4], words[5], words.size() > 6});
    else
      return false;
    return true;
  }

 private:
  bool hidden = false;
  unsigned answered = 3, largest_ = 65535;
  Ping ping_{0, true};
  Ipv6 lost;
  std::vector<FilterChain> chains;
};

/// What a command writes to a descriptor meanwhile.
class Captured {
 public:
  Captured(FILE* stream, const std::string& path) : stream_(stream), path_(path) {
    REQUIRE(fflush(stream) == 0);
    kept_ = Fd(dup(fileno(stream)));
    const Fd file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    REQUIRE(file);
    REQUIRE(dup2(file.get(), fileno(stream)) >= 0);
  }
  std::string end() {
    REQUIRE(fflush(stream_) == 0);
    REQUIRE(dup2(kept_.get(), fileno(stream_)) >= 0);
    return read_small_file(path_, most).value_or("");
  }

 private:
  FILE* stream_;
  std::string path_;
  Fd kept_;
};

class Case {
 public:
  explicit Case(const std::string& text) : text_(text) {
    the_time = 1750000000;
    the_daemon = true;
    world_.clear();
  }

  /// What there is to compare.
  std::string run() {
    const std::filesystem::path here = std::filesystem::current_path();
    std::filesystem::current_path(world_.folder.path());
    std::filesystem::create_directories("run");
    std::istringstream stream(text_);
    std::string section;
    std::vector<std::string> steps;
    for (std::string line; std::getline(stream, line);) {
      if (line.rfind("== ", 0) == 0) {
        section = line.substr(3);
        if (!is_own(section)) append(section, "");
        continue;
      }
      if (section == "run")
        steps.push_back(line);
      else if (section == "kernel")
        kernel(line);
      else if (section == "answers")
        answer(line);
      else if (section == "environment")
        environment_.push_back(line);
      else if (!is_own(section))
        append(section, line + "\n");
    }
    for (const std::string& line : steps) step(line);
    std::filesystem::current_path(here);
    return output_;
  }

 private:
  /// A section that is no file of the host; what stands before the first one is the case's title.
  static bool is_own(const std::string& section) {
    const auto own = {"", "run", "kernel", "answers", "environment"};
    return std::find(own.begin(), own.end(), section) != own.end();
  }
  void wrong(const std::string& line) { output_ += "not understood: " + line + "\n"; }

  void kernel(const std::string& line) {
    if (const std::string bad = world_.kernel.read(line); !bad.empty()) wrong(bad);
  }

  /// "resolve tunnel.example = addresses 192.0.2.1", as situp-net writes it.
  void answer(const std::string& line) {
    const std::size_t equals = line.find(" = ");
    if (equals == std::string::npos) return line.empty() ? void() : wrong(line);
    const auto answer = read_answer(line.substr(equals + 3) + "\n");
    if (!answer) return wrong(line);
    world_.answers[line.substr(0, equals)] = *answer;
  }

  static void append(const std::string& path, const std::string& text) {
    const std::filesystem::path file(path);
    if (file.has_parent_path()) std::filesystem::create_directories(file.parent_path());
    std::ofstream(path, std::ios::app) << text;
  }

  void step(const std::string& line) {
    const auto words = split(line);
    if (words.empty() || words[0][0] == '#') return;
    if (words[0] == "situp") {
      output_ += "$ " + line + "\n";
      situp(words, true);
    } else if (words[0] == "quietly") {
      situp({words.begin() + 1, words.end()}, false);
    } else if (words[0] == "kernel") {
      kernel(joined(words, 1));
    } else if (words[0] == "without") {
      without(joined(words, 1));
    } else if (words[0] == "show-kernel") {
      output_ += world_.kernel.text();
    } else if (words[0] == "answer") {
      answer(joined(words, 1));
    } else if (words[0] == "packets" && words.size() > 1) {
      if (!packets_.read(words)) wrong(line);
    } else if (words[0] == "daemon") {
      the_daemon = words[1] == "unseen" ? std::nullopt : std::optional(words[1] == "runs");
    } else if (words[0] == "refuse" && words.size() == 3) {
      const auto done = static_cast<unsigned>(world_.kernel.done.size());
      world_.kernel.refusals[done + parse_number(words[1], 1000).value_or(1)] =
          static_cast<int>(parse_number(words[2], 1000).value_or(22));
    } else if (words[0] == "later") {
      the_time += parse_number(words[1], 1000000000).value_or(0);
    } else if (words[0] == "edit") {
      edit(words[1], joined(words, 2));
    } else if (words[0] == "file" && words.size() > 2) {
      append(words[1], joined(words, 2) + "\n");
    } else if (words[0] == "link" && words.size() == 3) {
      std::filesystem::create_directories(std::filesystem::path(words[2]).parent_path());
      std::filesystem::create_symlink(words[1], words[2]);
    } else if (words[0] == "variable") {
      environment_.push_back(joined(words, 1));
    } else {
      wrong(line);
    }
  }

  /// "OLD => NEW"
  void edit(const std::string& path, const std::string& change) {
    std::string text = read_small_file(path, most).value_or("");
    const std::size_t arrow = change.find(" => ");
    const std::string old = change.substr(0, arrow);
    const std::size_t at = text.find(old);
    if (arrow == std::string::npos || at == std::string::npos) return wrong(change);
    text.replace(at, old.size(), change.substr(arrow + 4));
    std::ofstream(path, std::ios::trunc) << text;
  }

  /// Lines of the kernel that begin so are there no more.
  void without(const std::string& beginning) {
    std::istringstream stream(world_.kernel.text());
    std::string rest;
    bool found = false;
    for (std::string line; std::getline(stream, line);) {
      const bool goes = line.rfind(beginning, 0) == 0;
      found |= goes;
      if (!goes) rest += line + "\n";
    }
    if (!found) wrong("without " + beginning);
    world_.clear();
    kernel(rest);
  }

  static Arguments arguments_of(const std::vector<std::string>& words) {
    Arguments arguments;
    arguments.interfaces = "interfaces";
    if (access("situp.conf", F_OK) == 0) arguments.config = "situp.conf";
    for (std::size_t i = 2; i < words.size(); ++i) {
      const std::string& word = words[i];
      if (word == "--json")
        arguments.json = true;
      else if (word == "--nagios")
        arguments.nagios = true;
      else if (word == "--prometheus")
        arguments.prometheus = true;
      else if (word == "--all")
        arguments.all = true;
      else if (word == "--down")
        arguments.down = true;
      else if (word == "-v")
        arguments.verbose = true;
      else
        arguments.words.push_back(word);
    }
    return arguments;
  }

  void situp(const std::vector<std::string>& words, bool shown) {
    std::vector<const char*> environment;
    for (const std::string& variable : environment_) environment.push_back(variable.c_str());
    environment.push_back(nullptr);
    System system{world_.kernel, packets_};
    system.ask = [this](const Question& question, Deadline) { return world_.answer(question); };
    system.root = ".";
    system.environment = environment.data();
    system.now = golden_now;
    system.moment = golden_moment;
    system.daemon_runs = golden_daemon;
    using Run = Exit (*)(const Arguments&, const System&);
    const std::pair<const char*, Run> verbs[] = {
        {"up", run_up},       {"down", run_down},     {"plan", run_plan}, {"address", run_address},
        {"check", run_check}, {"status", run_status}, {"hook", run_hook}, {"doctor", run_doctor}};
    Run command = nullptr;
    for (const auto& [name, function] : verbs)
      if (words.size() > 1 && words[1] == name) command = function;
    if (command == nullptr) return wrong(joined(words, 0));
    std::string printed;
    std::string said;
    Exit status = Exit::done;
    {
      Captured out(stdout, "captured.out");
      Captured err(stderr, "captured.err");
      try {
        status = command(arguments_of(words), system);
      } catch (const Error& error) {
        say("", error);
        status = error.status();
      }
      said = err.end();
      printed = out.end();
    }
    set_dates();
    if (!shown && status == Exit::done) return;
    output_ += printed;
    std::istringstream lines(said);
    for (std::string line; std::getline(lines, line);) output_ += "2> " + line + "\n";
    if (status != Exit::done) output_ += "exit " + std::to_string(static_cast<int>(status)) + "\n";
  }

  /// Records tell by their date since when a tunnel is as it is.
  void set_dates() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator("run")) {
      struct stat about {};
      const std::string path = entry.path();
      if (!entry.is_regular_file() || stat(path.c_str(), &about) != 0) continue;
      const auto known = dates_.find(path);
      // One that the command has not written keeps its date.
      if (known != dates_.end() && known->second == about.st_mtime) continue;
      const timespec times[] = {{the_time, 0}, {the_time, 0}};
      REQUIRE(utimensat(AT_FDCWD, path.c_str(), times, 0) == 0);
      dates_[path] = the_time;
    }
  }

  std::string text_;
  World world_;
  GoldenPackets packets_;
  std::vector<std::string> environment_;
  std::map<std::string, std::int64_t> dates_;
  std::string output_;
};

std::vector<std::string> all_cases() {
  std::vector<std::string> names;
  if (!std::filesystem::is_directory(folder_of_cases)) return names;
  for (const auto& entry : std::filesystem::directory_iterator(folder_of_cases))
    if (entry.path().extension() == ".case") names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

const char* word_of(Mark mark) {
  switch (mark) {
    case Mark::fine:
      return "fine";
    case Mark::aside:
      return "aside";
    case Mark::likely:
      return "likely";
    case Mark::sure:
      return "sure";
    case Mark::unseen:
      break;
  }
  return "unseen";
}

std::string text_of(const Probe& probe) {
  return std::string(word_of(probe.mark)) + " " + probe.name + "\n  tried  " + probe.tried +
         "\n  saw    " + probe.saw + "\n  means  " + probe.means + "\n  advice " + probe.advice +
         "\n";
}

/// One of the many ways in which packets are lost.
Passage any_passage(Chance& chance) {
  Passage p;
  p.iface = "he";
  if (chance.once_in(4)) p.kind = Kind::isatap;
  p.target = *Ipv6::parse("2001:db8::1");
  if (chance.once_in(4)) p.source = Ipv6::parse("2001:db8::2");
  p.local = chance.once_in(6) ? Ipv4{} : *Ipv4::parse("172.31.14.146");
  p.outer = *Ipv4::parse("216.66.80.26");
  p.asked = 3;
  p.answered = chance.once_in(8) ? chance.below(4) : 0;
  p.round_trip = 1500 * chance.below(40);
  const auto maybe = [&chance](unsigned times, std::uint64_t& counter) {
    if (chance.once_in(times)) counter += 1 + chance.below(3);
  };
  maybe(2, p.before.rx_packets);
  p.after = p.before;
  maybe(3, p.after.rx_packets);
  maybe(2, p.after.tx_packets);
  maybe(10, p.after.rx_errors);
  maybe(12, p.after.tx_errors);
  maybe(12, p.after.tx_carrier_errors);
  maybe(16, p.after.collisions);
  if (chance.once_in(12)) {
    const int errors[] = {1, 13, 101, 113, 105};
    p.not_sent = errors[chance.below(5)];
  }
  p.watched = !chance.once_in(4);
  if (p.watched) {
    p.left = chance.below(4);
    p.left_by = "eth0";
    p.arrived = chance.once_in(3) ? 1 + chance.below(3) : 0;
    p.arrived_by = "eth1";
    if (p.arrived != 0 && chance.once_in(3)) p.arrived_for = Ipv4::parse("172.31.14.99");
    p.answer_came = chance.once_in(5);
    p.strict_rp_filter = p.arrived != 0 && chance.once_in(2);
  }
  if (chance.once_in(6)) {
    p.refused_by = Ipv4::parse(chance.of("216.66.80.26", "172.31.0.1"));
    p.refusal = static_cast<std::uint8_t>(chance.below(14));
  }
  if (!chance.once_in(3)) p.outer_answers = chance.once_in(2);
  if (chance.once_in(8)) {
    p.inner_refused_by = Ipv6::parse("2001:db8::ff");
    p.inner_type = static_cast<std::uint8_t>(1 + chance.below(4));
    p.inner_refusal = static_cast<std::uint8_t>(chance.below(7));
  }
  const char* const chains[] = {"inet filter input (input)", "inet filter output (output)",
                                "ip6 nat post (postrouting)", "iptables-legacy filter"};
  for (const char* chain : chains)
    if (chance.once_in(3)) p.filters.emplace_back(chain);
  return p;
}

std::string all_judgements() {
  std::string text;
  Chance chance(7);
  for (unsigned i = 0; i < 120; ++i) {
    const Passage passage = any_passage(chance);
    text += "passage " + std::to_string(i) + ": " + text_of(judge(passage));
    if (i % 3 == 0) text += "beyond " + std::to_string(i) + ": " + text_of(judge_beyond(passage));
  }
  for (const unsigned device : {1280U, 1480U, 8981U})
    for (const unsigned largest : {0U, 1280U, 1400U, 1480U, 8981U})
      if (largest <= device)
        text += "MTU " + std::to_string(device) + ": " +
                text_of(judge(PathMtu{device, largest}, "v4tunnel-mtu"));
  return text;
}

/// The version changes with each release. Which user asks depends on who runs the tests, and on
/// whether this machine has the user _situp.
std::string of_any_host(std::string output) {
  const std::pair<std::string, std::string_view> parts[] = {
      {"as " + helper_user().name, "as _situp"},
      {"version=\"" SITUP_VERSION "\"", "version=\"VERSION\""}};
  for (const auto& [part, instead] : parts)
    for (std::size_t at = output.find(part); at != std::string::npos;
         at = output.find(part, at + 1))
      output.replace(at, part.size(), instead);
  return output;
}

}  // namespace

TEST_CASE("the doctor makes of packets what it has made of them before") {
  compare_with_file(std::string(folder_of_cases) + "/passages.txt", all_judgements());
}

TEST_CASE("the commands print what they have printed before") {
  const auto names = all_cases();
  CHECK(names.size() >= 60);
  for (const std::string& name : names) {
    CAPTURE(name);
    const std::string path = std::string(folder_of_cases) + "/" + name;
    const std::string output =
        of_any_host(Case(read_small_file(path + ".case", most).value_or("")).run());
    CHECK(output.find("not understood: ") == std::string::npos);
    compare_with_file(path + ".out", output);
  }
}
