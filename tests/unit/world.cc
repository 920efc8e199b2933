// SPDX-License-Identifier: GPL-2.0-or-later
#include "unit/world.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "base/file.h"
#include "reconcile/standing.h"

namespace situp {

ScratchFolder::ScratchFolder()
    // In memory, as /run is: a record for each of thousands of cases is a lot for a disk.
    : path_(std::string(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") +
            "/situp-world.XXXXXX") {
  REQUIRE(mkdtemp(path_.data()) != nullptr);
}

std::string ScratchFolder::put(const std::string& name, const std::string& text) const {
  std::string file = path(name);
  std::filesystem::create_directories(std::filesystem::path(file).parent_path());
  FILE* stream = std::fopen(file.c_str(), "w");
  REQUIRE(stream != nullptr);
  REQUIRE(std::fwrite(text.data(), 1, text.size(), stream) == text.size());
  REQUIRE(std::fclose(stream) == 0);
  return file;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

NoDescriptors::NoDescriptors() {
  getrlimit(RLIMIT_NOFILE, &before_);
  const rlimit none{0, before_.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
}

NoDescriptors::~NoDescriptors() {
  setrlimit(RLIMIT_NOFILE, &before_);
}

Stanza stanza_of(const std::string& iface, const std::string& method, const Words& options) {
  Stanza stanza{iface, iface, "inet6", method, {}, {}};
  for (const auto& [name, value] : options) stanza.options.push_back({name, value, {}});
  return stanza;
}

Stanza written(const std::string& method, const Words& options, const std::string& name) {
  Stanza stanza{name, name, "inet6", method, {}, {"f", 1}};
  unsigned line = 2;
  for (const auto& [option, value] : options)
    stanza.options.push_back({option, value, {"f", line++}});
  return stanza;
}

InterfaceName iface_named(const std::string& name) {
  return InterfaceName::parse(name).value();
}

TunnelSpec sixrd_spec() {
  TunnelSpec spec;
  spec.iface = iface_named("6rd0");
  spec.sit.kind = Kind::sixrd;
  spec.mtu = 1480;
  spec.sit.domain = {*Ipv6Net::parse("2001:db8:4::/48"), *Ipv4Net::parse("172.31.0.0/16")};
  return spec;
}

std::string refusal_of(const Stanza& stanza) {
  try {
    understand(stanza, hosts::situp_up);
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
    return error.what();
  }
  return "taken";
}

std::string words_of_command(const Command& command) {
  std::string text;
  for (const std::string& word : command.arguments) text += (text.empty() ? "" : " ") + word;
  return text;
}

World::World() : records(folder.path()) {
  kernel.add("lo", 65536);
  const int eth0 = kernel.add("eth0", 9001).link.index;
  kernel.device("eth0")->link.mac = Mac::parse("02:00:00:00:00:02");
  const Ipv4 own = *Ipv4::parse("172.31.14.146");
  kernel.addresses4 = {{*Ipv4::parse("127.0.0.1"), 1, false}, {own, eth0, true}};
  kernel.ways[0] = {own, eth0};
}

Answer World::answer(const Question& question) {
  const std::string words = str(question);
  asked.push_back(words);
  const auto found = answers.find(words);
  return found == answers.end() ? Answer(FailureAnswer{Failure::unreachable, 111}) : found->second;
}

Reconciler World::reconciler(std::chrono::milliseconds wait) {
  return {config, wait, kernel,
          [this](const Question& question, Deadline) { return answer(question); }, folder.path()};
}

Result World::up(const Stanza& stanza, const HostProgram& host) {
  return reconciler().up({Job{stanza, &host}}).front();
}

Result World::down(const std::string& iface, const std::optional<Stanza>& stanza) {
  return reconciler().down({{iface_named(iface), stanza}}).front();
}

Lines World::differences(const std::string& iface) {
  Live live;
  const auto all = standing_of({iface_named(iface)}, records, config, kernel, live);
  const Standing& standing = all.front();
  if (standing.error) return {standing.error->what()};
  return commands(standing.plan);
}

void World::clear() {
  kernel.devices.clear();
  kernel.addresses4.clear();
  kernel.routes4.clear();
  kernel.rules4.clear();
  kernel.rules6 = FakeKernel::default_rules6();
  kernel.unreachable.clear();
  kernel.firewalls.clear();
  kernel.ways.clear();
  kernel.ways_from.clear();
  kernel.way6.reset();
}

std::string World::file(const std::string& name) const {
  return read_small_file(folder.path() + "/" + name, 1U << 20).value_or("");
}

Lines changed_lines(const std::string& before, const std::string& after) {
  const auto lines_of = [](const std::string& text) {
    std::multiset<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.insert(line);
    return lines;
  };
  const auto old = lines_of(before);
  const auto now = lines_of(after);
  Lines changed;
  for (const std::string& line : old)
    if (now.count(line) != old.count(line)) changed.push_back("- " + line);
  for (const std::string& line : now)
    if (now.count(line) != old.count(line)) changed.push_back("+ " + line);
  return changed;
}

void compare_with_file(const std::string& path, const std::string& output) {
  if (getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path, std::ios::trunc) << output;
  const std::string expected = read_small_file(path, 1U << 20).value_or("");
  if (output == expected) return;
  CHECK(changed_lines(expected, output) == Lines{});
  CHECK(output == expected);
}

Lines commands(const Plan& plan) {
  Lines result;
  for (const Operation& operation : plan.operations) result.push_back(in_brief(operation));
  return result;
}

}  // namespace situp
