// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/finding.h"

#include <doctest/doctest.h>

using namespace situp;

namespace {

std::string caret(std::string_view text, unsigned line, const std::string& about,
                  const std::string& word) {
  return with_caret(SourceText(text).find(Complaint({"f", line}, about, "x", word)), "");
}

}  // namespace

TEST_CASE("the caret is under the word, else under the option, of an iface line under the name") {
  const char* text = "iface he-ipv6 inet6 manual\n    v4tunnel-local ec2 ec3\n";
  CHECK(caret(text, 2, "v4tunnel-local", "ec3") ==
        "    v4tunnel-local ec2 ec3\n"
        "                       ^~~");
  CHECK(caret(text, 2, "v4tunnel-local", "") ==
        "    v4tunnel-local ec2 ec3\n"
        "    ^~~~~~~~~~~~~~");
  CHECK(caret(text, 1, "iface he-ipv6", "") ==
        "iface he-ipv6 inet6 manual\n"
        "      ^~~~~~~");
}

TEST_CASE("a word is a whole word, and may stand on the line that a backslash joins on") {
  const char* text = "\tv4tunnel-lan eth00 2001:db8::1/64 \\\n\t\teth0 x\n";
  CHECK(caret(text, 1, "v4tunnel-lan", "eth0") == "\t\teth0 x\n\t\t^~~~");
  CHECK(caret("\tv4tunnel-lan eth00 \\\neth0 x\n", 1, "v4tunnel-lan", "eth0") == "eth0 x\n^~~~");
  CHECK(caret(text, 1, "v4tunnel-lan", "eth00") ==
        "\tv4tunnel-lan eth00 2001:db8::1/64 \\\n"
        "\t             ^~~~~");
  // It does not begin inside of another word.
  CHECK(caret("lan veth0 eth0\n", 1, "lan", "eth0") == "lan veth0 eth0\n          ^~~~");
  CHECK(caret("lan \\\nxeth0 eth0\n", 1, "lan", "eth0") == "xeth0 eth0\n      ^~~~");
  // Without a backslash, the next line is another option's.
  CHECK(caret("mtu 8\nttl 9\n", 1, "mtu", "9") == "mtu 8\n^~~");
  // The last line may lack its end.
  CHECK(caret("mtu 9", 1, "mtu", "9") == "mtu 9\n    ^");
  CHECK(caret("mtu \\\n9", 1, "mtu", "9") == "9\n^");
}

TEST_CASE("the wrong word of a line may be its first one") {
  const char* text = "iface he-ipv6 inet6 manual\n";
  CHECK(caret(text, 1, "iface he-ipv6", "iface") == "iface he-ipv6 inet6 manual\n^~~~~");
  CHECK(caret(text, 1, "iface he-ipv6", "else") == "iface he-ipv6 inet6 manual\n      ^~~~~~~");
  CHECK(caret("iface \n", 1, "iface he-ipv6", "") == "iface \n^~~~~");
  CHECK(caret("iface\n", 1, "iface he-ipv6", "") == "iface\n^~~~~");
  CHECK(caret(" \n", 1, "iface he-ipv6", "x") == " \n ");
}

TEST_CASE("letters of several bytes take one column, and what a terminal would obey is not sent") {
  CHECK(caret("überall ec3\n", 1, "x", "ec3") == "überall ec3\n        ^~~");
  CHECK(caret("x \x1b[2J\n", 1, "x", "\x1b[2J") == "x ?[2J\n  ^~~~");
  CHECK(caret("x \xff ec3\n", 1, "x", "ec3") == "x ? ec3\n    ^~~");
}

TEST_CASE("what stands nowhere has no spot") {
  CHECK(SourceText("a\n").find(Complaint({"f", 0}, "a", "x")).line == 0);
  CHECK(SourceText("a\n").find(Complaint({"f", 9}, "a", "x")).line == 0);
  CHECK(SourceText("").find(Complaint({"f", 1}, "a", "x")).line == 0);
}

TEST_CASE("the line of a finding is that of its complaint, and a hint says so") {
  const Complaint complaint({"f", 3}, "mtu", "too big");
  CHECK(line_of({Finding::Weight::error, complaint}) == "f:3: mtu: too big");
  CHECK(line_of({Finding::Weight::hint, complaint}) == "f:3: hint: mtu: too big");
  CHECK(line_of({Finding::Weight::hint, Complaint({"f", 0}, "", "x")}) == "f: hint: x");
}
