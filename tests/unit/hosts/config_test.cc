// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/config.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

using namespace situp;
using std::chrono::seconds;

namespace {

/// A file with this text, for as long as it lives.
class TextFile {
 public:
  explicit TextFile(std::string_view text) {
    const int fd = mkstemp(name_.data());
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    close(fd);
  }
  ~TextFile() { unlink(name_.c_str()); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  const std::string& name() const { return name_; }

 private:
  std::string name_ = "/tmp/situp-config-XXXXXX";
};

Config read(std::string_view text) {
  const TextFile file(text);
  return Config::read(file.name(), Config::Missing::is_an_error);
}

/// "LINE: why" of the error that the text causes.
std::string error_of(std::string_view text) {
  const TextFile file(text);
  try {
    Config::read(file.name(), Config::Missing::is_fine);
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
    const std::string line = error.what();
    REQUIRE(line.starts_with(file.name() + ':'));
    return line.substr(file.name().size() + 1);
  }
  return "no error";
}

}  // namespace

TEST_CASE("without a file, the defaults") {
  const auto config = Config::read("/nonexistent/situp.conf", Config::Missing::is_fine);
  CHECK(config.url_of(*service_named("ec2")).str() == "http://169.254.169.254");
  CHECK(config.imds == Imds::automatic);
  CHECK(config.timeout == seconds(3));
  CHECK(config.boot_wait == seconds(30));
}

TEST_CASE("a file that the user named has to be there, and any file has to be readable") {
  CHECK_THROWS_AS(Config::read("/nonexistent/x", Config::Missing::is_an_error), Error);
  CHECK_THROWS_AS(Config::read("/tmp", Config::Missing::is_fine), Error);
}

TEST_CASE("every key is read") {
  const auto config = read(
      "# a comment\n; another\n\n[metadata]\nendpoint = http://127.0.0.1:8080/\nimds=v2 ; as it "
      "should be\n"
      "timeout = 0\r\nboot-wait\t=\t300");
  CHECK(config.url_of(*service_named("ec2")).str() == "http://127.0.0.1:8080");
  CHECK(config.imds == Imds::v2);
  CHECK(config.timeout == seconds(0));
  CHECK(config.boot_wait == seconds(300));
}

TEST_CASE("an empty file, and a section in two parts") {
  CHECK(read("").timeout == seconds(3));
  CHECK(read("[metadata]\ntimeout = 1\n   \n[metadata]\nboot-wait = 2\n").boot_wait == seconds(2));
}

TEST_CASE("unknown words") {
  CHECK(error_of("[metdata]\ntimeout = 1\n") == "1: unknown section 'metdata'");
  CHECK(error_of("[ metadata ]\n") == "1: unknown section ' metadata '");
  CHECK(error_of("\n[metadata]\ntimeuot = 1\n") ==
        "3: unknown key 'timeuot'; [metadata] has endpoint, imds, timeout, boot-wait");
  CHECK(error_of("[metadata]\nTimeout = 1\n").starts_with("2: unknown key 'Timeout'"));
  CHECK(error_of("[metadata]\n= 1\n").starts_with("2: unknown key ''"));
  CHECK(error_of("[metadata]\n\x1b[31m = 1\n").starts_with("2: unknown key '?[31m'"));
  CHECK(error_of("timeout = 1\n") == "1: 'timeout' stands before any [section]");
}

TEST_CASE("bad values") {
  for (const char* value : {"", "-1", "301", "3s", "3.5", "03", "0x3", "\"3\""}) {
    CAPTURE(value);
    CHECK(error_of(std::string("[metadata]\ntimeout = ") + value + "\n") ==
          "2: timeout is '" + std::string(value) + "'; it takes whole seconds from 0 to 300");
    CHECK(error_of(std::string("[metadata]\nboot-wait = ") + value + "\n")
              .starts_with("2: boot-wait is '"));
  }
  CHECK(error_of("[metadata]\nimds = v1\n") == "2: imds is 'v1'; it takes auto or v2");
  for (const char* value :
       {"", "169.254.169.254", "https://169.254.169.254", "http://", "http://a/latest",
        "http://u@a", "http://a:0", "http://a:65536", "http://a b", "http://a?x", "http://a#x"}) {
    CAPTURE(value);
    CHECK(error_of(std::string("[metadata]\nendpoint = ") + value + "\n")
              .starts_with("2: endpoint is '"));
  }
}

TEST_CASE("a key is given once") {
  CHECK(error_of("[metadata]\ntimeout = 1\n\ntimeout = 1\n") ==
        "4: timeout is given twice; first on line 2");
  CHECK(error_of("[metadata]\ntimeout = 1\n[metadata]\ntimeout = 2\n")
            .starts_with("4: timeout is given twice"));
}

TEST_CASE("lines that are nothing") {
  CHECK(error_of("[metadata]\ntimeout\n") ==
        "2: neither a [section], KEY = VALUE nor a comment: correct or remove it");
  CHECK(error_of("[metadata]\ntimeout\nimds = v3\n").starts_with("2: neither"));
  CHECK(error_of("[metadata]\nimds = v3\ntimeout\n").starts_with("2: imds is 'v3'"));
  CHECK(error_of("[metadata\n").starts_with("1: a section is [NAME]"));
  CHECK(error_of("[metadata] timeout = 1\n").starts_with("1: a section is [NAME]"));
}

TEST_CASE("what inih would do quietly") {
  const std::string comment(195, '#');
  SUBCASE("a long line isn't split") {
    CHECK(error_of("[metadata]\n#" + std::string(300, 'x') + "timeout = 1\n")
              .starts_with("2: longer than "));
    CHECK(read("[metadata]\n" + comment + "\ntimeout = 1\n").timeout == seconds(1));
  }
  SUBCASE("an indented line isn't part of the value before") {
    CHECK(error_of("[metadata]\nimds = v2\n  timeout = 1\n").starts_with("3: begins with a blank"));
    CHECK(error_of("[metadata]\nimds = v2\n\t# comment\n").starts_with("3: begins with a blank"));
  }
  SUBCASE("a byte-order mark isn't skipped") {
    CHECK(error_of("\xef\xbb\xbf[metadata]\n").starts_with("1: begins with a byte-order mark"));
  }
  SUBCASE("a NUL doesn't end a line") {
    using namespace std::string_view_literals;
    CHECK(error_of("[metadata]\ntimeout = 1\0 2\n"sv) == "2: holds a NUL byte");
  }
  SUBCASE("there is an end to a file") {
    const TextFile file(std::string(70000, '\n'));
    CHECK_THROWS_AS(Config::read(file.name(), Config::Missing::is_fine), Error);
  }
}

TEST_CASE("he is known without a section, and one may say where it is") {
  const auto he = *BrokerName::parse("he");
  CHECK(Config().broker(he).url.str() == "https://ipv4.tunnelbroker.net/nic/update");
  CHECK(Config().broker(he).ca_file.empty());
  const auto moved = read("[broker he]\nca-file = /etc/ca.pem\n");
  CHECK(moved.broker(he).url.str() == "https://ipv4.tunnelbroker.net/nic/update");
  CHECK(moved.broker(he).ca_file == "/etc/ca.pem");
  CHECK(read("[broker he]\nurl = https://b/u\n").broker(he).url.str() == "https://b/u");
}

TEST_CASE("where records of tunnels are") {
  const auto he = *BrokerName::parse("he");
  const auto one = *BrokerName::parse("one");
  CHECK(Config().tunnel_info_service(he).url.str() == "https://tunnelbroker.net/tunnelInfo.php");
  const auto moved = read("[broker he]\nca-file = /etc/ca.pem\nurl = https://b/u\n");
  CHECK(moved.tunnel_info_service(he).url.str() == "https://tunnelbroker.net/tunnelInfo.php");
  CHECK(moved.tunnel_info_service(he).ca_file == "/etc/ca.pem");
  CHECK(read("[broker one]\nrecord = https://b/r\n").tunnel_info_service(one).url.str() ==
        "https://b/r");
  try {
    static_cast<void>(read("[broker one]\nurl = https://b/u\n").tunnel_info_service(one));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(
        std::string(error.what()) ==
        "broker one: has no record in situp.conf: add it to its section, or write the stanza from "
        "the tunnel's page at the broker");
  }
}

TEST_CASE("other brokers are those of the file") {
  const auto config = read("[broker one]\nurl = https://one/u\n[broker two]\n[metadata]\n");
  CHECK(config.broker(*BrokerName::parse("one")).url.str() == "https://one/u");
  CHECK_THROWS_AS(static_cast<void>(config.broker(*BrokerName::parse("two"))), Error);
  CHECK_THROWS_AS(static_cast<void>(config.broker(*BrokerName::parse("three"))), Error);
}

TEST_CASE("a broker's section is read as strictly") {
  CHECK(error_of("[broker he]\nurl = http://b/u\n") == "2: url has to begin with https://");
  CHECK(error_of("[broker he]\nca-file = ca.pem\n") ==
        "2: ca-file is 'ca.pem'; it takes a path that begins with a slash");
  CHECK(error_of("[broker he]\nkeys = x\n") ==
        "2: unknown key 'keys'; [broker he] has url, done, refused, later, record, ca-file");
  CHECK(error_of("[broker he]\nkey = s3cr3t\n") ==
        "2: key belongs into " SITUP_SYSCONFDIR
        "/situp/credentials, which only root can read: move it there");
  CHECK(error_of("[broker he]\nrecord = https://b/u?x\n") ==
        "2: record takes https://HOST/PATH or https://HOST:PORT/PATH, without a user or a query");
  CHECK(error_of("[broker he]\nurl = https://b/u\n\n[broker he]\nurl = https://b/u\n") ==
        "5: url is given twice; first on line 2");
  for (const char* section : {"[broker]", "[broker HE]", "[broker he x]", "[broker  he]"})
    CHECK(error_of(section).find("1: a broker's section is [broker NAME]") == 0);
}

TEST_CASE("netassist is known without a section") {
  const auto netassist = *BrokerName::parse("netassist");
  const auto service = Config().broker(netassist);
  CHECK(service.protocol == &template_protocol());
  CHECK(service.url.str() ==
        "https://tb.netassist.ua/autochangeip.php?l={user}&p={key}&ip={address}");
  CHECK(service.texts.done.str() == "OK!, already registered");
  CHECK(service.needs_address());
  const auto moved = read(
      "[broker netassist]\nca-file = /etc/ca.pem\nurl = https://b/{user}\nrefused = wrong login\n");
  CHECK(moved.broker(netassist).ca_file == "/etc/ca.pem");
  CHECK(moved.broker(netassist).texts.done.str() == "OK!, already registered");
  CHECK(moved.broker(netassist).texts.refused.str() == "wrong login");
  CHECK(!moved.broker(netassist).needs_address());
  CHECK(!Config().has_tunnel_info(netassist));
  CHECK(Config().has_tunnel_info(*BrokerName::parse("he")));
  CHECK(read("[broker netassist]\nrecord = https://b/r\n").has_tunnel_info(netassist));
}

TEST_CASE("a broker of the file's own has a URL with placeholders, and texts") {
  const auto one = *BrokerName::parse("one");
  const auto config = read(
      "[broker one]\ndone = OK, not changed\nrefused = wrong key\nlater = busy\n"
      "url = https://one/u?id={tunnel}\nca-file = /etc/ca.pem\n");
  const auto service = config.broker(one);
  CHECK(service.protocol == &template_protocol());
  CHECK(service.url.str() == "https://one/u?id={tunnel}");
  CHECK(service.texts.done.str() == "OK, not changed");
  CHECK(service.texts.refused.str() == "wrong key");
  CHECK(service.texts.later.str() == "busy");
  CHECK(service.ca_file == "/etc/ca.pem");
  CHECK(!service.needs_address());
  CHECK(!config.has_tunnel_info(one));
  CHECK(read("[broker one]\nurl = https://one/u\ndone = OK\n").broker(one).protocol ==
        &template_protocol());
  CHECK(read("[broker one]\nurl = https://one/u\n").broker(one).protocol == &protocols().front());
  CHECK(read("[broker he]\nurl = https://b/{tunnel}\ndone = OK\n")
            .broker(*BrokerName::parse("he"))
            .protocol == &template_protocol());
}

TEST_CASE("what is wrong in the section of such a broker") {
  CHECK(error_of("[broker one]\nurl = https://b/?id={id}\ndone = OK\n") ==
        "2: url has an unknown placeholder; it takes {tunnel}, {address}, {user} and {key}");
  for (const char* url : {"https://h/tunnelInfo.php?tid=1&key=s3cr3t", "https://u:s3cr3t@h/x"})
    CHECK(error_of(std::string("[broker one]\nrecord = ") + url + "\n") ==
          "2: record takes https://HOST/PATH or https://HOST:PORT/PATH, without a user or a query");
  CHECK(error_of("[broker one]\nurl = https://b/?password=s3cr3t\ndone = OK\n")
            .find("2: url has a literal 'password='") == 0);
  CHECK(error_of("[broker one]\ndone = OK,,\n") ==
        "2: done is 'OK,,'; it takes 1 to 8 texts of at most 64 bytes, with commas between them");
  const auto whole = [](const char* text) {
    try {
      static_cast<void>(read(text));
    } catch (const Error& error) {
      CHECK(error.status() == Exit::configuration);
      return error.why();
    }
    return std::string("no error");
  };
  CHECK(whole("[broker one]\nurl = https://b/{tunnel}\n")
            .find("[broker one] has a url with placeholders or a query, and no done") == 0);
  CHECK(whole("[broker he]\nurl = https://b/x?y\n").find("[broker he] has a url with") == 0);
  CHECK(whole("[broker one]\nurl = https://b/x\nrefused = no\n")
            .find("[broker one] has refused or later, and no done") == 0);
  CHECK(whole("[broker one]\ndone = OK\n") == "[broker one] has done, and no url: add it");
  CHECK(whole("[broker he]\ndone = OK\n") == "[broker he] has done, and no url: add it");
}

TEST_CASE("an unknown broker's error names the known ones") {
  try {
    static_cast<void>(read("[broker one]\nurl = https://b/u\n").broker(*BrokerName::parse("two")));
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(std::string(error.what())
              .find("broker two: situp knows he, netassist, one only: correct the name, or add") ==
          0);
  }
}

TEST_CASE("whom doctor asks is an address of the Internet") {
  CHECK(Config().beyond.str() == "2001:470:20::2");
  CHECK(read("[doctor]\nbeyond = 2001:db8::1\n").beyond.str() == "2001:db8::1");
  for (const char* value : {"fe80::1", "ff02::1", "::", "192.0.2.1", "example.net", ""})
    CHECK(error_of(std::string("[doctor]\nbeyond = ") + value + "\n").find("beyond is") !=
          std::string::npos);
  CHECK(error_of("[doctor]\nendpoint = x\n") == "2: unknown key 'endpoint'; [doctor] has beyond");
}

TEST_CASE("the next hop of tunnels without a remote end") {
  CHECK(Config().next_hop.policy == NextHopPolicy::automatic);
  const auto next_hop = [](const std::string& line) {
    return read("[tunnel]\n" + line + "\n").next_hop;
  };
  CHECK(next_hop("next-hop = auto") == NextHopSettings{});
  CHECK(next_hop("next-hop = gateway").policy == NextHopPolicy::gateway);
  CHECK(next_hop("next-hop = kernel").policy == NextHopPolicy::kernel);
  CHECK(next_hop("next-hop-mark = 0x50000").mark == 0x50000);
  CHECK(next_hop("next-hop-mark = 7").mark == 7);
  CHECK(next_hop("next-hop-table = 300").table == 300);
  CHECK(next_hop("next-hop-preference = 900").preference == 900);
  for (const char* wrong :
       {"next-hop = yes", "next-hop =", "next-hop-mark = 0", "next-hop-mark = 0x",
        "next-hop-mark = 0x1g", "next-hop-mark = 0x100000000", "next-hop-mark = -1",
        "next-hop-table = 254", "next-hop-table = 4294967295", "next-hop-preference = 0",
        "next-hop-preference = 32766", "next-hops = auto"})
    CHECK_THROWS_AS(next_hop(wrong), Error);
}
