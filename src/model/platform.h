// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string>
#include <string_view>

namespace situp {

/// The firmware's names of this machine (DMI, /sys/class/dmi/id): the files that every user may
/// read.
struct Dmi {
  std::string sys_vendor, product_name, chassis_asset_tag;
};

/// The cloud that the firmware names: "ec2", "gce", …; empty if it names none.
std::string_view platform_of(const Dmi& dmi);

}  // namespace situp
