// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "base/deadline.h"
#include "model/ask/question.h"
#include "model/broker/answer.h"
#include "model/broker/tunnel_info.h"
#include "net/http.h"

namespace situp {

/// One request and no other: brokers count them.
BrokerAnswer tell_broker(const UpdateQuestion& question, const Login& login, Deadline deadline);
/// One request, too.
TunnelInfoAnswer ask_for_tunnel_info(const TunnelInfoQuestion& question, const Login& login,
                                     Deadline deadline);

}  // namespace situp
