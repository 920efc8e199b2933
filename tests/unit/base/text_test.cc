// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/text.h"

#include <doctest/doctest.h>

#include <cctype>
#include <string>

#include "base/error.h"
#include "base/json.h"

using namespace situp;

TEST_CASE("what a terminal would obey, and what isn't UTF-8, is shown as a question mark") {
  CHECK(printable("he-ipv6 – grüße") == "he-ipv6 – grüße");
  CHECK(printable("a\x1b[31m\r\n\tb\x7f") == "a?[31m???b?");
  CHECK(printable("CSI \xc2\x9b"
                  "31m, NEL \xc2\x85.") == "CSI ?31m, NEL ?.");
  CHECK(printable("\xc2\xa0") == "\xc2\xa0");  // the first one behind C1
  CHECK(printable("raw \x9b"
                  "31m") == "raw ?31m");
  CHECK(printable(std::string("nul\0.", 5)) == "nul?.");
  // Right-to-left override and isolate, both marks, the Arabic letter mark, the line separator.
  for (const char* control :
       {"\u202a", "\u202e", "\u2066", "\u2069", "\u200e", "\u200f", "\u061c", "\u2028", "\u2029"})
    CHECK(printable(std::string("a") + control + "b") == "a?b");
  for (const char* letter : {"\u2027", "\u202f", "\u2065", "\u206a", "\u200d", "\U0001f980"})
    CHECK(printable(letter) == letter);
  // A longer form than needed of ESC, a surrogate, a character that is cut off.
  CHECK(printable("\xc0\x9b") == "??");
  CHECK(printable("\xed\xa0\x80") == "???");
  CHECK(printable("\xe2\x80") == "??");
}

TEST_CASE("characters that are kept are ASCII") {
  CHECK(printable("a\n\tb\x1b[0m\r", "\n\t\x1b") == "a\n\tb\x1b[0m?");
  CHECK(printable("\xc2\x9b", "\n\xc2\x9b") == "?");
}

TEST_CASE("a long text is cut between two characters") {
  CHECK(printable_within("abc", 3) == "abc");
  CHECK(printable_within("abcd", 3) == "abc…");
  CHECK(printable_within("aäb", 2) == "a…");
  CHECK(printable_within("\x80\x80\x80", 2) == "…");
  CHECK(printable_within("", 0).empty());
}

TEST_CASE("no error carries what a terminal would obey") {
  const Error error(Exit::system,
                    "\xc2\x9b"
                    "2J\x1b[2J",
                    "so\u202e\nwhy");
  CHECK(std::string(error.what()) == "?2J?[2J: so??why");
  CHECK(error.subject() == "?2J?[2J");
  CHECK(error.why() == "so??why");
}

TEST_CASE("JSON escapes it, and loses nothing") {
  Json json;
  json.value("\x1b\xc2\x9b\u202e\u2029ä\x7f\n\x9b");
  CHECK(json.text() == "\"\\u001b\\u009b\\u202e\\u2029ä\\u007f\\n\xef\xbf\xbd\"");
}

TEST_CASE("letters and digits of each byte are those of the C locale") {
  for (int byte = 0; byte < 256; ++byte) {
    CAPTURE(byte);
    const char c = static_cast<char>(byte);
    CHECK(is_digit(c) == (std::isdigit(byte) != 0));
    CHECK(is_letter(c) == (std::isalpha(byte) != 0));
    CHECK(is_letter_or_digit(c) == (std::isalnum(byte) != 0));
    CHECK(is_hexadecimal(std::string_view(&c, 1)) == (std::isxdigit(byte) != 0));
    CHECK(static_cast<unsigned char>(lower(c)) == std::tolower(byte));
    CHECK(static_cast<unsigned char>(upper(c)) == std::toupper(byte));
    CHECK(is_blank(c) == (std::isspace(byte) != 0));
  }
  CHECK(is_hexadecimal("00fF"));
  CHECK_FALSE(is_hexadecimal("0x1"));
  CHECK_FALSE(is_hexadecimal(""));
}

TEST_CASE("words, and what stands in a text's place") {
  CHECK(words_of(" a\tbc \n d").size() == 3);
  CHECK(words_of("a b").back() == "b");
  CHECK(words_of(" \t\n").empty());
  CHECK(words_of("a\rb").size() == 1);
  CHECK(replaced("/{mac}/x", "{mac}", "02:00") == "/02:00/x");
  CHECK(replaced("/x", "{mac}", "02:00") == "/x");
}
