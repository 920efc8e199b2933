// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/nf_tables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <optional>
#include <string_view>

#include "kernel/netlink.h"
#include "model/tunnel/firewall.h"

namespace situp {
namespace {

// All attributes of tables, chains and rules that situp reads have smaller numbers.
constexpr std::size_t most_attributes = 16;
using Attributes = std::array<const nlattr*, most_attributes>;

using Fingerprints = std::map<std::string, std::uint64_t>;  // by table

std::string_view payload(const nlattr* attribute) {
  return {static_cast<const char*>(mnl_attr_get_payload(attribute)),
          mnl_attr_get_payload_len(attribute)};
}

/// A name without its final zero; empty without an attribute.
std::string name_in(const nlattr* attribute) {
  if (attribute == nullptr) return {};
  const auto name = payload(attribute);
  return std::string(name.substr(0, name.find('\0')));
}

int collect(const nlattr* attribute, void* data) {
  const std::uint16_t type = mnl_attr_get_type(attribute);
  if (type < most_attributes) (*static_cast<Attributes*>(data))[type] = attribute;
  return MNL_CB_OK;
}

/// Passes all objects of one kind in `family` to `each`; rules: those of `table`.
void dump(Netlink& netlink, int message, std::uint8_t family, const std::string& table,
          const std::function<void()>& start,
          const std::function<void(std::uint8_t family, const Attributes&)>& each) {
  netlink.dump(
      static_cast<std::uint16_t>(NFNL_SUBSYS_NFTABLES << 8 | message), start,
      [&](Request& request) {
        auto* header = request.extra<nfgenmsg>();
        header->nfgen_family = family;
        header->version = NFNETLINK_V0;
        if (!table.empty()) request.put_name(NFTA_RULE_TABLE, table);
      },
      [&](const nlmsghdr* answer) {
        Attributes attributes{};
        mnl_attr_parse(answer, sizeof(nfgenmsg), collect, &attributes);
        each(static_cast<const nfgenmsg*>(mnl_nlmsg_get_payload(answer))->nfgen_family, attributes);
      });
}

/// The same for family ip6.
void dump(Netlink& netlink, int message, const std::string& table,
          const std::function<void()>& start, const std::function<void(const Attributes&)>& each) {
  dump(netlink, message, NFPROTO_IPV6, table, start,
       [&each](std::uint8_t, const Attributes& attributes) { each(attributes); });
}

void add(std::uint64_t& print, const Attributes& attributes,
         std::initializer_list<std::size_t> parts) {
  for (const std::size_t part : parts) {
    print = fingerprint("|", print);
    if (attributes[part] != nullptr) print = fingerprint(payload(attributes[part]), print);
  }
}

/// Leaves out handles and counters, so that the same table has the same fingerprint.
Fingerprints read_tables(Netlink& netlink, const std::set<std::string>& tables) {
  Fingerprints prints;
  dump(
      netlink, NFT_MSG_GETTABLE, {}, [&] { prints.clear(); },
      [&](const Attributes& table) {
        const std::string name = name_in(table[NFTA_TABLE_NAME]);
        if (tables.count(name) != 0) prints[name] = first_fingerprint;
      });
  if (prints.empty()) return prints;
  const Fingerprints empty = prints;
  dump(
      netlink, NFT_MSG_GETCHAIN, {}, [&] { prints = empty; },
      [&](const Attributes& chain) {
        const auto found = prints.find(name_in(chain[NFTA_CHAIN_TABLE]));
        if (found == prints.end()) return;
        add(found->second, chain,
            {NFTA_CHAIN_NAME, NFTA_CHAIN_TYPE, NFTA_CHAIN_POLICY, NFTA_CHAIN_HOOK});
      });
  for (auto& table : prints) {
    const std::string& name = table.first;
    std::uint64_t& print = table.second;
    const std::uint64_t chains = print;
    dump(
        netlink, NFT_MSG_GETRULE, name, [&] { print = chains; },
        [&](const Attributes& rule) {
          // Kernels that do not filter dumps send the rules of other tables, too.
          if (name_in(rule[NFTA_RULE_TABLE]) == name)
            add(print, rule, {NFTA_RULE_CHAIN, NFTA_RULE_EXPRESSIONS});
        });
  }
  return prints;
}

}  // namespace

void read_firewalls(const std::set<std::string>& ifaces, Live& live) {
  if (ifaces.empty()) return;
  std::set<std::string> tables;
  for (const std::string& iface : ifaces) tables.insert(firewall_table(iface));
  Fingerprints prints;
  try {
    Netlink netlink(NETLINK_NETFILTER);
    prints = read_tables(netlink, tables);
  } catch (const Error& error) {
    if (error.status() == Exit::not_permitted) live.hide_firewalls();
    // Other failures: if situp runs nft later, nft reports the reason.
    return;
  }
  for (const std::string& iface : ifaces)
    if (const auto found = prints.find(firewall_table(iface)); found != prints.end())
      live.set_firewall(iface, found->second);
}

namespace {

std::optional<std::uint32_t> number_in(const nlattr* attribute) {
  std::uint32_t number = 0;
  if (attribute == nullptr || payload(attribute).size() != sizeof number) return std::nullopt;
  memcpy(&number, payload(attribute).data(), sizeof number);
  return ntohl(number);
}

const char* word_of_family(std::uint8_t family) {
  switch (family) {
    case NFPROTO_IPV4:
      return "ip";
    case NFPROTO_IPV6:
      return "ip6";
    case NFPROTO_INET:
      return "inet";
    default:
      return nullptr;
  }
}

/// Empty for a chain that filters no packets.
std::optional<FilterChain> filter_in(std::uint8_t family, const Attributes& chain) {
  const char* word = word_of_family(family);
  if (word == nullptr || chain[NFTA_CHAIN_HOOK] == nullptr ||
      name_in(chain[NFTA_CHAIN_TYPE]) != "filter")
    return std::nullopt;
  Attributes hook{};
  mnl_attr_parse_nested(chain[NFTA_CHAIN_HOOK], collect, &hook);
  const auto where = number_in(hook[NFTA_HOOK_HOOKNUM]);
  constexpr std::array hooks{"prerouting", "input", "forward", "output", "postrouting"};
  if (!where || *where >= hooks.size()) return std::nullopt;
  return FilterChain{word, name_in(chain[NFTA_CHAIN_TABLE]), name_in(chain[NFTA_CHAIN_NAME]),
                     hooks.at(*where),
                     number_in(chain[NFTA_CHAIN_POLICY]) == std::uint32_t{NF_DROP}};
}

}  // namespace

std::vector<FilterChain> read_filters() {
  std::vector<FilterChain> chains;
  Netlink netlink(NETLINK_NETFILTER);
  dump(
      netlink, NFT_MSG_GETCHAIN, NFPROTO_UNSPEC, {}, [&] { chains.clear(); },
      [&](std::uint8_t family, const Attributes& chain) {
        if (auto filter = filter_in(family, chain)) chains.push_back(std::move(*filter));
      });
  return chains;
}

}  // namespace situp
