// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/broker_file.h"

#include <unistd.h>

#include <ctime>

#include "base/file.h"

namespace situp {

BrokerFile::BrokerFile(const std::string& root, const std::string& name)
    : directory_(root + default_directory), path_(directory_ + "/broker-" + name) {}

BrokerFile::BrokerFile(const InterfaceName& iface, const std::string& root)
    : BrokerFile(root, iface.str()) {}

// The kernel allows no colon in an interface's name.
BrokerFile::BrokerFile(const Broker& broker, const std::string& root)
    : BrokerFile(root, broker.name.str() + ":" + broker.tunnel.str()) {}

std::optional<BrokerState> BrokerFile::read() const {
  constexpr std::size_t largest = 4096;
  const auto text = read_own_file(path_, largest);
  return text ? read_broker_state(*text) : std::nullopt;
}

BrokerState BrokerFile::read(const Broker& broker) const {
  auto state = read();
  if (!state || state->broker != broker) return BrokerState{.broker = broker};
  if (!take_back(*state, std::time(nullptr))) return *state;
  try {
    write(*state);
  } catch (const Error&) {
    // Who may not write it doesn't call either.
  }
  return *state;
}

void BrokerFile::write(const BrokerState& state) const {
  make_directory(directory_);
  write_durably(path_, write_broker_state(state));
}

}  // namespace situp
