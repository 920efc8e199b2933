// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace situp {

struct Service;

/// The firmware's names of this machine (DMI, /sys/class/dmi/id), and Xen's UUID of it. Fields that
/// this user can't read are empty.
struct Dmi {
  std::string sys_vendor = {}, product_name = {}, chassis_asset_tag = {}, chassis_vendor = {};
  std::string product_serial = {}, product_uuid = {};  // for root only
  std::string hypervisor_uuid = {};                    // /sys/hypervisor/uuid
};

/// A field that identifies a platform. In `text`, `?` is any character, and `*` at an end any text.
struct Recognition {
  std::string Dmi::*field = nullptr;
  std::string_view text;
  /// Rules of the smallest number that identify a platform decide.
  unsigned rank = 0;
};

struct Platform {
  std::string_view name, title;
  const Service* service = nullptr;  // null: situp does not ask its service
};

/// The clouds that the firmware names; as a rule one or none.
std::vector<Platform> platforms_of(const Dmi& dmi);
/// The service of the one cloud that it names; null if there is not one.
const Service* cloud_service(const Dmi& dmi);
/// Why there is not one, and the remedy.
std::string why_no_cloud(const Dmi& dmi);

}  // namespace situp
