// SPDX-License-Identifier: GPL-2.0-or-later
// The ifcfg files as text, for programs that network-scripts do not run.
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "hosts/ifcfg.h"
#include "hosts/interfaces_files.h"
#include "model/host.h"
#include "model/kind.h"
#include "model/stanza/options.h"

namespace situp {
namespace {

constexpr std::size_t most = std::size_t{1} << 20;
// For these types, network-scripts run their own scripts and ignore DEVICETYPE.
constexpr std::string_view other_types =
    "SIT sit GRE IPIP IPSEC ISDN Modem Wireless xDSL Bridge Token CTC InfiniBand Infiniband";

/// The value of an assignment. `shell` becomes true where a shell would have to make it out.
std::string unquoted(std::string_view text, bool& shell) {
  std::string value;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && (c == ' ' || c == '\t' || c == '\r' || c == ';')) break;
    if (quote != '\'' && (c == '$' || c == '`')) shell = true;
    if (c == quote)
      quote = '\0';
    else if (quote == '\0' && (c == '"' || c == '\''))
      quote = c;
    else if (c == '\\' && quote != '\'' && i + 1 < text.size())
      value += text[++i];
    else
      value += c;
  }
  return value;
}

/// Puts those of a file on top of others.
void read_variables(std::string_view text, IfcfgVariables& variables, bool& shell) {
  while (!text.empty()) {
    std::string_view line = take_until(text, '\n');
    while (!line.empty() && (line.front() == ' ' || line.front() == '\t')) line.remove_prefix(1);
    if (line.substr(0, 7) == "export ") line.remove_prefix(7);
    const std::size_t equals = line.find('=');
    const std::string_view name = line.substr(0, equals);
    const auto is_name = [](char c) { return is_letter_or_digit(c) || c == '_'; };
    if (equals == std::string_view::npos || name.empty() ||
        !std::all_of(name.begin(), name.end(), is_name))
      continue;
    variables[std::string(name)] = unquoted(line.substr(equals + 1), shell);
  }
}

std::string without_digits(std::string name) {
  while (!name.empty() && is_digit(name.back())) name.pop_back();
  return name;
}

std::string value_of(const IfcfgVariables& variables, const char* key) {
  const auto found = variables.find(key);
  return found == variables.end() ? std::string() : found->second;
}

/// The NAME of the script ifup-NAME that is run.
std::string script_of(const IfcfgVariables& variables, const std::string& folder) {
  const std::string type = value_of(variables, "TYPE");
  if (!type.empty() && is_listed(other_types, type)) return type;
  std::string script = value_of(variables, "DEVICETYPE");
  if (script.empty()) script = without_digits(value_of(variables, "DEVICE"));
  const auto is_there = [&](const std::string& name) {
    return kind_of_family(name) != nullptr || access((folder + "/ifup-" + name).c_str(), F_OK) == 0;
  };
  return is_there(script) ? script : type;
}

bool concerns_us(const IfcfgVariables& variables) {
  return std::any_of(variables.begin(), variables.end(), [](const auto& variable) {
    const auto& [key, value] = variable;
    return ((key == "DEVICETYPE" || key == "TYPE") && kind_of_family(value) != nullptr) ||
           kind_of_key(key) != nullptr;
  });
}

IfcfgFile file_of(IfcfgVariables variables, bool shell, const std::string& name,
                  const std::string& folder) {
  IfcfgFile file;
  file.file = printable(std::string(ifcfg_directory) + '/' + name);
  if (variables["DEVICE"].empty()) variables["DEVICE"] = name.substr(std::string("ifcfg-").size());
  file.device = variables["DEVICE"];
  std::string on_boot = value_of(variables, "ONBOOT");
  std::transform(on_boot.begin(), on_boot.end(), on_boot.begin(), lower);
  // network: all but "no" and its like.
  file.on_boot = !is_listed("no n false f 0", on_boot) && value_of(variables, "IPV6INIT") != "no";
  const std::string script = script_of(variables, folder);
  if (kind_of_family(script) == nullptr) {
    file.error = Error(Exit::configuration, file.file,
                       "network-scripts run ifup-" + (script.empty() ? "eth" : printable(script)) +
                           " for it, and not situp: write DEVICETYPE=v4tunnel or " +
                           "DEVICETYPE=isatap, and no other TYPE");
    return file;
  }
  if (shell) return file;
  variables["DEVICETYPE"] = script;
  variables["CONFIG"] = name;
  try {
    file.ifcfg = read_ifcfg(variables);
  } catch (const Error& error) {
    file.error = error;
  }
  return file;
}

/// As for network-scripts' own loop over the files.
bool is_left_out(std::string_view name) {
  for (const std::string_view end :
       {"~", ".bak", ".old", ".orig", ".rpmnew", ".rpmorig", ".rpmsave"})
    if (name.size() > end.size() && name.substr(name.size() - end.size()) == end) return true;
  return false;
}

}  // namespace

const IfcfgFile* ifcfg_for(const std::vector<IfcfgFile>& files, std::string_view device) {
  const auto found = std::find_if(files.begin(), files.end(), [device](const IfcfgFile& file) {
    return file.device == device;
  });
  return found == files.end() ? nullptr : &*found;
}

std::vector<IfcfgFile> read_ifcfg_files(const std::string& root) {
  const std::string folder = root + ifcfg_directory;
  std::vector<IfcfgFile> files;
  IfcfgVariables common;
  bool common_shell = false;
  if (const auto text = read_small_file(root + SITUP_SYSCONFDIR "/sysconfig/network", most))
    read_variables(*text, common, common_shell);
  for (const std::string& name : names_in(folder)) {
    if (name.rfind("ifcfg-", 0) != 0 || is_left_out(name)) continue;
    IfcfgVariables variables = common;
    bool shell = common_shell;
    try {
      const auto text = read_small_file(folder + '/' + name, most);
      if (!text) continue;
      read_variables(*text, variables, shell);
    } catch (const Error&) {
      continue;  // others' secrets, of wireless networks say
    }
    if (concerns_us(variables)) files.push_back(file_of(variables, shell, name, folder));
  }
  return files;
}

}  // namespace situp
