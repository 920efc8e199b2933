// SPDX-License-Identifier: GPL-2.0-or-later
// What situp believes of its helper's line, and what the helper believes of a service's bodies and
// of DHCP leases, under libFuzzer: make fuzz-answer
#include "fuzz.h"
#include "model/ask/answer.h"
#include "model/ask/lease.h"
#include "model/ask/service_url.h"
#include "net/policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  // A line has one meaning, and a meaning one line.
  if (const auto answer = read_answer(text)) must(write_answer(*answer) == text);

  const auto body = read_address_body(text);
  if (const auto* addresses = std::get_if<std::vector<Ipv4>>(&body)) {
    must(!addresses->empty());
    for (const auto address : *addresses) must(!address.is_unusable_as_endpoint());
  }
  const auto one = read_address_body(text, Form::one);
  if (const auto* addresses = std::get_if<std::vector<Ipv4>>(&one)) {
    must(addresses->size() == 1);
    const auto written = addresses->front().str();
    must(text == written || text == written + '\n');
    must(read_answer(write_answer(one)) == one);
  }

  for (std::size_t place = 0; place < lease_places.size(); ++place) {
    const auto server = server_in_lease(text, place, "2026/11/29 15:33:34");
    const auto* found = std::get_if<std::vector<Ipv4>>(&server);
    if (found == nullptr || found->empty()) continue;
    must(found->size() == 1 && !found->front().is_unusable_as_endpoint());
    must(text.find(found->front().str()) != std::string_view::npos);
  }
  if (const auto gateway = gateway_in(text)) must(!gateway->is_unusable_as_endpoint());

  if (is_token(text)) must(text.find_first_of(" \r\n\t") == std::string_view::npos);
  if (const auto macs = read_mac_list(text)) must(macs->size() <= 64);
  if (const auto url = ServiceUrl::parse(text)) must(text.starts_with(url->str()));
  return 0;
}
