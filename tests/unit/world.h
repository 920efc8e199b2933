// SPDX-License-Identifier: GPL-2.0-or-later
// What a reconciler works in, all of it made up.
#pragma once
#include <sys/resource.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/child.h"
#include "base/error.h"
#include "hosts/config.h"
#include "reconcile/reconciler.h"
#include "reconcile/record.h"
#include "unit/fake_kernel.h"

namespace situp {

/// The same numbers everywhere, unlike those of <random>'s distributions.
class Chance {
 public:
  explicit Chance(std::uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15 + 1) {}
  /// 0 … below - 1.
  unsigned below(unsigned limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return static_cast<unsigned>((state_ >> 33) % limit);
  }
  bool once_in(unsigned times) { return below(times) == 0; }
  template <typename... Words>
  const char* of(Words... words) {
    const std::vector<const char*> all{words...};
    return all[below(static_cast<unsigned>(all.size()))];
  }

 private:
  std::uint64_t state_;
};

/// A folder of one's own, which goes with it.
class ScratchFolder {
 public:
  ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  ~ScratchFolder();
  const std::string& path() const { return path_; }
  std::string path(const std::string& name) const { return path_ + '/' + name; }
  /// Writes a file, and the folders that it is in; its path.
  std::string put(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

/// Until it goes, this process can't open another file (EMFILE).
class NoDescriptors {
 public:
  NoDescriptors();
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors();

 private:
  rlimit before_{};
};

/// True if `call` throws an Error then. Not CHECK_THROWS_AS, which looks at the exception
/// meanwhile: a sanitizer opens a pipe for that.
template <typename Call>
bool fails_without_descriptors(const Call& call) {
  const NoDescriptors none;
  try {
    call();
    return false;
  } catch (const Error&) {
    return true;
  }
}

using Words = std::vector<std::pair<std::string, std::string>>;

/// A stanza as a hook's environment gives it.
Stanza stanza_of(const std::string& iface, const std::string& method, const Words& options);
/// A stanza of a file: on line 1 of "f", and each option on a line of its own.
Stanza written(const std::string& method, const Words& options,
               const std::string& name = "he-ipv6");
InterfaceName iface_named(const std::string& name);
/// 6rd0 in the domain 2001:db8:4::/48 of the hosts 172.31.0.0/16.
TunnelSpec sixrd_spec();
/// The mistake in a stanza for `situp up`, as a configuration error; "taken" if there is none.
std::string refusal_of(const Stanza& stanza);
/// The arguments of a command, with blanks between them.
std::string words_of_command(const Command& command);

/// A host with eth0 (172.31.14.146), that has a route, and no tunnel.
class World {
 public:
  World();

  /// One run of situp: it begins with what the kernel holds now.
  Reconciler reconciler(std::chrono::milliseconds wait = std::chrono::milliseconds(0));
  /// One tunnel's `up`; the Error, or "" and the plan's commands.
  Result up(const Stanza& stanza, const HostProgram& host = hosts::situp_up);
  Result down(const std::string& iface, const std::optional<Stanza>& stanza = std::nullopt);
  /// What status would show as different; the Error's text where there is one.
  Lines differences(const std::string& iface);
  std::optional<Record> record(const std::string& iface) const {
    return records.read(iface_named(iface));
  }
  std::string file(const std::string& name) const;
  /// A kernel that holds nothing yet.
  void clear();
  /// What situp-net answers.
  Answer answer(const Question& question);

  ScratchFolder folder;
  Config config;
  FakeKernel kernel;
  Records records;
  /// What situp-net answers to a question, its words joined by blanks; else that nothing is
  /// reached.
  std::map<std::string, Answer> answers;
  std::vector<std::string> asked;
};

Lines commands(const Plan& plan);
constexpr const char* folder_of_cases = "tests/golden";
/// A text that has to be what a file of tests/golden holds; tests/golden/update writes it anew.
void compare_with_file(const std::string& path, const std::string& output);
/// The lines of two texts that only one of them has, with - or + before them.
Lines changed_lines(const std::string& before, const std::string& after);

}  // namespace situp
