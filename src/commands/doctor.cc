// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.h"

#include <unistd.h>

#include "commands/commands.h"
#include "commands/layout.h"
#include "commands/stanzas.h"
#include "hosts/find_host.h"
#include "hosts/ifcfg.h"

namespace situp {
namespace {

/// True also for a stanza with mistakes.
bool is_in(const Interfaces& interfaces, const std::string& logical) {
  try {
    return !interfaces.stanzas_of(logical).empty();
  } catch (const Error&) {
    return true;
  }
}

/// Throws an Error if no file and no record has the name.
Subject subject_of(const Arguments& arguments, const System& system) {
  Named named = split_name(arguments.words[0]);
  const auto iface = InterfaceName::parse(named.iface);
  if (!iface) throw Error(Exit::usage, named.iface, "is not an interface's name");
  Subject subject{*iface, std::nullopt, std::nullopt, &find_host(system.root)};
  const Records records(system.run_directory());
  const auto record = records.read(*iface);
  as_it_came_up(named, records);
  const std::vector<IfcfgFile> ifcfgs = read_ifcfg_files(system.root);
  const IfcfgFile* file = ifcfg_for(ifcfgs, iface->str());
  if (file != nullptr) {
    subject.host = &hosts::network_scripts;
    try {
      subject.stanza = stanza_of(*file);
    } catch (const Error& error) {
      subject.trouble = error;
      return subject;
    }
    if (subject.stanza) return subject;
  }
  // Only a shell can tell the values of the others; the record has the words that ifup passed on.
  const std::string ifcfg =
      file != nullptr ? file->file : std::string(ifcfg_directory) + "/ifcfg-" + iface->str();
  if (file != nullptr || access((system.root + ifcfg).c_str(), F_OK) == 0) {
    subject.remedy = "ifup " + iface->str() + " brings it up, or says what is wrong with the file";
    if (record)
      subject.stanza = record->stanza;
    else
      subject.trouble =
          Error(Exit::configuration, ifcfg, "is for ifup to read, and nothing is up by it");
    return subject;
  }
  std::optional<Interfaces> interfaces;
  try {
    interfaces = Interfaces::read(arguments.interfaces, *subject.host);
  } catch (const Error& error) {
    subject.trouble = error;
    return subject;
  }
  try {
    subject.stanza = our_stanza(*interfaces, named);
  } catch (const Error& error) {
    // A file that is wrong from some line on may have had the stanza behind that line.
    const auto& remarks = interfaces->remarks();
    const bool is_known = record || is_in(*interfaces, named.logical);
    if (const auto elsewhere = is_known ? std::nullopt : records.elsewhere(*iface))
      throw Error(*elsewhere);
    if (!is_known && remarks.empty()) throw;
    subject.trouble = is_known || remarks.empty() ? error : remarks.front();
  }
  return subject;
}

}  // namespace

Exit run_doctor(const Arguments& arguments, const System& system) {
  const Subject subject = subject_of(arguments, system);
  const Config config = arguments.read_config();
  const Diagnosis diagnosis = Doctor(config, subject, system).examine();
  std::string text =
      arguments.json ? diagnosis_json(diagnosis) : diagnosis_text(diagnosis, layout_of_stdout());
  text.erase(text.find_last_not_of('\n') + 1);
  print(text);
  return reason(diagnosis) == nullptr ? Exit::done : Exit::system;
}

}  // namespace situp
