// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/confine_files.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <cstddef>
#include <cstdint>

#include "base/fd.h"
#include "model/ask/lease.h"

namespace situp {
namespace {

// Landlock as linux/landlock.h has it, which Debian 11 lacks; the numbers of these calls are the
// same everywhere (but on alpha).
constexpr long create_ruleset = 444;
constexpr long add_rule = 445;
constexpr long restrict_self = 446;
constexpr unsigned get_version = 1;
constexpr int rule_path_beneath = 1;

constexpr std::uint64_t read_file = 1U << 2;
constexpr std::uint64_t read_dir = 1U << 3;
// Executing, writing, making, removing: of version 1 of Landlock's interface, all rights.
constexpr std::uint64_t version_1 = (1U << 13) - 1;
constexpr std::uint64_t refer = 1U << 13;      // 2: from one folder to another
constexpr std::uint64_t truncate = 1U << 14;   // 3
constexpr std::uint64_t ioctl_dev = 1U << 15;  // 5
// 6: abstract sockets and signals of processes outside.
constexpr std::uint64_t scopes = 3;

struct Ruleset {
  std::uint64_t handled_files = 0, handled_net = 0, scoped = 0;
};

struct __attribute__((packed)) PathBeneath {
  std::uint64_t allowed;
  std::int32_t parent;
};

Ruleset ruleset_for(long version) {
  Ruleset all;
  all.handled_files = version_1;
  if (version >= 2) all.handled_files |= refer;
  if (version >= 3) all.handled_files |= truncate;
  if (version >= 5) all.handled_files |= ioctl_dev;
  if (version >= 6) all.scoped = scopes;
  return all;
}

/// The size that this version of the interface knows: the kernel refuses other bytes with E2BIG
/// unless they are zero.
std::size_t size_for(long version) {
  if (version >= 6) return sizeof(Ruleset);
  return version >= 4 ? offsetof(Ruleset, scoped) : offsetof(Ruleset, handled_net);
}

/// A file, or all in a folder and below it; one that isn't there can't be read either.
void allow(const Fd& ruleset, const char* path) {
  if (path == nullptr || *path == '\0') return;
  const Fd opened(open(path, O_PATH | O_CLOEXEC));
  struct stat found {};
  if (!opened || fstat(opened.get(), &found) != 0) return;
  const PathBeneath rule{S_ISDIR(found.st_mode) ? read_file | read_dir : read_file, opened.get()};
  syscall(add_rule, ruleset.get(), rule_path_beneath, &rule, 0U);
}

// Symbolic links are followed. Where a file is replaced as a whole, which would be another file to
// Landlock, its folder is named.
constexpr const char* for_names[] = {
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/networks", "/etc/hostname", "/etc/services", "/etc/protocols",
    // Targets of the link resolv.conf.
    "/run/systemd/resolve", "/run/resolvconf", "/run/NetworkManager", "/run/connman",
    // For modules: mdns4, sss, mymachines, and the cache of nscd.
    "/etc/mdns.allow", "/var/lib/sss/mc", "/run/systemd/machines", "/var/cache/nscd"};
constexpr const char* for_libraries[] = {"/etc/ld.so.cache", "/etc/ld.so.preload", "/lib",
                                         "/lib64",           "/usr/lib",           "/usr/lib64",
                                         "/usr/local/lib",   "/usr/local/lib64"};
constexpr const char* for_tls[] = {"/etc/ssl",
                                   "/etc/pki",
                                   "/etc/crypto-policies",
                                   "/etc/ca-certificates",
                                   "/etc/gnutls",
                                   "/usr/share/ca-certificates",
                                   "/usr/share/pki",
                                   "/usr/share/crypto-policies",
                                   "/usr/local/share/ca-certificates",
                                   "/var/lib/ca-certificates",
                                   "/proc/sys/crypto",
                                   "/dev/urandom",
                                   "/dev/random",
                                   "/dev/null"};

/// Where the system's certificates are to libcurl.
void allow_those_of_libcurl(const Fd& ruleset) {
#if LIBCURL_VERSION_NUM >= 0x074600
  const auto* curl = curl_version_info(CURLVERSION_NOW);
  if (curl->age < CURLVERSION_SEVENTH) return;
  allow(ruleset, curl->cainfo);
  allow(ruleset, curl->capath);
#else
  static_cast<void>(ruleset);
#endif
}

}  // namespace

void allow_files(Files files, const std::string& ca_file) {
  const long version = syscall(create_ruleset, nullptr, 0U, get_version);
  if (version < 1) return;
  const Ruleset handled = ruleset_for(version);
  const Fd ruleset(static_cast<int>(syscall(create_ruleset, &handled, size_for(version), 0U)));
  if (!ruleset) return;
  for (const char* path : for_names) allow(ruleset, path);
  for (const char* path : for_libraries) allow(ruleset, path);
  for (const char* path : for_tls) allow(ruleset, path);
  if (files != Files::as_they_are) allow(ruleset, "/etc");
  if (files == Files::leases)
    for (const LeasePlace& place : lease_places) allow(ruleset, place.folder);
  allow_those_of_libcurl(ruleset);
  allow(ruleset, ca_file.c_str());
  syscall(restrict_self, ruleset.get(), 0U);
}

}  // namespace situp
