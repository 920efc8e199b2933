// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/interfaces.h"

#include <span>

#include "hosts/interfaces_contents.h"
#include "model/stanza/options.h"

namespace situp {

std::vector<Stanza> Interfaces::stanzas_of(std::string_view logical) const {
  const Contents& in = *contents_;
  if (const auto found = in.cut_off.find(logical); found != in.cut_off.end())
    throw Error(in.remarks[found->second]);
  std::vector<Stanza> result;
  for (const auto* written = in.stanzas_named(logical); written; written = in.next(*written)) {
    Stanza& stanza = result.emplace_back();
    stanza.iface = stanza.logical = written->name;
    stanza.family = written->family;
    stanza.method = written->method;
    stanza.place = {in.files[written->file], written->line};
    stanza.options.reserve(written->option_count);
    for (const Contents::WrittenOption& option :
         std::span(in.options).subspan(written->first_option, written->option_count)) {
      Option& added = stanza.options.emplace_back(Option{std::string(option.name),
                                                         std::string(option.value),
                                                         {in.files[option.file], option.line}});
      std::string name = name_in_hooks(option.name);
      if (name == added.name || !is_our_option(name)) continue;
      added.key = std::move(added.name);
      added.name = std::move(name);
    }
  }
  return result;
}

std::vector<std::string> Interfaces::names() const {
  std::vector<std::string> result;
  for (const Contents::WrittenStanza& stanza : contents_->stanzas)
    if (contents_->stanzas_named(stanza.name) == &stanza) result.emplace_back(stanza.name);
  return result;
}

const std::vector<std::string>& Interfaces::allowed(std::string_view allow_class) const {
  static const std::vector<std::string> none;
  const auto found = contents_->allowed.find(allow_class);
  return found == contents_->allowed.end() ? none : found->second.words;
}

bool Interfaces::no_auto_down(std::string_view iface) const {
  return contents_->no_auto_down.match(iface);
}

bool Interfaces::no_scripts(std::string_view logical) const {
  return contents_->no_scripts.match(logical);
}

bool Interfaces::mapped(std::string_view name) const {
  return contents_->mapped.match(name);
}

const std::vector<Error>& Interfaces::remarks() const {
  return contents_->remarks;
}

bool Interfaces::is_whole() const {
  return contents_->is_whole;
}

const std::vector<InterfacesMistake>& Interfaces::mistakes() const {
  return contents_->mistakes;
}

std::vector<std::pair<std::string_view, std::string_view>> Interfaces::texts() const {
  std::vector<std::pair<std::string_view, std::string_view>> texts;
  // The first file stands for the loopback stanza that ifupdown makes itself.
  for (std::size_t i = 1; i < contents_->files.size(); ++i)
    texts.emplace_back(contents_->files[i], contents_->texts[i - 1]);
  return texts;
}

bool Interfaces::is_inherited_from(std::string_view logical) const {
  return contents_->inherited_from.count(logical) != 0;
}

}  // namespace situp
