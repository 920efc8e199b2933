// SPDX-License-Identifier: GPL-2.0-or-later
// The words for the failures that situp-net reports. They are made here, from no text that came
// from the network.
#pragma once
#include <string>
#include <string_view>

#include "model/ask/answer.h"
#include "model/ask/service_url.h"
#include "model/ask/source.h"

namespace situp {

/// One line without a full stop, to be the `why` of an Error: the failure and the remedy.
/// `url` is the URL that situp-net asked; `user` is the user that it asked as.
std::string metadata_failure_text(const FailureAnswer& failure, const FromService& source,
                                  const ServiceUrl& url, std::string_view user);

/// The end of a situp-net that gave no answer (Failure::killed, Failure::broken), to follow its
/// name.
std::string ended_text(const FailureAnswer& failure);

/// The same for a name that DNS was asked for; the name itself is the Error's subject.
std::string dns_failure_text(const FailureAnswer& failure);

}  // namespace situp
