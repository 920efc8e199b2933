// SPDX-License-Identifier: GPL-2.0-or-later
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "doctor/doctor.h"
#include "kernel/snapshot.h"
#include "model/tunnel/firewall.h"
#include "reconcile/ownership.h"
#include "reconcile/reconciler.h"
#include "reconcile/standing.h"
#include "reconcile/work.h"

namespace situp {
namespace {

std::string brief(const Plan& plan) {
  constexpr std::size_t enough = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(plan.operations.size(), enough); ++i)
    text += (i == 0 ? "" : "; ") + in_brief(plan.operations[i]);
  const std::size_t rest = plan.operations.size() - std::min(plan.operations.size(), enough);
  return text + (rest == 0 ? "" : "; and " + std::to_string(rest) + " more");
}

}  // namespace

/// A line of /proc/sys/net; empty if the file does not exist.
std::optional<std::string> Doctor::setting(const std::string& path) const {
  const auto text = read_small_file(system_.root + "/proc/sys/net/" + path, 64);
  if (!text) return std::nullopt;
  return text->substr(0, text->find('\n'));
}

/// True if modprobe would find the module; empty if the modules are not visible, as in a container.
std::optional<bool> Doctor::has_module(const std::string& name) const {
  utsname kernel{};
  if (uname(&kernel) < 0) return std::nullopt;
  const std::string folder = system_.root + "/lib/modules/" + kernel.release;
  bool seen = false;
  for (const char* file : {"/modules.dep", "/modules.builtin"}) {
    constexpr std::size_t most = 16U << 20;
    const auto text = read_small_file(folder + file, most);
    seen |= text.has_value();
    if (text && text->find("/" + name + ".ko") != std::string::npos) return true;
  }
  return seen ? std::optional(false) : std::nullopt;
}

/// The filters of iptables-legacy, which nftables does not list.
std::vector<std::string> Doctor::legacy_filters() const {
  std::vector<std::string> names;
  for (const std::string& name : {std::string("ip"), std::string("ip6")}) {
    try {
      const auto tables =
          read_small_file(system_.root + "/proc/net/" + name + "_tables_names", 4096);
      if (tables && tables->find("filter") != std::string::npos)
        names.push_back(name + "tables-legacy filter");
    } catch (const Error&) {
      // Only root can read the file.
    }
  }
  return names;
}

void Doctor::ipv6() {
  const std::string iface = subject_.iface.str();
  Probe& probe = add("IPv6", "read net.ipv6.conf", "");
  if (!setting("ipv6/conf/all/disable_ipv6")) {
    probe.saw = "this kernel has no IPv6";
    return conclude(Mark::sure, "IPv6 is switched off in this kernel",
                    "take ipv6.disable=1 off the kernel's command line");
  }
  // The device's own setting decides; a device that does not exist yet takes the default.
  for (const std::string& name : {iface, std::string("default")}) {
    const auto disabled = setting("ipv6/conf/" + name + "/disable_ipv6");
    if (!disabled) continue;
    probe.saw = name + ".disable_ipv6 is " + *disabled;
    if (*disabled != "0")
      conclude(Mark::sure, "IPv6 is disabled by sysctl on " + iface,
               "look in /etc/sysctl.d for net.ipv6.conf.{all,default}.disable_ipv6, then: sysctl "
               "net.ipv6.conf." +
                   name + ".disable_ipv6=0");
    return;
  }
}

void Doctor::module() {
  bool there = access((system_.root + "/sys/module/sit").c_str(), F_OK) == 0;
  live_.for_each_link([&there](const LiveLink& link) { there |= link.sit.has_value(); });
  if (there) return;
  Probe& probe = add("module", "looked for the kernel's sit", "");
  const auto found = has_module("sit");
  if (!found) {
    probe.saw = "modules can't be seen here";
    probe.mark = Mark::unseen;
    return;
  }
  probe.saw = *found ? "it will be loaded" : "there is none";
  if (!*found)
    conclude(Mark::sure, "this kernel has no sit tunnels",
             "boot a kernel that has the module sit (Debian's and its cloud kernel do), or add its "
             "package of extra modules");
}

/// True if the device can send packets.
bool Doctor::device() {
  if (is_up()) {
    as_recorded();
  } else {
    as_planned();
    Extent extent;
    widen(extent, *spec_);
    live_ = kernel_.snapshot(extent);
  }
  // A half-made tunnel is not judged.
  if (record_ && !is_up()) return false;
  const LiveLink* link = live_.link(subject_.iface.str());
  return link != nullptr && link->sit && link->up;
}

/// Probes for packets that the kernel has sent to the link instead of to the gateway
/// (model/tunnel/next_hop.h).
void Doctor::next_hop() {
  if (!is_up() || spec_->kind().has_endpoint) return;
  const LiveLink* link = live_.link(subject_.iface.str());
  const auto gateway = gateway_of(recorded_tunnel(), live_);
  const LiveLink* underlay = gateway ? live_.link(gateway->dev.str()) : nullptr;
  if (link == nullptr || !link->sit || underlay == nullptr) return;
  if (link->sit->mark != 0) {
    add("next hop", "read the tunnel's mark", "all packets go by " + gateway->address.str());
    return;
  }
  const std::string iface = subject_.iface.str();
  const std::string advice = "write next-hop = gateway under [tunnel] in " +
                             std::string(Config::default_path) + ", then: situp up " + iface;
  Probe& probe = add("next hop", "looked for hosts that were sought on " + underlay->name,
                     "none of them is behind the gateway " + gateway->address.str());
  std::string hosts;
  for (const Ipv4 host : missing_neighbours(underlay->index)) {
    const auto route = kernel_.route_to({.to = host});
    if (route && route->gateway != Ipv4{} && route->dev == underlay->index)
      hosts += (hosts.empty() ? "" : ", ") + host.str();
  }
  if (hosts.empty()) {
    probe.means = "the kernel keeps one next hop for all neighbours of " + iface +
                  ": some of those in other subnets may be out of reach";
    probe.advice = advice;
    return;
  }
  probe.saw = hosts + " is behind the gateway " + gateway->address.str();
  conclude(Mark::sure,
           "the kernel sends packets for " + hosts + " to the link of " + underlay->name +
               ", and not to the gateway: it keeps one next hop for all neighbours of " + iface,
           advice);
}

/// Compares a tunnel that is up with the record of the last up.
void Doctor::as_recorded() {
  const auto all = standing_of({subject_.iface}, records_, config_, kernel_, live_);
  const Standing& standing = all.front();
  const std::string iface = subject_.iface.str();
  Probe& probe = add("device", "compared the kernel with the record", "");
  if (standing.error) {
    probe.saw = standing.error->why();
    const bool gone = live_.link(iface) == nullptr;
    return conclude(Mark::sure,
                    gone ? "somebody has deleted the device " + iface : standing.error->what(),
                    gone ? how_to_make_anew(*record_) : std::string());
  }
  const LiveLink* link = live_.link(iface);
  if (link != nullptr) {
    probe.saw = std::string(link->up ? "it is up" : "it is set down") + ", MTU " +
                std::to_string(link->mtu);
    if (link->counters)
      for (const std::string& line : what_counters_say(spec_->kind(), *link->counters))
        probe.saw += "; " + line;
    const Ipv4 local = link->sit ? link->sit->local : Ipv4{};
    if (local != Ipv4{} && live_.holder(local) == nullptr)
      return conclude(Mark::sure,
                      "no interface of this host holds the tunnel's local address, " + local.str() +
                          ", so that the kernel drops every packet",
                      "situp up " + iface + " finds out the right one; situpd does so by itself");
  }
  if (standing.plan.operations.empty()) {
    for (const std::string& warning : standing.plan.warnings) conclude(Mark::likely, warning);
    return;
  }
  const bool is_down = link != nullptr && !link->up;
  conclude(Mark::sure,
           is_down ? "somebody has set the device " + iface + " down"
                   : "the tunnel is not as it was made: " + brief(standing.plan) + " is missing",
           "situp up " + iface + " puts it right");
}

/// Plans a tunnel that is down: would it come up?
void Doctor::as_planned() {
  const std::string iface = subject_.iface.str();
  add("device", "worked out what up would do", "");
  if (!subject_.stanza) {
    diagnosis_.probes.back().saw = "that takes a stanza";
    diagnosis_.probes.back().mark = Mark::unseen;
    return;
  }
  Reconciler reconciler(
      config_, config_.timeout, kernel_,
      [this](const Question& q, Deadline d) { return ask(q, d); }, system_.run_directory());
  const Result result = reconciler.plan_up({{*subject_.stanza, subject_.host}}).front();
  Probe& probe = diagnosis_.probes.back();
  if (result.error) {
    probe.saw = result.error->what();
    // Another probe has reported the source that gave no address.
    return conclude(result.error->status() == Exit::no_answer ? Mark::likely : Mark::sure,
                    result.error->what());
  }
  const bool there = live_.link(iface) != nullptr;
  if (!there) {
    probe.saw = "there is no device " + iface;
    conclude(Mark::likely, "the tunnel is not up, and nothing keeps it from coming up",
             command_up());
  } else if (record_) {
    probe.saw = "the device is there, and situp's last run for it did not finish";
    conclude(Mark::likely, "the device is as its stanza wants it, but its record is not finished",
             command_up());
  } else {
    probe.saw = "the device is there, and situp has no record of it";
    conclude(Mark::likely, "the device is there as its stanza wants it, but not by situp",
             command_up());
  }
  for (const std::string& warning : result.plan.warnings) {
    add("device", "worked out what up would do", "it would not work as wanted");
    conclude(Mark::aside, warning);
  }
}

void Doctor::filters() {
  Probe& probe = add("filters", "listed the chains of nftables", "");
  try {
    for (const FilterChain& chain : system_.packets.filters())
      if (chain.family != "ip6" || chain.table != firewall_table)
        filters_.push_back(chain.family + " " + chain.table + " " + chain.name + " (" + chain.hook +
                           (chain.drops ? ", drops what no rule accepts)" : ")"));
  } catch (const Error& error) {
    probe.saw = error.why();
    probe.mark = error.status() == Exit::not_permitted ? Mark::unseen : Mark::fine;
    return;
  }
  for (const std::string& name : legacy_filters()) filters_.push_back(name);
  constexpr std::size_t enough = 6;
  for (std::size_t i = 0; i < std::min(filters_.size(), enough); ++i)
    probe.saw += (i == 0 ? "" : ", ") + filters_[i];
  if (filters_.size() > enough) probe.saw += ", …";
  if (filters_.empty()) probe.saw = "none but the tunnel's own";
  if (!open_note(*spec_).empty())
    probe.means = "without " + spec_->kind().option("firewall") +
                  ", these are all that filters what comes out of the "
                  "tunnel: the cloud's security groups don't see it";
}

/// Probes the LAN prefixes: this host must forward their packets.
void Doctor::lan() {
  const std::vector<InterfaceName> ifaces = spec_->lan_interfaces();
  if (ifaces.empty()) return;
  std::string names;
  const auto add_name = [&](const std::string& name) {
    names += (names.empty() ? "" : ", ") + name;
  };
  for (const LanAddress& one : spec_->lan) add_name(one.iface.str() + " " + one.address.str());
  for (const DelegatedLan& one : spec_->delegated_lan) add_name(one.iface.str());
  const auto forwarding = setting("ipv6/conf/all/forwarding");
  add("LAN", "read net.ipv6.conf.all.forwarding for " + names, forwarding.value_or("none"));
  if (forwarding == "0")
    diagnosis_.probes.back().means =
        "hosts behind these interfaces get nowhere; this one itself does not need it";
  for (const InterfaceName& iface : ifaces) {
    const LiveLink* link = live_.link(iface.str());
    if (link == nullptr || !link->accept_ra.forwarding || link->accept_ra.is_on()) continue;
    diagnosis_.probes.back().means =
        link->name +
        " believes no router advertisements while it forwards (accept_ra 1): where "
        "it has native IPv6, that takes accept_ra 2";
  }
}

}  // namespace situp
