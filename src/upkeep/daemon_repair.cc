// SPDX-License-Identifier: GPL-2.0-or-later
// The daemon's rounds of repairs: the tunnels that are due, the questions to ask first, and the
// results.
#include <malloc.h>

#include <algorithm>

#include "base/random.h"
#include "base/text.h"
#include "kernel/netlink_kernel.h"
#include "upkeep/daemon.h"
#include "upkeep/journal.h"

namespace situp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The time limit of a source or of DNS. No tunnel waits for it.
constexpr milliseconds answer_time{5000};

// Names are looked up again after this time where DNS doesn't say, and within these bounds where it
// does.
constexpr seconds unknown_refresh{300};
constexpr seconds shortest_refresh{60};
constexpr seconds longest_refresh{3600};

// Another process works on the tunnel, for seconds at most.
constexpr milliseconds busy_again{1000};

// Tunnels that failed at different times needn't be looked at one by one.
constexpr milliseconds retries_together{1000};

std::string text_of(const Plan& plan) {
  std::string text;
  for (const Operation& operation : plan.operations)
    text += (text.empty() ? "" : "; ") + in_brief(operation);
  constexpr std::size_t enough = 300;
  return printable_within(text, enough);
}

}  // namespace

void Daemon::plan_inspection(const Keeper& keeper) {
  const auto due = keeper.pacer.due();
  if (!due || (next_inspection_.number != 0 && next_inspection_.when <= *due)) return;
  loop_.cancel(next_inspection_);
  next_inspection_ = loop_.at(*due, [this] { inspect_due(); });
}

void Daemon::inspect_due() {
  next_inspection_.number = 0;
  std::vector<InterfaceName> due;
  for (auto& [iface, keeper] : keepers_) {
    if (!keeper.pacer.due()) continue;
    const bool again = keeper.pacer.is_retry();
    if (*keeper.pacer.due() > now() + (again ? retries_together : milliseconds(0))) continue;
    keeper.pacer.began(now());
    due.push_back(iface);
  }
  if (!due.empty()) repair(due);
  for (const auto& [iface, keeper] : keepers_) plan_inspection(keeper);
}

void Daemon::repair(const std::vector<InterfaceName>& ifaces, bool renew) {
  // Tunnels that failed together are tried again together: a thousand tunnels ask once.
  const std::uint32_t random = random_bits();
  try {
    NetlinkKernel kernel;
    Reconciler reconciler(
        config_, milliseconds(0), kernel,
        [this](const Question& question, Deadline) { return answer_to(question); });
    std::vector<Upkeep> tunnels;
    for (const InterfaceName& iface : ifaces) {
      const auto keeper = keepers_.find(iface);
      tunnels.push_back(
          {iface, renew, keeper != keepers_.end() && keeper->second.is_to_withdraw()});
    }
    const std::vector<Repaired> results = reconciler.repair(tunnels);
    for (std::size_t i = 0; i < ifaces.size(); ++i) {
      const auto keeper = keepers_.find(ifaces[i]);
      if (keeper == keepers_.end()) continue;
      try {
        repaired(keeper->second, ifaces[i], results[i], random);
      } catch (const Error& error) {
        repair_failed(error, {ifaces[i]}, random);
      }
    }
  } catch (const Error& error) {
    repair_failed(error, ifaces, random);
  }
  if (open_.empty()) {
    answers_.clear();
    least_ttl_.reset();
  }
#ifdef __GLIBC__
  // Looking at a thousand tunnels takes more than keeping them. musl returns memory by itself.
  malloc_trim(0);
#endif
}

/// For an error that is not the tunnels' own: no memory, no descriptors.
void Daemon::repair_failed(const Error& error, const std::vector<InterfaceName>& ifaces,
                           std::uint32_t random) {
  tell(Severity::error, "", "error", error.what());
  for (const InterfaceName& iface : ifaces) {
    const auto keeper = keepers_.find(iface);
    if (keeper == keepers_.end()) continue;
    keeper->second.pacer.failed(now(), random);
    plan_inspection(keeper->second);
  }
}

void Daemon::repaired(Keeper& keeper, const InterfaceName& iface, const Repaired& repaired,
                      std::uint32_t random) {
  if (repaired.question) {
    waiting_.insert(iface);
    ask(*repaired.question);
    return;
  }
  if (repaired.busy) {
    keeper.pacer.not_later_than(now() + busy_again);
    return plan_inspection(keeper);
  }
  if (!repaired.up) return;
  std::optional<std::string> news;
  if (repaired.result.error) {
    keeper.pacer.failed(now(), random);
    news = keeper.wrong(repaired.result.error->subject() == iface.str()
                            ? repaired.result.error->why()
                            : repaired.result.error->what(),
                        clock_now());
    if (news) tell(Severity::warning, iface.str(), "trouble", *news);
  } else {
    const auto updater = updaters_.find(iface);
    if (updater != updaters_.end() && repaired.resolved.local != keeper.resolved().local)
      updater->second.local_changed(repaired.resolved.local);
    news = keeper.right(repaired, text_of(repaired.result.plan), clock_now());
    if (news) tell(Severity::notice, iface.str(), "repaired", *news);
    // While the far end is silent, situpd resolves anew all that it can.
    if (repaired.not_renewed || keeper.is_dead())
      keeper.pacer.failed(now(), random);
    else if (repaired.renewed)
      keeper.pacer.succeeded();
    if (keeper.has_names()) keeper.pacer.not_later_than(now() + name_refresh());
    keep_routers(iface, keeper);
    if (news && keeper.target()) {
      keeper.prober->ask_now(now());
      plan_probe(iface);
    }
  }
  plan_inspection(keeper);
  save(iface, keeper);
}

/// As soon as the first of the names that were looked up in this round wants to be.
seconds Daemon::name_refresh() const {
  if (!least_ttl_) return unknown_refresh;
  return std::clamp(seconds(*least_ttl_), shortest_refresh, longest_refresh);
}

Answer Daemon::answer_to(const Question& question) const {
  const auto known = answers_.find(question);
  if (known == answers_.end()) throw Unanswered{question};
  return known->second;
}

void Daemon::ask(const Question& question) {
  if (!open_.insert(question).second) return;
  Question asked = question;
  if (auto* name = std::get_if<NameQuestion>(&asked)) name->ttl = true;
  helpers_.run(command_for(asked, answer_time), answer_time + grace,
               [this, question](const Helpers::End& end) {
                 Answer answer = FailureAnswer{Failure::protocol, 0};
                 try {
                   if (end.error) throw Error(*end.error);
                   const TimedAnswer timed = timed_answer_in(end.outcome);
                   answer = timed.answer;
                   if (timed.ttl)
                     least_ttl_ = std::min(least_ttl_.value_or(*timed.ttl), *timed.ttl);
                 } catch (const Error& error) {
                   tell(Severity::error, "", "error", error.what());
                 }
                 answers_[question] = answer;
                 open_.erase(question);
                 if (!open_.empty()) return;
                 const std::vector<InterfaceName> ready(waiting_.begin(), waiting_.end());
                 waiting_.clear();
                 repair(ready);
               });
}

}  // namespace situp
