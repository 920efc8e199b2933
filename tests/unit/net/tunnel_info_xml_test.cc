// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/tunnel_info_xml.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;
using namespace std::string_literals;

namespace {

const TunnelId tunnel = *TunnelId::parse("123456");

const std::string fields =
    "  <serverv4>216.66.80.26</serverv4>\n"
    "  <clientv4>203.0.113.10</clientv4>\n"
    "  <serverv6>2001:470:1f04:1::1</serverv6>\n"
    "  <clientv6>2001:470:1f04:1::2</clientv6>\n"
    "  <routed64>2001:470:abcd:c70::/64</routed64>\n";

/// As Hurricane Electric writes it.
std::string document(const std::string& inside, const std::string& head = "") {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + head +
         "<tunnels>\n <tunnel id=\"123456\">\n" + inside + " </tunnel>\n</tunnels>\n";
}

TunnelInfoAnswer read(const std::string& text) {
  return read_tunnel_info_xml(text, tunnel);
}

const TunnelInfoAnswer info = TunnelInfo{*Ipv4::parse("216.66.80.26"),
                                         *Ipv4::parse("203.0.113.10"),
                                         *Ipv6Net::parse("2001:470:1f04:1::1/64"),
                                         *Ipv6Net::parse("2001:470:1f04:1::2/64"),
                                         *Ipv6Net::parse("2001:470:abcd:c70::/64"),
                                         std::nullopt};

TunnelInfoAnswer failed(Failure failure, unsigned number = 0) {
  return FailureAnswer{failure, number};
}

std::string repeated(const std::string& text, unsigned times) {
  std::string all;
  while (times-- > 0) all += text;
  return all;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("a record as it comes") {
  CHECK(read(document(fields)) == info);
  // What else is in there is nothing to us, whatever it says.
  CHECK(read(document(
            "<description>&lt;serverv4&gt; \xc3\xa9 &#x1f680; <![CDATA[<x>]]></description>" +
            fields + "<rdns1>ns1.he.net</rdns1><rdns2/>")) == info);
  CHECK(read(document("<description>" + std::string(5000, 'x') + "</description>" + fields)) ==
        info);
  CHECK(read(document("<routed48/>" + fields)) == info);
  // Pieces of a value, and blanks around it.
  CHECK(read(document(
            replaced(fields, "216.66.80.26", "\n 216.6<!-- -->6.80.<![CDATA[2]]>&#54; "))) == info);
  const auto with_48 = read(document(fields + "<routed48>2001:470:9000::/48</routed48>"));
  REQUIRE(std::holds_alternative<TunnelInfo>(with_48));
  CHECK(std::get<TunnelInfo>(with_48).routed48 == Ipv6Net::parse("2001:470:9000::/48"));
}

TEST_CASE("words and pages are no record") {
  for (const auto& text :
       {""s, "\n"s, "badauth"s, "ERROR: Invalid API key or password"s,
        "<html><body>x</body></html>"s, "<!doctype html>"s, "<!DOCTYPE html>\n<html><head>"s,
        "<!DOCTYPE HTML PUBLIC '-//W3C//DTD HTML 4.01//EN' 'x'>"s,
        "<!DOCTYPE html [<!ENTITY a 'b'>]><tunnels/>"s, "<error>no</error>"s, "{}"s, "\0"s,
        "<?xml version='1.0'?>"s, "<tunnel id='123456'/>"s}) {
    CAPTURE(text);
    CHECK(read(text) == failed(Failure::no_tunnel_info));
  }
}

TEST_CASE("whose record it is") {
  CHECK(read("<tunnels></tunnels>") == failed(Failure::no_such_key));
  CHECK(read("<tunnels>no such tunnel</tunnels>") == failed(Failure::no_such_key));
  const auto whole = document(fields);
  for (const auto* id :
       {"id=\"123457\"", "id=\" 123456\"", "id=\"\"", "", "ID=\"123456\"", "number=\"123456\""}) {
    CAPTURE(id);
    CHECK(read(replaced(whole, "id=\"123456\"", id)) == failed(Failure::bad_body));
  }
  const auto twice = replaced(whole, "</tunnels>", "<tunnel id=\"123456\"></tunnel></tunnels>");
  CHECK(read(twice) == failed(Failure::several, 2));
}

TEST_CASE("what is wrong in a record is the end of all of it") {
  const auto refused = [](const std::string& text) {
    CAPTURE(text.substr(0, 300));
    CHECK(read(text) == failed(Failure::bad_body));
  };
  const auto whole = document(fields);
  // cut off
  for (std::size_t size = whole.find("<tunnels>") + 9; size + 1 < whole.size(); size += 7)
    refused(whole.substr(0, size));
  refused(whole + "<tunnels/>");
  refused(whole + "x");
  // missing, there twice, of another type
  refused(document(""));
  refused(document(replaced(fields, "<clientv4>203.0.113.10</clientv4>", "")));
  refused(document(fields + "<clientv4>203.0.113.10</clientv4>"));
  refused(document(replaced(fields, "216.66.80.26", "$(reboot)")));
  refused(document(replaced(fields, "216.66.80.26", "2001:db8::1")));
  refused(document(replaced(fields, "216.66.80.26", "")));
  refused(document(replaced(fields, "216.66.80.26", "216.66.80.26\n    up reboot")));
  refused(document(replaced(fields, "216.66.80.26", std::string(200, ' ') + "216.66.80.26")));
  refused(document(replaced(fields, "/64", "/48")));
  // deeper than tunnel info, of more than it has
  refused(document(replaced(fields, "216.66.80.26", "<b>216.66.80.26</b>")));
  refused(document("<description><b/></description>" + fields));
  refused("<tunnels><other/></tunnels>");
  refused(document(fields + repeated("<x/>", 64)));
  refused("<tunnels>" + repeated("<tunnel id='123456'>", 20000));
  // not well-formed
  refused(document(fields + "<x></y>"));
  refused(document(fields + "<x>&nothing;</x>"));
  refused(document(fields + "<x a='1' a='2'/>"));
  refused(document(fields + "\x01"));
  refused(document(fields + "\xff\xfe"));
}

TEST_CASE("there are no entities") {
  const std::string laughs = [] {
    std::string text = "<!DOCTYPE tunnels [<!ENTITY a0 'ha'>";
    for (char i = '1'; i <= '9'; ++i)
      text += std::string("<!ENTITY a") + i + " '" +
              repeated(std::string("&a") + static_cast<char>(i - 1) + ';', 10) + "'>";
    return text + "]>";
  }();
  for (const auto& head :
       {laughs, "<!DOCTYPE tunnels>"s, "<!DOCTYPE tunnels SYSTEM 'file:///etc/situp/credentials'>"s,
        "<!DOCTYPE tunnels [<!ENTITY a9 SYSTEM 'file:///etc/situp/credentials'>]>"s,
        "<!DOCTYPE tunnels [<!ENTITY % p SYSTEM 'http://127.0.0.1/x'> %p;]>"s}) {
    CAPTURE(head);
    const auto bomb = document(replaced(fields, "216.66.80.26", "&a9;"), head);
    CHECK(read(bomb) == failed(Failure::bad_body));
    CHECK(read(document(fields, head)) == failed(Failure::bad_body));
  }
}
