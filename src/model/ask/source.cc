// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/source.h"

namespace situp {
namespace {

using Of = decltype(FromService::of);

/// The part behind the colon.
std::optional<Of> parse_of(std::string_view text) {
  if (const auto address = Ipv4::parse(text))
    return address->is_unusable_as_endpoint() ? std::nullopt : std::optional<Of>(*address);
  if (const auto interface = InterfaceName::parse(text)) return *interface;
  return std::nullopt;
}

std::string word_of(std::string_view name, const Of& of) {
  std::string word(name);
  if (const auto* interface = std::get_if<InterfaceName>(&of)) return word + ':' + interface->str();
  if (const auto* address = std::get_if<Ipv4>(&of)) return word + ':' + address->str();
  return word;
}

}  // namespace

std::optional<Source> parse_source(std::string_view word) {
  if (word == "route") return FromRoute{};
  if (word == "any") return AnyLocal{};
  if (const auto literal = Ipv4::parse(word); literal && !literal->is_unusable_as_endpoint())
    return *literal;
  const std::size_t colon = word.find(':');
  const std::string_view name = word.substr(0, colon);
  const bool is_cloud = name == "cloud";
  const Service* service = service_named(name);
  if (name != "interface" && !is_cloud && service == nullptr) return std::nullopt;
  const auto of = colon == std::string_view::npos ? Of{} : parse_of(word.substr(colon + 1));
  if (!of) return std::nullopt;
  if (is_cloud) return FromCloud{*of};
  if (service != nullptr)
    return says(*service, *of) ? std::optional<Source>(FromService{service, *of}) : std::nullopt;
  if (const auto* interface = std::get_if<InterfaceName>(&*of)) return FromInterface{*interface};
  return std::nullopt;
}

std::string str(const Source& source) {
  struct Words {
    std::string operator()(const FromService& s) const { return word_of(s.service->name, s.of); }
    std::string operator()(const FromCloud& s) const { return word_of("cloud", s.of); }
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

const Service* service_of(const Source& source, const Dmi& dmi) {
  if (std::holds_alternative<FromCloud>(source)) return cloud_service(dmi);
  const auto* from = std::get_if<FromService>(&source);
  return from == nullptr ? nullptr : from->service;
}

const InterfaceName* interface_of(const Source& source) {
  if (const auto* from = std::get_if<FromInterface>(&source)) return &from->interface;
  const auto* service = std::get_if<FromService>(&source);
  const auto* cloud = std::get_if<FromCloud>(&source);
  const Of* of = service != nullptr ? &service->of : cloud != nullptr ? &cloud->of : nullptr;
  return of == nullptr ? nullptr : std::get_if<InterfaceName>(of);
}

bool says(const Service& service, const Of& of) {
  if (std::holds_alternative<InterfaceName>(of)) return service.says_of_interfaces();
  return !std::holds_alternative<Ipv4>(of) || service.says_private_of_public();
}

std::string why_not_said(const Service& service, const Of& of) {
  const std::string whose = "the metadata service of " + std::string(service.title);
  if (const auto* interface = std::get_if<InterfaceName>(&of))
    return whose +
           " does not say the address of one interface: write interface:" + interface->str();
  return whose +
         " does not say the private address behind a public one: write the private one "
         "itself, or interface:INTERFACE";
}

std::string why_no_source(std::string_view word) {
  const std::size_t colon = word.find(':');
  const Service* service = service_named(word.substr(0, colon));
  const auto of = colon == std::string_view::npos ? std::nullopt : parse_of(word.substr(colon + 1));
  if (service != nullptr && of && !says(*service, *of))
    return "can't be answered: " + why_not_said(*service, *of);
  return "is not a source of an address: interface:INTERFACE, route, an IPv4 address, any, cloud, "
         "or a cloud's own word, alone or with :INTERFACE or :PUBLIC-ADDRESS: " +
         service_names();
}

std::string service_names() {
  std::string names;
  for (const Service& service : services())
    names += (names.empty() ? "" : ", ") + std::string(service.name);
  return names;
}

}  // namespace situp
