// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/instance_json.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;

namespace {

using All = std::vector<InstanceAddress>;

constexpr ServiceJson row{.path = "/",
                          .interfaces = "nics/*",
                          .mac = "mac",
                          .addresses = "ips/*",
                          .only = {"family", "4"},
                          .unless = "extra",
                          .private_address = {"own", "held"},
                          .public_address = "nat/*/ip",
                          .primary = {"type", "public"}};

std::string nic(const std::string& mac, const std::string& ips, const std::string& more = "") {
  return R"({"mac":")" + mac + R"(","ips":[)" + ips + "]" + more + "}";
}
std::string ip(const std::string& fields) {
  return R"({"family":"4",)" + fields + "}";
}
std::string document(const std::string& nics) {
  return R"({"other":[1,2.5,true,null,{"a":{}}],"nics":[)" + nics + "]}\n";
}
std::variant<All, FailureAnswer> failed(Failure failure) {
  return FailureAnswer{failure};
}
Answer ask(const std::string& body, decltype(MetadataQuestion::key) key,
           const ServiceJson& as = row) {
  const auto all = read_instance_json(body, as);
  REQUIRE(std::holds_alternative<All>(all));
  return answer_from(
      std::get<All>(all),
      MetadataQuestion{&services().front(), url_of(services().front()), Imds::automatic, key});
}
Ipv4 v4(const char* text) {
  return *Ipv4::parse(text);
}
Answer one(const char* text) {
  return std::vector{v4(text)};
}
const Answer none = FailureAnswer{Failure::no_such_key};

}  // namespace

TEST_CASE("an instance's addresses are found in JSON") {
  const std::string body = document(
      nic("0A1B2C3D4E5F", R"({"family":"6","own":"fe80::1"},)" +
                              ip(R"("own":"10.0.0.4","extra":true)") + "," +
                              ip(R"("own":"10.0.0.5","extra":false)")) +
      "," +
      nic("0a:1b:2c:3d:4e:60",
          ip(R"("own":null,"held":"192.0.2.7")") + "," +
              ip(R"("own":"10.0.1.6","nat":[{"ip":"198.51.100.7"},{"ip":"198.51.100.8"}])"),
          R"(,"type":"public")"));
  CHECK(ask(body, PrimaryAddress{}) == one("192.0.2.7"));
  CHECK(ask(body, InterfaceAddress{*Mac::parse("0a:1b:2c:3d:4e:5f")}) == one("10.0.0.5"));
  CHECK(ask(body, InterfaceAddress{*Mac::parse("0A:1B:2C:3D:4E:60")}) == one("192.0.2.7"));
  CHECK(ask(body, InterfaceAddress{*Mac::parse("0a:1b:2c:3d:4e:61")}) == none);
  CHECK(ask(body, PrivateAddress{v4("198.51.100.8")}) == one("10.0.1.6"));
  CHECK(ask(body, PrivateAddress{v4("198.51.100.9")}) == none);
  CHECK(ask(body, PublicAddress{v4("10.0.1.6")}) == one("198.51.100.7"));
  CHECK(ask(body, PublicAddress{v4("10.0.0.5")}) == none);
}

TEST_CASE("without a primary interface, the first address is the primary one") {
  const std::string body = document(nic("", "") + "," + nic("", ip(R"("own":"10.0.0.5")")) + "," +
                                    nic("", ip(R"("own":"10.0.0.6")")));
  CHECK(ask(body, PrimaryAddress{}) == one("10.0.0.5"));
  CHECK(ask(document(""), PrimaryAddress{}) == none);
  CHECK(ask(R"({"nics":null})", PrimaryAddress{}) == none);
  CHECK(ask("{}", PrimaryAddress{}) == none);
}

TEST_CASE("an address with its length") {
  ServiceJson with_length{.path = "/",
                          .interfaces = "",
                          .private_address = {"public/*", "private/*"},
                          .has_length = true};
  CHECK(ask(R"({"public":["192.0.2.1/32","192.0.2.2/32"],"private":["10.0.0.1/32"]})",
            PrimaryAddress{}, with_length) == one("192.0.2.1"));
  CHECK(ask(R"({"public":[],"private":["10.0.0.1/32"]})", PrimaryAddress{}, with_length) ==
        one("10.0.0.1"));
  CHECK(read_instance_json(R"({"public":["192.0.2.1/24"]})", with_length) ==
        failed(Failure::bad_body));
  with_length.has_length = false;
  CHECK(read_instance_json(R"({"public":["192.0.2.1/32"]})", with_length) ==
        failed(Failure::bad_body));
}

TEST_CASE("JSON that no service should send") {
  CHECK(read_instance_json("", row) == failed(Failure::no_such_key));
  const std::string good = nic("", ip(R"("own":"10.0.0.5")"));
  REQUIRE(std::get<All>(read_instance_json(document(good), row)).size() == 1);
  std::string many = good;
  for (int i = 1; i < 64; ++i) many += "," + good;
  CHECK(std::get<All>(read_instance_json(document(many), row)).size() == 64);
  const std::string seven = std::string(7, '[') + std::string(7, ']');
  CHECK(std::holds_alternative<All>(read_instance_json(R"({"x":)" + seven + "}", row)));
  for (const std::string& body : {std::string("\n"),
                                  std::string("null"),
                                  std::string("[]x"),
                                  std::string("{"),
                                  std::string("<html>"),
                                  std::string("10.0.0.5"),
                                  std::string("\"10.0.0.5\""),
                                  std::string("[\0]", 3),
                                  std::string(R"({"nics":[],"nics":[]})"),
                                  "\xef\xbb\xbf" + document(good),
                                  document(many + "," + good),
                                  R"({"x":[)" + seven + "]}",
                                  std::string(60000, '['),
                                  document(nic("", ip(R"("own":5)"))),
                                  document(nic("", ip(R"("own":["10.0.0.5"])"))),
                                  document(nic("", ip(R"("own":"10.0.0.5\u0000")"))),
                                  document(nic("", ip("\"own\":\"$(reboot)\""))),
                                  document(nic("", ip(R"("own":"010.0.0.5")"))),
                                  document(nic("", ip(R"("own":"0.0.0.0")"))),
                                  document(nic("", ip(R"("own":"127.0.0.1")"))),
                                  document(nic("", ip(R"("own":"224.0.0.1")"))),
                                  document(nic("", ip(R"("own":"fe80::1")"))),
                                  document(nic("", ip(R"("own":"10.0.0.5","nat":[{"ip":"x"}])"))),
                                  document(nic("0a1b2c3d4e", ip(R"("own":"10.0.0.5")"))),
                                  document(nic("0a1b2c3d4e5g", ip(R"("own":"10.0.0.5")")))}) {
    CAPTURE(body.substr(0, 200));
    CHECK(read_instance_json(body, row) == failed(Failure::bad_body));
  }
  // A bracket in a text is no level.
  const std::string brackets = R"({"x":"[[[[[[[[[\"[[[[[[[[[\\"})";
  CHECK(std::holds_alternative<All>(read_instance_json(brackets, row)));
}
