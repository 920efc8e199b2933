// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/watches.h"

#include <linux/if_addr.h>
#include <sys/inotify.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <limits>

#include "base/file.h"
#include "kernel/messages.h"
#include "kernel/netlink_kernel.h"
#include "reconcile/record.h"

namespace situp {

HostWatch::HostWatch() : socket_(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR) {
  socket_.join(RTNLGRP_IPV6_NETCONF, true);
  socket_.join(RTNLGRP_IPV6_RULE, true);
  read_all();
}

void HostWatch::read_all() {
  const Live live = NetlinkKernel().snapshot({});
  addresses_.clear();
  for (const LiveAddress4& address : live.addresses4())
    addresses_.emplace(address.index, address.address);
  links_.clear();
  live.for_each_link([this](const LiveLink& link) {
    links_.emplace(link.index, Link{link.name, link.up, link.mtu});
  });
}

bool HostWatch::holds(Ipv4 address) const {
  return address == Ipv4{} ||
         std::any_of(addresses_.begin(), addresses_.end(),
                     [address](const auto& known) { return known.second == address; });
}

void HostWatch::read_link(const nlmsghdr* message, Change& change) {
  const auto link = link_in(message);
  if (!link) return;
  const auto known = links_.find(link->index);
  if (message->nlmsg_type == RTM_DELLINK) {
    if (known != links_.end()) links_.erase(known);
    change.links.push_back(link->index);
    return;
  }
  const Link now{link->name, link->up, link->mtu};
  if (known == links_.end() || known->second.name != now.name) change.names.insert(now.name);
  if (known == links_.end()) {
    links_.emplace(link->index, now);
    return;
  }
  if (known->second == now) return;
  known->second = now;
  change.links.push_back(link->index);
  // Containers come and go with devices that have none, behind a bridge.
  const auto address = addresses_.lower_bound({link->index, Ipv4{}});
  const bool has_address = address != addresses_.end() && address->first == link->index;
  change.underlay |= !link->sit && has_address;
}

void HostWatch::follow_next_hops(bool wanted) {
  if (wanted == follows_next_hops_) return;
  socket_.join(RTNLGRP_IPV4_ROUTE, wanted);
  socket_.join(RTNLGRP_IPV4_RULE, wanted);
  follows_next_hops_ = wanted;
}

void HostWatch::follow_routes6(bool wanted) {
  if (wanted == follows_routes6_) return;
  socket_.join(RTNLGRP_IPV6_ROUTE, wanted);
  follows_routes6_ = wanted;
}

void HostWatch::read_route(const nlmsghdr* message, Change& change) {
  const auto route = route4_in(message);
  change.next_hops |= route && route->gateway != Ipv4{};
  if (message->nlmsg_type != RTM_DELROUTE) return;
  change.routed |= unreachable_in(message).has_value();
  const auto lost = default_in(message);
  if (!lost) return;
  if (lost->advertised)
    change.lost_defaults.push_back(*lost);
  else
    change.links.push_back(lost->index);
}

/// Other programs have rules by the hundred. Those of the tables local and main tell which
/// preferences are free.
void HostWatch::read_rule6(const nlmsghdr* message, Change& change) {
  const auto rule = rule6_in(message);
  if (!rule) return;
  if (rule->is_for_all())
    change.rules6 |= rule->table == main_table || rule->table == local_table;
  else if (message->nlmsg_type == RTM_DELRULE)
    change.names.insert(rule->iif);
}

void HostWatch::read_address(const nlmsghdr* message, Change& change) {
  if (const auto address = ipv4_address_in(message)) {
    const std::pair key(address->index, address->address);
    change.addresses |= message->nlmsg_type == RTM_NEWADDR ? addresses_.insert(key).second
                                                           : addresses_.erase(key) != 0;
  } else if (const auto holder = holder6_in(message);
             holder && message->nlmsg_type == RTM_DELADDR) {
    const auto link = links_.find(*holder);
    if (link != links_.end()) change.names.insert(link->second.name);
  }
}

HostWatch::Change HostWatch::read() {
  Change change;
  change.unknown = !socket_.read([&](const nlmsghdr* message) {
    if (message->nlmsg_type == RTM_DELLINK || message->nlmsg_type == RTM_NEWLINK) {
      read_link(message, change);
    } else if (message->nlmsg_type == RTM_NEWADDR || message->nlmsg_type == RTM_DELADDR) {
      read_address(message, change);
    } else if (message->nlmsg_type == RTM_NEWROUTE || message->nlmsg_type == RTM_DELROUTE) {
      read_route(message, change);
    } else if (message->nlmsg_type == RTM_NEWNETCONF) {
      const auto index = forwarding_set_in(message);
      // Of a new device, the kernel tells this first.
      if (index && links_.count(*index) != 0) change.links.push_back(*index);
    } else if (message->nlmsg_type == RTM_NEWRULE || message->nlmsg_type == RTM_DELRULE) {
      const auto rule = rule4_in(message);
      change.next_hops |= rule && rule->mask != 0;
      read_rule6(message, change);
    }
  });
  if (change.unknown) read_all();
  return change;
}

RecordWatch::RecordWatch() : inotify_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (!inotify_) throw system_error("inotify", errno);
  begin();
}

void RecordWatch::begin() {
  make_directory(Records::default_directory);
  // In a unit's sandbox, a folder that has been made anew is read-only.
  if (access(Records::default_directory, W_OK) < 0 && errno == EROFS)
    throw system_error(Records::default_directory, errno);
  // Records are renamed into their place.
  if (inotify_add_watch(inotify_.get(), Records::default_directory,
                        IN_MOVED_TO | IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF) < 0)
    throw system_error(Records::default_directory, errno);
}

RecordWatch::Change RecordWatch::read() {
  Change change;
  alignas(inotify_event) std::array<char, 4096> buffer{};
  for (;;) {
    const ssize_t size = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (size <= 0) break;
    for (std::size_t at = 0; at < static_cast<std::size_t>(size);) {
      inotify_event event{};
      memcpy(&event, &buffer[at], sizeof event);
      const char* name = &buffer[at + offsetof(inotify_event, name)];
      at += sizeof event + event.len;
      if ((event.mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0) change.unknown = true;
      if ((event.mask & IN_IGNORED) != 0) begin();  // another process has removed the directory
      if (event.len == 0 || name[0] == '.') continue;
      if (const auto iface = InterfaceName::parse(name)) change.names.push_back(*iface);
    }
  }
  return change;
}

namespace {

std::chrono::nanoseconds since_epoch_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::nanoseconds offset_of_real_clock() {
  return since_epoch_of(CLOCK_REALTIME) - since_epoch_of(CLOCK_BOOTTIME);
}

}  // namespace

ClockWatch::ClockWatch()
    : timer_(timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)),
      offset_(offset_of_real_clock()) {
  if (!timer_) throw system_error("timerfd", errno);
  arm();
}

/// The kernel cancels the timer when the clock is set.
void ClockWatch::arm() {
  itimerspec setting{};
  setting.it_value.tv_sec = latest_time<time_t>();
  if (timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &setting,
                      nullptr) < 0 &&
      errno != ECANCELED)
    throw system_error("timerfd", errno);
}

bool ClockWatch::read() {
  std::uint64_t times = 0;
  const bool set = ::read(timer_.get(), &times, sizeof times) < 0 && errno == ECANCELED;
  arm();
  return set;
}

std::chrono::seconds ClockWatch::set_by() {
  const auto set =
      std::chrono::duration_cast<std::chrono::seconds>(offset_of_real_clock() - offset_);
  offset_ += set;
  return set;
}

}  // namespace situp
