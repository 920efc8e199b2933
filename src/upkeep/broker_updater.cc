// SPDX-License-Identifier: GPL-2.0-or-later
#include "upkeep/broker_updater.h"

#include <algorithm>
#include <utility>

#include "base/random.h"
#include "hosts/dmi.h"
#include "reconcile/asker.h"
#include "reconcile/broker_call.h"
#include "reconcile/public_address.h"

namespace situp {
namespace {

constexpr std::chrono::milliseconds metadata_time{3000};

// If keys or the broker's section are wrong: no event tells when they are right.
constexpr std::chrono::seconds check_again{600};

std::optional<Ipv4> unless_any(Ipv4 local) {
  return local == Ipv4{} ? std::nullopt : std::optional(local);
}

/// The tunnel went down, or its stanza was edited, during an update: the broker has the update all
/// the same, and after a refusal situpd must not repeat it.
void keep_for_the_next(const BrokerFile& file, const BrokerSubject& subject, std::int64_t called_at,
                       const BrokerAnswer& answer) {
  try {
    BrokerState state = file.read(subject.broker);
    if (state.called_at != called_at) return;
    note_answer(state, subject, answer, clock_now(), random_bits());
    file.write(state);
  } catch (const Error&) {
    // There is no keeper to inform.
  }
}

}  // namespace

BrokerUpdater::BrokerUpdater(World world, const TunnelSpec& spec, Ipv4 local)
    : world_(std::move(world)),
      spec_(spec),
      file_(spec.iface),
      keeper_(file_.read(*spec.broker),
              {*spec.broker, unless_any(local), known_public_address(unless_any(local)), "",
               world_.boot},
              service_for_public_address(spec, unless_any(local), this_machine()) != nullptr,
              !spec.keepalive) {}

BrokerUpdater::~BrokerUpdater() {
  *here_ = false;
  world_.loop.cancel(timer_);
}

template <typename Event>
void BrokerUpdater::happened(Event&& event) {
  const bool ready = refresh();
  const auto now = clock_now();
  const BrokerKeeper::Step step = event(now);
  if (ready) return carry_out(step);
  if (step.what != BrokerKeeper::Step::What::nothing) keeper_.postponed(now, check_again.count());
  plan();
}

void BrokerUpdater::check() {
  happened([this](std::int64_t now) { return keeper_.check(now); });
}

void BrokerUpdater::local_changed(Ipv4 local) {
  const auto address = unless_any(local);
  happened([&](std::int64_t now) {
    return keeper_.local_changed(
        now, address, known_public_address(address),
        service_for_public_address(spec_, address, this_machine()) != nullptr);
  });
}

void BrokerUpdater::died() {
  happened([this](std::int64_t now) { return keeper_.died(now); });
}

void BrokerUpdater::alive_again() {
  happened([this](std::int64_t now) { return keeper_.alive_again(now); });
}

/// Files may have been written since, by people and by `situp broker`.
bool BrokerUpdater::refresh() {
  try {
    service_ = world_.config.broker(spec_.broker->name);
    credentials_ = read_credentials(*spec_.broker, service_->url);
    BrokerState state = file_.read(*spec_.broker);
    if (unsaved_ && state.called_at == keeper_.state().called_at) {
      state = keeper_.state();
      file_.write(state);
    }
    unsaved_ = false;
    keeper_.now_is(std::move(state), version_of(*service_, *credentials_));
    trouble_.clear();
    return true;
  } catch (const Error& error) {
    trouble(error);
    return false;
  }
}

/// Told once, and not each time that it is looked at.
void BrokerUpdater::trouble(const Error& error) {
  if (trouble_ != error.what()) world_.tell(true, error.what());
  trouble_ = error.what();
}

void BrokerUpdater::carry_out(const BrokerKeeper::Step& step) {
  if (!step.news.empty()) world_.tell(step.bad, "broker: " + step.news);
  plan();
  if (step.what == BrokerKeeper::Step::What::ask_metadata) ask_metadata();
  if (step.what == BrokerKeeper::Step::What::call) call();
}

void BrokerUpdater::plan() {
  world_.loop.cancel(timer_);
  if (!keeper_.next()) return;
  const std::chrono::seconds wait(std::max<std::int64_t>(*keeper_.next() - clock_now(), 0));
  timer_ = world_.loop.at(std::chrono::steady_clock::now() + wait, [this] { check(); });
}

void BrokerUpdater::ask_metadata() {
  const Ipv4 local = *keeper_.subject().local;
  const Service* service = service_for_public_address(spec_, local, this_machine());
  world_.helpers.run(
      command_for(public_address_question(world_.config, *service, local), metadata_time),
      metadata_time + grace, [this, here = here_](const Helpers::End& end) {
        if (!*here) return;
        const auto answer = end.error ? std::nullopt : public_address_in(end.outcome);
        const auto* addresses = answer ? std::get_if<std::vector<Ipv4>>(&*answer) : nullptr;
        const auto address =
            addresses != nullptr ? std::optional(addresses->front()) : std::nullopt;
        // Another program may have updated the broker meanwhile.
        happened([&](std::int64_t now) { return keeper_.public_address(now, address); });
      });
}

void BrokerUpdater::call() {
  const auto now = clock_now();
  if (const auto missing = missing_address(*service_, keeper_.subject())) {
    if (!told_missing_address_) world_.tell(true, missing->what());
    told_missing_address_ = true;
    keeper_.lacks_address(now);
    return plan();
  }
  told_missing_address_ = false;
  std::int64_t& last = world_.calls[spec_.broker->name];
  const auto between = service_->protocol->rules.between_tunnels;
  const auto wait = std::min(last + between - now, between);
  if (last != 0 && wait > 0) {
    keeper_.postponed(now, wait);
    return plan();
  }
  keeper_.called(now);
  try {
    file_.write(keeper_.state());
  } catch (const Error& error) {
    // If the call can't be recorded, it can't be counted.
    keeper_.postponed(now, check_again.count());
    trouble(error);
    return plan();
  }
  last = now;
  world_.helpers.run(broker_command(*service_, keeper_.subject(), credentials_->login),
                     call_time + grace,
                     [this, here = here_, file = file_, subject = keeper_.subject(),
                      now](const Helpers::End& end) {
                       const BrokerAnswer answer = end.error ? FailureAnswer{Failure::broken}
                                                             : broker_answer_in(end.outcome);
                       if (*here)
                         answered(answer);
                       else
                         keep_for_the_next(file, subject, now, answer);
                     });
}

void BrokerUpdater::answered(const BrokerAnswer& answer) {
  const auto step = keeper_.answered(clock_now(), answer, random_bits());
  try {
    file_.write(keeper_.state());
  } catch (const Error& error) {
    unsaved_ = true;
    world_.tell(true, error.what());
  }
  carry_out(step);
}

}  // namespace situp
