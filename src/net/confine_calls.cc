// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/confine_calls.h"

#include <asm/ioctls.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

#include "net/confine_list.h"

namespace situp {
namespace {

// Not libseccomp: that would be one more library to load, and loading is most of the time of a run.
#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__i386__)
constexpr std::uint32_t architecture = AUDIT_ARCH_I386;
#elif defined(__aarch64__) && !defined(__AARCH64EB__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#elif defined(__ARM_EABI__) && !defined(__ARMEB__)
constexpr std::uint32_t architecture = AUDIT_ARCH_ARM;
#elif defined(__riscv) && __riscv_xlen == 64
constexpr std::uint32_t architecture = AUDIT_ARCH_RISCV64;
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
constexpr std::uint32_t architecture = AUDIT_ARCH_PPC64LE;
#elif defined(__s390x__)
constexpr std::uint32_t architecture = AUDIT_ARCH_S390X;
#else
constexpr std::uint32_t architecture = 0;  // no filter: untested on these architectures
#endif

/// Where the kernel puts the lower half of an argument.
constexpr std::uint32_t low_half(unsigned argument) {
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  constexpr std::uint32_t half = 4;
#else
  constexpr std::uint32_t half = 0;
#endif
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args) +
                                    sizeof(std::uint64_t) * argument + half);
}
constexpr std::uint32_t high_half(unsigned argument) {
  return low_half(argument) ^ 4U;
}

constexpr std::uint32_t allow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;
constexpr std::uint32_t unknown = SECCOMP_RET_ERRNO | ENOSYS;

/// A piece of the filter. One that decides about a call ends it in every case.
using Code = std::vector<sock_filter>;

sock_filter load(std::uint32_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offset);
}
sock_filter verdict(std::uint32_t value) {
  return BPF_STMT(BPF_RET | BPF_K, value);
}
sock_filter jump(unsigned test, std::uint32_t value, std::size_t if_not) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | test | BPF_K), value, 0,
                  static_cast<std::uint8_t>(if_not));
}

void append(Code& code, const Code& more) {
  code.insert(code.end(), more.begin(), more.end());
}

/// Continues in `then` if the loaded number is `value`, else after it.
void when(Code& code, std::uint32_t value, const Code& then) {
  code.push_back(jump(BPF_JEQ, value, then.size()));
  append(code, then);
}

/// Allows where that argument is one of these.
Code one_of(unsigned argument, std::initializer_list<std::uint32_t> values) {
  Code code{load(low_half(argument))};
  for (const std::uint32_t value : values) when(code, value, {verdict(allow)});
  code.push_back(verdict(refuse));
  return code;
}

/// Allows where that argument has none of these bits.
Code none_of(unsigned argument, std::uint32_t bits) {
  return {load(low_half(argument)), jump(BPF_JSET, bits, 1), verdict(refuse), verdict(allow)};
}

/// A kind of socket that IP has, and its usual protocols.
Code of_ip() {
  Code code{load(low_half(1)), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf)};
  const Code protocols = one_of(2, {0, IPPROTO_TCP, IPPROTO_UDP});
  when(code, SOCK_STREAM, protocols);
  when(code, SOCK_DGRAM, protocols);
  code.push_back(verdict(refuse));
  return code;
}

Code of_socket() {
  Code code{load(low_half(0))};
  when(code, AF_UNIX, {verdict(allow)});  // nscd, systemd-resolved, Avahi
  when(code, AF_INET, of_ip());
  when(code, AF_INET6, of_ip());
  when(code, AF_NETLINK, one_of(2, {NETLINK_ROUTE}));  // which addresses this host has
  code.push_back(verdict(refuse));
  return code;
}

/// Threads, but no processes.
Code of_clone() {
#ifdef __s390x__
  constexpr unsigned flags = 1;
#else
  constexpr unsigned flags = 0;
#endif
  return {load(low_half(flags)), jump(BPF_JSET, CLONE_THREAD, 1), verdict(allow), verdict(refuse)};
}

/// For looking only, at this process.
Code of_prlimit() {
  Code code{load(low_half(0)), jump(BPF_JEQ, 0, 5)};
  for (const auto half : {low_half(2), high_half(2)}) {
    code.push_back(load(half));
    code.push_back(jump(BPF_JEQ, 0, half == low_half(2) ? 3 : 1));
  }
  code.push_back(verdict(allow));
  code.push_back(verdict(refuse));
  return code;
}

/// Files are neither written nor made.
constexpr std::uint32_t writes =
    O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY);

/// No memory that is written first and run then.
Code of_mmap() {
  Code code{load(low_half(2)), BPF_STMT(BPF_ALU | BPF_AND | BPF_K, PROT_WRITE | PROT_EXEC)};
  when(code, PROT_WRITE | PROT_EXEC, {verdict(refuse)});
  code.push_back(verdict(allow));
  return code;
}

/// Calls that are allowed with some arguments only.
void add_conditions(Code& code) {
  when(code, __NR_openat, none_of(2, writes));
#ifdef __NR_open
  when(code, __NR_open, none_of(1, writes));
#endif
#if defined(__NR_mmap2)
  when(code, __NR_mmap2, of_mmap());
#elif defined(__s390x__)
  when(code, __NR_mmap, {verdict(allow)});  // its arguments stand in memory
#else
  when(code, __NR_mmap, of_mmap());
#endif
  when(code, __NR_mprotect, none_of(2, PROT_EXEC));
  when(code, __NR_clone, of_clone());
  when(code, __NR_clone3, {verdict(unknown)});  // then the C library takes clone
  when(code, __NR_socket, of_socket());
  when(code, __NR_socketpair, one_of(0, {AF_UNIX}));
  when(code, __NR_ioctl, one_of(1, {FIONREAD, FIONBIO, TCGETS}));
  const auto of_fcntl = one_of(1, {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC});
  when(code, __NR_fcntl, of_fcntl);
#ifdef __NR_fcntl64
  when(code, __NR_fcntl64, of_fcntl);
#endif
  when(code, __NR_prlimit64, of_prlimit());
  // abort()
  when(code, __NR_tgkill, one_of(0, {static_cast<std::uint32_t>(getpid())}));
}

Code filter() {
  Code code{load(offsetof(seccomp_data, arch))};
  // Another architecture has other numbers, and so has x32.
  code.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, architecture, 1, 0));
  code.push_back(verdict(refuse));
  code.push_back(load(offsetof(seccomp_data, nr)));
#ifdef __x86_64__
  code.push_back(jump(BPF_JGE, 0x40000000, 1));
  code.push_back(verdict(refuse));
#endif
  for (const int call : allowed_calls)
    when(code, static_cast<std::uint32_t>(call), {verdict(allow)});
  add_conditions(code);
  code.push_back(jump(BPF_JGT, last_known, 3));
  code.push_back(jump(BPF_JGE, beyond_all, 1));
  code.push_back(verdict(refuse));
  code.push_back(verdict(unknown));
  code.push_back(verdict(refuse));
  return code;
}

}  // namespace

void allow_calls() {
  if (architecture == 0) return;
  Code code = filter();
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  // A kernel without filters (CONFIG_SECCOMP_FILTER) refuses; situp's own limits stay.
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

}  // namespace situp
