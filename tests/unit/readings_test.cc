// SPDX-License-Identifier: GPL-2.0-or-later
// What is made of texts that others have written: ip commands, crontabs, and files that are torn
// or odd. tests/golden/readings.txt holds it.
#include <doctest/doctest.h>

#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "model/ask/answer.h"
#include "model/broker/answer.h"
#include "model/broker/state.h"
#include "model/check/old_recipe.h"
#include "model/check/recipe.h"
#include "model/status/vitals.h"
#include "reconcile/record.h"
#include "unit/world.h"

using namespace situp;

namespace {

const char* const ip_lines[] = {
    "ip tunnel add t mode sit remote 1.2.3.4 local 10.0.0.1 ttl 255",
    "ip tunnel add t mode sit remote 1.2.3.4 local any tos 4 pmtudisc",
    "ip tunnel add name t mode sit remote 1.2.3.4 nopmtudisc ttl 3",
    "ip tunnel add t mode gre remote 1.2.3.4",
    "ip tunnel add t remote 1.2.3.4",
    "ip tunnel add other mode sit remote 1.2.3.4",
    "ip tunnel add t mode sit dev eth0",
    "ip tunnel change t ttl 9",
    "ip tunnel chg t tos 9",
    "ip tun add t mode ipv6/ip remote 1.2.3.4",
    "ip t add t mode sit",
    "ip tunnel show t",
    "ip tunnel del t",
    "ip tunnel delete t",
    "ip tunnel del other",
    "ip link add t type sit remote 1.2.3.4",
    "ip link add name t type sit remote 1.2.3.4 local 10.0.0.1",
    "ip link add t type gre remote 1.2.3.4",
    "ip link add t type sit mode ip6ip remote 1.2.3.4",
    "ip link add dev t type sit remote 1.2.3.4",
    "ip link set t up",
    "ip link set dev t up mtu 1400",
    "ip link set up dev t",
    "ip link set t mtu",
    "ip link set t mtu 1280 down",
    "ip link set t alias x",
    "ip link set eth0 up",
    "ip link set $IFACE mtu 1281",
    "ip l set t up",
    "ip link del t",
    "ip link delete dev t",
    "ip link del t extra",
    "ip link del eth0",
    "ip addr add 2001:db8::2/64 dev t",
    "ip addr replace 2001:db8::2/64 dev t",
    "ip a a 2001:db8::2 dev t",
    "ip addr add 2001:db8::2/64 dev eth0",
    "ip addr add 2001:db8::2/64 dev a/b",
    "ip addr add 10.0.0.1/8 dev eth0",
    "ip addr add 2001:db8::2/64 brd x dev t",
    "ip addr add 2001:db8::2/64 via t",
    "ip addr del 2001:db8::2/64 dev t",
    "ip addr delete 2001:db8::2/64 dev eth0",
    "ip addr add 2001:db8::2/64 dev eth0 && ip addr del 2001:db8::2/64 dev eth0",
    "ip addr show dev t",
    "ip -6 route add default dev t",
    "ip route add default dev t",
    "ip route add default via 2001:db8::1 dev t",
    "ip -6 route add default via 2001:db8::1",
    "ip -6 route add default",
    "ip -6 route add ::/0 dev t metric 1",
    "ip -6 route add ::/0 dev t metric 1024",
    "ip -6 route add 2000::/3 via ::1.2.3.4 dev t",
    "ip -6 route replace ::/0 via 2001:db8::1 dev t onlink",
    "ip -6 route change ::/0 dev t",
    "ip -6 route append ::/0 dev t",
    "ip -6 route add ::/0 dev eth0",
    "ip -6 route add 2001:db8::/32 dev t",
    "ip -6 route add ::/0 extra dev t",
    "ip -6 route del ::/0 dev t",
    "ip -6 route delete default dev t",
    "ip -6 route flush dev t",
    "ip -6 route flush dev eth0",
    "ip -6 route flush all dev t",
    "ip -6 route show",
    "ip -f inet6 route add default dev t",
    "ip -family inet6 route add default dev t",
    "ip -f inet route add default dev t",
    "ip -4 route add default dev t",
    "ip -f",
    "ip -6",
    "ip rule add from x",
    "ip r add ::/0 dev t",
    "route -A inet6 add default gw 2001:db8::1 dev t",
    "route --inet6 add ::/0 dev t",
    "route -6 add ::/0 metric 3 dev t",
    "route -A inet add default dev t",
    "route add default dev t",
    "route -A inet6",
    "/sbin/ip link set t up",
    "modprobe sit",
    "modprobe ipv6",
    "true",
    ":",
    "sysctl -w x=1",
    "ip link set t up && ip -6 route add default dev t || true",
    "ip link set t up && echo x",
    "ip addr add '2001:db8::2/64' dev \"t\" >/dev/null 2>&1",
    "ip tunnel change t tos 10 > /dev/null",
    "ip tunnel change t tos inherit nopmtudisc",
    "ip tunnel change t ttl 0",
    "ip tunnel add t mode isatap local 10.0.0.1 && ip tunnel prl prl-default 10.0.0.2 dev t",
    "ip tunnel prl prl-nodefault 10.0.0.2 dev t",
    "ip tunnel 6rd dev t 6rd-prefix 2001:db8::/32",
    "ip tunnel add t mode sit remote 1.2.3.4 encap fou",
    "ip -n other link set t mtu 1400",
    "ip route flush",
    "ifconfig t mtu 1400 up",
    "ifconfig t 2001:db8::2/64",
    "ifconfig t inet6 add 2001:db8::2/64",
    "ifconfig t add 2001:db8::2",
    "ifconfig eth0 inet6 add 2001:db8::2/64",
    "ifconfig sit0 up; ifconfig sit0 inet6 tunnel ::1.2.3.4",
    "route -A inet6 add ::/0 t",
    "route -A inet6 add 2000::/3 dev t",
    "MTU=1400; ip link set t mtu $MTU; logger $MTU",
    "sysctl -w x=1; ip link set t mtu 1400 && echo x || true",
    "[ -e /x ] && ip link set t mtu 1400",
    "[ -e /x ] || ip tunnel add t mode sit remote 1.2.3.4",
    "ip link set t mtu 1400 # the broker's",
    "ip6tables -A INPUT -i t -j DROP",
    "",
};

std::string text_of(const Recipe& recipe) {
  std::string text;
  const auto add = [&text](const char* key, const std::string& value) {
    if (!value.empty()) text += std::string(" ") + key + "=" + value;
  };
  if (recipe.is_made) text += std::string(" makes ") + row_of(recipe.kind).word;
  add("local", recipe.local);
  add("remote", recipe.remote);
  add("dev", recipe.dev);
  add("ttl", recipe.ttl);
  add("tos", recipe.tos);
  add("pmtu", recipe.pmtu);
  add("mtu", recipe.mtu);
  add("gateway", recipe.gateway);
  add("metric", recipe.metric);
  for (const std::string& address : recipe.addresses) add("address", address);
  for (const std::string& lan : recipe.lan) add("lan", lan);
  for (const std::string& router : recipe.routers) add("router", router);
  for (const std::string& router : recipe.routers_nodefault) add("no-default-router", router);
  return text;
}

std::string of_ip_commands() {
  std::string text;
  for (const char* line : ip_lines) {
    text += std::string("line: ") + line + "\n";
    for (const bool addressed : {false, true}) {
      const Words options =
          addressed ? Words{{"address", "2001:db8:7::2/64"}, {"up", line}} : Words{{"up", line}};
      const Stanza stanza = stanza_of("t", addressed ? "v4tunnel" : "manual", options);
      const RecipeReader reader(stanza, "t");
      text += std::string("  ") + (addressed ? "addressed:" : "bare:") + text_of(reader.recipe());
      if (reader.first_line() != nullptr) text += " something";
      if (!reader.blocker().empty()) text += " but " + reader.blocker();
      if (reader.lines().empty()) text += " left";
      for (const RecipeLine& one : reader.lines())
        text += " taken" + (one.stays.empty() ? "" : " stays [" + one.stays + "]") +
                (one.moves.empty() ? "" : " moves [" + one.moves + "]");
      text += "\n";
    }
    for (const ShellCommand& command : commands_of(line)) {
      text += "  words:";
      for (const std::string& word : command.words) text += " [" + word + "]";
      text += "\n";
    }
  }
  return text;
}

std::string of_crontabs() {
  std::string text;
  for (const char* fields :
       {"@hourly root", "@daily root", "@reboot root", "* * * * * root", "*/5 * * * * root",
        "*/1 * * * * root", "*/60 * * * * root", "*/61 * * * * root", "*/x * * * * root",
        "0,30 * * * * root", "0,20,40 * * * * root", "7 * * * * root", "7 3 * * * root",
        "# * * * * root", "X=1 * * * * root", "PATH=/bin root"}) {
    for (const char* command : {"ping6 -c 3 2001:db8::1", "ping -6 x", "ping x", "true -6"}) {
      const std::string line = std::string(fields) + " " + command;
      text += line + ":";
      for (const CronPing& ping : pings_in_crontab("\n" + line + "\n", "cron"))
        text += " " + ping.place.file + ":" + std::to_string(ping.place.line) + " every " +
                std::to_string(ping.seconds);
      text += "\n";
    }
  }
  return text;
}

using Reader = std::function<std::string(const std::string&)>;

/// Each line left out, doubled, cut short and made longer, one at a time.
std::string of_lines(const std::string& what, const std::string& whole, const Reader& read) {
  std::vector<std::string> lines;
  std::istringstream stream(whole);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  std::string text = what + ": " + read(whole) + "\n";
  const auto with = [&](std::size_t at, const std::vector<std::string>& instead) {
    std::string other;
    for (std::size_t i = 0; i < lines.size(); ++i) {
      if (i != at) {
        other += lines[i] + "\n";
        continue;
      }
      for (const std::string& line : instead) other += line + "\n";
    }
    return read(other);
  };
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string& line = lines[i];
    text += line + "\n  without: " + with(i, {}) + "\n  twice: " + with(i, {line, line}) +
            "\n  longer: " + with(i, {line + "9"}) +
            "\n  one word more: " + with(i, {line + " 9"}) +
            "\n  shorter: " + with(i, {line.substr(0, line.size() - 1)}) +
            "\n  key alone: " + with(i, {line.substr(0, line.find(' '))}) +
            "\n  an empty value: " + with(i, {line.substr(0, line.find(' ')) + " "}) + "\n";
  }
  return text;
}

std::string short_form(const std::string& whole, const std::string& again) {
  if (again == whole) return "the same";
  std::string text;
  for (const std::string& line : changed_lines(whole, again)) text += "[" + line + "]";
  return text;
}

std::string of_files() {
  Record record;
  record.state = Record::State::up;
  record.stanza = stanza_of("he", "static", {{"v4tunnel-local", "ec2"}});
  record.stanza.logical = "home";
  record.resolved = {*Ipv4::parse("10.0.0.1"),
                     *Ipv4::parse("1.2.3.4"),
                     {*Ipv4::parse("10.0.0.2")},
                     {*Ipv4::parse("10.0.0.3")},
                     9001,
                     "ec2"};
  record.by_ifup = record.no_auto_down = record.upkeep = true;
  record.ifindex = 12;
  record.owned.addresses = {*Ipv6Net::parse("2001:db8::2/64")};
  record.owned.preferred_lifetime = 7;
  record.owned.routes = {{*Ipv6::parse("2001:db8::1"), 1024, {}, main_table},
                         {{}, 7, Ipv6Net::parse("2001:db8::/64"), 100}};
  record.owned.firewall = {0xfe, 7};
  record.owned.on_link_rules = {{32764, *Ipv6Net::parse("2001:db8::/64"), true},
                                {32765, *Ipv6Net::parse("fe80::/10"), false}};
  record.owned.routed = {*Ipv6Net::parse("2001:db8:7::/48")};
  record.owned.lan = {{iface_named("eth0"), *Ipv6Net::parse("2001:db8:1::1/64")}};
  const std::string of_record = write_record(record, "boot-1");
  std::string text = of_lines("record", of_record, [&](const std::string& other) {
    const auto read = read_record(other, "boot-1");
    return read ? short_form(of_record, write_record(*read, "boot-1")) : std::string("none");
  });

  Vitals vitals;
  vitals.health = "alive";
  vitals.health_since = 1750000000;
  vitals.target = Ipv6::parse("2001:db8::1");
  vitals.sent = 40;
  vitals.lost = 2;
  vitals.samples = {20000U, std::nullopt, 21000U};
  vitals.routers = {{*Ipv4::parse("10.0.0.2"), "alive"}, {*Ipv4::parse("10.0.0.3"), "dead"}};
  vitals.right_at = 1750000001;
  vitals.trouble = "none";
  vitals.note(1750000002, "up");
  const std::string of_vitals = write_vitals(vitals);
  text += of_lines("vitals", of_vitals, [&](const std::string& other) {
    const auto read = read_vitals(other);
    return read ? short_form(of_vitals, write_vitals(*read)) : std::string("none");
  });

  BrokerState state{.broker = {*BrokerName::parse("he"), *TunnelId::parse("1234567890")}};
  state.accepted = Ipv4::parse("203.0.113.10");
  state.local = Ipv4::parse("10.0.0.1");
  state.boot = "boot-1";
  state.accepted_at = 99999999999999;
  state.called_at = 1750000000;
  state.pause = 43200;
  state.failures = 1000;
  state.retaken = 3;
  state.answer = "good 203.0.113.10";
  for (const auto why : {BrokerStop::Why::refused, BrokerStop::Why::fight}) {
    state.stop = BrokerStop{why, BrokerWord::badauth, std::nullopt, "https://b.example/ 7-8"};
    if (why == BrokerStop::Why::fight) state.stop->told = Ipv4::parse("203.0.113.11");
    const std::string of_state = write_broker_state(state);
    text += of_lines("broker", of_state, [&](const std::string& other) {
      const auto read = read_broker_state(other);
      return read ? short_form(of_state, write_broker_state(*read)) : std::string("none");
    });
  }
  for (const char* answer :
       {"addresses 192.0.2.1 192.0.2.2 ttl 60", "failure bad-status 500", "failure several 3"})
    text += of_lines("answer", std::string(answer) + "\n", [](const std::string& other) {
      const auto read = read_timed_answer(other);
      const auto plain = read_answer(other);
      return (read ? write_timed_answer(*read) : "none ") +
             (plain ? write_answer(*plain) : std::string("none"));
    });
  return text;
}

}  // namespace

TEST_CASE("what people have written is read as before") {
  compare_with_file(std::string(folder_of_cases) + "/readings.txt",
                    of_ip_commands() + of_crontabs() + of_files());
}
