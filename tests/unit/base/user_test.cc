// SPDX-License-Identifier: GPL-2.0-or-later
#include "base/user.h"

#include <doctest/doctest.h>
#include <pwd.h>
#include <unistd.h>

#include <string>

using namespace situp;

namespace {

const std::string root = "root:x:0:0:root:/root:/bin/bash\n";

void is_nobody(const User& user) {
  CHECK(user.uid == 65534);
  CHECK(user.gid == 65534);
  CHECK(user.name == "nobody");
}

}  // namespace

TEST_CASE("helpers run as _situp where it exists") {
  for (const char* entry :
       {"_situp:x:998:997::/nonexistent:/usr/sbin/nologin\n", "_situp:x:998:997::/:",
        "_situp:!:998:997:a comment, with more:/nonexistent:/bin/false\n_apt:x:100:65534::/:\n"}) {
    CAPTURE(entry);
    const User user = helper_user_in(root + entry);
    CHECK(user.uid == 998);
    CHECK(user.gid == 997);
    CHECK(user.name == "_situp");
    CHECK(user.why_nobody.empty());
  }
  // The C library takes the first of two, too.
  CHECK(helper_user_in("_situp:x:998:997::/:\n_situp:x:0:0::/:\n").uid == 998);
}

TEST_CASE("where there is none, as nobody") {
  for (const char* other :
       {"", "\n\n", "_situp2:x:998:997::/:\n", "situp:x:998:997::/:\n", " _situp:x:998:997::/:\n",
        "+_situp:x:998:997::/:\n", "#_situp:x:998:997::/:\n"}) {
    CAPTURE(other);
    const User user = helper_user_in(root + other);
    is_nobody(user);
    CHECK(user.why_nobody.empty());
  }
}

TEST_CASE("an entry that is wrong makes no helper run as root") {
  for (const char* numbers :
       {"0:997", "998:0", "00:997", "-1:997", "998:-1", "+998:997", "4294967295:997",
        "998:4294967295", "4294967296:997", "65535:997", "998:65535", ":997", "998:", " 998:997",
        "998 :997", "0x3e6:997", "998a:997", "root:root", "18446744073709551616:997"}) {
    CAPTURE(numbers);
    const User user = helper_user_in(root + "_situp:x:" + numbers + "::/nonexistent:/bin/false\n");
    is_nobody(user);
    CHECK(user.why_nobody == "the entry of _situp in /etc/passwd is wrong");
  }
  for (const char* line : {"_situp", "_situp\n", "_situp:", "_situp:x", "_situp:x:998",
                           "_situp:x:998:997", "_situp:x:998:997::/", "_situp:x:998:997:::::"}) {
    CAPTURE(line);
    is_nobody(helper_user_in(line));
    CHECK_FALSE(helper_user_in(line).why_nobody.empty());
  }
}

TEST_CASE("the user of this host is the one that the C library finds") {
  const User user = helper_user();
  CHECK(user.uid != 0);
  if (geteuid() != 0) {
    CHECK(user.uid == geteuid());
    CHECK(user.gid == getegid());
    return;
  }
  const passwd* entry = getpwnam("_situp");
  CHECK(user.uid == (entry != nullptr ? entry->pw_uid : 65534));
  CHECK(user.gid == (entry != nullptr ? entry->pw_gid : 65534));
}
