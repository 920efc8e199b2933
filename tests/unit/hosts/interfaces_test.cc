// SPDX-License-Identifier: GPL-2.0-or-later
// What can be said in a file and what becomes of it. That ifupdown says the same is the matter of
// tests/interfaces/compare; here is what only we do, and each rule once, in small.
#include "hosts/interfaces.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <vector>

#include "hosts/interfaces_files.h"
#include "unit/world.h"

using namespace situp;

namespace {

Interfaces read(const std::string& text, const HostProgram& host = hosts::ifupdown) {
  const ScratchFolder folder;
  return Interfaces::read(folder.put("interfaces", text), host);
}

/// "name=value@line name=value@line", of one stanza.
std::string text_of(const Stanza& stanza) {
  std::string text;
  for (const Option& option : stanza.options)
    text += (text.empty() ? "" : " ") + option.name + '=' + option.value + '@' +
            std::to_string(option.place.line);
  return text;
}

std::string only_stanza(const Interfaces& read, const char* name) {
  const auto stanzas = read.stanzas_of(name);
  REQUIRE(stanzas.size() == 1);
  return text_of(stanzas[0]);
}

/// "LINE: why" of the refusal.
std::string refusal(const std::string& text) {
  const ScratchFolder folder;
  const std::string file = folder.put("interfaces", text);
  try {
    Interfaces::read(file);
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
    REQUIRE(error.subject().substr(0, file.size() + 1) == file + ':');
    return error.subject().substr(file.size() + 1) + ": " + error.why();
  }
  return "accepted";
}

bool begins_with(const std::string& text, const std::string& beginning) {
  return text.substr(0, beginning.size()) == beginning;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a stanza has its words, its options, and where each of them stands") {
  const ScratchFolder folder;
  const std::string file = folder.put("interfaces",
                                      "# a comment\n"
                                      "auto he-ipv6\n"
                                      "iface he-ipv6 inet6 v4tunnel\n"
                                      "\n"
                                      "    address 2001:db8::2\n"
                                      "  # another\n"
                                      "    v4tunnel-lan \\\n"
                                      "eth0   2001:db8:1::1/64 \n"
                                      "    endpoint 192.0.2.1\n");
  const auto read = Interfaces::read(file);
  const auto stanzas = read.stanzas_of("he-ipv6");
  REQUIRE(stanzas.size() == 1);
  const Stanza& stanza = stanzas[0];
  CHECK(stanza.iface == "he-ipv6");
  CHECK(stanza.logical == "he-ipv6");
  CHECK(stanza.family == "inet6");
  CHECK(stanza.method == "v4tunnel");
  CHECK(stanza.place.file == file);
  CHECK(stanza.place.line == 3);
  REQUIRE(stanza.options.size() == 3);
  CHECK(stanza.options[2].place.file == file);
  CHECK(text_of(stanza) ==
        "address=2001:db8::2@5 v4tunnel-lan=eth0   2001:db8:1::1/64@7 endpoint=192.0.2.1@9");
  CHECK(read.stanzas_of("he-ipv").empty());
  CHECK(read.remarks().empty());
}

TEST_CASE("repeats stay apart and in order, post-up is up, pre-down is down") {
  CHECK(only_stanza(read("iface a inet6 manual\n"
                         "one 1\npost-up x\none 2\nup y\npre-down z\none 1\n"),
                    "a") == "one=1@2 up=x@3 one=2@4 up=y@5 down=z@6 one=1@7");
}

TEST_CASE("situp's own options have the one name that hooks see") {
  const auto stanzas = read(
                           "iface a inet6 manual\n"
                           "V4TUNNEL-LOCAL ec2\nisatap_routers x\nAddress y\nV4_TUNNEL z\n")
                           .stanzas_of("a");
  REQUIRE(stanzas.size() == 1);
  CHECK(text_of(stanzas[0]) == "v4tunnel-local=ec2@2 isatap-routers=x@3 Address=y@4 V4_TUNNEL=z@5");
  CHECK(stanzas[0].options[0].written() == "V4TUNNEL-LOCAL");
  CHECK(stanzas[0].options[1].written() == "isatap_routers");
}

TEST_CASE("an option with a question mark counts only where none was said before") {
  const auto in = read(
      "iface t inet6 manual\none t\n"
      "iface a inet6 manual inherits t\none? a\ntwo? a\ntwo? b\ntwo c\n"
      "iface b inet6 manual\none? b\n");
  CHECK(only_stanza(in, "a") == "one=t@2 two=a@5 two=c@7");
  CHECK(only_stanza(in, "b") == "one=b@9");
}

TEST_CASE("lines are joined before anything else is looked at") {
  const auto in = read(
      "iface a inet6 \\\nmanual\n"
      "one 1\\\n  # no comment\n"
      "two a\\\\\nb\n"
      "# a comment is never continued \\\n"
      "three 3\n"
      "four 4 \\\n");
  CHECK(only_stanza(in, "a") == "one=1  # no comment@3 two=a\\b@5 three=3@8 four=4@9");
  // ifupdown takes the second backslash for another continuation when nothing follows the first.
  CHECK(only_stanza(read("iface a inet6 manual\none 1\\\\\n\n  2\n"), "a") == "one=1  2@2");
  CHECK(only_stanza(read("iface a inet6 manual\none 1\\\\"), "a") == "one=1@2");
}

TEST_CASE("blanks are those of the C locale, and the outer ones go") {
  const auto in = read("\viface\ta \f inet6\vmanual\r\n\t one \t 1 \v 2\t\r\n\r\n\n \n");
  CHECK(only_stanza(in, "a") == "one=1 \v 2@2");
  CHECK(only_stanza(read("iface a inet6 manual\none \xc2\xa0\n"), "a") == "one=\xc2\xa0@2");
}

TEST_CASE("the classes hold each word once, in order, lo first among auto") {
  const auto in = read(
      "auto a b\nallow-auto c a\nallow-hotplug a\nallow-hotplug x=y a\n"
      "iface d inet6 manual\n auto\n one 1\n allow-hotplug\n two 2\nauto /e*=f lo\n");
  CHECK(in.automatic() == Names{"lo", "a", "b", "c", "d", "/e*=f"});
  CHECK(in.allowed("hotplug") == Names{"a", "x=y", "d"});
  CHECK(in.allowed("other").empty());
  // ifupdown-ng has no classes; check tells of them.
  CHECK(read("allow-hotplug x y\n", hosts::ifupdown_ng).allowed("hotplug") == Names{"x", "y"});
  CHECK(only_stanza(in, "d") == "one=1@7 two=2@9");
}

TEST_CASE("no-auto-down, no-scripts and mapping take shell patterns") {
  const auto in = read(
      "no-auto-down a eth?\nno-scripts *b [xy]z\nmapping wlan*\n script /bin/true\n map x\n"
      "iface d inet6 manual\n no-auto-down\n no-scripts\n one 1\n");
  CHECK(in.no_auto_down("a"));
  CHECK(in.no_auto_down("eth1"));
  CHECK(in.no_auto_down("d"));
  CHECK_FALSE(in.no_auto_down("eth10"));
  CHECK_FALSE(in.no_auto_down("b"));
  CHECK(in.no_scripts("b"));
  CHECK(in.no_scripts("ab"));
  CHECK(in.no_scripts("yz"));
  CHECK(in.no_scripts("d"));
  CHECK_FALSE(in.no_scripts("a"));
  CHECK(in.mapped("wlan0"));
  CHECK_FALSE(in.mapped("eth0"));
  CHECK(only_stanza(in, "d") == "one=1@9");
}

TEST_CASE("inherits copies what stands above, places too, and the rest comes after it") {
  const auto in = read(
      "iface t inet static\none 1\n"
      "iface t inet6 v4tunnel\none 6\n"
      "iface a inherits t\ntwo 2\n"
      "iface b inet6 inherits t\none b\n"
      "iface c inet6 manual inherits t\n"
      "iface a inet6 manual inherits b\nthree 3\n"
      "iface t inet6 manual\nlate 1\n");
  const auto a = in.stanzas_of("a");
  REQUIRE(a.size() == 2);
  CHECK(a[0].family == "inet");
  CHECK(a[0].method == "static");
  CHECK(text_of(a[0]) == "one=1@2 two=2@6");
  CHECK(a[1].method == "manual");
  CHECK(text_of(a[1]) == "one=6@4 one=b@8 three=3@11");
  CHECK(in.stanzas_of("b")[0].method == "v4tunnel");
  CHECK(in.stanzas_of("c")[0].method == "manual");
  CHECK(only_stanza(in, "c") == "one=6@4");
  CHECK(in.names() == Names{"lo", "t", "a", "b", "c"});
}

TEST_CASE("lo has a stanza unless some stanza has the loopback method") {
  const auto implied = read("iface a inet6 manual\niface lo inet6 manual\none 1\n");
  const auto stanzas = implied.stanzas_of("lo");
  REQUIRE(stanzas.size() == 2);
  CHECK(stanzas[0].family == "inet");
  CHECK(stanzas[0].method == "loopback");
  CHECK(stanzas[0].place.file.empty());
  CHECK(stanzas[1].method == "manual");
  CHECK(read("").stanzas_of("lo").size() == 1);

  const auto written = read("iface lo inet loopback\n");
  REQUIRE(written.stanzas_of("lo").size() == 1);
  CHECK(written.stanzas_of("lo")[0].place.line == 1);
  CHECK(written.automatic() == Names{"lo"});
  CHECK(written.names() == Names{"lo"});
  CHECK(read("iface d0 inet6 loopback\n").stanzas_of("lo").empty());
}

TEST_CASE("every family has its methods and no others") {
  const std::vector<std::pair<std::string, Names>> families = {
      {"inet",
       {"loopback", "static", "manual", "dhcp", "bootp", "tunnel", "ppp", "wvdial", "ipv4ll"}},
      {"inet6", {"auto", "loopback", "static", "manual", "dhcp", "tunnel", "v4tunnel", "6to4"}},
      {"ipx", {"static", "dynamic"}},
      {"can", {"static"}},
      {"meta", {"none"}}};
  Names all = {"isatap", "sit", "Static", "static,", ", static", "", "stati", "6in4"};
  for (const auto& [family, methods] : families)
    all.insert(all.end(), methods.begin(), methods.end());
  for (const auto& [family, methods] : families) {
    for (const std::string& method : all) {
      const bool known = std::find(methods.begin(), methods.end(), method) != methods.end();
      std::string line = "iface a ";
      line.append(family).append(" ").append(method);
      CHECK_MESSAGE((refusal(line + '\n') == "accepted") == known, line);
    }
  }
}

TEST_CASE("what ifupdown refuses is refused with its line and its reason") {
  const std::string stanza = "iface a inet6 manual\n";
  CHECK(refusal(stanza + "one 1\ntwo\n") == "3: option \"two\" has no value: ifupdown needs one");
  CHECK(begins_with(refusal(stanza + "one \\\n\n"), "2: option \"one\" has no value"));
  CHECK(refusal("iface isatap0 inet6 isatap\n") ==
        "1: ifupdown has no method \"isatap\", and refuses the whole file for it: write "
        "\"manual\", and isatap-… options");
  CHECK(refusal("iface a inet v4tunnel\n") ==
        "1: \"v4tunnel\" is a method of inet6, not of inet: write \"inet6\"");
  CHECK(refusal("iface a inet6 ppp\n") ==
        "1: \"ppp\" is a method of inet, not of inet6: write \"inet\"");
  CHECK(begins_with(refusal("iface a inet v4tunel\n"), "1: \"v4tunel\" is no method of inet:"));
  CHECK(begins_with(refusal("iface a ipv6 static\n"), "1: \"ipv6\" is no address family"));
  CHECK(begins_with(refusal("iface\n"), "1: iface without a name"));
  CHECK(begins_with(refusal("iface a\n"), "1: the family and the method are missing"));
  CHECK(begins_with(refusal("iface a inet6\n"), "1: the method is missing"));
  CHECK(begins_with(refusal("iface a inherits\n"), "1: inherits without the name"));
  CHECK(begins_with(refusal("iface a inet6 inherits\n"), "1: inherits without the name"));
  CHECK(begins_with(refusal("iface a inherits a\n"), "1: no stanza to inherit from"));
  CHECK(begins_with(refusal("iface b inet manual\niface a inet6 inherits b\n"),
                    "2: no stanza to inherit from: none above is named \"b\" and of family inet6"));
  CHECK(begins_with(refusal("address ::1\n"), "1: \"address\" is no keyword"));
  for (const char* ending : {"auto x", "allow-x x", "no-auto-down x", "no-scripts x", "rename a=b",
                             "source /nonexistent", "source-directory /nonexistent"})
    CHECK_MESSAGE(begins_with(refusal(stanza + ending + "\none 1\n"), "3: \"one\" is no keyword"),
                  ending);
  CHECK(begins_with(refusal("rename a=b c\n"), "1: rename without a new name: \"c\""));
  CHECK(begins_with(refusal("allow- x\n"), "1: \"allow-\" is no keyword"));
  CHECK(begins_with(refusal("mapping x\nscript y\nother z\n"), "3: \"other\" stands in a mapping"));
  CHECK(begins_with(refusal("mapping x\nscript y\nscript z\n"), "3: a second script"));
  CHECK(refusal("mapping x\nscript y\nmapping z\nscript y\n") == "accepted");
}

TEST_CASE("what ifupdown misreads is refused") {
  CHECK(begins_with(refusal(std::string("auto a\n# \0", 10)), "2: a NUL byte"));
  CHECK(begins_with(refusal("\xef\xbb\xbf# x\n"), "1: the line begins with a byte-order mark"));
  CHECK(begins_with(refusal("iface a inet6 manual\n\\\n one 1\n"), "2: a line that begins with"));
  CHECK(begins_with(refusal("iface a inet6 manual\n? 1\n"), "2: "));
  CHECK(begins_with(refusal("iface a inet6 manual\none?? 1\n"), "2: two question marks"));
  const std::string longest(79, 'x');
  CHECK(refusal("iface " + longest + " inet6 manual\n" + longest + " 1\nauto " + longest + "\n") ==
        "accepted");
  for (const char* start : {"", "auto ", "iface ", "iface a ", "iface a inet6 ", "mapping ",
                            "iface a inherits ", "allow-x b ", "rename ", "no-scripts "})
    CHECK_MESSAGE(begins_with(refusal(std::string("\n").append(start).append(longest) + "x\n"),
                              "2: a word of more than 79"),
                  start);
}

TEST_CASE("words in an error are one line of bounded length") {
  const std::string text = refusal(std::string("one\x1b[31m\x7f 1\n"));
  CHECK(begins_with(text, "1: \"one?[31m?\" is no keyword"));
  CHECK(begins_with(refusal("iface a " + std::string(78, 'x') + "é inet6\n"),
                    "1: a word of more than 79 bytes, which ifupdown can't hold: \"" +
                        std::string(78, 'x') + "…\""));
  // A file that can't be opened for its name.
  const auto in = read("source a\x02" + std::string(2000, 'x') + '\n');
  REQUIRE(in.remarks().size() == 1);
  CHECK(in.remarks()[0].status() == Exit::configuration);
  CHECK(in.remarks()[0].why().find("file name too long, sourced at") == 0);
  CHECK(in.remarks()[0].subject().find("/a?xxx") != std::string::npos);
  CHECK(in.remarks()[0].subject().size() < 250);
  CHECK(refusal(std::string(1'000'000, 'x') + '\n').size() < 400);
}

TEST_CASE("sourced files are read where they are named, relative to the file that names them") {
  const ScratchFolder folder;
  folder.put("d/one", "iface one inet6 manual\n x 1\nsource two\nauto one\n");
  folder.put("d/two", "iface two inet6 manual\n x 2\nauto two\n");
  folder.put("d/no.cfg", "iface cfg inet6 manual\n");
  folder.put("d/.hidden", "iface hidden inet6 manual\n");
  const auto in = Interfaces::read(folder.put(
      "interfaces", "auto a\nsource d/o*\nsource d/none d/none*\nauto b\nsource d/one\n"));
  CHECK(in.automatic() == Names{"lo", "a", "two", "one", "b"});
  CHECK(in.names() == Names{"lo", "one", "two"});
  CHECK(in.stanzas_of("two")[0].options[0].place.file == folder.path("d/two"));
  CHECK(in.remarks().empty());
  CHECK(in.is_whole());

  const auto whole = Interfaces::read(folder.put("interfaces", "source-directory d\n"));
  CHECK(whole.names() == Names{"lo", "one", "two"});
  const auto globbed = Interfaces::read(folder.put("interfaces", "source d/*\n"));
  CHECK(globbed.names() == Names{"lo", "cfg", "one", "two"});
  const auto absolute =
      Interfaces::read(folder.put("interfaces", "source " + folder.path("d") + "/\"tw\"?\n"));
  CHECK(absolute.names() == Names{"lo", "two"});
}

TEST_CASE("an error in a sourced file ends that file, and what it cut off is refused by name") {
  const ScratchFolder folder;
  const std::string bad = folder.put("bad",
                                     "iface whole inet6 manual\n x 1\n"
                                     "iface half inet6 manual\n x 1\n y\n z 1\n"
                                     "iface never inet6 manual\n");
  const std::string worse = folder.put("worse", "iface nomethod inet6 isatap\n");
  const std::string worst = folder.put("worst", "iface left inet6 manual\nauto left\n x 1\n");
  const auto in = Interfaces::read(
      folder.put("interfaces", "source bad worse\nsource worse\nsource worst\nauto end\n"));
  CHECK(only_stanza(in, "whole") == "x=1@2");
  CHECK(in.automatic() == Names{"lo", "left", "end"});
  CHECK_THROWS_WITH(in.stanzas_of("half"),
                    (bad + ":5: option \"y\" has no value: ifupdown needs one").c_str());
  CHECK_THROWS_WITH(in.stanzas_of("nomethod"),
                    doctest::Contains((worse + ":1: ifupdown has no method \"isatap\"").c_str()));
  CHECK(in.stanzas_of("never").empty());
  CHECK(in.stanzas_of("left").size() == 1);
  REQUIRE(in.remarks().size() == 3);
  CHECK(in.remarks()[2].subject() == worst + ":3");
  CHECK_FALSE(in.is_whole());
}

TEST_CASE("only what hides stanzas makes files less than whole") {
  const ScratchFolder folder;
  folder.put("d/sub/file", "auto sub\n");
  const auto whole = [&folder](const std::string& text) {
    const auto in = Interfaces::read(folder.put("interfaces", text));
    CHECK(in.remarks().size() == 1);
    return in.is_whole();
  };
  CHECK(whole("source d/*\n"));
  CHECK(whole("iface a inet6 manual more\n"));
  CHECK_FALSE(whole("source \"a\n"));
}

TEST_CASE("what cannot be sourced is a remark, and reading goes on") {
  const ScratchFolder folder;
  folder.put("d/file", "auto d\n");
  folder.put("d/damaged", std::string("auto x\n\0\n", 9));
  folder.put("d/sub/file", "auto sub\n");
  REQUIRE(symlink("/nonexistent", folder.path("d/dangling").c_str()) == 0);
  REQUIRE(mkfifo(folder.path("d/pipe").c_str(), 0600) == 0);
  const std::string file =
      folder.put("interfaces",
                 "source-directory d\nsource ./d/sub\nsource {a,b}\nsource \"a\nsource\nauto z\n");
  const auto in = Interfaces::read(file);
  CHECK(in.automatic() == Names{"lo", "d", "z"});
  Names remarks;
  for (const Error& remark : in.remarks()) {
    CHECK(remark.status() == Exit::configuration);
    remarks.emplace_back(remark.what());
  }
  const std::string d = folder.path("d");
  REQUIRE(remarks.size() == 7);
  CHECK(remarks[0] == d + "/damaged:2: a NUL byte: the file is damaged, or no text");
  CHECK(remarks[1] == d + "/dangling: no such file or directory, sourced at " + file + ":1");
  CHECK(remarks[2] == d + "/sub: is a directory, sourced at " + file + ":1");
  CHECK(remarks[3] == folder.path("./d/sub") + ": is a directory, sourced at " + file + ":2");
  CHECK(begins_with(remarks[4], file + ":3: ifupdown ignores this line"));
  CHECK(begins_with(remarks[5], file + ":4: ifupdown ignores this line"));
  CHECK(begins_with(remarks[6], file + ":5: source without a file"));
}

TEST_CASE("words behind a method are a remark") {
  const auto in = read("iface a inet6 manual extra inherits b\none 1\n");
  CHECK(only_stanza(in, "a") == "one=1@2");
  REQUIRE(in.remarks().size() == 1);
  CHECK(in.remarks()[0].why() == "ifupdown ignores what follows the method: \"extra\"");
}

TEST_CASE("a source line runs no command, not even out of a sourced file") {
  const ScratchFolder folder;
  const std::string trace = folder.path("trace");
  for (const std::string& command : {"$(touch " + trace + ")", "`touch " + trace + "`",
                                     "$((`touch " + trace + "`))", "x\"$(touch " + trace + ")\""}) {
    for (const char* keyword : {"source ", "source-directory "}) {
      folder.put("inner", "auto a\n" + (keyword + command) + "\n");
      const std::string file = folder.put("interfaces", "source inner\n");
      CHECK_THROWS_WITH(Interfaces::read(file),
                        (folder.path("inner") +
                         ":2: a source line runs no commands, here or in ifupdown: write the path")
                            .c_str());
      CHECK_FALSE(std::filesystem::exists(trace));
    }
  }
}

TEST_CASE("files that source each other come to an end") {
  const ScratchFolder folder;
  // The same spelling is read once, as in ifupdown.
  const std::string file = folder.put("interfaces", "auto a\nsource interfaces other\n");
  CHECK(Interfaces::read(file).automatic() == Names{"lo", "a"});
  // Another spelling is a loop.
  folder.put("interfaces", "source other\n");
  folder.put("other", "source ./interfaces\n");
  CHECK_THROWS_WITH(Interfaces::read(file),
                    doctest::Contains("other:1: files source each other in a circle"));
  // Twice is no loop: ifupdown reads it twice. Neither is it after an error.
  folder.put("stanza", "iface x inet6 manual\nauto x\n one 1\n");
  const auto twice = Interfaces::read(folder.put("interfaces", "source stanza\nsource ./stanza\n"));
  CHECK(twice.stanzas_of("x").size() == 2);
  CHECK(twice.remarks().size() == 2);
  // Nothing loops, but there's a limit.
  for (int i = 0; i < 150; ++i)
    folder.put("f" + std::to_string(i), "source f" + std::to_string(i + 1) + '\n');
  CHECK_THROWS_WITH(Interfaces::read(folder.path("f0")), doctest::Contains("more than 100 deep"));
  CHECK(Interfaces::read(folder.path("f60")).remarks().empty());
}

TEST_CASE("the first file must be there and be a file") {
  const ScratchFolder folder;
  CHECK_THROWS_WITH(Interfaces::read(folder.path("none")),
                    (folder.path("none") +
                     ": no such file or directory: make it with a stanza (situp-interfaces(5) has "
                     "examples, situp import writes one), or name another file")
                        .c_str());
  CHECK_THROWS_WITH(Interfaces::read(folder.path("")), doctest::Contains("is a directory"));
  try {
    Interfaces::read("/nonexistent/interfaces");
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.status() == Exit::configuration);
  }
  CHECK_THROWS_AS(Interfaces::read("/dev/zero"), Error);
  CHECK(Interfaces::read("/dev/null").names() == Names{"lo"});
}

TEST_CASE("a directory that can't be read is told of, and not taken for an empty one") {
  const ScratchFolder folder;
  std::filesystem::create_symlink("loop", folder.path("loop"));
  const std::string path = folder.put("interfaces", "source-directory loop\nauto a\n");
  const auto read = Interfaces::read(path);
  REQUIRE(read.remarks().size() == 1);
  CHECK(read.remarks()[0].subject() == folder.path("loop"));
  CHECK_FALSE(read.is_whole());
  CHECK(read.automatic().back() == "a");
  folder.put("d/file", "auto b\n");
  CHECK(fails_without_descriptors([&] { files_of_directory(folder.path("d")); }));
  CHECK(fails_without_descriptors([&] { expand_source("d/*", path, "here", "ifupdown"); }));
  CHECK_FALSE(
      fails_without_descriptors([&] { expand_source("nothing", path, "here", "ifupdown"); }));
  CHECK(files_of_directory(folder.path("d")) == std::vector{folder.path("d/file")});
  CHECK(expand_source("d/*", path, "here", "ifupdown") == std::vector{folder.path("d/file")});
  CHECK(expand_source("d/*.cfg", path, "here", "ifupdown").empty());
  CHECK(expand_source("missing/*", path, "here", "ifupdown").empty());
}

TEST_CASE("all files together have a limit") {
  const ScratchFolder folder;
  const std::string file = folder.put("interfaces", "source large\nsource larger\n");
  for (const char* name : {"large", "larger"}) {
    folder.put(name, "");
    REQUIRE(truncate(folder.path(name).c_str(), 10'000'000) == 0);
  }
  // Holes read as NULs: the first is refused for that, the second is too much.
  const auto in = Interfaces::read(file);
  REQUIRE(in.remarks().size() == 2);
  CHECK(in.remarks()[0].why() == "a NUL byte: the file is damaged, or no text");
  CHECK(begins_with(in.remarks()[1].why(), "too large: more than 16 MiB"));
}

TEST_CASE("long lines and many lines take no more than their length in time") {
  // Of the processor: what else the machine does is not counted. Quadratic, it would be an hour.
  const std::clock_t start = std::clock();
  std::string value;
  value.resize(10'000'000, 'x');
  const auto one = read("iface a inet6 manual\none " + value + "\n");
  CHECK(one.stanzas_of("a")[0].options[0].value == value);

  std::string joined = "iface a inet6 manual\none 1";
  for (int i = 0; i < 1'000'000; ++i) joined += "\\\n2345";
  CHECK(read(joined).stanzas_of("a")[0].options[0].value.size() == 4'000'001);

  std::string classes = "auto";
  std::string many = "iface a inet6 manual\n";
  for (int i = 0; i < 100'000; ++i) {
    const std::string number = std::to_string(i);
    classes += " i" + number;
    many += "option" + number + "? 1\n";
  }
  CHECK(read(classes).automatic().size() == 100'001);
  CHECK(read(many).stanzas_of("a")[0].options.size() == 100'000);

  std::string families;
  for (int i = 0; i < 50'000; ++i) families += "iface a inet manual\n";
  families += "iface a inet6 manual\none 1\n";
  for (int i = 0; i < 50'000; ++i) families += "iface b inet6 inherits a\n";
  CHECK(read(families).stanzas_of("b")[49'999].options.size() == 1);

  std::string stanzas;
  for (int i = 0; i < 100'000; ++i) stanzas += "iface a inet6 manual\n";
  CHECK(read(stanzas).stanzas_of("a").size() == 100'000);
  constexpr std::clock_t enough = 300;  // seconds, under sanitizers too
  CHECK((std::clock() - start) / CLOCKS_PER_SEC < enough);
}

TEST_CASE("inheriting from one another does not multiply without end") {
  std::string text = "iface i0 inet6 manual\n";
  for (int i = 1; i < 5'000; ++i)
    text += "one 1\niface i" + std::to_string(i) + " inherits i" + std::to_string(i - 1) + '\n';
  CHECK(refusal(text).find("more than a million options") != std::string::npos);
}

TEST_CASE("remarks have a limit") {
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += "source {\n";
  CHECK(read(text).remarks().size() == 1'000);
  CHECK(begins_with(refusal(text + "source {\n"), "1001: more than 1000 errors"));
}

TEST_CASE("what was read can be copied and outlives its file") {
  Interfaces copy = read("auto b\n");
  {
    const Interfaces in = read("auto a\niface a inet6 manual\n one 1\n");
    copy = in;
  }
  CHECK(copy.automatic() == Names{"lo", "a"});
  CHECK(only_stanza(copy, "a") == "one=1@3");
}

TEST_CASE("read_all goes on behind what is wrong, and says all of it") {
  const ScratchFolder folder;
  folder.put("wrong", "iface a inet6 static\n    address\nnonsense\niface b inet6 manual\n");
  const auto file = folder.put("interfaces",
                               "iface x inet6\n"
                               "    option of-nobody\n"
                               "iface isatap0 inet6 isatap\n"
                               "    isatap-local ec2\n"
                               "ifaec y inet6 manual\n"
                               "    z 1\n"
                               "source wrong nothing\n"
                               "source `x`\n"
                               "auto\n"
                               "iface c inet6 manual extra\n");
  CHECK_THROWS_AS(Interfaces::read(file), Error);
  // A command in a source line ends all, there as here.
  CHECK_THROWS_AS(Interfaces::read_all(file), Error);
  const auto rest = folder.put("rest",
                               "iface x inet6\n    y\niface isatap0 inet6 isatap\n"
                               "    isatap-local ec2\nauto q\nifaec y inet6 manual\n    z 1\n"
                               "source wrong\niface c inet6 manual extra\n");
  const auto interfaces = Interfaces::read_all(rest);
  std::string lines;
  for (const auto& [complaint, refused] : interfaces.mistakes())
    lines += complaint.place().file.substr(folder.path("").size()) + ":" +
             std::to_string(complaint.place().line) + " [" + complaint.word() + "] " +
             (refused ? "refused" : "ignored") + "\n";
  CHECK(lines ==
        "rest:1 [] refused\n"
        "rest:3 [isatap] refused\n"
        "rest:6 [ifaec] refused\n"
        "wrong:2 [address] refused\n"
        "wrong:3 [nonsense] refused\n"
        "rest:9 [extra] ignored\n");
  // What stands below a wrong line counts all the same; a misspelt option is one of the stanza.
  CHECK(interfaces.names() == std::vector<std::string>{"lo", "isatap0", "a", "b", "c"});
  CHECK(interfaces.stanzas_of("isatap0")[0].method == "manual");
  for (const auto& [name, text] : interfaces.texts())
    CHECK(text.size() == std::filesystem::file_size(name));
  CHECK(interfaces.texts().at(0).first == rest);
}

TEST_CASE("read_all of a good file finds nothing, and knows what is inherited from") {
  const ScratchFolder folder;
  const auto interfaces = Interfaces::read_all(
      folder.put("interfaces", "iface a inet6 manual\n    x 1\niface b inherits a\n"));
  CHECK(interfaces.mistakes().empty());
  CHECK(interfaces.is_inherited_from("a"));
  CHECK_FALSE(interfaces.is_inherited_from("b"));
}

TEST_CASE("lines that another host joins keep their numbers") {
  const std::string text =
      "iface a\n one 1 # x \\\n two 2 \\\n  3\n three 4\\\n\n\\ 5\n\n four 6\\\\ 7\n five \\#8\n "
      "six 9\\";
  CHECK(only_stanza(read(text, hosts::ifupdown_ng), "a") ==
        "one=1@2 two=2 3@3 three=4@5 four=6\\\\ 7@9 five=8@10 six=9@11");
  CHECK(only_stanza(read(text, hosts::ifupdown2), "a") ==
        "one=1 # x two 2 3@2 three=4  5@5 four=6  7@9 five=#8@10 six=9@11");
  CHECK(only_stanza(read("\\\n\n  iface a\n one \\ \\\r\n 1", hosts::ifupdown2), "a") == "one=1@4");
  CHECK(only_stanza(read("iface a\r\n one 1\\\r\n two\r\n", hosts::ifupdown_ng), "a") ==
        "one=1  two@2");
}

TEST_CASE("check tells of the lines that mean something else on another host than they say") {
  const ScratchFolder folder;
  folder.put("f", "");
  const auto told = [&](const HostProgram& host, const std::string& text) {
    std::string all;
    const auto in = Interfaces::read_all(folder.put("interfaces", text), host);
    for (const auto& [complaint, refused] : in.mistakes())
      all += std::to_string(complaint.place().line) + " [" + complaint.word() + "] " +
             (refused ? "refused: " : "") + complaint.why() + '\n';
    return all;
  };
  const std::string below = "iface a\n one 1\nauto b a\n";
  CHECK(
      begins_with(told(hosts::ifupdown2, below),
                  "3 [a] ifupdown2 brings up for such a line only the stanzas below it: move it"));
  CHECK(begins_with(told(hosts::ifupdown_ng, below), "3 [a] ifupdown-ng takes the first name"));
  const std::string two = "source " + folder.path("f") + " g\n";
  for (const HostProgram& host : {hosts::ifupdown_ng_0_11, hosts::ifupdown_ng, hosts::ifupdown2})
    CHECK_MESSAGE(
        begins_with(told(host, two), "1 [g] " + std::string(host.name) + " takes the first"),
        host.name);
  CHECK(begins_with(told(hosts::ifupdown2, "source '/f'\n"), "1 ['/f'] ifupdown2 takes quotes"));
  CHECK(told(hosts::ifupdown_ng, "source \"" + folder.path("f") + "\"\n").empty());
  for (const std::string word : {"iface", "source", "allow-hotplug", "vlan"})
    CHECK_MESSAGE(told(hosts::ifupdown2, "iface a\n" + word + "\n") ==
                      "2 [" + word + "] refused: \"" + word +
                          "\" without a name: ifupdown2 then brings no interface up\n",
                  word);
  CHECK(
      begins_with(told(hosts::ifupdown2, "allow hotplug a\n"), "1 [allow] refused: \"allow\" wit"));
  CHECK(told(hosts::ifupdown2, "auto\n").empty());
  CHECK(
      begins_with(told(hosts::ifupdown_ng, "iface a inherits b\n"), "1 [b] no stanza to inherit"));
}
