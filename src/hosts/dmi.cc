// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/dmi.h"

#include "base/error.h"
#include "base/file.h"

namespace situp {
namespace {

std::string field(const char* name) {
  try {
    const auto text = read_small_file(std::string("/sys/class/dmi/id/") + name, 4096);
    if (!text) return {};
    std::string line = text->substr(0, text->find('\n'));
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

Dmi read_dmi() {
  return {field("sys_vendor"), field("product_name"), field("chassis_asset_tag")};
}

}  // namespace situp
