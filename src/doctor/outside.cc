// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/user.h"
#include "doctor/doctor.h"
#include "model/ask/failure_text.h"

namespace situp {
std::string Doctor::since(Deadline::Clock::time_point start) const {
  const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(system_.moment() - start);
  return "after " + std::to_string(time.count()) + " ms";
}

namespace {

/// The user that a firewall with rules by user sees.
std::string as_user() {
  const User user = helper_user();
  return "asked as " + user.name + (user.why_nobody.empty() ? "" : ", as " + user.why_nobody);
}

}  // namespace

void Doctor::cloud() {
  std::string titles;
  for (const Platform& platform : platforms_of(kernel_.firmware()))
    titles += (titles.empty() ? "" : ", ") + std::string(platform.title);
  if (!titles.empty()) add("cloud", "read the firmware's names (DMI)", titles);
}

void Doctor::sources() {
  // An unreachable source passes on to the next one; a bad answer ends the chain.
  for (const Source& one : spec_->local)
    if (try_source(one)) return;
}

/// Asks each question once. It asks version 2 of the metadata service first, even if the
/// configuration allows version 1, because only that shows which version is in use.
Answer Doctor::ask(const Question& question, Deadline deadline) {
  const auto known = answers_.find(question);
  if (known != answers_.end()) return known->second;
  Question strict = question;
  auto* metadata = std::get_if<MetadataQuestion>(&strict);
  const bool automatic = metadata != nullptr && metadata->imds == Imds::automatic;
  if (automatic)
    metadata->imds = Imds::v2;
  else if (metadata != nullptr)
    version_ = "version 2";
  Answer answer = system_.ask(strict, deadline);
  const auto* failure = std::get_if<FailureAnswer>(&answer);
  const bool is_first = automatic && failure != nullptr && failure->failure == Failure::v1_refused;
  if (automatic) version_ = is_first ? "version 1" : "version 2";
  if (is_first) answer = system_.ask(question, deadline);
  answers_.emplace(question, answer);
  return answer;
}

void Doctor::endpoint() {
  if (!spec_->endpoint) return;
  if (const auto* literal = std::get_if<Ipv4>(&*spec_->endpoint)) {
    endpoint_ = *literal;
    return;
  }
  const std::string name = str(*spec_->endpoint);
  const auto start = system_.moment();
  add("DNS", "looked up the endpoint, " + name, "");
  const Answer answer =
      ask(NameQuestion{std::get<HostName>(*spec_->endpoint)}, Deadline::in(config_.timeout));
  Probe& probe = diagnosis_.probes.back();
  if (const auto* failure = std::get_if<FailureAnswer>(&answer)) {
    probe.saw = dns_failure_text(*failure) + ", " + since(start);
    if (is_up()) {
      endpoint_ = record_->resolved.remote;
      return conclude(Mark::aside,
                      name + " can't be resolved now; the tunnel keeps the address that it had",
                      "see /etc/resolv.conf: getent ahostsv4 " + name);
    }
    return conclude(
        Mark::sure,
        "the endpoint's name, " + name + ", has no address: " + dns_failure_text(*failure),
        "correct v4tunnel-endpoint, or see /etc/resolv.conf: getent ahostsv4 " + name);
  }
  std::string list;
  const auto& addresses = std::get<std::vector<Ipv4>>(answer);
  for (const Ipv4 address : addresses) list += (list.empty() ? "" : ", ") + address.str();
  probe.saw = list + ", " + since(start);
  // The tunnel's endpoint is right as long as it is among them.
  endpoint_ = addresses.front();
  if (!is_up()) return;
  const Ipv4 has = record_->resolved.remote;
  if (std::find(addresses.begin(), addresses.end(), has) != addresses.end()) {
    endpoint_ = has;
    return;
  }
  conclude(Mark::sure, "the tunnel leads to " + has.str() + ", where the endpoint was before",
           "situp up " + subject_.iface.str());
}

/// True if the chain ends with this source.
bool Doctor::try_source(const Source& one) {
  const std::string name = str(one);
  const Service* service = service_of(one, kernel_.firmware());
  const std::string probe_name = service != nullptr ? "metadata" : "source";
  const auto asked = [&] {
    if (service == nullptr) return "looked for " + name;
    const bool versions = service->token.without[0] != 0 && !version_.empty();
    return "asked " + config_.url_of(*service).str() + (versions ? " (" + version_ + ")" : "") +
           " for " + name;
  };
  const auto start = system_.moment();
  const Extent extent;
  Resolver resolver(kernel_, extent, config_, config_.timeout,
                    [this](const Question& q, Deadline d) { return ask(q, d); });
  try {
    const Ipv4 address = resolver.address({one}, endpoint_, spec_->dev);
    live_ = resolver.live();
    found_ = address;
    const LiveLink* holder = live_.holder(address);
    add(probe_name, asked(),
        (address == Ipv4{} ? "any" : address.str()) +
            (holder == nullptr ? "" : ", which " + holder->name + " holds") +
            (service != nullptr ? ", " + since(start) : ""));
  } catch (const Error& error) {
    const bool last = one == spec_->local.back();
    const bool goes_on = !last && dynamic_cast<const Unreachable*>(&error) != nullptr;
    add(probe_name, asked(),
        (goes_on ? error.why() + "; the next source is tried" : since(start)) +
            (service != nullptr ? ", " + as_user() : ""));
    if (goes_on) return false;
    // A tunnel that is up keeps its address.
    conclude(is_up() ? Mark::aside : Mark::sure, name + ": " + error.why());
    return true;
  }
  if (!is_up() || *found_ == record_->resolved.local) return true;
  conclude(Mark::sure,
           "the tunnel's local address is " + record_->resolved.local.str() + ", and " + name +
               " now says " + found_->str(),
           "situp up " + subject_.iface.str() +
               "; situpd does that by itself while it runs: systemctl status situpd");
  return true;
}

void Doctor::route() {
  const std::optional<Ipv4> to = is_up() && record_->resolved.remote != Ipv4{}
                                     ? std::optional(record_->resolved.remote)
                                     : endpoint_;
  if (!to) return;
  const LiveLink* dev = spec_->dev ? live_.link(spec_->dev->str()) : nullptr;
  Probe& probe = add("IPv4 route", "asked the kernel for the way to " + to->str(), "");
  const int index = dev == nullptr ? 0 : dev->index;
  const auto route = kernel_.route_to({.to = *to, .dev = index});
  if (!route) {
    probe.saw = "there is none";
    return conclude(Mark::sure, "this host has no IPv4 route to the endpoint, " + to->str(),
                    "ip route show; bring up the interface towards it, or its default route");
  }
  probe.saw = "out of " + live_.name_of(route->dev) + ", from " + route->source.str();
  const Ipv4 local = is_up() ? record_->resolved.local : found_.value_or(Ipv4{});
  const LiveLink* link = live_.link(subject_.iface.str());
  const std::uint32_t mark = link != nullptr && link->sit ? link->sit->mark : 0;
  const auto wrong = wrong_way({*to, index, local, mark});
  if (wrong || (local != Ipv4{} && local != route->source))
    probe.saw += "; the tunnel sends from " + local.str();
  if (wrong) {
    probe.saw += ", which " + wrong->held_by + " holds, by " + wrong->leaves_by;
    // through() finds out whether packets arrive all the same.
    if (!is_up())
      conclude(Mark::aside,
               "the tunnel's packets would leave by " + wrong->leaves_by +
                   ", and their source address is " + wrong->held_by + "'s",
               wrong->advice);
  }
  // through() pings the endpoint of a tunnel that is up.
  if (!is_up()) ask_endpoint(*to);
}

/// Compares the interface that holds the source address with the one by which the kernel sends.
std::optional<WrongWay> Doctor::wrong_way(const Way& way) const {
  // A packet to an address of this host leaves by no interface.
  if (live_.holder(way.from) == nullptr || live_.holder(way.to) != nullptr) return std::nullopt;
  const auto route = kernel_.route_to(way);
  const LiveLink* held_by = route ? live_.expected_instead_of(route->dev, way.from) : nullptr;
  if (held_by == nullptr) return std::nullopt;
  const std::string dev = spec_->kind().option("dev");
  WrongWay wrong{live_.name_of(route->dev), held_by->name, way.dev != 0, {}};
  const std::string other_source =
      "or " + spec_->kind().option("local") + " interface:" + wrong.leaves_by;
  const auto by_holder = kernel_.route_to({way.to, held_by->index, way.from, way.mark});
  if (spec_->dev || (by_holder && by_holder->gateway != Ipv4{}))
    wrong.advice = "write " + dev + " " + held_by->name + ", " + other_source;
  else
    wrong.advice = "route packets from " + way.from.str() + " by " + held_by->name +
                   " (ip rule add from " + way.from.str() +
                   " table N, and in table N its default route), or write " +
                   other_source.substr(3);
  return wrong;
}

void Doctor::ask_endpoint(Ipv4 to) {
  Probe& probe = add("endpoint", "asked " + to.str() + " by ICMP over IPv4", "");
  try {
    const Packets::Ping ping = system_.packets.ping(found_.value_or(Ipv4{}), to);
    probe.saw = ping.not_sent != 0 ? "could not be sent: " + meaning_of(ping.not_sent)
                : ping.answered    ? "it answers"
                                   : "no answer (many hosts do not answer pings)";
  } catch (const Error& error) {
    probe.saw = error.why();
    probe.mark = Mark::unseen;
  }
}

}  // namespace situp
