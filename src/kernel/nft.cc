// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/nft.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/child.h"
#include "kernel/refusal_text.h"

namespace situp {
namespace {

constexpr std::chrono::seconds longest_run{20};
constexpr std::size_t longest_listing = 1U << 20;

const char* find_nft(const std::string& root) {
  for (const char* path : {"/usr/sbin/nft", "/sbin/nft"})
    if (access((root + path).c_str(), X_OK) == 0) return path;
  return nullptr;
}

Refusal nft(std::vector<std::string> arguments, const std::string& input, std::string& output) {
  const char* program = find_nft("");
  if (program == nullptr)
    return {ENOENT, "there is no /usr/sbin/nft, which v4tunnel-firewall needs: install nftables"};
  Outcome outcome;
  try {
    outcome = run_net_admin({program, std::move(arguments), input}, Deadline::in(longest_run),
                            longest_listing);
  } catch (const Error& error) {
    return {EIO, error.what()};
  }
  if (outcome.timed_out)
    return {EIO, "nft did not come to an end in 20 seconds, and was ended: try again"};
  if (outcome.exit_status != 0) return refusal_of_nft(outcome.output);
  output = std::move(outcome.output);
  return {};
}

}  // namespace

bool has_nft(const std::string& root) {
  return find_nft(root) != nullptr;
}

Refusal run_nft(const std::string& commands) {
  std::string nothing;
  return nft({"-f", "-"}, commands, nothing);
}

Refusal list_table(const std::string& table, std::string& listing) {
  return nft({"list", "table", "ip6", table}, {}, listing);
}

}  // namespace situp
