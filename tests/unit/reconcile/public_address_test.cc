// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/public_address.h"

#include <doctest/doctest.h>

#include <string>

#include "reconcile/asker.h"
#include "unit/world.h"

using namespace situp;

namespace {

const Ipv4 private_one = *Ipv4::parse("172.31.14.146");
const Ipv4 public_one = *Ipv4::parse("203.0.113.10");

}  // namespace

TEST_CASE(
    "an address that the Internet knows is the public one; a private one has to be asked for") {
  CHECK_FALSE(known_public_address(std::nullopt));
  CHECK_FALSE(known_public_address(private_one));
  CHECK(known_public_address(public_one) == public_one);
  TunnelSpec spec;
  spec.local = {FromInterface{iface_named("eth0")}};
  CHECK(service_for_public_address(spec, private_one, {}) == nullptr);
  spec.local.push_back(default_source());
  CHECK(service_for_public_address(spec, private_one, {}) == service_named("ec2"));
  CHECK(service_for_public_address(spec, public_one, {}) == nullptr);
  CHECK(service_for_public_address(spec, std::nullopt, {}) == nullptr);
  spec.local = {FromCloud{}};
  CHECK(service_for_public_address(spec, private_one, {}) == nullptr);
  CHECK(service_for_public_address(spec, private_one, {"Amazon EC2", "", ""}) ==
        service_named("ec2"));
  // This one does not say it: the broker takes the address that it sees.
  CHECK(service_for_public_address(spec, private_one, {"", "", "OracleCloud.com"}) == nullptr);
}

TEST_CASE("what situp-net is asked for a public address") {
  Config config;
  const auto asked = [&config] {
    return command_for(public_address_question(config, *service_named("ec2"), private_one),
                       std::chrono::milliseconds(1500));
  };
  const Command command = asked();
  CHECK(command.program == SITUP_LIBEXECDIR "/situp-net");
  CHECK(words_of_command(command) ==
        "metadata --wait 1500 --endpoint http://169.254.169.254 --imds auto public-of "
        "172.31.14.146");
  CHECK(command.input.empty());
  config.imds = Imds::v2;
  CHECK(words_of_command(asked()).find("--imds v2 ") != std::string::npos);
}
