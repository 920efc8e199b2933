// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/dns.h"

#include <arpa/nameser.h>
#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include "net/pause.h"
#include "net/policy.h"

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

std::optional<std::uint32_t> time_to_live(const HostName& name, const Answer& addresses) {
  const auto* list = std::get_if<std::vector<Ipv4>>(&addresses);
  std::array<unsigned char, 8192> message{};
  if (list == nullptr) return std::nullopt;
  // musl has no res_nsearch.
  const int length = res_search(name.str().c_str(), ns_c_in, ns_t_a, message.data(),
                                static_cast<int>(message.size()));
  ns_msg parsed;
  // A longer answer is cut off.
  if (length <= 0 || static_cast<std::size_t>(length) > message.size() ||
      ns_initparse(message.data(), length, &parsed) != 0)
    return std::nullopt;
  std::optional<std::uint32_t> least;
  std::vector<Ipv4> found;
  for (int i = 0; i < ns_msg_count(parsed, ns_s_an); ++i) {
    ns_rr record;
    if (ns_parserr(&parsed, ns_s_an, i, &record) != 0) return std::nullopt;
    const auto ttl = static_cast<std::uint32_t>(ns_rr_ttl(record));
    least = least ? std::min(*least, ttl) : ttl;
    if (ns_rr_type(record) != ns_t_a || ns_rr_rdlen(record) != sizeof(std::uint32_t)) continue;
    std::uint32_t address = 0;
    std::memcpy(&address, ns_rr_rdata(record), sizeof address);
    found.push_back(Ipv4::from_network(address));
  }
  std::sort(found.begin(), found.end());
  if (!std::includes(found.begin(), found.end(), list->begin(), list->end())) return std::nullopt;
  return least;
}

}  // namespace situp
