// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/platform.h"

#include <algorithm>
#include <array>

namespace situp {
namespace {

/// A DMI file that identifies a platform. `starts`: the text is only the beginning.
struct Row {
  std::string_view platform;
  std::string Dmi::*field;
  std::string_view text;
  bool starts = false;
};

// The same texts as in cloud-init (tools/ds-identify).
const std::array rows{
    Row{"ec2", &Dmi::sys_vendor, "Amazon EC2"},
    Row{"gce", &Dmi::product_name, "Google Compute Engine"},
    Row{"azure", &Dmi::chassis_asset_tag, "7783-7084-3265-9085-8269-3286-77"},
    Row{"oracle", &Dmi::chassis_asset_tag, "OracleCloud.com"},
    Row{"openstack", &Dmi::product_name, "OpenStack Nova"},
    Row{"openstack", &Dmi::product_name, "OpenStack Compute"},
    Row{"openstack", &Dmi::chassis_asset_tag, "OpenStack Nova"},
    Row{"openstack", &Dmi::chassis_asset_tag, "OpenStack Compute"},
    Row{"huawei", &Dmi::chassis_asset_tag, "HUAWEICLOUD"},
    Row{"huawei", &Dmi::chassis_asset_tag, "OpenTelekomCloud"},
    Row{"openstack", &Dmi::chassis_asset_tag, "SAP CCloud VM"},
    Row{"openstack", &Dmi::chassis_asset_tag, "Samsung Cloud Platform"},
    Row{"digitalocean", &Dmi::sys_vendor, "DigitalOcean"},
    Row{"hetzner", &Dmi::sys_vendor, "Hetzner"},
    Row{"upcloud", &Dmi::sys_vendor, "UpCloud"},
    Row{"vultr", &Dmi::sys_vendor, "Vultr"},
    Row{"scaleway", &Dmi::sys_vendor, "Scaleway"},
    Row{"akamai", &Dmi::sys_vendor, "Linode"},
    Row{"akamai", &Dmi::sys_vendor, "Akamai"},
    Row{"alibaba", &Dmi::product_name, "Alibaba Cloud ECS"},
    Row{"exoscale", &Dmi::product_name, "Exoscale", true},
    Row{"cloudstack", &Dmi::product_name, "CloudStack", true},
};

}  // namespace

std::string_view platform_of(const Dmi& dmi) {
  const auto* const found = std::find_if(rows.begin(), rows.end(), [&dmi](const Row& row) {
    const std::string& seen = dmi.*row.field;
    return row.starts ? seen.starts_with(row.text) : seen == row.text;
  });
  return found == rows.end() ? std::string_view() : found->platform;
}

}  // namespace situp
