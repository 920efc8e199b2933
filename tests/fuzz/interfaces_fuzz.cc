// SPDX-License-Identifier: GPL-2.0-or-later
// libFuzzer over Interfaces::read and what it promises, and over all that check makes of it. An
// input is several files, parted by lines of "%%": the first is read, the others stand beside it as
// "a", "b", "c" and "d" for it to source.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/fd.h"
#include "base/text.h"
#include "fuzz.h"
#include "hosts/interfaces.h"
#include "model/check/advice.h"
#include "model/check/host_advice.h"
#include "model/check/old_recipe.h"

namespace {

class Folder {
 public:
  Folder() { must(mkdtemp(path_.data()) != nullptr); }
  ~Folder() {
    for (const char* name : names) unlink((path_ + '/' + name).c_str());
    rmdir(path_.c_str());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }
  std::string first() const { return path_ + '/' + names[0]; }

  void fill(std::string_view input) const {
    for (const char* name : names) {
      const std::size_t end = input.find("\n%%\n");
      const std::string_view text = input.substr(0, end == std::string_view::npos ? end : end + 1);
      input.remove_prefix(end == std::string_view::npos ? input.size() : end + 4);
      const situp::Fd fd(
          open((path_ + '/' + name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
      must(fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    }
  }

 private:
  static constexpr std::array<const char*, 5> names = {"interfaces", "a", "b", "c", "d"};
  std::string path_ = "/dev/shm/situp-fuzz.XXXXXX";
};

void check_error(const situp::Error& error) {
  must(error.status() == situp::Exit::configuration);
  must(!error.why().empty());
  must(situp::printable(error.what()) == error.what());
  must(std::string_view(error.what()).size() < 500);
}

void check_place(const situp::Place& place, const Folder& folder) {
  must(place.line > 0);
  must(place.file.compare(0, folder.path().size(), folder.path()) == 0);
}

void check_stanza(const situp::Stanza& stanza, const std::string& name, const Folder& folder) {
  must(stanza.iface == name && stanza.logical == name);
  must(!stanza.family.empty() && !stanza.method.empty());
  if (stanza.place.file.empty()) {  // ifupdown's own loopback stanza
    must(name == "lo" && stanza.options.empty());
    return;
  }
  check_place(stanza.place, folder);
  for (const situp::Option& option : stanza.options) {
    check_place(option.place, folder);
    must(!option.name.empty() && option.name.size() < 80 && !option.value.empty());
    must(!situp::is_blank(option.value.front()) && !situp::is_blank(option.value.back()));
    for (const char c : option.name) must(c != '\0' && !situp::is_blank(c));
    for (const char c : option.value) must(c != '\0' && c != '\n');
  }
}

void check(const situp::Interfaces& in, const Folder& folder) {
  for (const situp::Error& remark : in.remarks()) check_error(remark);
  for (const std::string& name : in.names()) {
    in.mapped(name);
    in.no_scripts(name);
    in.no_auto_down(name);
    try {
      const auto stanzas = in.stanzas_of(name);
      must(!stanzas.empty());
      for (const situp::Stanza& stanza : stanzas) check_stanza(stanza, name, folder);
    } catch (const situp::Error& error) {
      check_error(error);
      must(!in.remarks().empty());
    }
  }
  std::unordered_set<std::string> seen;
  for (const std::string& word : in.automatic())
    must(!word.empty() && word.size() < 80 && seen.insert(word).second);
  must(in.automatic().front() == "lo");
}

/// What `up` stops at is the first of all that `check` tells, and neither is there without the
/// other.
void check_understanding(const situp::Stanza& stanza) {
  std::vector<situp::Complaint> complaints;
  const auto spec = situp::understand_all(stanza, situp::hosts::ifupdown, complaints);
  for (const situp::Complaint& complaint : complaints) check_error(complaint);
  try {
    situp::understand(stanza, situp::hosts::ifupdown);
    must(complaints.empty());
  } catch (const situp::Complaint& first) {
    must(!complaints.empty() && std::string_view(first.what()) == complaints[0].what());
  }
  std::vector<situp::Finding> findings;
  situp::Together together(situp::hosts::ifupdown);
  if (situp::is_opted_in(stanza)) situp::advise(stanza, spec, findings);
  for (const auto& host :
       {situp::hosts::ifupdown, situp::hosts::ifupdown_ng, situp::hosts::ifupdown2})
    situp::advise_for_host(stanza, host, findings);
  together.add(stanza, spec, true, findings);
  together.add(stanza, spec, true, findings);
  situp::Stanza corrected = stanza;
  situp::correct_slips(corrected, findings);
  for (auto& finding : situp::rewrite_old_recipe(stanza, true, {})) findings.push_back(finding);
  const std::string value = stanza.options.empty() ? std::string() : stanza.options[0].value;
  const situp::SourceText text(value);
  for (const situp::Finding& finding : findings) {
    check_error(finding.complaint);
    situp::with_caret(text.find(finding.complaint), "  ");
  }
}

void check_all(const situp::Interfaces& in, const Folder& folder) {
  std::map<std::string, situp::SourceText, std::less<>> texts;
  for (const auto& [file, text] : in.texts()) texts.try_emplace(std::string(file), text);
  for (const auto& [complaint, refused] : in.mistakes()) {
    check_error(complaint);
    const auto text = texts.find(complaint.place().file);
    if (text != texts.end()) situp::with_caret(text->second.find(complaint), "");
  }
  for (const std::string& name : in.names()) {
    for (const situp::Stanza& stanza : in.stanzas_of(name)) {
      check_stanza(stanza, name, folder);
      check_understanding(stanza);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Folder folder;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  // Nothing outside of the folder is to be opened: a device may act on that.
  if (input.find("source") != std::string_view::npos &&
      (input.find('/') != std::string_view::npos || input.find('~') != std::string_view::npos ||
       input.find('$') != std::string_view::npos))
    return -1;
  folder.fill(input);
  try {
    check(situp::Interfaces::read(folder.first()), folder);
  } catch (const situp::Error& error) {
    check_error(error);
  }
  try {
    check_all(situp::Interfaces::read_all(folder.first()), folder);
  } catch (const situp::Error& error) {
    check_error(error);
  }
  return 0;
}
