// SPDX-License-Identifier: GPL-2.0-or-later
// bare COUNT LOCAL: makes COUNT tunnels by the messages that `situp up --all` sends for them, and
// does nothing else: no file is read, nothing is looked at before or after, a refusal ends it. The
// floor below which no program gets. bare COUNT LOCAL OLD: gives these tunnels LOCAL in place of
// OLD, as situpd does, and prints the CPU time that it took, in microseconds.
// Before the kernel's headers, which then leave out what it has.
#include <net/if.h>

#include <arpa/inet.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <sys/resource.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <initializer_list>

namespace {

mnl_socket* kernel;
unsigned sequence;
alignas(nlmsghdr) char request_buffer[1024];
alignas(nlmsghdr) char answer_buffer[32768];

nlmsghdr* request(std::uint16_t type, int flags) {
  memset(request_buffer, 0, sizeof request_buffer);
  nlmsghdr* header = mnl_nlmsg_put_header(request_buffer);
  header->nlmsg_type = type;
  header->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
  header->nlmsg_seq = ++sequence;
  return header;
}

void execute(const nlmsghdr* header) {
  if (mnl_socket_sendto(kernel, header, header->nlmsg_len) < 0) {
    perror("bare: send");
    exit(1);
  }
  int result = MNL_CB_OK;
  while (result > MNL_CB_STOP) {
    const ssize_t size = mnl_socket_recvfrom(kernel, answer_buffer, sizeof answer_buffer);
    if (size < 0) {
      perror("bare: receive");
      exit(1);
    }
    result = mnl_cb_run(answer_buffer, static_cast<std::size_t>(size), sequence,
                        mnl_socket_get_portid(kernel), nullptr, nullptr);
  }
  if (result < 0) {
    perror("bare: the kernel refused");
    exit(1);
  }
}

/// All that the kernel has of the tunnel's ends: as situp, whose messages say everything.
void put_ends(nlmsghdr* message, in_addr local, std::uint32_t remote) {
  nlattr* info = mnl_attr_nest_start(message, IFLA_LINKINFO);
  mnl_attr_put_strz(message, IFLA_INFO_KIND, "sit");
  nlattr* data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
  mnl_attr_put_u32(message, IFLA_IPTUN_LOCAL, local.s_addr);
  mnl_attr_put_u32(message, IFLA_IPTUN_REMOTE, remote);
  mnl_attr_put_u8(message, IFLA_IPTUN_TTL, 255);
  mnl_attr_put_u8(message, IFLA_IPTUN_TOS, 0);
  mnl_attr_put_u8(message, IFLA_IPTUN_PMTUDISC, 1);
  mnl_attr_put_u8(message, IFLA_IPTUN_PROTO, IPPROTO_IPV6);
  mnl_attr_nest_end(message, data);
  mnl_attr_nest_end(message, info);
}

/// User and system time of this process, in microseconds.
long long cpu_time() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1000000LL * (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + usage.ru_utime.tv_usec +
         usage.ru_stime.tv_usec;
}

}  // namespace

int main(int argc, char** argv) {
  const bool moves = argc == 4;
  if (argc != 3 && !moves) return 2;
  const int count = atoi(argv[1]);
  in_addr local{};
  in_addr old{};
  if (inet_pton(AF_INET, argv[2], &local) != 1) return 2;
  if (moves && inet_pton(AF_INET, argv[3], &old) != 1) return 2;
  kernel = mnl_socket_open(NETLINK_ROUTE);
  if (kernel == nullptr || mnl_socket_bind(kernel, 0, MNL_SOCKET_AUTOPID) < 0) return 1;
  const long long before = cpu_time();
  for (int i = 0; i < count; ++i) {
    char name[IFNAMSIZ];
    snprintf(name, sizeof name, "tun-%d", i);
    // The same ends as the stanzas of bench/stanzas.
    const std::uint32_t remote =
        htonl(0xc6120000U + static_cast<unsigned>(i) + 1);  // 198.18.0.1 and on

    if (moves) {
      nlmsghdr* move = request(RTM_NEWLINK, 0);
      mnl_nlmsg_put_extra_header(move, sizeof(ifinfomsg));
      mnl_attr_put_strz(move, IFLA_IFNAME, name);
      put_ends(move, local, remote);
      execute(move);
      // The kernel has formed the link-local address of the old one, and keeps it.
      for (const std::uint16_t type : {RTM_NEWADDR, RTM_DELADDR}) {
        nlmsghdr* link_local = request(type, type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_EXCL : 0);
        auto* address =
            static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(link_local, sizeof(ifaddrmsg)));
        address->ifa_family = AF_INET6;
        address->ifa_prefixlen = 64;
        address->ifa_index = if_nametoindex(name);
        unsigned char six[16] = {0xfe, 0x80};  // fe80::A.B.C.D
        memcpy(six + 12, type == RTM_NEWADDR ? &local : &old, 4);
        mnl_attr_put(link_local, IFA_LOCAL, sizeof six, six);
        execute(link_local);
      }
      continue;
    }

    nlmsghdr* create = request(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    mnl_nlmsg_put_extra_header(create, sizeof(ifinfomsg));
    mnl_attr_put_strz(create, IFLA_IFNAME, name);
    mnl_attr_put_u32(create, IFLA_MTU, 1480);
    put_ends(create, local, remote);
    execute(create);

    const unsigned index = if_nametoindex(name);

    nlmsghdr* up = request(RTM_NEWLINK, 0);
    auto* link = static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(up, sizeof(ifinfomsg)));
    link->ifi_index = static_cast<int>(index);
    link->ifi_flags = link->ifi_change = IFF_UP;
    execute(up);

    nlmsghdr* add = request(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
    auto* address = static_cast<ifaddrmsg*>(mnl_nlmsg_put_extra_header(add, sizeof(ifaddrmsg)));
    address->ifa_family = AF_INET6;
    address->ifa_prefixlen = 64;
    address->ifa_index = index;
    unsigned char six[16] = {0x20, 0x01, 0x0d, 0xb8, 0xbe, 0xc4};  // 2001:db8:bec4:N::2
    six[6] = static_cast<unsigned char>(i >> 8);
    six[7] = static_cast<unsigned char>(i);
    six[15] = 2;
    mnl_attr_put(add, IFA_LOCAL, sizeof six, six);
    mnl_attr_put_u32(add, IFA_FLAGS, IFA_F_NODAD);
    execute(add);
  }
  if (moves) printf("%lld\n", cpu_time() - before);
  return 0;
}
