// SPDX-License-Identifier: GPL-2.0-or-later
// The grammar: lines into Interfaces::Contents.
//
// situp refuses these lines, which ifupdown 0.8 reads in a way that no user can have meant: words
// of 80 bytes and more (ifupdown cuts them and reads past its buffer), NUL bytes (the line ends
// there), an option without a name or with "??" behind it, a command in a source line (skipped
// silently), a file that sources itself under another spelling (read until descriptors run out),
// rename without a new name (ifquery reads past the word; ifup has no effect).
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <utility>

#include "base/text.h"
#include "hosts/interfaces.h"
#include "hosts/interfaces_contents.h"
#include "hosts/interfaces_files.h"
#include "hosts/interfaces_lines.h"
#include "hosts/interfaces_methods.h"
#include "model/kind.h"
#include "model/nearest.h"
#include "model/stanza/words.h"

namespace situp {
using namespace std::string_view_literals;
namespace {

// Far above any real file; they keep a damaged or hostile file from taking all memory.
constexpr std::size_t most_bytes = std::size_t{16} << 20;
constexpr std::size_t most_files = 10'000;
constexpr std::size_t most_options = 1'000'000;
constexpr std::size_t most_remarks = 1'000;
constexpr unsigned most_depth = 100;
// ifupdown's buffers hold 80 bytes, the NUL included.
constexpr std::size_t longest_word = 79;

std::string shown(std::string_view word) {
  return '"' + printable_within(word, longest_word) + '"';
}

}  // namespace

/// Reads files into Contents. An Error from a sourced file ends that file and becomes a remark, as
/// in ifupdown; an Error that is `final_` ends the whole reading.
class InterfacesReader {
 public:
  static Interfaces read(const std::string& file, const HostProgram& host, bool to_the_end);

 private:
  InterfacesReader(const HostProgram& host, bool to_the_end)
      : host_(host),
        // Where no ifup is, situp reads as ifupdown does.
        host_name_(host.runs_methods ? host.name : hosts::ifupdown.name),
        to_the_end_(to_the_end) {}
  using WrittenStanza = Interfaces::Contents::WrittenStanza;
  enum class Within { nothing, stanza, mapping, refused };
  /// A file and the position in it; a file that it sources has its own.
  struct Position {
    std::string path;
    std::uint32_t file = 0;  // in Contents::files
    const Position* outer = nullptr;
    unsigned depth = 0;
    dev_t device = 0;
    ino_t inode = 0;
    unsigned line = 0;
    Within within = Within::nothing;
    std::string_view iface = {};   // the stanza that an error on this line would cut off
    std::string_view opened = {};  // by `auto`, if the host has HostProgram::auto_opens_one
    bool mapping_script = false;

    void end_stanza() {
      within = Within::nothing;
      iface = opened = {};
    }
    void go_on(const Position& with) {
      within = with.within;
      iface = with.iface;
      opened = with.opened;
    }
  };

  void read_file(const std::string& path, Position& from);
  void read_lines(std::string_view text, Position& at);
  void read_line(std::string_view line, Position& at);
  void source(std::string_view rest, Position& at, bool directory);
  void source_without_patterns(std::string_view rest, const Position& at);
  std::vector<std::string> files_in(const std::string& directory, const Position& at);
  void iface(std::string_view rest, Position& at);
  bool family_and_method(std::string_view rest, WrittenStanza& stanza, const Position& at);
  bool words_of_iface(std::string_view rest, WrittenStanza& stanza, const Position& at);
  void unknown_method(const InterfacesFamily& family, std::string_view method, const Position& at);
  void inherit(WrittenStanza& stanza, std::string_view from, const Position& at);
  void inherit_each_once(WrittenStanza& stanza, std::string_view from, const Position& at);
  void make_template(std::string_view name, const Position& at);
  void brings_up_no_template(std::string_view name, const Position& at);
  void allow(std::string_view allow_class, std::string_view names, Position& at);
  void open(Position& at);
  template <typename Add>
  void each_name(std::string_view rest, Position& at, Add add);
  void option(std::string_view name, std::string_view value, const Position& at);
  void add_option(std::string_view name, std::string_view value, const Position& at);
  void mapping_option(std::string_view word, Position& at);
  std::string_view first_word(std::string_view rest, const Position& at);
  void no_keyword(std::string_view first, std::string_view rest, Position& at);

  /// The class of an `allow-CLASS` word. `allow-auto` is `auto` in ifupdown only.
  std::string_view class_of(std::string_view word) const {
    const std::string_view name = word.substr(6);
    return name == "auto" && !host_.needs_method ? word : name;
  }
  static Place where(const Position& at) { return {printable_within(at.path, 200), at.line}; }
  static std::string place(const Position& at) {
    return printable_within(at.path, 200) + ':' + std::to_string(at.line);
  }
  /// `word`: the target of a caret.
  [[noreturn]] static void refuse(const Position& at, std::string why, std::string_view word = {}) {
    throw Complaint(where(at), "", std::move(why), std::string(word));
  }
  [[noreturn]] void refuse_all(const Position& at, std::string why) {
    final_ = true;
    refuse(at, std::move(why));
  }
  /// Refuses, except in read_all().
  void mistake(const Position& at, std::string why, std::string_view word) {
    if (!to_the_end_ && host_.refuses_files) refuse(at, std::move(why), word);
    if (!to_the_end_) return remark(at, std::move(why), word);
    keep({where(at), "", std::move(why), std::string(word)}, true, at);
  }
  /// The host reads no file for this line. read_all() goes on.
  void end_all(const Position& at, const std::string& why, std::string_view word = {}) {
    if (!to_the_end_) refuse_all(at, why);
    keep({where(at), "", why, std::string(word)}, true, at);
  }
  void keep(const Complaint& complaint, bool refused, const Position& at) {
    if (in_.mistakes.size() == most_remarks) refuse_all(at, "more than 1000 errors by now");
    in_.mistakes.push_back({complaint, refused});
  }
  void remark(Error error, const Position& at) {
    if (in_.remarks.size() == most_remarks) refuse_all(at, "more than 1000 errors by now");
    in_.remarks.push_back(std::move(error));
  }
  void remark(const Position& at, std::string why, std::string_view word = {}) {
    const Complaint complaint(where(at), "", std::move(why), std::string(word));
    remark(Error(complaint.status(), complaint.subject(), complaint.why()), complaint, false, at);
  }
  /// `complaint`: the same for read_all().
  void remark(Error error, const Complaint& complaint, bool refused, const Position& at) {
    if (to_the_end_) keep(complaint, refused, at);
    remark(std::move(error), at);
  }
  std::string_view word(std::string_view& rest, const Position& at) const {
    const std::string_view taken = take_word(rest);
    if (taken.size() > longest_word && host_.refuses_files)
      refuse(at, "a word of more than 79 bytes, which ifupdown can't hold: " + shown(taken), taken);
    return taken;
  }

  std::shared_ptr<Interfaces::Contents> contents_ = std::make_shared<Interfaces::Contents>();
  Interfaces::Contents& in_ = *contents_;
  std::unordered_set<std::string> seen_;
  std::size_t bytes_ = 0;
  bool loopback_ = false;
  bool final_ = false;
  const HostProgram& host_;
  const std::string host_name_;
  const bool to_the_end_;
  OptionNames names_;
  // Names in `auto` lines below their stanzas, for hosts with HostProgram::auto_comes_first.
  std::multimap<std::string_view, Interfaces::Contents::AllowClass*> late_;
};

Interfaces InterfacesReader::read(const std::string& file, const HostProgram& host,
                                  bool to_the_end) {
  InterfacesReader reader(host, to_the_end);
  Interfaces::Contents& in = reader.in_;
  in.allow("auto").add("lo");
  // The place of the loopback stanza that ifupdown makes itself. It is the first, also in stanzas.
  in.files.emplace_back();
  in.stanzas.push_back({"lo", "inet", "loopback", 0, 0, 0, 0, 0});
  Position nowhere;
  reader.read_file(file, nowhere);
  if (!reader.loopback_) {
    Interfaces::Contents::SameName& lo =
        in.by_name.try_emplace("lo", Interfaces::Contents::SameName{0, 0}).first->second;
    in.stanzas[0].next = lo.first;
    lo.first = 0;
  }
  return Interfaces(std::move(reader.contents_));
}

/// `from` is the source line; its path is empty for the first file.
void InterfacesReader::read_file(const std::string& path, Position& from) {
  // ifupdown compares the spelling too, so that "./a" after "a" is read again.
  if (!seen_.insert(path).second) return;
  if (in_.files.size() > most_files) refuse_all(from, "more than 10000 files are sourced");
  if (from.depth == most_depth) refuse_all(from, "files source each other more than 100 deep");

  InterfacesText read;
  try {
    read = read_interfaces_text(path, most_bytes - bytes_, from.path.empty());
  } catch (const Error& error) {
    if (from.path.empty()) throw;
    // A missing file hides no stanza. One that this user may not read is only a remark.
    if (error.status() == Exit::system) in_.is_whole = false;
    throw Error(error.status(), error.subject(), error.why() + ", sourced at " + place(from));
  }
  for (const Position* outer = &from; outer != nullptr; outer = outer->outer)
    if (outer->device == read.device && outer->inode == read.inode)
      refuse_all(from, "files source each other in a circle: " + shown(path));

  Position at{path,        static_cast<std::uint32_t>(in_.files.size()),
              &from,       from.depth + 1,
              read.device, read.inode};
  if (!host_.source_ends_stanza) at.go_on(from);
  in_.files.push_back(path);
  bytes_ += read.text.size();
  try {
    read_lines(in_.texts.emplace_back(std::move(read.text)), at);
  } catch (const Error&) {
    in_.is_whole = false;
    // source() makes this error the next remark.
    if (!at.iface.empty()) in_.cut_off.try_emplace(at.iface, in_.remarks.size());
    throw;
  }
  if (!host_.source_ends_stanza) from.go_on(at);
}

void InterfacesReader::read_lines(std::string_view text, Position& at) {
  if (const std::size_t nul = text.find('\0'); nul != std::string_view::npos) {
    at.line = 1 + static_cast<unsigned>(std::count(text.begin(), text.begin() + nul, '\n'));
    refuse(at, "a NUL byte: the file is damaged, or no text");
  }
  // No file has more options than lines. Reserving saves a quarter of the time for a large one.
  const auto lines_here = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const std::size_t needed = std::min(in_.options.size() + lines_here, most_options);
  if (needed > in_.options.capacity())
    in_.options.reserve(std::max(needed, 2 * in_.options.capacity()));
  InterfacesLines lines(text, in_.joined, host_.lines);
  while (const auto line = lines.next()) {
    at.line = line->number;
    if (line->text.empty()) continue;
    try {
      read_line(line->text, at);
    } catch (const Complaint& complaint) {
      if (final_ || (!to_the_end_ && host_.refuses_files)) throw;
      if (host_.refuses_files)
        keep(complaint, true, at);
      else
        remark(at, complaint.why(), complaint.word());
      // The lines below belong to this one.
      if (at.within == Within::nothing) at.within = Within::refused;
    }
  }
}

void InterfacesReader::read_line(std::string_view line, Position& at) {
  std::string_view rest = line;
  const std::string_view first = word(rest, at);
  if (host_.needs_names &&
      (first == "allow" || (rest.empty() && first != "auto" && is_listed(host_.keywords, first)))) {
    at.end_stanza();
    return end_all(at,
                   shown(first) + (first == "allow" ? " without a class" : " without a name") +
                       ": " + host_name_ + " then brings no interface up",
                   first);
  }
  if (!is_listed(host_.keywords, first)) {
    no_keyword(first, rest, at);
  } else if (first == "iface" || first == "interface" || first == "template") {
    iface(rest, at);
    if (first == "template") make_template(at.iface, at);
  } else if (first == "auto") {
    if (host_.auto_opens_one) rest = first_word(rest, at);
    allow("auto", rest, at);
    if (host_.auto_opens_one) at.opened = rest;
  } else if (first.substr(0, 6) == "allow-" && first.size() > 6) {
    allow(class_of(first), rest, at);
  } else if (first == "source") {
    source(rest, at, false);
  } else if (first.substr(0, 10) == "source-dir") {
    source(rest, at, true);
  } else if (first == "vlan") {
    at.end_stanza();
    at.within = Within::refused;  // no tunnel
  } else if (first == "mapping") {
    at.end_stanza();
    at.within = Within::mapping;
    at.mapping_script = false;
    while (!rest.empty()) in_.mapped.add(word(rest, at));
  } else if (first == "no-auto-down") {
    each_name(rest, at, [&](auto name) { in_.no_auto_down.add(name); });
  } else if (first == "no-scripts") {
    each_name(rest, at, [&](auto name) { in_.no_scripts.add(name); });
  } else if (first == "rename") {
    at.end_stanza();
    while (!rest.empty()) {
      if (const auto name = word(rest, at); name.find('=') == std::string_view::npos)
        refuse(at, "rename without a new name: " + shown(name) + " instead of OLD=NEW");
    }
  } else {
    no_keyword(first, rest, at);
  }
}

void InterfacesReader::allow(std::string_view allow_class, std::string_view names, Position& at) {
  Interfaces::Contents::AllowClass& list = in_.allow(allow_class);
  each_name(names, at, [&](std::string_view name) {
    if (!host_.needs_method && in_.inherited_from.count(name) != 0)
      return brings_up_no_template(name, at);
    if (!host_.auto_comes_first || in_.stanzas_named(name) == nullptr) return list.add(name);
    late_.emplace(name, &list);
    remark(at,
           host_name_ + " brings up for such a line only the stanzas below it: move it above " +
               shown(name),
           name);
  });
}

/// ifupdown-ng's rule, also for a name that has no stanza yet.
void InterfacesReader::make_template(std::string_view name, const Position& at) {
  in_.inherited_from.insert(name);
  std::vector<std::string>& automatic = in_.allow("auto").words;
  const auto found = std::find(automatic.begin(), automatic.end(), name);
  if (found == automatic.end()) return;
  automatic.erase(found);
  brings_up_no_template(name, at);
}

void InterfacesReader::brings_up_no_template(std::string_view name, const Position& at) {
  remark(at,
         host_name_ + " brings up no template, and " + shown(name) +
             " is one: its line begins with template, or another stanza inherits from it",
         name);
}

/// The others are lost.
std::string_view InterfacesReader::first_word(std::string_view rest, const Position& at) {
  std::string_view others = rest;
  const std::string_view first = word(others, at);
  if (!others.empty())
    remark(at, host_name_ + " takes the first name of such a line only: write a line for each",
           others);
  return first;
}

void InterfacesReader::no_keyword(std::string_view first, std::string_view rest, Position& at) {
  if (host_.needs_letters && std::isalpha(static_cast<unsigned char>(first[0])) == 0) return;
  // ifupdown-ng has no classes: such a line is an option of the stanza above, without a meaning.
  if (first.substr(0, 6) == "allow-" && !host_.refuses_files)
    for (std::string_view names = rest; !names.empty();)
      in_.allow(class_of(first)).add(word(names, at));
  if (at.within == Within::nothing && !at.opened.empty()) open(at);
  if (at.within == Within::stanza) {
    option(first, rest, at);
  } else if (at.within == Within::mapping) {
    mapping_option(first, at);
  } else if (at.within == Within::refused || host_.ignores_stray_options) {
    return;
  } else if (first.substr(0, 3) == "\xef\xbb\xbf") {
    refuse(at, "the line begins with a byte-order mark: save the file without one");
  } else {
    static constexpr std::array keywords{"iface"sv,        "auto"sv,       "allow-hotplug"sv,
                                         "source"sv,       "mapping"sv,    "source-directory"sv,
                                         "no-auto-down"sv, "no-scripts"sv, "rename"sv};
    refuse(at,
           shown(first) + " is no keyword, and options belong below an iface line" +
               Nearest(first).among(keywords).question(),
           first);
  }
}

/// The options of the interface that an `auto` line names.
void InterfacesReader::open(Position& at) {
  if (in_.stanzas.back().name != at.opened || in_.stanzas.size() == 1)
    in_.add({at.opened, "inet6", host_.new_method, in_.options.size(), 0, at.file, at.line, 0});
  loopback_ = loopback_ || at.opened == "lo";
  at.iface = at.opened;
  at.within = Within::stanza;
}

void InterfacesReader::source(std::string_view rest, Position& at, bool directory) {
  if (host_.source_ends_stanza) at.end_stanza();
  if (rest.empty())
    return remark(at, directory ? "source-directory without a directory" : "source without a file");
  if (rest.find('`') != std::string_view::npos || rest.find("$(") != std::string_view::npos)
    refuse_all(at, "a source line runs no commands, here or in ifupdown: write the path");
  if (rest.size() > 4096) refuse_all(at, "a source line of more than 4096 bytes");
  if (host_.source_takes_one) rest = first_word(rest, at);
  if (rest.find_first_of(host_.source_letters) != std::string_view::npos)
    return remark(at,
                  host_name_ + " takes quotes, $ and ~ for letters of the file's name: write the " +
                      "path without them",
                  rest);

  // The files of this line are not known.
  const auto missed = [&](const Error& error, const std::string& subject) {
    if (error.status() != Exit::not_permitted) in_.is_whole = false;
    remark(error, {where(at), subject, error.why()}, false, at);
  };
  if (!host_.source_patterns && !directory) source_without_patterns(rest, at);
  std::vector<std::string> paths;
  try {
    paths = expand_source(rest, at.path, place(at), host_name_);
  } catch (const Error& error) {
    missed(error, error.subject() == place(at) ? "" : error.subject());
  }
  for (const std::string& path : paths) {
    std::vector<std::string> files{path};
    try {
      if (directory) files = files_in(path, at);
    } catch (const Error& error) {
      missed(error, error.subject());
      continue;
    }
    for (const std::string& file : files) {
      try {
        read_file(file, at);
      } catch (const Error& error) {
        if (final_) throw;
        remark(error, {where(at), error.subject(), error.why()}, true, at);
      }
    }
  }
}

/// A file that is not there keeps such a host from reading any.
void InterfacesReader::source_without_patterns(std::string_view rest, const Position& at) {
  const std::string_view path = word(rest, at);
  if (access(std::string(path).c_str(), R_OK) == 0 && rest.empty()) return;
  const std::string why =
      "this host's " + host_name_ +
      " takes no pattern in a source line, and no file that is not there, and then brings no " +
      "interface up, lo neither: write source-directory and the folder";
  end_all(at, why, path);
}

std::vector<std::string> InterfacesReader::files_in(const std::string& directory,
                                                    const Position& at) {
  if (host_.links_are_files) return files_of_directory(directory);
  DirectoryFiles found = files_and_links_of(directory);
  for (const std::string& link : found.links)
    remark(at, "this host's " + host_name_ + " passes over " + shown(link) +
                   ", which is a link: put the file itself there");
  return std::move(found.files);
}

void InterfacesReader::unknown_method(const InterfacesFamily& family, std::string_view method,
                                      const Position& at) {
  const KindRow* kind = kind_of_family(method);
  if (kind != nullptr && kind->stock_method == nullptr)
    return mistake(at,
                   "ifupdown has no method " + quoted(method) +
                       ", and refuses the whole file for it: write \"manual\", and " +
                       kind->option("…") + " options",
                   method);
  // For example `iface he-ipv6 inet v4tunnel`.
  const InterfacesFamily* other = find_family(family.name == "inet" ? "inet6" : "inet");
  if (!find_method(*other, method).empty())
    return refuse(at,
                  shown(method) + " is a method of " + std::string(other->name) + ", not of " +
                      std::string(family.name) + ": write \"" + std::string(other->name) + "\"",
                  method);
  Nearest nearest(method);
  std::string_view rest = family.methods;
  while (!rest.empty()) {
    const std::string_view known = rest.substr(0, rest.find(','));
    nearest.look_at(known);
    rest.remove_prefix(std::min(rest.size(), known.size() + 2));
  }
  refuse(at,
         shown(method) + " is no method of " + std::string(family.name) + ": ifupdown has " +
             std::string(family.methods) + nearest.question(),
         method);
}

void InterfacesReader::iface(std::string_view rest, Position& at) {
  at.end_stanza();
  if (rest.empty()) refuse(at, "iface without a name, a family and a method");
  WrittenStanza stanza{word(rest, at), {}, {}, in_.options.size(), 0, at.file, at.line, 0};
  at.iface = stanza.name;
  const bool loopback =
      host_.needs_method ? family_and_method(rest, stanza, at) : words_of_iface(rest, stanza, at);
  in_.add(stanza);
  for (auto [late, end] = late_.equal_range(stanza.name); late != end; ++late)
    late->second->add(stanza.name);
  // ifupdown does not count an inherited loopback method.
  loopback_ = loopback_ || loopback;
  at.within = Within::stanza;
}

/// ifupdown's rule. Whether the method is loopback.
bool InterfacesReader::family_and_method(std::string_view rest, WrittenStanza& stanza,
                                         const Position& at) {
  if (rest.empty()) refuse(at, "the family and the method are missing, as in \"inet6 v4tunnel\"");

  bool inherits = false, loopback = false;
  const std::string_view family_word = word(rest, at);
  if (const InterfacesFamily* family = find_family(family_word)) {
    stanza.family = family->name;
    if (rest.empty()) {
      refuse(at, "the method is missing: one of " + std::string(family->methods));
    }
    const std::string_view method_word = word(rest, at);
    stanza.method = find_method(*family, method_word);
    loopback = method_word == "loopback";
    inherits = stanza.method.empty() && method_word == "inherits";
    if (stanza.method.empty() && !inherits) {
      unknown_method(*family, method_word, at);
      // read_all() goes on: the options below are for an ISATAP tunnel.
      stanza.method = find_method(*family, "manual");
    }
  } else if (family_word == "inherits") {
    inherits = true;
  } else {
    refuse(at, shown(family_word) + " is no address family: inet and inet6 are, also ipx and can",
           family_word);
  }

  if (!inherits && !rest.empty()) {
    const std::string_view extra = word(rest, at);
    inherits = extra == "inherits";
    if (!inherits) remark(at, "ifupdown ignores what follows the method: " + shown(extra), extra);
  }
  if (inherits) {
    if (rest.empty()) refuse(at, "inherits without the name of the stanza to inherit from");
    inherit(stanza, word(rest, at), at);
  }
  return loopback;
}

/// For hosts that allow both words to be missing. A word that the host does not know means its own
/// default.
bool InterfacesReader::words_of_iface(std::string_view rest, WrittenStanza& stanza,
                                      const Position& at) {
  stanza.family = "inet6";
  stanza.method = host_.new_method;
  const InterfacesFamily* family = nullptr;
  bool is_method = false;
  while (!rest.empty()) {
    const std::string_view next = word(rest, at);
    if (next == "inherits" && host_.inherits && !rest.empty()) {
      inherit_each_once(stanza, word(rest, at), at);
    } else if (is_method) {
      is_method = false;
      const std::string_view known = find_method(*family, next);
      if (!known.empty())
        stanza.method = known;
      else if (!host_.missing_methods.empty())
        mistake(at, "this host's " + host_name_ + " has no method " + shown(next), next);
    } else if (family == nullptr && (family = find_family(next)) != nullptr) {
      stanza.family = family->name;
      is_method = true;
    }
  }
  return stanza.method == "loopback" || stanza.name == "lo";
}

/// Takes over the options of the first stanza of that name (and of that family, if one was given),
/// and the family and method unless they were given.
void InterfacesReader::inherit(WrittenStanza& stanza, std::string_view from, const Position& at) {
  const WrittenStanza* source = in_.first_of(from, stanza.family);
  if (source == nullptr) {
    refuse(at,
           "no stanza to inherit from: none above is named " + shown(from) +
               (stanza.family.empty() ? "" : " and of family " + std::string(stanza.family)),
           from);
  }
  if (source == in_.stanzas_named(from)) in_.inherited_from.insert(source->name);
  if (stanza.family.empty()) stanza.family = source->family;
  if (stanza.method.empty()) stanza.method = source->method;
  const std::size_t first = source->first_option;
  const std::size_t count = source->option_count;
  if (in_.options.size() + count > most_options) refuse_all(at, "more than a million options");
  in_.options.resize(in_.options.size() + count);
  std::copy_n(in_.options.begin() + static_cast<std::ptrdiff_t>(first), count,
              in_.options.end() - static_cast<std::ptrdiff_t>(count));
  stanza.option_count += count;
}

/// ifupdown-ng's rule: takes over the options of all stanzas of that name, whatever their family,
/// except those that the interface has with the same value.
void InterfacesReader::inherit_each_once(WrittenStanza& stanza, std::string_view from,
                                         const Position& at) {
  make_template(from, at);
  const WrittenStanza* source = in_.stanzas_named(from);
  if (source == nullptr)
    return remark(at, "no stanza to inherit from: none above is named " + shown(from), from);
  if (from == stanza.name) return;
  std::set<std::pair<std::string_view, std::string_view>> known;
  const auto each_option = [&](const WrittenStanza& of, auto use) {
    for (std::size_t i = 0; i < of.option_count; ++i) use(in_.options[of.first_option + i]);
  };
  const auto know = [&](const auto& option) { known.emplace(option.name, option.value); };
  each_option(stanza, know);
  for (const auto* own = in_.stanzas_named(stanza.name); own != nullptr; own = in_.next(*own))
    each_option(*own, know);
  for (; source != nullptr; source = in_.next(*source))
    each_option(*source, [&](const auto option) {
      if (!known.emplace(option.name, option.value).second) return;
      if (in_.options.size() == most_options) refuse_all(at, "more than a million options");
      in_.options.push_back(option);
      ++stanza.option_count;
    });
}

void InterfacesReader::option(std::string_view name, std::string_view value, const Position& at) {
  if (name.empty() || name == "?")
    refuse(at, "a line that begins with blanks after a lone backslash: an option without a name");
  if (name == "inherit" && host_.inherits && !host_.needs_method)
    return inherit_each_once(in_.stanzas.back(), first_word(value, at), at);
  if (value.empty() && host_.takes_empty_options) return;  // hooks see none, either
  if (value.empty())
    refuse(at, "option " + shown(name) + " has no value: " + host_name_ + " needs one", name);
  if (in_.options.size() == most_options) refuse_all(at, "more than a million options");

  if (name == "post-up") name = "up";
  if (name == "pre-down") name = "down";
  if (!host_.refuses_files) return add_option(name, value, at);
  // "NAME? VALUE" sets the value only if none was given (or inherited) before.
  if (name.back() == '?') {
    name.remove_suffix(1);
    if (name.back() == '?') refuse(at, "two question marks end the option's name");
    if (names_.of_last(in_).count(name) != 0) return;
  }
  add_option(name, value, at);
}

void InterfacesReader::add_option(std::string_view name, std::string_view value,
                                  const Position& at) {
  in_.options.push_back({name, value, at.file, at.line});
  ++in_.stanzas.back().option_count;
}

void InterfacesReader::mapping_option(std::string_view name, Position& at) {
  if (name == "map") return;
  if (name != "script")
    refuse(at, shown(name) + R"( stands in a mapping, which has "script" and "map" lines only)");
  if (std::exchange(at.mapping_script, true)) refuse(at, "a second script in a mapping");
}

/// Passes each name of the line to `add`. Without a name it means the open stanza, which goes on.
template <typename Add>
void InterfacesReader::each_name(std::string_view rest, Position& at, Add add) {
  if (rest.empty() && at.within == Within::stanza && host_.needs_method) return add(at.iface);
  while (!rest.empty()) add(word(rest, at));
  at.end_stanza();
}

Interfaces Interfaces::read(const std::string& file, const HostProgram& host) {
  return InterfacesReader::read(file, host, false);
}

Interfaces Interfaces::read_all(const std::string& file, const HostProgram& host) {
  return InterfacesReader::read(file, host, true);
}

}  // namespace situp
