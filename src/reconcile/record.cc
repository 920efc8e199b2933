// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/record.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "base/fd.h"
#include "base/file.h"
#include "base/log.h"
#include "base/netns.h"

namespace situp {
namespace {

constexpr std::size_t largest_record = 1U << 20;

/// The value of a record's line; empty if there is none.
std::string value_in(const std::string& text, const std::string& key) {
  const std::string start = "\n" + key + " ";
  const std::size_t at = text.find(start);
  if (at == std::string::npos) return {};
  const std::size_t from = at + start.size();
  return text.substr(from, text.find('\n', from) - from);
}

/// Empty unless the text, of boot `boot`, is of another network namespace than `netns`.
std::string other_netns(const std::string& text, const std::string& boot,
                        const std::string& netns) {
  const std::string other = value_in(text, "netns");
  if (netns.empty() || other == netns || value_in(text, "boot") != boot) return {};
  return other;
}

}  // namespace

Records::Records(std::string directory)
    : directory_(std::move(directory)),
      vitals_directory_(directory_ + "/live"),
      upkeep_directory_(directory_ + "/.upkeep") {
  const auto boot = read_small_file("/proc/sys/kernel/random/boot_id", 64);
  boot_ = boot ? boot->substr(0, boot->find('\n')) : "unknown";
  netns_ = own_netns();
}

std::optional<std::string> Records::text_of(const InterfaceName& iface) const {
  return read_own_file(directory_ + "/" + iface.str(), largest_record);
}

std::optional<Record> Records::read(const InterfaceName& iface) const {
  const auto text = text_of(iface);
  if (!text || !other_netns(*text, boot_, netns_).empty()) return std::nullopt;
  auto record = read_record(*text, boot_);
  if (record && record->stanza.iface != iface.str()) return std::nullopt;
  return record;
}

std::optional<Error> Records::trouble(const InterfaceName& iface) const {
  const std::string path = directory_ + "/" + iface.str();
  if (read(iface) || access(path.c_str(), F_OK) != 0) return std::nullopt;
  const auto text = text_of(iface);
  const std::string boot = text ? value_in(*text, "boot") : std::string();
  if ((!boot.empty() && boot != boot_) || (text && !other_netns(*text, boot_, netns_).empty()))
    return std::nullopt;
  return Error(Exit::system, path,
               "situp can't make sense of this record: situp up " + iface.str() +
                   " replaces it, situp down " + iface.str() +
                   " removes it; both go by the stanza alone");
}

std::optional<Error> Records::elsewhere(const InterfaceName& iface) const {
  const auto text = text_of(iface);
  const std::string netns = text ? other_netns(*text, boot_, netns_) : std::string();
  if (netns.empty()) return std::nullopt;
  const std::string name = name_of_netns(netns);
  const std::string remedy =
      name.empty()
          ? "; if that namespace is gone: rm " + directory_ + "/" + iface.str()
          : ", or take that one down: ip netns exec " + name + " situp down " + iface.str();
  return Error(Exit::system, iface.str(),
               "situp has a tunnel of this name in another network namespace (" +
                   (name.empty() ? netns : name) + "), and both namespaces share " + directory_ +
                   ": give this one another name" + remedy);
}

std::int64_t Records::written_at(const InterfaceName& iface) const {
  struct stat status {};
  const std::string path = directory_ + "/" + iface.str();
  return stat(path.c_str(), &status) == 0 ? status.st_mtime : 0;
}

void Records::move_written_at(const InterfaceName& iface, std::int64_t seconds) const {
  const std::string path = directory_ + "/" + iface.str();
  // By the descriptor: a record that another process puts in its place has the right time.
  const Fd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) != 0) return;
  const std::array<timespec, 2> times{
      {{0, UTIME_OMIT}, {status.st_mtim.tv_sec + seconds, status.st_mtim.tv_nsec}}};
  futimens(fd.get(), times.data());
}

/// A failure to write the request must not fail the tunnel, which is up: the log reports it. True
/// if the request is new.
bool Records::add_request(const std::string& iface) const {
  const std::string path = upkeep_directory_ + "/" + iface;
  const auto note = [&path] {
    return Fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  };
  if (note()) return true;
  if (errno == EEXIST) return false;
  try {
    make_directory(directory_);
    make_directory(upkeep_directory_);
    if (note()) return true;
    throw system_error(path, errno);
  } catch (const Error& error) {
    log_notice(iface + ": " + error.what() + "; situpd.path does not start situpd for this tunnel");
    return false;
  }
}

void Records::drop_request(const std::string& iface) const {
  unlink((upkeep_directory_ + "/" + iface).c_str());
}

void Records::write(const Record& record) const {
  const std::string& iface = record.stanza.iface;
  const std::string path = directory_ + "/" + iface;
  const std::string text = write_record(record, boot_, netns_);
  if (text.size() > largest_record)
    throw Error(Exit::configuration, iface,
                "its stanza makes a record of more than 1 MiB, which is too long: shorten it");
  // Before the record: if situp is killed between the two, a request stays that has no record, and
  // not a tunnel that situpd does not know.
  const bool is_news = record.wants_daemon() && add_request(iface);
  try {
    try {
      write_atomically(path, text);
    } catch (const Error&) {
      if (access(directory_.c_str(), F_OK) == 0) throw;
      make_directory(directory_);
      write_atomically(path, text);
    }
  } catch (const Error&) {
    if (is_news) drop_request(iface);
    throw;
  }
  if (record.state == Record::State::up && !record.upkeep) drop_request(iface);
}

void Records::remove(const InterfaceName& iface) const {
  const std::string path = directory_ + "/" + iface.str();
  if (unlink(path.c_str()) < 0 && errno != ENOENT) throw system_error(path, errno);
  forget_half_written(path);
  forget_request(iface);
  // situpd may not run.
  write_vitals(iface, "");
}

namespace {

std::vector<InterfaceName> files_in(const std::string& directory) {
  std::vector<InterfaceName> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(opendir(directory.c_str()), closedir);
  if (!listing && (errno == ENOENT || errno == ENOTDIR)) return names;
  // A list that breaks off would tell situpd that tunnels have gone.
  if (!listing) throw system_error(directory, errno);
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(listing.get());
    if (entry == nullptr && errno != 0) throw system_error(directory, errno);
    if (entry == nullptr) break;
    const auto name = InterfaceName::parse(entry->d_name);
    if (name && name->c_str()[0] != '.' && entry->d_type == DT_REG) names.push_back(*name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

std::vector<InterfaceName> Records::list(const std::set<std::string>& but) const {
  std::vector<InterfaceName> names = files_in(directory_);
  std::erase_if(names, [&](const InterfaceName& iface) {
    if (but.count(iface.str()) != 0) return true;
    const auto text = text_of(iface);
    return text && !other_netns(*text, boot_, netns_).empty();
  });
  return names;
}

void Records::write_vitals(const InterfaceName& iface, const std::string& text) const {
  const std::string path = vitals_directory_ + "/" + iface.str();
  if (text.empty()) {
    unlink(path.c_str());
    return;
  }
  make_directory(vitals_directory_);
  write_atomically(path, text);
}

std::optional<std::string> Records::read_vitals(const InterfaceName& iface) const {
  return read_own_file(vitals_directory_ + "/" + iface.str(), largest_record);
}

std::vector<InterfaceName> Records::list_vitals() const {
  return files_in(vitals_directory_);
}

std::vector<InterfaceName> Records::list_requests() const {
  return files_in(upkeep_directory_);
}

void Records::request_upkeep(const InterfaceName& iface) const {
  add_request(iface.str());
}

void Records::forget_request(const InterfaceName& iface) const {
  drop_request(iface.str());
}

}  // namespace situp
