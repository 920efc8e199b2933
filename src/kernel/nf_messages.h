// SPDX-License-Identifier: GPL-2.0-or-later
// The messages of nf_tables.
#pragma once
#include <libmnl/libmnl.h>

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "kernel/netlink.h"

namespace situp {

/// The attributes of a message or of a nest, by their numbers. All that situp reads have smaller
/// ones.
using Attributes = std::array<const nlattr*, 16>;
Attributes nested(const nlattr* attribute);

std::string_view payload(const nlattr* attribute);
/// A name without its final zero; empty without an attribute.
std::string name_in(const nlattr* attribute);
std::optional<std::uint32_t> number_in(const nlattr* attribute);

/// Passes all objects of one kind in `family` to `each`.
void dump(Netlink& netlink, int message, std::uint8_t family,
          const std::function<void(Request&)>& fill, const std::function<void()>& start,
          const std::function<void(std::uint8_t family, const Attributes&)>& each);
/// The same for family ip6.
void dump(Netlink& netlink, int message, const std::function<void(Request&)>& fill,
          const std::function<void()>& start, const std::function<void(const Attributes&)>& each);

/// The number of changes to the kernel's nf_tables.
std::uint32_t read_generation(Netlink& netlink);

/// Requests of which the kernel executes all or none, and none (ERESTART) unless `generation` is
/// the current one.
class Batch {
 public:
  explicit Batch(std::uint32_t generation);
  Request& add(int message, std::uint8_t family);
  /// For an object of family ip6.
  Request& add(int message);
  Refusal execute(Netlink& netlink);

 private:
  Request& add_end(int message);

  std::deque<Request> requests_;
};

}  // namespace situp
