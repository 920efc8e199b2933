// SPDX-License-Identifier: GPL-2.0-or-later
// The grammar: lines into Interfaces::Contents.
//
// situp refuses these lines, which ifupdown 0.8 reads in a way that no user can have meant: words
// of 80 bytes and more (ifupdown cuts them and reads past its buffer), NUL bytes (the line ends
// there), an option without a name or with "??" behind it, a command in a source line (skipped
// silently), a file that sources itself under another spelling (read until descriptors run out),
// rename without a new name (ifquery reads past the word; ifup has no effect).
#include "hosts/interfaces_reader.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "hosts/interfaces_files.h"
#include "model/nearest.h"

namespace situp {
using namespace std::string_view_literals;
namespace {

// As the limits in the header.
constexpr std::size_t most_bytes = std::size_t{16} << 20;
constexpr std::size_t most_files = 10'000;
constexpr unsigned most_depth = 100;

}  // namespace

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
  if (host_.needs_letters && !is_letter(first[0])) return;
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
