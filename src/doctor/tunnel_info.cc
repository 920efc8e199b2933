// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>

#include "base/date.h"
#include "doctor/doctor.h"
#include "hosts/credentials.h"
#include "reconcile/broker_call.h"
#include "reconcile/broker_file.h"
#include "reconcile/public_address.h"

namespace situp {

void Doctor::broker() {
  if (!spec_->broker) return;
  const Broker& broker = *spec_->broker;
  add("broker",
      "read what broker " + broker.name.str() + " answered last about tunnel " +
          broker.tunnel.str(),
      "");
  const bool has_record = config_.has_tunnel_info(broker.name);
  try {
    const BrokerState state = BrokerFile(subject_.iface, system_.root).read(broker);
    last_answer(state);
    if (!has_record) settings_of_broker(state);
  } catch (const Error& error) {
    diagnosis_.probes.back().saw = error.why();
    diagnosis_.probes.back().mark = Mark::unseen;
  }
  if (!has_record) return;
  add("broker record", "wanted broker " + broker.name.str() + "'s record of the tunnel", "");
  try {
    probe_tunnel_info();
  } catch (const Error& error) {
    Probe& probe = diagnosis_.probes.back();
    const bool hidden = error.status() == Exit::not_permitted;
    probe.saw = probe.saw.empty() ? error.what() : probe.saw + "; " + error.what();
    probe.mark = hidden ? Mark::unseen : Mark::aside;
    if (!hidden)
      probe.means = "the broker's record of the tunnel can't be had: " + std::string(error.what());
  }
}

/// Of a broker without a record, which the next probe would ask for: can situp tell it an address?
void Doctor::settings_of_broker(const BrokerState& state) {
  try {
    static_cast<void>(read_credentials(state.broker, config_.broker(state.broker.name).url));
  } catch (const Error& error) {
    if (error.status() == Exit::not_permitted) return;
    conclude(state.accepted_at == 0 ? Mark::likely : Mark::aside,
             std::string("situp can't tell the broker this host's address: ") + error.what(),
             "correct that, then: situp broker " + subject_.iface.str());
  }
}

/// Probes the broker's last answer: did situp tell the broker, and will it again?
void Doctor::last_answer(const BrokerState& state) {
  std::string saw = state.answer.empty() ? "it was never told" : state.answer;
  if (state.accepted_at != 0) saw += "; it accepted an address last on " + date(state.accepted_at);
  diagnosis_.probes.back().saw = std::move(saw);
  if (state.failures != 0)
    conclude(state.accepted_at == 0 ? Mark::likely : Mark::aside,
             "the broker did not take this host's address when it was told last: " + state.answer,
             "situp broker " + subject_.iface.str() + " tells it again");
  if (!state.stop) return;
  // situp repeats a call that the broker refused for other credentials than the current ones.
  BrokerSubject subject{state.broker, std::nullopt, state.stop->told, state.stop->version, {}};
  try {
    const BrokerService service = config_.broker(state.broker.name);
    subject.version = version_of(service, read_credentials(state.broker, service.url));
  } catch (const Error&) {
    // broker() reports the reason.
  }
  if (const BrokerStop* stop = stopped(state, subject))
    conclude(Mark::likely, broker_stop_text(*stop, state),
             "situp broker " + subject_.iface.str() + " tells it again once that is corrected");
}

/// Probes the broker's tunnel info: this host's address, and the prefixes that the broker has
/// assigned.
void Doctor::probe_tunnel_info() {
  const Broker& broker = *spec_->broker;
  const TunnelInfo info = ask_for_tunnel_info(config_, broker);
  diagnosis_.probes.back().saw =
      "from " + info.server.str() + " to " + info.client.str() + ", " + info.client_inside.str();
  const auto here = public_address();
  if (here) diagnosis_.probes.back().saw += "; this host's public address is " + here->str();
  const std::string iface = subject_.iface.str();
  if (here && *here != info.client)
    return conclude(Mark::sure,
                    "the broker sends the tunnel's packets to " + info.client.str() +
                        ", and this host's public address is " + here->str(),
                    "situp broker " + iface + " tells it; situpd does so by itself");
  if (endpoint_ && *endpoint_ != info.server)
    return conclude(Mark::sure,
                    "the stanza's endpoint is " + endpoint_->str() +
                        ", and the broker's server for this tunnel is " + info.server.str(),
                    "correct it: situp import " + broker.name.str() + " " + broker.tunnel.str() +
                        " prints the stanza");
  const auto is_given = [&info](const Ipv6Net& net) {
    return net.address == info.client_inside.address;
  };
  const auto& addresses = spec_->addresses;
  if (!addresses.empty() && std::none_of(addresses.begin(), addresses.end(), is_given))
    conclude(Mark::sure,
             "the stanza's address is " + addresses.front().address.str() +
                 ", and the broker has given " + info.client_inside.address.str(),
             "correct it: situp import " + broker.name.str() + " " + broker.tunnel.str() +
                 " prints the stanza");
}

/// Empty if neither the address itself nor the metadata service gives one.
std::optional<Ipv4> Doctor::public_address() const {
  const auto local = is_up() ? std::optional(record_->resolved.local) : found_;
  if (const auto known = known_public_address(local)) return known;
  const Service* service = service_for_public_address(*spec_, local, kernel_.firmware());
  if (service == nullptr) return std::nullopt;
  const auto answer = ask_public_address(config_, *service, *local);
  const auto* addresses = answer ? std::get_if<std::vector<Ipv4>>(&*answer) : nullptr;
  return addresses == nullptr ? std::nullopt : std::optional(addresses->front());
}

}  // namespace situp
