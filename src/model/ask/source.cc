// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/source.h"

namespace situp {
namespace {

std::optional<Source> parse_part(const Service& service, std::string_view of) {
  if (const auto address = Ipv4::parse(of)) {
    if (service.private_of_public.path.empty() || address->is_unusable_as_endpoint())
      return std::nullopt;
    return FromService{&service, *address};
  }
  const auto interface = InterfaceName::parse(of);
  if (service.of_interface.path.empty() || !interface) return std::nullopt;
  return FromService{&service, *interface};
}

}  // namespace

std::optional<Source> parse_source(std::string_view word) {
  if (word == "route") return FromRoute{};
  if (word == "any") return AnyLocal{};
  if (const auto literal = Ipv4::parse(word); literal && !literal->is_unusable_as_endpoint())
    return *literal;
  const std::size_t colon = word.find(':');
  const std::string_view name = word.substr(0, colon);
  const Service* service = service_named(name);
  if (colon == std::string_view::npos)
    return service == nullptr ? std::nullopt : std::optional<Source>(FromService{service});
  const std::string_view of = word.substr(colon + 1);
  if (service != nullptr) return parse_part(*service, of);
  if (name == "interface")
    if (const auto interface = InterfaceName::parse(of)) return FromInterface{*interface};
  return std::nullopt;
}

std::string str(const Source& source) {
  struct Words {
    std::string operator()(const FromService& s) const {
      const std::string name(s.service->name);
      if (const auto* interface = std::get_if<InterfaceName>(&s.of))
        return name + ':' + interface->str();
      if (const auto* address = std::get_if<Ipv4>(&s.of)) return name + ':' + address->str();
      return name;
    }
    std::string operator()(const FromInterface& s) const {
      return "interface:" + s.interface.str();
    }
    std::string operator()(const FromRoute&) const { return "route"; }
    std::string operator()(const Ipv4& address) const { return address.str(); }
    std::string operator()(const AnyLocal&) const { return "any"; }
  };
  return std::visit(Words{}, source);
}

Source default_source() {
  return FromService{&services().front()};
}

const Service* service_of(const Source& source) {
  const auto* from = std::get_if<FromService>(&source);
  return from == nullptr ? nullptr : from->service;
}

namespace {

std::string words_of_services() {
  std::string words;
  for (const Service& service : services()) {
    const std::string name(service.name);
    words += name + ", ";
    if (!service.of_interface.path.empty()) words += name + ":INTERFACE, ";
    if (!service.private_of_public.path.empty())
      words += name + ':' + std::string(service.public_address) + ", ";
  }
  return words + "interface:INTERFACE";
}

}  // namespace

std::string source_words() {
  return words_of_services() + ", route, an IPv4 address, any";
}

std::string own_source_words() {
  return words_of_services() + " or A.B.C.D";
}

}  // namespace situp
