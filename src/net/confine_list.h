// SPDX-License-Identifier: GPL-2.0-or-later
// The system calls that situp-net makes with any arguments: those of the C library's resolver and
// its modules, libcurl and the TLS library. Calls that are allowed with some arguments only are in
// confine_calls.cc. Calls differ between architectures, so many exist on some only.
#pragma once
#include <sys/syscall.h>

#include <cstdint>

namespace situp {

// Of newer kernels than some that situp is built with; the numbers are the same everywhere.
#ifndef __NR_clone3
#define __NR_clone3 435
#endif
#ifndef __NR_faccessat2
#define __NR_faccessat2 439
#endif

// The last one that this list has been made with (Linux 6.10). Libraries try newer ones first, and
// go by ENOSYS.
inline constexpr std::uint32_t last_known = 462;
inline constexpr std::uint32_t beyond_all = 1024;

// The most frequent ones first.
inline constexpr int allowed_calls[] = {
    // files that are open
    __NR_read,
    __NR_write,
    __NR_close,
    __NR_recvfrom,
    __NR_sendto,
    __NR_recvmsg,
    __NR_sendmsg,
    __NR_readv,
    __NR_writev,
    __NR_pread64,
    __NR_dup,
    __NR_getdents64,
    __NR_pipe2,
    __NR_eventfd2,
#ifdef __NR_fstat
    __NR_fstat,
#endif
#ifdef __NR_fstat64
    __NR_fstat64,
#endif
#ifdef __NR_lseek
    __NR_lseek,
#endif
#ifdef __NR__llseek
    __NR__llseek,
#endif
#ifdef __NR_pipe
    __NR_pipe,
#endif
#ifdef __NR_dup2
    __NR_dup2,
#endif
    __NR_dup3,
    // files by name
    __NR_statx,
    __NR_faccessat,
    __NR_faccessat2,
    __NR_readlinkat,
    __NR_getcwd,
    __NR_statfs,
    __NR_fstatfs,
#ifdef __NR_statfs64
    __NR_statfs64,
    __NR_fstatfs64,
#endif
#ifdef __NR_newfstatat
    __NR_newfstatat,
#endif
#ifdef __NR_fstatat64
    __NR_fstatat64,
#endif
#ifdef __NR_stat
    __NR_stat,
    __NR_lstat,
#endif
#ifdef __NR_stat64
    __NR_stat64,
    __NR_lstat64,
#endif
#ifdef __NR_access
    __NR_access,
#endif
#ifdef __NR_readlink
    __NR_readlink,
#endif
    // sockets, but for making them; no listen
    __NR_connect,
    __NR_bind,
    __NR_getsockname,
    __NR_getpeername,
    __NR_getsockopt,
    __NR_setsockopt,
    __NR_shutdown,
    __NR_sendmmsg,
    __NR_recvmmsg,
#ifdef __NR_recv
    __NR_recv,
    __NR_send,
#endif
#ifdef __NR_recvmmsg_time64
    __NR_recvmmsg_time64,
#endif
#ifdef __NR_socketcall
    // The C library uses it for sockets. Its arguments are in memory, and a filter can't read them.
    __NR_socketcall,
#endif
    // waiting
    __NR_futex,
    __NR_ppoll,
    __NR_pselect6,
    __NR_epoll_create1,
    __NR_epoll_ctl,
    __NR_epoll_pwait,
    __NR_nanosleep,
    __NR_clock_nanosleep,
    __NR_restart_syscall,
    __NR_sched_yield,
#ifdef __NR_poll
    __NR_poll,
#endif
#ifdef __NR_select
    __NR_select,
#endif
#ifdef __NR__newselect
    __NR__newselect,
#endif
#ifdef __NR_epoll_wait
    __NR_epoll_wait,
#endif
#ifdef __NR_futex_time64
    __NR_futex_time64,
    __NR_ppoll_time64,
    __NR_pselect6_time64,
    __NR_clock_nanosleep_time64,
#endif
    // memory; mmap and mprotect are below
    __NR_brk,
    __NR_munmap,
    __NR_mremap,
    __NR_madvise,
    // threads and signals of one's own
    __NR_set_robust_list,
    __NR_rt_sigaction,
    __NR_rt_sigprocmask,
    __NR_rt_sigreturn,
    __NR_sigaltstack,
    __NR_setitimer,
    __NR_exit,
    __NR_exit_group,
    __NR_gettid,
    __NR_sched_getaffinity,
    __NR_getcpu,
#ifdef __NR_sigreturn
    __NR_sigreturn,
#endif
#ifdef __NR_rseq
    __NR_rseq,
#endif
#ifdef __NR_set_thread_area
    __NR_set_thread_area,
#endif
#ifdef __ARM_NR_set_tls
    __ARM_NR_set_tls,
    __ARM_NR_cacheflush,
#endif
#ifdef __NR_riscv_flush_icache
    __NR_riscv_flush_icache,
#endif
    // the time, and who and where this is
    __NR_clock_gettime,
    __NR_clock_getres,
    __NR_gettimeofday,
    __NR_getrandom,
    __NR_uname,
    __NR_sysinfo,
    __NR_getrusage,
    __NR_times,
    __NR_getpid,
    __NR_getppid,
    __NR_getuid,
    __NR_geteuid,
    __NR_getgid,
    __NR_getegid,
    __NR_getresuid,
    __NR_getresgid,
#ifdef __NR_clock_gettime64
    __NR_clock_gettime64,
    __NR_clock_getres_time64,
#endif
#ifdef __NR_getuid32
    __NR_getuid32,
    __NR_geteuid32,
    __NR_getgid32,
    __NR_getegid32,
    __NR_getresuid32,
    __NR_getresgid32,
#endif
#ifdef __NR_time
    __NR_time,
#endif
#ifdef __NR_getrlimit
    __NR_getrlimit,
#endif
#ifdef __NR_ugetrlimit
    __NR_ugetrlimit,
#endif
};

}  // namespace situp
