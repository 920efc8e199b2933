// SPDX-License-Identifier: GPL-2.0-or-later
// A kernel in memory, as strict as net/ipv6/sit.c, addrconf.c and route.c where situp meets them.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/kernel.h"

namespace situp {

/// Lines that doctest shows.
struct Lines : std::vector<std::string> {
  using vector::vector;
  friend std::ostream& operator<<(std::ostream& stream, const Lines& lines) {
    for (const std::string& line : lines) stream << "\n  " << line;
    return stream;
  }
};

class FakeKernel : public Kernel {
 public:
  /// A default route, and whether a router advertisement made it.
  struct Route {
    DefaultRoute route;
    bool advertised = false;
  };
  struct Device {
    LiveLink link;
    std::vector<LiveAddress> addresses;
    std::vector<Route> routes;
    std::vector<Router> routers;
  };

  // What it holds.
  std::map<int, Device> devices;
  std::vector<LiveAddress4> addresses4;
  std::vector<LiveRoute4> routes4;
  std::vector<LiveRule4> rules4;
  std::vector<LiveRule6> rules6 = default_rules6();
  std::vector<Ipv6Net> unreachable;
  std::vector<LiveFouPort> fou_ports;
  std::map<std::string, std::string> firewalls;  // the parts' texts, by interface
  std::map<std::string, Counters> counters;      // by the interface's name
  std::map<int, RouteTo> ways;                   // by the interface that is asked for, 0 = any
  std::map<Ipv4, RouteTo> ways_from;             // by the source that is asked for, before those
  std::optional<RouteTo6> way6;
  std::uint8_t default_address_generation = 0;
  AcceptRa default_accept_ra;
  bool forwards = false;  // net.ipv6.conf.all.forwarding
  Dmi dmi;
  bool has_sit = true;
  bool has_fou = false;           // its module is loaded
  bool keeps_marks = true;        // an old one takes them and forgets them
  bool disable_ipv6 = false;      // no interface takes an IPv6 address
  bool firewalls_hidden = false;  // nft's tables are for root's eyes

  /// What happens while somebody waits for a change, one at a time; without any more, no change
  /// comes and the deadline is taken for over.
  std::deque<std::function<void()>> events;

  // What goes wrong: by the number of the operation, from 1.
  std::map<unsigned, int> refusals;           // the errno that it is refused with
  std::map<unsigned, Error> errors;           // what is thrown instead of an answer
  std::map<unsigned, Error> errors_after;     // the same, and yet it was carried out
  std::vector<unsigned> forgotten;            // the kernel says yes and does nothing
  std::set<std::string> refused_firewalls;    // nft takes none of these tunnels'
  std::function<void(unsigned)> before_each;  // what somebody else does meanwhile
  std::map<unsigned, Error> unseen;           // thrown by a snapshot, by its number, from 1
  /// All that was asked for, as `ip` commands.
  Lines done;
  unsigned snapshots = 0;
  std::vector<std::set<std::string>> only;  // Extent::only of each
  unsigned listings = 0;                    // of filters

  /// Those of the tables local and main.
  static std::vector<LiveRule6> default_rules6();
  Device* device(std::string_view name);
  /// Adds a device that is up.
  Device& add(const std::string& name, unsigned mtu = 1500);
  Device& add_sit(const std::string& name, const Sit& sit, unsigned mtu = 1480);

  /// One line for each thing, always in the same order: `link`, `sit`, `address4`, `route4`,
  /// `rule4`, `rule6` other than the default ones, `unreachable`, `fou-port`, `address`, `route`,
  /// `router`, `filter`, `counters`, `way` and `default`.
  std::string text() const;
  /// What text() has written, or a person; "" where it was understood, else the wrong line.
  std::string read(std::string_view text);

  Live snapshot(const Extent& extent) override;
  Refusal execute(const Operation& operation, Devices& names) override;
  Refusal delete_links(const std::vector<int>& indexes) override;
  Refusal load_firewalls(const std::vector<LoadFirewall>& parts) override;
  Refusal list_firewall(LoadFirewall& kept) override;
  bool load_sit(const std::string& name) override;
  std::optional<RouteTo> route_to(const Way& way) override;
  std::optional<RouteTo6> route_to(const Ipv6& to) override;
  const Dmi& firmware() override { return dmi; }
  std::unique_ptr<Changes> changes() override;

 private:
  struct Execute;
  /// What goes wrong, if anything, with what was asked for last.
  std::optional<Refusal> mishap();
  void mishap_after() const;
  int free_index() const;
  Refusal create(const CreateLink& operation, Devices& names);
  Refusal change(Device& device, const SitDevice& all) const;
  void come_up(Device& device);
  bool has_ends(Ipv4 local, Ipv4 remote, int link, int except) const;
  bool read_line(std::string_view line);
};

}  // namespace situp
