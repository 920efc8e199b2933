// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include "base/deadline.h"
#include "model/ask/question.h"
#include "model/broker/answer.h"
#include "model/broker/record.h"
#include "net/http.h"

namespace situp {

/// One request and no other: brokers count them.
BrokerAnswer tell_broker(const UpdateQuestion& question, const Login& login, Deadline deadline);
/// One request, too.
RecordAnswer ask_for_record(const RecordQuestion& question, const Login& login, Deadline deadline);

}  // namespace situp
