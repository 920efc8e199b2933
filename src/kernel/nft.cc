// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/nft.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <utility>

#include "base/child.h"
#include "kernel/nf_tables.h"
#include "kernel/refusal_text.h"
#include "model/tunnel/firewall.h"

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
    return {ENOENT,
            "there is no /usr/sbin/nft, which the options …-firewall, …-mss and sixrd-filter need: "
            "install nftables, or write off"};
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

Refusal load_firewalls(std::vector<LoadFirewall> parts) {
  try {
    const auto there = read_firewalls();
    for (LoadFirewall& load : parts) {
      const auto part = there.find(load.name);
      load.removal = part == there.end() ? "" : firewall_removal(load.name, part->second);
    }
  } catch (const Error&) {
    // nft reports the reason.
  }
  std::string nothing;
  return nft({"-f", "-"}, firewall_input(parts), nothing);
}

Refusal list_firewall(LoadFirewall& kept) {
  const auto there = read_firewalls();
  const auto part = there.find(kept.name);
  if (part == there.end())
    return {ENOENT, "another program has removed the tunnel's filter just now: try again"};
  kept.stateful = is_stateful(part->second);
  // One run for each: some versions of nft list only one chain in a run.
  for (const std::string& chain : part->second.chains) {
    std::string listing;
    Refusal refusal = nft({"list", "chain", "ip6", firewall_table, chain}, {}, listing);
    if (refusal.error != 0) return refusal;
    kept.part += listing;
  }
  kept.part += firewall_elements(kept.name, part->second);
  if (part->second.marks_relays) {
    std::string listing;
    Refusal refusal =
        nft({"list", "table", "ip", std::string(relays_table) + kept.name}, {}, listing);
    if (refusal.error != 0) return refusal;
    kept.part += listing;
  }
  return {};
}

}  // namespace situp
