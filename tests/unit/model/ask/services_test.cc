// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/services.h"

#include <doctest/doctest.h>

#include <array>
#include <set>
#include <string>

#include "base/file.h"
#include "model/ask/answer.h"
#include "model/ask/source.h"

using namespace situp;

TEST_CASE("each row of the services can be asked") {
  std::set<std::string_view> names;
  for (const Service& service : services()) {
    CAPTURE(service.name);
    CHECK(names.insert(service.name).second);
    CHECK(service_named(service.name) == &service);
    CHECK_FALSE(service.title.empty());
    REQUIRE(ServiceUrl::parse(service.url));
    CHECK(url_of(service).str() == service.url);
    CHECK(falls_back_on_dhcp(service, url_of(service)) == (service.name == "cloudstack"));
    CHECK_FALSE(falls_back_on_dhcp(service, *ServiceUrl::parse("http://router.example")));
    CHECK(parse_source(service.name) == Source(FromService{&service}));
    const auto is_header = [](std::string_view line, std::size_t least) {
      return line.find(": ") > 0 && line.size() >= line.find(": ") + 2 + least &&
             line.find_first_of("\r\n") == std::string_view::npos;
    };
    for (const std::string_view header : service.headers)
      CHECK((header.empty() || is_header(header, 1)));
    CHECK((service.answer_header.empty() || is_header(service.answer_header, 1)));
    if (!service.token.path.empty()) {
      CHECK(service.token.path.starts_with('/'));
      CHECK(is_header(service.token.request, 1));
      CHECK(is_header(service.token.header, 0));
      CHECK_FALSE(service.token.advice.empty());
    }
    const ServiceJson& json = service.json;
    CHECK((!json.path.empty() || !service.primary[0].path.empty()));
    CHECK((json.path.empty() || json.path.starts_with('/')));
    CHECK(json.path.empty() == json.private_address[0].empty());
    const auto names_it = [](std::string_view path, std::string_view what) {
      return path.find(what) != std::string_view::npos;
    };
    for (const ServiceValues& values : {service.primary, service.public_of_primary})
      for (const ServiceValue& value : values) {
        CHECK((value.path.empty() || value.path.starts_with('/')));
        CHECK_FALSE(names_it(value.path, "{"));
      }
    // What a path takes is found by the paths beside it.
    const auto takes = [&](const ServiceValue& value, std::string_view what) {
      if (value.path.empty()) return;
      CHECK(value.path.starts_with('/'));
      CHECK(names_it(value.path, "{mac}"));
      if (!what.empty()) CHECK(names_it(value.path, what));
    };
    takes(service.of_interface, "");
    takes(service.private_of_public, "{public}");
    takes(service.public_of_private, "{private}");
    takes(service.public_addresses, "");
    for (const ServiceValue& value : {service.private_of_public, service.public_of_private})
      if (!value.path.empty()) CHECK(service.interfaces.starts_with('/'));
    if (service.says_private_of_public()) CHECK(service.says_public_of_private());
    // A cloud that drops protocol 41 everywhere has no rule for it.
    const Protocol41& rule = service.protocol41;
    if (rule.inside == Passes::never && rule.internet == Passes::never) CHECK(rule.rule.empty());
    if (rule.inside == Passes::by_rule || rule.internet == Passes::by_rule)
      CHECK(names_it(rule.rule, "{from}"));
    std::set<unsigned> statuses{200, 401};
    for (const ServiceStatus& row : service.statuses) CHECK(statuses.insert(row.status).second);
  }
  CHECK(service_named("") == nullptr);
  CHECK(service_named("EC2") == nullptr);
}

TEST_CASE("an HTTP status has one meaning for all paths, and a busy service is asked again") {
  const auto meanings = [](const char* name) {
    std::string text;
    for (const ServiceStatus& row : service_named(name)->statuses)
      text += write_answer(FailureAnswer{row.failure, row.status});
    return text;
  };
  CHECK(meanings("ec2") ==
        "failure service-off 403\nfailure no-such-key 404\nfailure unavailable 503\n");
  CHECK(meanings("azure") ==
        "failure no-such-key 204\nfailure service-off 403\nfailure no-such-key 404\n"
        "failure unavailable 410\nfailure unavailable 429\nfailure unavailable 500\n"
        "failure unavailable 503\n");
  for (const Service& service : services())
    for (const ServiceStatus& row : service.statuses)
      CHECK(row.passes == (row.failure == Failure::unavailable));
  // A service without tokens says so by one of these.
  for (const char* name : {"ec2", "alibaba"})
    CHECK(service_named(name)->token.without == std::array{404U, 405U});
}

namespace {

std::string forms_of(const Service& service) {
  std::string forms;
  const auto add = [&forms](const char* word) {
    forms += (forms.empty() ? "" : ", ") + std::string(word);
  };
  if (service.says_of_interfaces()) add("iface");
  if (service.says_private_of_public()) add("address");
  if (service.says_public_of_private()) add("public");
  return forms;
}

std::string word_of(Passes passes) {
  switch (passes) {
    case Passes::by_rule:
      return "by rule";
    case Passes::never:
      return "never";
    case Passes::not_documented:
      break;
  }
  return "not documented";
}

/// The lines that begin so, in their order.
std::string lines_of(const char* file, const std::string& beginning) {
  const auto text = read_small_file(file, 1U << 20);
  REQUIRE(text);
  std::string found;
  for (std::size_t at = 0; at < text->size();) {
    const std::size_t end = text->find('\n', at);
    const std::string line = text->substr(at, end - at);
    if (line.starts_with(beginning)) found += line + '\n';
    at = end + 1;
  }
  return found;
}

}  // namespace

TEST_CASE("the manual's table is that of the rows") {
  std::string wanted;
  for (const Service& service : services()) {
    const std::string forms = forms_of(service);
    wanted += ".It Cm " + std::string(service.name) + " Ta " + (forms.empty() ? "\\&-" : forms) +
              " Ta " + std::string(service.title) + "\n";
  }
  std::string seen;
  for (const Service& service : services())
    seen += lines_of("man/situp-interfaces.5", ".It Cm " + std::string(service.name) + " Ta ");
  CHECK(seen == wanted);
}

TEST_CASE("so is the one of doc/clouds.md, with what is known of protocol 41") {
  for (const Service& service : services()) {
    const std::string name(service.name);
    CAPTURE(name);
    const std::string forms = forms_of(service);
    const std::string line = lines_of("doc/clouds.md", "| `" + name + "` | ");
    CHECK(line.starts_with("| `" + name + "` | " + std::string(service.title) + " | " +
                           (forms.empty() ? "–" : forms) + " | " +
                           word_of(service.protocol41.inside) + " | " +
                           word_of(service.protocol41.internet) + " | "));
    // A rule in the table is one in the doctor's advice, in the same filter.
    const bool has_rule =
        line.find(" | – | ", line.find(word_of(service.protocol41.internet))) == std::string::npos;
    CHECK(has_rule == !service.protocol41.rule.empty());
  }
}
