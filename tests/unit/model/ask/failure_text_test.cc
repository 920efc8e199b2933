// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/failure_text.h"

#include <doctest/doctest.h>

#include <cerrno>
#include <set>
#include <string>

#include "model/ask/lease.h"

using namespace situp;

namespace {

std::string text_of(Failure failure, unsigned number = 0, const char* source = "ec2") {
  return metadata_failure_text({failure, number}, std::get<FromService>(*parse_source(source)),
                               *ServiceUrl::parse("http://127.0.0.1:80"), "_situp");
}

bool holds(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("each failure has one line of its own, which names the endpoint") {
  std::set<std::string> texts;
  for (int i = 0; i <= static_cast<int>(Failure::protocol); ++i) {
    const auto text = text_of(static_cast<Failure>(i), 2);
    CAPTURE(text);
    CHECK(text.starts_with("the metadata service at http://127.0.0.1:80 "));
    CHECK_FALSE(holds(text, "\n"));
    CHECK_FALSE(text.ends_with('.'));
    CHECK(text.size() < 250);
    CHECK(texts.insert(text).second);
  }
}

TEST_CASE("what the manual and README.md tell of is said in these words") {
  CHECK(holds(text_of(Failure::unreachable, ENETUNREACH), "can't be reached (network is unreach"));
  CHECK(holds(text_of(Failure::connect_timeout), "does not take connections; on EC2, see"));
  CHECK(holds(text_of(Failure::token_timeout),
              "took the connection but did not answer the request for a token in time"));
  CHECK(holds(text_of(Failure::service_off), "says that it is off (403)"));
  CHECK(holds(text_of(Failure::v1_refused), "knows version 1 only"));
}

TEST_CASE("CloudStack's service, which may be elsewhere") {
  const auto text = [](Failure failure, unsigned number = 0) {
    const FromService source{service_named("cloudstack")};
    return metadata_failure_text({failure, number}, source, url_of(*source.service), "_situp");
  };
  CHECK(
      text(Failure::bad_body)
          .starts_with("the metadata service at http://data-server, or else at the DHCP server or "
                       "the default gateway, did not answer"));
  for (const Failure nameless :
       {Failure::name_unknown, Failure::name_timeout, Failure::bad_lease}) {
    CHECK(text(nameless).starts_with("the metadata service at http://data-server has a name "));
    CHECK(holds(text(nameless), "endpoint in situp.conf"));
  }
  CHECK(holds(text(Failure::bad_lease, 1), "a file in /var/lib/dhcp is not"));
  for (const unsigned unknown : {static_cast<unsigned>(lease_places.size()), 4294967295U})
    CHECK(holds(text(Failure::bad_lease, unknown), "a file in a folder of leases is not"));
  CHECK_FALSE(holds(text_of(Failure::bad_body, 0, "cloudstack"), "DHCP"));
}

TEST_CASE("what to do is in it") {
  CHECK(holds(text_of(Failure::unreachable, ECONNREFUSED), "(connection refused)"));
  CHECK(holds(text_of(Failure::unreachable), "closed the connection"));
  for (const Failure refused : {Failure::unreachable, Failure::connect_timeout})
    CHECK(holds(text_of(refused), "reserves it for root (situp asks as _situp)"));
  CHECK(holds(text_of(Failure::token_timeout), "HttpPutResponseHopLimit to 2"));
  CHECK(holds(text_of(Failure::service_off), "(403): enable it"));
  CHECK(holds(text_of(Failure::bad_status, 418), "418"));
  CHECK(holds(text_of(Failure::v1_refused), "imds = v2"));
  CHECK(holds(text_of(Failure::several, 3, "ec2:198.51.100.7"), "gave 3 addresses"));
  CHECK(holds(text_of(Failure::several, 3, "ec2:198.51.100.7"), "instead of ec2:198.51.100.7"));
  CHECK(holds(text_of(Failure::no_such_key), "no private IPv4 address"));
  CHECK(holds(text_of(Failure::no_such_key, 0, "ec2:eth1"), "30 seconds"));
}

TEST_CASE("a situp-net that was killed is not taken for a service that is slow") {
  CHECK(holds(ended_text({Failure::killed, 9}), "was ended by signal 9"));
  CHECK(holds(ended_text({Failure::broken}), "is it of the same version as situp?"));
}

TEST_CASE("a name's failures") {
  CHECK(dns_failure_text({Failure::name_unknown}) ==
        "there is no such name, or it has no IPv4 address: correct the name, or write the "
        "address itself");
  CHECK(holds(dns_failure_text({Failure::name_timeout}), "in time"));
  CHECK(holds(dns_failure_text({Failure::protocol}), "no usable answer"));
}
