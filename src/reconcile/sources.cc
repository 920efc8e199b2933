// SPDX-License-Identifier: GPL-2.0-or-later
// The address that one source gives.
#include "base/user.h"
#include "model/ask/failure_text.h"
#include "reconcile/resolve.h"

namespace situp {
namespace {

Error no_answer(const Source& source, std::string why) {
  return {Exit::no_answer, str(source), std::move(why)};
}

}  // namespace

template <typename F>
bool Resolver::wait_for(Deadline deadline, F&& found) {
  if (found()) return true;
  if (deadline.over()) {
    // Other sources may have taken all the time; the interface or route may exist by now.
    live_ = kernel_.snapshot(extent_);
    return found();
  }
  const auto start = Deadline::Clock::now();
  const auto changes = kernel_.changes();
  bool result = false;
  do {
    // After `changes` listens, so that no change between the two is lost.
    live_ = kernel_.snapshot(extent_);
    result = found();
  } while (!result && changes->wait(deadline));
  waited_ += std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - start);
  return result;
}

Mac Resolver::mac_of(const InterfaceName& iface, const Source& source, Deadline deadline) {
  const LiveLink* link = nullptr;
  if (!wait_for(deadline, [&] { return (link = live_.link(iface.str())) != nullptr; }))
    throw Unreachable(Exit::no_answer, str(source),
                      "there is no interface of this name: bring it up first, or correct the name");
  if (!link->mac)
    throw no_answer(source,
                    "the interface has no hardware address that the metadata service could know it "
                    "by: name another source");
  return *link->mac;
}

Ipv4 Resolver::from_service(const FromService& source, Deadline deadline) {
  MetadataQuestion question{source.service, config_.url_of(*source.service), config_.imds};
  if (const auto* iface = std::get_if<InterfaceName>(&source.of))
    question.key = InterfaceAddress{mac_of(*iface, source, deadline)};
  else if (const auto* address = std::get_if<Ipv4>(&source.of))
    question.key = PrivateAddress{*address};
  const Answer answer = ask(question, deadline);
  const auto why = [&](const FailureAnswer& failure) {
    std::string text =
        metadata_failure_text(failure, source, question.service_url, helper_user().name);
    const Service* here = cloud_service(kernel_.firmware());
    if (here == nullptr || here == source.service) return text;
    return text + "; this machine's firmware (DMI) names " + std::string(here->title) +
           ": write cloud";
  };
  if (const auto* failure = std::get_if<FailureAnswer>(&answer)) {
    if (passes_on(failure->failure))
      throw Unreachable(Exit::no_answer, str(Source(source)), why(*failure));
    throw no_answer(source, why(*failure));
  }
  const auto& addresses = std::get<std::vector<Ipv4>>(answer);
  if (addresses.size() != 1)
    throw no_answer(source, why({Failure::several, static_cast<unsigned>(addresses.size())}));
  return addresses[0];
}

/// No service is asked that the firmware does not name: another one may answer anything.
Ipv4 Resolver::from_cloud(const FromCloud& source, Deadline deadline) {
  const Dmi& dmi = kernel_.firmware();
  const Service* service = cloud_service(dmi);
  if (service == nullptr)
    throw Unreachable(Exit::no_answer, str(Source(source)), why_no_cloud(dmi));
  if (!says(*service, source.of)) throw no_answer(source, why_not_said(*service, source.of));
  return from_service({service, source.of}, deadline);
}

Ipv4 Resolver::from_interface(const InterfaceName& iface, Deadline deadline) {
  Ipv4 result;
  const auto found = [&] {
    const LiveLink* link = live_.link(iface.str());
    if (link == nullptr) return false;
    for (const LiveAddress4& address : live_.addresses4()) {
      if (address.index != link->index || !address.global) continue;
      result = address.address;
      return true;
    }
    return false;
  };
  if (wait_for(deadline, found)) return result;
  const bool there = live_.link(iface.str()) != nullptr;
  throw Unreachable(
      Exit::no_answer, "interface:" + iface.str(),
      there ? "the interface has no global IPv4 address (yet): bring it up first, or name another "
              "source"
            : "there is no interface of this name: bring it up first, or correct the name");
}

Ipv4 Resolver::from_route(Ipv4 endpoint, const std::optional<InterfaceName>& dev,
                          Deadline deadline) {
  Ipv4 result;
  const auto found = [&] {
    const LiveLink* link = dev ? live_.link(dev->str()) : nullptr;
    if (dev && link == nullptr) return false;
    const auto route = kernel_.route_to({.to = endpoint, .dev = link == nullptr ? 0 : link->index});
    if (route) result = route->source;
    return route.has_value();
  };
  if (wait_for(deadline, found)) return result;
  throw Unreachable(Exit::no_answer, "route",
                    "the kernel has no route to " + endpoint.str() +
                        (dev ? " out of " + dev->str() : std::string()) +
                        " (yet): bring the interface towards it up first, or name another source");
}

Ipv4 Resolver::try_source(const Source& source, std::optional<Ipv4> endpoint,
                          const std::optional<InterfaceName>& dev, Deadline deadline) {
  struct Try {
    Resolver& self;
    const Source& source;
    std::optional<Ipv4> endpoint;
    const std::optional<InterfaceName>& dev;
    Deadline deadline;

    Ipv4 operator()(const FromService& s) const { return self.from_service(s, deadline); }
    Ipv4 operator()(const FromCloud& s) const { return self.from_cloud(s, deadline); }
    Ipv4 operator()(const FromInterface& s) const {
      return self.from_interface(s.interface, deadline);
    }
    Ipv4 operator()(const FromRoute&) const {
      if (!endpoint)
        throw no_answer(
            source, "a route leads to an endpoint, and there is none here: name another source");
      return self.from_route(*endpoint, dev, deadline);
    }
    Ipv4 operator()(const Ipv4& literal) const { return literal; }
    Ipv4 operator()(const AnyLocal&) const { return {}; }
  };
  return std::visit(Try{*this, source, endpoint, dev, deadline}, source);
}

void Resolver::wait_until_held(Ipv4 address, const Source& source) {
  if (wait_for(deadline_, [&] { return live_.holder(address) != nullptr; })) return;
  const bool literal = std::holds_alternative<Ipv4>(source);
  throw Error(
      Exit::no_answer, str(source),
      (literal ? "no interface of this host holds this address"
               : "the answer was " + address.str() + ", which no interface of this host holds") +
          "; the kernel would take it and then drop every packet: write the private address, not "
          "the public one, or bring its interface up first");
}

}  // namespace situp
