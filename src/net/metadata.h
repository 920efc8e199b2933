// SPDX-License-Identifier: GPL-2.0-or-later
// Asks a metadata service as its row says (model/ask/services.h).
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "base/deadline.h"
#include "model/ask/answer.h"
#include "model/ask/question.h"
#include "net/dhcp_servers.h"
#include "net/http.h"
#include "net/policy.h"

namespace situp {

class Metadata {
 public:
  /// `wait`: how long to go on trying; 0 is one try. `one_try`: the bound of one connection
  /// attempt, and of everything together if `wait` is 0.
  /// `servers` is for a service that falls_back_on_dhcp(), and has to outlive this; a null pointer
  /// for others.
  Metadata(const MetadataQuestion& question, std::chrono::milliseconds wait,
           std::chrono::milliseconds one_try, const DhcpServers* servers);

  Answer answer();

 private:
  /// The body, owned by the client until the next request.
  using Body = std::variant<const std::string*, FailureAnswer>;
  Answer from_json();
  Answer private_of(Ipv4 address);
  Answer public_of(Ipv4 address);
  Answer public_on(const Mac& mac, Ipv4 address);
  template <typename Ask>
  Answer on_each_interface(Ask ask);
  Answer get(const ServiceValue& value, const Mac& mac = {}, Ipv4 address = {});
  Answer get(const ServiceValues& values);
  Answer get_list(ServiceValue value, const Mac& mac, Ipv4 address = {});
  Body get_body(const std::string& path);
  std::optional<FailureAnswer> get_token();
  Reply ask(HttpClient::Method method, const std::string& path, const std::string& header);
  template <typename Request>
  Reply ask_dhcp_servers(const Reply& unnamed, Request request);
  void connect_by_name();
  std::optional<FailureAnswer> pause(const FailureAnswer& failure);
  void forget_tries();
  FailureAnswer final_failure(const FailureAnswer& failure) const;

  const MetadataQuestion& question_;
  const Service& service_;
  const DhcpServers* servers_;
  std::optional<HttpClient> client_;
  std::chrono::milliseconds one_try_;
  bool only_once_;
  Deadline deadline_;
  Talk talk_;
  std::string token_;
  bool asked_for_token_;
  unsigned tries_ = 0;
  std::optional<FailureAnswer> last_;  // why the last try was not the last one
  bool cut_short_ = false;             // the current try has less time than a try should have
};

}  // namespace situp
