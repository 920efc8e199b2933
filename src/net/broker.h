// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <optional>

#include "base/deadline.h"
#include "model/broker/answer.h"
#include "model/broker/broker.h"
#include "model/broker/record.h"
#include "net/http.h"

namespace situp {

/// What a broker is to be told.
struct Update {
  UpdateUrl url;
  HttpsSettings https;
  TunnelId tunnel;
  std::optional<Ipv4> address;  // nothing: the one that the broker sees the request come from
};

/// One request and no other: brokers count them.
BrokerAnswer tell_broker(const Update& update, const Login& login, Deadline deadline);

/// What came of it, in the words of an answer.
BrokerAnswer broker_answer(const Reply& reply, std::string_view body);

/// Of which tunnel the broker's record is wanted.
struct RecordQuery {
  UpdateUrl url;
  HttpsSettings https;
  TunnelId tunnel;
};

/// One request, too.
RecordAnswer ask_for_record(const RecordQuery& query, const Login& login, Deadline deadline);

}  // namespace situp
