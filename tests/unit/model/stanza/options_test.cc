// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/stanza/options.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/file.h"
#include "hosts/ifcfg.h"

using namespace situp;

namespace {

using Names = std::vector<std::string>;

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// The words that a list of the manual explains and that are options of situp's.
Names of_manual() {
  const auto page = read_small_file("man/situp-interfaces.5", 1U << 20);
  REQUIRE(page);
  Names names;
  for (std::size_t at = 0; at < page->size();) {
    const std::size_t end = std::min(page->find('\n', at), page->size());
    const std::string line = page->substr(at, end - at);
    at = end + 1;
    if (line.rfind(".It Cm ", 0) != 0) continue;
    std::size_t word = 0;
    while ((word = line.find_first_not_of(" ,", word)) != std::string::npos) {
      const std::size_t behind = std::min(line.find_first_of(" ,", word), line.size());
      const std::string name = line.substr(word, behind - word);
      if (is_our_option(name) && name.find("...") == std::string::npos) names.push_back(name);
      word = behind;
    }
  }
  return names;
}

Names own_options() {
  Names names;
  for (const KindRow& kind : kind_rows())
    for (const OptionRow& row : option_rows())
      if (row.is_of(kind.kind)) names.push_back(name_of(row, kind));
  return names;
}

}  // namespace

TEST_CASE("the manual has each option of situp's, and no other") {
  const Names manual = of_manual();
  const Names own = own_options();
  for (const std::string& name : own) {
    CAPTURE(name);
    CHECK(has(manual, name));
  }
  for (const std::string& name : manual) {
    CAPTURE(name);
    CHECK(has(own, name));
  }
}

TEST_CASE("each option of situp's has its name in hooks and its key in ifcfg files") {
  for (const std::string& name : own_options()) {
    CAPTURE(name);
    CHECK(name_in_hooks(name) == name);
    CHECK(name_in_hooks(key_of(name)) == name);
    CHECK(find_option(name) != nullptr);
    CHECK(is_our_option(name));
  }
}

TEST_CASE("an option of one kind is none of another's") {
  CHECK(find_option("isatap-broker") == nullptr);
  CHECK(find_option("v4tunnel-prefix") == nullptr);
  CHECK(find_option("broker") == nullptr);
  CHECK(find_option("v4tunnel-address") == nullptr);
  CHECK(find_option("sixrd-broker") == nullptr);
  CHECK(find_option("") == nullptr);
  CHECK(find_option("-ttl") == nullptr);
  // A stock option of the same name is another one.
  CHECK(find_option("ttl") != find_option("v4tunnel-ttl"));
  CHECK(is_carried_out("ttl", Carrier::both));
  CHECK(is_carried_out("v4tunnel-ttl", Carrier::situp));
}

TEST_CASE("no name stands twice among the stock options") {
  for (const OptionRow& row : option_rows())
    if (row.carrier != Carrier::situp) CHECK(find_option(row.name) == &row);
}
