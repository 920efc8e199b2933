// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "hosts/config.h"
#include "model/broker/state.h"
#include "model/doctor/diagnosis.h"
#include "model/doctor/passage.h"
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "model/tunnel/tunnel.h"
#include "reconcile/record.h"
#include "reconcile/resolve.h"
#include "reconcile/system.h"

namespace situp {

/// The facts about the tunnel from files.
struct Subject {
  InterfaceName iface;
  std::optional<Stanza> stanza;  // as the file has it now
  std::optional<Error> trouble;  // why `stanza` is empty
  const HostProgram* host = &hosts::situp_up;
  std::string remedy = "situp check says all that is wrong with the file";  // of `trouble`
};

/// Finds the reason why a tunnel doesn't work. It reads, asks and sends packets; it changes no
/// setting. A missing privilege is a probe that says so.
class Doctor {
 public:
  Doctor(const Config& config, Subject subject, const System& system);
  Diagnosis examine();

 private:
  Probe& add(std::string name, std::string tried, std::string saw);
  /// Sets the result of the last probe.
  void conclude(Mark mark, std::string means, std::string advice = {});
  bool is_up() const { return record_ && record_->state == Record::State::up; }
  /// The tunnel that is up; there is a record.
  Tunnel recorded_tunnel() const { return make_tunnel(*spec_, record_->resolved); }
  /// The command that brings the tunnel up.
  std::string command_up() const;

  // doctor.cc
  bool stanza();
  void record();
  void daemon();
  // outside.cc
  /// "after 12 ms"
  std::string since(Deadline::Clock::time_point start) const;
  void cloud();
  void sources();
  bool try_source(const Source& one);
  Answer ask(const Question& question, Deadline deadline);
  void endpoint();
  void route();
  void ask_endpoint(Ipv4 to);
  std::optional<WrongWay> wrong_way(const Way& way) const;
  // device.cc
  std::optional<std::string> setting(const std::string& path) const;
  std::optional<bool> has_module(const std::string& name) const;
  std::vector<std::string> legacy_filters() const;
  void ipv6();
  void module();
  bool device();
  void as_recorded();
  void as_planned();
  void next_hop();
  void filters();
  void lan();
  // through.cc
  void through();
  void relays(std::vector<std::pair<Ipv6, Ipv4>>& targets) const;
  std::optional<Ipv6> source() const;
  void pass(const LiveLink& link, Passage& passage);
  Probe passage(const LiveLink& link, const Ipv6& target, Ipv4 outer, bool& answered,
                std::uint32_t& round_trip);
  void default_route(const LiveLink& link, bool answered);
  void beyond(const LiveLink& link);
  bool has_strict_rp_filter(const std::string& iface) const;
  void path_mtu(const LiveLink& link, const Ipv6& target, std::uint32_t round_trip);
  // tunnel_info.cc
  void broker();
  void last_answer(const BrokerState& state);
  void settings_of_broker(const BrokerState& state);
  void probe_tunnel_info();
  std::optional<Ipv4> public_address() const;

  const Config& config_;
  const System& system_;
  Kernel& kernel_;
  Subject subject_;
  Diagnosis diagnosis_;
  Records records_;
  std::optional<Record> record_;
  std::optional<TunnelSpec> spec_;  // of the tunnel that is up, else of the stanza
  Live live_;
  std::map<Question, Answer> answers_;
  std::string version_;           // of the metadata service
  std::optional<Ipv4> found_;     // the local address that the sources give now
  std::optional<Ipv4> endpoint_;  // as DNS has it now
  std::vector<std::string> filters_;
};

}  // namespace situp
