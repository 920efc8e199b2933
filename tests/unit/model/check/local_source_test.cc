// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/local_source.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;

namespace {

std::string source(const char* command) {
  return local_source(command).word;
}

/// The source is exactly what the command finds out.
bool is_exactly(const char* command, const char* word) {
  const LocalSource source = local_source(command);
  INFO(command, ": ", source.word, "; ", source.remark);
  CHECK(source.remark.empty());
  return source.word == word && source.remark.empty();
}

/// The source is another one, and the remark says so.
bool differs(const char* command, const char* word, const char* remark) {
  const LocalSource source = local_source(command);
  INFO(command, ": ", source.word, "; ", source.remark);
  CHECK(source.remark.find(remark) != std::string::npos);
  return source.word == word;
}

}  // namespace

TEST_CASE("EC2's private address, in the forms that people use") {
  const char* const in_one =
      "$(timeout 5 /usr/bin/curl -s -H \"X-aws-ec2-metadata-token: $(curl -s -X PUT "
      "http://169.254.169.254/latest/api/token -H 'X-aws-ec2-metadata-token-ttl-seconds: 60')\" "
      "http://169.254.169.254/latest/meta-data/local-ipv4)";
  const char* const in_steps =
      "$(TOKEN=`curl -sX PUT http://169.254.169.254/latest/api/token`; curl -s -H "
      "\"X-aws-ec2-metadata-token: $TOKEN\" http://169.254.169.254/latest/meta-data/local-ipv4)";
  for (const char* command :
       {"`curl -s http://169.254.169.254/latest/meta-data/local-ipv4`",
        "$(wget -qO- http://instance-data/latest/meta-data/local-ipv4)",
        "$(wget -q -O - http://instance-data.ec2.internal/latest/meta-data/local-ipv4/)",
        "`GET http://169.254.169.254/2009-04-04/meta-data/local-ipv4`",
        "$(curl 169.254.169.254/latest/meta-data/local-ipv4)",
        "$(wget -O - instance-data/latest/meta-data/local-ipv4 2>/dev/null)",
        "$(curl -sm 5 'http://169.254.169.254:80/latest/meta-data/local-ipv4' | tr -d '\\n')",
        in_steps, in_one, "$(B=http://169.254.169.254/latest; curl -s $B/meta-data/local-ipv4)",
        // The first part of the path is a version.
        "$(curl http://169.254.169.254/1/meta-data/local-ipv4)",
        "$(curl http://169.254.169.254/latest//meta-data/local-ipv4)",
        "$(curl http://169.254.169.254/$(cat /etc/aws/version)/meta-data/local-ipv4)",
        // The URL is the word with a scheme, else one that is no option's value.
        "$(curl -w x.y http://169.254.169.254/latest/meta-data/local-ipv4)",
        "$(curl -x proxy.example.net:3128 169.254.169.254/latest/meta-data/local-ipv4)",
        "$(ec2metadata --local-ipv4)", "`ec2-metadata -o | cut -d' ' -f2`",
        "$(/opt/aws/bin/ec2-metadata --local-ipv4 | awk '{print $2}')",
        "$(ec2metadata | grep local-ipv4 | cut -d: -f2)"})
    CHECK(is_exactly(command, "ec2"));
  CHECK(
      local_source("`curl http://169.254.169.254/latest/meta-data/local-ipv4`").asks_without_token);
  CHECK_FALSE(local_source("$(curl -H \"X-aws-ec2-metadata-token: $T\" "
                           "http://169.254.169.254/latest/meta-data/local-ipv4)")
                  .asks_without_token);
  for (const char* host : {"[fd00:ec2::254]", "[fd00:ec2::254]:80"})
    CHECK(differs(("$(curl http://" + std::string(host) + "/latest/meta-data/local-ipv4)").c_str(),
                  "ec2", "unless situp.conf(5) names another URL"));
}

TEST_CASE("the interface or the public address that is asked for") {
  const std::string macs = "http://169.254.169.254/latest/meta-data/network/interfaces/macs/";
  const auto of = [&](const std::string& rest) { return "$(curl -s " + macs + rest + ")"; };
  CHECK(is_exactly(of("$(cat /sys/class/net/eth1/address)/local-ipv4s").c_str(), "ec2:eth1"));
  CHECK(is_exactly(of("`cat /sys/class/net/ens6/address`/local-ipv4s/").c_str(), "ec2:ens6"));
  CHECK(
      is_exactly(of("$(ip link show eth1 | awk '/ether/{print $2}')/local-ipv4s | head -1").c_str(),
                 "ec2:eth1"));
  CHECK(is_exactly(
      ("$(MAC=$(cat /sys/class/net/eth1/address); curl " + macs + "$MAC/local-ipv4s)").c_str(),
      "ec2:eth1"));
  CHECK(is_exactly(of("$(curl -s http://169.254.169.254/latest/meta-data/mac)/local-ipv4s").c_str(),
                   "ec2"));
  CHECK(is_exactly(of("0e:1f:00:00:14:92/ipv4-associations/203.0.113.10").c_str(),
                   "ec2:203.0.113.10"));
  CHECK(differs(of("0e:1f:00:00:14:92/local-ipv4s").c_str(), "ec2", "MAC 0e:1f:00:00:14:92"));
  CHECK(differs(of("$(curl -s " + macs + " | head -1)/local-ipv4s").c_str(), "ec2", "the MAC"));
  CHECK(differs(of("$(cat /sys/class/net/eth1/address)/public-ipv4s").c_str(), "ec2:eth1",
                "the public address"));
  CHECK(differs("$(curl http://169.254.169.254/latest/meta-data/public-ipv4)", "ec2",
                "the public address"));
  CHECK(is_exactly(of("$(ethtool -P eth1 | cut -d' ' -f3)/local-ipv4s").c_str(), "ec2:eth1"));
  for (const char* name : {"$IF", "eth$N", "eth`cat n`", "a-name-of-16-let", "."})
    CHECK(differs(of("$(cat /sys/class/net/" + std::string(name) + "/address)/local-ipv4s").c_str(),
                  "ec2", "the MAC"));
  // No interface has this file.
  for (const char* file : {"address", "/address", "eth1/mtu", "eth1"})
    CHECK(differs(of("$(cat /sys/class/net/" + std::string(file) + ")/local-ipv4s").c_str(), "ec2",
                  "the MAC"));
  CHECK(differs(of("$(cat /sys/class/net/eth1/address)/ipv4-associations/").c_str(), "ec2:eth1",
                "the public address"));
  CHECK(differs(of("0e:1f:00:00:14:92/").c_str(), "ec2", "asks for latest/meta-data/network"));
  CHECK(differs("$(curl http://169.254.169.254/latest/meta-data/network/a/b/c/d)", "ec2",
                "asks for latest/meta-data/network/a/b/c/d"));
  CHECK(differs("$(ec2metadata --public-ipv4)", "ec2", "the public address"));
  CHECK(differs("$(ec2-metadata -v)", "ec2", "the public address"));
  for (const char* command :
       {"$(ec2metadata --instance-id)", "$(ec2metadata --instance-id | cat)", "$(ec2metadata)"})
    CHECK(differs(command, "ec2", "something else"));
  CHECK(differs("$(curl http://169.254.169.254/latest/meta-data/hostname)", "ec2", "hostname"));
}

TEST_CASE("other clouds have their own words, and are never ec2") {
  for (const auto& [url, word] :
       {std::pair{
            "http://metadata.google.internal/computeMetadata/v1/instance/network-interfaces/0/ip",
            "gce"},
        {"http://metadata/computeMetadata/v1/instance/network-interfaces/0/ip", "gce"},
        {"http://169.254.169.254/computeMetadata/v1/instance/network-interfaces/0/ip", "gce"},
        {"http://169.254.169.254/metadata/instance/network/interface/0/ipv4/ipAddress/0/"
         "privateIpAddress?api-version=2021-02-01&format=text",
         "azure"},
        {"http://169.254.169.254/opc/v2/vnics/0/privateIp", "oracle"},
        {"http://169.254.169.254/metadata/v1/interfaces/public/0/ipv4/address", "cloud"},
        {"http://169.254.169.254/hetzner/v1/metadata/public-ipv4", "hetzner"},
        {"http://169.254.169.254/v1/interfaces/0/ipv4/address", "vultr"},
        {"http://100.100.100.200/latest/meta-data/private-ipv4", "alibaba"},
        {"http://metadata.tencentyun.com/latest/meta-data/local-ipv4", "tencent"},
        {"http://data-server/latest/local-ipv4", "cloudstack"},
        {"http://data-server./latest/meta-data/local-ipv4", "cloudstack"},
        {"http://10.1.1.1/latest/local-ipv4", "cloudstack"}}) {
    const std::string command = std::string("$(curl -s ") + url + ")";
    CHECK(is_exactly(command.c_str(), word));
    CHECK(local_source(command).asks_without_token == (std::string_view(word) == "alibaba"));
  }
  // Other values of theirs, such as the public address.
  for (const auto& [url, word] :
       {std::pair{
            "http://metadata/computeMetadata/v1/instance/network-interfaces/0/access-configs/0/"
            "external-ip",
            "gce"},
        {"http://169.254.169.254/metadata/instance/network?api-version=2021-02-01", "azure"},
        {"http://169.254.169.254/opc/v2/vnics/", "oracle"},
        {"http://169.254.169.254/metadata/v1/interfaces/private/0/ipv4/address", "cloud"},
        {"http://169.254.169.254/metadata/v1.json", "cloud"},
        {"http://169.254.169.254/openstack/latest/network_data.json", "openstack"},
        {"http://169.254.169.254/v1/network", "akamai"},
        {"http://169.254.42.42/conf?format=json", "scaleway"},
        {"http://169.254.169.254/metadata/v1/instance/network_interfaces?version=2022", "ibm"},
        {"http://100.100.100.200/latest/meta-data/eipv4", "alibaba"}})
    CHECK(differs((std::string("$(curl -s ") + url + ")").c_str(), word, "the command asks for "));
  const std::string command = "$(curl -s https://metadata.packet.net/metadata)";
  CHECK(differs(command.c_str(), "route", "Equinix's"));
  CHECK(differs(command.c_str(), "route", "which situp does not ask yet"));
  CHECK_FALSE(local_source(command).asks_without_token);
  CHECK(differs("$(curl http://10.1.1.1/latest/meta-data/local-ipv4)", "route", "10.1.1.1"));
  CHECK(differs("$(curl http://169.254.169.254/latest/user-data)", "route", "does not know"));
}

TEST_CASE("an interface, a route") {
  for (const char* command :
       {"$(ip -4 addr show dev eth0 | awk '/inet/{print $2}')", "`/sbin/ifconfig eth0|grep inet`",
        "$(ip -o -4 addr list eth0 | awk '{print $4}' | cut -d/ -f1)",
        "$(ip -4 addr show scope global dev eth0)", "$(ip addr scope global dev eth0)",
        "$(ip address show dev eth0)", "$(ip -f inet a s eth0 up)",
        R"($(ip -4 addr show eth0 | grep -oP '(?<=inet\s)\d+(\.\d+){3}'))",
        R"x("$(ip addr show eth0 | sed -n 's/.*inet \([0-9.]*\).*/\1/p')")x",
        "$(LANG=C; ifconfig eth0)", "$(LC_ALL=C ifconfig eth0)",
        "$(env LANG=C /sbin/ip a s eth0 || true)", "$(E=eth0; ip addr show $E)"})
    CHECK(is_exactly(command, "interface:eth0"));
  CHECK(is_exactly("$(ip -4 a s ens5|grep -oP 'inet \\K[\\d.]+')", "interface:ens5"));
  CHECK(is_exactly("$(ip route get 8.8.8.8 | awk '{print $7; exit}')", "route"));
  CHECK(is_exactly("$(situp address ec2:eth1 route 2>/dev/null)", "ec2:eth1 route"));
  CHECK(is_exactly("$(situp address)", "ec2"));
  CHECK(is_exactly("$(situp address ec2 xyz route)", "ec2"));
  CHECK(local_source("$(/usr/bin/situp address ec2)").is_situps);
  // Filters are no interfaces.
  CHECK(differs("$(ip -4 addr show up primary)", "route", "names no interface"));
  CHECK(differs("`ifconfig -a | grep inet`", "route", "names no interface"));
  CHECK(local_source("$(situp status he)").word != "ec2");
  for (const char* command :
       {"$(ifconfig)", "$(ip)", "$(ip -f)", "$(ip -f inet)", "$(ip addr)", "$(ip addr show)",
        "$(ip addr show scope)", "$(ip addr show $IFACE)", "$(ip addr show eth$N)",
        "$(ip addr show eth`cat n`)", "$(ip addr show a-name-of-16-let)", "$(ip addr show -br)",
        "$(ip rule show eth0)"})
    CHECK(differs(command, "route", "names no interface"));
  CHECK(differs("$(situp)", "route", "does not know what situp prints"));
  CHECK(differs("$(hostname -I | awk '{print $1}')", "route", "addresses that the host has"));
}

TEST_CASE("a second command, for when the first one fails, is told of") {
  const std::string ask = "$(curl -s http://169.254.169.254/latest/meta-data/local-ipv4";
  CHECK(differs((ask + " || hostname -I)").c_str(), "ec2", "runs hostname -I if that fails"));
  CHECK(differs((ask + " | tr -d x || ip route get 1.1.1.1)").c_str(), "ec2", "runs ip route get"));
  // The first of several is named.
  CHECK(differs((ask + " || hostname -I || true)").c_str(), "ec2", "runs hostname -I if that"));
  for (const char* end : {" || true)", " || exit 1)", " || :)", " ||)", "; hostname -I)"})
    CHECK(is_exactly((ask + end).c_str(), "ec2"));
}

TEST_CASE("services for the public address, and unknown programs") {
  for (const char* command : {"`curl -s ifconfig.me`", "$(curl -s https://checkip.amazonaws.com)",
                              "$(wget -qO- -T 5 http://icanhazip.com/)",
                              "$(curl -4 -m 5 --interface eth0 api.ipify.org)"})
    CHECK(differs(command, "route", "the public address"));
  CHECK(differs("$(dig +short myip.opendns.com @resolver1.opendns.com)", "route", "DNS"));
  CHECK(
      differs("$(cat /etc/my-address)", "route", "does not know what cat /etc/my-address prints"));
  CHECK(differs("$MYIP", "route", "does not know what $MYIP prints"));
  for (const char* torn : {"$(", "`", "$(curl", "$()", "$(curl http://)", "$(curl http://[)"}) {
    CAPTURE(torn);
    CHECK(source(torn) == "route");
  }
  for (const char* url : {"http://[", "http://[fd00:ec2::254", "http://x]", "http://x_y/"})
    CHECK(differs(("$(curl " + std::string(url) + ")").c_str(), "route",
                  "does not know the URL that the command asks"));
}

TEST_CASE("a remark shows the beginning of a long word") {
  struct Row {
    const char *before, *begin;
    std::size_t most;
    const char* after;
  };
  for (const Row& row :
       {Row{"$(curl http://169.254.169.254/latest/meta-data/network/interfaces/macs/", "", 60,
            "/local-ipv4s)"},
        Row{"$(curl http://169.254.169.254/", "latest/meta-data/", 100, ")"},
        Row{"$(curl http://169.254.169.254/", "metadata/v1/", 100, ")"},
        Row{"$(curl http://", "", 60, "/latest/meta-data/local-ipv4)"},
        Row{"$(curl http://", "", 60, "/)"}, Row{"$(situp address ec2 || ", "run ", 60, ")"},
        Row{"$(", "run ", 60, ")"}, Row{"", "$", 60, ""}}) {
    const auto remark = [&](const std::string& text) {
      return local_source(row.before + text + row.after).remark;
    };
    std::string text = row.begin;
    text.resize(row.most, 'a');
    INFO(remark(text));
    CHECK(remark(text).find(text) != std::string::npos);
    CHECK(remark(text).find("…") == std::string::npos);
    CHECK(remark(text + "a").find(text + "…") != std::string::npos);
  }
}
