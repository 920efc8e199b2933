// SPDX-License-Identifier: GPL-2.0-or-later
// forbidden FILE: confines itself as situp-net does for a call with a secret, then tries what
// situp-net must not be able to do, and what names and TLS need. FILE is one that everybody may
// read, and none of the resolver's or of TLS. A line for each that came out otherwise; status 0
// where there is none, and then "confined" or, where the kernel has no Landlock, "confined, without
// Landlock".
#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <functional>
#include <thread>

#include "net/confine.h"

namespace {

int wrong = 0;

/// `call` fails with `error`.
void refused(const char* what, int error, const std::function<long()>& call) {
  errno = 0;
  const long result = call();
  if (result == -1 && errno == error) return;
  printf("%s: %ld, %s\n", what, result, strerror(errno));
  ++wrong;
}

void works(const char* what, const std::function<bool()>& call) {
  errno = 0;
  if (call()) return;
  printf("%s does not work: %s\n", what, strerror(errno));
  ++wrong;
}

/// In a process of its own where it isn't refused, so that this one goes on as it is.
long become() {
  char name[] = "/bin/true";
  char* arguments[] = {name, nullptr};
  return execve("/bin/true", arguments, nullptr);
}

long process(long result) {
  if (result == 0) _exit(0);
  if (result > 0) waitpid(static_cast<pid_t>(result), nullptr, 0);
  return result;
}

void programs_and_processes(pid_t parent) {
  refused("execve", EPERM, become);
  refused("execveat", EPERM,
          [] { return syscall(SYS_execveat, AT_FDCWD, "/bin/true", nullptr, nullptr, 0); });
  refused("fork", EPERM, [] { return process(fork()); });
#ifdef SYS_vfork
  refused("vfork", EPERM, [] { return process(syscall(SYS_vfork)); });
#endif
  refused("clone", EPERM, [] { return process(syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)); });
  refused("unshare", EPERM, [] { return unshare(CLONE_NEWUSER); });
  refused("ptrace", EPERM, [&] { return ptrace(PTRACE_ATTACH, parent, nullptr, nullptr); });
  refused("traceme", EPERM, [] { return ptrace(PTRACE_TRACEME, 0, nullptr, nullptr); });
  refused("kill", EPERM, [&] { return kill(parent, 0); });
  refused("kill of this one", EPERM, [] { return kill(getpid(), 0); });
  refused("tgkill", EPERM, [&] { return syscall(SYS_tgkill, parent, parent, 0); });
  refused("pidfd_open", EPERM, [&] { return syscall(434, parent, 0); });
  refused("process_vm_readv", EPERM, [&] {
    iovec here{&wrong, sizeof wrong};
    return process_vm_readv(parent, &here, 1, &here, 1, 0);
  });
  refused("setpriority", EPERM, [] { return setpriority(PRIO_PROCESS, 0, 10); });
  refused("a limit", EPERM, [] {
    const rlimit some{10, 10};
    return prlimit(0, RLIMIT_NOFILE, &some, nullptr);
  });
  refused("another's limits", EPERM, [&] {
    rlimit some{};
    return prlimit(parent, RLIMIT_NOFILE, nullptr, &some);
  });
  refused("dumpable again", EPERM, [] { return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); });
}

void files(bool landlock, const char* file) {
  const int elsewhere = landlock ? EACCES : 0;
  if (elsewhere != 0) {
    refused("a file of somebody else's", EACCES, [&] { return open(file, O_RDONLY); });
    refused("/etc/passwd", EACCES, [] { return open("/etc/passwd", O_RDONLY); });
    refused("a folder", EACCES, [] { return open("/etc", O_RDONLY | O_DIRECTORY); });
    refused("/proc/self/environ", EACCES, [] { return open("/proc/self/environ", O_RDONLY); });
  }
  refused("to write", EPERM, [&] { return open(file, O_WRONLY); });
  refused("to read and write", EPERM, [&] { return open(file, O_RDWR); });
  refused("to truncate", EPERM, [&] { return open(file, O_RDONLY | O_TRUNC); });
  refused("to append", EPERM, [&] { return open("/tmp/x", O_WRONLY | O_APPEND); });
  refused("to make", EPERM, [] { return open("/tmp/made", O_RDONLY | O_CREAT, 0600); });
  refused("without a name", EPERM, [] { return open("/tmp", O_TMPFILE | O_RDWR, 0600); });
  refused("openat2", EPERM, [] { return syscall(437, AT_FDCWD, "/etc/hosts", nullptr, 0); });
  refused("mkdir", EPERM, [] { return mkdir("/tmp/made", 0700); });
  refused("unlink", EPERM, [&] { return unlink(file); });
  refused("rename", EPERM, [&] { return rename(file, "/tmp/made"); });
  refused("chmod", EPERM, [&] { return chmod(file, 0777); });
  refused("truncate", EPERM, [&] { return truncate(file, 0); });
  refused("mount", EPERM, [] { return mount("none", "/tmp", "tmpfs", 0, nullptr); });
  refused("chdir", EPERM, [] { return chdir("/tmp"); });
  refused("memfd_create", EPERM, [] { return memfd_create("x", 0); });
}

void sockets() {
  const auto of = [](const char* what, int domain, int type, int protocol) {
    refused(what, EPERM, [=] { return socket(domain, type, protocol); });
  };
  of("AF_PACKET", AF_PACKET, SOCK_RAW, 0);
  of("raw IPv4", AF_INET, SOCK_RAW, IPPROTO_ICMP);
  of("ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP);
  of("MPTCP", AF_INET, SOCK_STREAM, 262);
  of("raw IPv6", AF_INET6, SOCK_RAW, IPPROTO_ICMPV6);
  of("SCTP", AF_INET6, SOCK_SEQPACKET, 132);
  of("netfilter", AF_NETLINK, SOCK_RAW, 12);
  of("uevents", AF_NETLINK, SOCK_DGRAM, 15);
  of("AF_ALG", 38, SOCK_SEQPACKET, 0);
  of("AF_VSOCK", 40, SOCK_STREAM, 0);
  of("AF_BLUETOOTH", AF_BLUETOOTH, SOCK_RAW, 0);
  of("AF_KEY", AF_KEY, SOCK_RAW, 2);
  const int tcp = socket(AF_INET, SOCK_STREAM, 0);
  refused("listen", EPERM, [&] { return listen(tcp, 1); });
  refused("accept", EPERM, [&] { return accept4(tcp, nullptr, nullptr, 0); });
  refused("a pair", EPERM, [] {
    int pair[2];
    return socketpair(AF_INET, SOCK_STREAM, 0, pair);
  });
  close(tcp);
}

void others() {
  refused("code that is written", EPERM, [] {
    return reinterpret_cast<long>(
        mmap(nullptr, 4096, PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  });
  refused("code that was written", EPERM, [] {
    void* page = mmap(nullptr, 4096, PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(page, 4096, PROT_EXEC);
  });
  refused("a terminal's input", EPERM, [] { return ioctl(0, 0x5412, "x"); });
#if defined(SYS_bpf) && defined(SYS_perf_event_open) && defined(SYS_userfaultfd)
  refused("bpf", EPERM, [] { return syscall(SYS_bpf, 0, nullptr, 0); });
  refused("perf_event_open", EPERM, [] { return syscall(SYS_perf_event_open, 0, 0, 0, 0, 0); });
  refused("userfaultfd", EPERM, [] { return syscall(SYS_userfaultfd, 0); });
  refused("keyctl", EPERM, [] { return syscall(SYS_keyctl, 0, 0, 0, 0, 0); });
#endif
  refused("io_uring_setup", EPERM, [] { return syscall(425, 1, nullptr); });
  refused("setuid", EPERM, [] { return setuid(getuid()); });
  refused("a filter of one's own", EPERM, [] { return prctl(PR_SET_SECCOMP, 2, nullptr, 0, 0); });
#ifdef __x86_64__
  refused("a call of x32", EPERM, [] { return syscall(0x40000000 | SYS_getpid); });
  refused("a call of i386", EPERM, [] {
    long result = 20;  // getpid
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    errno = static_cast<int>(-result);
    return result < 0 ? -1L : result;
  });
#endif
  refused("a call that is newer than the filter", ENOSYS, [] { return syscall(900); });
}

void what_is_needed() {
  works("a thread", [] {
    bool ran = false;
    std::thread([&ran] { ran = true; }).join();
    return ran;
  });
  for (const int family : {AF_INET, AF_INET6, AF_UNIX})
    for (const int type : {SOCK_STREAM | SOCK_CLOEXEC, SOCK_DGRAM | SOCK_NONBLOCK}) {
      if (family == AF_INET6 && access("/proc/net/if_inet6", F_OK) != 0) continue;
      works("a socket", [=] {
        const int made = socket(family, type, 0);
        return made >= 0 && close(made) == 0;
      });
    }
  works("NETLINK_ROUTE", [] { return close(socket(AF_NETLINK, SOCK_RAW, 0)) == 0; });
  works("a pair", [] {
    int pair[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0;
  });
  works("the hosts file", [] {
    addrinfo* list = nullptr;
    const int result = getaddrinfo("localhost", nullptr, nullptr, &list);
    if (list != nullptr) freeaddrinfo(list);
    return result == 0;
  });
  works("its limits", [] {
    rlimit some{};
    return prlimit(0, RLIMIT_NOFILE, nullptr, &some) == 0;
  });
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const pid_t parent = getppid();
  const bool landlock = syscall(444, nullptr, 0, 1) >= 1;
  situp::confine(situp::Files::as_they_are, "");
  programs_and_processes(parent);
  files(landlock, argv[1]);
  sockets();
  others();
  what_is_needed();
  if (wrong == 0) printf("confined%s\n", landlock ? "" : ", without Landlock");
  return wrong == 0 ? 0 : 1;
}
