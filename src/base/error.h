// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <exception>
#include <string>

#include "base/text.h"

namespace situp {

/// The exit status of our programs; documented in situp(8), EXIT STATUS.
enum class Exit : int {
  done = 0,
  system = 1,         // the kernel or the system refused
  usage = 2,          // the command line is wrong
  configuration = 3,  // a stanza or a file is wrong
  no_answer = 4,      // no usable answer from an address source or DNS
  not_permitted = 5,
};

/// The only way for an operation to end without its result. It holds the thing, and then the reason
/// and the remedy; both are one line, without a full stop, and only their printable characters are
/// kept. Printed as "situp: IFACE: THING: REASON".
class Error : public std::exception {
 public:
  Error(Exit status, std::string what, std::string why)
      : status_(status), what_(std::move(what)), why_(std::move(why)) {
    what_ = printable(what_);
    why_ = printable(why_);
    line_ = what_ + ": " + why_;
  }

  Exit status() const { return status_; }
  const std::string& subject() const { return what_; }
  const std::string& why() const { return why_; }
  const char* what() const noexcept override { return line_.c_str(); }

 private:
  Exit status_;
  std::string what_, why_, line_;
};

/// The meaning of an errno value as a reader wants it: "permission denied", not "EACCES".
std::string meaning_of(int error_number);

/// An Error from a failed system call: EPERM and EACCES become Exit::not_permitted, anything else
/// Exit::system.
Error system_error(std::string what, int error_number);

}  // namespace situp
