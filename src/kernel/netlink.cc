// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/netlink.h"

#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace situp {
namespace {

constexpr const char* kernel_name = "the kernel's netlink";
// The size of one receive: the kernel sends dumps in pieces of at most 32 KiB
// (net/netlink/af_netlink.c).
constexpr std::size_t receive_size = 32768;

mnl_socket* open_socket(int protocol, unsigned groups) {
  mnl_socket* socket = mnl_socket_open2(protocol, SOCK_CLOEXEC);
  if (socket == nullptr) throw system_error(kernel_name, errno);
  if (mnl_socket_bind(socket, groups, MNL_SOCKET_AUTOPID) < 0) {
    const int error = errno;
    mnl_socket_close(socket);
    throw system_error(kernel_name, error);
  }
  return socket;
}

/// NLMSGERR_ATTR_MSG of an error message; empty if the kernel added none.
std::string words_of_error(const nlmsghdr* header) {
  if ((header->nlmsg_flags & NLM_F_ACK_TLVS) == 0) return {};
  const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header));
  std::size_t offset = sizeof *error;
  if ((header->nlmsg_flags & NLM_F_CAPPED) == 0) offset += mnl_nlmsg_get_payload_len(&error->msg);
  std::string words;
  const auto each = [](const nlattr* attribute, void* data) {
    if (mnl_attr_get_type(attribute) == NLMSGERR_ATTR_MSG &&
        mnl_attr_validate(attribute, MNL_TYPE_NUL_STRING) >= 0)
      *static_cast<std::string*>(data) = printable_within(mnl_attr_get_str(attribute), 120);
    return MNL_CB_OK;
  };
  mnl_attr_parse(header, static_cast<unsigned>(offset), each, &words);
  return words;
}

/// A dump that the kernel aborted ends like a complete one, except for the error in its last
/// message.
Refusal end_of_dump(const nlmsghdr* header) {
  int error = 0;
  if (mnl_nlmsg_get_payload_len(header) >= sizeof error)
    memcpy(&error, mnl_nlmsg_get_payload(header), sizeof error);
  return {error < 0 ? -error : 0, {}};
}

}  // namespace

Request::Request(std::uint16_t type, std::uint16_t flags)
    : header_(mnl_nlmsg_put_header(buffer_.data())) {
  header_->nlmsg_type = type;
  header_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
}

void Request::put(std::uint16_t type, const void* data, std::size_t size) {
  // libmnl does not check the bound.
  if (header_->nlmsg_len + MNL_ATTR_HDRLEN + MNL_ALIGN(size) > buffer_.size())
    throw Error(Exit::system, kernel_name,
                "a request grew beyond its buffer: a mistake in situp, report it");
  mnl_attr_put(header_, type, size, data);
}

nlattr* Request::begin_nest(std::uint16_t type) {
  if (header_->nlmsg_len + MNL_ATTR_HDRLEN > buffer_.size())
    throw Error(Exit::system, kernel_name,
                "a request grew beyond its buffer: a mistake in situp, report it");
  return mnl_attr_nest_start(header_, type);
}

Netlink::Netlink(int protocol) : socket_(open_socket(protocol, 0)), buffer_(receive_size) {
  int on = 1;
  // All three are optional: messages in errors, shorter acknowledgements, filters in dumps. Older
  // kernels lack them.
  mnl_socket_setsockopt(socket_.get(), NETLINK_EXT_ACK, &on, sizeof on);
  mnl_socket_setsockopt(socket_.get(), NETLINK_CAP_ACK, &on, sizeof on);
  mnl_socket_setsockopt(socket_.get(), NETLINK_GET_STRICT_CHK, &on, sizeof on);
}

void Netlink::send(Request& request) {
  request.header()->nlmsg_seq = ++sequence_;
  if (mnl_socket_sendto(socket_.get(), request.header(), request.header()->nlmsg_len) < 0)
    throw system_error(kernel_name, errno);
}

Refusal Netlink::receive(const std::function<void(const nlmsghdr*)>& each, bool* interrupted) {
  for (;;) {
    const ssize_t received = mnl_socket_recvfrom(socket_.get(), buffer_.data(), buffer_.size());
    if (received < 0 && errno == EINTR) continue;
    if (received < 0) throw system_error(kernel_name, errno);
    int left = static_cast<int>(received);
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer_.data());
         mnl_nlmsg_ok(header, left); header = mnl_nlmsg_next(header, &left)) {
      if (header->nlmsg_seq != sequence_) continue;
      if (interrupted != nullptr && (header->nlmsg_flags & NLM_F_DUMP_INTR) != 0)
        *interrupted = true;
      if (header->nlmsg_type == NLMSG_DONE) return end_of_dump(header);
      if (header->nlmsg_type == NLMSG_ERROR) {
        const auto* error = static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(header));
        if (error->error == 0) return {};
        return {-error->error, words_of_error(header)};
      }
      if (header->nlmsg_type >= NLMSG_MIN_TYPE && each) each(header);
    }
  }
}

Refusal Netlink::execute(Request& request) {
  request.header()->nlmsg_flags |= NLM_F_ACK;
  send(request);
  return receive({}, nullptr);
}

Refusal Netlink::execute(std::deque<Request>& batch) {
  std::vector<char> messages;
  ++sequence_;
  for (Request& request : batch) {
    nlmsghdr* header = request.header();
    header->nlmsg_seq = sequence_;
    const auto* start = reinterpret_cast<const char*>(header);
    messages.insert(messages.end(), start, start + header->nlmsg_len);
  }
  if (mnl_socket_sendto(socket_.get(), messages.data(), messages.size()) < 0)
    throw system_error(kernel_name, errno);
  return receive({}, nullptr);
}

bool Netlink::get(Request& request, const std::function<void(const nlmsghdr*)>& each) {
  request.header()->nlmsg_flags |= NLM_F_ACK;
  send(request);
  const Refusal refusal = receive(each, nullptr);
  if (refusal.error == 0) return true;
  // An unreachable (EACCES) or blackhole (EINVAL) route also means: no such object.
  for (const int nothing :
       {ENODEV, ENOENT, ENXIO, ESRCH, ENETUNREACH, EHOSTUNREACH, EACCES, EINVAL})
    if (refusal.error == nothing) return false;
  throw system_error(kernel_name, refusal.error);
}

void Netlink::dump(std::uint16_t type, const std::function<void()>& start,
                   const std::function<void(Request&)>& fill,
                   const std::function<void(const nlmsghdr*)>& each) {
  // A program that changes links all the time can interrupt every dump; situp then uses the last
  // one.
  for (int tries = 0; tries < 5; ++tries) {
    start();
    Request request(type, NLM_F_DUMP);
    fill(request);
    send(request);
    bool interrupted = false;
    const Refusal refusal = receive(each, &interrupted);
    if (refusal.error == ENOENT || refusal.error == ENODEV) return;
    if (refusal.error != 0) throw system_error(kernel_name, refusal.error);
    if (!interrupted) return;
  }
}

Subscription::Subscription(unsigned groups) : socket_(open_socket(NETLINK_ROUTE, groups)) {}

void Subscription::join(unsigned group, bool wanted) {
  int number = static_cast<int>(group);
  const int option = wanted ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP;
  if (mnl_socket_setsockopt(socket_.get(), option, &number, sizeof number) < 0)
    throw system_error(kernel_name, errno);
}

bool Subscription::read(const std::function<void(const nlmsghdr*)>& each) {
  alignas(nlmsghdr) char buffer[8192];
  for (;;) {
    const ssize_t size = recv(descriptor(), buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == ENOBUFS) return false;
    if (size <= 0) return true;
    int left = static_cast<int>(size);
    for (const auto* header = reinterpret_cast<const nlmsghdr*>(buffer); mnl_nlmsg_ok(header, left);
         header = mnl_nlmsg_next(header, &left))
      each(header);
  }
}

NetlinkChanges::NetlinkChanges() : socket_(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV4_ROUTE) {}

bool NetlinkChanges::wait(Deadline deadline) {
  pollfd descriptor{socket_.descriptor(), POLLIN, 0};
  for (;;) {
    const int ready = poll(&descriptor, 1, static_cast<int>(deadline.left().count()));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    // The caller reads everything again, so the content does not matter; an overrun is a change
    // too.
    socket_.read([](const nlmsghdr*) {});
    return true;
  }
}

}  // namespace situp
