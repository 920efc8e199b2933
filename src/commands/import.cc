// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/broker/import.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>

#include "base/file.h"
#include "commands/commands.h"
#include "commands/stanzas.h"
#include "hosts/find_host.h"
#include "hosts/ifcfg.h"
#include "hosts/interfaces.h"
#include "kernel/nft.h"
#include "model/check/advice.h"
#include "model/stanza/words.h"
#include "model/tunnel/firewall.h"
#include "reconcile/broker_call.h"
#include "reconcile/resolve.h"

namespace situp {
namespace {

bool is_there(const std::string& path) {
  struct stat about {};
  return lstat(path.c_str(), &about) == 0;
}

InterfaceName interface_of(const Arguments& arguments, const Broker& broker) {
  const std::string word = arguments.name.empty() ? broker.name.str() + "-ipv6" : arguments.name;
  const auto name = InterfaceName::parse(word);
  // A shell that reads an ifcfg file might expand other names.
  if (!name || !is_name_for_nft(word))
    throw Error(Exit::usage, word, "is not an interface's name: --name gives another one");
  return *name;
}

/// True if a shell leaves the word as it is.
bool is_plain(std::string_view word) {
  return std::all_of(word.begin(), word.end(),
                     [](char c) { return c == ':' || is_name_for_nft(std::string_view(&c, 1)); });
}

std::vector<Source> chain_of(const Arguments& arguments) {
  std::vector<Source> chain;
  for (const auto word : words_of(arguments.local)) {
    const auto source = parse_source(word);
    if (!source || !is_plain(word))
      throw Error(Exit::usage, std::string(word), why_no_source(word));
    chain.push_back(*source);
  }
  return chain;
}

std::string words_of_chain(const std::vector<Source>& chain) {
  std::string words;
  for (const Source& source : chain) words += (words.empty() ? "" : " ") + str(source);
  return words;
}

/// The host has Red Hat's network-scripts, and no interfaces file. Their folder is there without
/// them, too.
bool is_for_network_scripts(const Arguments& arguments) {
  return is_there(std::string(ifcfg_directory) + "/network-functions") &&
         !is_there(arguments.interfaces);
}

/// The stanzas of that name with situp's options; none if the file is wrong there, which `situp
/// check` reports.
std::vector<Stanza> tunnels_of(const Interfaces& interfaces, const std::string& name) {
  std::vector<Stanza> tunnels;
  try {
    for (Stanza& stanza : interfaces.stanzas_of(name))
      if (is_opted_in(stanza)) tunnels.push_back(std::move(stanza));
  } catch (const Error&) {
    return {};
  }
  return tunnels;
}

/// The files and folders that have been made; removed again, the last first, unless they are kept.
class Made {
 public:
  Made() = default;
  Made(const Made&) = delete;
  Made& operator=(const Made&) = delete;
  ~Made() {
    for (auto path = paths_.rbegin(); path != paths_.rend(); ++path) std::remove(path->c_str());
  }

  void folder(const std::string& path) {
    if (is_there(path)) return;
    make_directory(path);
    paths_.push_back(path);
    keep_name(path);
  }
  void file(const std::string& path, const std::string& text) {
    write_new(path, text);
    paths_.push_back(path);
  }
  void keep() { paths_.clear(); }

 private:
  std::vector<std::string> paths_;
};

/// The file that will have the tunnel.
class Destination {
 public:
  /// Throws an Error (Exit::configuration) if the name is taken.
  Destination(const Arguments& arguments, const InterfaceName& iface, const HostProgram& host,
              bool ifcfg)
      : host_(host), ifcfg_(ifcfg), interfaces_(arguments.interfaces), iface_(iface) {
    const std::size_t slash = interfaces_.rfind('/') + 1;  // 0 without one
    folder_ = ifcfg_ ? ifcfg_directory : interfaces_.substr(0, slash) + "interfaces.d";
    path_ = folder_ + (ifcfg_ ? "/ifcfg-" : "/") + iface.str();
    if (ifcfg_ || is_there(path_) || !is_there(interfaces_)) return;
    const auto all = Interfaces::read(interfaces_, host_).stanzas_of(iface_.str());
    if (!all.empty())
      throw Error(Exit::configuration, str(all[0].place),
                  std::string("a stanza of this name is there already") + instead);
  }

  /// Also makes the interfaces file and its folder where they are missing. Removes all of it again
  /// if the host does not source the file, or if the tunnel conflicts with others. False: the file
  /// has this text already.
  bool write(const std::string& text) const {
    const bool is_new = !is_there(path_);
    if (!is_new && read_own_file(path_, text.size()) != text)
      throw Error(Exit::configuration, path_,
                  std::string("is there already with another text") + instead);
    Made made;
    if (!ifcfg_) {
      if (const std::size_t slash = interfaces_.rfind('/'); slash + 1 > 1)
        made.folder(interfaces_.substr(0, slash));
      made.folder(folder_);
      if (!is_there(interfaces_)) made.file(interfaces_, source_line() + '\n');
    }
    if (is_new) made.file(path_, text);
    if (!ifcfg_) look();
    made.keep();
    return is_new;
  }

  const std::string& path() const { return path_; }

 private:
  static constexpr const char* instead =
      ", and stays as it is: give the new one another name with --name";

  std::string source_line() const {
    return host_.source_patterns ? "source " + folder_ + "/*" : "source-directory " + folder_;
  }

  /// Checks as `situp check` does.
  void look() const {
    const Interfaces interfaces = Interfaces::read(interfaces_, host_);
    const auto own = interfaces.stanzas_of(iface_.str());
    if (own.empty())
      throw Error(Exit::configuration, interfaces_,
                  "does not source " + path_ + ", so nothing was written: add the line \"" +
                      source_line() + '"');
    const TunnelSpec spec = understand(own[0], host_);
    const auto& automatic = interfaces.automatic();
    Together together(host_);
    std::vector<Finding> findings;
    for (const std::string& name : interfaces.names()) {
      if (name == iface_.str()) continue;
      const bool with_others =
          std::find(automatic.begin(), automatic.end(), name) != automatic.end();
      for (const Stanza& stanza : tunnels_of(interfaces, name)) {
        std::vector<Complaint> complaints;
        together.add(stanza, understand_all(stanza, host_, complaints), with_others, findings);
      }
    }
    findings.clear();
    together.add(own[0], spec, true, findings);
    for (const Finding& finding : findings)
      if (finding.weight == Finding::Weight::error)
        throw Error(Exit::configuration, iface_.str(),
                    finding.complaint.why() + "; nothing was written");
  }

  const HostProgram& host_;
  bool ifcfg_;
  std::string interfaces_, folder_, path_;
  InterfaceName iface_;
};

TunnelInfo ask_broker(const Broker& broker, const Config& config) {
  // For the stanza's v4tunnel-broker: situp does not import from a broker that it can't tell.
  static_cast<void>(config.broker(broker.name));
  return ask_for_tunnel_info(config, broker);
}

/// True if another default route for all packets exists, or will once all auto interfaces are up:
/// two of them conflict.
bool has_another_route(const Arguments& arguments, const HostProgram& host, const Live& live,
                       const InterfaceName& iface) {
  const LiveLink* own = live.link(iface.str());
  for (const LiveDefault& other : live.defaults())
    if (other.route.table == main_table && other.is_for_all() &&
        (own == nullptr || other.index != own->index))
      return true;
  if (!is_there(arguments.interfaces)) return false;
  const Interfaces interfaces = Interfaces::read(arguments.interfaces, host);
  for (const std::string& name : interfaces.automatic()) {
    if (name == iface.str()) continue;
    for (const Stanza& stanza : tunnels_of(interfaces, name)) {
      std::vector<Complaint> complaints;
      if (understand_all(stanza, host, complaints).gateway) return true;
    }
  }
  return false;
}

/// Adds this host's facts: a source that gives an address here, the interface that holds it, and
/// whether there is another route.
void ask_host(const Arguments& arguments, const System& system, const HostProgram& host,
              const Config& config, Import& import) {
  const std::string iface = import.iface.str();
  const Ipv4 server = import.info.server;
  const Extent extent;
  Resolver resolver(system.kernel, extent, config, config.timeout, system.ask);
  auto chain = chain_of(arguments);
  std::optional<Ipv4> local;
  if (chain.empty()) {
    chain = {FromCloud{}};
    try {
      local = resolver.address(chain, server, std::nullopt);
    } catch (const Error&) {
      say(iface,
          "cloud gives no address here (situp address cloud says why), so v4tunnel-local is route");
      chain = {FromRoute{}};
    }
  }
  try {
    if (!local) local = resolver.address(chain, server, std::nullopt);
  } catch (const Error& error) {
    say(iface, error);
  }
  import.local = words_of_chain(chain);
  import.address = local;
  const LiveLink* holder = local ? resolver.live().holder(*local) : nullptr;
  // Other names would need quotes, which some hosts do not take.
  if (holder != nullptr && is_name_for_nft(holder->name))
    import.lan = InterfaceName::parse(holder->name);
  else
    say(iface,
        "no interface is known that the Routed /64 could be for, so v4tunnel-lan is left out");
  import.has_nft = has_nft(system.root);
  import.beside_another_route = has_another_route(arguments, host, resolver.live(), import.iface);
}

}  // namespace

Exit run_import(const Arguments& arguments, const System& system) {
  const Broker broker = broker_of(arguments);
  const InterfaceName iface = interface_of(arguments, broker);
  static_cast<void>(chain_of(arguments));  // before situp asks the broker
  const bool ifcfg = is_for_network_scripts(arguments);
  const HostProgram& host = ifcfg ? hosts::network_scripts : find_host(system.root);
  std::optional<Destination> to;
  if (arguments.write) to.emplace(arguments, iface, host, ifcfg);
  const Config config = arguments.read_config();
  Import import{.iface = iface, .broker = broker, .info = ask_broker(broker, config)};
  ask_host(arguments, system, host, config, import);
  const std::string text = ifcfg ? import_ifcfg(import) : import_stanza(import, host);
  if (!to) {
    print(text.substr(0, text.size() - 1));
    return Exit::done;
  }
  const char* since = to->write(text) ? " now: " : " already: ";
  const bool has_unit = !host.at_boot.empty() && is_there("/run/systemd/system");
  say(iface.str(),
      "is in " + to->path() + since +
          (has_unit
               ? std::string(host.at_boot) + iface.str() + " brings it up, now and at each boot"
               : std::string(host.command_up) + ' ' + iface.str() + " brings it up"));
  return Exit::done;
}

}  // namespace situp
