// SPDX-License-Identifier: GPL-2.0-or-later
// From sources and names to addresses: asks the kernel itself, and situp-net for all that is on the
// network.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/child.h"
#include "base/deadline.h"
#include "hosts/config.h"
#include "kernel/kernel.h"
#include "model/ask/answer.h"
#include "model/ask/question.h"
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "model/tunnel/tunnel.h"

namespace situp {

/// Gets situp-net's answers, by the deadline. An Error (Exit::no_answer) where it gave none.
class Asker {
 public:
  using One = std::function<Answer(const Question& question, Deadline deadline)>;
  using Several =
      std::function<std::vector<Answer>(const std::vector<Question>& questions, Deadline deadline)>;
  /// `several`: questions of metadata and names, which are asked at the same time; empty: it can't.
  template <typename F, typename = std::enable_if_t<std::is_convertible_v<F, One>>>
  Asker(F one, Several several = {}) : one_(std::move(one)), several_(std::move(several)) {}

  Answer operator()(const Question& question, Deadline deadline) const {
    return one_(question, deadline);
  }
  const Several& several() const { return several_; }

 private:
  One one_;
  Several several_;
};

/// Runs situp-net and waits for it.
Asker helper_asker();
/// The command that asks it, for who doesn't want to wait here.
Command command_for(const Question& question, std::chrono::milliseconds time);
/// Why it gave none, from how it ended.
FailureAnswer without_answer(const Outcome& outcome);
/// The answer in the output of a helper that has ended.
Answer answer_in(const Outcome& outcome);
/// The same for several questions.
std::vector<Answer> answers_in(const Outcome& outcome, std::size_t questions);
TimedAnswer timed_answer_in(const Outcome& outcome);
/// situp-net keeps its own deadline, which begins when its libraries are loaded. This much later it
/// is taken for hung. A busy machine that has just booted takes seconds to load them.
constexpr std::chrono::milliseconds grace{10000};

/// Thrown by an Asker that can't wait: the same run will be made again once the answer is known.
/// Not an Error, so that no source is passed over for it.
struct Unanswered {
  Question question;
};

/// A source that gave no address, but might give one later; another one might, too: its chain goes
/// on.
class Unreachable : public Error {
 public:
  using Error::Error;
};

class Resolver {
 public:
  /// `wait` is for all sources of this run together; 0 tries each once. `extent`, which has to
  /// outlive this, names the parts of live().
  Resolver(Kernel& kernel, const Extent& extent, const Config& config,
           std::chrono::milliseconds wait, Asker asker = helper_asker());

  /// Asks for the names and services of several tunnels, or of one, at the same time, for
  /// resolve(), which takes each answer once: to start a situp-net for each would take most of the
  /// time.
  void ask_ahead(const std::vector<const TunnelSpec*>& specs);
  /// An Error (Exit::no_answer) says which source or name gave no usable answer, and why. `known`
  /// is the result of an earlier run: if DNS now fails, its endpoint and router lists stay in
  /// force; if a source can't be reached, so does its local address, while this host holds it.
  /// `not_renewed` (not to be null then) names the kept parts, and the reason.
  Resolved resolve(const TunnelSpec& spec, const Resolved* known = nullptr,
                   std::optional<std::string>* not_renewed = nullptr);
  /// By which source of a chain an address came.
  struct Way {
    std::string answered;
    std::vector<Unreachable> passed_over;
  };
  /// The first usable answer of a chain, held by an interface of this host. `endpoint` is for
  /// `route`.
  Ipv4 address(const std::vector<Source>& chain, std::optional<Ipv4> endpoint,
               const std::optional<InterfaceName>& dev, Way* way = nullptr);

  /// The last snapshot: of the start, or after waiting for a change.
  const Live& live() const { return live_; }
  void take_snapshot() { live_ = kernel_.snapshot(extent_); }
  /// How long this run has waited so far.
  std::chrono::milliseconds waited() const { return waited_; }

 private:
  Ipv4 try_source(const Source& source, std::optional<Ipv4> endpoint,
                  const std::optional<InterfaceName>& dev, Deadline deadline);
  Ipv4 from_interface(const InterfaceName& iface, Deadline deadline);
  Ipv4 from_route(Ipv4 endpoint, const std::optional<InterfaceName>& dev, Deadline deadline);
  Ipv4 from_service(const FromService& source, Deadline deadline);
  Ipv4 from_cloud(const FromCloud& source, Deadline deadline);
  Mac mac_of(const InterfaceName& iface, const Source& source, Deadline deadline);
  void wait_until_held(Ipv4 address, const Source& source);
  std::vector<Ipv4> addresses_of(const Host& host);
  std::vector<Ipv4> addresses_of(const std::vector<Host>& hosts);
  Ipv4 public_address(const TunnelSpec& spec, Ipv4 local);
  Ipv4 public_or_known(const TunnelSpec& spec, const Resolved& now, const Resolved* known,
                       std::optional<std::string>* not_renewed);
  void refuse_other_end(const TunnelSpec& spec, Ipv4 local, Ipv4 relay) const;
  unsigned underlay_mtu(const TunnelSpec& spec, const Resolved& resolved);
  Answer ask(const Question& question, Deadline deadline);
  std::optional<Question> question_of(const Source& source) const;
  void remember(const Question& question, const Answer& answer);
  /// Looks again whenever links, addresses or routes change, until `found` says so or the deadline
  /// has come.
  template <typename F>
  bool wait_for(Deadline deadline, F&& found);

  Kernel& kernel_;
  const Extent& extent_;
  const Config& config_;
  Asker asker_;
  Deadline deadline_;
  std::chrono::milliseconds waited_{0};
  Live live_;
  std::map<Question, Answer> answers_;  // a thousand stanzas ask the metadata service once
  std::map<Question, Answer> ahead_;    // by ask_ahead()
};

}  // namespace situp
