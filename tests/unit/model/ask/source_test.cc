// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/source.h"

#include <doctest/doctest.h>

using namespace situp;

TEST_CASE("each word of SOURCE is read and written back as it was") {
  for (const char* word : {"ec2", "ec2:eth1", "ec2:203.0.113.11", "interface:eth0",
                           "interface:eth0.100", "route", "172.31.14.146", "any"}) {
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
}

TEST_CASE("what is not a source") {
  for (const char* word :
       {"", "EC2", "ec2:", "ec2:a/b", "ec2:127.0.0.1", "interface", "interface:", "route:eth0",
        "127.0.0.1", "0.0.0.0", "224.0.0.1", "1.2.3", "gce", "ec2 ", "$(id)", "eth0"})
    CHECK_MESSAGE(!parse_source(word), word);
}

TEST_CASE("messages list the words of each service") {
  for (const auto& [words, end] : {std::pair{source_words(), ", route, an IPv4 address, any"},
                                   std::pair{own_source_words(), " or A.B.C.D"}}) {
    CHECK(words.starts_with("ec2, ec2:INTERFACE, ec2:ELASTIC-IP, "));
    CHECK(words.ends_with(std::string(", interface:INTERFACE") + end));
  }
}
