// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/keeper.h"

#include <algorithm>

namespace situp {
namespace {

// Who has just brought a tunnel up wants to know soon.
constexpr std::uint32_t first_within = 5;

/// The part of a record that does not change while situpd keeps the tunnel.
std::string stanza_of(const Record& record) {
  Record only;
  only.stanza = record.stanza;
  only.ifindex = record.ifindex;
  return write_record(only, "");
}

bool is_name(const Host& host) {
  return std::holds_alternative<HostName>(host);
}

std::optional<Prober> prober_for(const std::optional<Keepalive>& keepalive, Moment now,
                                 std::uint32_t random) {
  if (!keepalive) return std::nullopt;
  const std::uint32_t within = std::min(keepalive->seconds, first_within);
  const auto first = now + std::chrono::milliseconds(random % (within * 1000));
  const std::chrono::seconds second_after(1 + (random >> 16) % keepalive->seconds);
  return Prober(std::chrono::seconds(keepalive->seconds), first, second_after);
}

}  // namespace

Keeper::Keeper(const Record& record, const TunnelSpec& spec, Moment now, std::uint32_t random)
    : prober(prober_for(spec.keepalive, now, random)),
      ifindex_(record.ifindex),
      stanza_(stanza_of(record)),
      spec_(spec),
      has_on_link_rules_(spec.kind().has_endpoint && !record.no_on_link_rules),
      withdrawn_(!record.withdrawn.empty()),
      resolved_(record.resolved) {
  aim();
}

/// The router list, and so the target, may have changed; its health is a new target's, too, until
/// that has been pinged.
void Keeper::aim() {
  vitals.target = keepalive_target(spec_, resolved_);
  vitals.health = vitals.target ? word_of(prober->health()) : "";
}

bool Keeper::is_for(const Record& record) const {
  return stanza_of(record) == stanza_;
}

bool Keeper::has_routes() const {
  return !spec_.routed.empty() || spec_.gateway || !spec_.routes.empty() || spec_.kind().has_domain;
}

bool Keeper::has_names() const {
  const auto has_one = [](const std::vector<Host>& hosts) {
    return std::any_of(hosts.begin(), hosts.end(), is_name);
  };
  return (spec_.endpoint && is_name(*spec_.endpoint)) || has_one(spec_.routers) ||
         has_one(spec_.routers_nodefault) || has_one(spec_.relays);
}

bool Keeper::has_lan_on(const std::set<std::string>& names) const {
  const auto ifaces = spec_.lan_interfaces();
  return std::any_of(ifaces.begin(), ifaces.end(),
                     [&](const InterfaceName& lan) { return names.count(lan.str()) != 0; });
}

void Keeper::note_probes() {
  const Samples& samples = prober->samples();
  vitals.sent = samples.sent;
  vitals.lost = samples.lost;
  vitals.samples.clear();
  for (const auto& sample : samples.last)
    vitals.samples.push_back(sample ? std::optional(static_cast<std::uint32_t>(sample->count()))
                                    : std::nullopt);
}

void Keeper::became(Health health, std::int64_t clock) {
  vitals.health = word_of(health);
  vitals.health_since = clock;
  // The inspections without a finding are over: a failure from now on has another cause.
  if (health == Health::alive && vitals.trouble.empty()) pacer.succeeded();
}

bool Keeper::is_to_withdraw() const {
  return withdraws() && is_dead();
}

std::optional<std::string> Keeper::right(const Repaired& repaired, const std::string& changes,
                                         std::int64_t clock) {
  const Resolved& resolved = repaired.resolved;
  const auto& warnings = repaired.result.plan.warnings;
  const std::string trouble =
      !repaired.renewed
          ? vitals.trouble
          : repaired.not_renewed.value_or(warnings.empty() ? std::string() : warnings.front());
  std::string line;
  if (resolved.local != resolved_.local)
    line = "the local address is now " + resolved.local.str() + ", was " + resolved_.local.str();
  const Ipv4 embedded = embedded_address(spec_, resolved);
  const Ipv4 before = embedded_address(spec_, resolved_);
  if (spec_.kind().has_domain && embedded != before)
    line += (line.empty() ? "" : "; ") + std::string("the delegated prefix is now ") +
            spec_.sit.domain.delegated(embedded).str() + ", was " +
            spec_.sit.domain.delegated(before).str();
  if (resolved.remote != resolved_.remote)
    line += (line.empty() ? "" : "; ") + std::string("the endpoint is now ") +
            resolved.remote.str() + ", was " + resolved_.remote.str();
  if (repaired.withdrawn != withdrawn_)
    line +=
        (line.empty() ? "" : "; ") +
        std::string(repaired.withdrawn ? "the default route is withdrawn until the far end answers"
                                       : "the default route is back");
  withdrawn_ = repaired.withdrawn;
  if (!changes.empty()) {
    ++vitals.changes;
    line += (line.empty() ? "put right: " : "; ") + changes;
  }
  if (line.empty() && !vitals.trouble.empty() && trouble.empty()) line = "all is right again";
  if (!trouble.empty() && trouble != vitals.trouble) line += (line.empty() ? "" : "; ") + trouble;
  resolved_ = resolved;
  const std::optional<Ipv6> target = vitals.target;
  aim();
  if (vitals.target && vitals.target != target)
    line += (line.empty() ? "" : "; ") + ("the keepalive now pings " + vitals.target->str());
  vitals.trouble = trouble;
  if (repaired.renewed) vitals.right_at = clock;
  if (line.empty()) return std::nullopt;
  vitals.note(clock, line);
  return line;
}

std::optional<std::string> Keeper::wrong(const std::string& why, std::int64_t clock) {
  if (vitals.trouble == why) return std::nullopt;
  vitals.trouble = why;
  vitals.note(clock, why);
  return why;
}

}  // namespace situp
