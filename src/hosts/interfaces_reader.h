// SPDX-License-Identifier: GPL-2.0-or-later
// For the parts of the reader only: interfaces_reader.cc has files and lines, interfaces_stanzas.cc
// the stanzas.
#pragma once
#include <sys/types.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/text.h"
#include "hosts/interfaces.h"
#include "hosts/interfaces_contents.h"
#include "hosts/interfaces_lines.h"
#include "hosts/interfaces_methods.h"
#include "model/stanza/words.h"

namespace situp {

// Far above any real file; they keep a damaged or hostile file from taking all memory.
constexpr std::size_t most_options = 1'000'000;
constexpr std::size_t most_remarks = 1'000;
// ifupdown's buffers hold 80 bytes, the NUL included.
constexpr std::size_t longest_word = 79;

inline std::string shown(std::string_view word) {
  return '"' + printable_within(word, longest_word) + '"';
}

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

}  // namespace situp
