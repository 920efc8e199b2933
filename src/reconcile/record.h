// SPDX-License-Identifier: GPL-2.0-or-later
// /run/situp/IFACE: the objects that situp owns and the spec, one file an interface. Losing the
// files loses no tunnel.
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "model/stanza/spec.h"
#include "model/stanza/stanza.h"
#include "model/tunnel/compare.h"
#include "model/tunnel/tunnel.h"

namespace situp {

struct Record {
  enum class State {
    intent,  // written before the first operation: the objects may be half made
    up,
    going_down,
  };
  State state = State::intent;
  Stanza stanza;  // as it was last understood; its sources and names are unresolved
  Resolved resolved;
  bool by_ifup = false;       // ifupdown brought it up
  bool no_auto_down = false;  // `down --all` leaves it alone
  bool upkeep = false;        // situpd is to look after it
  // The kernel has refused to keep them: situp does not try again.
  bool no_next_hop = false, no_on_link_rules = false;
  int ifindex = 0;  // 0 = not known yet
  Owned owned;      // while `intent`: also the objects of an earlier version of it
  /// The default routes that situpd has removed until the far end answers.
  std::vector<DefaultRoute> withdrawn;

  /// For which its stanza is to be understood.
  const HostProgram& host() const { return by_ifup ? hosts::ifupdown : hosts::situp_up; }
  bool wants_daemon() const { return state == State::up && upkeep; }
};

/// The text of a record, and back. Reading is empty for text that write_record did not make, or
/// made in another boot. `netns`: the network namespace (base/netns.h); empty = not known.
std::string write_record(const Record& record, std::string_view boot, std::string_view netns = {});
std::optional<Record> read_record(std::string_view text, std::string_view boot);

class Records {
 public:
  static constexpr const char* default_directory = "/run/situp";

  explicit Records(std::string directory = default_directory);
  const std::string& directory() const { return directory_; }
  std::optional<Record> read(const InterfaceName& iface) const;
  /// The reason if a file of this boot is no record, and the remedy; empty otherwise.
  std::optional<Error> trouble(const InterfaceName& iface) const;
  /// The record is of a tunnel in another network namespace that shares the folder, and so read()
  /// has none: that, and the remedy. Empty otherwise, and so never needed after read() has one.
  std::optional<Error> elsewhere(const InterfaceName& iface) const;
  /// Seconds of the real clock; 0 if there is none.
  std::int64_t written_at(const InterfaceName& iface) const;
  /// The real clock was set by so many seconds.
  void move_written_at(const InterfaceName& iface, std::int64_t seconds) const;
  /// Makes the directory if it isn't there: no other program does so early in a boot. An Error for
  /// a record that could not be read again.
  void write(const Record& record) const;
  void remove(const InterfaceName& iface) const;
  /// Those of this network namespace, without the names in `but`.
  std::vector<InterfaceName> list(const std::set<std::string>& but = {}) const;
  /// /run/situp/live/IFACE, situpd's state of the tunnel (model/status/vitals.h); empty: remove it,
  /// which is never an Error.
  void write_vitals(const InterfaceName& iface, const std::string& text) const;
  /// Empty if situpd has written none.
  std::optional<std::string> read_vitals(const InterfaceName& iface) const;
  /// The interfaces that situpd keeps, or kept when it was killed.
  std::vector<InterfaceName> list_vitals() const;
  /// The interfaces whose record asks for situpd, or asked for it.
  std::vector<InterfaceName> list_requests() const;
  /// Makes the file again if it has been removed.
  void request_upkeep(const InterfaceName& iface) const;
  /// A record that is not up, or that can't be understood, asks for it in vain.
  void forget_request(const InterfaceName& iface) const;
  /// Tells this boot from others.
  const std::string& boot() const { return boot_; }

 private:
  bool add_request(const std::string& iface) const;
  void drop_request(const std::string& iface) const;
  std::optional<std::string> text_of(const InterfaceName& iface) const;

  std::string directory_;
  std::string vitals_directory_;
  /// One empty file for each record that is up and asks for situpd: situpd.path waits for them.
  std::string upkeep_directory_;
  std::string boot_;
  std::string netns_;
};

}  // namespace situp
