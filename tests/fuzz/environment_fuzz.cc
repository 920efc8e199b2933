// SPDX-License-Identifier: GPL-2.0-or-later
// What hooks and network-scripts hand over, under libFuzzer: make fuzz-environment. The input is
// the variables, each ended by a NUL.
#include <string>
#include <vector>

#include "base/error.h"
#include "fuzz.h"
#include "hosts/environment.h"
#include "hosts/ifcfg.h"
#include "model/stanza/spec.h"

namespace {

/// What is understood means the same when it is read from a record.
void understand_twice(const situp::Stanza& stanza, const situp::HostProgram& host) {
  using namespace situp;
  TunnelSpec spec;
  try {
    spec = understand(stanza, host);
  } catch (const Error&) {
    return;
  }
  must(is_opted_in(stanza));
  const Stanza own = own_part(stanza);
  must(understand(own, host).iface == spec.iface);
  must(needs_upkeep(understand(own, host)) == needs_upkeep(spec));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situp;
  std::string text(reinterpret_cast<const char*>(data), size);
  text += '\0';
  std::vector<const char*> variables;
  for (std::size_t at = 0; at < text.size(); at = text.find('\0', at) + 1)
    variables.push_back(&text[at]);
  variables.push_back(nullptr);

  static_cast<void>(is_automatic(variables.data()));
  try {
    const HookEnvironment hook = read_hook_environment(variables.data());
    must(!hook.stanza.iface.empty());
    understand_twice(hook.stanza, hosts::ifupdown);
  } catch (const Error&) {
  }
  try {
    const Ifcfg ifcfg = read_ifcfg(variables.data());
    const IfcfgStanza read = as_stanza(ifcfg);
    must(read.stanza.iface == ifcfg.device.str());
    for (const Option& option : read.stanza.options) must(!option.key.empty());
    understand_twice(read.stanza, hosts::situp_up);
  } catch (const Error& error) {
    static_cast<void>(in_ifcfg_words(error));
  }
  return 0;
}
