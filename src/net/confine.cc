// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/confine.h"

#include <sys/prctl.h>

#include "net/confine_calls.h"
#include "net/confine_files.h"

namespace situp {

void confine(Files files, const std::string& ca_file) {
  // Both want it. situp has set it already; a person who runs this program by hand has not.
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return;
  allow_files(files, ca_file);
  allow_calls();
}

}  // namespace situp
