// SPDX-License-Identifier: GPL-2.0-or-later
// From sources and names to addresses: asks the kernel itself, and situp-net for all that is on the
// network.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "hosts/config.h"
#include "kernel/kernel.h"
#include "model/ask/answer.h"
#include "model/ask/question.h"
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "model/tunnel/tunnel.h"
#include "reconcile/asker.h"

namespace situp {

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
  /// resolve(), which takes each answer once.
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
  std::chrono::milliseconds waited() const { return waited_ + answers_.waited(); }

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
  void look_again_after(std::chrono::milliseconds waited_before);
  /// Looks again whenever links, addresses or routes change, until `found` says so or the deadline
  /// has come.
  template <typename F>
  bool wait_for(Deadline deadline, F&& found);

  Kernel& kernel_;
  const Extent& extent_;
  const Config& config_;
  Deadline deadline_;
  Answers answers_;
  std::chrono::milliseconds waited_{0};  // for the kernel
  Live live_;
};

}  // namespace situp
