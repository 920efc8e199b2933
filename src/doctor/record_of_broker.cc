// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.h"
#include "reconcile/broker_file.h"

namespace situp {

void Doctor::broker() {
  if (!spec_->broker) return;
  const Broker& broker = *spec_->broker;
  add("broker",
      "read what " + broker.name.str() + " answered last about tunnel " + broker.tunnel.str(), "");
  Probe& probe = diagnosis_.probes.back();
  try {
    const BrokerState state = BrokerFile(patient_.iface).read(broker);
    probe.saw = state.answer.empty() ? "it was never told" : state.answer;
    if (state.stop)
      conclude(Mark::likely, broker_stop_text(*state.stop, broker),
               "situp broker " + patient_.iface.str() + " tells it again once that is corrected");
  } catch (const Error& error) {
    probe.saw = error.why();
    probe.mark = Mark::unseen;
  }
}

}  // namespace situp
