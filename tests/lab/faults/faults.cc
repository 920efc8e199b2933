// SPDX-License-Identifier: GPL-2.0-or-later
// faults.so, for /etc/ld.so.preload: lets one request that changes something fail, or ends the
// program just before or after it, as /run/lab/faults says (`MODE N`). Acts in programs named situp
// and situpd alone; they know nothing of it.
//
// Requests are counted over all programs, from 1: rtnetlink messages that change links, addresses
// and routes, the ioctls that change router lists, and the files below /run/situp that are put in
// place or removed. Each leaves a line in /run/lab/faults.log.
//   refuse N       the kernel finds request N malformed (EINVAL; ioctls: EFAULT); a file doesn't
//   change (ENOSPC) forbid N       the kernel finds no capability for request N (EPERM) refuse-from
//   N  like refuse, and so is everything after it: what was done can't be undone kill-before N,
//   kill-after N   SIGKILL stop N         SIGSTOP before it
//   refuse-rules 0   like refuse, of every new rule
// Who finds another program's lock in the way leaves a line in /run/lab/faults.waits.
#include <dlfcn.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/if.h>
#include <linux/if_tunnel.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstdlib>
#include <cstring>

namespace {

enum class Fault { none, malformed, forbidden, kill_after };

template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

void end_or_stop(int signal) {
  if (raise(signal) != 0) _exit(99);
}

bool is_situp() {
  static const bool result = strcmp(program_invocation_short_name, "situp") == 0 ||
                             strcmp(program_invocation_short_name, "situpd") == 0;
  return result;
}

/// A line more.
void append(const char* path, const char* line) {
  const int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  if (write(fd, line, strlen(line)) < 0 || write(fd, "\n", 1) < 0) _exit(99);
  close(fd);
}

/// The whole of a small file; empty where there is none.
void read_file(const char* path, char* text, size_t size) {
  text[0] = '\0';
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t got = read(fd, text, size - 1);
  text[got < 0 ? 0 : got] = '\0';
  close(fd);
}

/// Counts a request and says what is to become of it.
Fault fault_for(const char* request) {
  char control[64], log[16384];
  read_file("/run/lab/faults", control, sizeof control);
  char* blank = strchr(control, ' ');
  if (blank == nullptr) return Fault::none;
  *blank = '\0';
  const char* mode = control;
  const long wanted = strtol(blank + 1, nullptr, 10);
  read_file("/run/lab/faults.log", log, sizeof log);
  long number = 1;
  for (const char* c = log; *c != '\0'; ++c) number += *c == '\n' ? 1 : 0;
  append("/run/lab/faults.log", request);
  if (strcmp(mode, "refuse-rules") == 0)
    return strcmp(request, "RTM_NEWRULE") == 0 ? Fault::malformed : Fault::none;
  if (strcmp(mode, "refuse-from") == 0 && number >= wanted) return Fault::malformed;
  if (number != wanted) return Fault::none;
  if (strcmp(mode, "kill-before") == 0) end_or_stop(SIGKILL);
  if (strcmp(mode, "stop") == 0) end_or_stop(SIGSTOP);
  if (strcmp(mode, "kill-after") == 0) return Fault::kill_after;
  if (strcmp(mode, "refuse") == 0) return Fault::malformed;
  if (strcmp(mode, "forbid") == 0) return Fault::forbidden;
  return Fault::none;
}

/// Without CAP_NET_ADMIN while it lives.
class Unprivileged {
 public:
  Unprivileged() {
    syscall(SYS_capget, &header_, before_);
    __user_cap_data_struct less[2] = {before_[0], before_[1]};
    less[0].effective &= ~(1U << CAP_NET_ADMIN);
    syscall(SYS_capset, &header_, less);
  }
  ~Unprivileged() {
    const int error = errno;
    syscall(SYS_capset, &header_, before_);
    errno = error;
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  __user_cap_header_struct header_{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2]{};
};

const char* name_of_message(int type) {
  switch (type) {
    case RTM_NEWLINK:
      return "RTM_NEWLINK";
    case RTM_DELLINK:
      return "RTM_DELLINK";
    case RTM_NEWADDR:
      return "RTM_NEWADDR";
    case RTM_DELADDR:
      return "RTM_DELADDR";
    case RTM_NEWROUTE:
      return "RTM_NEWROUTE";
    case RTM_DELROUTE:
      return "RTM_DELROUTE";
    case RTM_NEWRULE:
      return "RTM_NEWRULE";
    case RTM_DELRULE:
      return "RTM_DELRULE";
    default:
      return nullptr;
  }
}

const char* name_of_ioctl(unsigned long request) {
  switch (request) {
    case SIOCADDPRL:
      return "SIOCADDPRL";
    case SIOCCHGPRL:
      return "SIOCCHGPRL";
    case SIOCDELPRL:
      return "SIOCDELPRL";
    default:
      return nullptr;
  }
}

/// Carries out `call`, or what stands for it.
template <typename Call, typename Malformed>
auto with_fault(const char* request, Call&& call, Malformed&& malformed) -> decltype(call()) {
  switch (fault_for(request)) {
    case Fault::malformed:
      return malformed();
    case Fault::forbidden: {
      const Unprivileged unprivileged;
      return call();
    }
    case Fault::kill_after:
      call();
      end_or_stop(SIGKILL);
      abort();
    default:
      return call();
  }
}

bool is_of_situp(const char* path) {
  return strncmp(path, "/run/situp/", 11) == 0;
}

int no_space() {
  errno = ENOSPC;
  return -1;
}

}  // namespace

extern "C" {

ssize_t sendto(int fd, const void* data, size_t size, int flags, const sockaddr* to,
               socklen_t to_size) {
  static auto* const next = real<decltype(sendto)>("sendto");
  const auto call = [&] { return next(fd, data, size, flags, to, to_size); };
  const bool netlink =
      is_situp() && to != nullptr && to->sa_family == AF_NETLINK && size >= sizeof(nlmsghdr);
  const char* name =
      netlink ? name_of_message(static_cast<const nlmsghdr*>(data)->nlmsg_type) : nullptr;
  if (name == nullptr) return call();
  return with_fault(name, call, [&]() -> ssize_t {
    // Too short for its family's header: "Invalid header length".
    char message[sizeof(nlmsghdr) + 4] = {};
    memcpy(message, data, size < sizeof message ? size : sizeof message);
    reinterpret_cast<nlmsghdr*>(message)->nlmsg_len = sizeof message;
    return next(fd, message, sizeof message, flags, to, to_size) < 0 ? -1
                                                                     : static_cast<ssize_t>(size);
  });
}

int ioctl(int fd, unsigned long request, ...) {
  static auto* const next = real<int(int, unsigned long, ...)>("ioctl");
  va_list arguments;
  va_start(arguments, request);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const auto call = [&] { return next(fd, request, argument); };
  const char* name = is_situp() ? name_of_ioctl(request) : nullptr;
  if (name == nullptr) return call();
  return with_fault(name, call, [&] {
    ifreq broken = *static_cast<ifreq*>(argument);
    broken.ifr_data = nullptr;
    return next(fd, request, &broken);
  });
}

int rename(const char* from, const char* to) noexcept {
  static auto* const next = real<int(const char*, const char*)>("rename");
  const auto call = [&] { return next(from, to); };
  if (!is_situp() || !is_of_situp(to)) return call();
  return with_fault("rename", call, no_space);
}

int unlink(const char* path) noexcept {
  static auto* const next = real<int(const char*)>("unlink");
  const auto call = [&] { return next(path); };
  if (!is_situp() || !is_of_situp(path)) return call();
  // Half-written files don't count, nor what isn't there.
  if (path[sizeof "/run/situp"] == '.' || access(path, F_OK) < 0) return call();
  return with_fault("unlink", call, no_space);
}

int fcntl(int fd, int command, ...) {
  static auto* const next = real<int(int, int, ...)>("fcntl");
  va_list arguments;
  va_start(arguments, command);
  void* argument = va_arg(arguments, void*);
  va_end(arguments);
  const int result = next(fd, command, argument);
  if (is_situp()) {
    const int error = errno;
    const bool refused = command == F_OFD_SETLK && result < 0 && error == EAGAIN;
    const bool held = command == F_GETLK && result == 0 &&
                      static_cast<const struct flock*>(argument)->l_type != F_UNLCK;
    if (refused || held) append("/run/lab/faults.waits", "waits");
    errno = error;
  }
  return result;
}

}  // extern "C"
