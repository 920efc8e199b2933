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
  CHECK(std::holds_alternative<FromEc2Public>(*parse_source("ec2:203.0.113.11")));
  CHECK(std::holds_alternative<FromEc2Interface>(*parse_source("ec2:eth1")));
}

TEST_CASE("what is not a source") {
  for (const char* word :
       {"", "EC2", "ec2:", "ec2:a/b", "ec2:127.0.0.1", "interface", "interface:", "route:eth0",
        "127.0.0.1", "0.0.0.0", "224.0.0.1", "1.2.3", "gce", "ec2 ", "$(id)", "eth0"})
    CHECK_MESSAGE(!parse_source(word), word);
}
