// SPDX-License-Identifier: GPL-2.0-or-later
// The fake kernel as text, for people to write and for tests to compare.
#include <algorithm>
#include <set>

#include "model/stanza/words.h"
#include "unit/fake_kernel.h"

namespace situp {
namespace {

std::string ipv4_word(Ipv4 address) {
  return address == Ipv4{} ? "any" : address.str();
}

std::string text_of(const FakeKernel::Route& known) {
  const DefaultRoute& route = known.route;
  return "metric " + std::to_string(route.metric) +
         (route.gateway.is_unspecified() ? "" : " via " + route.gateway.str()) +
         (route.from ? " from " + route.from->str() : "") +
         (route.table == main_table ? "" : " table " + std::to_string(route.table)) +
         (known.advertised ? " advertised" : "");
}

std::string text_of(const LiveRule6& rule) {
  return std::to_string(rule.preference) + (rule.iif.empty() ? "" : " iif " + rule.iif) +
         (rule.to.length == 0 ? "" : " to " + rule.to.str()) +
         (rule.table == 0 ? "" : " table " + std::to_string(rule.table)) +
         (rule.suppressed ? " suppress " + std::to_string(*rule.suppressed) : "") +
         (rule.unreachable ? " unreachable" : "") + (rule.has_more ? " more" : "");
}

std::string text_of(const LiveAddress& address) {
  return address.net.str() +
         (address.preferred == 0xffffffff ? ""
                                          : " preferred " + std::to_string(address.preferred)) +
         (address.stable_privacy ? " stable" : "") + (address.nodad ? " nodad" : "");
}

std::string text_of(const LiveLink& link) {
  std::string text = (link.sit ? "sit " : "link ") + link.name + " " + std::to_string(link.index) +
                     (link.up ? " up" : " down") + " mtu " + std::to_string(link.mtu);
  if (link.mac) text += " mac " + link.mac->str();
  if (link.address_generation.value_or(0) != 0)
    text += " generation " + std::to_string(*link.address_generation);
  if (link.master != 0) text += " master " + std::to_string(link.master);
  if (!link.leads_out) text += " inside";
  if (link.accept_ra.accept != 1) text += " accept-ra " + std::to_string(link.accept_ra.accept);
  if (link.accept_ra.forwarding) text += " forwarding";
  if (!link.sit) return text;
  const Sit& sit = *link.sit;
  text += " local " + ipv4_word(sit.local) + " remote " + ipv4_word(sit.remote) + " ttl " +
          std::to_string(sit.ttl);
  if (sit.tos != 0) text += " tos " + std::to_string(sit.tos);
  if (!sit.pmtu) text += " nopmtu";
  if (sit.link != 0) text += " dev " + std::to_string(sit.link);
  if (sit.kind == Kind::isatap) text += " isatap";
  if (sit.kind == Kind::sixrd && !sit.domain.is_6to4())
    text += " 6rd " + sit.domain.prefix.str() + " " + sit.domain.hosts.str();
  if (sit.protocol != 41) text += " protocol " + std::to_string(sit.protocol);
  if (sit.mark != 0) text += " mark " + std::to_string(sit.mark);
  if (sit.encap.is_on())
    text += " fou " + std::to_string(sit.encap.port) + " " + std::to_string(sit.encap.source_port) +
            (sit.encap.checksum ? "" : " nochecksum");
  if (sit.has_other_sets) text += " odd";
  return text;
}

/// The words of a line that are yet to be read.
class Words {
 public:
  explicit Words(std::string_view line) : words_(words_of(line)) {}
  bool empty() const { return at_ == words_.size(); }
  std::string next() { return empty() ? std::string() : std::string(words_[at_++]); }
  /// Whether the next one is this; it is read then.
  bool is(std::string_view word) {
    if (empty() || words_[at_] != word) return false;
    ++at_;
    return true;
  }
  template <typename T>
  void number(T& result) {
    const auto value = parse_number(next(), 0xffffffff);
    good = good && value;
    result = static_cast<T>(value.value_or(0));
  }
  Ipv4 ipv4() {
    if (is("any")) return {};
    return must(Ipv4::parse(next()));
  }
  Ipv6 ipv6() { return must(Ipv6::parse(next())); }
  Ipv6Net net() { return must(Ipv6Net::parse(next())); }
  Ipv4Net net4() { return must(Ipv4Net::parse(next())); }
  Mac mac() { return must(Mac::parse(next())); }

  bool good = true;

 private:
  template <typename T>
  T must(const std::optional<T>& value) {
    good = good && value;
    return value.value_or(T{});
  }
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
};

bool read_link(Words& words, bool is_sit, LiveLink& link) {
  link.name = words.next();
  words.number(link.index);
  link.up = words.is("up");
  if (!link.up && !words.is("down")) return false;
  link.address_generation = 0;
  if (is_sit) link.sit = Sit{};
  while (!words.empty() && words.good) {
    if (words.is("mtu"))
      words.number(link.mtu);
    else if (words.is("mac"))
      link.mac = words.mac();
    else if (words.is("generation"))
      words.number(*link.address_generation);
    else if (words.is("master"))
      words.number(link.master);
    else if (words.is("inside"))
      link.leads_out = false;
    else if (words.is("accept-ra"))
      words.number(link.accept_ra.accept);
    else if (words.is("forwarding"))
      link.accept_ra.forwarding = true;
    else if (!is_sit)
      return false;
    else if (words.is("local"))
      link.sit->local = words.ipv4();
    else if (words.is("remote"))
      link.sit->remote = words.ipv4();
    else if (words.is("ttl"))
      words.number(link.sit->ttl);
    else if (words.is("tos"))
      words.number(link.sit->tos);
    else if (words.is("nopmtu"))
      link.sit->pmtu = false;
    else if (words.is("dev"))
      words.number(link.sit->link);
    else if (words.is("isatap"))
      link.sit->kind = Kind::isatap;
    else if (words.is("6rd"))
      link.sit->domain = {words.net(), words.net4()};
    else if (words.is("protocol"))
      words.number(link.sit->protocol);
    else if (words.is("mark"))
      words.number(link.sit->mark);
    else if (words.is("fou")) {
      words.number(link.sit->encap.port);
      words.number(link.sit->encap.source_port);
    } else if (words.is("nochecksum"))
      link.sit->encap.checksum = false;
    else if (words.is("odd"))
      link.sit->has_other_sets = true;
    else
      return false;
  }
  if (is_sit && link.sit->kind != Kind::isatap && link.sit->remote == Ipv4{})
    link.sit->kind = Kind::sixrd;
  return words.good;
}

bool read_address(Words& words, LiveAddress& address) {
  address.net = words.net();
  while (!words.empty() && words.good) {
    if (words.is("preferred"))
      words.number(address.preferred);
    else if (words.is("stable"))
      address.stable_privacy = true;
    else if (words.is("nodad"))
      address.nodad = true;
    else
      return false;
  }
  return words.good;
}

bool read_route(Words& words, FakeKernel::Route& known) {
  while (!words.empty() && words.good) {
    if (words.is("metric"))
      words.number(known.route.metric);
    else if (words.is("via"))
      known.route.gateway = words.ipv6();
    else if (words.is("from"))
      known.route.from = words.net();
    else if (words.is("table"))
      words.number(known.route.table);
    else if (words.is("advertised"))
      known.advertised = true;
    else
      return false;
  }
  return words.good;
}

bool read_rule6(Words& words, LiveRule6& rule) {
  words.number(rule.preference);
  while (!words.empty() && words.good) {
    if (words.is("iif"))
      rule.iif = words.next();
    else if (words.is("to"))
      rule.to = words.net();
    else if (words.is("table"))
      words.number(rule.table);
    else if (words.is("suppress"))
      words.number(rule.suppressed.emplace());
    else if (words.is("unreachable"))
      rule.unreachable = true;
    else if (words.is("more"))
      rule.has_more = true;
    else
      return false;
  }
  return words.good;
}

/// A ruleset on one line.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) result += c == '\n' ? std::string("\\n") : std::string(1, c);
  return result;
}

std::string unescaped(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool newline = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == 'n';
    result += newline ? '\n' : text[i];
    i += newline ? 1 : 0;
  }
  return result;
}

constexpr std::uint64_t Counters::*counter_fields[] = {
    &Counters::rx_bytes,   &Counters::rx_packets,        &Counters::tx_bytes,
    &Counters::tx_packets, &Counters::rx_errors,         &Counters::rx_frame_errors,
    &Counters::tx_errors,  &Counters::tx_carrier_errors, &Counters::collisions,
};

constexpr std::pair<std::string_view, std::string Dmi::*> dmi_fields[] = {
    {"sys_vendor", &Dmi::sys_vendor},
    {"product_name", &Dmi::product_name},
    {"chassis_asset_tag", &Dmi::chassis_asset_tag},
};

}  // namespace

std::string FakeKernel::text() const {
  std::string text;
  const auto name_of = [this](int index) {
    const auto found = devices.find(index);
    return found == devices.end() ? std::to_string(index) : found->second.link.name;
  };
  if (!has_sit) text += "no-sit\n";
  if (has_fou) text += "has-fou\n";
  if (disable_ipv6) text += "disable-ipv6\n";
  if (firewalls_hidden) text += "filters-hidden\n";
  for (const auto& [field, at] : dmi_fields)
    if (!(dmi.*at).empty()) text += "dmi " + std::string(field) + ' ' + dmi.*at + "\n";
  if (default_address_generation != 0)
    text += "default generation " + std::to_string(default_address_generation) + "\n";
  if (default_accept_ra.accept != 1)
    text += "default accept-ra " + std::to_string(default_accept_ra.accept) + "\n";
  if (forwards) text += "forwards\n";
  if (default_accept_ra.forwarding) text += "default forwarding\n";
  for (const auto& [index, device] : devices) text += text_of(device.link) + "\n";
  for (const LiveAddress4& address : addresses4)
    text += "address4 " + name_of(address.index) + " " + address.address.str() +
            (address.global ? "" : " link") + "\n";
  for (const LiveRoute4& route : routes4)
    text += "route4 " + name_of(route.index) + " " + route.to.str() + "/" +
            std::to_string(route.length) +
            (route.gateway == Ipv4{} ? "" : " via " + route.gateway.str()) +
            (route.metric == 0 ? "" : " metric " + std::to_string(route.metric)) +
            (route.table == main_table ? "" : " table " + std::to_string(route.table)) + "\n";
  for (const LiveRule4& rule : rules4)
    text += "rule4 " + std::to_string(rule.preference) + " table " + std::to_string(rule.table) +
            " mark " + std::to_string(rule.mark) + " " + std::to_string(rule.mask) +
            (rule.by_mark_only ? "" : " more") + "\n";
  const auto defaults = default_rules6();
  std::set<std::string> lines6;  // the kernel sorts them by preference
  for (const LiveRule6& rule : rules6)
    if (std::find(defaults.begin(), defaults.end(), rule) == defaults.end())
      lines6.insert("rule6 " + text_of(rule));
  for (const LiveRule6& rule : defaults)
    if (std::find(rules6.begin(), rules6.end(), rule) == rules6.end())
      lines6.insert("no-rule6 " + text_of(rule));
  for (const std::string& line : lines6) text += line + "\n";
  for (const Ipv6Net& prefix : std::set<Ipv6Net>(unreachable.begin(), unreachable.end()))
    text += "unreachable " + prefix.str() + "\n";
  for (const LiveFouPort& port : fou_ports)
    text += "fou-port " + std::to_string(port.port.port) + " " + ipv4_word(port.port.local) +
            (port.is_for_tunnels ? "" : " other") + "\n";
  for (const auto& [index, device] : devices) {
    std::set<std::string> lines;  // of one device their order means nothing
    for (const LiveAddress& address : device.addresses)
      lines.insert("address " + device.link.name + " " + text_of(address));
    for (const Route& route : device.routes)
      lines.insert("route " + device.link.name + " " + text_of(route));
    for (const Router& router : device.routers)
      lines.insert("router " + device.link.name + " " + router.address.str() +
                   (router.may_be_default ? "" : " nodefault"));
    for (const std::string& line : lines) text += line + "\n";
  }
  for (const auto& [iface, its] : counters) {
    text += "counters " + iface;
    for (const auto field : counter_fields) text += " " + std::to_string(its.*field);
    text += "\n";
  }
  for (const auto& [iface, rules] : firewalls)
    text += "filter " + iface + " " + escaped(rules) + "\n";
  for (const auto& [dev, way] : ways)
    text += "way " + (dev == 0 ? "any" : name_of(dev)) + " " + way.source.str() + " " +
            name_of(way.dev) + (way.gateway == Ipv4{} ? "" : " via " + way.gateway.str()) + "\n";
  for (const auto& [from, way] : ways_from)
    text += "way-from " + from.str() + " " + name_of(way.dev) +
            (way.gateway == Ipv4{} ? "" : " via " + way.gateway.str()) + "\n";
  if (way6)
    text += "way6 " + way6->source.str() + " " + name_of(way6->dev) + " " +
            std::to_string(way6->metric) + "\n";
  return text;
}

bool FakeKernel::read_line(std::string_view line) {
  Words words(line);
  const auto index_of = [this](const std::string& name) {
    const Device* known = device(name);
    return known == nullptr ? 0 : known->link.index;
  };
  const std::string kind = words.next();
  if (kind == "no-sit") return !(has_sit = false);
  if (kind == "has-fou") return has_fou = true;
  if (kind == "counters") {
    Counters& its = counters[words.next()];
    for (const auto field : counter_fields) words.number(its.*field);
    return words.good;
  }
  if (kind == "fou-port") {
    LiveFouPort port;
    words.number(port.port.port);
    port.port.local = words.ipv4();
    port.is_for_tunnels = !words.is("other");
    fou_ports.push_back(port);
    return words.good && words.empty();
  }
  if (kind == "forwards") return forwards = true;
  if (kind == "disable-ipv6") return disable_ipv6 = true;
  if (kind == "filters-hidden") return firewalls_hidden = true;
  if (kind == "dmi") {
    const std::string name = words.next();
    for (const auto& [field, at] : dmi_fields)
      if (field == name) {
        dmi.*at = line.substr(line.find(name) + name.size() + 1);
        return true;
      }
    return false;
  }
  if (kind == "default") {
    if (words.is("generation"))
      words.number(default_address_generation);
    else if (words.is("accept-ra"))
      words.number(default_accept_ra.accept);
    else if (words.is("forwarding"))
      default_accept_ra.forwarding = true;
    else
      return false;
    return words.good && words.empty();
  }
  if (kind == "link" || kind == "sit") {
    Device made;
    if (!read_link(words, kind == "sit", made.link)) return false;
    return devices.emplace(made.link.index, std::move(made)).second;
  }
  if (kind == "rule4") {
    LiveRule4 rule;
    words.number(rule.preference);
    if (words.is("table")) words.number(rule.table);
    if (words.is("mark")) {
      words.number(rule.mark);
      words.number(rule.mask);
    }
    rule.by_mark_only = rule.mask != 0 && !words.is("more");
    rules4.push_back(rule);
    return words.good && words.empty();
  }
  if (kind == "rule6" || kind == "no-rule6") {
    LiveRule6 rule;
    if (!read_rule6(words, rule)) return false;
    if (kind == "rule6")
      rules6.push_back(rule);
    else
      rules6.erase(std::remove(rules6.begin(), rules6.end(), rule), rules6.end());
    return true;
  }
  if (kind == "unreachable") {
    unreachable.push_back(words.net());
    return words.good && words.empty();
  }
  if (kind == "way") {
    const std::string dev = words.next();
    RouteTo way;
    way.source = words.ipv4();
    way.dev = index_of(words.next());
    if (words.is("via")) way.gateway = words.ipv4();
    ways[dev == "any" ? 0 : index_of(dev)] = way;
    return words.good && words.empty();
  }
  if (kind == "way-from") {
    RouteTo way;
    way.source = words.ipv4();
    way.dev = index_of(words.next());
    if (words.is("via")) way.gateway = words.ipv4();
    ways_from[way.source] = way;
    return words.good && words.empty();
  }
  if (kind == "way6") {
    RouteTo6 way;
    way.source = words.ipv6();
    way.dev = index_of(words.next());
    words.number(way.metric);
    way6 = way;
    return words.good && words.empty();
  }
  const std::string name = words.next();
  if (kind == "filter") {
    const std::size_t start = std::string_view("filter ").size() + name.size() + 1;
    firewalls[name] = line.size() < start ? std::string() : unescaped(line.substr(start));
    return !name.empty();
  }
  Device* of = device(name);
  if (of == nullptr) return false;
  if (kind == "address4") {
    LiveAddress4 address{words.ipv4(), of->link.index, true};
    if (words.is("link")) address.global = false;
    addresses4.push_back(address);
    return words.good && words.empty();
  }
  if (kind == "route4") {
    LiveRoute4 route;
    route.index = of->link.index;
    const std::string to = words.next();
    const std::size_t slash = to.find('/');
    const auto address = Ipv4::parse(to.substr(0, slash));
    const auto length =
        slash == std::string::npos ? std::nullopt : parse_number(to.substr(slash + 1), 32);
    if (!address || !length) return false;
    route.to = *address;
    route.length = static_cast<std::uint8_t>(*length);
    if (words.is("via")) route.gateway = words.ipv4();
    if (words.is("metric")) words.number(route.metric);
    if (words.is("table")) words.number(route.table);
    routes4.push_back(route);
    return words.good && words.empty();
  }
  if (kind == "address") return read_address(words, of->addresses.emplace_back());
  if (kind == "route") return read_route(words, of->routes.emplace_back());
  if (kind == "router") {
    Router router{words.ipv4(), true};
    if (words.is("nodefault")) router.may_be_default = false;
    of->routers.push_back(router);
    return words.good && words.empty();
  }
  return false;
}

std::string FakeKernel::read(std::string_view text) {
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    if (!read_line(line)) return std::string(line);
  }
  return {};
}

}  // namespace situp
