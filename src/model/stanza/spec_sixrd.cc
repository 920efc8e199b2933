// SPDX-License-Identifier: GPL-2.0-or-later
// The options of 6rd (RFC 5969).
#include <algorithm>
#include <charconv>

#include "base/list.h"
#include "base/text.h"
#include "model/stanza/words.h"
#include "model/tunnel/firewall.h"

namespace situp {
namespace {

constexpr const char* prefix_form = "takes PREFIX/LENGTH, and maybe the hosts' A.B.C.D/LENGTH";
constexpr const char* lan_form = "INTERFACE [SUBNET [HOST]]";

class DomainReader {
 public:
  DomainReader(const Options& options, const Complaints& complaints, const Stanza& stanza,
               TunnelSpec& spec)
      : options_(options), complaints_(complaints), stanza_(stanza), spec_(spec) {}

  void read() {
    bool has_domain = false;
    complaints_.attempt([&] { has_domain = domain(); });
    refuse_inner();
    if (has_domain) complaints_.attempt([&] { embedded(); });
    if (has_domain) complaints_.attempt([&] { local(); });
    for (const Option* option : options_.all(name("relay")))
      for (const auto word : words_of(option->value))
        complaints_.attempt([&] { relay(*option, word, has_domain); });
    if (has_domain)
      for (const Option* option : options_.all(name("lan")))
        complaints_.attempt([&] { lans(*option); });
    complaints_.attempt([&] { filter(); });
  }

 private:
  std::string name(const char* rest) const { return spec_.kind().option(rest); }

  bool domain() {
    const Option* option = options_.find(name("prefix"));
    if (option == nullptr) {
      if (options_.leaves_out(name("prefix"))) return false;
      throw bad(
          stanza_, "iface " + stanza_.logical,
          "has no " + name("prefix") + ": the domain's IPv6 prefix, which all of its hosts share");
    }
    const auto words = words_of(option->value);
    if (words.empty() || words.size() > 2) throw bad(*option, prefix_form);
    const auto prefix = Ipv6Net::parse(words[0]);
    if (!prefix) throw bad(*option, words[0], " is not an IPv6 PREFIX/LENGTH");
    SixrdDomain domain;
    domain.prefix = *prefix;
    if (words.size() == 2) {
      const auto hosts = Ipv4Net::parse(words[1]);
      if (!hosts) throw bad(*option, words[1], " is not an IPv4 A.B.C.D/LENGTH");
      domain.hosts = *hosts;
    }
    check(*option, words, domain);
    spec_.sit.domain = domain;
    return true;
  }

  static void check(const Option& option, const std::vector<std::string_view>& words,
                    const SixrdDomain& domain) {
    const Ipv6Net& prefix = domain.prefix;
    if (prefix.has_host_bits())
      throw bad(option, words[0],
                " has bits behind the /" + std::to_string(prefix.length) + ": write " +
                    prefix.prefix().str());
    if (domain.hosts != domain.hosts.prefix())
      throw bad(option, words[1],
                " has bits behind the /" + std::to_string(domain.hosts.length) + ": write " +
                    domain.hosts.prefix().str());
    if (prefix.length == 0 || prefix.address.is_multicast() || prefix.address.is_link_local())
      throw bad(option, words[0], " is not a prefix for hosts of the Internet");
    if (domain.delegated_length() <= 64) return;
    if (prefix.length > 64)
      throw bad(option, words[0],
                " leaves no /64 for a host: the domain's prefix is at most a /64 itself");
    throw bad(option, "gives each host a /" + std::to_string(domain.delegated_length()) +
                          ", which is longer than a /64: write the IPv4 prefix of the hosts with "
                          "/" +
                          std::to_string(prefix.length - 32) + " or longer behind " + prefix.str());
  }

  /// The address is formed, and the relay is the gateway.
  void refuse_inner() const {
    complaints_.attempt([&] {
      if (const Option* option = options_.find("gateway"))
        throw bad(*option, "the default route of a 6rd tunnel leads to its relay: write " +
                               name("relay") + " A.B.C.D");
    });
  }

  void embedded() {
    const Option* option = options_.find(name("address"));
    if (option == nullptr) return;
    const auto word = one_word(*option);
    if (word == "public") {
      spec_.embedded = Embedded{};
      return;
    }
    const auto address = Ipv4::parse(word);
    if (!address) throw bad(*option, word, " is neither an IPv4 address nor public");
    if (const std::string why = not_embeddable(spec_.sit.domain, *address); !why.empty())
      throw bad(*option, word, why);
    spec_.embedded = Embedded{address};
  }

  /// A local address that is written out can be checked at once.
  void local() const {
    if (spec_.embedded || options_.leaves_out(name("address")) || spec_.local.size() != 1) return;
    const auto* literal = std::get_if<Ipv4>(&spec_.local[0]);
    const Option* option = options_.find(name("local"));
    if (literal == nullptr || option == nullptr) return;
    if (const std::string why = not_embeddable(spec_.sit.domain, *literal); !why.empty())
      throw bad(*option, literal->str(), why + ", or write " + name("address"));
  }

  void relay(const Option& option, std::string_view word, bool has_domain) {
    Host host = host_of(option, word);
    const auto* literal = std::get_if<Ipv4>(&host);
    const Ipv4Net& hosts = spec_.sit.domain.hosts;
    if (literal != nullptr && *literal == *Ipv4::parse("192.88.99.1"))
      throw bad(option, word,
                " was the anycast address of 6to4 relays, which are gone (RFC 7526): remove it");
    if (literal != nullptr && has_domain && !spec_.embedded && hosts.length < 31) {
      const std::uint32_t rest = literal->value & (0xffffffffU >> hosts.length);
      if (hosts.contains(*literal) && (rest == 0 || rest == 0xffffffffU >> hosts.length))
        throw bad(option, word,
                  std::string(" is the ") + (rest == 0 ? "network" : "broadcast") + " address of " +
                      hosts.str() + ", which no host has");
    }
    if (literal != nullptr && has_domain && !spec_.embedded && !hosts.contains(*literal))
      throw bad(option, word,
                " is not in " + hosts.str() + ", the hosts of " + name("prefix") +
                    ": correct one of the two");
    if (contains(spec_.relays, host)) throw bad(option, word, " is there twice");
    spec_.relays.push_back(std::move(host));
  }

  void lans(const Option& option) {
    const auto words = words_of(option.value);
    if (words.empty()) throw bad(option, std::string("has no value: it takes ") + lan_form);
    for (std::size_t at = 0; at < words.size();)
      complaints_.attempt([&] { lan(option, words, at); });
  }

  /// One LAN: the words from `at` on.
  void lan(const Option& option, const std::vector<std::string_view>& words, std::size_t& at) {
    const std::string_view iface_word = words[at++];
    const auto next_is = [&](auto&& is) { return at < words.size() && is(words[at]); };
    const bool has_subnet = next_is(is_hexadecimal);
    const std::string_view subnet_word = has_subnet ? words[at++] : std::string_view();
    const bool has_host =
        next_is([](std::string_view word) { return word.find(':') != std::string_view::npos; });
    const std::string_view host_word = has_host ? words[at++] : std::string_view();
    DelegatedLan lan;
    lan.iface = interface_of(option, iface_word);
    if (lan.iface == spec_.iface)
      throw bad(option, lan.iface.str() + " is the tunnel itself, which has an address anyway");
    if (has_host && !has_subnet)
      throw bad(option, host_word,
                " needs the subnet before it: " + std::string(lan_form) + ", such as " +
                    lan.iface.str() + " " + (bits() == 0 ? "0" : "1") + " ::1");
    lan.subnet = has_subnet ? subnet(option, subnet_word) : bits() == 0 ? 0 : 1;
    lan.host.bytes.back() = 1;
    if (has_host) lan.host = host(option, host_word);
    for (const DelegatedLan& known : spec_.delegated_lan)
      if (known.subnet == lan.subnet)
        throw bad(option, known.iface == lan.iface
                              ? lan.iface.str() + " is there twice"
                              : "gives " + known.iface.str() + " and " + lan.iface.str() +
                                    " the same /64: write another subnet" +
                                    (bits() == 0 ? std::string(", which takes a shorter delegated "
                                                               "prefix than this /64")
                                                 : std::string()));
    spec_.delegated_lan.push_back(lan);
  }

  /// The number of bits for subnets: at most 63, as a domain has a prefix of one bit at least.
  unsigned bits() const { return 64 - spec_.sit.domain.delegated_length(); }

  std::uint64_t subnet(const Option& option, std::string_view word) const {
    std::uint64_t number = 0;
    // All are digits, so that only a number of more than 64 bits is an error.
    const auto error = std::from_chars(word.data(), word.data() + word.size(), number, 16).ec;
    if (error != std::errc() || number >> bits() != 0)
      throw bad(option, word,
                bits() == 0 ? " is not 0, the only subnet: each host of the domain has one /64"
                            : " is not a hexadecimal number of at most " + std::to_string(bits()) +
                                  " bits: each host of the domain has a /" +
                                  std::to_string(spec_.sit.domain.delegated_length()));
    if (number == 0 && bits() != 0)
      throw bad(option, word,
                " is the subnet of the tunnel's own address: write a number from 1 up");
    return number;
  }

  static Ipv6 host(const Option& option, std::string_view word) {
    const auto address = Ipv6::parse(word);
    static const Ipv6Net low{{}, 64};
    if (!address || !low.contains(*address) || address->is_unspecified())
      throw bad(option, word, " is not the last half of an address, such as ::1");
    return *address;
  }

  void filter() {
    const Option* option = options_.find(name("filter"));
    spec_.filters_domain = true;
    if (option != nullptr)
      spec_.filters_domain = is_on(*option, "domain", spec_);
    else if (!is_name_for_nft(spec_.iface.str()))
      throw bad(stanza_, "iface " + stanza_.logical,
                "nft, which filters the domain, takes letters, digits, '.', '_' and '-' for an "
                "interface's name only: give the tunnel another one");
  }

  const Options& options_;
  const Complaints& complaints_;
  const Stanza& stanza_;
  TunnelSpec& spec_;
};

}  // namespace

void understand_domain(const Options& options, const Complaints& complaints, const Stanza& stanza,
                       TunnelSpec& spec) {
  DomainReader(options, complaints, stanza, spec).read();
}

}  // namespace situp
