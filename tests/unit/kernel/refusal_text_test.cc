// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/refusal_text.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <string>

using namespace situp;

namespace {

const CreateLink create{"he-ipv6", {}, 0};
const AddAddress address{"eth0", {*Ipv6Net::parse("2001:db8::1/64"), {}}, false, false};
const AddRoute route{"he-ipv6", {}};

}  // namespace

TEST_CASE("what the kernel refuses is said with what to do") {
  CHECK(refusal_text(create, {EPERM, ""}) ==
        "not permitted: run it as root (CAP_NET_ADMIN in this network namespace)");
  for (const int error : {EOPNOTSUPP, ENODEV})
    CHECK(refusal_text(create, {error, "Unknown device type"}) ==
          "this kernel has no sit tunnels: load or install its module sit (modprobe sit; Debian: "
          "linux-image, not a container's kernel)");
  CHECK(refusal_text(address, {EACCES, ""}) ==
        "IPv6 is disabled on this interface: sysctl net.ipv6.conf.eth0.disable_ipv6=0");
  CHECK(refusal_text(route, {EEXIST, ""}) ==
        "another default route has this metric already: give the stanza a metric of its own (ip "
        "-6 route show default)");
  CHECK(refusal_text(SetAcceptRa{"isatap0", 2}, {EROFS, ""}).find("/proc/sys is read-only") == 0);
  AddRoute by_source = route;
  by_source.route.from = Ipv6Net::parse("2001:db8::/64");
  CHECK(refusal_text(by_source, {EINVAL, ""}).find("CONFIG_IPV6_SUBTREES") != std::string::npos);
}

TEST_CASE(
    "anything else is said in the system's words, and never with the word that ifupdown2 "
    "swallows") {
  CHECK(refusal_text(create, {EINVAL, "Invalid MTU"}) == "invalid argument (Invalid MTU)");
  CHECK(refusal_text(create, {EEXIST, ""}) == "it is there already");
}

TEST_CASE("nft's excuse is one line, shown and not obeyed") {
  const Refusal no_table = refusal_of_nft("\nError: Could not process\x1b[2J rule\nsecond line");
  CHECK(no_table.error == EIO);
  CHECK(no_table.message ==
        "nft can't do it (Error: Could not process?[2J rule): …-firewall needs a kernel "
        "with nf_tables and connection tracking, …-mss one with nf_tables");
  CHECK(refusal_of_nft("Error: Could not process rule: File exists").message ==
        "nft can't do it (Error: Could not process rule: File exists): another program has put "
        "chains, maps or rules into the table: nft delete table ip6 situp, then situp up "
        "--all");
  CHECK(refusal_of_nft("Device or resource busy").message.find("nft delete table ip6 situp") !=
        std::string::npos);
  CHECK(refusal_of_nft("Operation not permitted").error == EPERM);
  CHECK(refusal_of_nft("").message.find("(it doesn't say why)") != std::string::npos);
}
