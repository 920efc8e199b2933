// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/http.h"

#include <curl/curl.h>
#include <strings.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace situp {
namespace {

template <typename Value>
void set(CURL* easy, CURLoption option, Value value) {
  const CURLcode result = curl_easy_setopt(easy, option, value);
  if (result != CURLE_OK) throw Error(Exit::system, "libcurl", curl_easy_strerror(result));
}

long milliseconds_for_curl(std::chrono::milliseconds time) {
  // 0 would mean "for ever" or the library's default.
  return std::max(1L, static_cast<long>(time.count()));
}

}  // namespace

void HttpClient::Free::operator()(void* easy) const {
  curl_easy_cleanup(easy);
}

HttpClient::HttpClient(const ServiceUrl& url, std::chrono::milliseconds connect_bound)
    : base_(url.str()), connect_bound_(connect_bound) {
  // situp-net uses no part of libcurl that needs initialisation (TLS above all).
  prepare("http", CURL_GLOBAL_NOTHING);
}

HttpClient::HttpClient(std::string url, const HttpsSettings& settings, const Login* login,
                       std::chrono::milliseconds connect_bound)
    : base_(std::move(url)), connect_bound_(connect_bound) {
  prepare("https", CURL_GLOBAL_SSL);
  CURL* easy = easy_.get();
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  if (!settings.ca_file.empty()) {
    set(easy, CURLOPT_CAINFO, settings.ca_file.c_str());
    // Where libcurl was built with a folder of certificates, these would be trusted as well.
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
  set(easy, CURLOPT_IPRESOLVE, static_cast<long>(CURL_IPRESOLVE_V4));
  if (settings.source) set(easy, CURLOPT_INTERFACE, ("host!" + settings.source->str()).c_str());
  // A user such as ".." stays one component of the path.
  set(easy, CURLOPT_PATH_AS_IS, 1L);
  if (login == nullptr) return;
  set(easy, CURLOPT_HTTPAUTH, static_cast<long>(CURLAUTH_BASIC));
  set(easy, CURLOPT_USERNAME, login->user().c_str());
  set(easy, CURLOPT_PASSWORD, login->key().c_str());
}

void HttpClient::prepare(const char* protocol, long initialise) {
  if (curl_global_init(initialise) != CURLE_OK)
    throw Error(Exit::system, "libcurl", "can't be initialised");
  easy_.reset(curl_easy_init());
  CURL* easy = easy_.get();
  if (easy == nullptr) throw Error(Exit::system, "libcurl", "out of memory");

#if LIBCURL_VERSION_NUM >= 0x075500
  set(easy, CURLOPT_PROTOCOLS_STR, protocol);
#else
  const bool tls = std::string_view(protocol) == "https";
  set(easy, CURLOPT_PROTOCOLS, static_cast<long>(tls ? CURLPROTO_HTTPS : CURLPROTO_HTTP));
#endif
#if LIBCURL_VERSION_NUM >= 0x074000
  set(easy, CURLOPT_HTTP09_ALLOWED, 0L);
#endif
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  // Only an empty string, not a null pointer, makes libcurl ignore http_proxy.
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
  set(easy, CURLOPT_NOSIGNAL, 1L);
#if LIBCURL_VERSION_NUM >= 0x075700
  // Without it, libcurl waits for a resolver past the deadline.
  set(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
  set(easy, CURLOPT_TCP_NODELAY, 1L);
  set(easy, CURLOPT_USERAGENT, "situp/" SITUP_VERSION);
  set(easy, CURLOPT_WRITEFUNCTION, &HttpClient::take_body);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(easy, CURLOPT_HEADERFUNCTION, &HttpClient::take_header);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(this));
}

Reply HttpClient::request(Method method, const std::string& path,
                          const std::vector<std::string>& lines, Deadline deadline,
                          std::string_view upload) {
  struct FreeList {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  CURL* easy = easy_.get();
  std::unique_ptr<curl_slist, FreeList> headers;
  const auto append = [&headers](const char* line) {
    curl_slist* longer = curl_slist_append(headers.get(), line);
    if (longer == nullptr) throw Error(Exit::system, "libcurl", "out of memory");
    static_cast<void>(headers.release());
    headers.reset(longer);
  };
  for (const std::string& line : lines) append(line.c_str());
  // libcurl leaves out headers without a value. It would wait a second for "100 Continue".
  append("Expect:");
  if (upload.empty()) append("Content-Type:");
  set(easy, CURLOPT_HTTPHEADER, headers.get());
  set(easy, CURLOPT_URL, (base_ + path).c_str());
  if (method == Method::put) {
    set(easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(upload.size()));
    set(easy, CURLOPT_COPYPOSTFIELDS, std::string(upload).c_str());
    set(easy, CURLOPT_CUSTOMREQUEST, "PUT");
  } else {
    set(easy, CURLOPT_HTTPGET, 1L);
    set(easy, CURLOPT_CUSTOMREQUEST, static_cast<const char*>(nullptr));
  }
  const auto left = deadline.left();
  set(easy, CURLOPT_TIMEOUT_MS, milliseconds_for_curl(left));
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, milliseconds_for_curl(std::min(left, connect_bound_)));

  body_.clear();
  headers_.clear();
  too_large_ = false;
  const Reply reply = reply_of(curl_easy_perform(easy));
  // The list goes away now.
  set(easy, CURLOPT_HTTPHEADER, static_cast<curl_slist*>(nullptr));
  return reply;
}

std::size_t HttpClient::take_body(char* data, std::size_t /*one*/, std::size_t size, void* self) {
  auto* client = static_cast<HttpClient*>(self);
  // CURLOPT_MAXFILESIZE looks at Content-Length only and so doesn't stop a chunked body.
  if (size > most - client->body_.size()) {
    client->too_large_ = true;
    return 0;
  }
  client->body_.append(data, size);
  return size;
}

std::size_t HttpClient::take_header(char* data, std::size_t /*one*/, std::size_t size, void* self) {
  auto* client = static_cast<HttpClient*>(self);
  if (size > most - client->headers_.size()) {
    client->too_large_ = true;
    return 0;
  }
  client->headers_.append(data, size);
  return size;
}

bool HttpClient::has_header(std::string_view line) const {
  const std::string_view name = line.substr(0, line.find(':') + 1);
  const std::string_view value = line.substr(name.size() + 1);
  std::string_view rest = headers_;
  while (!rest.empty()) {
    std::string_view header = take_until(rest, '\n');
    if (header.size() < name.size() || strncasecmp(header.data(), name.data(), name.size()) != 0)
      continue;
    header.remove_prefix(name.size());
    trim_front(header);
    trim_back(header);
    if (header == value) return true;
  }
  return false;
}

Reply HttpClient::reply_of(int result) const {
  if (too_large_) return FailureAnswer{Failure::too_large};
  CURL* easy = easy_.get();
  switch (result) {
    case CURLE_OK: {
      long status = 0;
      curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
      // HTTP/0.9, which a libcurl before 7.64 can't be told to refuse, has no status.
      if (status <= 0) return FailureAnswer{Failure::protocol};
      return HttpStatus{static_cast<unsigned>(status)};
    }
    case CURLE_COULDNT_CONNECT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_PARTIAL_FILE: {
      long number = 0;
      curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &number);
      return FailureAnswer{Failure::unreachable, static_cast<unsigned>(std::max(0L, number))};
    }
    case CURLE_INTERFACE_FAILED:
      // libcurl doesn't say: the address to leave from is none of this host's.
      return FailureAnswer{Failure::unreachable, EADDRNOTAVAIL};
    case CURLE_PEER_FAILED_VERIFICATION:
#if LIBCURL_VERSION_NUM < 0x073e00
    case CURLE_SSL_CACERT:  // later the same number
#endif
      return FailureAnswer{Failure::untrusted};
    case CURLE_SSL_CACERT_BADFILE:
      return FailureAnswer{Failure::no_ca_file};
    case CURLE_COULDNT_RESOLVE_HOST:
      return FailureAnswer{Failure::name_unknown};
    case CURLE_OPERATION_TIMEDOUT: {
      // Not CONNECT_TIME: only this one is set for a connection that is used again, too.
      curl_off_t connected = 0;
      curl_easy_getinfo(easy, CURLINFO_PRETRANSFER_TIME_T, &connected);
      if (connected > 0) return FailureAnswer{Failure::value_timeout};
      curl_off_t resolved = 0;
      curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved);
      return FailureAnswer{resolved > 0 ? Failure::connect_timeout : Failure::name_timeout};
    }
    default:
      return FailureAnswer{Failure::protocol};
  }
}

}  // namespace situp
