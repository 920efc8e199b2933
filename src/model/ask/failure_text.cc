// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/failure_text.h"

#include "base/error.h"
#include "model/ask/lease.h"

namespace situp {
namespace {

constexpr const char* in_its_place = "; is something else answering in its place?";

std::string no_connection(unsigned number) {
  // Connected, but then broken off without an error of the system's.
  if (number == 0) return "closed the connection before all of its answer was there";
  return "can't be reached (" + meaning_of(static_cast<int>(number)) + ")";
}

bool has_no_address(Failure failure) {
  return failure == Failure::name_unknown || failure == Failure::name_timeout ||
         failure == Failure::bad_lease;
}

/// The text after "the metadata service at ENDPOINT ".
std::string metadata_predicate(const FailureAnswer& failure, const FromService& source,
                               bool falls_back, std::string_view user) {
  const Service& service = *source.service;
  const std::string on_it = "; on " + std::string(service.title) + ", see ";
  switch (failure.failure) {
    case Failure::unreachable:
      return no_connection(failure.number) + on_it +
             "that the network is up, the service enabled, and no firewall reserves it for root "
             "(situp asks as " +
             std::string(user) + "); elsewhere, name another source";
    case Failure::connect_timeout:
      return "does not take connections" + on_it +
             "that it is enabled, and that no route or firewall keeps packets from it, or reserves "
             "it for root (situp asks as " +
             std::string(user) + "); elsewhere, name another source";
    case Failure::token_timeout:
      return "took the connection but did not answer the request for a token in time; " +
             std::string(service.token.advice);
    case Failure::value_timeout:
      return "gave no whole answer in time; try again, or raise timeout in situp.conf";
    case Failure::unavailable:
      return "is busy (" + std::to_string(failure.number) +
             ") and stayed so; try again later, and look for what else here asks it often";
    case Failure::no_such_key:
      if (std::holds_alternative<std::monostate>(source.of))
        return "knows no private IPv4 address of this instance; name another source";
      return "knows no such interface or address; a new one takes up to 30 seconds to appear there";
    case Failure::name_unknown:
      return std::string("has a name that does not resolve to an address") +
             (falls_back ? ", and this host has neither a lease nor a default route "
                           "that leads to one: write endpoint in situp.conf"
                         : "; see endpoint in situp.conf");
    case Failure::name_timeout:
      return "has a name that was not resolved in time; write endpoint in situp.conf as an address";
    case Failure::service_off:
      return "says that it is off (403): enable it for this instance, or name another source";
    case Failure::token_refused:
      return "refused the token that it had just given (401); see whether something stands between "
             "it and this host";
    case Failure::v1_refused:
      return "knows version 1 only, and situp.conf says imds = v2; remove that line, or name "
             "another "
             "source";
    case Failure::bad_token:
      return std::string("gave a token that can't be one") + in_its_place;
    case Failure::bad_status:
      return "answered with HTTP status " + std::to_string(failure.number) +
             ", which is not one that it has for this" + in_its_place;
    case Failure::bad_body:
      return std::string("did not answer with an IPv4 address that a tunnel can have") +
             in_its_place;
    case Failure::several:
      return "gave " + std::to_string(failure.number) +
             " addresses where one is needed; write the right one instead of " +
             str(Source(source));
    case Failure::bad_lease:
      return "has a name that does not resolve, and a file in " +
             std::string(failure.number < lease_places.size() ? lease_places[failure.number].folder
                                                              : "a folder of leases") +
             " is not as a DHCP client writes it: see what is in it, or write endpoint in "
             "situp.conf";
    case Failure::too_large:
      return std::string("answered with more than 64 KiB") + in_its_place;
    case Failure::other_service:
      return "answers without the header of " + std::string(service.title) + "'s, " +
             std::string(service.answer_header) + in_its_place;
    case Failure::killed:
    case Failure::broken:
    case Failure::protocol:
    case Failure::untrusted:
    case Failure::no_ca_file:
    case Failure::no_tunnel_info:
      return std::string("does not speak HTTP") + in_its_place;
  }
  return "gave no usable answer";
}

}  // namespace

std::string metadata_failure_text(const FailureAnswer& failure, const FromService& source,
                                  const ServiceUrl& url, std::string_view user) {
  const bool falls_back = falls_back_on_dhcp(*source.service, url);
  return "the metadata service at " + url.str() +
         (falls_back && !has_no_address(failure.failure)
              ? ", or else at the DHCP server or the default gateway, "
              : " ") +
         metadata_predicate(failure, source, falls_back, user);
}

std::string ended_text(const FailureAnswer& failure) {
  if (failure.failure == Failure::killed)
    return "was ended by signal " + std::to_string(failure.number) +
           " before it had an answer: see in the system's log what ended it, and try again";
  return "gave no answer that can be believed: is it of the same version as situp?";
}

std::string dns_failure_text(const FailureAnswer& failure) {
  switch (failure.failure) {
    case Failure::name_unknown:
      return "there is no such name, or it has no IPv4 address: correct the name, or write the "
             "address itself";
    case Failure::name_timeout:
      return "DNS gave no answer in time; try again, or write the address itself";
    default:
      return "DNS gave no usable answer: see /etc/resolv.conf, or write the address itself";
  }
}

}  // namespace situp
