// SPDX-License-Identifier: GPL-2.0-or-later
// What a broker answers, under libFuzzer: make fuzz-broker
#include "base/text.h"
#include "fuzz.h"
#include "model/broker/answer.h"
#include "model/broker/protocols.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situp;
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  // A line has one meaning, and a meaning one line.
  if (const auto answer = read_broker_answer(text)) must(write_broker_answer(*answer) == text);

  for (const unsigned status : {200U, 401U, 500U}) {
    const BrokerAnswer answer = read_broker_body(protocols().front(), status, text, "key");
    must(read_broker_answer(write_broker_answer(answer)) == answer);
    must(printable(str(answer)) == str(answer));
    must(text.find("key") == std::string_view::npos ||
         !std::holds_alternative<BrokerSentence>(answer));
    const auto* said = std::get_if<BrokerSaid>(&answer);
    const bool done =
        said != nullptr && (said->word == BrokerWord::good || said->word == BrokerWord::nochg);
    must(!done || status == 200);
    must(done || said == nullptr || !said->address);
  }
  return 0;
}
