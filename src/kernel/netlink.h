// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "kernel/kernel.h"

namespace situp {

/// One request to rtnetlink while situp writes it. Bounded: every attribute that situp writes is of
/// fixed, small size.
class Request {
 public:
  Request(std::uint16_t type, std::uint16_t flags);
  Request(const Request&) = delete;  // header_ points into this object
  Request& operator=(const Request&) = delete;

  nlmsghdr* header() { return header_; }
  /// The family header (ifinfomsg, ifaddrmsg, rtmsg), zeroed; once, before the attributes.
  template <typename T>
  T* extra() {
    return static_cast<T*>(mnl_nlmsg_put_extra_header(header_, sizeof(T)));
  }
  void put(std::uint16_t type, const void* data, std::size_t size);
  void put_u8(std::uint16_t type, std::uint8_t value) { put(type, &value, sizeof value); }
  void put_u16(std::uint16_t type, std::uint16_t value) { put(type, &value, sizeof value); }
  void put_u32(std::uint16_t type, std::uint32_t value) { put(type, &value, sizeof value); }
  /// Includes the final zero. At most IFNAMSIZ bytes in all.
  void put_name(std::uint16_t type, const std::string& name) {
    put(type, name.c_str(), name.size() + 1);
  }
  nlattr* begin_nest(std::uint16_t type);
  void end_nest(nlattr* nest) { mnl_attr_nest_end(header_, nest); }

 private:
  alignas(nlmsghdr) std::array<char, 1024> buffer_{};
  nlmsghdr* header_;
};

/// A netlink socket, by default of rtnetlink. Failures other than refusals are Errors
/// (Exit::system).
class Netlink {
 public:
  explicit Netlink(int protocol = NETLINK_ROUTE);

  /// Sends a request and waits for the kernel's acknowledgement.
  Refusal execute(Request& request);
  /// Sends requests of which the kernel executes all or none (nfnetlink's batches). The last one
  /// but the batch's end asks for the acknowledgement.
  Refusal execute(std::deque<Request>& batch);
  /// Sends a request for one object and passes the answer to `each`. False: no such object.
  bool get(Request& request, const std::function<void(const nlmsghdr*)>& each);
  /// Dumps objects: `start` clears the result of an earlier try, `fill` writes the request, `each`
  /// gets each object. A dump that a change interrupted is repeated. A dump that fails with ENOENT
  /// (a table without a route) or ENODEV (of an interface that has gone) is empty.
  void dump(std::uint16_t type, const std::function<void()>& start,
            const std::function<void(Request&)>& fill,
            const std::function<void(const nlmsghdr*)>& each);

 private:
  void send(Request& request);
  Refusal receive(const std::function<void(const nlmsghdr*)>& each, bool* interrupted);

  struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  std::unique_ptr<mnl_socket, Close> socket_;
  std::vector<char> buffer_;
  std::uint32_t sequence_ = 0;
};

/// A socket that receives rtnetlink's notifications. `groups`: RTMGRP_….
class Subscription {
 public:
  explicit Subscription(unsigned groups);
  int descriptor() const { return mnl_socket_get_fd(socket_.get()); }
  /// Joins or leaves another group (RTNLGRP_…).
  void join(unsigned group, bool wanted);
  /// Reads all notifications that have arrived, without waiting. False: some were lost.
  bool read(const std::function<void(const nlmsghdr*)>& each);

 private:
  struct Close {
    void operator()(mnl_socket* socket) const { mnl_socket_close(socket); }
  };
  std::unique_ptr<mnl_socket, Close> socket_;
};

class NetlinkChanges : public Changes {
 public:
  NetlinkChanges();
  bool wait(Deadline deadline) override;

 private:
  Subscription socket_;
};

}  // namespace situp
