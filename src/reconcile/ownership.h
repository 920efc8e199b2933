// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>
#include <string>

#include "base/error.h"
#include "model/kind.h"
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "reconcile/record.h"

namespace situp {

/// The ends by which a device is told to be the stanza's. Where `local` is unknown (going down,
/// without asking a source), any address that this host holds will do.
struct Ends {
  Kind kind = Kind::sixin4;
  std::optional<Ipv4> local;
  std::optional<Ipv4> remote;
};

Ends ends_of(const Tunnel& tunnel);
/// As far as the stanza tells them without asking anybody.
Ends ends_of(const TunnelSpec& spec);

/// Whether situp may change or delete this device: a record of this boot names it, or an intent
/// record or, without a record, the opted-in stanza has its kind and ends.
bool is_ours(const LiveLink& link, const std::optional<Record>& record, const Ends& ends,
             const Live& live);

/// The objects of the stanza that exist before this run. If the record is lost but the device
/// exists (`adopted`), situp takes all that the stanza says for its own: else the LAN addresses
/// would stay behind when the tunnel goes down. Rules name the tunnel, and unreachable routes have
/// situp's metric: they are the stanza's also without the device.
Owned owned_before(const std::optional<Record>& record, const Tunnel& tunnel, bool adopted,
                   const Live& live);
/// The same for these rules and routes alone.
void own_what_is_there(const Tunnel& tunnel, const Live& live, Owned& owned);

/// The remedy if the record's device is gone: "situp up he-ipv6 makes it anew".
std::string how_to_make_anew(const Record& record);

/// For a device that is not situp's: its kind, and the remedy.
Error foreign(const LiveLink& link);

}  // namespace situp
