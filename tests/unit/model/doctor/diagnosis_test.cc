// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/doctor/diagnosis.h"

#include <doctest/doctest.h>

using namespace situp;

TEST_CASE("the surest reason is the verdict, of several the first") {
  Diagnosis diagnosis{"he-ipv6", {{"a", "tried", "saw", Mark::fine}}};
  CHECK(reason(diagnosis) == nullptr);
  CHECK(verdict(diagnosis) == "all is well");
  diagnosis.probes.push_back({"b", "", "", Mark::unseen});
  CHECK(reason(diagnosis) == nullptr);
  CHECK(verdict(diagnosis) == "nothing wrong was seen, but not everything could be looked at");
  diagnosis.probes.push_back({"c", "", "", Mark::aside, "aside", "nothing"});
  CHECK(verdict(diagnosis) == "aside: nothing");
  diagnosis.probes.push_back({"d", "", "", Mark::likely, "likely"});
  CHECK(verdict(diagnosis) == "likely");
  diagnosis.probes.push_back({"e", "", "", Mark::sure, "sure"});
  diagnosis.probes.push_back({"f", "", "", Mark::sure, "as sure"});
  CHECK(verdict(diagnosis) == "sure");
}

TEST_CASE("a probe is a line, and what it means and asks for one each") {
  const Diagnosis diagnosis{"he-ipv6",
                            {{"stanza", "read it", "FILE:1", Mark::fine},
                             {"IPv4 route", "asked", "none", Mark::sure, "no way", "make one"}}};
  CHECK(diagnosis_text(diagnosis, {}) ==
        "ok      stanza      read it: FILE:1\n"
        "wrong   IPv4 route  asked: none\n"
        "                    means: no way\n"
        "                    do: make one\n"
        "verdict: he-ipv6: no way: make one\n");
  CHECK(diagnosis_text(diagnosis, {80, true}).find("\x1b[31mwrong\x1b[0m") != std::string::npos);
  CHECK(
      diagnosis_json(diagnosis) ==
      R"({"name":"he-ipv6","ok":false,"verdict":"no way: make one","probes":[)"
      R"({"name":"stanza","mark":"ok","tried":"read it","saw":"FILE:1","means":"","do":""},)"
      R"({"name":"IPv4 route","mark":"wrong","tried":"asked","saw":"none","means":"no way","do":"make one"}]})");
}

TEST_CASE("each mark has a word, and a colour on a terminal") {
  const Diagnosis diagnosis{"t0",
                            {{"a", "tried", "", Mark::fine},
                             {"long", "", "saw", Mark::unseen},
                             {"c", "tried", "saw", Mark::aside, "aside"},
                             {"d", "", "", Mark::likely, "", "do"},
                             {"e", "", "", Mark::sure, "sure"}}};
  CHECK(diagnosis_text(diagnosis, {80, false}) ==
        "ok      a     tried\n"
        "unseen  long  saw\n"
        "note    c     tried: saw\n"
        "              means: aside\n"
        "wrong   d     \n"
        "              do: do\n"
        "wrong   e     \n"
        "              means: sure\n"
        "verdict: t0: sure\n");
  const std::string coloured = diagnosis_text(diagnosis, {80, true});
  for (const char* line : {"\x1b[32mok\x1b[0m      a", "unseen  long", "\x1b[31mnote\x1b[0m    c",
                           "\x1b[31mwrong\x1b[0m   d", "\x1b[31mwrong\x1b[0m   e"})
    CHECK(("\n" + coloured).find("\n" + std::string(line)) != std::string::npos);
  const Diagnosis fine{"t0", {{"a", "tried", "saw", Mark::unseen}, {"b", "", "", Mark::fine}}};
  CHECK(diagnosis_json(fine) ==
        R"({"name":"t0","ok":true,"verdict":)"
        R"("nothing wrong was seen, but not everything could be looked at","probes":[)"
        R"({"name":"a","mark":"unseen","tried":"tried","saw":"saw","means":"","do":""},)"
        R"({"name":"b","mark":"ok","tried":"","saw":"","means":"","do":""}]})");
}
