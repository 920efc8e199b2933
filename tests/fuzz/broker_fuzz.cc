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

  static const AnswerTexts texts{*TextList::parse("OK, not changed"), *TextList::parse("refused"),
                                 *TextList::parse("busy")};
  for (const unsigned status : {200U, 401U, 500U}) {
    const BrokerAnswer by_text = read_broker_text(texts, status, text, "key");
    must(read_broker_answer(write_broker_answer(by_text)) == by_text);
    must(printable(str(by_text)) == str(by_text));
    must(str(by_text).find("key") == std::string::npos);
    must(status == 200 || verdict_on(by_text, std::nullopt) != Verdict::accepted);
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
