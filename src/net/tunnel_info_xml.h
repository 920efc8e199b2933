// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <string_view>

#include "model/broker/broker.h"
#include "model/broker/tunnel_info.h"

namespace situp {

/// A broker's info on that tunnel in XML: <tunnels><tunnel id="ID"><serverv4>…, as Hurricane
/// Electric's tunnelInfo.php has it (its forum, topic 3109). Over libexpat. The text is untrusted:
/// a document type is the end of it, so that there are no entities; elements are counted, and lie
/// no deeper than the fields; the reader skips fields that are not ours. Failure::no_tunnel_info:
/// words or HTML; no_such_key: no tunnel in it; several: more than one (number: how many, at
/// least); bad_body: anything else that isn't the whole info on that tunnel.
TunnelInfoAnswer read_tunnel_info_xml(std::string_view body, const TunnelId& tunnel);

}  // namespace situp
