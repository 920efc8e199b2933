// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/prl.h"

// musl has the C library's headers before the kernel's, of the same structures.
#include <netinet/in.h>

#include <linux/if.h>
#include <linux/if_tunnel.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/error.h"
#include "base/fd.h"

namespace situp {
namespace {

ifreq request_for(const std::string& device, void* data) {
  ifreq request{};
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = static_cast<char*>(data);
  return request;
}

Fd control_socket() {
  Fd fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) throw system_error("a control socket", errno);
  return fd;
}

}  // namespace

std::vector<Router> read_prl(const std::string& device) {
  const Fd fd = control_socket();
  // The list has no limit: situp asks with more room until some room is left over.
  for (std::size_t room = 16;; room *= 4) {
    std::vector<ip_tunnel_prl> entries(room + 1);
    entries[0].datalen = static_cast<__u32>(room * sizeof(ip_tunnel_prl));
    ifreq request = request_for(device, entries.data());
    if (ioctl(fd.get(), SIOCGETPRL, &request) < 0) {
      if (errno == ENODEV || errno == EINVAL) return {};
      throw system_error("the router list of " + device, errno);
    }
    const std::size_t count =
        std::min<std::size_t>(entries[0].datalen / sizeof(ip_tunnel_prl), room);
    if (count == room && room < 65536) continue;
    std::vector<Router> routers;
    for (std::size_t i = 1; i <= count; ++i)
      routers.push_back(
          {Ipv4::from_network(entries[i].addr), (entries[i].flags & PRL_DEFAULT) != 0});
    return routers;
  }
}

int change_prl(const std::string& device, PrlChange change, const Router& router) {
  const Fd fd = control_socket();
  ip_tunnel_prl entry{};
  entry.addr = router.address.network();
  entry.flags = router.may_be_default ? PRL_DEFAULT : 0;
  ifreq request = request_for(device, &entry);
  unsigned long command = SIOCADDPRL;
  if (change == PrlChange::change) command = SIOCCHGPRL;
  if (change == PrlChange::remove) command = SIOCDELPRL;
  return ioctl(fd.get(), command, &request) < 0 ? errno : 0;
}

}  // namespace situp
