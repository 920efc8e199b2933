// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/source.h"

namespace situp {

const char* const source_words =
    "ec2, ec2:INTERFACE, ec2:ELASTIC-IP, interface:INTERFACE, route, an IPv4 address, any";

std::optional<Source> parse_source(std::string_view word) {
  if (word == "ec2") return FromEc2{};
  if (word == "route") return FromRoute{};
  if (word == "any") return AnyLocal{};
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) {
    const auto literal = Ipv4::parse(word);
    if (!literal || literal->is_unusable_as_endpoint()) return std::nullopt;
    return *literal;
  }
  const std::string_view kind = word.substr(0, colon);
  const std::string_view of = word.substr(colon + 1);
  if (kind == "ec2") {
    if (const auto address = Ipv4::parse(of)) {
      if (address->is_unusable_as_endpoint()) return std::nullopt;
      return FromEc2Public{*address};
    }
    if (const auto interface = InterfaceName::parse(of)) return FromEc2Interface{*interface};
  }
  if (kind == "interface")
    if (const auto interface = InterfaceName::parse(of)) return FromInterface{*interface};
  return std::nullopt;
}

std::string str(const Source& source) {
  struct Words {
    std::string operator()(const FromEc2&) const { return "ec2"; }
    std::string operator()(const FromEc2Interface& s) const { return "ec2:" + s.interface.str(); }
    std::string operator()(const FromEc2Public& s) const { return "ec2:" + s.address.str(); }
    std::string operator()(const FromInterface& s) const {
      return "interface:" + s.interface.str();
    }
    std::string operator()(const FromRoute&) const { return "route"; }
    std::string operator()(const Ipv4& address) const { return address.str(); }
    std::string operator()(const AnyLocal&) const { return "any"; }
  };
  return std::visit(Words{}, source);
}

bool is_metadata(const Source& source) {
  return std::holds_alternative<FromEc2>(source) ||
         std::holds_alternative<FromEc2Interface>(source) ||
         std::holds_alternative<FromEc2Public>(source);
}

}  // namespace situp
