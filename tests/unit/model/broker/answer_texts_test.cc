// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/answer_texts.h"

#include <doctest/doctest.h>

#include <string>

using namespace situp;

namespace {

TextList list(const char* value) {
  const auto texts = TextList::parse(value);
  REQUIRE(texts);
  return *texts;
}

bool has(const char* value, const char* words) {
  return list(value).found_in(words) != nullptr;
}

}  // namespace

TEST_CASE("a list of texts") {
  for (const char* value : {"OK", "OK!, already registered", "\"ok\":true", "Готово, ü"})
    CHECK(list(value).str() == value);
  CHECK(list(" OK ,  not   changed ").str() == "OK, not changed");
  CHECK(TextList().str().empty());
  CHECK(TextList::parse("a,b,c,d,e,f,g,h"));
  CHECK(TextList::parse(std::string(64, 'x')));
  for (const std::string& bad :
       {std::string(), std::string(" "), std::string(","), std::string("a,"), std::string(",a"),
        std::string("a,,b"), std::string("a, ,b"), std::string("a,b,c,d,e,f,g,h,i"),
        std::string(65, 'x'), std::string("a\x1b"), std::string("a\xff"), std::string("a\nb")})
    CHECK_MESSAGE(!TextList::parse(bad), bad);
}

TEST_CASE("a text stands alone in an answer") {
  for (const char* words :
       {"OK", "it is OK.", "(OK)", "OK: 1.2.3.4", "NOK OK", "OK OK", "<b>OK</b>"})
    CHECK_MESSAGE(has("OK", words), std::string(words));
  for (const char* words :
       {"", "O", "BROKEN", "TOKEN", "OKAY", "NOK", "OK2", "2OK", "ok", "üOK", "ÀOK", "OKü"})
    CHECK_MESSAGE(!has("OK", words), std::string(words));
  // Beside a sign of its own, anything may stand.
  CHECK(has("OK!", "OK!done"));
  CHECK(!has("OK!", "NOK!"));
  CHECK(has("\"ok\":true", "{\"ok\":true}"));
  CHECK(!has("\"ok\":true", "{\"ok\":truest}"));
  CHECK(has("KO, not changed", "the address is not changed"));
}

TEST_CASE("a refusal goes before a delay, and that before success") {
  const AnswerTexts texts{list("OK, done"), list("NOT OK"), list("busy")};
  const auto verdict = [&](const char* words) {
    const auto found = found_in(texts, words);
    return found ? std::optional(found->verdict) : std::nullopt;
  };
  CHECK(verdict("OK") == Verdict::accepted);
  CHECK(verdict("OK, but busy") == Verdict::later);
  CHECK(verdict("busy: NOT OK") == Verdict::permanent);
  CHECK(verdict("NOT OK") == Verdict::permanent);
  CHECK(!verdict("KO"));
  CHECK(!verdict(""));
  CHECK(found_in(texts, "all done")->text == "done");
}
