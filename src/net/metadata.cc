// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/metadata.h"

#include <algorithm>

#include "base/text.h"
#include "net/pause.h"

namespace situp {
namespace {

std::string path_of(const ServiceValue& value, const Mac& mac, Ipv4 public_address) {
  return replaced(replaced(value.path, "{mac}", mac.str()), "{public}", public_address.str());
}

bool is_none(const Answer& answer) {
  const auto* failure = std::get_if<FailureAnswer>(&answer);
  return failure != nullptr && failure->failure == Failure::no_such_key;
}

}  // namespace

Metadata::Metadata(const MetadataQuestion& question, std::chrono::milliseconds wait,
                   std::chrono::milliseconds one_try)
    : question_(question),
      service_(*question.service),
      client_(question.service_url, one_try),
      one_try_(one_try),
      only_once_(wait.count() == 0),
      deadline_(Deadline::in(only_once_ ? one_try : wait)),
      talk_{&service_, question.imds},
      asked_for_token_(service_.token.path.empty()) {}

Answer Metadata::answer() {
  struct Key {
    Metadata& self;
    Answer operator()(const PrimaryAddress&) const { return self.get(self.service_.primary); }
    Answer operator()(const InterfaceAddress& key) const {
      return self.get(self.service_.of_interface, key.mac);
    }
    Answer operator()(const PrivateAddress& key) const { return self.private_of(key.of); }
    Answer operator()(const PublicAddress& key) const { return self.public_of(key.of); }
  };
  return std::visit(Key{*this}, question_.key);
}

/// The first answer that is not no_such_key.
template <typename Ask>
Answer Metadata::on_each_interface(Ask ask) {
  if (service_.interfaces.empty()) return FailureAnswer{Failure::no_such_key};
  const auto list = get_body(std::string(service_.interfaces));
  if (const auto* failure = std::get_if<FailureAnswer>(&list)) return *failure;
  const auto macs = read_mac_list(*std::get<const std::string*>(list));
  if (!macs) return FailureAnswer{Failure::bad_body};
  for (const auto& mac : *macs)
    if (Answer answer = ask(mac); !is_none(answer)) return answer;
  return FailureAnswer{Failure::no_such_key};
}

Answer Metadata::private_of(Ipv4 address) {
  const ServiceValue& value = service_.private_of_public;
  if (value.path.find("{mac}") == std::string_view::npos) return get(value, {}, address);
  return on_each_interface([&](const Mac& mac) { return get(value, mac, address); });
}

Answer Metadata::public_of(Ipv4 address) {
  // Most instances have one address, and then two questions are enough.
  auto first = get(service_.primary);
  const auto* own = std::get_if<std::vector<Ipv4>>(&first);
  if (own == nullptr) return first;
  if (own->front() == address) return get(service_.public_of_primary);
  return on_each_interface([&](const Mac& mac) { return public_on(mac, address); });
}

Answer Metadata::public_on(const Mac& mac, Ipv4 address) {
  auto answer = get_list(service_.public_addresses, mac);
  const auto* candidates = std::get_if<std::vector<Ipv4>>(&answer);
  if (candidates == nullptr) return answer;
  for (const Ipv4 candidate : *candidates) {
    auto behind = get_list(service_.private_of_public, mac, candidate);
    const auto* list = std::get_if<std::vector<Ipv4>>(&behind);
    if (list == nullptr) return behind;
    if (std::find(list->begin(), list->end(), address) != list->end())
      return std::vector<Ipv4>{candidate};
  }
  return FailureAnswer{Failure::no_such_key};
}

/// no_such_key for a value that the service does not have.
Answer Metadata::get(const ServiceValue& value, const Mac& mac, Ipv4 public_address) {
  if (value.path.empty()) return FailureAnswer{Failure::no_such_key};
  const auto body = get_body(path_of(value, mac, public_address));
  if (const auto* failure = std::get_if<FailureAnswer>(&body)) return *failure;
  return read_address_body(*std::get<const std::string*>(body), value.form);
}

/// All of them; none is an empty list.
Answer Metadata::get_list(ServiceValue value, const Mac& mac, Ipv4 public_address) {
  value.form = Form::all;
  auto answer = get(value, mac, public_address);
  return is_none(answer) ? std::vector<Ipv4>() : answer;
}

Metadata::Body Metadata::get_body(const std::string& path) {
  for (;;) {
    if (!asked_for_token_)
      if (const auto failure = get_token()) return *failure;
    const auto header =
        talk_.has_token ? std::string(service_.token.header) + token_ : std::string();
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
        after_token(talk_, ask(HttpClient::Method::put, std::string(service_.token.path),
                               std::string(service_.token.request)));
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

/// With the service's own headers, and this one unless it is empty.
Reply Metadata::ask(HttpClient::Method method, const std::string& path, const std::string& header) {
  cut_short_ = deadline_.left() < one_try_;
  std::vector<std::string> headers(service_.headers.begin(), service_.headers.end());
  if (!header.empty()) headers.push_back(header);
  return client_.request(method, path, headers, deadline_);
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

/// A try that the deadline cut short always times out: the failure of the tries before it is the
/// better reason.
FailureAnswer Metadata::final_failure(const FailureAnswer& failure) const {
  const bool timed_out = failure.failure == Failure::connect_timeout ||
                         failure.failure == Failure::token_timeout ||
                         failure.failure == Failure::value_timeout;
  return timed_out && cut_short_ && last_ ? *last_ : failure;
}

}  // namespace situp
