// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/resolve.h"

#include <algorithm>
#include <set>

#include "base/user.h"
#include "model/ask/failure_text.h"
#include "reconcile/public_address.h"

namespace situp {
namespace {

// After it the kernel is looked at again: most answers come in a tenth of it.
constexpr std::chrono::milliseconds long_wait{500};

}  // namespace

Resolver::Resolver(Kernel& kernel, const Extent& extent, const Config& config,
                   std::chrono::milliseconds wait, Asker asker)
    : kernel_(kernel),
      extent_(extent),
      config_(config),
      deadline_(Deadline::in(wait)),
      answers_(std::move(asker), deadline_),
      live_(kernel.snapshot(extent)) {}

Answer Resolver::ask(const Question& question, Deadline deadline) {
  const auto before = answers_.waited();
  const Answer answer = answers_.to(question, deadline);
  look_again_after(before);
  return answer;
}

/// The kernel may have changed during a long wait.
void Resolver::look_again_after(std::chrono::milliseconds waited_before) {
  if (answers_.waited() - waited_before > long_wait) live_ = kernel_.snapshot(extent_);
}

/// The question to the metadata service; empty if the source asks none, or can't yet.
std::optional<Question> Resolver::question_of(const Source& source) const {
  const Service* service = service_of(source, kernel_.firmware());
  if (service == nullptr) return std::nullopt;
  const auto* named = std::get_if<FromService>(&source);
  const auto& of = named != nullptr ? named->of : std::get<FromCloud>(source).of;
  if (!says(*service, of)) return std::nullopt;
  MetadataQuestion question{service, config_.url_of(*service), config_.imds};
  if (const auto* iface = std::get_if<InterfaceName>(&of)) {
    const LiveLink* link = live_.link(iface->str());
    if (link == nullptr || !link->mac) return std::nullopt;
    question.key = InterfaceAddress{*link->mac};
  } else if (const auto* address = std::get_if<Ipv4>(&of)) {
    question.key = PrivateAddress{*address};
  }
  return question;
}

void Resolver::ask_ahead(const std::vector<const TunnelSpec*>& specs) {
  std::set<Question> open;
  const auto add_name = [&open](const Host& host) {
    if (const auto* name = std::get_if<HostName>(&host)) open.insert(NameQuestion{*name});
  };
  for (const TunnelSpec* spec : specs) {
    if (spec->endpoint) add_name(*spec->endpoint);
    for (const auto* hosts : {&spec->routers, &spec->routers_nodefault, &spec->relays})
      std::for_each(hosts->begin(), hosts->end(), add_name);
    // A source that others follow has a part of the time only.
    if (spec->local.size() == 1)
      if (auto question = question_of(spec->local.front())) open.insert(*std::move(question));
  }
  const auto before = answers_.waited();
  answers_.ask_ahead(open);
  look_again_after(before);
}

Ipv4 Resolver::address(const std::vector<Source>& chain, std::optional<Ipv4> endpoint,
                       const std::optional<InterfaceName>& dev, Way* way) {
  std::vector<Unreachable> failed;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    // A source that is not the last may use half of the time left: waiting for the first must not
    // starve the others.
    const bool last = i + 1 == chain.size();
    const Deadline deadline = Deadline::in(last ? deadline_.left() : deadline_.left() / 2);
    try {
      const Ipv4 result = try_source(chain[i], endpoint, dev, deadline);
      if (!std::holds_alternative<AnyLocal>(chain[i])) wait_until_held(result, chain[i]);
      if (endpoint && result == *endpoint)
        throw Error(Exit::no_answer, str(chain[i]),
                    "the answer is the endpoint's own address, " + result.str() +
                        ": correct the endpoint, or name another source");
      if (way != nullptr) *way = {str(chain[i]), failed};
      return result;
    } catch (const Unreachable& error) {
      failed.push_back(error);
    }
  }
  if (failed.size() == 1) throw Unreachable(failed[0]);
  std::string all;
  for (const Unreachable& error : failed)
    all += (all.empty() ? "" : "; ") + error.subject() + ": " + error.why();
  throw Error(Exit::no_answer, "none of the sources gave an address", all);
}

std::vector<Ipv4> Resolver::addresses_of(const Host& host) {
  if (const auto* literal = std::get_if<Ipv4>(&host)) return {*literal};
  const Answer answer = ask(NameQuestion{std::get<HostName>(host)}, deadline_);
  if (const auto* failure = std::get_if<FailureAnswer>(&answer))
    throw Error(Exit::no_answer, str(host), dns_failure_text(*failure));
  std::vector<Ipv4> usable;
  for (const Ipv4 address : std::get<std::vector<Ipv4>>(answer))
    if (!address.is_unusable_as_endpoint()) usable.push_back(address);
  if (usable.empty())
    throw Error(Exit::no_answer, str(host),
                "DNS gives no address that a tunnel can lead to: correct the name's A record");
  return usable;
}

std::vector<Ipv4> Resolver::addresses_of(const std::vector<Host>& hosts) {
  std::vector<Ipv4> all;
  for (const Host& host : hosts) {
    const auto some = addresses_of(host);
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

unsigned Resolver::underlay_mtu(const TunnelSpec& spec, const Resolved& resolved) {
  const LiveLink* link = nullptr;
  if (spec.dev) {
    link = live_.link(spec.dev->str());
  } else if (!spec.kind().has_endpoint) {
    link = live_.holder(resolved.local);
  } else if (const auto route = kernel_.route_to({.to = resolved.remote})) {
    link = live_.link(route->dev);
  }
  if (link == nullptr)
    throw Error(Exit::no_answer, "mtu auto",
                "there is no route to the endpoint yet whose MTU could be taken: write a number");
  return link->mtu;
}

/// The public address of LOCAL. The service that gives LOCAL is asked; for other sources, that of
/// the cloud which the firmware names.
Ipv4 Resolver::public_address(const TunnelSpec& spec, Ipv4 local) {
  if (const auto known = known_public_address(local)) return *known;
  const std::string option = spec.kind().option("address") + " public";
  const std::string literal = ": write the public address itself";
  const Dmi& dmi = kernel_.firmware();
  const Service* service = service_of_chain(spec, dmi);
  if (service == nullptr) service = cloud_service(dmi);
  if (service == nullptr) throw Error(Exit::no_answer, option, why_no_cloud(dmi));
  if (!service->says_public_of_private())
    throw Error(Exit::no_answer, option,
                std::string(service->title) + "'s metadata service does not tell public addresses" +
                    literal);
  const MetadataQuestion question = public_address_question(config_, *service, local);
  const Answer answer = ask(question, deadline_);
  if (const auto* failure = std::get_if<FailureAnswer>(&answer))
    throw Error(Exit::no_answer, option,
                metadata_failure_text(*failure, {service, local}, question.service_url,
                                      helper_user().name));
  const auto& addresses = std::get<std::vector<Ipv4>>(answer);
  if (addresses.size() != 1)
    throw Error(
        Exit::no_answer, option,
        local.str() + " has " + std::to_string(addresses.size()) + " public addresses" + literal);
  return addresses[0];
}

Ipv4 Resolver::public_or_known(const TunnelSpec& spec, const Resolved& now, const Resolved* known,
                               std::optional<std::string>* not_renewed) {
  try {
    return public_address(spec, now.local);
  } catch (const Error& error) {
    // Of another local address it is another one.
    if (known == nullptr || known->embedded == Ipv4{} || known->local != now.local) throw;
    *not_renewed = "kept the public address " + known->embedded.str() + ": " + error.what();
    return known->embedded;
  }
}

/// A relay is reached at the local address of its tunnel.
void Resolver::refuse_other_end(const TunnelSpec& spec, Ipv4 local, Ipv4 relay) const {
  const LiveLink* holder = relay == local ? nullptr : live_.holder(relay);
  if (holder == nullptr) return;
  const KindRow& kind = spec.kind();
  throw Error(Exit::configuration, spec.iface.str(),
              "this host is the relay " + relay.str() + ", which " + holder->name +
                  " holds, and the tunnel's local address is " + local.str() + ": write " +
                  kind.option("local") + " interface:" + holder->name);
}

Resolved Resolver::resolve(const TunnelSpec& spec, const Resolved* known,
                           std::optional<std::string>* not_renewed) {
  Resolved resolved;
  const auto or_known = [&](const std::vector<Host>& hosts, std::vector<Ipv4> last) {
    try {
      return addresses_of(hosts);
    } catch (const Error& error) {
      if (last.empty()) throw;
      *not_renewed = std::string("kept what DNS said before: ") + error.what();
      return last;
    }
  };
  const auto last = [known](std::vector<Ipv4> Resolved::*list) {
    return known == nullptr ? std::vector<Ipv4>() : known->*list;
  };
  std::optional<Ipv4> endpoint;
  if (spec.endpoint) {
    // Of several addresses always the same one, or each `up` would move the tunnel.
    std::vector<Ipv4> last_endpoint;
    if (known != nullptr && known->remote != Ipv4{}) last_endpoint.push_back(known->remote);
    endpoint = or_known({*spec.endpoint}, last_endpoint).front();
    resolved.remote = *endpoint;
  }
  Way way;
  resolved.local = address(spec.local, endpoint, spec.dev, &way);
  resolved.local_source = way.answered;
  // Another source than the one that was meant is good enough for a start, and not for a move.
  if (known != nullptr && !way.passed_over.empty() && resolved.local != known->local &&
      live_.holder(known->local) != nullptr) {
    resolved.local = known->local;
    resolved.local_source = known->local_source;
    *not_renewed =
        "kept the local address " + known->local.str() + ": " + way.passed_over[0].what();
  }
  resolved.routers = or_known(spec.routers, last(&Resolved::routers));
  resolved.routers_nodefault = or_known(spec.routers_nodefault, last(&Resolved::routers_nodefault));
  if (spec.embedded && !spec.embedded->address)
    resolved.embedded = public_or_known(spec, resolved, known, not_renewed);
  resolved.relays = or_known(spec.relays, last(&Resolved::relays));
  for (const Ipv4 relay : resolved.relays) refuse_other_end(spec, resolved.local, relay);
  if (!spec.mtu) resolved.underlay_mtu = underlay_mtu(spec, resolved);
  return resolved;
}

}  // namespace situp
