// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/dhcp_servers.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <vector>

#include "model/ask/lease.h"

using namespace situp;

namespace {

struct Root {
  Root() {
    std::string name = std::filesystem::temp_directory_path() / "leases-XXXXXX";
    path = mkdtemp(name.data());
    for (const LeasePlace& place : lease_places)
      std::filesystem::create_directories(path + place.folder);
    std::filesystem::create_directories(path + "/proc/net");
  }
  ~Root() { std::filesystem::remove_all(path); }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;

  void put(const std::string& name, const std::string& text) const {
    std::ofstream(path + name) << text;
  }
  void route_by(const char* gateway) const {
    put("/proc/net/route",
        std::string("eth0\t00000000\t") + gateway + "\t0003\t0\t0\t0\t00000000\t0\t0\t0  \n");
  }
  /// "10.1.1.1 10.1.1.2", or "bad PLACE".
  std::string servers() const { return str(DhcpServers(path).find()); }
  static std::string str(const Answer& answer) {
    if (const auto* failure = std::get_if<FailureAnswer>(&answer))
      return "bad " + std::to_string(failure->number);
    std::string all;
    for (const Ipv4 server : std::get<std::vector<Ipv4>>(answer))
      all += (all.empty() ? "" : " ") + server.str();
    return all;
  }

  std::string path;
};

std::string assigned(const char* address) {
  return std::string("SERVER_ADDRESS=") + address + "\n";
}
std::string leased(const char* address, const char* expire = "never") {
  return std::string("lease {\n  option dhcp-server-identifier ") + address + ";\n  expire " +
         expire + ";\n}\n";
}

}  // namespace

TEST_CASE("the DHCP servers of all clients, in cloud-init's order, each once") {
  const Root root;
  CHECK(root.servers().empty());
  root.put("/var/lib/NetworkManager/internal-8d7e-eth0.lease", assigned("10.0.0.6"));
  root.put("/var/lib/NetworkManager/dhclient-8d7e-eth0.lease", leased("10.0.0.5"));
  root.put("/var/lib/NetworkManager/timestamps", assigned("10.9.9.9"));
  root.put("/run/NetworkManager/devices/2", "[dhcp4]\ndhcp_server_identifier=10.0.0.4\n");
  root.put("/var/lib/dhclient/dhclient--eth0.lease", leased("10.0.0.3"));
  root.put("/var/lib/dhcp/dhclient.eth0.leases", leased("10.0.0.2"));
  root.put("/var/lib/dhcp/dhclient.eth1.leases", leased("10.0.0.1"));
  root.put("/run/systemd/netif/leases/10", assigned("10.0.0.8"));
  root.put("/run/systemd/netif/leases/2", assigned("10.0.0.1"));
  root.put("/run/systemd/netif/leases/.#2x", assigned("10.9.9.9"));
  CHECK(root.servers() == "10.0.0.1 10.0.0.8 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6");
}

TEST_CASE("the default gateway where no lease names a server, as it is then") {
  const Root root;
  root.route_by("0101010A");
  root.put("/var/lib/dhcp/dhclient.eth0.leases", leased("10.0.0.2", "5 1999/12/31 23:59:59"));
  const DhcpServers servers(root.path);
  CHECK(Root::str(servers.find()) == Ipv4::from_network(0x0101010a).str());
  root.route_by("0201010A");
  CHECK(Root::str(servers.find()) == Ipv4::from_network(0x0201010a).str());
  root.put("/var/lib/dhcp/dhclient.eth0.leases", leased("10.0.0.2", "5 2999/12/31 23:59:59"));
  CHECK(Root::str(servers.find()) == "10.0.0.2");
}

TEST_CASE("a file that no DHCP client writes is refused, or passed over") {
  const Root root;
  root.put("/var/lib/dhcp/dhclient.eth0.leases", leased("10.0.0.2"));
  const std::string other = "/run/systemd/netif/leases/2";
  root.put("/elsewhere", assigned("10.9.9.9"));
  std::filesystem::create_symlink(root.path + "/elsewhere", root.path + other);
  CHECK(root.servers() == "10.0.0.2");
  std::filesystem::remove(root.path + other);
  REQUIRE(mkfifo((root.path + other).c_str(), 0644) == 0);
  CHECK(root.servers() == "10.0.0.2");
  std::filesystem::remove(root.path + other);
  std::filesystem::create_directory(root.path + other);
  CHECK(root.servers() == "10.0.0.2");
  std::filesystem::remove(root.path + other);
  root.put(other, assigned("$(reboot)"));
  CHECK(root.servers() == "bad 0");
  root.put(other, "");
  CHECK(root.servers() == "10.0.0.2");
  root.put("/var/lib/dhcp/dhclient.eth0.leases", std::string(65536, '\n'));
  CHECK(root.servers().empty());
  root.put("/var/lib/dhcp/dhclient.eth0.leases", std::string(65537, '\n'));
  CHECK(root.servers() == "bad 1");
}
