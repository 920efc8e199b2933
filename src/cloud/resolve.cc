// SPDX-License-Identifier: GPL-2.0-or-later
#include "cloud/resolve.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "cloud/pause.h"
#include "cloud/policy.h"

namespace situp {
namespace {

constexpr std::size_t most_addresses = 64;

struct FreeInfo {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};

Answer ask_once(const HostName& name) {
  addrinfo hints{};
  hints.ai_family = AF_INET;
  // One entry an address, not one for each kind of socket.
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int result = getaddrinfo(name.str().c_str(), nullptr, &hints, &first);
  const std::unique_ptr<addrinfo, FreeInfo> list(first);
  if (result == EAI_NONAME || result == EAI_NODATA) return FailureAnswer{Failure::name_unknown};
  if (result != 0) return FailureAnswer{Failure::name_timeout};

  std::vector<Ipv4> addresses;
  for (const auto* entry = list.get(); entry != nullptr; entry = entry->ai_next) {
    sockaddr_in address{};
    if (entry->ai_family != AF_INET || entry->ai_addrlen < sizeof address) continue;
    std::memcpy(&address, entry->ai_addr, sizeof address);
    addresses.push_back(Ipv4::from_network(address.sin_addr.s_addr));
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  if (addresses.empty()) return FailureAnswer{Failure::name_unknown};
  if (addresses.size() > most_addresses) addresses.resize(most_addresses);
  return addresses;
}

}  // namespace

Answer resolve(const HostName& name, Deadline deadline, bool only_once) {
  for (unsigned tries = 1;; ++tries) {
    auto answer = ask_once(name);
    const auto* failure = std::get_if<FailureAnswer>(&answer);
    const bool temporary = failure != nullptr && failure->failure == Failure::name_timeout;
    if (!temporary || only_once) return answer;
    pause_before_retry(tries, deadline);
    if (deadline.over()) return answer;
  }
}

}  // namespace situp
