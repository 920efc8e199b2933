// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/child.h"
#include "base/date.h"
#include "base/random.h"
#include "base/user.h"
#include "commands/commands.h"
#include "commands/stanzas.h"
#include "model/ask/failure_text.h"
#include "reconcile/broker_call.h"
#include "reconcile/broker_file.h"
#include "reconcile/public_address.h"

namespace situp {
namespace {

/// The tunnel as its stanza is now; as the record has it, if this host's file gives no stanza.
TunnelSpec spec_of(const Arguments& arguments, const System& system) {
  const Named named = split_name(arguments.words[0]);
  const auto record = Records(system.run_directory()).read(interface_named(named.iface));
  try {
    Wanted wanted = wanted_jobs(arguments, system);
    if (!wanted.failed.empty()) throw Error(wanted.failed[0].second);
    return understand(wanted.jobs[0].stanza, hosts::ifupdown);
  } catch (const Error&) {
    if (!record) throw;
    return understand(record->stanza, hosts::ifupdown);
  }
}

/// The local address of the tunnel that is up, else the one that up would use.
std::optional<Ipv4> local_of(const TunnelSpec& spec, const Config& config, const System& system) {
  const auto record = Records(system.run_directory()).read(spec.iface);
  if (record && record->state == Record::State::up)
    return record->resolved.local == Ipv4{} ? std::nullopt : std::optional(record->resolved.local);
  const Extent extent;
  Resolver resolver(system.kernel, extent, config, config.timeout, system.ask);
  const Ipv4 local = resolver.resolve(spec).local;
  return local == Ipv4{} ? std::nullopt : std::optional(local);
}

/// Empty if the metadata service does not give one: the broker then uses the address that it sees,
/// unless its call names the address (`needed`).
std::optional<Ipv4> public_address(const TunnelSpec& spec, const Config& config,
                                   std::optional<Ipv4> local, const Dmi& dmi, bool needed) {
  if (const auto known = known_public_address(local)) return known;
  const Service* service = service_for_public_address(spec, local, dmi);
  if (service == nullptr) return std::nullopt;
  const auto answer = ask_public_address(config, *service, *local);
  if (!answer) return std::nullopt;
  if (const auto* failure = std::get_if<FailureAnswer>(&*answer)) {
    const std::string why =
        failure->failure == Failure::no_such_key
            ? "the metadata service knows no public address of " + local->str()
            : metadata_failure_text(*failure, FromService{service}, config.url_of(*service),
                                    helper_user().name);
    if (needed)
      throw Error(Exit::no_answer, "broker " + spec.broker->name.str(), names_address + why);
    say(spec.iface.str(), why + "; the broker is asked to take the one that it sees");
    return std::nullopt;
  }
  return std::get<std::vector<Ipv4>>(*answer).front();
}

/// Throws an Error with the reason why situp does not tell the broker now, unless there is news.
void refuse_if_not_allowed(const BrokerState& state, const BrokerSubject& subject,
                           std::int64_t now) {
  const std::string what = "broker " + state.broker.name.str();
  if (const BrokerStop* stop = stopped(state, subject))
    throw Error(
        Exit::configuration, what,
        "not asked again: " + broker_stop_text(*stop, state) + "; --force asks all the same");
  const auto wait = too_early(state, now).count();
  if (wait > 0)
    throw Error(Exit::no_answer, what,
                "asked a moment ago (" + (state.answer.empty() ? "no answer" : state.answer) +
                    "), and brokers don't like that: wait " + std::to_string(wait) +
                    " seconds, or --force");
}

BrokerAnswer call(const BrokerService& service, const BrokerSubject& subject, const Login& login) {
  return broker_answer_in(
      run_unprivileged(broker_command(service, subject, login), Deadline::in(call_time + grace)));
}

/// Calls the broker, prints its answer and keeps it. `name`: the subject of lines.
void call_and_note(const System& system, const std::string& name, const BrokerService& service,
                   const BrokerSubject& subject, const Login& login, const BrokerFile& file,
                   BrokerState state) {
  note_call(state, system.now());
  file.write(state);
  const BrokerAnswer answer = call(service, subject, login);
  // Early in a boot there are no random bits. The pause is then not spread, which does no harm.
  note_answer(state, subject, answer, system.now(), random_bits_or(0));
  if (!std::holds_alternative<FailureAnswer>(answer)) print(str(answer));
  file.write(state);
  const Verdict verdict = verdict_on(answer, subject.public_address);
  if (verdict != Verdict::accepted)
    throw Error(verdict == Verdict::permanent ? Exit::configuration : Exit::no_answer,
                "broker " + subject.broker.name.str(),
                broker_answer_text(answer, subject.broker, subject.public_address));
  if (state.stop) say(name, broker_stop_text(*state.stop, state));
}

void tell(const Arguments& arguments, const System& system, const TunnelSpec& spec) {
  const std::string iface = spec.iface.str();
  if (!spec.broker)
    throw Error(Exit::configuration, iface,
                "has no v4tunnel-broker, such as v4tunnel-broker he 123456");
  const Config config = arguments.read_config();
  const BrokerService service = config.broker(spec.broker->name);
  const Credentials credentials = read_credentials(*spec.broker, service.url);
  BrokerSubject subject{*spec.broker, local_of(spec, config, system), std::nullopt,
                        version_of(service, credentials), Records(system.run_directory()).boot()};
  subject.public_address = public_address(spec, config, subject.local, system.kernel.firmware(),
                                          service.needs_address());
  if (const auto missing = missing_address(service, subject)) throw Error(*missing);

  const BrokerFile file(spec.iface, system.root);
  BrokerState state = file.read(*spec.broker);
  if (!arguments.force) {
    if (!is_news(state, subject) && stopped(state, subject) == nullptr) {
      say(iface, "nothing to do: the broker was told on " + date(state.accepted_at) + " (" +
                     state.answer + "), and nothing has changed; --force tells it all the same");
      return;
    }
    refuse_if_not_allowed(state, subject, system.now());
  }
  // With --force, the user has settled which instance has the tunnel.
  if (arguments.force) state.retaken = 0;
  call_and_note(system, iface, service, subject, credentials.login, file, std::move(state));
}

/// Of a tunnel of this host's, another command counts the calls.
void refuse_own(const Broker& broker, const System& system) {
  const Records records(system.run_directory());
  for (const InterfaceName& iface : records.list()) {
    bool own = false;
    // A record that situp can't understand is another tunnel's as a rule: the call goes on.
    try {
      if (const auto trouble = records.trouble(iface)) say("", *trouble);
      const auto record = records.read(iface);
      own = record && understand(record->stanza, record->host()).broker == broker;
    } catch (const Error& error) {
      say(iface.str(), error);
    }
    if (own)
      throw Error(Exit::usage, broker.name.str() + " " + broker.tunnel.str(),
                  "is the tunnel of " + iface.str() + " here: situp broker " + iface.str());
  }
}

/// For a tunnel that another machine has, such as the router in front of this one. Its address is
/// not known here: the broker takes the one that it sees.
void tell_for_another(const Arguments& arguments, const System& system, const Broker& broker) {
  refuse_own(broker, system);
  const BrokerService service = arguments.read_config().broker(broker.name);
  const Credentials credentials = read_credentials(broker, service.url);
  const BrokerSubject subject{broker, std::nullopt, std::nullopt, version_of(service, credentials),
                              Records(system.run_directory()).boot()};
  if (service.needs_address())
    throw Error(Exit::configuration, "broker " + broker.name.str(),
                "its call names the public address, which only the machine with the tunnel knows: "
                "run situp there, or do without {address} in url in situp.conf");
  const BrokerFile file(broker, system.root);
  BrokerState state = file.read(broker);
  // Whether its address has changed, nobody but the broker can say.
  if (!arguments.force) refuse_if_not_allowed(state, subject, system.now());
  state.retaken = 0;
  call_and_note(system, broker.name.str() + " " + broker.tunnel.str(), service, subject,
                credentials.login, file, std::move(state));
}

}  // namespace

Exit run_broker(const Arguments& arguments, const System& system) {
  const bool is_elsewhere = arguments.words.size() == 2;
  try {
    if (is_elsewhere)
      tell_for_another(arguments, system, broker_of(arguments));
    else
      tell(arguments, system, spec_of(arguments, system));
  } catch (const Error& error) {
    say(is_elsewhere ? std::string() : split_name(arguments.words[0]).iface, error);
    return error.status();
  }
  return Exit::done;
}

}  // namespace situp
