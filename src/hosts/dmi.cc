// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/dmi.h"

#include <algorithm>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"

namespace situp {
namespace {

std::string line_of(const std::string& path) {
  try {
    const auto text = read_small_file(path, 4096);
    if (!text) return {};
    std::string line = text->substr(0, text->find('\n'));
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  } catch (const Error&) {
    return {};
  }
}

Dmi read_dmi() {
  const auto field = [](const char* name) {
    return line_of(std::string("/sys/class/dmi/id/") + name);
  };
  std::string uuid = field("product_uuid");  // older kernels write it in capitals
  std::transform(uuid.begin(), uuid.end(), uuid.begin(), lower);
  return {field("sys_vendor"),
          field("product_name"),
          field("chassis_asset_tag"),
          field("chassis_vendor"),
          field("product_serial"),
          uuid,
          line_of("/sys/hypervisor/uuid")};
}

}  // namespace

const Dmi& this_machine() {
  static const Dmi dmi = read_dmi();
  return dmi;
}

}  // namespace situp
