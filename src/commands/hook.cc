// SPDX-License-Identifier: GPL-2.0-or-later
#include <optional>

#include "commands/commands.h"
#include "commands/stanzas.h"
#include "hosts/environment.h"
#include "model/check/up_lines.h"
#include "reconcile/ifup_watch.h"
#include "reconcile/patience.h"
#include "reconcile/reconciler.h"
#include "reconcile/unfinished.h"

namespace situp {
namespace {

class Hook {
 public:
  Hook(const Arguments& arguments, const System& system)
      : arguments_(arguments),
        system_(system),
        hook_(read_hook_environment(system.environment)),
        config_(arguments.words[0] == "pre-up" || arguments.words[0] == "up"
                    ? arguments.read_config()
                    : Config{}),
        patience_(config_, hook_.automatic, system.run_directory()),
        reconciler_(config_, patience_.wait(), system.kernel, system.ask, system.run_directory()) {}

  const std::string& iface() const { return hook_.stanza.iface; }

  void run(std::string_view phase) {
    // `ifup -a` as a whole, and families without tunnels.
    if (iface() == "--all" || hook_.stanza.family == "meta") return;
    const auto name = InterfaceName::parse(iface());
    if (!is_opted_in(hook_.stanza)) {
      if (name) without_options(phase, *name);
      return;
    }
    const bool stock = hook_.stanza.method == "v4tunnel";
    if (phase == "pre-up") {
      if (name) mention_last_failure(*name);
      const Job job = job_with_file();
      if (stock)
        show(reconciler_.before_stock_method(job));
      else
        bring_up(job);
      // ifupdown2 runs hooks again for a tunnel that is up, and other programs can't read its
      // state.
      if (name && !hook_.host->repeats_hooks) watch_ifup(*name, config_);
    } else if (phase == "up") {
      if (stock) show(reconciler_.after_stock_method({hook_.stanza, hook_.host}));
      // By now ifupdown2 has removed the settings that it doesn't know, and set an MTU of its own.
      if (hook_.host->repeats_hooks) {
        bring_up(job_with_file());
      } else if (!stock) {
        // The method `static` has turned advertisements off, as its autoconf is off by default.
        Job job = job_with_file();
        job.after_method = true;
        bring_up(job);
      }
    } else if (name && phase == "down") {
      reconciler_.begin_down({*name, hook_.stanza});
    } else if (name && phase == "post-down") {
      take_down({*name, hook_.stanza});
    }
  }

  void note_wait() const { patience_.used(reconciler_.waited()); }

 private:
  /// The environment lacks some of the file's words about the interface. If the file can't be read,
  /// ifup was given another one.
  Job job_with_file() const {
    Job job{hook_.stanza, hook_.host};
    std::optional<Interfaces> interfaces;
    try {
      interfaces = Interfaces::read(arguments_.interfaces, *hook_.host);
      job.no_auto_down = interfaces->no_auto_down(iface());
    } catch (const Error&) {
      return job;
    }
    const Named named{iface(), hook_.stanza.logical};
    const auto stanza = our_only_stanza(*interfaces, named);
    if (!stanza) return job;
    for (const Option& option : stanza->options) refuse_spelling(*stanza, option);
    if (arguments_.words[0] == "pre-up") refuse_contradictions(*stanza, job);
    return job;
  }

  /// Reads the file's stanza: the environment has no `up` lines.
  static void refuse_contradictions(const Stanza& stanza, const Job& job) {
    std::vector<Complaint> mistakes;
    const TunnelSpec spec = understand_all(stanza, *job.host, mistakes);
    if (!mistakes.empty()) return;
    const auto complaints = contradictions(stanza, spec, job.host->default_metric);
    if (!complaints.empty()) throw Complaint(complaints.front());
  }

  void mention_last_failure(const InterfaceName& name) const {
    // The watch may still be removing the leftovers of the last ifup.
    wait_for_watch(name);
    const auto record = Records(system_.run_directory()).read(name);
    if (record && record->by_ifup && record->state == Record::State::intent)
      say(iface(), "the last ifup failed: " + std::string(what_ifup_failed_at));
  }

  void show(const Plan& plan) const { say_done(iface(), plan, hook_.verbose); }

  void bring_up(const Job& job) {
    const auto results = reconciler_.up({job});
    if (results[0].error) throw Error(*results[0].error);
    show(results[0].plan);
  }

  void take_down(const Departure& departure) {
    const auto results = reconciler_.down({departure});
    if (results[0].error) throw Error(*results[0].error);
    show(results[0].plan);
  }

  /// There is a record, or the shell would have left. Either this is another stanza of a tunnel's
  /// interface, which does not concern situp, or the user removed our options from the stanza while
  /// the tunnel was up.
  void without_options(std::string_view phase, const InterfaceName& name) {
    const bool sibling = has_stanza_of_ours();
    if (sibling) return;
    if (phase == "down") reconciler_.begin_down({name, std::nullopt});
    // On the way up, only the stock method would fail because of the leftovers.
    if (phase == "post-down" || (phase == "pre-up" && hook_.stanza.method == "v4tunnel"))
      take_down({name, std::nullopt});
  }

  bool has_stanza_of_ours() const {
    try {
      const Interfaces interfaces = Interfaces::read(arguments_.interfaces, *hook_.host);
      // A part of the file that could not be read may hold it.
      return !interfaces.is_whole() ||
             find_our_stanza(interfaces, {iface(), hook_.stanza.logical}).has_value();
    } catch (const Error&) {
      return true;
    }
  }

  const Arguments& arguments_;
  const System& system_;
  HookEnvironment hook_;
  // Going down needs no source and so no configuration: a mistake in the file must not keep a
  // tunnel up.
  Config config_;
  Patience patience_;
  Reconciler reconciler_;
};

}  // namespace

Exit run_hook(const Arguments& arguments, const System& system) {
  const std::string& phase = arguments.words[0];
  if (phase == "ifcfg-up" || phase == "ifcfg-down") return run_ifcfg(arguments, system);
  if (phase != "pre-up" && phase != "up" && phase != "down" && phase != "post-down")
    throw Error(Exit::usage, phase,
                "is not a phase: pre-up, up, down, post-down, ifcfg-up or ifcfg-down");
  const bool going_down = phase == "down" || phase == "post-down";
  std::string iface;
  try {
    Hook hook(arguments, system);
    iface = hook.iface();
    try {
      hook.run(phase);
    } catch (const Error&) {
      hook.note_wait();
      throw;
    }
    hook.note_wait();
  } catch (const Error& error) {
    say(iface, error);
    // A failing if-down.d would make ifupdown skip its own part of the work.
    return going_down ? Exit::done : error.status();
  }
  return Exit::done;
}

}  // namespace situp
