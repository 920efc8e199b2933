// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/user.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/file.h"
#include "base/text.h"

namespace situp {
namespace {

constexpr std::string_view own_name = "_situp";

// By number: the name differs between distributions ("nogroup" on some).
constexpr uid_t nobody = 65534;
constexpr gid_t nogroup = 65534;

// Some 60,000 users.
constexpr std::size_t longest_passwd = 4U << 20;

User use_nobody(std::string why = {}) {
  return {nobody, nogroup, "nobody", false, std::move(why)};
}

/// Neither root's number nor one that system calls read as "no change" (-1, with 16 bits 65535).
std::optional<std::uint32_t> unprivileged_number(std::string_view digits) {
  std::uint32_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, number);
  if (error != std::errc() || stop != end || number == 0 || number == UINT16_MAX ||
      number == UINT32_MAX)
    return std::nullopt;
  return number;
}

}  // namespace

User helper_user_in(std::string_view passwd) {
  while (!passwd.empty()) {
    auto line = take_until(passwd, '\n');
    if (take_until(line, ':') != own_name) continue;
    take_until(line, ':');  // the password
    const auto user = unprivileged_number(take_until(line, ':'));
    const auto group = unprivileged_number(take_until(line, ':'));
    // comment, home, shell
    if (user && group && std::count(line.begin(), line.end(), ':') == 2)
      return {*user, *group, std::string(own_name), true};
    return use_nobody("the entry of _situp in /etc/passwd is wrong");
  }
  return use_nobody();
}

User helper_user() {
  if (geteuid() != 0) return {geteuid(), getegid(), "user " + std::to_string(geteuid())};
  try {
    return helper_user_in(read_small_file("/etc/passwd", longest_passwd).value_or(""));
  } catch (const Error& error) {
    return use_nobody(error.what());
  }
}

}  // namespace situp
