// SPDX-License-Identifier: GPL-2.0-or-later
// The user that helpers run as.
#pragma once
#include <sys/types.h>

#include <string>
#include <string_view>

namespace situp {

struct User {
  uid_t uid;
  gid_t gid;
  std::string name;
  bool own = false;          // helpers alone run as this user
  std::string why_nobody{};  // the error in the entry of _situp, if root has to use user 65534
};

/// The user for helpers of a caller that is root, from the text of /etc/passwd: the first entry of
/// _situp. If there is none, or if it is wrong (a number that isn't one, or that of root), user
/// 65534. Never root.
User helper_user_in(std::string_view passwd);

/// The same from the file; a caller that is not root stays that user. /etc/passwd is read here
/// because getpwnam() would load the modules of nsswitch.conf into a process of root.
User helper_user();

}  // namespace situp
