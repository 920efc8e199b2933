// SPDX-License-Identifier: GPL-2.0-or-later
// Files of lines "KEY VALUE", in which situp and situpd keep the state of a tunnel. The first line
// names the kind of file; the last one is "end", so that a text that was cut short is refused.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace situp {

class KeyedWriter {
 public:
  explicit KeyedWriter(std::string_view first_line);
  /// A newline in `value` becomes a blank.
  void line(std::string_view key, std::string_view value);
  std::string text() const { return text_ + "end\n"; }

 private:
  std::string text_;
};

/// Takes one line; false for one that is wrong. A line without a blank has no value.
using TakeLine = std::function<bool(std::string_view key, std::optional<std::string_view> value)>;

/// Whether `text` begins and ends as it must, and `take` has taken all between.
bool read_keyed(std::string_view text, std::string_view first_line, const TakeLine& take);

}  // namespace situp
