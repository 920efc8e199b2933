// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/lease.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;

namespace {

constexpr const char* now = "2026/11/29 15:33:34";
constexpr std::size_t networkd = 0;
constexpr std::size_t dhclient = 1;
constexpr std::size_t network_manager = 3;
constexpr std::size_t internal = 5;

/// The address, "none", or "bad PLACE".
std::string server(std::string_view text, std::size_t place) {
  const Answer answer = server_in_lease(text, place, now);
  if (const auto* failure = std::get_if<FailureAnswer>(&answer)) {
    CHECK(failure->failure == Failure::bad_lease);
    return "bad " + std::to_string(failure->number);
  }
  const auto& found = std::get<std::vector<Ipv4>>(answer);
  CHECK(found.size() <= 1);
  return found.empty() ? "none" : found[0].str();
}

/// As dhclient 4.4.3 writes it.
std::string block(const std::string& server_line, const std::string& expire) {
  return "lease {\n  interface \"eth0\";\n  fixed-address 10.1.1.54;\n"
         "  option subnet-mask 255.255.255.0;\n  option routers 10.1.1.1;\n"
         "  option dhcp-lease-time 86400;\n  option dhcp-message-type 5;\n"
         "  option domain-name-servers 10.1.1.1;\n" +
         server_line +
         "  option domain-name \"cs2cloud.internal\";\n  renew 1 2026/11/30 00:47:14;\n"
         "  rebind 1 2026/11/30 12:33:34;\n  expire " +
         expire + ";\n}\n";
}
std::string of(const char* address) {
  return std::string("  option dhcp-server-identifier ") + address + ";\n";
}
constexpr const char* later = "1 2026/11/30 15:33:34";

}  // namespace

TEST_CASE("the server in a lease of systemd-networkd's") {
  const std::string lease =
      "# This is private data. Do not parse.\nADDRESS=10.1.1.54\nNETMASK=255.255.255.0\n"
      "ROUTER=10.1.1.1\nSERVER_ADDRESS=10.1.1.1\nT1=43200\nT2=75600\nLIFETIME=86400\n"
      "DNS=10.1.1.1\nDOMAINNAME=cs2cloud.internal\n"
      "CLIENTID=ffb6220feb00020000ab11a0f1e9a2a7b8b7ca\n";
  CHECK(server(lease, networkd) == "10.1.1.1");
  CHECK(server(lease, internal) == "10.1.1.1");
  CHECK(server("ADDRESS=10.1.1.54\n", internal) == "none");
  CHECK(server("", networkd) == "none");
  CHECK(server("SERVER_ADDRESS\n#SERVER_ADDRESS=10.1.1.9\nMY_SERVER_ADDRESS=10.1.1.8\n",
               networkd) == "bad 0");
  CHECK(server("# SERVER_ADDRESS=10.1.1.9\nOLD_SERVER_ADDRESS=10.1.1.8\nSERVER_ADDRESS=10.1.1.1",
               networkd) == "10.1.1.1");
}

TEST_CASE("the server in NetworkManager's state of a device") {
  CHECK(server("[device]\nmanaged=managed\nconnection-uuid=8d7e6f0a-9b2c-4d1e-8f3a-5b6c7d8e9f01\n"
               "nm-owned=0\nroute-metric-default-aspired=100\nroute-metric-default-effective=100\n"
               "\n[dhcp4]\nbroadcast_address=10.1.1.255\ndhcp_lease_time=86400\n"
               "dhcp_server_identifier=10.1.1.1\nip_address=10.1.1.54\n"
               "requested_dhcp_server_identifier=1\nrouters=10.1.1.1\n",
               network_manager) == "10.1.1.1");
  CHECK(server("[device]\nmanaged=managed\n", network_manager) == "none");
}

TEST_CASE("of dhclient's leases, the last one that is not over counts") {
  CHECK(server(block(of("10.1.1.1"), later), dhclient) == "10.1.1.1");
  CHECK(server("default-duid \"\\000\\001\\000\\001\";\n" + block(of("10.1.1.1"), later) +
                   block(of("10.1.1.2"), later),
               dhclient) == "10.1.1.2");
  CHECK(server(block(of("10.1.1.1"), later) + block(of("10.1.1.2"), "0 2026/11/29 15:33:34"),
               dhclient) == "10.1.1.1");
  CHECK(server(block(of("10.1.1.1"), "0 2026/11/29 15:33:35"), dhclient) == "10.1.1.1");
  CHECK(server(block(of("10.1.1.1"), "5 1999/12/31 23:59:59"), dhclient) == "none");
  CHECK(server(block(of("10.1.1.1"), "never"), dhclient) == "10.1.1.1");
  CHECK(server(block(of("10.1.1.1"), "epoch 1796052814; # Mon Nov 30 15:33:34 2026"), dhclient) ==
        "10.1.1.1");
  CHECK(server(block("", later), dhclient) == "none");
  CHECK(server(block(of("10.1.1.1"), later) + block("", later), dhclient) == "10.1.1.1");
  // A statement counts for its own lease only.
  const std::string over = block(of("10.1.1.9"), "5 1999/12/31 23:59:59");
  CHECK(server(over + block("", later), dhclient) == "none");
  CHECK(server(over + "lease {\n" + of("10.1.1.1") + "}\n", dhclient) == "10.1.1.1");
  CHECK(server(block(of("10.1.1.1"), later) + of("10.1.1.9") + "}\n", dhclient) == "10.1.1.1");
  CHECK(server("lease { \n" + of("10.1.1.1") + "}\t\n", dhclient) == "10.1.1.1");
}

TEST_CASE("a lease that dhclient has not written whole does not count") {
  const std::string first = block(of("10.1.1.1"), later);
  std::string half = block(of("10.1.1.2"), later);
  for (std::size_t size = half.size() - 2; size > 0; --size) {
    half.resize(size);
    CAPTURE(half);
    CHECK(server(first + half, dhclient) == "10.1.1.1");
    CHECK(server(half, dhclient) == "none");
  }
  CHECK(server("lease6 {\n" + of("10.1.1.1") + "}\n", dhclient) == "none");
  CHECK(server(of("10.1.1.1") + "}\n", dhclient) == "none");
  // Text in quotes is no statement.
  CHECK(server("lease {\n  option host-name \"x; option dhcp-server-identifier 10.9.9.9;\";\n}\n",
               dhclient) == "none");
}

TEST_CASE("a server that is not the address of a host is refused") {
  for (const char* text : {"$(reboot)", "`reboot`", "10.1.1.1; reboot", "10.1.1", "010.001.001.001",
                           "10.1.1.1/24", "10.1.1.1:80", "2001:db8::1", "0.0.0.0", "127.0.0.1",
                           "224.0.0.1", "255.255.255.255", "\"10.1.1.1\"", "10.1.1.1\r",
                           " 10.1.1.1", "10.1.1.1@evil.example", "../../etc/passwd", "\x1b[31m"}) {
    CAPTURE(text);
    CHECK(server("SERVER_ADDRESS=" + std::string(text) + "\n", networkd) == "bad 0");
    CHECK(server("dhcp_server_identifier=" + std::string(text) + "\n", network_manager) == "bad 3");
    CHECK(server(block(of(text), later), dhclient) == "bad 1");
  }
  CHECK(server("SERVER_ADDRESS=\n", networkd) == "bad 0");
  CHECK(server(std::string("SERVER_ADDRESS=10.1.1.1\0\n", 25), networkd) == "bad 0");
}

TEST_CASE("the gateway of the default route") {
  // The bytes stand there as this host has them.
  const std::string gateway = Ipv4::from_network(0x0101010a).str();
  const std::string title =
      "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT  \n";
  const std::string link = "eth0\t0001010A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0  \n";
  const std::string other = "eth0\t00000000\t0101010A\t0003\t0\t0\t100\t000000FF\t0\t0\t0  \n";
  const std::string first = "eth0\t00000000\t0101010A\t0003\t0\t0\t100\t00000000\t0\t0\t0  \n";
  const std::string second = "eth1\t00000000\t0201010A\t0003\t0\t0\t200\t00000000\t0\t0\t0  \n";
  const std::string device = "ppp0\t00000000\t00000000\t0001\t0\t0\t0\t00000000\t0\t0\t0  \n";
  CHECK(gateway_in(title + device + link + other + first + second)->str() == gateway);
  CHECK_FALSE(gateway_in(title + device + link + other));
  CHECK_FALSE(gateway_in(title));
  // Nothing behind the mask is read.
  CHECK(gateway_in("eth0 00000000 0101010A 0003 0 0 0 00000000")->str() == gateway);
  CHECK_FALSE(gateway_in("eth0 00000000 0101010A 0003 0 0 0"));
  CHECK_FALSE(gateway_in(""));
  for (const char* bad : {"\xff", "0101010Ax", "0101010A;", "10101010A"}) {
    const std::string line = std::string("eth0\t00000000\t") + bad + "\t0003\t0\t0\t0\t00000000\n";
    CHECK_MESSAGE(!gateway_in(line), std::string(bad));
  }
}
