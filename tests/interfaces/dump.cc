// SPDX-License-Identifier: GPL-2.0-or-later
// Prints what Interfaces has read as ifquery prints it, for tests/interfaces/compare:
//   interfaces-dump FILE --list CLASS | FILE --names | FILE --remarks | FILE --all | FILE IFACE
// HOST_PROGRAM=ifupdown2: as that program reads it. --all: as ifupdown-ng and ifupdown2 print it.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "hosts/interfaces.h"
#include "model/host.h"

namespace {

bool is_command(const std::string& name) {
  return name == "pre-up" || name == "up" || name == "down" || name == "post-down";
}

/// ifupdown keeps a repeated option in one place, its values joined by newlines; not so commands.
void print(const situp::Stanza& stanza) {
  std::vector<std::pair<std::string, std::string>> shown;
  for (const situp::Option& option : stanza.options) {
    auto found = shown.begin();
    while (found != shown.end() && (is_command(option.name) || found->first != option.written()))
      ++found;
    if (found == shown.end())
      shown.emplace_back(option.written(), option.value);
    else
      found->second += '\n' + option.value;
  }
  for (const auto& [name, value] : shown) std::printf("%s: %s\n", name.c_str(), value.c_str());
}

/// The interfaces of a class that ifquery --list shows: those that it has a stanza or a mapping
/// for.
void list(const situp::Interfaces& read, const char* allow_class) {
  for (const std::string& word : read.allowed(allow_class)) {
    const std::size_t equals = word.find('=');
    const std::string logical = equals == std::string::npos ? word : word.substr(equals + 1);
    const auto names = read.names();
    if (std::find(names.begin(), names.end(), logical) != names.end() || read.mapped(logical))
      std::printf("%s\n", word.substr(0, equals).c_str());
  }
}

void print_all(const situp::Interfaces& read) {
  const auto& automatic = read.automatic();
  for (const std::string& name : read.names()) {
    if (std::find(automatic.begin(), automatic.end(), name) != automatic.end())
      std::printf("auto %s\n", name.c_str());
    std::printf("iface %s\n", name.c_str());
    for (const situp::Stanza& stanza : read.stanzas_of(name))
      for (const situp::Option& option : stanza.options)
        std::printf("\t%s %s\n", option.written().c_str(), option.value.c_str());
  }
}

const situp::HostProgram& host() {
  const char* name = std::getenv("HOST_PROGRAM");
  // Debian 12's is the older one.
  if (name != nullptr && std::string(name) == "ifupdown-ng") return situp::hosts::ifupdown_ng_0_11;
  if (name != nullptr && std::string(name) == "ifupdown2") return situp::hosts::ifupdown2;
  return situp::hosts::ifupdown;
}

void print(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) std::printf("%s\n", line.c_str());
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return 2;
  const auto read = situp::Interfaces::read(argv[1], host());
  const std::string what = argv[2];
  if (what == "--list" && argc == 4) {
    list(read, argv[3]);
  } else if (what == "--names") {
    print(read.names());
  } else if (what == "--remarks") {
    for (const situp::Error& remark : read.remarks()) std::printf("%s\n", remark.what());
  } else if (what == "--all") {
    print_all(read);
  } else {
    const auto stanzas = read.stanzas_of(what);
    for (const situp::Stanza& stanza : stanzas) print(stanza);
    return stanzas.empty() ? 1 : 0;
  }
  return 0;
} catch (const situp::Error& error) {
  (void)std::fprintf(stderr, "%s\n", error.what());
  return static_cast<int>(error.status());
}
