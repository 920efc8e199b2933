// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/nf_tables.h"

#include <linux/if.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netlink.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <map>
#include <optional>
#include <string_view>

#include "kernel/attributes.h"
#include "kernel/nf_messages.h"
#include "model/tunnel/firewall.h"

namespace situp {
namespace {

// Programs that change filters all the time can make each removal come too late.
constexpr int most_tries = 20;

std::uint64_t print_of(const Attributes& attributes, std::initializer_list<std::size_t> parts,
                       std::uint64_t print = first_fingerprint) {
  for (const std::size_t part : parts) {
    print = fingerprint("|", print);
    if (attributes[part] != nullptr) print = fingerprint(payload(attributes[part]), print);
  }
  return print;
}

/// situp's table. The hashes leave out handles and counters, so that the same rules have the same
/// hash.
struct FilterTable {
  std::optional<std::uint64_t> print;           // of its flags; empty: there is no table
  std::map<std::string, std::uint64_t> chains;  // of each chain and its rules
  std::map<std::string, LiveFilter> parts;      // by interface
  std::map<std::string, std::uint64_t> relays;  // of the whole other table, by interface
};

std::string verdict_in(const nlattr* data) {
  const Attributes verdict = nested(nested(data)[NFTA_DATA_VERDICT]);
  const std::string chain = name_in(verdict[NFTA_VERDICT_CHAIN]);
  switch (static_cast<int>(number_in(verdict[NFTA_VERDICT_CODE]).value_or(0))) {
    case NFT_JUMP:
      return "jump " + chain;
    case NFT_GOTO:
      return "goto " + chain;
    case NFT_RETURN:
      return "return";
    case NFT_CONTINUE:
      return "continue";
    case NF_ACCEPT:
      return "accept";
    default:
      return "drop";
  }
}

/// The tunnel whose own chain this is.
std::string tunnel_of(const std::string& chain) {
  for (const std::string_view start : firewall_own_chains)
    if (chain.compare(0, start.size(), start) == 0) return chain.substr(start.size());
  return {};
}

/// The hash of each chain of a table and its rules.
std::map<std::string, std::uint64_t> read_chains(Netlink& netlink, std::uint8_t family,
                                                 const std::string& table) {
  std::map<std::string, std::uint64_t> chains;
  dump(
      netlink, NFT_MSG_GETCHAIN, family, {}, [&] { chains.clear(); },
      [&](std::uint8_t, const Attributes& chain) {
        if (name_in(chain[NFTA_CHAIN_TABLE]) == table)
          chains[name_in(chain[NFTA_CHAIN_NAME])] =
              print_of(chain, {NFTA_CHAIN_TYPE, NFTA_CHAIN_POLICY, NFTA_CHAIN_HOOK});
      });
  const auto without_rules = chains;
  dump(
      netlink, NFT_MSG_GETRULE, family,
      [&](Request& request) { request.put_name(NFTA_RULE_TABLE, table); },
      [&] { chains = without_rules; },
      [&](std::uint8_t, const Attributes& rule) {
        // Kernels that do not filter dumps send the rules of other tables, too.
        if (name_in(rule[NFTA_RULE_TABLE]) != table) return;
        std::uint64_t& print = chains[name_in(rule[NFTA_RULE_CHAIN])];
        print = print_of(rule, {NFTA_RULE_EXPRESSIONS}, print);
      });
  return chains;
}

void read_elements(Netlink& netlink, const std::string& map, FilterTable& table) {
  const auto without_map = table.parts;
  dump(
      netlink, NFT_MSG_GETSETELEM,
      [&](Request& request) {
        request.put_name(NFTA_SET_ELEM_LIST_TABLE, firewall_table);
        request.put_name(NFTA_SET_ELEM_LIST_SET, map);
      },
      [&] { table.parts = without_map; },
      [&](const Attributes& list) {
        if (list[NFTA_SET_ELEM_LIST_ELEMENTS] == nullptr) return;
        for_each_nested(list[NFTA_SET_ELEM_LIST_ELEMENTS], [&](std::uint16_t, const nlattr* item) {
          const Attributes element = nested(item);
          const std::string iface = name_in(nested(element[NFTA_SET_ELEM_KEY])[NFTA_DATA_VALUE]);
          if (!iface.empty())
            table.parts[iface].elements.push_back({map, verdict_in(element[NFTA_SET_ELEM_DATA])});
        });
      });
}

/// Both tables, without their chains.
void read_tables(Netlink& netlink, FilterTable& table) {
  const auto start = [&] {
    table.print.reset();
    table.relays.clear();
  };
  dump(netlink, NFT_MSG_GETTABLE, NFPROTO_UNSPEC, {}, start,
       [&](std::uint8_t family, const Attributes& attributes) {
         const std::string name = name_in(attributes[NFTA_TABLE_NAME]);
         const std::uint64_t print = print_of(attributes, {NFTA_TABLE_FLAGS});
         if (family == NFPROTO_IPV6 && name == firewall_table)
           table.print = print;
         else if (family == NFPROTO_IPV4 && name.rfind(relays_table, 0) == 0)
           table.relays[name.substr(relays_table.size())] = print;
       });
}

FilterTable read_table(Netlink& netlink) {
  FilterTable table;
  read_tables(netlink, table);
  for (auto& [iface, print] : table.relays) {
    table.parts[iface].marks_relays = true;
    for (const auto& [name, of_chain] :
         read_chains(netlink, NFPROTO_IPV4, std::string(relays_table) + iface))
      print = fingerprint(name + std::to_string(of_chain), print);
  }
  if (!table.print) return table;
  table.chains = read_chains(netlink, NFPROTO_IPV6, firewall_table);
  for (const auto& [name, print] : table.chains)
    if (const std::string tunnel = tunnel_of(name); !tunnel.empty())
      table.parts[tunnel].chains.push_back(name);
  for (const std::string_view map : firewall_maps) read_elements(netlink, std::string(map), table);
  for (auto& [iface, part] : table.parts) {
    std::uint64_t print = *table.print;
    const auto add = [&](std::string_view chain) {
      const auto found = table.chains.find(std::string(chain));
      print = fingerprint(found == table.chains.end() ? "-" : std::to_string(found->second), print);
    };
    for (const std::string_view chain : firewall_base_chains) add(chain);
    if (is_stateful(part))
      for (const std::string_view chain : firewall_stateful_chains) add(chain);
    for (const std::string& chain : part.chains) add(chain);
    for (const auto& [map, verdict] : part.elements)
      for (const std::string_view text : {std::string_view(map), std::string_view(verdict)})
        print = fingerprint("|", fingerprint(text, print));
    if (part.marks_relays) print = fingerprint(std::to_string(table.relays.at(iface)), print);
    part.content = print;
  }
  return table;
}

void delete_element(Batch& batch, const std::string& map, const std::string& iface) {
  Request& request = batch.add(NFT_MSG_DELSETELEM);
  request.put_name(NFTA_SET_ELEM_LIST_TABLE, firewall_table);
  request.put_name(NFTA_SET_ELEM_LIST_SET, map);
  std::array<char, IFNAMSIZ> name{};
  iface.copy(name.data(), name.size() - 1);
  nlattr* elements = request.begin_nest(NFTA_SET_ELEM_LIST_ELEMENTS);
  nlattr* element = request.begin_nest(NFTA_LIST_ELEM);
  nlattr* key = request.begin_nest(NFTA_SET_ELEM_KEY);
  request.put(NFTA_DATA_VALUE, name.data(), name.size());
  request.end_nest(key);
  request.end_nest(element);
  request.end_nest(elements);
}

void delete_chain(Batch& batch, const std::string& chain) {
  Request& request = batch.add(NFT_MSG_DELCHAIN);
  request.put_name(NFTA_CHAIN_TABLE, firewall_table);
  request.put_name(NFTA_CHAIN_NAME, chain);
}

/// Writes the removal of a part of the table into the batch.
void remove_part(const FilterTable& table, const std::string& iface, Batch& batch) {
  const LiveFilter& part = table.parts.at(iface);
  for (const auto& element : part.elements) delete_element(batch, element.map, iface);
  for (const std::string& chain : part.chains) delete_chain(batch, chain);
  const auto tracks = [&](const auto& other) {
    return other.first != iface && is_stateful(other.second);
  };
  if (std::any_of(table.parts.begin(), table.parts.end(), tracks)) return;
  for (const std::string_view chain : firewall_stateful_chains)
    if (table.chains.count(std::string(chain)) != 0) delete_chain(batch, std::string(chain));
}

}  // namespace

std::map<std::string, LiveFilter> read_firewalls() {
  Netlink netlink(NETLINK_NETFILTER);
  return read_table(netlink).parts;
}

void read_firewalls(Live& live) {
  try {
    live.set_firewalls(read_firewalls());
  } catch (const Error& error) {
    if (error.status() == Exit::not_permitted) live.hide_firewalls();
    // Other failures: if situp runs nft later, nft reports the reason.
  }
}

// By netlink, not by nft: an nft that deletes the table with its last tunnel would delete the
// filter of a tunnel that another process adds meanwhile, and Linux 6.1 counts wrongly the uses of
// chains after a batch that it refuses because of that.
Refusal remove_firewall(const std::string& iface) {
  Netlink netlink(NETLINK_NETFILTER);
  for (int tries = 0; tries < most_tries; ++tries) {
    Batch batch(read_generation(netlink));
    const FilterTable table = read_table(netlink);
    if (table.parts.count(iface) == 0) return {ENOENT, {}};
    if (table.parts.at(iface).marks_relays)
      batch.add(NFT_MSG_DELTABLE, NFPROTO_IPV4)
          .put_name(NFTA_TABLE_NAME, std::string(relays_table) + iface);
    if (table.parts.size() > 1)
      remove_part(table, iface, batch);
    else if (table.print)
      batch.add(NFT_MSG_DELTABLE).put_name(NFTA_TABLE_NAME, firewall_table);
    Refusal refusal = batch.execute(netlink);
    if (refusal.error != ERESTART) return refusal;
  }
  return {EBUSY, "other programs change filters all the time: try again"};
}

namespace {

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
  const Attributes hook = nested(chain[NFTA_CHAIN_HOOK]);
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
