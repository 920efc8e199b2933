// SPDX-License-Identifier: GPL-2.0-or-later
// kernel-state: what the kernel holds and what situp keeps in /run/situp, as sorted lines of text
// that two calls can be compared by. One process, where `ip` would take four: that is why it
// exists.
#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace {

std::vector<std::string> lines;
std::map<int, std::string> names;  // of links, by index
int control = -1;

using Attributes = std::array<const nlattr*, 64>;

int keep(const nlattr* attribute, void* into) {
  auto& attributes = *static_cast<Attributes*>(into);
  if (mnl_attr_get_type(attribute) < attributes.size())
    attributes[mnl_attr_get_type(attribute)] = attribute;
  return MNL_CB_OK;
}

Attributes attributes_of(const nlmsghdr* message, unsigned header) {
  Attributes attributes{};
  mnl_attr_parse(message, header, keep, &attributes);
  return attributes;
}

Attributes nested_in(const nlattr* nest) {
  Attributes attributes{};
  if (nest != nullptr) mnl_attr_parse_nested(nest, keep, &attributes);
  return attributes;
}

std::string hex(const nlattr* attribute) {
  std::string text;
  if (attribute == nullptr) return "-";
  const auto* bytes = static_cast<const unsigned char*>(mnl_attr_get_payload(attribute));
  for (unsigned i = 0; i < mnl_attr_get_payload_len(attribute); ++i) {
    text += "0123456789abcdef"[bytes[i] >> 4];
    text += "0123456789abcdef"[bytes[i] & 15];
  }
  return text;
}

std::string address(int family, const nlattr* attribute) {
  char text[INET6_ADDRSTRLEN] = "-";
  if (attribute != nullptr) inet_ntop(family, mnl_attr_get_payload(attribute), text, sizeof text);
  return text;
}

std::string number(const nlattr* attribute) {
  return attribute == nullptr ? "-" : std::to_string(mnl_attr_get_u32(attribute));
}

void read_routers(const std::string& link) {
  std::array<ip_tunnel_prl, 65> list{};
  list[0].datalen = 64 * sizeof(ip_tunnel_prl);
  ifreq request{};
  link.copy(request.ifr_name, IFNAMSIZ - 1);
  request.ifr_data = reinterpret_cast<char*>(list.data());
  if (ioctl(control, SIOCGETPRL, &request) < 0) return;
  for (std::size_t i = 1; i <= list[0].datalen / sizeof(ip_tunnel_prl) && i < list.size(); ++i) {
    char text[INET_ADDRSTRLEN];
    inet_ntop(AF_INET, &list[i].addr, text, sizeof text);
    lines.push_back("router " + link + " " + text + " flags " + std::to_string(list[i].flags));
  }
}

void read_link(const nlmsghdr* message) {
  const auto* info = static_cast<const ifinfomsg*>(mnl_nlmsg_get_payload(message));
  const Attributes all = attributes_of(message, sizeof *info);
  const std::string name = mnl_attr_get_str(all[IFLA_IFNAME]);
  names[info->ifi_index] = name;
  const Attributes kind = nested_in(all[IFLA_LINKINFO]);
  const Attributes ipv6 = nested_in(nested_in(all[IFLA_AF_SPEC])[AF_INET6]);
  const bool sit =
      kind[IFLA_INFO_KIND] != nullptr && strcmp(mnl_attr_get_str(kind[IFLA_INFO_KIND]), "sit") == 0;
  const std::string index = std::to_string(info->ifi_index);
  lines.push_back("~index " + name + " " + index);
  lines.push_back("link " + name + ((info->ifi_flags & IFF_UP) != 0 ? " up" : " down") + " mtu " +
                  number(all[IFLA_MTU]) + " addrgen " + hex(ipv6[IFLA_INET6_ADDR_GEN_MODE]) +
                  (sit ? " sit " + hex(kind[IFLA_INFO_DATA]) : ""));
  if (sit) read_routers(name);
}

void read_address(const nlmsghdr* message) {
  const auto* info = static_cast<const ifaddrmsg*>(mnl_nlmsg_get_payload(message));
  const Attributes all = attributes_of(message, sizeof *info);
  const int family = info->ifa_family;
  std::string lifetime = "?";
  if (all[IFA_CACHEINFO] != nullptr) {
    const auto* times = static_cast<const ifa_cacheinfo*>(mnl_attr_get_payload(all[IFA_CACHEINFO]));
    const auto of = [](std::uint32_t time) { return time == 0xffffffff ? "forever" : "finite"; };
    lifetime = std::string(of(times->ifa_prefered)) + "/" + of(times->ifa_valid);
  }
  lines.push_back("address " + names[static_cast<int>(info->ifa_index)] + " " +
                  address(family, all[IFA_LOCAL] != nullptr ? all[IFA_LOCAL] : all[IFA_ADDRESS]) +
                  "/" + std::to_string(info->ifa_prefixlen) + " " + lifetime + " flags " +
                  number(all[IFA_FLAGS]));
}

void read_route(const nlmsghdr* message) {
  const auto* info = static_cast<const rtmsg*>(mnl_nlmsg_get_payload(message));
  if ((info->rtm_flags & RTM_F_CLONED) != 0) return;
  const Attributes all = attributes_of(message, sizeof *info);
  const int dev = all[RTA_OIF] == nullptr ? 0 : static_cast<int>(mnl_attr_get_u32(all[RTA_OIF]));
  const int family = info->rtm_family;
  lines.push_back("route " + address(family, all[RTA_DST]) + "/" +
                  std::to_string(info->rtm_dst_len) + " via " + address(family, all[RTA_GATEWAY]) +
                  " dev " + names[dev] + " metric " + number(all[RTA_PRIORITY]) + " table " +
                  number(all[RTA_TABLE]) + " type " + std::to_string(info->rtm_type) +
                  " protocol " + std::to_string(info->rtm_protocol));
}

void read_rule(const nlmsghdr* message) {
  const auto* header = static_cast<const fib_rule_hdr*>(mnl_nlmsg_get_payload(message));
  const Attributes all = attributes_of(message, sizeof *header);
  const char* iif = all[FRA_IIFNAME] == nullptr ? "-" : mnl_attr_get_str(all[FRA_IIFNAME]);
  lines.push_back("rule " + number(all[FRA_PRIORITY]) + " iif " + iif + " to " +
                  address(header->family, all[FRA_DST]) + "/" + std::to_string(header->dst_len) +
                  " mark " + number(all[FRA_FWMARK]) + " action " + std::to_string(header->action) +
                  " table " + number(all[FRA_TABLE]) + " suppress " +
                  number(all[FRA_SUPPRESS_PREFIXLEN]));
}

int each(const nlmsghdr* message, void* into) {
  (*static_cast<const std::function<void(const nlmsghdr*)>*>(into))(message);
  return MNL_CB_OK;
}

void dump(mnl_socket* socket, std::uint16_t type, int family,
          std::function<void(const nlmsghdr*)> what) {
  static unsigned sequence = 0;
  std::vector<char> buffer(32768);
  nlmsghdr* request = mnl_nlmsg_put_header(buffer.data());
  request->nlmsg_type = type;
  request->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  request->nlmsg_seq = ++sequence;
  static_cast<rtgenmsg*>(mnl_nlmsg_put_extra_header(request, sizeof(ifinfomsg)))->rtgen_family =
      static_cast<unsigned char>(family);
  ssize_t got = mnl_socket_sendto(socket, request, request->nlmsg_len);
  int go_on = MNL_CB_OK;
  while (got >= 0 && go_on > MNL_CB_STOP) {
    got = mnl_socket_recvfrom(socket, buffer.data(), buffer.size());
    go_on = mnl_cb_run(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)), sequence,
                       0, each, &what);
  }
  if (got < 0 || go_on < 0) {
    perror("kernel-state");
    exit(2);
  }
}

void read_files() {
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/run/situp/.upkeep", none))
    lines.push_back("file .upkeep/" + entry.path().filename().string());
  for (const auto& entry : std::filesystem::directory_iterator("/run/situp", none)) {
    const std::string name = entry.path().filename();
    // Folders stay when they are empty.
    if (!entry.is_regular_file() || name == ".lock" || name == ".boot-wait") continue;
    // The next record that is written takes a half-written one with it.
    const bool half = name[0] == '.' && name.size() > 5;
    if (half && access(("/run/situp/" + name.substr(1, name.size() - 5)).c_str(), F_OK) == 0)
      continue;
    std::ifstream file(entry.path());
    lines.push_back("file " + name);
    for (std::string line; std::getline(file, line);) {
      std::string text = line.rfind("ifindex ", 0) == 0 ? "~file " : "file ";
      lines.push_back(text.append(name).append(": ").append(line));
    }
  }
}

}  // namespace

int main() {
  control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  mnl_socket* netlink = mnl_socket_open(NETLINK_ROUTE);
  if (control < 0 || netlink == nullptr || mnl_socket_bind(netlink, 0, MNL_SOCKET_AUTOPID) < 0) {
    perror("kernel-state");
    return 2;
  }
  dump(netlink, RTM_GETLINK, AF_UNSPEC, read_link);
  dump(netlink, RTM_GETADDR, AF_UNSPEC, read_address);
  dump(netlink, RTM_GETROUTE, AF_INET, read_route);
  dump(netlink, RTM_GETROUTE, AF_INET6, read_route);
  dump(netlink, RTM_GETRULE, AF_INET, read_rule);
  dump(netlink, RTM_GETRULE, AF_INET6, read_rule);
  read_files();
  std::sort(lines.begin(), lines.end());
  for (const std::string& line : lines) puts(line.c_str());
  mnl_socket_close(netlink);
  close(control);
  return 0;
}
