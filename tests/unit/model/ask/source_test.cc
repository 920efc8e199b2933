// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/source.h"

#include <doctest/doctest.h>

using namespace situp;

TEST_CASE("each word of SOURCE is read and written back as it was") {
  for (const char* word :
       {"ec2", "ec2:eth1", "ec2:203.0.113.11", "interface:eth0", "interface:eth0.100", "route",
        "172.31.14.146", "any", "cloud", "cloud:eth1", "cloud:203.0.113.11", "gce", "gce:eth1",
        "azure:203.0.113.11", "oracle:eth1", "hetzner", "cloudstack"}) {
    const auto source = parse_source(word);
    REQUIRE_MESSAGE(source, word);
    CHECK(str(*source) == word);
  }
  const Service* ec2 = service_named("ec2");
  CHECK(parse_source("ec2") == Source(FromService{ec2}));
  CHECK(parse_source("ec2:203.0.113.11") == Source(FromService{ec2, *Ipv4::parse("203.0.113.11")}));
  CHECK(parse_source("ec2:eth1") == Source(FromService{ec2, *InterfaceName::parse("eth1")}));
  CHECK(default_source() == Source(FromService{ec2}));
  CHECK(service_of(*parse_source("ec2:eth1")) == ec2);
  CHECK(service_of(*parse_source("interface:eth1")) == nullptr);
  CHECK(parse_source("cloud:eth1") == Source(FromCloud{*InterfaceName::parse("eth1")}));
  const Dmi dmi{"Hetzner", "vServer", ""};
  CHECK(service_of(*parse_source("cloud"), dmi) == service_named("hetzner"));
  CHECK(service_of(*parse_source("cloud")) == nullptr);
  CHECK(service_of(*parse_source("ec2"), dmi) == ec2);
}

TEST_CASE("the interface of a source") {
  for (const char* word : {"ec2:eth1", "cloud:eth1", "interface:eth1"})
    CHECK_MESSAGE(interface_of(*parse_source(word))->str() == "eth1", word);
  for (const char* word : {"ec2", "cloud", "ec2:203.0.113.11", "route", "any", "10.0.0.1"})
    CHECK_MESSAGE(interface_of(*parse_source(word)) == nullptr, word);
}

TEST_CASE("what is not a source") {
  for (const char* word : {"",
                           "EC2",
                           "ec2:",
                           "ec2:a/b",
                           "ec2:127.0.0.1",
                           "interface",
                           "interface:",
                           "route:eth0",
                           "127.0.0.1",
                           "0.0.0.0",
                           "224.0.0.1",
                           "1.2.3",
                           "gcp",
                           "ec2 ",
                           "$(id)",
                           "eth0",
                           "Cloud",
                           "cloud:",
                           "cloud:127.0.0.1",
                           "interface:10.0.0.1",
                           "hetzner:eth0",
                           "hetzner:203.0.113.11",
                           "oracle:203.0.113.11"})
    CHECK_MESSAGE(!parse_source(word), word);
}

TEST_CASE("a service that has no answer for a word is named, with the remedy") {
  CHECK(why_no_source("hetzner:eth1") ==
        "can't be answered: the metadata service of Hetzner Cloud does not say the address of one "
        "interface: write interface:eth1");
  CHECK(why_no_source("oracle:203.0.113.11") ==
        "can't be answered: the metadata service of Oracle Cloud Infrastructure does not say the "
        "private address behind a public one: write the private one itself, or "
        "interface:INTERFACE");
  for (const char* word : {"gcp", "gcp:eth1", "ec2:", "ec2:127.0.0.1", "hetzner:a/b"}) {
    const std::string why = why_no_source(word);
    CHECK(why.starts_with("is not a source of an address: interface:INTERFACE, route, "));
    for (const Service& service : services()) CHECK(why.find(service.name) != std::string::npos);
  }
}
