// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/transaction.h"

#include <cerrno>
#include <utility>

#include "kernel/refusal_text.h"
#include "model/tunnel/compare.h"

namespace situp {
namespace {

/// The kernel returns ESRCH, EADDRNOTAVAIL or ENODEV for an object that is gone already: undo and
/// deletion have no work left.
bool means_gone(int error) {
  return error == ESRCH || error == EADDRNOTAVAIL || error == ENODEV || error == ENXIO ||
         error == ENOENT;
}

bool removes(const Operation& operation) {
  return std::holds_alternative<DeleteLink>(operation) ||
         std::holds_alternative<DeleteAddress>(operation) ||
         std::holds_alternative<DeleteRoute>(operation) ||
         std::holds_alternative<DeleteRouter>(operation) ||
         std::holds_alternative<RemoveFirewall>(operation) ||
         std::holds_alternative<DeleteRule>(operation) ||
         std::holds_alternative<DeleteNextHop>(operation) ||
         std::holds_alternative<DeleteOnLinkRule>(operation) ||
         std::holds_alternative<DeleteUnreachable>(operation) ||
         std::holds_alternative<DeleteFouPort>(operation);
}

/// Tunnels share a port: the run of another one has opened it since the snapshot. Its undo() closes
/// it, not this one's.
bool is_shared(const Operation& operation, const Refusal& refusal) {
  return std::holds_alternative<AddFouPort>(operation) && refusal.error == EEXIST;
}

}  // namespace

Refusal Transaction::keep_firewall(const std::string& name) {
  if (!keeps_filters_ || before_.firewall(name) == nullptr || firewalls_.count(name) != 0)
    return {};
  LoadFirewall kept{name, false, {}};
  Refusal refusal = kernel_.list_firewall(kept);
  if (refusal.error == 0) firewalls_[name] = std::move(kept);
  return refusal;
}

Refusal Transaction::execute(const Operation& operation) {
  if (const auto* load = std::get_if<LoadFirewall>(&operation)) {
    // Empty: restore the earlier filter.
    if (load->part.empty())
      return keeps_filters_ ? kernel_.execute(firewalls_[load->name], devices_) : Refusal{};
    Refusal refusal = keep_firewall(load->name);
    if (refusal.error != 0) return refusal;
  } else if (const auto* removal = std::get_if<RemoveFirewall>(&operation)) {
    Refusal refusal = keep_firewall(removal->name);
    if (refusal.error != 0) return refusal;
  }
  return kernel_.execute(operation, devices_);
}

void Transaction::load_firewalls(Kernel& kernel,
                                 const std::vector<std::pair<Transaction*, LoadFirewall>>& all) {
  std::vector<LoadFirewall> parts;
  try {
    for (const auto& [transaction, part] : all) {
      if (transaction->keep_firewall(part.name).error != 0) return;
      parts.push_back(part);
    }
    if (kernel.load_firewalls(parts).error != 0) return;
  } catch (const Error&) {
    return;
  }
  for (const auto& [transaction, part] : all) {
    transaction->done_.emplace_back(part);
    transaction->firewall_is_loaded_ = true;
  }
}

void Transaction::apply(std::span<const Operation> operations) {
  for (const Operation& operation : operations) {
    if (firewall_is_loaded_ && std::holds_alternative<LoadFirewall>(operation)) continue;
    Refusal refusal;
    try {
      refusal = execute(operation);
    } catch (const Error& error) {
      // The kernel may have executed it, so undo() tries to take it back.
      done_.push_back(operation);
      throw Error(error.status(), error.subject(), error.why() + taken_back());
    }
    if (refusal.error == 0) {
      done_.push_back(operation);
    } else if (!is_shared(operation, refusal) &&
               !(removes(operation) && means_gone(refusal.error))) {
      if (has_changed_encap(operation, refusal)) done_.push_back(operation);
      const bool taken = refusal.error == EEXIST;
      place_is_taken_ = taken && std::holds_alternative<AddRoute>(operation);
      const Error error = refused(operation, refusal);
      const auto part = optional_part_of(operation);
      if (part && refusal.error != EPERM) throw PartRefused(error, *part, taken);
      throw Error(error);
    }
  }
}

std::string Transaction::taken_back() {
  std::string text;
  for (const std::string& command : undo()) text += "; could not be put back: " + command;
  return text;
}

std::vector<std::string> Transaction::undo() {
  std::vector<std::string> lost;
  for (auto operation = done_.rbegin(); operation != done_.rend(); ++operation) {
    for (const Operation& back : undo_of(*operation, before_)) {
      Refusal refusal;
      try {
        refusal = execute(back);
      } catch (const Error&) {
        lost.push_back(in_brief(back));
        continue;
      }
      const bool is_there_anyway =
          refusal.error == EEXIST && !std::holds_alternative<CreateLink>(back);
      const bool fine =
          refusal.error == 0 || (removes(back) && means_gone(refusal.error)) || is_there_anyway;
      if (!fine) lost.push_back(in_brief(back));
    }
  }
  done_.clear();
  firewall_is_loaded_ = false;
  lost_something_ |= !lost.empty();
  return lost;
}

/// The kernel sets the encapsulation before it looks at the rest of a change (net/ipv6/sit.c,
/// ipip6_changelink).
bool Transaction::has_changed_encap(const Operation& operation, const Refusal& refusal) const {
  const auto* change = std::get_if<ChangeLink>(&operation);
  if (change == nullptr || refusal.error == EPERM) return false;
  const LiveLink* was = before_.link(change->name);
  return was != nullptr && was->sit && was->sit->encap != change->device.sit.encap;
}

Error Transaction::refused(const Operation& operation, const Refusal& refusal) {
  const Sit* sit = nullptr;
  const std::string* name = nullptr;
  if (const auto* create = std::get_if<CreateLink>(&operation)) {
    name = &create->name;
    sit = &create->device.sit;
  } else if (const auto* change = std::get_if<ChangeLink>(&operation)) {
    name = &change->name;
    sit = &change->device.sit;
  }
  if (sit != nullptr && refusal.error == EEXIST) return in_the_way(*name, *sit);
  const bool permission = refusal.error == EPERM;
  std::string text = refusal_text(operation, refusal);
  text += taken_back();
  return {permission ? Exit::not_permitted : Exit::system, in_brief(operation), std::move(text)};
}

/// Another program was quicker than the snapshot: a new snapshot names its device.
Error Transaction::in_the_way(const std::string& name, const Sit& sit) {
  const Live now = kernel_.snapshot({});
  const LiveLink* other = now.with_endpoints(sit.local, sit.remote, sit.link);
  const std::string its_name = other != nullptr && other->name != name ? other->name : "";
  const std::string lost = taken_back();
  if (!its_name.empty()) {
    const Error error = endpoints_taken_by(its_name, sit.local, sit.remote);
    return {error.status(), error.subject(), error.why() + lost};
  }
  return {Exit::system, name,
          "a device of this name appeared just now, and it is not situp's: " +
              deletion_of(name, row_of(sit.kind).has_routers) +
              ", or give the tunnel another name" + lost};
}

}  // namespace situp
