// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/daemon.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "base/random.h"
#include "reconcile/daemon_lock.h"
#include "reconcile/lock.h"
#include "upkeep/journal.h"
#include "upkeep/put_routes_back.h"

namespace situp {
namespace {

using std::chrono::seconds;

// After the last tunnel has gone: ifdown and ifup follow each other.
constexpr seconds linger{10};

// In seconds.
constexpr std::int64_t just_now = 10;

// Beyond this, EC2 and Linux' connection tracking have forgotten protocol 41.
constexpr std::uint32_t longest_useful_keepalive = 600;

// If another process resolved a name just now, situpd does not know the TTL: it takes the shortest
// time.
constexpr seconds first_name_check{60};

/// True if the tunnel is up and its stanza was written by a situp that this one understands.
bool is_for_us(const std::optional<Record>& record) {
  if (!record || !record->wants_daemon()) return false;
  try {
    understand(record->stanza, record->host());
  } catch (const Error&) {
    return false;
  }
  return true;
}

}  // namespace

Daemon::Daemon(std::string config_path, bool stay)
    : config_path_(std::move(config_path)),
      stay_(stay),
      lock_(lock_for_daemon()),
      presence_(bind_presence(daemon_socket)),
      helpers_(loop_),
      routers_(loop_, echo_,
               [this](const InterfaceName& iface, bool alive, const std::string& line) {
                 router_became(iface, alive, line);
               }) {
  hear_signals();
}

void Daemon::read_config() {
  config_ = Config::read_named(config_path_);
}

/// The service manager would start a situpd that ends for a mistake in the file again and again.
/// False if a signal ends situpd before the mistake is corrected.
bool Daemon::wait_for_config() {
  constexpr int between_looks = 5000;  // milliseconds
  for (std::string told;;) {
    try {
      read_config();
      if (!told.empty()) notify("STATUS=");
      return true;
    } catch (const Error& error) {
      if (error.status() != Exit::configuration) throw;
      const std::string line = std::string(error.what()) + "; situpd waits for the correction";
      if (line != told) {
        tell(Severity::error, "", "error", line);
        notify("READY=1\nSTATUS=" + line);
      }
      told = line;
    }
    pollfd signalled{signals_.get(), POLLIN, 0};
    signalfd_siginfo info{};
    if (poll(&signalled, 1, between_looks) == 1 &&
        ::read(signals_.get(), &info, sizeof info) == static_cast<ssize_t>(sizeof info) &&
        info.ssi_signo != SIGHUP)
      return false;
  }
}

void Daemon::hear_signals() {
  signal(SIGPIPE, SIG_IGN);  // the reader of stderr may end first
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
      config_may_have_changed();
    }
  });
}

/// A mistake in the file is no lost event: the old configuration stays.
void Daemon::config_may_have_changed() {
  try {
    read_config();
  } catch (const Error& error) {
    return tell(Severity::error, "", "error", error.what());
  }
  all_may_have_changed();
  brokers_may_want_to_know();
}

void Daemon::run() {
  if (!wait_for_config()) return;
  loop_.watch(record_watch_.descriptor(), [this] { records_changed(); });
  loop_.watch(host_watch_.descriptor(), [this] { host_changed(); });
  loop_.watch(clock_watch_.descriptor(), [this] {
    if (clock_watch_.read()) restart_all();
  });
  loop_.watch(echo_.descriptor(), [this] { take_answers(); });
  try {
    begin();
  } catch (const Error& error) {
    failed(error);
  }
  end_if_idle();
  notify("READY=1");
  loop_.run([this](const Error& error) { failed(error); });
  notify("STOPPING=1");
  put_routes_back(config_);
  if (unwatched_) throw Error(*unwatched_);
}

void Daemon::begin() {
  const std::vector<InterfaceName> live = records_.list_vitals();
  had_keeper_.insert(live.begin(), live.end());
  inspect_all();
}

/// An event that could not be handled (no descriptor, no memory of the kernel's) is lost: a change
/// that it told of, or a timer that it was to set. So situpd inspects all tunnels again.
void Daemon::failed(const Error& error) {
  tell(Severity::error, "", "error", error.what());
  if (recovery_.number != 0) return;  // failures that go on must not put it off
  recovery_ = loop_.at(now() + again_.pause(now(), random_bits()), [this] { recover(); });
}

void Daemon::recover() {
  recovery_.number = 0;
  try {
    record_watch_.begin();
  } catch (const Error& error) {
    // In a unit's sandbox, situpd can't make a removed folder again. The next situpd gets a new
    // one.
    unwatched_ = error;
    return loop_.stop();
  }
  // A clock that was slewed, and not set, moves no times.
  if (!clock_watch_.read()) static_cast<void>(clock_watch_.set_by());
  host_watch_.read_all();
  for (const auto& [iface, keeper] : keepers_) plan_probe(iface);
  restart_all();
  // The last: an Error about one record comes after all the others.
  inspect_all();
  end_if_idle();
}

/// After the host has slept, the clock was set, or an event is lost.
void Daemon::restart_all() {
  if (const auto set_by = clock_watch_.set_by().count(); set_by != 0)
    for (auto& [iface, keeper] : keepers_) {
      keeper.vitals.move_times(set_by);
      records_.move_written_at(iface, set_by);
    }
  all_may_have_changed();
  brokers_may_want_to_know();
  routers_.restart_all();
}

/// Catches up with the changes before situpd kept the tunnel: before its start, or while it could
/// not read the record. A tunnel that has just come up, and so started situpd, needs no repair,
/// unless its address has gone since. `lacks_lan`: the interface of a LAN address was missing, and
/// may have appeared since.
void Daemon::catch_up(const InterfaceName& iface, Keeper& keeper, bool lacks_lan) {
  // An earlier situpd may have been killed in the middle of a repair.
  const bool had_keeper = had_keeper_.erase(iface) != 0;
  const std::int64_t age = clock_now() - records_.written_at(iface);  // < 0: the clock was set back
  const bool is_new = !had_keeper && age >= 0 && age <= just_now;
  if (!is_new || lacks_lan || !host_watch_.holds(keeper.resolved().local)) inspect_soon(keeper);
}

void Daemon::inspect_all() {
  const std::vector<InterfaceName> there = records_.list();
  std::set<InterfaceName> gone;
  for (const auto& [iface, keeper] : keepers_) gone.insert(iface);
  // A killed situpd has left files of tunnels that are down by now.
  for (const InterfaceName& iface : records_.list_vitals()) gone.insert(iface);
  for (const InterfaceName& iface : there) gone.erase(iface);
  for (const InterfaceName& iface : gone) forget(iface);
  inspect_each(there);
}

/// One that can't be inspected doesn't keep the others.
void Daemon::inspect_each(const std::vector<InterfaceName>& ifaces) {
  std::optional<Error> first;
  for (const InterfaceName& iface : ifaces) {
    try {
      inspect(iface);
    } catch (const Error& error) {
      if (!first) first = error;
    }
  }
  if (first) throw Error(*first);
}

/// Reads a record again.
void Daemon::inspect(const InterfaceName& iface) {
  const auto record = records_.read(iface);
  if (!record) {
    if (records_.elsewhere(iface))
      tell(Severity::notice, iface.str(), "elsewhere",
           "is in another network namespace, and situpd looks after those of its own: for that "
           "one, run situpd --stay there, with a /run of its own");
    else if (const auto trouble = records_.trouble(iface))
      tell(Severity::error, iface.str(), "error", trouble->what());
  }
  // Between `intent` and `up` another process works on it; situpd drops its keeper only once the
  // outcome is sure.
  if (record && record->state == Record::State::intent && keepers_.count(iface) != 0) return;
  if (!record || !record->wants_daemon()) return forget(iface);
  const auto known = keepers_.find(iface);
  if (known != keepers_.end() && known->second.is_for(*record)) {
    // The process that has written it may have changed the tunnel.
    routers_.restart(iface);
    // `up` has added default routes that were withdrawn.
    const bool is_back = known->second.is_to_withdraw() && record->withdrawn.empty();
    if (!is_back && record->resolved == known->second.resolved()) return;
    // Another process resolved the tunnel anew, so situpd does, too.
    return inspect_soon(known->second);
  }
  forget(iface);
  try {
    begin_to_keep(iface, *record);
  } catch (const Error&) {
    // Half a keeper would be taken for a whole one the next time.
    forget(iface);
    throw;
  }
}

void Daemon::begin_to_keep(const InterfaceName& iface, const Record& record) {
  TunnelSpec spec;
  try {
    spec = understand(record.stanza, record.host());
  } catch (const Error& error) {
    tell(Severity::error, iface.str(), "error", error.what());
    return;
  }
  const auto added = keepers_.emplace(iface, Keeper(record, spec, now(), random_bits())).first;
  by_ifindex_.emplace(record.ifindex, iface);
  if (added->second.has_next_hop()) host_watch_.follow_next_hops(true);
  if (added->second.has_routes()) ++with_routes_;
  loop_.cancel(end_);
  if (spec.keepalive && spec.keepalive->seconds > longest_useful_keepalive)
    tell(Severity::warning, iface.str(), "keepalive",
         "a keepalive of " + std::to_string(spec.keepalive->seconds) +
             " s: EC2 and Linux forget a tunnel that is silent for 600 s; write less");
  if (spec.keepalive && !added->second.target()) {
    const std::string line = "the keepalive's target is this host itself: it pings no address";
    added->second.vitals.note(clock_now(), line);
    tell(Severity::notice, iface.str(), "keepalive", line);
  }
  if (added->second.has_names()) added->second.pacer.not_later_than(now() + first_name_check);
  keep_routers(iface, added->second);
  plan_probe(iface);
  plan_inspection(added->second);
  records_.request_upkeep(iface);
  catch_up(iface, added->second, record.owned.lan.size() < spec.lan_interfaces().size());
  save(iface, added->second);
  if (spec.broker) begin_telling(iface, spec, record.resolved.local);
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
  updaters_
      .try_emplace(
          iface,
          BrokerUpdater::World{loop_, helpers_, config_, records_.boot(), broker_calls_, say}, spec,
          local)
      .first->second.check();
}

void Daemon::brokers_may_want_to_know() {
  for (auto& [iface, updater] : updaters_) updater.check();
}

void Daemon::forget(const InterfaceName& iface) {
  records_.write_vitals(iface, "");
  const auto known = keepers_.find(iface);
  if (known == keepers_.end()) return;
  updaters_.erase(iface);
  by_ifindex_.erase(known->second.ifindex());
  loop_.cancel(probes_[iface]);
  probes_.erase(iface);
  waiting_.erase(iface);
  turned_.erase(iface);
  routers_.forget(iface);
  const bool had_next_hop = known->second.has_next_hop();
  if (known->second.has_routes()) --with_routes_;
  keepers_.erase(known);
  if (had_next_hop)
    host_watch_.follow_next_hops(
        std::any_of(keepers_.begin(), keepers_.end(),
                    [](const auto& item) { return item.second.has_next_hop(); }));
  follow_routes();
  end_if_idle();
}

/// Hears of IPv6 routes only while a tunnel depends on them.
void Daemon::follow_routes() {
  host_watch_.follow_routes6(with_routes_ != 0 || !routers_.is_empty());
}

void Daemon::all_may_have_changed() {
  for (auto& [iface, keeper] : keepers_) inspect_soon(keeper);
}

/// Something about the tunnel may have changed.
void Daemon::inspect_soon(Keeper& keeper) {
  keeper.pacer.wanted(now());
  plan_inspection(keeper);
}

void Daemon::host_changed() {
  const HostWatch::Change change = host_watch_.read();
  for (const LiveDefault& lost : change.lost_defaults) {
    const auto found = by_ifindex_.find(lost.index);
    if (found != by_ifindex_.end()) routers_.lost_default(found->second, lost.route.gateway);
  }
  if (change.unknown || change.addresses || change.underlay) return all_may_have_changed();
  if (change.next_hops) may_have_changed(&Keeper::has_next_hop);
  if (change.rules6) may_have_changed(&Keeper::has_on_link_rules);
  if (change.routed) may_have_changed(&Keeper::has_routes);
  for (const int index : change.links) {
    const auto found = by_ifindex_.find(index);
    if (found != by_ifindex_.end()) inspect_soon(keepers_.at(found->second));
  }
  if (change.names.empty()) return;
  for (auto& [iface, keeper] : keepers_)
    if (change.names.count(iface.str()) != 0 || keeper.has_lan_on(change.names))
      inspect_soon(keeper);
}

void Daemon::may_have_changed(bool (Keeper::*concerned)() const) {
  for (auto& [iface, keeper] : keepers_) {
    if ((keeper.*concerned)()) inspect_soon(keeper);
  }
}

void Daemon::records_changed() {
  const RecordWatch::Change change = record_watch_.read();
  if (change.unknown) return inspect_all();
  inspect_each(change.names);
}

/// A failure must stop neither probes nor repairs. Without a keepalive, no event would write the
/// file again, and `situp status` would deny that situpd looks after the tunnel.
void Daemon::save(const InterfaceName& iface, Keeper& keeper) {
  keeper.saved_at = now();
  Vitals vitals = keeper.vitals;
  for (const auto& [router, health] : routers_.health(iface))
    vitals.routers.push_back({router, word_of(health), routers_.is_withdrawn(iface, router)});
  try {
    records_.write_vitals(iface, write_vitals(vitals));
  } catch (const Error& error) {
    if (saving_.number != 0) return;
    tell(Severity::error, iface.str(), "error", error.what());
    saving_ = loop_.at(now() + save_again_.pause(now(), random_bits()), [this] {
      saving_.number = 0;
      for (auto& [each, known] : keepers_) save(each, known);
    });
  }
}

/// Round trips alone are written now and then: the file costs more than the ping.
void Daemon::save_samples(const InterfaceName& iface, Keeper& keeper) {
  constexpr std::chrono::seconds least{60};
  if (now() - keeper.saved_at >= least) save(iface, keeper);
}

void Daemon::end_if_idle() {
  if (stay_ || !keepers_.empty() || recovery_.number != 0) return;
  loop_.cancel(end_);
  end_ = loop_.at(now() + linger, [this] {
    forget_stale_requests();
    loop_.stop();
  });
}

/// A request without a record would start the next situpd at once. A process that works on the
/// tunnel will make its own.
void Daemon::forget_stale_requests() const {
  Locks locks(records_.directory());
  for (const InterfaceName& iface : records_.list_requests()) {
    if (!locks.try_lock(iface)) continue;
    if (!is_for_us(records_.read(iface))) records_.forget_request(iface);
    locks.unlock(iface);
  }
}

}  // namespace situp
