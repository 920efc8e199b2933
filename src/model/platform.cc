// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/platform.h"

#include <algorithm>
#include <array>
#include <limits>

#include "model/ask/services.h"
#include "model/ask/source.h"

namespace situp {
namespace {

/// Platforms whose metadata services situp does not ask; some pose as EC2.
struct Other {
  Platform platform;
  Recognition recognition;
};
const std::array others{
    Other{{"brightbox", "Brightbox"}, {&Dmi::product_serial, "*.brightbox.com"}},
    Other{{"cloudcix", "CloudCIX"}, {&Dmi::product_name, "CloudCIX"}},
    Other{{"e24cloud", "E24Cloud"}, {&Dmi::sys_vendor, "e24cloud"}},
    Other{{"nwcs", "NWCS"}, {&Dmi::sys_vendor, "NWCS"}},
    Other{{"outscale", "Outscale"}, {&Dmi::sys_vendor, "3DS Outscale"}},
    Other{{"tilaa", "Tilaa"}, {&Dmi::sys_vendor, "Tilaa"}},
    Other{{"zstack", "ZStack"}, {&Dmi::chassis_asset_tag, "*.zstack.io"}},
};

bool matches(std::string_view seen, std::string_view pattern) {
  if (pattern.starts_with('*')) {
    pattern.remove_prefix(1);
    if (seen.size() < pattern.size()) return false;
    seen.remove_prefix(seen.size() - pattern.size());
  } else if (pattern.ends_with('*')) {
    pattern.remove_suffix(1);
    seen = seen.substr(0, pattern.size());
  }
  return std::equal(seen.begin(), seen.end(), pattern.begin(), pattern.end(),
                    [](char one, char wanted) { return wanted == '?' || one == wanted; });
}

bool matches(const Dmi& dmi, const Recognition& recognition) {
  return recognition.field != nullptr && matches(dmi.*recognition.field, recognition.text);
}

}  // namespace

std::vector<Platform> platforms_of(const Dmi& dmi) {
  std::vector<Platform> found;
  auto best = std::numeric_limits<unsigned>::max();
  const auto take = [&](const Platform& platform, const Recognition& recognition) {
    if (!matches(dmi, recognition) || recognition.rank > best) return;
    if (recognition.rank < best) found.clear();
    best = recognition.rank;
    if (found.empty() || found.back().name != platform.name) found.push_back(platform);
  };
  for (const Service& service : services())
    for (const Recognition& recognition : service.recognised)
      take({service.name, service.title, &service}, recognition);
  for (const Other& other : others) take(other.platform, other.recognition);
  return found;
}

const Service* cloud_service(const Dmi& dmi) {
  const auto found = platforms_of(dmi);
  return found.size() == 1 ? found[0].service : nullptr;
}

std::string why_no_cloud(const Dmi& dmi) {
  const std::string instead = "interface:INTERFACE or route";
  const auto found = platforms_of(dmi);
  std::string names;
  for (const Platform& platform : found)
    names += (names.empty() ? "" : ", ") + std::string(platform.name);
  if (found.size() > 1)
    return "this machine's firmware (DMI) names several clouds, " + names +
           ": write the right one instead, or " + instead;
  if (found.size() == 1)
    return "this machine's firmware (DMI) names " + std::string(found[0].title) +
           ", whose metadata service situp does not ask: write " + instead;
  return "this machine's firmware (DMI) names none of the clouds that situp knows: write the "
         "cloud's own word (" +
         service_names() + "), or " + instead;
}

}  // namespace situp
