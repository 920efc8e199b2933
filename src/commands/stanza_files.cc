// SPDX-License-Identifier: GPL-2.0-or-later
#include "commands/stanza_files.h"

#include <unistd.h>

#include <cerrno>

#include "commands/commands.h"
#include "hosts/find_host.h"
#include "model/nearest.h"

namespace situp {

StanzaFiles::StanzaFiles(const std::string& path, const System& system)
    : ifcfgs_(read_ifcfg_files(system.root)) {
  // Tunnels of ifcfg files need no interfaces file.
  if (path == Arguments().interfaces && access(path.c_str(), F_OK) < 0 && errno == ENOENT) return;
  try {
    interfaces_ = Interfaces::read(path, find_host(system.root));
    remarks_ = interfaces_->remarks();
    is_whole_ = interfaces_->is_whole();
    for (const std::string& word : interfaces_->automatic())
      automatic_.insert(split_name(word).iface);
  } catch (const Error& error) {
    remarks_ = {error};
    is_whole_ = false;
  }
}

std::optional<Said> StanzaFiles::stanza(const Named& named) const {
  if (!interfaces_) return from_ifcfg(named);
  try {
    Said said{std::nullopt, std::nullopt, automatic_.count(named.iface) != 0};
    try {
      said.stanza = our_only_stanza(*interfaces_, named);
    } catch (const Error& error) {
      said.stanza = find_our_stanza(*interfaces_, named);
      said.error = error;
    }
    return said.stanza ? said : from_ifcfg(named);
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::string StanzaFiles::stanza_without_options(const Named& named) const {
  if (!interfaces_) return {};
  try {
    const auto all = interfaces_->stanzas_of(named.logical);
    if (all.empty() || find_our_stanza(*interfaces_, named)) return {};
    return str(all[0].place);
  } catch (const Error&) {
    return {};
  }
}

std::vector<Named> StanzaFiles::tunnels() const {
  std::vector<Named> names;
  const auto add = [&](const std::string& name) {
    if (stanza({name, name, false})) names.push_back({name, name, false});
  };
  for (const IfcfgFile& file : ifcfgs_) add(file.device);
  if (!interfaces_) return names;
  for (const std::string& name : interfaces_->names()) add(name);
  return names;
}

std::string StanzaFiles::nearest(const std::string& name) const {
  const auto names = interfaces_ ? interfaces_->names() : std::vector<std::string>();
  return Nearest(name).among(names).question();
}

std::optional<Said> StanzaFiles::from_ifcfg(const Named& named) const {
  const IfcfgFile* file = ifcfg_for(ifcfgs_, named.iface);
  if (file == nullptr) return std::nullopt;
  Said said{std::nullopt, std::nullopt, file->on_boot};
  try {
    said.stanza = stanza_of(*file);
  } catch (const Error& error) {
    said.error = error;
  }
  return said;
}

}  // namespace situp
