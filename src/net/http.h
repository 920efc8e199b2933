// SPDX-License-Identifier: GPL-2.0-or-later
// One HTTP conversation with one service, over libcurl. Everything that comes back is untrusted and
// bounded here.
#pragma once
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "model/address.h"
#include "model/ask/service_url.h"
#include "model/broker/broker.h"
#include "net/policy.h"

namespace situp {

/// How a service is talked to by HTTPS: IPv4 only, its certificate always verified.
struct HttpsSettings {
  std::string ca_file;         // instead of the system's CA certificates; empty = those
  std::optional<Ipv4> source;  // the address that packets leave from
};

class HttpClient {
 public:
  /// The most that a body, and separately the headers of one request's answers, may come to, in
  /// bytes.
  static constexpr std::size_t most = 65536;

  /// `connect_bound`: how long one connection attempt may take. An Error (Exit::system) if libcurl
  /// refuses a setting that the promises of this class rest on.
  HttpClient(const ServiceUrl& url, std::chrono::milliseconds connect_bound);
  /// By HTTPS, with user and key in each request's header unless `login` is a null pointer. A
  /// request's `path` goes behind the whole URL.
  HttpClient(std::string url, const HttpsSettings& settings, const Login* login,
             std::chrono::milliseconds connect_bound);

  // libcurl's callbacks hold its address.
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  enum class Method { get, put };
  /// One request, over the connection of the last one if the service keeps it open. `path` begins
  /// with a slash, or with a question mark where it goes behind a whole URL; `headers` are "NAME:
  /// VALUE". `upload` is the body of a PUT. Never a proxy, a redirect, a cookie, a password from
  /// .netrc, or a version other than HTTP/1; the request does not depend on the environment.
  /// Returns by the deadline.
  Reply request(Method method, const std::string& path, const std::vector<std::string>& headers,
                Deadline deadline, std::string_view upload = {});
  /// The body of the last answer, with any status.
  const std::string& body() const { return body_; }
  /// Whether the last answer has this header, "NAME: VALUE". Names are the same in any case.
  bool has_header(std::string_view line) const;

 private:
  struct Free {
    void operator()(void* easy) const;
  };
  void prepare(const char* protocol, long initialise);
  static std::size_t take_body(char* data, std::size_t one, std::size_t size, void* self);
  static std::size_t take_header(char* data, std::size_t one, std::size_t size, void* self);
  Reply reply_of(int result) const;

  std::unique_ptr<void, Free> easy_;
  std::string base_, body_, headers_;
  std::chrono::milliseconds connect_bound_;
  bool too_large_ = false;
};

}  // namespace situp
