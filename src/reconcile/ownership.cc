// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/ownership.h"

namespace situp {
namespace {

bool has_ends(const Sit& sit, const Ends& ends, const Live& live) {
  // A remote end that isn't known, a name that DNS hasn't been asked for, can't be told from a
  // stranger's.
  if (sit.kind != ends.kind || sit.has_other_sets || sit.remote != ends.remote) return false;
  if (ends.local) return sit.local == *ends.local;
  return sit.local == Ipv4{} || live.holder(sit.local) != nullptr;
}

std::string describe(const LiveLink& link) {
  if (!link.sit) return "another kind of device";
  const auto end = [](Ipv4 address) {
    return address == Ipv4{} ? std::string("any") : address.str();
  };
  return std::string(row_of(link.sit->kind).device) + ", " + end(link.sit->local) + " to " +
         end(link.sit->remote);
}

}  // namespace

Ends ends_of(const Tunnel& tunnel) {
  return {tunnel.sit.kind, tunnel.sit.local, tunnel.sit.remote};
}

Ends ends_of(const TunnelSpec& spec) {
  Ends ends{spec.sit.kind, std::nullopt, std::nullopt};
  if (!spec.endpoint)
    ends.remote = Ipv4{};
  else if (const auto* literal = std::get_if<Ipv4>(&*spec.endpoint))
    ends.remote = *literal;
  if (spec.local.size() == 1)
    if (const auto* literal = std::get_if<Ipv4>(&spec.local[0])) ends.local = *literal;
  return ends;
}

bool is_ours(const LiveLink& link, const std::optional<Record>& record, const Ends& ends,
             const Live& live) {
  if (!link.sit) return false;
  if (!record) return has_ends(*link.sit, ends, live);
  if (record->ifindex == link.index) return true;
  if (record->state != Record::State::intent) return false;
  const Kind kind = kind_of(record->stanza);
  const Ends meant{kind, record->resolved.local, record->resolved.remote};
  if (has_ends(*link.sit, meant, live)) return true;
  // The stock method makes the device with the stanza's own `local`, or any, before if-up.d puts
  // ours in.
  const bool stock = record->by_ifup && record->stanza.method == "v4tunnel";
  return stock && has_ends(*link.sit, {kind, Ipv4{}, record->resolved.remote}, live);
}

Owned owned_before(const std::optional<Record>& record, const Tunnel& tunnel, bool adopted,
                   const Live& live) {
  if (record) return record->owned;
  Owned owned;
  if (adopted) {
    owned = owned_by(tunnel);
    owned.preferred_lifetime = std::nullopt;
    owned.lan = tunnel.lan;
  }
  own_what_is_there(tunnel, live, owned);
  return owned;
}

void own_what_is_there(const Tunnel& tunnel, const Live& live, Owned& owned) {
  owned.on_link_rules = on_link_rules_there(tunnel, live);
  owned.routed.clear();
  for (const Ipv6Net& prefix : tunnel.routed)
    if (live.has_unreachable(prefix)) owned.routed.push_back(prefix);
}

std::string how_to_make_anew(const Record& record) {
  const std::string& name = record.stanza.iface;
  return record.by_ifup ? "ifdown and ifup " + name + " make it anew"
                        : "situp up " + name + " makes it anew";
}

Error foreign(const LiveLink& link) {
  std::string why = "a device of this name is there and is not situp's (" + describe(link) +
                    "); situp leaves it alone: ";
  if (link.name == "sit0")
    why = "the kernel's own fallback device has this name and can't be removed: ";
  else if (link.sit)
    why += deletion_of(link.name, row_of(link.sit->kind).has_routers) + ", or ";
  return {Exit::system, link.name, why + "give the tunnel another name"};
}

}  // namespace situp
