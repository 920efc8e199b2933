// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/kind.h"

#include <array>

namespace situp {
namespace {

constexpr std::array kinds{
    KindRow{Kind::sixin4,
            "v4tunnel",
            "6in4",
            "6in4",
            "a 6in4",
            "tunnel",
            "a sit device",
            "v4tunnel",
            255,
            true,
            false,
            false,
            sixin4_link_local,
            embedded_in_link_local,
            "packets whose inner or outer source was refused",
            "packets that could not be sent",
            "the kernel refuses the sender of what comes back",
            nullptr,
            "the kernel can't send what goes into the tunnel",
            nullptr},
    KindRow{Kind::isatap,
            "isatap",
            "isatap",
            "ISATAP",
            "an ISATAP",
            "link",
            "an ISATAP device",
            nullptr,
            64,
            false,
            true,
            true,
            isatap_link_local,
            embedded_in_isatap,
            "packets from sources that ISATAP refuses: neither a router of the list nor an address "
            "of the prefix that holds the sender's IPv4 address",
            "packets whose next hop is no ISATAP address: a route needs via fe80::5efe:A.B.C.D",
            "ISATAP refuses the sender: it is neither on the router list nor has an address of the "
            "prefix",
            "write the router into isatap-routers, or the right isatap-prefix",
            "the next hop is no ISATAP address",
            "routes need via fe80::5efe:A.B.C.D of a router"},
};

}  // namespace

std::span<const KindRow> kind_rows() {
  return kinds;
}

const KindRow& row_of(Kind kind) {
  for (const KindRow& row : kinds)
    if (row.kind == kind) return row;
  return kinds.front();
}

const KindRow* kind_of_family(std::string_view family) {
  for (const KindRow& row : kinds)
    if (family == row.family) return &row;
  return nullptr;
}

const KindRow* kind_of_option(std::string_view name) {
  const auto dash = name.find('-');
  return dash == std::string_view::npos ? nullptr : kind_of_family(name.substr(0, dash));
}

std::string option_families() {
  std::string text;
  for (const KindRow& row : kinds)
    text += (text.empty() ? "" : &row == &kinds.back() ? " or " : ", ") + row.option("…");
  return text;
}

}  // namespace situp
