// SPDX-License-Identifier: GPL-2.0-or-later
// What the helper believes of the JSON of metadata services, under libFuzzer: make fuzz-instance
#include "fuzz.h"
#include "net/instance_json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Service& service : services()) {
    if (service.json.path.empty()) continue;
    const auto read = read_instance_json(text, service.json);
    const auto* all = std::get_if<std::vector<InstanceAddress>>(&read);
    if (all == nullptr) continue;
    must(all->size() <= 64);
    MetadataQuestion question{&service, url_of(service), Imds::automatic, PrimaryAddress{}};
    must(std::holds_alternative<FailureAnswer>(answer_from(*all, question)) == all->empty());
    for (const InstanceAddress& one : *all) {
      must(!one.address.is_unusable_as_endpoint());
      for (const Ipv4 address : one.publics) {
        must(!address.is_unusable_as_endpoint());
        // Each address leads to the other one, or to one of the same.
        question.key = PrivateAddress{address};
        must(std::holds_alternative<std::vector<Ipv4>>(answer_from(*all, question)));
      }
      if (one.mac) {
        question.key = InterfaceAddress{*one.mac};
        must(std::holds_alternative<std::vector<Ipv4>>(answer_from(*all, question)));
      }
    }
  }
  return 0;
}
