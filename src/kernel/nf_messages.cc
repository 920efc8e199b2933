// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/nf_messages.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <cstring>

#include "kernel/attributes.h"

namespace situp {
namespace {

int collect(const nlattr* attribute, void* data) {
  const std::uint16_t type = mnl_attr_get_type(attribute);
  auto& attributes = *static_cast<Attributes*>(data);
  if (type < attributes.size()) attributes[type] = attribute;
  return MNL_CB_OK;
}

constexpr std::uint16_t type_of(int message) {
  return static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message);
}

void put_header(Request& request, std::uint8_t family) {
  auto* header = request.extra<nfgenmsg>();
  header->nfgen_family = family;
  header->version = NFNETLINK_V0;
}

}  // namespace

Attributes nested(const nlattr* attribute) {
  Attributes attributes{};
  if (attribute != nullptr) mnl_attr_parse_nested(attribute, collect, &attributes);
  return attributes;
}

std::string_view payload(const nlattr* attribute) {
  return {static_cast<const char*>(mnl_attr_get_payload(attribute)),
          mnl_attr_get_payload_len(attribute)};
}

std::string name_in(const nlattr* attribute) {
  return attribute == nullptr ? std::string() : payload_text(attribute);
}

std::optional<std::uint32_t> number_in(const nlattr* attribute) {
  std::uint32_t number = 0;
  if (attribute == nullptr || payload(attribute).size() != sizeof number) return std::nullopt;
  memcpy(&number, payload(attribute).data(), sizeof number);
  return ntohl(number);
}

void dump(Netlink& netlink, int message, std::uint8_t family,
          const std::function<void(Request&)>& fill, const std::function<void()>& start,
          const std::function<void(std::uint8_t family, const Attributes&)>& each) {
  netlink.dump(
      type_of(message), start,
      [&](Request& request) {
        put_header(request, family);
        if (fill) fill(request);
      },
      [&](const nlmsghdr* answer) {
        Attributes attributes{};
        mnl_attr_parse(answer, sizeof(nfgenmsg), collect, &attributes);
        each(static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(answer))->nfgen_family, attributes);
      });
}

void dump(Netlink& netlink, int message, const std::function<void(Request&)>& fill,
          const std::function<void()>& start, const std::function<void(const Attributes&)>& each) {
  dump(netlink, message, NFPROTO_IPV6, fill, start,
       [&each](std::uint8_t, const Attributes& attributes) { each(attributes); });
}

std::uint32_t read_generation(Netlink& netlink) {
  std::uint32_t generation = 0;
  Request request(type_of(NFT_MSG_GETGEN), 0);
  put_header(request, NFPROTO_UNSPEC);
  netlink.get(request, [&](const nlmsghdr* answer) {
    Attributes attributes{};
    mnl_attr_parse(answer, sizeof(nfgenmsg), collect, &attributes);
    generation = number_in(attributes[NFTA_GEN_ID]).value_or(0);
  });
  return generation;
}

Batch::Batch(std::uint32_t generation) {
  add_end(NFNL_MSG_BATCH_BEGIN).put_u32(NFNL_BATCH_GENID, htonl(generation));
}

Request& Batch::add(int message, std::uint8_t family) {
  Request& request = requests_.emplace_back(type_of(message), std::uint16_t{0});
  put_header(request, family);
  return request;
}

Request& Batch::add(int message) {
  return add(message, NFPROTO_IPV6);
}

Request& Batch::add_end(int message) {
  Request& request = requests_.emplace_back(static_cast<std::uint16_t>(message), std::uint16_t{0});
  request.extra<nfgenmsg>()->res_id = htons(NFNL_SUBSYS_NFTABLES);
  return request;
}

Refusal Batch::execute(Netlink& netlink) {
  requests_.back().header()->nlmsg_flags |= NLM_F_ACK;
  add_end(NFNL_MSG_BATCH_END);
  return netlink.execute(requests_);
}

}  // namespace situp
