// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/resolve.h"

#include <algorithm>
#include <set>

#include "base/user.h"
#include "model/ask/failure_text.h"
#include "reconcile/public_address.h"

namespace situp {
namespace {

constexpr const char* helper = SITUP_LIBEXECDIR "/situp-net";
// After it the kernel is looked at again: most answers come in a tenth of it.
constexpr std::chrono::milliseconds long_wait{500};
// Questions to one situp-net, which has a process for each.
constexpr std::size_t most_together = 16;

Error no_answer(const Source& source, std::string why) {
  return {Exit::no_answer, str(source), std::move(why)};
}

}  // namespace

Command command_for(const Question& question, std::chrono::milliseconds time) {
  return {helper, arguments_of(question, time)};
}

FailureAnswer without_answer(const Outcome& outcome) {
  if (outcome.timed_out) return {Failure::value_timeout};
  if (outcome.signal != 0 && !outcome.too_much)
    return {Failure::killed, static_cast<unsigned>(outcome.signal)};
  return {Failure::broken};
}

Answer answer_in(const Outcome& outcome) {
  return timed_answer_in(outcome).answer;
}

TimedAnswer timed_answer_in(const Outcome& outcome) {
  const auto answer = read_timed_answer(outcome.output);
  if (answer && outcome.ended_by_itself()) return *answer;
  throw Error(Exit::no_answer, helper,
              outcome.timed_out ? "gave no answer in time and was ended: try again"
                                : ended_text(without_answer(outcome)));
}

std::vector<Answer> answers_in(const Outcome& outcome, std::size_t questions) {
  std::vector<Answer> answers;
  std::string_view rest = outcome.output;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    if (auto answer = read_timed_answer(rest.substr(0, end))) answers.push_back(answer->answer);
    rest.remove_prefix(end);
  }
  if (outcome.ended_by_itself() && answers.size() == questions) return answers;
  throw Error(Exit::no_answer, helper, ended_text(without_answer(outcome)));
}

Asker helper_asker() {
  const auto run = [](std::vector<std::string> arguments, Deadline deadline) {
    return run_unprivileged({helper, std::move(arguments)}, Deadline::in(deadline.left() + grace));
  };
  return {[run](const Question& question, Deadline deadline) {
            return answer_in(run(arguments_of(question, deadline.left()), deadline));
          },
          [run](const std::vector<Question>& questions, Deadline deadline) {
            return answers_in(run(arguments_of(questions, deadline.left()), deadline),
                              questions.size());
          }};
}

Resolver::Resolver(Kernel& kernel, const Extent& extent, const Config& config,
                   std::chrono::milliseconds wait, Asker asker)
    : kernel_(kernel),
      extent_(extent),
      config_(config),
      asker_(std::move(asker)),
      deadline_(Deadline::in(wait)),
      live_(kernel.snapshot(extent)) {}

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

Answer Resolver::ask(const Question& question, Deadline deadline) {
  const auto known = answers_.find(question);
  if (known != answers_.end()) return known->second;
  if (const auto ahead = ahead_.extract(question)) {
    remember(question, ahead.mapped());
    return ahead.mapped();
  }
  const auto start = Deadline::Clock::now();
  const auto took = [start] {
    return std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - start);
  };
  std::optional<Answer> answer;
  try {
    answer = asker_(question, deadline);
  } catch (const Error&) {
    waited_ += took();
    throw;
  }
  waited_ += took();
  // The kernel may have changed during a long wait.
  if (took() > long_wait) live_ = kernel_.snapshot(extent_);
  remember(question, *answer);
  return *answer;
}

/// A failure may be over by the next time, unless there is no time left to find out: a thousand
/// stanzas wait once.
void Resolver::remember(const Question& question, const Answer& answer) {
  if (std::holds_alternative<std::vector<Ipv4>>(answer) || deadline_.over())
    answers_[question] = answer;
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
  if (!asker_.several()) return;
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
  const std::vector<Question> all(open.begin(), open.end());
  const auto start = Deadline::Clock::now();
  for (std::size_t i = 0; all.size() > 1 && i < all.size(); i += most_together) {
    const auto end = std::min(all.size(), i + most_together);
    const std::vector<Question> some(all.begin() + static_cast<std::ptrdiff_t>(i),
                                     all.begin() + static_cast<std::ptrdiff_t>(end));
    try {
      const auto answers = asker_.several()(some, deadline_);
      for (std::size_t j = 0; j < some.size(); ++j) ahead_.emplace(some[j], answers.at(j));
    } catch (const Error&) {
      // resolve() asks again, and tells for which tunnel.
    }
  }
  const auto took =
      std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - start);
  waited_ += took;
  if (took > long_wait) live_ = kernel_.snapshot(extent_);
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
        throw no_answer(chain[i], "the answer is the endpoint's own address, " + result.str() +
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
