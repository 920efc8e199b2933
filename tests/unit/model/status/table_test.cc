// SPDX-License-Identifier: GPL-2.0-or-later
// The table of all tunnels, its colours, and what a narrow terminal gets of it.
#include "model/status/status.h"

#include <doctest/doctest.h>

#include "unit/model/status/one_tunnel.h"

using namespace situp;

namespace {

using State = TunnelStatus::State;

/// The line of the table that has the tunnel.
std::string line_of(const TunnelStatus& status, const Layout& layout) {
  const std::string text = status_table({status}, layout);
  const std::size_t start = text.find('\n') + 1;
  return text.substr(start, text.size() - start - 1);
}

}  // namespace

TEST_CASE("the table is aligned, and no wider than the terminal") {
  TunnelStatus first = tunnel(State::up);
  first.counters = Counters{1536, 3, 104, 1, 0, 0, 0, 0, 0};
  first.vitals = Vitals{};
  first.vitals->samples = {std::nullopt, 1500, 900, 2000};
  TunnelStatus second;
  second.name = "isatap0";
  second.kind = Kind::isatap;
  second.trouble = {"something"};
  CHECK(status_table({first, second}, {}) ==
        "NAME     STATE  LOCAL          REMOTE        RECEIVED  SENT   RTT\n"
        "he-ipv6  up     172.31.14.146  216.66.80.26  1.5 KiB   104 B  1.5 ms\n"
        "isatap0  down   -              ISATAP        -         -      -       something\n");
  CHECK(status_table({first, second}, {24, false}) ==
        "NAME     STATE  LOCAL  …\n"
        "he-ipv6  up     172.31.…\n"
        "isatap0  down   -      …\n");
  // Colours take no room.
  CHECK(has(status_table({first}, {24, true}), "he-ipv6  \x1b[32mup\x1b[0m     172.31.…\n"));
}

TEST_CASE("a terminal that cuts the state gets it whole or not at all, and without colour") {
  const TunnelStatus status = tunnel(State::up);
  const auto line = [&](unsigned columns) { return line_of(status, {columns, true}); };
  CHECK(line(1) == "…");
  CHECK(line(8) == "he-ipv6…");
  CHECK(line(9) == "he-ipv6 …");
  CHECK(line(10) == "he-ipv6  …");
  CHECK(line(11) == "he-ipv6  u…");
  CHECK(line(12) == "he-ipv6  \x1b[32mup\x1b[0m…");
  CHECK(line(13) == "he-ipv6  \x1b[32mup\x1b[0m …");
}

TEST_CASE("a line that fills the terminal is whole, by its characters") {
  TunnelStatus status = tunnel(State::degraded);
  const auto line = [&](unsigned columns) { return line_of(status, {columns, false}); };
  const std::string start = "he-ipv6  degraded  172.31.14.146  216.66.80.26  -         -     -    ";
  struct {
    const char* trouble;
    unsigned characters;
    const char* cut;
  } const rows[] = {{"refused", 7, "refus…"}, {"zu übel", 7, "zu üb…"}, {"zurück ü", 8, "zurück…"}};
  for (const auto& row : rows) {
    status.trouble = {row.trouble};
    CHECK(line(0) == start + row.trouble);
    const auto whole = static_cast<unsigned>(start.size()) + row.characters;
    CHECK(line(whole + 1) == start + row.trouble);
    CHECK(line(whole) == start + row.trouble);
    CHECK(line(whole - 1) == start + row.cut);
  }
}

TEST_CASE("each state has its colour, where there are colours") {
  struct {
    State state;
    const char* text;
  } const rows[] = {{State::up, "\x1b[32mup\x1b[0m\n"},
                    {State::unproven, "\x1b[33munproven\x1b[0m\n"},
                    {State::degraded, "\x1b[31mdegraded\x1b[0m\n"},
                    {State::drifted, "\x1b[31mdrifted\x1b[0m\n"},
                    {State::down, "\x1b[2mdown\x1b[0m\n"}};
  for (const auto& row : rows) {
    const std::string first = std::string("he-ipv6: ") + row.text;
    CAPTURE(first);
    CHECK(status_details(tunnel(row.state), {0, true}, 0).rfind(first, 0) == 0);
    CHECK(status_details(tunnel(row.state), {0, false}, 0)
              .rfind(std::string("he-ipv6: ") + word_of(row.state) + "\n", 0) == 0);
  }
}
