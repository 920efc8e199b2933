// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/patience.h"

#include <string>

#include "base/file.h"
#include "model/address.h"
#include "reconcile/record.h"

namespace situp {
namespace {

// An answer that comes at once has not been waited for.
constexpr std::chrono::milliseconds worth_noting{500};

// The time that situp-net gives a source that is tried once.
constexpr std::chrono::milliseconds one_try{2000};

std::string path_in(const std::string& directory) {
  return directory + "/.boot-wait";
}

}  // namespace

std::chrono::milliseconds wait_left(std::chrono::milliseconds whole,
                                    std::chrono::milliseconds spent) {
  const auto left = whole - spent;
  if (spent.count() > 0 && left < one_try) return std::chrono::milliseconds(0);
  return left;
}

Patience::Patience(const Config& config, bool at_boot, const std::string& directory)
    : directory_(directory), at_boot_(at_boot), wait_(config.timeout) {
  if (!at_boot) return;
  if (const auto text = read_own_file(path_in(directory_), 64))
    if (const auto spent = parse_number(text->substr(0, text->find('\n')), 3600000))
      spent_ = std::chrono::milliseconds(*spent);
  wait_ = wait_left(config.boot_wait, spent_);
}

void Patience::used(std::chrono::milliseconds time) const {
  if (!at_boot_ || time < worth_noting) return;
  try {
    make_directory(directory_);
    write_atomically(path_in(directory_), std::to_string((spent_ + time).count()) + "\n");
  } catch (const Error&) {
    // The next stanza then waits as long as this one did; that is no reason to fail a stanza that
    // worked.
  }
}

}  // namespace situp
