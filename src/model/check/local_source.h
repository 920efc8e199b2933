// SPDX-License-Identifier: GPL-2.0-or-later
// The source that stands for a shell command which finds out the local address. Pure.
#pragma once
#include <string>
#include <string_view>

namespace situp {

struct LocalSource {
  std::string word;    // SOURCE, or several
  std::string remark;  // how it differs from the command; empty: it does not
  bool asks_without_token = false;
  bool is_situps = false;  // the command is `situp address`
};

/// Of a value with $(…) or backticks.
LocalSource local_source(std::string_view value);

}  // namespace situp
