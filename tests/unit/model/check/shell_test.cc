// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/check/shell.h"

#include <doctest/doctest.h>

using namespace situp;

namespace {

using Commands = std::vector<std::vector<std::string>>;

Commands words_in(std::string_view line) {
  Commands all;
  for (const ShellCommand& one : commands_of(line)) all.push_back(one.words);
  return all;
}

}  // namespace

TEST_CASE("commands are told apart, and what a shell would run inside of one stays whole") {
  CHECK(words_in("ip link set x up && ip -6 route add default dev x || true") ==
        Commands{{"ip", "link", "set", "x", "up"},
                 {"ip", "-6", "route", "add", "default", "dev", "x"},
                 {"true"}});
  CHECK(
      words_in("ip tunnel add x local $(curl -s \"a;b\" | (head -1)) ttl 1; :") ==
      Commands{{"ip", "tunnel", "add", "x", "local", "$(curl -s \"a;b\" | (head -1))", "ttl", "1"},
               {":"}});
  CHECK(words_in("ping6 ::1 >/dev/null 2>&1 &") == Commands{{"ping6", "::1"}});
  CHECK(words_in("ping6 ::1 > /dev/null 2> x < y &>z >>w") == Commands{{"ping6", "::1"}});
  CHECK(commands_of("a &>z")[0].after.empty());
  CHECK(words_in("a >; b") == Commands{{"a"}, {"b"}});
  CHECK(words_in("echo a>x b2>y; c 2>z") == Commands{{"echo", "a", "b2"}, {"c"}});
  CHECK(words_in("echo `a b` 'c d'") == Commands{{"echo", "`a b`", "c d"}});
  CHECK(words_in("a \"$(b \"c d\" ')' e)\" f") == Commands{{"a", "$(b \"c d\" ')' e)", "f"}});
  CHECK(words_in("a \"b\" # c; d") == Commands{{"a", "b"}});
  CHECK(words_in("a b#c \\# d\\ e") == Commands{{"a", "b#c", "#", "d e"}});
  CHECK(words_in("a \"(\" \"it's\" '(' b") == Commands{{"a", "(", "it's", "(", "b"}});
  CHECK(words_in("a \"\" ''") == Commands{{"a", "", ""}});
  CHECK(words_in(R"(a '\d' \\)") == Commands{{"a", "\\d", "\\"}});
  CHECK(words_in("a 'b c\" d' 'e") == Commands{{"a", "b c\" d", "e"}});
  CHECK(words_in("$(\")\" a) \\\"b c\" d\"") == Commands{{"$(\")\" a)", "\"b", "c d"}});
  CHECK(words_in("$((1 + 2) * 3) a") == Commands{{"$((1 + 2) * 3)", "a"}});
  CHECK(words_in("a $(b (c) d) `e $(f `) g") == Commands{{"a", "$(b (c) d)", "`e $(f `) g"}});
  CHECK(words_in("").empty());
  CHECK(words_in("; && |").empty());
  for (const char* torn : {"$(", "`", "'", "\"", "\\", "$(\"`", "x ${"})
    CHECK(words_in(torn).size() == 1);
  const auto commands = commands_of(" a  b ;c&& d");
  REQUIRE(commands.size() == 3);
  CHECK(commands[0].text == "a  b");
  CHECK(commands[0].after == ";");
  CHECK(commands[1].after == "&&");
  CHECK(commands[2].after.empty());
  // A line may be a part of a text.
  CHECK(commands_of(std::string_view("a &> b").substr(0, 3))[0].after == "&");
  CHECK(commands_of(std::string_view("a || b").substr(0, 3))[0].after == "|");
}

TEST_CASE("a line without conditions, pipes and jobs is plain") {
  for (const char* line :
       {"a", "a; b && c", "a || true", "a || : ; b", "a && b || exit 0", "", "true || :"}) {
    CAPTURE(line);
    CHECK(is_plain(commands_of(line)));
  }
  for (const char* line :
       {"a | b", "a &", "a || b", "a ||", "a || true || b", "true || a", "[ -e x ] && a",
        "if a; then b; fi", "(a; b)", "{ a; }", "test x && a", "! a", "for x in y; do z; done"}) {
    CAPTURE(line);
    CHECK_FALSE(is_plain(commands_of(line)));
  }
}

TEST_CASE("variables") {
  Variables variables{{"IFACE", "t0"}};
  CHECK(takes_assignment({"X=$IFACE-x"}, variables));
  CHECK(takes_assignment({"export", "Y=`a $X`"}, variables));
  CHECK(expanded("$X ${Y} $Z $ ${X", variables) == "t0-x `a t0-x` $Z $ ${X");
  CHECK(expanded("$IFACEX", variables) == "$IFACEX");
  // A text may be a part of another one.
  CHECK(expanded(std::string_view("${X}").substr(0, 3), variables) == "${X");
  CHECK(expanded(std::string_view("$XA").substr(0, 2), variables) == "t0-x");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"a"}, {"a=b", "c"}, {"1=2"}, {"=x"}, {"unset", "x=y"}})
    CHECK_FALSE(takes_assignment(words, variables));
  // Doubling does not go on for ever.
  Variables growing{{"A", std::string(3000, 'a')}};
  CHECK(expanded("$A$A$A", growing) == "$A$A$A");
  const std::string most(4095, 'a');
  growing["A"] = most;
  CHECK(expanded("$A", growing) == most);
  CHECK(expanded("x$A", growing) == "x$A");
  CHECK(expanded("$A$", growing) == "$A$");
}

TEST_CASE("a text uses a variable") {
  for (const char* text : {"$A", "x$A-y", "${A}", "${A%/*}", "${A:-x}", "${#A}", "a >/run/$A"})
    CHECK(uses(text, "A"));
  for (const char* text : {"", "A", "$AB $A_ $A1", "${AB}", "$B"}) CHECK_FALSE(uses(text, "A"));
}

TEST_CASE("the command inside of a word") {
  CHECK(substituted("x$(a $(b))y") == "a $(b)");
  CHECK(substituted("`a b`") == "a b");
  CHECK(substituted("a").empty());
  CHECK(substituted("$(a") == "a");
  CHECK(substituted("`").empty());
  CHECK(substituted("$()").empty());
  CHECK(substituted("x`a") == "a");
  CHECK(substituted("$(a) `b`") == "a");
  CHECK(substituted("`a` $(b)") == "a");
}

TEST_CASE("programs that run another one are passed over") {
  using Words = std::vector<std::string>;
  CHECK(program_of({"sudo", "timeout", "5", "/sbin/ip", "a"}) == Words{"ip", "a"});
  CHECK(program_of({"env", "nice", "curl"}) == Words{"curl"});
  CHECK(program_of({"LC_ALL=C", "ip", "a=b"}) == Words{"ip", "a=b"});
  CHECK(program_of({"env", "LANG=C", "LC_ALL=C", "/sbin/ip", "a"}) == Words{"ip", "a"});
  CHECK(program_of({"1=2", "ip"}) == Words{"1=2", "ip"});
  CHECK(program_of({"sudo"}) == Words{"sudo"});
  CHECK(program_of({"timeout", "5"}) == Words{"5"});
}
