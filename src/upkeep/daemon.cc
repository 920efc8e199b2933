// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/daemon.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <ctime>
#include <utility>

#include "base/file.h"
#include "kernel/snapshot.h"
#include "upkeep/journal.h"

namespace situp {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// What a source or DNS may take. Nobody waits for it.
constexpr milliseconds answer_time{5000};

// Names are looked up again after this time where DNS doesn't say, and within these bounds where it
// does.
constexpr seconds unknown_refresh{300};
constexpr seconds shortest_refresh{60};
constexpr seconds longest_refresh{3600};

// Somebody else works on the tunnel, for seconds at most.
constexpr milliseconds busy_again{1000};

// After the last tunnel has gone: ifdown and ifup follow each other.
constexpr seconds linger{10};

// In seconds.
constexpr std::int64_t just_now = 10;

// Tunnels that failed at different times needn't be looked at one by one.
constexpr milliseconds retries_together{1000};

// Beyond this, EC2 and Linux' connection tracking have forgotten protocol 41.
constexpr std::uint32_t longest_useful_keepalive = 600;

Moment now() {
  return std::chrono::steady_clock::now();
}

std::int64_t clock_now() {
  return time(nullptr);
}

std::string text_of(const Plan& plan) {
  std::string text;
  for (const Operation& operation : plan.operations)
    text += (text.empty() ? "" : "; ") + in_brief(operation);
  constexpr std::size_t enough = 300;
  if (text.size() > enough) text = text.substr(0, enough) + "…";
  return text;
}

}  // namespace

Daemon::Daemon(std::string config_path, bool stay)
    : config_path_(std::move(config_path)),
      stay_(stay),
      helpers_(loop_),
      routers_(loop_, echo_,
               [this](const InterfaceName& iface, bool alive, const std::string& line) {
                 router_became(iface, alive, line);
               }) {
  only_one();
  read_config();
  hear_signals();
}

/// The lock goes with the process. Not in /run/situp: an open file there would keep its folder
/// alive after somebody has removed it, and that would go unnoticed.
void Daemon::only_one() {
  const std::string path = "/run/situpd.lock";
  only_one_ = Fd(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!only_one_) throw system_error(path, errno);
  struct flock whole {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (fcntl(only_one_.get(), F_OFD_SETLK, &whole) < 0)
    throw Error(Exit::system, path,
                "situpd is running already: systemctl status situpd, or fuser -v " + path);
}

void Daemon::read_config() {
  config_ = config_path_.empty() ? Config::read(Config::default_path, Config::Missing::is_fine)
                                 : Config::read(config_path_, Config::Missing::is_an_error);
}

void Daemon::hear_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  signals_ = Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!signals_) throw system_error("signalfd", errno);
  loop_.watch(signals_.get(), [this] {
    signalfd_siginfo info{};
    while (::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo != SIGHUP) {
        loop_.stop();
        continue;
      }
      read_config();
      all_may_have_changed();
      brokers_may_want_to_know();
    }
  });
}

void Daemon::run() {
  loop_.watch(record_watch_.descriptor(), [this] { records_changed(); });
  loop_.watch(host_watch_.descriptor(), [this] { host_changed(); });
  loop_.watch(clock_watch_.descriptor(), [this] {
    if (!clock_watch_.read()) return;
    all_may_have_changed();
    brokers_may_want_to_know();
    routers_.restart_all();
  });
  loop_.watch(echo_.descriptor(), [this] { take_answers(); });
  for (const InterfaceName& iface : records_.list_live()) had_keeper_.insert(iface);
  look_at_all();
  catch_up();
  end_if_idle();
  notify("READY=1");
  loop_.run([](const Error& error) { tell(Severity::error, "", "error", error.what()); });
  notify("STOPPING=1");
}

/// What happened while nobody looked. Of a tunnel that has just come up, and so started the daemon,
/// all is known, unless its address has gone since.
void Daemon::catch_up() {
  Netlink netlink;
  const Live live = snapshot(netlink);
  for (auto& [iface, keeper] : keepers_) {
    const Ipv4 local = keeper.resolved().local;
    const bool is_held = local == Ipv4{} || live.holder(local) != nullptr;
    // Whoever looked after it before may have been killed in the middle of a repair.
    const bool is_new =
        clock_now() - records_.written_at(iface) <= just_now && had_keeper_.count(iface) == 0;
    if (is_held && is_new) continue;
    keeper.pacer.wanted(now());
    plan_look(keeper);
  }
}

void Daemon::look_at_all() {
  std::set<InterfaceName> gone;
  for (const auto& [iface, keeper] : keepers_) gone.insert(iface);
  for (const InterfaceName& iface : records_.list()) {
    gone.erase(iface);
    look_at(iface);
  }
  for (const InterfaceName& iface : gone) forget(iface);
}

/// What a record says now.
void Daemon::look_at(const InterfaceName& iface) {
  const auto record = records_.read(iface);
  // Between `intent` and `up` somebody works on it; what was known is dropped only once it is sure.
  if (record && record->state == Record::State::intent && keepers_.count(iface) != 0) return;
  if (!record || record->state != Record::State::up || !record->upkeep) return forget(iface);
  const auto known = keepers_.find(iface);
  if (known != keepers_.end() && known->second.is_for(*record)) {
    // Whoever has written it has changed something.
    routers_.restart(iface);
    return;
  }
  forget(iface);
  TunnelSpec spec;
  try {
    spec = understand(record->stanza, record->by_ifup ? Door::ifup : Door::command);
  } catch (const Error& error) {
    tell(Severity::error, iface.str(), "error", error.what());
    return;
  }
  const auto added = keepers_.emplace(iface, Keeper(*record, spec, now(), random_bits())).first;
  by_ifindex_.emplace(record->ifindex, iface);
  loop_.cancel(end_);
  if (spec.keepalive && spec.keepalive->seconds > longest_useful_keepalive)
    tell(Severity::warning, iface.str(), "keepalive",
         "a keepalive of " + std::to_string(spec.keepalive->seconds) +
             " s: EC2 and Linux forget a tunnel that is silent for 600 s; write less");
  if (added->second.has_names()) added->second.pacer.not_later_than(now() + name_refresh());
  keep_routers(iface, added->second);
  plan_probe(iface);
  plan_look(added->second);
  save(iface, added->second);
  if (spec.broker) begin_telling(iface, spec, record->resolved.local);
}

void Daemon::begin_telling(const InterfaceName& iface, const TunnelSpec& spec, Ipv4 local) {
  const auto say = [this, iface](bool bad, const std::string& line) {
    tell(bad ? Severity::warning : Severity::notice, iface.str(), "broker", line);
    const auto keeper = keepers_.find(iface);
    if (keeper == keepers_.end()) return;
    keeper->second.vitals.note(clock_now(), line);
    save(iface, keeper->second);
    if (bad || !keeper->second.prober) return;
    // The far end may answer from now on.
    keeper->second.prober->ask_now(now());
    plan_probe(iface);
  };
  tellers_
      .try_emplace(
          iface, BrokerTeller::World{loop_, helpers_, config_, records_.boot(), broker_calls_, say},
          spec, local)
      .first->second.look();
}

void Daemon::brokers_may_want_to_know() {
  for (auto& [iface, teller] : tellers_) teller.look();
}

void Daemon::forget(const InterfaceName& iface) {
  const auto known = keepers_.find(iface);
  if (known == keepers_.end()) return;
  tellers_.erase(iface);
  by_ifindex_.erase(known->second.ifindex());
  loop_.cancel(probes_[iface]);
  probes_.erase(iface);
  waiting_.erase(iface);
  routers_.forget(iface);
  keepers_.erase(known);
  records_.write_live(iface, "");
  end_if_idle();
}

void Daemon::all_may_have_changed() {
  for (auto& [iface, keeper] : keepers_) {
    keeper.pacer.wanted(now());
    plan_look(keeper);
  }
}

void Daemon::host_changed() {
  const HostWatch::Change change = host_watch_.read();
  if (change.unknown || change.addresses) return all_may_have_changed();
  for (const int index : change.gone_links) {
    const auto found = by_ifindex_.find(index);
    if (found == by_ifindex_.end()) continue;
    Keeper& keeper = keepers_.at(found->second);
    keeper.pacer.wanted(now());
    plan_look(keeper);
  }
}

void Daemon::records_changed() {
  const RecordWatch::Change change = record_watch_.read();
  if (change.unknown) return look_at_all();
  for (const InterfaceName& iface : change.names) look_at(iface);
}

void Daemon::plan_look(const Keeper& keeper) {
  const auto due = keeper.pacer.due();
  if (!due || (next_look_.number != 0 && next_look_.when <= *due)) return;
  loop_.cancel(next_look_);
  next_look_ = loop_.at(*due, [this] { look(); });
}

void Daemon::look() {
  next_look_.number = 0;
  std::vector<InterfaceName> due;
  for (auto& [iface, keeper] : keepers_) {
    if (!keeper.pacer.due()) continue;
    const bool again = keeper.pacer.is_retry();
    if (*keeper.pacer.due() > now() + (again ? retries_together : milliseconds(0))) continue;
    keeper.pacer.began(now());
    due.push_back(iface);
  }
  if (!due.empty()) repair(due);
  for (const auto& [iface, keeper] : keepers_) plan_look(keeper);
}

void Daemon::repair(const std::vector<InterfaceName>& ifaces) {
  {
    // What failed together is tried again together: a thousand tunnels ask once.
    const std::uint32_t random = random_bits();
    Reconciler reconciler(config_, milliseconds(0), [this](const Question& question, Deadline) {
      return answer_to(question);
    });
    const std::vector<Repaired> results = reconciler.repair(ifaces);
    for (std::size_t i = 0; i < ifaces.size(); ++i) {
      const auto keeper = keepers_.find(ifaces[i]);
      if (keeper != keepers_.end()) repaired(keeper->second, ifaces[i], results[i], random);
    }
  }
  if (open_.empty()) {
    answers_.clear();
    least_ttl_.reset();
  }
  // Looking at a thousand tunnels takes more than keeping them.
  malloc_trim(0);
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
    return plan_look(keeper);
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
    const auto teller = tellers_.find(iface);
    if (teller != tellers_.end() && repaired.resolved.local != keeper.resolved().local)
      teller->second.local_changed(repaired.resolved.local);
    const std::string trouble = repaired.not_renewed ? std::string("kept what DNS said before: ") +
                                                           repaired.not_renewed->what()
                                                     : std::string();
    news = keeper.right(repaired.resolved, text_of(repaired.result.plan), trouble, clock_now());
    if (news) tell(Severity::notice, iface.str(), "repaired", *news);
    // As long as the far end is silent, whatever can be found out anew is.
    if (repaired.not_renewed || (keeper.prober && keeper.prober->health() == Health::dead))
      keeper.pacer.failed(now(), random);
    else
      keeper.pacer.succeeded();
    if (keeper.has_names()) keeper.pacer.not_later_than(now() + name_refresh());
    keep_routers(iface, keeper);
    if (news && keeper.prober) {
      keeper.prober->ask_now(now());
      plan_probe(iface);
    }
  }
  plan_look(keeper);
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
  const bool is_name = question.front() == "resolve";
  Command command = command_for(question, answer_time);
  if (is_name) command.arguments.insert(command.arguments.begin() + 1, "--ttl");
  helpers_.run(std::move(command), answer_time + grace, [this, question](const Helpers::End& end) {
    Answer answer = FailureAnswer{Failure::protocol, 0};
    try {
      if (end.error) throw Error(*end.error);
      const TimedAnswer timed = timed_answer_in(end.outcome);
      answer = timed.answer;
      if (timed.ttl) least_ttl_ = std::min(least_ttl_.value_or(*timed.ttl), *timed.ttl);
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

void Daemon::plan_probe(const InterfaceName& iface) {
  const Keeper& keeper = keepers_.at(iface);
  if (!keeper.prober) return;
  Loop::Timer& timer = probes_[iface];
  loop_.cancel(timer);
  timer = loop_.at(keeper.prober->next(), [this, iface] { probe(iface); });
}

void Daemon::probe(const InterfaceName& iface) {
  Keeper& keeper = keepers_.at(iface);
  const Prober::Step step = keeper.prober->tick(now());
  // What can't be sent is not answered: the same to a tunnel. The address of the last answer may be
  // why there is none: it is taken once.
  if (step.send)
    echo_.ask(keeper.ifindex(), keeper.keepalive()->target, *step.send,
              std::exchange(keeper.answered_to, std::nullopt));
  if (!step.send) {
    keeper.note_probes();
    if (!step.became) save(iface, keeper);
  }
  if (step.became) became(iface, keeper, *step.became);
  plan_probe(iface);
}

void Daemon::take_answers() {
  while (const auto answer = echo_.next_answer()) {
    const auto found = by_ifindex_.find(answer->ifindex);
    if (found == by_ifindex_.end()) continue;
    Keeper& keeper = keepers_.at(found->second);
    if (!keeper.keepalive() || keeper.keepalive()->target != answer->from) {
      routers_.answered(found->second, *answer);
      continue;
    }
    const auto health = keeper.prober->answered(answer->sequence, now());
    keeper.answered_to = answer->to;
    keeper.note_probes();
    if (health)
      became(found->second, keeper, *health);
    else
      save(found->second, keeper);
    plan_probe(found->second);
  }
}

void Daemon::became(const InterfaceName& iface, Keeper& keeper, Health health) {
  const bool was_alive = keeper.vitals.health == "alive";
  keeper.became(health, clock_now());
  const std::string target = keeper.keepalive()->target.str();
  const bool alive = health == Health::alive;
  const std::string line =
      target + (alive       ? " answers"
                : was_alive ? " does not answer any more: looking for what has changed"
                            : " does not answer: looking for what has changed");
  keeper.vitals.note(clock_now(), line);
  tell(alive ? Severity::notice : Severity::warning, iface.str(), alive ? "alive" : "dead", line);
  if (!alive) {
    keeper.pacer.wanted(now());
    plan_look(keeper);
  }
  save(iface, keeper);
  const auto teller = tellers_.find(iface);
  if (teller == tellers_.end()) return;
  if (alive)
    teller->second.alive_again();
  else
    teller->second.died();
}

void Daemon::keep_routers(const InterfaceName& iface, const Keeper& keeper) {
  routers_.keep(iface, keeper.ifindex(), keeper.resolved().local, routers_of(keeper.resolved()));
}

void Daemon::router_became(const InterfaceName& iface, bool alive, const std::string& line) {
  Keeper& keeper = keepers_.at(iface);
  keeper.vitals.note(clock_now(), line);
  tell(alive ? Severity::notice : Severity::warning, iface.str(),
       alive ? "router-alive" : "router-dead", line);
  save(iface, keeper);
}

void Daemon::save(const InterfaceName& iface, const Keeper& keeper) const {
  Vitals vitals = keeper.vitals;
  for (const auto& [router, health] : routers_.health(iface))
    vitals.routers.push_back({router, word_of(health)});
  records_.write_live(iface, write_vitals(vitals));
}

void Daemon::end_if_idle() {
  if (stay_ || !keepers_.empty()) return;
  loop_.cancel(end_);
  end_ = loop_.at(now() + linger, [this] {
    records_.forget_stale_wishes();
    loop_.stop();
  });
}

}  // namespace situp
