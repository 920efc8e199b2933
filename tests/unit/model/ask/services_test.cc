// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/services.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

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
    CHECK(parse_source(service.name) == Source(FromService{&service}));
    const auto is_header = [](std::string_view line, std::size_t least) {
      return line.find(": ") > 0 && line.size() >= line.find(": ") + 2 + least &&
             line.find_first_of("\r\n") == std::string_view::npos;
    };
    for (const std::string_view header : service.headers) CHECK(is_header(header, 1));
    if (!service.token.path.empty()) {
      CHECK(service.token.path.starts_with('/'));
      CHECK(is_header(service.token.request, 1));
      CHECK(is_header(service.token.header, 0));
      CHECK_FALSE(service.token.advice.empty());
    }
    CHECK(service.primary.path.starts_with('/'));
    CHECK(service.primary.path.find('{') == std::string_view::npos);
    // What a path takes is found by the paths beside it.
    const auto names_it = [](const ServiceValue& value, std::string_view what) {
      return value.path.find(what) != std::string_view::npos;
    };
    for (const ServiceValue& value :
         {service.of_interface, service.private_of_public, service.public_addresses})
      if (!value.path.empty()) CHECK(value.path.starts_with('/'));
    CHECK(names_it(service.of_interface, "{mac}") == !service.of_interface.path.empty());
    CHECK(names_it(service.private_of_public, "{public}") ==
          !service.private_of_public.path.empty());
    CHECK(service.private_of_public.path.empty() == service.public_address.empty());
    if (names_it(service.private_of_public, "{mac}")) CHECK(service.interfaces.starts_with('/'));
    std::set<unsigned> statuses{200, 401};
    for (const ServiceStatus& row : service.statuses) CHECK(statuses.insert(row.status).second);
  }
  CHECK(service_named("") == nullptr);
  CHECK(service_named("EC2") == nullptr);
}
