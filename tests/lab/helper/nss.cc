// SPDX-License-Identifier: GPL-2.0-or-later
// libnss_lab.so.2, "lab" in nsswitch.conf: a module that the C library loads when it is first asked
// for a name. It knows late.example.net.
#include <arpa/inet.h>
#include <netdb.h>
#include <nss.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

// NOLINTBEGIN(readability-identifier-naming): the C library makes the name from the module's
extern "C" nss_status _nss_lab_gethostbyname2_r(const char* name, int family, hostent* result,
                                                char* buffer, std::size_t size, int* error,
                                                int* host_error);
// NOLINTEND(readability-identifier-naming)

namespace {

struct Found {
  char* addresses[2];
  char* aliases[1];
  std::uint32_t address;
  char name[32];
};

}  // namespace

nss_status _nss_lab_gethostbyname2_r(const char* name, int family, hostent* result, char* buffer,
                                     std::size_t size, int* error, int* host_error) {
  constexpr std::string_view known = "late.example.net";
  const auto padding = -reinterpret_cast<std::uintptr_t>(buffer) % alignof(Found);
  if (family != AF_INET || known != name) {
    *host_error = HOST_NOT_FOUND;
    return NSS_STATUS_NOTFOUND;
  }
  if (size < padding + sizeof(Found)) {
    *error = ERANGE;
    *host_error = NETDB_INTERNAL;
    return NSS_STATUS_TRYAGAIN;
  }
  auto* found = reinterpret_cast<Found*>(buffer + padding);
  found->address = inet_addr("172.31.0.77");
  found->addresses[0] = reinterpret_cast<char*>(&found->address);
  found->addresses[1] = nullptr;
  found->aliases[0] = nullptr;
  std::memcpy(found->name, name, known.size() + 1);
  *result = {found->name, found->aliases, AF_INET, sizeof found->address, found->addresses};
  return NSS_STATUS_SUCCESS;
}
