// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/platform.h"

#include <doctest/doctest.h>

#include <string>
#include <tuple>

#include "model/ask/services.h"

using namespace situp;

namespace {

std::string names(const Dmi& dmi) {
  std::string all;
  for (const Platform& platform : platforms_of(dmi))
    all += (all.empty() ? "" : " ") + std::string(platform.name);
  return all;
}

Dmi with(std::string Dmi::*field, const char* text, Dmi dmi = {"QEMU", "Standard PC", ""}) {
  dmi.*field = text;
  return dmi;
}

}  // namespace

TEST_CASE("DMI names clouds") {
  CHECK(names({"Amazon EC2", "m7g.medium", "Amazon EC2"}) == "ec2");
  CHECK(names({"Google", "Google Compute Engine", ""}) == "gce");
  CHECK(names({"Microsoft Corporation", "Virtual Machine", "7783-7084-3265-9085-8269-3286-77"}) ==
        "azure");
  CHECK(names({"QEMU", "Standard PC (i440FX + PIIX, 1996)", "OracleCloud.com"}) == "oracle");
  CHECK(names({"Apache Software Foundation", "CloudStack KVM Hypervisor", ""}) == "cloudstack");
  CHECK(names({"Microsoft Corporation", "Virtual Machine", ""}).empty());
  CHECK(names({"Amazon EC2 or so", "", ""}).empty());
  CHECK(names({"Hetzner", "vServer", ""}) == "hetzner");
  CHECK(names({"QEMU", "Standard PC (Q35 + ICH9, 2009)", ""}).empty());
  CHECK(names({}).empty());
}

TEST_CASE("each service of a cloud is recognised") {
  for (const Service& service : services()) {
    CAPTURE(service.name);
    for (const Recognition& recognition : service.recognised) {
      if (recognition.field == nullptr) continue;
      CAPTURE(recognition.text);
      std::string text(recognition.text);
      for (char& c : text)
        if (c == '?' || c == '*') c = '0';
      const Dmi dmi = with(recognition.field, text.c_str());
      CHECK(names(dmi) == service.name);
      CHECK(cloud_service(dmi) == &service);
    }
    // No document says how the firmware of this one is named.
    CHECK((service.recognised[0].field == nullptr) == (service.name == "tencent"));
  }
}

TEST_CASE("a rule that may be true by chance decides only where no other one is true") {
  Dmi dmi{"OpenStack Foundation", "OpenStack Nova", "HUAWEICLOUD"};
  CHECK(names(dmi) == "huawei");
  dmi.chassis_asset_tag.clear();
  CHECK(names(dmi) == "openstack");
  dmi.product_uuid = "ec2e1916-9099-7caf-fd21-012345abcdef";
  CHECK(names(dmi) == "openstack");
  CHECK(names(with(&Dmi::product_uuid, "ec2e1916-9099-7caf-fd21-012345abcdef")) == "ec2");
  CHECK(names(with(&Dmi::product_uuid, "45e12aec-dcd1-b213-94ed-012345abcdef")) == "ec2");
  CHECK(names(with(&Dmi::product_uuid, "45e12abc-dcd1-b213-94ed-012345abcdef")).empty());
  CHECK(names(with(&Dmi::hypervisor_uuid, "ec2e1916-9099-7caf-fd21-012345abcdef")) == "ec2");
  // These pose as EC2.
  for (const auto& [field, text, name] :
       {std::tuple{&Dmi::product_serial, "srv-12345.gb1.brightbox.com", "brightbox"},
        std::tuple{&Dmi::chassis_asset_tag, "i-1.zstack.io", "zstack"},
        std::tuple{&Dmi::sys_vendor, "3DS Outscale", "outscale"}}) {
    Dmi posing = with(field, text);
    posing.product_uuid = "ec2e1916-9099-7caf-fd21-012345abcdef";
    CHECK(names(posing) == name);
    CHECK(cloud_service(posing) == nullptr);
  }
}

TEST_CASE("without exactly one cloud, the reason lists the words to write") {
  const std::string none = why_no_cloud({});
  for (const Service& service : services()) CHECK(none.find(service.name) != std::string::npos);
  CHECK(none.find("interface:INTERFACE or route") != std::string::npos);
  const Dmi both{"Hetzner", "Google Compute Engine", ""};
  CHECK(cloud_service(both) == nullptr);
  CHECK(why_no_cloud(both) ==
        "this machine's firmware (DMI) names several clouds, gce, hetzner: write the right one "
        "instead, or interface:INTERFACE or route");
  CHECK(why_no_cloud({"NWCS", "", ""}) ==
        "this machine's firmware (DMI) names NWCS, whose metadata service situp does not ask: "
        "write interface:INTERFACE or route");
}

TEST_CASE("a pattern's asterisk stands for any text, even for none") {
  CHECK(names(with(&Dmi::product_serial, ".brightbox.com")) == "brightbox");
  CHECK(names(with(&Dmi::product_serial, "brightbox.com")).empty());
  CHECK(names(with(&Dmi::product_serial, "x.brightbox.com.")).empty());
  CHECK(names(with(&Dmi::product_uuid, "ec2")) == "ec2");
  CHECK(names(with(&Dmi::product_uuid, "ec")).empty());
  CHECK(names(with(&Dmi::product_uuid, "xec2")).empty());
}

TEST_CASE("two rules that name one cloud name it once") {
  Dmi dmi{"Amazon EC2", "m7g.medium", "Amazon EC2"};
  dmi.hypervisor_uuid = "ec2e1916-9099-7caf-fd21-012345abcdef";
  CHECK(names(dmi) == "ec2");
  CHECK(cloud_service(dmi) != nullptr);
}
