// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/metadata.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "net/instance_json.h"
#include "net/pause.h"

namespace situp {
namespace {

/// A path names one address at most.
std::string path_of(const ServiceValue& value, const Mac& mac, Ipv4 address) {
  const std::string path = replaced(value.path, "{mac}", mac.str());
  return replaced(replaced(path, "{public}", address.str()), "{private}", address.str());
}

constexpr std::array nameless{Failure::name_unknown, Failure::name_timeout};
constexpr std::array unconnected{Failure::unreachable, Failure::connect_timeout};

bool is_one_of(const Reply& reply, const std::array<Failure, 2>& failures) {
  const auto* none = std::get_if<FailureAnswer>(&reply);
  return none != nullptr &&
         std::find(failures.begin(), failures.end(), none->failure) != failures.end();
}

bool is_none(const Answer& answer) {
  const auto* failure = std::get_if<FailureAnswer>(&answer);
  return failure != nullptr && failure->failure == Failure::no_such_key;
}

bool holds(const Answer& answer, Ipv4 address) {
  const auto* list = std::get_if<std::vector<Ipv4>>(&answer);
  return list != nullptr && std::find(list->begin(), list->end(), address) != list->end();
}

}  // namespace

Metadata::Metadata(const MetadataQuestion& question, std::chrono::milliseconds wait,
                   std::chrono::milliseconds one_try, const DhcpServers* servers)
    : question_(question),
      service_(*question.service),
      servers_(servers),
      one_try_(one_try),
      only_once_(wait.count() == 0),
      deadline_(Deadline::in(only_once_ ? one_try : wait)),
      talk_{&service_, question.imds},
      asked_for_token_(service_.token.path.empty()) {
  connect_by_name();
}

/// A name that DNS does not answer for leaves time for the DHCP servers in each try.
void Metadata::connect_by_name() {
  client_.emplace(question_.service_url, servers_ != nullptr ? one_try_ / 2 : one_try_);
}

Answer Metadata::answer() {
  struct Key {
    Metadata& self;
    Answer operator()(const PrimaryAddress&) const {
      return self.service_.primary[0].path.empty() ? self.from_json()
                                                   : self.get(self.service_.primary);
    }
    Answer operator()(const InterfaceAddress& key) const {
      return self.service_.of_interface.path.empty()
                 ? self.from_json()
                 : self.get(self.service_.of_interface, key.mac);
    }
    Answer operator()(const PrivateAddress& key) const { return self.private_of(key.of); }
    Answer operator()(const PublicAddress& key) const { return self.public_of(key.of); }
  };
  return std::visit(Key{*this}, question_.key);
}

/// no_such_key if the service has no such document.
Answer Metadata::from_json() {
  if (service_.json.path.empty()) return FailureAnswer{Failure::no_such_key};
  const auto body = get_body(std::string(service_.json.path));
  if (const auto* failure = std::get_if<FailureAnswer>(&body)) return *failure;
  const auto all = read_instance_json(*std::get<const std::string*>(body), service_.json);
  if (const auto* failure = std::get_if<FailureAnswer>(&all)) return *failure;
  return answer_from(std::get<std::vector<InstanceAddress>>(all), question_);
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
  if (service_.public_address.empty()) return FailureAnswer{Failure::no_such_key};
  if (!service_.json.public_address.empty()) return from_json();
  const ServiceValue& value = service_.private_of_public;
  if (!value.path.empty())
    return on_each_interface([&](const Mac& mac) { return get(value, mac, address); });
  // This service says the public address of a private one only.
  auto behind = get(service_.public_of_primary);
  if (holds(behind, address)) return get(service_.primary);
  if (!is_none(behind) && std::holds_alternative<FailureAnswer>(behind)) return behind;
  return on_each_interface([&](const Mac& mac) -> Answer {
    auto own = get(service_.of_interface, mac);
    const auto* list = std::get_if<std::vector<Ipv4>>(&own);
    if (list == nullptr) return own;
    auto of_own = get(service_.public_of_private, mac, list->front());
    if (holds(of_own, address)) return own;
    return std::holds_alternative<FailureAnswer>(of_own) ? of_own
                                                         : FailureAnswer{Failure::no_such_key};
  });
}

Answer Metadata::public_of(Ipv4 address) {
  if (!service_.json.public_address.empty()) return from_json();
  // Most instances have one address, and then two questions are enough.
  auto first = get(service_.primary);
  const auto* own = std::get_if<std::vector<Ipv4>>(&first);
  if (own == nullptr) return first;
  if (own->front() == address) return get(service_.public_of_primary);
  return on_each_interface([&](const Mac& mac) {
    return service_.public_of_private.path.empty() ? public_on(mac, address)
                                                   : get(service_.public_of_private, mac, address);
  });
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
Answer Metadata::get(const ServiceValue& value, const Mac& mac, Ipv4 address) {
  if (value.path.empty()) return FailureAnswer{Failure::no_such_key};
  const auto body = get_body(path_of(value, mac, address));
  if (const auto* failure = std::get_if<FailureAnswer>(&body)) return *failure;
  return read_address_body(*std::get<const std::string*>(body), value.form);
}

/// The first one that the service knows.
Answer Metadata::get(const ServiceValues& values) {
  Answer answer = FailureAnswer{Failure::no_such_key};
  for (const ServiceValue& value : values)
    if (!value.path.empty() && !is_none(answer = get(value))) break;
  return answer;
}

/// All of them; none is an empty list.
Answer Metadata::get_list(ServiceValue value, const Mac& mac, Ipv4 address) {
  value.form = Form::all;
  auto answer = get(value, mac, address);
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
        return &client_->body();
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
        token_ = service_.token.field.empty() ? client_->body()
                                              : text_in_json(client_->body(), service_.token.field);
        if (!is_token(token_)) return FailureAnswer{Failure::bad_token};
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

/// A GET has the service's own headers, too; an empty `header` is none.
Reply Metadata::ask(HttpClient::Method method, const std::string& path, const std::string& header) {
  cut_short_ = deadline_.left() < one_try_;
  std::vector<std::string> headers;
  if (!header.empty()) headers.push_back(header);
  if (method == HttpClient::Method::get)
    for (const std::string_view own : service_.headers)
      if (!own.empty()) headers.emplace_back(own);
  const bool is_put = method == HttpClient::Method::put;
  const auto request = [&] {
    return client_->request(method, path, headers, deadline_,
                            is_put ? service_.token.body : std::string_view());
  };
  Reply reply = request();
  if (servers_ != nullptr && is_one_of(reply, nameless)) reply = ask_dhcp_servers(reply, request);
  const bool is_its_own =
      service_.answer_header.empty() || client_->has_header(service_.answer_header);
  if (std::holds_alternative<HttpStatus>(reply) && !is_its_own)
    return FailureAnswer{Failure::other_service};
  return reply;
}

/// The reply of the first DHCP server to which there is a connection; later requests go there, too.
/// `unnamed`, the reply without one, where no server is known.
template <typename Request>
Reply Metadata::ask_dhcp_servers(const Reply& unnamed, Request request) {
  const Answer found = servers_->find();
  if (const auto* failure = std::get_if<FailureAnswer>(&found)) return *failure;
  Reply reply = unnamed;
  for (const Ipv4 server : std::get<std::vector<Ipv4>>(found)) {
    client_.emplace(ServiceUrl::parse("http://" + server.str()).value(), one_try_);
    reply = request();
    if (!is_one_of(reply, unconnected)) return reply;
  }
  connect_by_name();
  return reply;
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
  const bool timed_out =
      failure.failure == Failure::connect_timeout || failure.failure == Failure::name_timeout ||
      failure.failure == Failure::token_timeout || failure.failure == Failure::value_timeout;
  return timed_out && cut_short_ && last_ ? *last_ : failure;
}

}  // namespace situp
