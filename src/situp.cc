// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

#include "base/arguments.h"
#include "base/text.h"
#include "commands/commands.h"
#include "doctor/socket_packets.h"
#include "kernel/netlink_kernel.h"
#include "model/ask/source.h"
#include "model/nearest.h"
#include "model/status/monitoring.h"

namespace situp {
namespace {

/// Words that other programs have, and what does the same here.
struct Elsewhere {
  std::string_view words;  // between blanks
  const char* here;
};

constexpr Elsewhere elsewhere[] = {
    {"log logs journal", "journalctl -u situpd shows the log"},
    {"start add create", "situp up brings a tunnel up by its stanza"},
    {"stop remove delete del rm", "situp down takes a tunnel down"},
    {"restart reload apply sync --restart",
     "situp up brings a tunnel that is up to what its stanza says now"},
    {"enable disable",
     "auto IFACE above its stanza brings a tunnel up at each boot (without ifupdown, systemctl "
     "enable situp@IFACE does)"},
    {"test validate verify lint", "situp check finds mistakes in stanzas"},
    {"diagnose debug why ping trace", "situp doctor finds out why a tunnel does not work"},
    {"update ddns dyndns", "situp broker tells the broker of the public address"},
    {"new init setup configure", "situp import makes the stanza from the broker's record"},
    {"dry-run diff --dry-run --dryrun --no-act --check --test --simulate -n",
     "situp plan prints what up would do, and situp plan --down what down would do"},
    {"metrics prometheus --metrics", "situp status --prometheus prints metrics"},
    {"watch monitor", "situp status --watch shows it again and again"},
    {"version -V", "situp --version shows the version"},
};

/// ": " and what does the same here; empty if no row has the word.
std::string elsewhere_hint(std::string_view word) {
  for (const Elsewhere& row : elsewhere)
    if (is_listed(row.words, word)) return std::string(": ") + row.here;
  return {};
}

constexpr Verb verbs[] = {
    {"up", "IFACE… | --all", "bring tunnels to what their stanzas say", "situp up he-ipv6",
     " --all --boot --json ", run_up},
    {"down", "IFACE… | --all", "remove what situp added, and only that", "situp down he-ipv6",
     " --all --json ", run_down},
    {"plan", "[--down] IFACE… | --all", "print what up (or down) would do now, as ip commands",
     "situp plan he-ipv6", " --all --down --json ", run_plan},
    {"address", "SOURCE…", "print the one IPv4 address that SOURCE gives",
     "situp address ec2 interface:eth0", " --json ", run_address},
    {"broker", "[--force] IFACE | BROKER TUNNEL-ID",
     "tell the broker of the public address, and print its answer", "situp broker he-ipv6",
     " --force ", run_broker},
    {"import", "[--write] BROKER TUNNEL-ID",
     "make the tunnel's stanza from the broker's record of it", "situp import he 123456 --write",
     " --write --name --local ", run_import},
    {"check", "[FILE…]", "say all that is wrong with stanzas, and with old recipes",
     "situp check /etc/network/interfaces.d/he-ipv6", " --json ", run_check, false},
    {"status", "[IFACE…]", "show tunnels and their differences; situp alone does it, too",
     "situp status he-ipv6", " --json --nagios --prometheus --watch ", run_status, false},
    {"doctor", "IFACE", "find out why a tunnel does not work; changes nothing",
     "situp doctor he-ipv6", " --json ", run_doctor},
    {"hook", "pre-up|up|down|post-down|ifcfg-up|ifcfg-down",
     "what hooks and network-scripts call; reads their environment", nullptr, "", run_hook},
};

/// An option, its text in --help, and the argument that it sets.
struct CommandOption {
  const char* name;
  const char* meaning;
  bool Arguments::*flag = nullptr;
  std::string Arguments::*value = nullptr;
  const char* value_name = "FILE";
  const char* needs = "a file";
};

constexpr CommandOption common_options[] = {
    {"--interfaces", "read stanzas from FILE instead of /etc/network/interfaces", nullptr,
     &Arguments::interfaces},
    {"--config", "read FILE instead of /etc/situp/situp.conf", nullptr, &Arguments::config},
    {"--verbose", "say each change on stderr", &Arguments::verbose},
    {"--help", "show this"},
};
// Those that not every command takes.
constexpr CommandOption own_options[] = {
    {"--all", "every stanza of situp's that is auto; down: all that is up", &Arguments::all},
    {"--boot", "wait for sources as in a boot, which --all does, too", &Arguments::boot},
    {"--down", "what down would do", &Arguments::down},
    {"--force", "also where nothing is new, or the broker has refused before", &Arguments::force},
    {"--json", "print JSON on stdout", &Arguments::json},
    {"--nagios", "print one line, and exit with 0 to 3, as Nagios' plugins do", &Arguments::nagios},
    {"--prometheus", "print metrics in Prometheus' text format", &Arguments::prometheus},
    {"--watch", "show it again every two seconds, on a terminal", &Arguments::watch},
    {"--write", "put it into a new file where ifup finds it", &Arguments::write},
    {"--name", "the tunnel's name, instead of BROKER-ipv6", nullptr, &Arguments::name, "IFACE",
     "a name"},
    {"--local", "its v4tunnel-local (default: cloud, else route)", nullptr, &Arguments::local,
     "SOURCE", "a source"},
};

std::vector<CommandOption> options_of(const Verb& command) {
  std::vector<CommandOption> options(std::begin(common_options), std::end(common_options));
  for (const CommandOption& row : own_options)
    if (std::string(command.options).find(" " + std::string(row.name) + " ") != std::string::npos)
      options.push_back(row);
  return options;
}

/// Each is another form of the output.
bool is_form(const CommandOption& row) {
  constexpr std::array forms{&Arguments::json, &Arguments::nagios, &Arguments::prometheus,
                             &Arguments::watch};
  return std::find(forms.begin(), forms.end(), row.flag) != forms.end();
}

void help_of(const CommandOption& row) {
  std::string words = (row.flag == &Arguments::verbose ? "-v, " : "") + std::string(row.name);
  if (row.value != nullptr) words += std::string(" ") + row.value_name;
  printf("  %-18s %s\n", words.c_str(), row.meaning);
}

std::string usage_of(const Verb& command) {
  return std::string("situp ") + command.name + " [OPTION…] " + command.synopsis;
}

void help() {
  printf("situp " SITUP_VERSION
         " – IPv6-in-IPv4 tunnels from the stanzas in /etc/network/interfaces\n\n");
  for (const Verb& command : verbs) printf("  situp %-8s %s\n", command.name, command.description);
  printf("\nOptions:\n");
  for (const CommandOption& row : common_options) help_of(row);
  printf(
      "  --version          show the version\n\n"
      "Exit status: 0 done, 1 the kernel or the system refused, 2 usage, 3 a stanza or\n"
      "a file is wrong, 4 no usable answer from a source or DNS, 5 not permitted.\n"
      "situp COMMAND --help says more; situp(8) and situp-interfaces(5) say all.\n");
}

constexpr const char* own_sources =
    "SOURCE is A.B.C.D, interface:INTERFACE, cloud, or a cloud's word, such as ec2:\n"
    "situp-interfaces(5) lists them. cloud and these may have :INTERFACE or\n"
    ":PUBLIC-ADDRESS behind them.";

void help_of(const Verb& command) {
  printf("Usage: %s\n\n%s\n\nOptions:\n", usage_of(command).c_str(), command.description);
  auto options = options_of(command);
  std::rotate(options.begin(), options.begin() + std::size(common_options), options.end());
  for (const CommandOption& row : options) help_of(row);
  if (command.run == run_address)
    printf("\n%s\nThey are tried in the order written.\n", own_sources);
  if (command.run == run_import)
    printf("\n%s\nOr route, any; of several, in quotes, the first that gives one.\n", own_sources);
  if (command.example != nullptr) printf("\nExample: %s\n", command.example);
}

Error usage(const Verb& command, const std::string& what, const std::string& why) {
  return {Exit::usage, what,
          why + (why.back() == '?' ? " " : "; ") + "usage: " + usage_of(command)};
}

Arguments parse(const Verb& command, const std::vector<std::string>& words) {
  using Kind = Argument::Kind;
  const std::vector<CommandOption> options = options_of(command);
  std::vector<OptionName> names;
  for (const CommandOption& row : options)
    names.push_back({row.name, row.value != nullptr, row.flag == &Arguments::verbose ? 'v' : '\0'});
  Arguments arguments;
  for (const auto& [kind, word, value] : read_arguments(words, names)) {
    if (kind == Kind::word) arguments.words.push_back(word);
    if (kind == Kind::word || kind == Kind::end) continue;
    if (kind == Kind::unknown) {
      Nearest nearest(word);
      for (const CommandOption& row : options) nearest.look_at(row.name);
      const std::string hint = elsewhere_hint(word);
      throw usage(command, word,
                  "situp " + std::string(command.name) + " has no such option" +
                      (hint.empty() ? nearest.question() : hint));
    }
    for (const CommandOption& row : options) {
      if (row.name != word) continue;
      if (kind == Kind::lacks_value) throw usage(command, word, std::string("needs ") + row.needs);
      if (row.flag != nullptr) arguments.*row.flag = true;
      if (row.value != nullptr) arguments.*row.value = value;
    }
  }
  if (arguments.all && !arguments.words.empty())
    throw usage(command, "--all", "goes without names");
  if (!arguments.all && arguments.words.empty() && command.needs_words)
    throw usage(command, command.name, "needs to be told what");
  if (command.run == run_hook && arguments.words.size() != 1)
    throw usage(command, command.name, "takes one phase");
  if (command.run == run_doctor && arguments.words.size() != 1)
    throw usage(command, command.name, "takes one name");
  if (command.run == run_broker && arguments.words.size() > 2)
    throw usage(command, command.name, "takes one name, or a broker and a tunnel's number");
  if (command.run == run_import && arguments.words.size() != 2)
    throw usage(command, command.name, "takes a broker and a tunnel's number");
  std::string form;
  for (const CommandOption& row : own_options) {
    if (!is_form(row) || !(arguments.*row.flag)) continue;
    if (!form.empty()) throw usage(command, row.name, "goes without " + form);
    form = row.name;
  }
  return arguments;
}

const Verb* find(const std::string& name) {
  const bool is_status = name.empty() || name == "show" || name == "list";
  for (const Verb& command : verbs)
    if (command.name == (is_status ? "status" : name)) return &command;
  return nullptr;
}

Exit run(int argc, char** argv) {
  const std::string name = argc > 1 ? argv[1] : "";
  if (name == "--help" || name == "-h" || name == "help") {
    help();
    return Exit::done;
  }
  if (name == "--version") {
    puts("situp " SITUP_VERSION);
    return Exit::done;
  }
  const Verb* command = find(name);
  if (command == nullptr) {
    Nearest nearest(name);
    for (const Verb& known : verbs) nearest.look_at(known.name);
    nearest.among(std::array{"--help", "--version"});
    const std::string hint = elsewhere_hint(name), question = nearest.question();
    throw Error(Exit::usage, name,
                "no such command" + (hint.empty() ? question : hint) +
                    (hint.empty() && !question.empty() ? " " : "; ") +
                    "situp --help lists the commands");
  }
  for (int i = 2; i < argc; ++i) {
    if (std::string(argv[i]) != "--help") continue;
    help_of(*command);
    return Exit::done;
  }
  NetlinkKernel kernel;
  SocketPackets packets;
  System system{kernel, packets};
  system.environment = environ;
  return command->run(parse(*command, {argv + std::min(argc, 2), argv + argc}), system);
}

/// A program that runs Nagios' plugins shows stdout, and takes any other status for a tunnel's.
int end_unknown(const std::string& why) {
  print(nagios_unknown(why));
  static_cast<void>(fflush(stdout));
  return static_cast<int>(NagiosState::unknown);
}

}  // namespace
}  // namespace situp

int main(int argc, char** argv) {
  const bool is_for_nagios =
      std::find(argv, argv + argc, std::string_view("--nagios")) != argv + argc;
  try {
    const situp::Exit status = situp::run(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
      throw situp::Error(situp::Exit::system, "standard output",
                         "could not be written: is the disk full, or nobody reading?");
    return static_cast<int>(status);
  } catch (const situp::Error& error) {
    if (is_for_nagios) return situp::end_unknown(error.what());
    situp::say("", error);
    return static_cast<int>(error.status());
  } catch (const std::exception& error) {
    const std::string line =
        std::string("out of memory, or a mistake in situp that is worth a report: ") + error.what();
    if (is_for_nagios) return situp::end_unknown(line);
    situp::say("", line);
    return static_cast<int>(situp::Exit::system);
  }
}
