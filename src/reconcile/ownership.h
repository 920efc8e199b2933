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

/// What is there on behalf of the stanza before this run. Where the record is lost but the device
/// is there (`adopted`), all that the stanza says is taken for situp's: else its LAN addresses
/// would stay behind when it goes down.
Owned owned_before(const std::optional<Record>& record, const Tunnel& tunnel, bool adopted);

/// What to do where the record's device is gone: "situp up he-ipv6 makes it anew".
std::string how_to_make_anew(const Record& record);

/// For a device that isn't: what it is, and what to do.
Error foreign(const LiveLink& link);

}  // namespace situp
