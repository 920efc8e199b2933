// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/protocols.h"

#include <doctest/doctest.h>

#include <set>

#include "model/broker/answer_texts.h"

using namespace situp;

TEST_CASE("each row of the protocols can be spoken") {
  std::set<std::string_view> names;
  for (const BrokerProtocol& row : protocols()) {
    CAPTURE(row.name);
    CHECK(names.insert(row.name).second);
    CHECK(protocol_named(row.name) == &row);
    const auto broker = BrokerName::parse(row.broker);
    REQUIRE(broker);
    CHECK(protocol_with(*broker) == &row);
    CHECK(&protocol_of(*broker) == &row);
    CHECK((row.has_template() ? UpdateUrl::parse_template(row.url) : UpdateUrl::parse(row.url)));
    CHECK(row.has_template() == TextList::parse(row.done).has_value());
    CHECK((row.tunnel_info_url.empty() || UpdateUrl::parse(row.tunnel_info_url)));
    if (!row.has_template()) {
      CHECK(row.update_query.find("{tunnel}") != std::string_view::npos);
      CHECK(row.address_query.find("{address}") != std::string_view::npos);
    }
    CHECK((row.tunnel_info_query.find("{tunnel}") != std::string_view::npos) !=
          row.tunnel_info_url.empty());
    CHECK(row.rules.shortest_pause <= row.rules.between_calls);
    CHECK(row.rules.between_calls <= row.rules.longest_pause);
  }
  CHECK(protocol_named("") == nullptr);
}

TEST_CASE("a broker of situp.conf's own speaks the first one") {
  const BrokerName other = *BrokerName::parse("other");
  CHECK(protocol_with(other) == nullptr);
  CHECK(&protocol_of(other) == &protocols().front());
  CHECK(!protocols().front().has_template());
  CHECK(template_protocol().has_template());
}
