// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/ip_commands.h"

#include <doctest/doctest.h>

#include <utility>

#include "base/text.h"

using namespace situp;

namespace {

std::vector<std::string> words(std::string_view line) {
  std::vector<std::string> all;
  for (const auto word : words_of(line)) all.emplace_back(word);
  return all;
}

/// The changes of a command as ip(8) would be told them, each with a semicolon behind it.
std::string read(std::string_view line) {
  std::string text;
  for (const IpCommand& command : ip_commands(words(line))) {
    text += command.inet6 ? "-6 " : "";
    text += command.object + " " + command.verb;
    for (const std::string& word : command.words) text += " " + (word.empty() ? "''" : word);
    text += ";";
  }
  return text;
}

/// The name in what the command adds.
std::string name(std::string_view line) {
  const auto commands = ip_commands(words(line));
  return commands.size() == 1 ? name_in(commands[0]) : "not one command";
}

bool is_default(std::string_view line) {
  const auto commands = ip_commands(words(line));
  return commands.size() == 1 && is_default6(commands[0]);
}

}  // namespace

TEST_CASE("commands of ip are read with whole words, and its options are passed over") {
  for (const auto& row :
       {std::pair{"ip a a 2001:db8::2/64 dev t0", "address add 2001:db8::2/64 dev t0;"},
        {"ip address flush", "address flush;"},
        {"ip -o -s tunl chg t0 ttl 64", "tunnel change t0 ttl 64;"},
        {"ip tunnel prl dev t0", "tunnel prl dev t0;"},
        {"ip l change t0 up", "link set t0 up;"},
        {"ip -6 r d default", "-6 route delete default;"},
        {"ip -f inet6 r add ::/0", "-6 route add ::/0;"},
        {"ip -family inet r app ::/0", "route append ::/0;"},
        {"sudo /sbin/ip --family inet6 route a ::/0", "-6 route add ::/0;"},
        // No change, or a word that is not understood.
        {"ip", ""},
        {"ip link", ""},
        {"ip tunl", ""},
        {"ip t tunl", ""},
        {"ip -6", ""},
        {"ip -f", ""},
        {"ip address show", ""},
        {"ip -n other link set t0 up", ""},
        {"ip inet6 route add ::/0", ""},
        {"ip rule add x", ""},
        {"bridge link set t0", ""},
        {"sudo", ""},
        {"", ""}})
    CHECK_MESSAGE(read(row.first) == row.second, row.first);
}

TEST_CASE("commands of ifconfig are read as those of ip") {
  for (const auto& row :
       {std::pair{"ifconfig t0 inet6 up", "link set dev t0 up;"},
        {"ifconfig t0 mtu 1480 down", "link set dev t0 mtu 1480;link set dev t0 down;"},
        {"ifconfig t0 mtu", "link set dev t0 mtu '';"},
        {"ifconfig sit0 tunnel ::192.0.2.1 up",
         "tunnel add sit%d mode sit remote 192.0.2.1 ttl 64;link set dev sit0 up;"},
        {"ifconfig t0 add 2001:db8::2/64", "address add 2001:db8::2/64 dev t0;"},
        {"ifconfig t0 inet6 del 2001:db8::2/64 up",
         "address delete 2001:db8::2/64 dev t0;link set dev t0 up;"},
        {"ifconfig t0 add $A", "address add $A dev t0;"},
        {"ifconfig sit0 add ::5/64", "address add ::5/64 dev sit0;"},
        {"ifconfig t0 2001:db8::2/64 up", "address add 2001:db8::2/64 dev t0;link set dev t0 up;"},
        {"ifconfig", ""},
        {"ifconfig t0", ""},
        {"ifconfig t0 add", ""},
        {"ifconfig t0 add 2001:db8::2", ""},
        {"ifconfig t0 up 192.0.2.1", ""},
        {"ifconfig t0 tunnel ::192.0.2.1", ""},
        {"ifconfig sit0 tunnel 192.0.2.1", ""},
        {"ifconfig sit0 tunnel", ""}})
    CHECK_MESSAGE(read(row.first) == row.second, row.first);
}

TEST_CASE("commands of route are read as those of ip, with the metric that route sets") {
  for (const auto& row : {std::pair{"route -A inet6 add ::/0 gw fe80::1 t0",
                                    "-6 route add ::/0 via fe80::1 dev t0 metric 1;"},
                          {"route --inet6 add ::/0 t0", "-6 route add ::/0 dev t0 metric 1;"},
                          {"route --inet6 add ::/0", "-6 route add ::/0 metric 1;"},
                          {"route -A inet6 del ::/0", "-6 route delete ::/0;"},
                          {"route -6 add default gateway fe80::1 device t0 metric 5",
                           "-6 route add default via fe80::1 dev t0 metric 5;"},
                          {"route -A=inet6 del ::/0 dev t0", "-6 route delete ::/0 dev t0;"},
                          {"route", ""},
                          {"route -A", ""},
                          {"route -A inet6", ""},
                          {"route -A inet6 add", ""},
                          {"route --inet6", ""},
                          {"route --inet6 add", ""},
                          {"route -A inet6 flush ::/0", ""},
                          {"route -A inet add ::/0", ""},
                          {"route -4 inet6 add ::/0", ""},
                          {"route add default eth0", ""}})
    CHECK_MESSAGE(read(row.first) == row.second, row.first);
}

TEST_CASE("the name of what a command adds") {
  for (const auto& row : {std::pair{"ip tunnel add t0 mode sit", "t0"},
                          {"ip tunnel add mode sit ttl 64 t0", "t0"},
                          {"ip tunnel add dev eth0 t0", "t0"},
                          {"ip tunnel add isatap nopmtudisc t0 dev eth0", "t0"},
                          {"ip link add dev t0 type sit", "t0"},
                          {"ip link add link eth0 type sit name t0", "t0"},
                          {"ip link add t9 name t0", "t0"},
                          {"ip link add t9 name", ""},
                          {"ip link add type sit", ""},
                          {"ip link add type", ""},
                          {"ip link add", ""}})
    CHECK_MESSAGE(name(row.first) == row.second, row.first);
}

TEST_CASE("a route is the IPv6 default route by its target, and by its router or an option") {
  for (const char* line : {"ip route add ::/0 dev t0", "ip route add default via fe80::1 dev t0",
                           "ip -6 route add default dev t0", "route --inet6 del default t0"})
    CHECK_MESSAGE(is_default(line), line);
  for (const char* line : {"ip route add default dev t0", "ip route add default via 192.0.2.1",
                           "ip route add default via", "ip -6 route add 2001:db8::/32 dev t0",
                           "ip route add 2001:db8::/32 via fe80::1"})
    CHECK_MESSAGE(!is_default(line), line);
}

TEST_CASE("numbers as ip takes them") {
  using Number = std::optional<std::uint32_t>;
  for (const auto& row : {std::pair{"1480", Number(1480)},
                          {"4294967295", Number(0xffffffff)},
                          {"4294967296", Number()},
                          {"0x0", Number(0)},
                          {"0x5C8", Number(1480)},
                          {"0xffffffff", Number(0xffffffff)},
                          {"0x100000000", Number()},
                          {"0x", Number()},
                          {"0xg1", Number()},
                          {"0x1g", Number()},
                          {"", Number()}})
    CHECK_MESSAGE(ip_number(row.first) == row.second, row.first);
  for (const auto& row : {std::pair{"inherit", Number(1)},
                          {"10", Number(16)},
                          {"0x10", Number(16)},
                          {"ff", Number(255)},
                          {"0xff", Number(255)},
                          {"100", Number()},
                          {"x", Number()},
                          {"", Number()}}) {
    const auto tos = ip_tos(row.first);
    CHECK_MESSAGE((tos ? Number(*tos) : Number()) == row.second, row.first);
  }
}
