// SPDX-License-Identifier: GPL-2.0-or-later
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "commands/commands.h"
#include "doctor/socket_packets.h"
#include "kernel/netlink_kernel.h"
#include "model/ask/source.h"
#include "model/nearest.h"

namespace situp {
namespace {

constexpr Verb verbs[] = {
    {"up", "IFACE… | --all", "bring tunnels to what their stanzas say", "situp up he-ipv6",
     " --all ", run_up},
    {"down", "IFACE… | --all", "remove what situp added, and only that", "situp down he-ipv6",
     " --all ", run_down},
    {"plan", "[--down] IFACE… | --all", "print what up (or down) would do now, as ip commands",
     "situp plan he-ipv6", " --all --down ", run_plan},
    {"address", "SOURCE…", "print the one IPv4 address that SOURCE gives",
     "situp address ec2 interface:eth0", "", run_address},
    {"broker", "[--force] IFACE", "tell the broker of the public address, and print its answer",
     "situp broker he-ipv6", " --force ", run_broker},
    {"import", "[--write] BROKER TUNNEL-ID",
     "make the tunnel's stanza from the broker's record of it", "situp import he 123456 --write",
     " --write --name --local ", run_import},
    {"check", "[FILE…]", "say all that is wrong with stanzas, and with old recipes",
     "situp check /etc/network/interfaces.d/he-ipv6", " --json ", run_check, false},
    {"status", "[IFACE…]", "show tunnels, and what is not as it should be", "situp status he-ipv6",
     " --json ", run_status, false},
    {"doctor", "IFACE", "find out why a tunnel does not work; changes nothing",
     "situp doctor he-ipv6", " --json ", run_doctor},
    {"hook", "pre-up|up|down|post-down|ifcfg-up|ifcfg-down",
     "what hooks and network-scripts call; reads their environment", nullptr, "", run_hook},
};

const char* const common_options =
    "  --interfaces FILE  read stanzas from FILE instead of /etc/network/interfaces\n"
    "  --config FILE      read FILE instead of /etc/situp/situp.conf\n"
    "  -v, --verbose      say each change on stderr\n"
    "  --help             show this\n";

// Those that not every command takes.
constexpr std::pair<const char*, const char*> own_options[] = {
    {"--all", "  --all              every stanza of situp's that is auto; down: all that is up\n"},
    {"--down", "  --down             what down would do\n"},
    {"--force",
     "  --force            also where nothing is new, or the broker has refused before\n"},
    {"--json", "  --json             print JSON on stdout\n"},
    {"--write", "  --write            put it into a new file where ifup finds it\n"},
    {"--name", "  --name IFACE       the tunnel's name, instead of BROKER-ipv6\n"},
    {"--local", "  --local SOURCE     its v4tunnel-local, if not ec2 (or route without it)\n"},
};

bool takes(const Verb& command, const std::string& option) {
  return std::string(command.options).find(" " + option + " ") != std::string::npos;
}

std::string usage_of(const Verb& command) {
  return std::string("situp ") + command.name + " [OPTION…] " + command.synopsis;
}

void help() {
  printf("situp " SITUP_VERSION
         " – IPv6-in-IPv4 tunnels from the stanzas in /etc/network/interfaces\n\n");
  for (const Verb& command : verbs) printf("  situp %-8s %s\n", command.name, command.description);
  printf(
      "\nOptions:\n%s  --version          show the version\n\n"
      "Exit status: 0 done, 1 the kernel or the system refused, 2 usage, 3 a stanza or\n"
      "a file is wrong, 4 no usable answer from a source or DNS, 5 not permitted.\n"
      "situp COMMAND --help says more; situp(8) and situp-interfaces(5) say all.\n",
      common_options);
}

void help_of(const Verb& command) {
  printf("Usage: %s\n\n%s\n\nOptions:\n", usage_of(command).c_str(), command.description);
  for (const auto& [option, meaning] : own_options)
    if (takes(command, option)) printf("%s", meaning);
  printf("%s", common_options);
  if (command.run == run_address)
    printf("\nSOURCE is %s.\nThey are tried in the order written.\n", own_source_words().c_str());
  if (command.run == run_import)
    printf("\nSOURCE is route, any,\n%s;\nof several, in quotes, the first that gives one.\n",
           own_source_words().c_str());
  if (command.example != nullptr) printf("\nExample: %s\n", command.example);
}

Error usage(const Verb& command, const std::string& what, const std::string& why) {
  return {Exit::usage, what,
          why + (why.back() == '?' ? " " : "; ") + "usage: " + usage_of(command)};
}

/// Which of its options is meant.
std::string nearest_to(const Verb& command, const std::string& word) {
  Nearest nearest(word);
  nearest.among(std::array{"--interfaces", "--config", "--verbose", "--help"});
  for (const auto& [option, meaning] : own_options)
    if (takes(command, option)) nearest.look_at(option);
  return nearest.question();
}

Arguments parse(const Verb& command, int argc, char** argv) {
  Arguments arguments;
  bool options_end = false;
  for (int i = 2; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&](const char* what = "a file") -> std::string {
      if (i + 1 >= argc) throw usage(command, word, std::string("needs ") + what);
      return argv[++i];
    };
    if (options_end || word.empty() || word[0] != '-')
      arguments.words.push_back(word);
    else if (word == "--")
      options_end = true;
    else if (word == "-v" || word == "--verbose")
      arguments.verbose = true;
    else if (word == "--interfaces")
      arguments.interfaces = value();
    else if (word == "--config")
      arguments.config = value();
    else if (word == "--all" && takes(command, word))
      arguments.all = true;
    else if (word == "--down" && takes(command, word))
      arguments.down = true;
    else if (word == "--force" && takes(command, word))
      arguments.force = true;
    else if (word == "--json" && takes(command, word))
      arguments.json = true;
    else if (word == "--write" && takes(command, word))
      arguments.write = true;
    else if (word == "--name" && takes(command, word))
      arguments.name = value("a name");
    else if (word == "--local" && takes(command, word))
      arguments.local = value("a source");
    else
      throw usage(
          command, word,
          "situp " + std::string(command.name) + " has no such option" + nearest_to(command, word));
  }
  if (arguments.all && !arguments.words.empty())
    throw usage(command, "--all", "goes without names");
  if (!arguments.all && arguments.words.empty() && command.needs_words)
    throw usage(command, command.name, "needs to be told what");
  if (command.run == run_hook && arguments.words.size() != 1)
    throw usage(command, command.name, "takes one phase");
  if ((command.run == run_broker || command.run == run_doctor) && arguments.words.size() != 1)
    throw usage(command, command.name, "takes one name");
  if (command.run == run_import && arguments.words.size() != 2)
    throw usage(command, command.name, "takes a broker and a tunnel's number");
  return arguments;
}

const Verb* find(const std::string& name) {
  for (const Verb& command : verbs)
    if (name == command.name) return &command;
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
    const std::string why = nearest.word().empty() ? ""
                                                   : "no such command; did you mean " +
                                                         std::string(nearest.word()) + "? ";
    throw Error(Exit::usage, name.empty() ? "no command" : name,
                why + "situp --help lists the commands");
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
  return command->run(parse(*command, argc, argv), system);
}

}  // namespace
}  // namespace situp

int main(int argc, char** argv) {
  try {
    const situp::Exit status = situp::run(argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout) != 0)
      throw situp::Error(situp::Exit::system, "standard output",
                         "could not be written: is the disk full, or nobody reading?");
    return static_cast<int>(status);
  } catch (const situp::Error& error) {
    situp::say("", error);
    return static_cast<int>(error.status());
  } catch (const std::exception& error) {
    situp::say("", std::string("out of memory, or a mistake in situp that is worth a report: ") +
                       error.what());
    return static_cast<int>(situp::Exit::system);
  }
}
