// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "hosts/config.h"
#include "model/check/host_advice.h"
#include "model/doctor/diagnosis.h"
#include "model/doctor/passage.h"
#include "model/stanza/spec.h"
#include "model/tunnel/live.h"
#include "reconcile/record.h"
#include "reconcile/resolve.h"
#include "reconcile/system.h"

namespace situp {

/// What is known of the tunnel from files.
struct Patient {
  InterfaceName iface;
  std::optional<Stanza> stanza;  // as it stands in the file now
  std::optional<Error> trouble;  // why there is none, or why it can't be told
  Ifup ifup = Ifup::none;
  std::string remedy = "situp check says all that is wrong with the file";  // of `trouble`
};

/// Finds out why a tunnel doesn't work. Looks, asks and sends packets; changes nothing. What takes
/// a privilege that it hasn't is a probe that says so.
class Doctor {
 public:
  Doctor(const Config& config, Patient patient, const System& system);
  Diagnosis examine();

 private:
  Probe& add(std::string name, std::string tried, std::string saw);
  /// Of the probe that was added last.
  void conclude(Mark mark, std::string means, std::string advice = {});
  bool is_up() const { return record_ && record_->state == Record::State::up; }
  /// How the tunnel's user brings it up.
  std::string command_up() const;

  // doctor.cc
  bool stanza();
  void record();
  void daemon();
  // outside.cc
  /// "after 12 ms"
  std::string since(Deadline::Clock::time_point start) const;
  void sources();
  bool try_source(const Source& one);
  Answer ask(const Question& question, Deadline deadline);
  void endpoint();
  void route();
  void ask_endpoint(Ipv4 to);
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
  std::optional<Ipv6> source() const;
  Probe passage(const LiveLink& link, const Ipv6& target, Ipv4 outer, bool& answered,
                std::uint32_t& round_trip);
  void default_route(const LiveLink& link, bool answered);
  void beyond(const LiveLink& link);
  bool has_strict_rp_filter(const std::string& iface) const;
  void path_mtu(const LiveLink& link, const Ipv6& target, std::uint32_t round_trip);
  // record_of_broker.cc
  void broker();
  void last_answer();
  void record_of_broker();
  std::optional<Ipv4> public_address() const;

  const Config& config_;
  const System& system_;
  Kernel& kernel_;
  Patient patient_;
  Diagnosis diagnosis_;
  Records records_;
  std::optional<Record> record_;
  std::optional<TunnelSpec> spec_;  // what is up, or else what the stanza asks for
  Live live_;
  std::map<Question, Answer> answers_;
  std::string version_;           // of the metadata service
  std::optional<Ipv4> found_;     // the local address that the sources give now
  std::optional<Ipv4> endpoint_;  // as DNS has it now
  std::vector<std::string> filters_;
};

}  // namespace situp
