// SPDX-License-Identifier: GPL-2.0-or-later
// The printable part of a text from a file, an argument or the network, and the text's parts.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace situp {

/// How many bytes the UTF-8 character at the beginning of `text` has; 0 if it is none (RFC 3629: no
/// longer forms than needed, no surrogates, U+10FFFF at most).
std::size_t utf8_size(std::string_view text);

/// The code point of one character that utf8_size has measured.
char32_t code_point(std::string_view character);

/// Whether a terminal or a log must not get this one UTF-8 character: a control character (C0, DEL,
/// C1), a line or paragraph separator, or one that changes the direction in which text is shown.
bool is_control(std::string_view character);

/// `text` with a '?' for each such character, and for each byte that isn't UTF-8. The ASCII
/// characters in `keep` stay.
std::string printable(std::string_view text, std::string_view keep = {});
/// The same of the first `most` bytes, with "…" where there are more.
std::string printable_within(std::string_view text, std::size_t most);

/// The part before the next `separator`, or all where there is none; both are taken off `text`.
std::string_view take_until(std::string_view& text, char separator);

/// `text` with `by` in the place of the first `part`, if it has one.
std::string replaced(std::string_view text, std::string_view part, std::string_view by);

/// Whether a list has this word. A list is words with one blank between them; one that ends in `*`
/// stands for all that begin so.
bool is_listed(std::string_view list, std::string_view word);

/// isdigit(3), isalpha(3), isalnum(3), tolower(3) and toupper(3) in the C locale, of any byte.
bool is_digit(char c);
bool is_letter(char c);
bool is_letter_or_digit(char c);
char lower(char c);
char upper(char c);
/// Whether all of it are digits of isxdigit(3), and there is one.
bool is_hexadecimal(std::string_view text);

/// isspace(3) in the C locale.
bool is_blank(char c);
/// Take blanks off an end.
void trim_front(std::string_view& text);
void trim_back(std::string_view& text);
/// The words of a value, which blanks, tabs and newlines part.
std::vector<std::string_view> words_of(std::string_view value);

}  // namespace situp
