// SPDX-License-Identifier: GPL-2.0-or-later
// The kernel's state, as far as it concerns tunnels. kernel/snapshot.h fills it,
// model/tunnel/compare.h compares it.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/address.h"
#include "model/tunnel/sit.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// The settings that decide whether an interface accepts router advertisements
/// (net.ipv6.conf.IFACE.accept_ra and .forwarding).
struct AcceptRa {
  std::uint8_t accept = 1;
  bool forwarding = false;
  /// ipv6_accept_ra() in the kernel (include/net/ipv6.h).
  bool is_on() const { return forwarding ? accept == 2 : accept != 0; }
  /// The least `accept` that turns it on.
  std::uint8_t needed() const { return forwarding ? 2 : 1; }
};

/// Of a device, since it was made.
struct Counters {
  std::uint64_t rx_bytes = 0, rx_packets = 0, tx_bytes = 0, tx_packets = 0;
  std::uint64_t rx_errors = 0, rx_frame_errors = 0, tx_errors = 0, tx_carrier_errors = 0;
  std::uint64_t collisions = 0;
};

struct LiveLink {
  int index = 0;
  std::string name;
  bool up = false;
  unsigned mtu = 0;
  std::optional<Mac> mac;
  std::optional<std::uint8_t> address_generation;  // IN6_ADDR_GEN_MODE_…
  std::optional<Sit> sit;                          // empty: another kind of device
  AcceptRa accept_ra{};
  bool ipv6_disabled = false;          // net.ipv6.conf.NAME.disable_ipv6
  int master = 0;                      // ifindex of its bridge, bond or VRF; 0 = none
  bool leads_out = true;               // false: lo, a dummy or a VRF, which only hold addresses
  std::optional<Counters> counters{};  // of a sit device; read only if Extent::counters is set
};

struct LiveAddress {
  Ipv6Net net;
  std::uint32_t preferred = 0xffffffff;  // seconds; all ones = forever
  bool stable_privacy = false;
  bool nodad = false;
};

/// A default route of any interface. The kernel has one per metric, source prefix and table
/// (net/ipv6/ip6_fib.c, fib6_add_rt2node).
struct LiveDefault {
  int index = 0;  // of its interface, or of one of several; 0 = none
  DefaultRoute route{};
  bool advertised = false;  // made by a router advertisement
  bool rejects = false;     // unreachable, blackhole or prohibit: it carries no packets
  bool is_for_all() const { return !route.from && !rejects; }
};

struct LiveAddress4 {
  Ipv4 address;
  int index = 0;
  bool global = true;  // scope
};

/// A unicast IPv4 route, of any table. Read only if Extent::next_hops is set.
struct LiveRoute4 {
  std::uint32_t table = main_table;
  Ipv4 to;
  std::uint8_t length = 0;  // of the prefix
  Ipv4 gateway;             // 0.0.0.0 = none: on the link
  int index = 0;            // of its interface
  std::uint32_t metric = 0;
};

/// An IPv4 rule that leads to a table (ip-rule(8)). Read only if Extent::next_hops is set.
struct LiveRule4 {
  std::uint32_t preference = 0, table = 0;
  std::uint32_t mark = 0, mask = 0;  // mask 0 = the rule ignores the mark
  bool by_mark_only = false;         // the mark is its only condition
};

/// An IPv6 rule (ip-rule(8)). Read only if Extent::rules6 is set.
struct LiveRule6 {
  std::uint32_t preference = 0;
  std::uint32_t table = 0;  // 0 = it leads to no table
  bool unreachable = false;
  std::optional<std::uint32_t> suppressed;  // routes of this length and shorter don't count
  std::string iif;                          // empty = any
  Ipv6Net to{{}, 0};                        // /0 = any
  bool has_more = false;                    // it has other conditions
  bool operator==(const LiveRule6&) const = default;

  bool is_for_all() const { return iif.empty() && to.length == 0 && !has_more; }
  bool is(std::string_view tunnel, const OnLinkRule& rule) const;
};

/// The part of a tunnel in situp's table of filters (model/tunnel/firewall.h).
struct LiveFilter {
  struct Element {
    std::string map, verdict;  // "input_from", "jump to_host"
  };
  /// A hash of this part and of the chains that it shares with other tunnels.
  std::uint64_t content = 0;
  std::vector<Element> elements;
  std::vector<std::string> chains;  // the tunnel's own
  bool marks_relays = false;        // it has the other table, too: relays_table
};

/// A port of FOU. Read only if Extent::fou_ports is set.
struct LiveFouPort {
  FouPort port;
  /// For protocol 41, from each host, by each interface.
  bool is_for_tunnels = true;
};

class Live {
 public:
  void add(LiveLink link);
  void add(int index, LiveAddress address) { addresses_[index].push_back(address); }
  void add(LiveAddress4 address) { addresses4_.push_back(address); }
  /// Default routes, and those to one address that programs have made, of the main table and of
  /// Extent::tables; without those from advertisements, which come and go.
  void add(int index, const DefaultRoute& route) { routes_[index].push_back(route); }
  void add(const LiveDefault& route) { defaults_.push_back(route); }
  void forget_addresses() { addresses_.clear(); }
  void forget_addresses4() { addresses4_.clear(); }
  template <typename F>
  void for_each_link(F&& each) const {
    for (const auto& [index, link] : links_) each(link);
  }
  void set_routers(int index, std::vector<Router> routers) { routers_[index] = std::move(routers); }

  /// The mode of a new device (net.ipv6.conf.default.addr_gen_mode).
  void set_default_address_generation(std::uint8_t mode) { default_address_generation_ = mode; }
  std::uint8_t default_address_generation() const { return default_address_generation_; }
  void disable_ipv6_by_default() { ipv6_disabled_by_default_ = true; }
  bool ipv6_disabled_by_default() const { return ipv6_disabled_by_default_; }
  /// The kernel was booted with ipv6.disable=1.
  void switch_ipv6_off() { ipv6_off_ = true; }
  bool ipv6_off() const { return ipv6_off_; }
  /// net.ipv6.conf.all.forwarding
  void set_forwards(bool forwards) { forwards_ = forwards; }
  bool forwards() const { return forwards_; }
  void set_default_accept_ra(AcceptRa accept_ra) { default_accept_ra_ = accept_ra; }
  AcceptRa default_accept_ra() const { return default_accept_ra_; }

  /// The filters of all tunnels, if Extent::firewalls is set.
  void set_firewalls(std::map<std::string, LiveFilter> firewalls) {
    firewalls_ = std::move(firewalls);
  }
  /// nullptr: the tunnel has none.
  const LiveFilter* firewall(const std::string& iface) const;
  const std::map<std::string, LiveFilter>& firewalls() const { return firewalls_; }
  /// Only root can read them, and situp does not run as root.
  void hide_firewalls() { firewalls_hidden_ = true; }
  bool firewalls_hidden() const { return firewalls_hidden_; }

  const LiveLink* link(std::string_view name) const;
  const LiveLink* link(int index) const;
  /// "interface N" if there is no such link.
  std::string name_of(int index) const;
  /// The sit device with these endpoints. The kernel allows one (net/ipv6/sit.c,
  /// ipip6_tunnel_locate).
  const LiveLink* with_endpoints(Ipv4 local, Ipv4 remote, int underlay) const;
  /// IPv6 addresses of an interface.
  const std::vector<LiveAddress>& addresses(int index) const;
  const std::vector<DefaultRoute>& routes(int index) const;
  /// Those of all interfaces, including those from advertisements.
  const std::vector<LiveDefault>& defaults() const { return defaults_; }
  void forget_routes(std::uint32_t table);
  const std::vector<Router>& routers(int index) const;
  const std::vector<LiveAddress4>& addresses4() const { return addresses4_; }
  void add(const LiveRoute4& route) { routes4_.push_back(route); }
  void add(const LiveRule4& rule) { rules4_.push_back(rule); }
  void forget_routes4() { routes4_.clear(); }
  void forget_rules4() { rules4_.clear(); }
  const std::vector<LiveRoute4>& routes4() const { return routes4_; }
  const std::vector<LiveRule4>& rules4() const { return rules4_; }
  void add(const LiveRule6& rule) { rules6_[rule.iif].push_back(rule); }
  void forget_rules6() { rules6_.clear(); }
  /// Those for packets that come in by this interface; empty = for those of any.
  const std::vector<LiveRule6>& rules6(const std::string& iif) const;
  bool has_rule6(const std::string& tunnel, const OnLinkRule& rule) const;
  /// An unreachable route of the main table with unreachable_metric.
  void add_unreachable(const Ipv6Net& prefix) { unreachable_.push_back(prefix); }
  const std::vector<Ipv6Net>& unreachable() const { return unreachable_; }
  bool has_unreachable(const Ipv6Net& prefix) const;
  void add(const LiveFouPort& port) { fou_ports_.push_back(port); }
  void forget_fou_ports() { fou_ports_.clear(); }
  const std::vector<LiveFouPort>& fou_ports() const { return fou_ports_; }
  /// The port, or the same one of each address, takes packets for tunnels.
  bool receives(const FouPort& port) const;
  /// The kernel's module fou is not loaded.
  void set_no_fou() { no_fou_ = true; }
  bool no_fou() const { return no_fou_; }
  /// True if a rule for this mark, and no other condition, leads to this table.
  bool has_rule4(const NextHop& hop) const;
  /// The default route of a table; nullptr if there is none.
  const LiveRoute4* default4(std::uint32_t table) const;
  /// The interface that holds this IPv4 address.
  const LiveLink* holder(Ipv4 address) const;
  /// The interface by which packets from this address are expected to leave, where that is another
  /// one than `out`, and unrelated to it; a null pointer where each is as good.
  const LiveLink* expected_instead_of(int out, Ipv4 local) const;

 private:
  std::unordered_map<int, LiveLink> links_;
  std::unordered_map<std::string, int> by_name_;
  std::map<std::tuple<Ipv4, Ipv4, int>, int> by_endpoints_;
  std::unordered_map<int, std::vector<LiveAddress>> addresses_;
  std::unordered_map<int, std::vector<DefaultRoute>> routes_;
  std::vector<LiveDefault> defaults_;
  std::unordered_map<int, std::vector<Router>> routers_;
  std::vector<LiveAddress4> addresses4_;
  std::vector<LiveRoute4> routes4_;
  std::vector<LiveRule4> rules4_;
  std::unordered_map<std::string, std::vector<LiveRule6>> rules6_;  // by iif
  std::vector<Ipv6Net> unreachable_;
  std::vector<LiveFouPort> fou_ports_;
  bool no_fou_ = false;
  std::map<std::string, LiveFilter> firewalls_;  // by interface
  bool firewalls_hidden_ = false;
  bool forwards_ = false;
  bool ipv6_disabled_by_default_ = false, ipv6_off_ = false;
  std::uint8_t default_address_generation_ = 0;
  AcceptRa default_accept_ra_;
};

}  // namespace situp
