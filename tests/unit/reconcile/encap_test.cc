// SPDX-License-Identifier: GPL-2.0-or-later
// UDP around a tunnel: the device's setting, and the port that tunnels share.
#include <doctest/doctest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "model/tunnel/encap.h"
#include "reconcile/standing.h"
#include "unit/world.h"

using namespace situp;

namespace {

Stanza udp(const std::string& iface, const std::string& encap = "fou 5555",
           const std::string& endpoint = "198.51.100.2") {
  Words words{{"v4tunnel-endpoint", endpoint}, {"v4tunnel-local", "172.31.14.146"}};
  if (!encap.empty()) words.emplace_back("v4tunnel-encap", encap);
  return stanza_of(iface, "manual", words);
}

/// A host whose kernel has the module.
struct FouWorld : World {
  FouWorld() { kernel.has_fou = true; }
  std::string ports() const {
    std::string text;
    for (const LiveFouPort& port : kernel.fou_ports)
      text += std::to_string(port.port.port) + " " + port.port.local.str() +
              (port.is_for_tunnels ? ";" : " other;");
    return text;
  }
  /// The kernel makes no device of that name.
  void refuse_device(const std::string& name) {
    kernel.before_each = [this, name](unsigned number) {
      if (kernel.done.back().rfind("ip link add name " + name, 0) == 0)
        kernel.refusals[number] = ENOMEM;
    };
  }
  Encap encap(const char* name) { return kernel.device(name)->link.sit->encap; }
};

std::string why(const Result& result) {
  return result.error ? result.error->what() : "no error";
}

constexpr const char* at_5555 = "5555 172.31.14.146;";

}  // namespace

TEST_CASE("the port opens before the device is made, and closes after it") {
  FouWorld world;
  const Result result = world.up(udp("t0"));
  REQUIRE_FALSE(result.error);
  CHECK(world.kernel.done[0] == "ip fou add port 5555 ipproto 41 local 172.31.14.146");
  CHECK(world.kernel.done[1] ==
        "ip link add name t0 mtu 1472 type sit remote 198.51.100.2 local 172.31.14.146 ttl 255 tos "
        "0 pmtudisc encap fou encap-csum encap-sport 5555 encap-dport 5555 mode ip6ip");
  CHECK(world.encap("t0") == Encap{5555, 5555, true});
  CHECK(world.ports() == at_5555);
  CHECK(world.differences("t0") == Lines{});
  CHECK(world.record("t0")->upkeep);
  world.kernel.done.clear();
  REQUIRE_FALSE(world.down("t0").error);
  CHECK(world.kernel.done.front() == "ip link delete dev t0");
  CHECK(world.kernel.done.back() == "ip fou del port 5555 local 172.31.14.146");
  CHECK(world.ports().empty());
}

TEST_CASE("without the module, all stays as it was, and the command is named") {
  World world;
  const std::string before = world.kernel.text();
  const Result result = world.up(udp("t0"));
  CHECK(why(result).find("v4tunnel-encap: the kernel's module fou is not loaded") == 0);
  CHECK(why(result).find("modprobe fou") != std::string::npos);
  CHECK(world.kernel.text() == before);
  REQUIRE_FALSE(world.up(udp("t0", "")).error);
  world.kernel.done.clear();
  CHECK(world.up(udp("t0")).error);
  CHECK(world.kernel.done == Lines{});
}

TEST_CASE("an edit changes device and port in place") {
  FouWorld world;
  REQUIRE_FALSE(world.up(udp("t0", "")).error);
  const int index = world.kernel.device("t0")->link.index;
  for (const char* encap :
       {"fou 5555", "fou 6666", "fou 6666 sport auto", "fou 6666 sport 7", ""}) {
    CAPTURE(encap);
    const Result result = world.up(udp("t0", encap));
    REQUIRE_FALSE(result.error);
    CHECK(world.kernel.device("t0")->link.index == index);
    CHECK(world.differences("t0") == Lines{});
    const Encap now = world.encap("t0");
    CHECK((now.is_on() ? str(now) : "") == encap);
    CHECK(world.ports() ==
          (now.is_on() ? std::to_string(now.port) + " 172.31.14.146;" : std::string()));
  }
}

TEST_CASE("tunnels share a port, and the last one closes it") {
  FouWorld world;
  REQUIRE_FALSE(world.up(udp("t0")).error);
  REQUIRE_FALSE(world.up(udp("t1", "fou 5555", "198.51.100.3")).error);
  REQUIRE_FALSE(world.down("t0").error);
  CHECK(world.ports() == at_5555);
  CHECK(world.differences("t1") == Lines{});
  REQUIRE_FALSE(world.down("t1").error);
  CHECK(world.ports().empty());
  // At once, from one snapshot.
  const std::vector<Job> jobs{{udp("t0")}, {udp("t1", "fou 5555", "198.51.100.3")}};
  for (const Result& result : world.reconciler().up(jobs)) CHECK_FALSE(result.error);
  CHECK(world.ports() == at_5555);
  const std::vector<Job> edited{{udp("t0", "fou 6666")}, {udp("t1", "fou 6666", "198.51.100.3")}};
  for (const Result& result : world.reconciler().up(edited)) CHECK_FALSE(result.error);
  CHECK(world.ports() == "6666 172.31.14.146;");
  CHECK(world.differences("t0") == Lines{});
  CHECK(world.differences("t1") == Lines{});
  const std::vector<Departure> both{{iface_named("t0"), {}}, {iface_named("t1"), {}}};
  unsigned closings = 0;
  for (const Result& result : world.reconciler().plan_down(both))
    for (const std::string& command : commands(result.plan))
      closings += command == "ip fou del port 6666 local 172.31.14.146" ? 1 : 0;
  CHECK(closings == 1);
  for (const Result& result : world.reconciler().down(both)) CHECK_FALSE(result.error);
  CHECK(world.ports().empty());
}

TEST_CASE("while a port changes, the record has both") {
  FouWorld world;
  REQUIRE_FALSE(world.up(udp("t0")).error);
  unsigned seen = 0;
  world.kernel.before_each = [&](unsigned) {
    CHECK(world.record("t0")->owned.fou_ports.size() == 2);
    ++seen;
  };
  REQUIRE_FALSE(world.up(udp("t0", "fou 6666")).error);
  CHECK(seen > 2);
  CHECK(world.record("t0")->owned.fou_ports.size() == 1);
}

TEST_CASE("a port that another program closes meanwhile is opened again for each of its tunnels") {
  FouWorld world;
  const Stanza other = udp("t1", "fou 6666", "198.51.100.3");
  for (const Result& result : world.reconciler().up({{udp("t0")}, {other}}))
    REQUIRE_FALSE(result.error);
  const std::string ports = world.ports();
  Stanza edited = other;
  edited.options.push_back({"v4tunnel-ttl", "64", {}});
  world.kernel.before_each = [&world](unsigned) {
    if (world.kernel.done.back().find("link set dev t1") != std::string::npos)
      world.kernel.fou_ports.clear();
  };
  for (const Result& result : world.reconciler().up({{udp("t0")}, {edited}}))
    CHECK(why(result) == "no error");
  CHECK(world.ports() == ports);
}

TEST_CASE("a tunnel that fails leaves the port that another one has opened") {
  FouWorld world;
  // The second device is refused, after both have been planned from one snapshot.
  world.refuse_device("t1");
  const auto results =
      world.reconciler().up({{udp("t0")}, {udp("t1", "fou 5555", "198.51.100.3")}});
  CHECK_FALSE(results[0].error);
  CHECK(results[1].error);
  CHECK(world.ports() == at_5555);
  CHECK(world.differences("t0") == Lines{});
  // And the first one that fails does not take the second one's.
  FouWorld other;
  other.refuse_device("t0");
  const auto reversed =
      other.reconciler().up({{udp("t0")}, {udp("t1", "fou 5555", "198.51.100.3")}});
  CHECK(reversed[0].error);
  CHECK_FALSE(reversed[1].error);
  CHECK(other.ports() == at_5555);
  REQUIRE_FALSE(other.down("t1").error);
  CHECK(other.ports().empty());
}

TEST_CASE("a port that somebody had opened before stays; one of another form is in the way") {
  FouWorld world;
  world.kernel.fou_ports.push_back({{5555, {}}, true});
  REQUIRE_FALSE(world.up(udp("t0")).error);
  CHECK(world.ports() == "5555 0.0.0.0;");
  CHECK(world.record("t0")->owned.fou_ports.empty());
  REQUIRE_FALSE(world.up(udp("t1", "fou 5555", "198.51.100.3")).error);
  REQUIRE_FALSE(world.down("t0").error);
  REQUIRE_FALSE(world.down("t1").error);
  CHECK(world.ports() == "5555 0.0.0.0;");
  // It goes while the tunnel is up: then situp opens its own, and closes that.
  REQUIRE_FALSE(world.up(udp("t0")).error);
  world.kernel.fou_ports.clear();
  CHECK(world.differences("t0") == Lines{"ip fou add port 5555 ipproto 41 local 172.31.14.146"});
  REQUIRE_FALSE(world.up(udp("t0")).error);
  CHECK(world.ports() == at_5555);
  REQUIRE_FALSE(world.down("t0").error);
  CHECK(world.ports().empty());
  world.kernel.fou_ports.push_back({{5555, {}}, false});
  const std::string before = world.kernel.text();
  const Result result = world.up(udp("t0"));
  CHECK(why(result) ==
        "ip fou add port 5555 ipproto 41 local 172.31.14.146: UDP port 5555 is taken (another "
        "socket has it): end that, or write another port at both ends");
  CHECK(world.kernel.text() == before);
}

TEST_CASE(
    "the port of a tunnel without a local address serves others, and the last one closes it") {
  FouWorld world;
  Stanza any = udp("t0");
  any.options[1].value = "any";
  REQUIRE_FALSE(world.up(any).error);
  REQUIRE_FALSE(world.up(udp("t1", "fou 5555", "198.51.100.3")).error);
  CHECK(world.ports() == "5555 0.0.0.0;");
  CHECK(world.differences("t1") == Lines{});
  REQUIRE_FALSE(world.down("t0").error);
  CHECK(world.ports() == "5555 0.0.0.0;");
  CHECK(world.differences("t1") == Lines{});
  REQUIRE_FALSE(world.down("t1").error);
  CHECK(world.ports().empty());
}

TEST_CASE("a change that the kernel refuses halfway is put back") {
  FouWorld world;
  REQUIRE_FALSE(world.up(udp("t0")).error);
  const std::string before = world.kernel.text();
  // Meanwhile somebody makes a device with the ends that the edit leads to.
  world.kernel.before_each = [&world](unsigned) {
    if (world.kernel.done.back().rfind("ip link set dev t0 ", 0) != 0 ||
        world.kernel.device("thief") != nullptr)
      return;
    Sit sit;
    sit.local = *Ipv4::parse("172.31.14.146");
    sit.remote = *Ipv4::parse("198.51.100.9");
    world.kernel.add_sit("thief", sit);
  };
  CHECK(world.up(udp("t0", "fou 6666", "198.51.100.9")).error);
  CHECK(world.encap("t0") == Encap{5555, 5555, true});
  CHECK(world.ports() == at_5555);
}

TEST_CASE("a tunnel without its record is adopted with its port") {
  FouWorld world;
  REQUIRE_FALSE(world.up(udp("t0")).error);
  world.records.remove(iface_named("t0"));
  REQUIRE_FALSE(world.up(udp("t0")).error);
  CHECK(world.record("t0")->owned.fou_ports.size() == 1);
  world.records.remove(iface_named("t0"));
  REQUIRE_FALSE(world.down("t0", udp("t0")).error);
  CHECK(world.ports().empty());
}

TEST_CASE("ifdown closes the port before the method deletes the device") {
  FouWorld world;
  REQUIRE_FALSE(world.up(udp("t0")).error);
  SUBCASE("it is there") {
    world.reconciler().begin_down({iface_named("t0"), std::nullopt});
    CHECK(world.ports().empty());
  }
  SUBCASE("without a record") {
    world.records.remove(iface_named("t0"));
    world.reconciler().begin_down({iface_named("t0"), udp("t0")});
    CHECK(world.ports().empty());
  }
}

TEST_CASE("a device that could not be deleted keeps its port") {
  FouWorld world;
  REQUIRE_FALSE(world.up(udp("t0")).error);
  world.kernel.done.clear();
  world.kernel.refusals[1] = EBUSY;
  CHECK(world.down("t0").error);
  CHECK(world.ports() == at_5555);
}

TEST_CASE("GUE, and what others have set, is found and put right") {
  FouWorld world;
  REQUIRE_FALSE(world.up(udp("t0")).error);
  world.kernel.device("t0")->link.sit->encap.checksum = false;
  CHECK(world.differences("t0").size() == 1);
  REQUIRE_FALSE(world.up(udp("t0")).error);
  CHECK(world.encap("t0").checksum);
  world.kernel.has_fou = false;
  world.kernel.fou_ports.clear();
  Live live;
  const auto all =
      standing_of({iface_named("t0")}, world.records, world.config, world.kernel, live);
  REQUIRE(all.front().error);
  CHECK(all.front().error->why().find("module fou is not loaded") != std::string::npos);
}
