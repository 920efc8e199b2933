// SPDX-License-Identifier: GPL-2.0-or-later
#include "doctor/doctor.h"

#include <utility>

#include "model/check/advice.h"
#include "model/check/host_advice.h"
#include "model/check/up_lines.h"
#include "reconcile/daemon_lock.h"
#include "reconcile/ifup_watch.h"
#include "reconcile/standing.h"
#include "reconcile/unfinished.h"

namespace situp {
namespace {

std::string place_of(const Stanza& stanza) {
  if (stanza.place.file.empty()) return "the record of the last up";
  return str(stanza.place);
}

std::string in_brief(const HostProgram& host) {
  if (host.at_boot.empty())
    return std::string(host.command_up) + " is " + std::string(host.name) +
           (host.name.back() == 's' ? "'" : "'s");
  return "there is no ifup: systemd's situp@ or situp up";
}

std::string in_brief(const TunnelSpec& spec) {
  return std::string(spec.kind().a_title) + " " + spec.kind().noun +
         (spec.endpoint ? " to " + str(*spec.endpoint) : std::string());
}

/// False for a stanza that can't be understood: another probe has reported it.
bool is_edited(const Record& record, const Stanza& stanza) {
  try {
    return !edits_since(record, stanza).empty();
  } catch (const Error&) {
    return false;
  }
}

}  // namespace

Doctor::Doctor(const Config& config, Subject subject, const System& system)
    : config_(config),
      system_(system),
      kernel_(system.kernel),
      subject_(std::move(subject)),
      records_(system.run_directory()) {
  diagnosis_.name = subject_.iface.str();
}

Probe& Doctor::add(std::string name, std::string tried, std::string saw) {
  return diagnosis_.probes.emplace_back(
      Probe{std::move(name), std::move(tried), std::move(saw), Mark::fine, {}, {}});
}

void Doctor::conclude(Mark mark, std::string means, std::string advice) {
  Probe& probe = diagnosis_.probes.back();
  probe.mark = mark;
  probe.means = std::move(means);
  probe.advice = std::move(advice);
}

std::string Doctor::command_up() const {
  return std::string(subject_.host->command_up) + ' ' + subject_.iface.str();
}

/// Probes in the order in which a packet needs the parts: a later probe relies on the earlier ones.
Diagnosis Doctor::examine() {
  if (!stanza()) return diagnosis_;
  record();
  ipv6();
  live_ = kernel_.snapshot({});
  module();
  endpoint();
  cloud();
  sources();
  route();
  filters();
  if (device()) {
    next_hop();
    through();
  }
  lan();
  broker();
  daemon();
  return diagnosis_;
}

bool Doctor::stanza() {
  wait_for_cleanup(subject_.iface);
  record_ = records_.read(subject_.iface);
  const std::string tried = "read the stanza";
  if (!subject_.stanza) {
    const std::string why = subject_.trouble ? subject_.trouble->what() : "there is none";
    add("stanza", tried, why);
    if (!record_) {
      conclude(Mark::sure, why, subject_.remedy);
      return false;
    }
    conclude(Mark::aside, why + "; the tunnel is up as its stanza was", subject_.remedy);
  } else {
    add("stanza", tried, place_of(*subject_.stanza));
    try {
      const TunnelSpec spec = understand(*subject_.stanza, *subject_.host);
      diagnosis_.probes.back().saw += ", " + in_brief(spec);
      if (!subject_.stanza->place.file.empty())
        diagnosis_.probes.back().saw += "; " + in_brief(*subject_.host);
      if (!is_up()) spec_ = spec;
      std::vector<Finding> findings;
      advise_for_host(*subject_.stanza, *subject_.host, findings);
      advise(*subject_.stanza, spec, findings);
      for (const Complaint& complaint :
           contradictions(*subject_.stanza, spec, subject_.host->default_metric))
        findings.push_back({Finding::Weight::error, complaint});
      for (const Finding& finding : findings)
        if (finding.weight == Finding::Weight::error) {
          conclude(Mark::sure, finding.complaint.what(), "situp check shows it in the file");
          break;
        }
    } catch (const Error& error) {
      conclude(is_up() ? Mark::aside : Mark::sure, error.what(),
               "correct it; situp check shows it in the file");
      if (!is_up()) return false;
    }
  }
  if (!record_ || spec_) return true;
  try {
    spec_ = understand(record_->stanza, record_->host());
  } catch (const Error& error) {
    add("record", "read what the last up recorded", error.what());
    conclude(Mark::sure, "the record can't be understood", command_up() + " writes it anew");
    return false;
  }
  return true;
}

void Doctor::record() {
  Probe& probe = add("record", "read " + records_.directory() + "/" + subject_.iface.str(), "");
  if (const auto elsewhere = record_ ? std::nullopt : records_.elsewhere(subject_.iface)) {
    probe.saw = "it is of another network namespace";
    conclude(Mark::sure, elsewhere->why());
    return;
  }
  if (const auto trouble = record_ ? std::nullopt : records_.trouble(subject_.iface)) {
    probe.saw = trouble->why();
    conclude(Mark::aside, "the record of the last up can't be understood", command_up());
    return;
  }
  if (!record_) {
    probe.saw = "there is none: situp has not brought it up since this host has booted";
    return;
  }
  switch (record_->state) {
    case Record::State::intent:
      probe.saw = "it was begun, and not finished";
      conclude(Mark::likely, why_unfinished(*record_));
      return;
    case Record::State::going_down:
      probe.saw = "it is going down";
      conclude(Mark::likely, "the tunnel is being taken down, or that was interrupted",
               "bring it up: " + command_up());
      return;
    case Record::State::up:
      break;
  }
  probe.saw = std::string("up, brought up by ") + (record_->by_ifup ? "ifup" : "situp") +
              ", local " + record_->resolved.local.str();
  if (subject_.stanza && is_edited(*record_, *subject_.stanza))
    conclude(Mark::aside, "the stanza has been edited since the tunnel came up",
             "situp plan " + subject_.iface.str() + " shows what would change, situp up " +
                 subject_.iface.str() + " does it");
}

void Doctor::daemon() {
  if (!spec_ || !record_ || !needs_daemon(*record_, *spec_)) return;
  Probe& probe = add("situpd", "looked for " + std::string(daemon_socket), "");
  const auto runs = system_.daemon_runs();
  if (!runs) {
    probe.saw = "it can't be seen";
    probe.mark = Mark::unseen;
    return;
  }
  probe.saw = *runs ? "situpd runs" : "situpd does not run";
  if (!*runs)
    conclude(Mark::aside,
             "nobody looks after the tunnel: it has no keepalive and is not repaired when an "
             "address changes",
             how_to_start_daemon);
}

}  // namespace situp
