// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/metadata.h"

#include <algorithm>

#include "net/pause.h"

namespace situp {
namespace {

// Long enough for one run, and no more: nobody else has a use for this token.
constexpr const char* token_life = "X-aws-ec2-metadata-token-ttl-seconds: 300";
constexpr const char* interfaces_path = "/latest/meta-data/network/interfaces/macs/";

}  // namespace

Metadata::Metadata(const HttpEndpoint& endpoint, Imds imds, std::chrono::milliseconds wait,
                   std::chrono::milliseconds one_try)
    : client_(endpoint, one_try),
      one_try_(one_try),
      only_once_(wait.count() == 0),
      deadline_(Deadline::in(only_once_ ? one_try : wait)) {
  talk_.imds = imds;
}

Answer Metadata::primary() {
  const auto value = get("/latest/meta-data/local-ipv4");
  if (const auto* failure = std::get_if<FailureAnswer>(&value)) return *failure;
  return read_one_address_body(*std::get<const std::string*>(value));
}

Answer Metadata::of_interface(const Mac& mac) {
  const auto value = get(interfaces_path + mac.str() + "/local-ipv4s");
  if (const auto* failure = std::get_if<FailureAnswer>(&value)) return *failure;
  auto answer = read_address_body(*std::get<const std::string*>(value));
  // The primary one comes first.
  if (auto* addresses = std::get_if<std::vector<Ipv4>>(&answer)) addresses->resize(1);
  return answer;
}

/// What is absent is an empty list here.
Answer Metadata::addresses(const std::string& path) {
  const auto value = get(path);
  const auto* failure = std::get_if<FailureAnswer>(&value);
  auto answer = failure == nullptr ? read_address_body(*std::get<const std::string*>(value))
                                   : Answer(*failure);
  const auto* none = std::get_if<FailureAnswer>(&answer);
  if (none != nullptr && none->failure == Failure::no_such_key) return std::vector<Ipv4>();
  return answer;
}

/// No public address is an empty list.
Answer Metadata::public_on(const Mac& mac, Ipv4 address) {
  const std::string path = interfaces_path + mac.str();
  auto answer = addresses(path + "/public-ipv4s");
  const auto* candidates = std::get_if<std::vector<Ipv4>>(&answer);
  if (candidates == nullptr) return answer;
  for (const Ipv4 candidate : *candidates) {
    auto behind = addresses(path + "/ipv4-associations/" + candidate.str());
    const auto* list = std::get_if<std::vector<Ipv4>>(&behind);
    if (list == nullptr) return behind;
    if (std::find(list->begin(), list->end(), address) != list->end())
      return std::vector<Ipv4>{candidate};
  }
  return std::vector<Ipv4>();
}

Answer Metadata::public_of(Ipv4 address) {
  // Most instances have one address, and then two questions are enough.
  auto first = primary();
  const auto* own = std::get_if<std::vector<Ipv4>>(&first);
  if (own == nullptr) return first;
  if (own->front() == address) {
    const auto value = get("/latest/meta-data/public-ipv4");
    if (const auto* failure = std::get_if<FailureAnswer>(&value)) return *failure;
    return read_one_address_body(*std::get<const std::string*>(value));
  }
  const auto list = get(interfaces_path);
  if (const auto* failure = std::get_if<FailureAnswer>(&list)) return *failure;
  const auto macs = read_mac_list(*std::get<const std::string*>(list));
  if (!macs) return FailureAnswer{Failure::bad_body};
  for (const auto& mac : *macs) {
    auto answer = public_on(mac, address);
    const auto* found = std::get_if<std::vector<Ipv4>>(&answer);
    if (found == nullptr || !found->empty()) return answer;
  }
  return FailureAnswer{Failure::no_such_key};
}

Answer Metadata::behind_public(Ipv4 address) {
  const auto list = get(interfaces_path);
  if (const auto* failure = std::get_if<FailureAnswer>(&list)) return *failure;
  const auto macs = read_mac_list(*std::get<const std::string*>(list));
  if (!macs) return FailureAnswer{Failure::bad_body};
  for (const auto& mac : *macs) {
    const auto value = get(interfaces_path + mac.str() + "/ipv4-associations/" + address.str());
    const auto* failure = std::get_if<FailureAnswer>(&value);
    if (failure == nullptr) return read_one_address_body(*std::get<const std::string*>(value));
    // Not on this interface; an address is on one only.
    if (failure->failure != Failure::no_such_key) return *failure;
  }
  return FailureAnswer{Failure::no_such_key};
}

Metadata::Value Metadata::get(const std::string& path) {
  for (;;) {
    if (!asked_for_token_)
      if (const auto failure = get_token()) return *failure;
    const auto header = talk_.has_token ? "X-aws-ec2-metadata-token: " + token_ : std::string();
    const auto action = after_value(talk_, ask(HttpClient::Method::get, path, header));
    switch (action.kind) {
      case Action::Kind::accept:
        forget_tries();
        return &client_.body();
      case Action::Kind::renew_token:
        talk_.renewed = true;
        asked_for_token_ = false;
        break;
      case Action::Kind::retry:
        if (const auto failure = pause(action.failure)) return *failure;
        break;
      case Action::Kind::use_v1:
      case Action::Kind::fail:
        return final_failure(action.failure);
    }
  }
}

std::optional<FailureAnswer> Metadata::get_token() {
  for (;;) {
    const auto action =
        after_token(talk_, ask(HttpClient::Method::put, "/latest/api/token", token_life));
    switch (action.kind) {
      case Action::Kind::accept:
        if (!is_token(client_.body())) return FailureAnswer{Failure::bad_token};
        token_ = client_.body();
        talk_.has_token = true;
        asked_for_token_ = true;
        forget_tries();
        return std::nullopt;
      case Action::Kind::use_v1:
        talk_.has_token = false;
        asked_for_token_ = true;
        forget_tries();
        return std::nullopt;
      case Action::Kind::retry:
        if (const auto failure = pause(action.failure)) return failure;
        break;
      case Action::Kind::renew_token:
      case Action::Kind::fail:
        return final_failure(action.failure);
    }
  }
}

Reply Metadata::ask(HttpClient::Method method, const std::string& path, const std::string& header) {
  cut_short_ = deadline_.left() < one_try_;
  return client_.request(method, path, header, deadline_);
}

/// Waits before the next try, or says why there is none.
std::optional<FailureAnswer> Metadata::pause(const FailureAnswer& failure) {
  if (only_once_ || deadline_.over()) return final_failure(failure);
  last_ = final_failure(failure);
  pause_before_retry(++tries_, deadline_);
  if (deadline_.over()) return last_;
  return std::nullopt;
}

void Metadata::forget_tries() {
  tries_ = 0;
  last_.reset();
}

/// A try that the deadline cut short times out whatever is the matter: what the tries before it met
/// is the better reason.
FailureAnswer Metadata::final_failure(const FailureAnswer& failure) const {
  const bool timed_out = failure.failure == Failure::connect_timeout ||
                         failure.failure == Failure::token_timeout ||
                         failure.failure == Failure::value_timeout;
  return timed_out && cut_short_ && last_ ? *last_ : failure;
}

}  // namespace situp
