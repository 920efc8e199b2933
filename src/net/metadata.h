// SPDX-License-Identifier: GPL-2.0-or-later
// EC2's metadata service, versions 2 and 1 (EC2 User Guide, "Instance metadata"; facts in
// policy.h's functions).
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <variant>

#include "base/deadline.h"
#include "model/address.h"
#include "model/ask/answer.h"
#include "model/ask/endpoint.h"
#include "net/http.h"
#include "net/policy.h"

namespace situp {

class Metadata {
 public:
  /// `wait`: how long to go on trying; 0 is one try. `one_try`: the bound of one connection
  /// attempt, and of everything together if `wait` is 0.
  Metadata(const HttpEndpoint& endpoint, Imds imds, std::chrono::milliseconds wait,
           std::chrono::milliseconds one_try);

  /// The instance's primary private address.
  Answer primary();
  /// The primary private address of the network interface with this hardware address.
  Answer of_interface(const Mac& mac);
  /// The private address behind this public one, on whichever interface it is.
  Answer behind_public(Ipv4 address);
  /// The public address that this private one has on the Internet, on whichever interface it is.
  Answer public_of(Ipv4 address);

 private:
  /// The body, owned by the client until the next request.
  using Value = std::variant<const std::string*, FailureAnswer>;
  Value get(const std::string& path);
  Answer addresses(const std::string& path);
  Answer public_on(const Mac& mac, Ipv4 address);
  std::optional<FailureAnswer> get_token();
  Reply ask(HttpClient::Method method, const std::string& path, const std::string& header);
  std::optional<FailureAnswer> pause(const FailureAnswer& failure);
  void forget_tries();
  FailureAnswer final_failure(const FailureAnswer& failure) const;

  HttpClient client_;
  std::chrono::milliseconds one_try_;
  bool only_once_;
  Deadline deadline_;
  Talk talk_;
  std::string token_;
  bool asked_for_token_ = false;
  unsigned tries_ = 0;
  std::optional<FailureAnswer> last_;  // why the last try was not the last one
  bool cut_short_ = false;             // the current try has less time than a try should have
};

}  // namespace situp
