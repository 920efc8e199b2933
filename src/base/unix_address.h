// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <optional>
#include <string_view>

namespace situp {

/// The address of an AF_UNIX socket, as bind(2) and connect(2) take it.
struct UnixAddress {
  sockaddr_un address{};
  socklen_t length = 0;
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address); }
};

/// Of a path, or of an abstract name behind `@`. Empty if the path is empty or too long.
inline std::optional<UnixAddress> unix_address(std::string_view path) {
  UnixAddress to;
  if (path.empty() || path.size() >= sizeof to.address.sun_path) return std::nullopt;
  const bool is_abstract = path.front() == '@';
  to.address.sun_family = AF_UNIX;
  memcpy(to.address.sun_path, path.data(), path.size());
  if (is_abstract) to.address.sun_path[0] = '\0';
  to.length =
      static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (is_abstract ? 0 : 1));
  return to;
}

}  // namespace situp
