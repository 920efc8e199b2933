// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/instance_json.h"

#include <jansson.h>

#include <algorithm>
#include <memory>
#include <string>

#include "base/random.h"
#include "base/text.h"

namespace situp {
namespace {

constexpr unsigned most_levels = 8;
constexpr std::size_t most_addresses = 64;

/// A document that is not as its row says. It does not leave this file.
struct Wrong {};

/// jansson itself takes 2,048 levels, and recurses for each.
bool is_too_deep(std::string_view text) {
  unsigned level = 0;
  bool in_text = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_text) {
      if (c == '\\')
        ++i;
      else if (c == '"')
        in_text = false;
    } else if (c == '"') {
      in_text = true;
    } else if (c == '[' || c == '{') {
      if (++level > most_levels) return true;
    } else if ((c == ']' || c == '}') && level > 0) {
      --level;
    }
  }
  return false;
}

struct Free {
  void operator()(json_t* json) const { json_decref(json); }
};
using Document = std::unique_ptr<json_t, Free>;

Document parse(std::string_view body) {
  if (is_too_deep(body)) throw Wrong();
  // jansson would read /dev/urandom for this, which situp-net can't.
  json_object_seed(random_bits_or(1) | 1U);
  Document document(json_loadb(body.data(), body.size(), JSON_REJECT_DUPLICATES, nullptr));
  if (!document) throw Wrong();
  return document;
}

/// All that a pattern leads to.
std::vector<json_t*> select(json_t* from, std::string_view pattern) {
  std::vector<json_t*> found{from};
  while (!pattern.empty()) {
    const std::string name(take_until(pattern, '/'));
    std::vector<json_t*> below;
    for (json_t* one : found) {
      if (name != "*") {
        if (json_t* field = json_object_get(one, name.c_str())) below.push_back(field);
        continue;
      }
      for (std::size_t i = 0; i < json_array_size(one); ++i)
        below.push_back(json_array_get(one, i));
      for (void* at = json_object_iter(one); at != nullptr; at = json_object_iter_next(one, at))
        below.push_back(json_object_iter_value(at));
    }
    found = std::move(below);
  }
  return found;
}

/// Empty for a field that says nothing.
std::optional<std::string_view> text_of(json_t* json) {
  if (json == nullptr || json_is_null(json)) return std::nullopt;
  if (!json_is_string(json)) throw Wrong();
  const std::string_view text(json_string_value(json), json_string_length(json));
  return text.empty() ? std::nullopt : std::optional(text);
}

std::vector<Ipv4> addresses_at(json_t* from, std::string_view pattern, bool has_length) {
  std::vector<Ipv4> addresses;
  if (pattern.empty()) return addresses;
  for (json_t* json : select(from, pattern)) {
    auto text = text_of(json);
    if (!text) continue;
    constexpr std::string_view length = "/32";
    if (has_length && text->ends_with(length)) text->remove_suffix(length.size());
    const auto address = Ipv4::parse(*text);
    if (!address || address->is_unusable_as_endpoint()) throw Wrong();
    if (addresses.size() == most_addresses) throw Wrong();
    addresses.push_back(*address);
  }
  return addresses;
}

/// Also twelve digits without colons.
Mac mac_of(std::string_view text) {
  std::string with_colons;
  if (text.size() == 12)
    for (std::size_t i = 0; i < text.size(); i += 2)
      with_colons.append(i == 0 ? "" : ":").append(text.substr(i, 2));
  const auto mac = Mac::parse(with_colons.empty() ? text : with_colons);
  if (!mac) throw Wrong();
  return *mac;
}

std::optional<Mac> mac_at(json_t* interface, std::string_view pattern) {
  if (pattern.empty()) return std::nullopt;
  for (json_t* json : select(interface, pattern))
    if (const auto text = text_of(json)) return mac_of(*text);
  return std::nullopt;
}

/// A null pointer if there is none.
json_t* field_of(json_t* object, std::string_view name) {
  return json_object_get(object, std::string(name).c_str());
}

bool has(json_t* object, const JsonField& field) {
  const json_t* json = field_of(object, field.name);
  return json_is_string(json) && field.text == json_string_value(json);
}

std::vector<InstanceAddress> read(std::string_view body, const ServiceJson& row) {
  const Document document = parse(body);
  std::vector<InstanceAddress> all;
  for (json_t* interface : select(document.get(), row.interfaces)) {
    InstanceAddress found;
    found.mac = mac_at(interface, row.mac);
    found.primary = !row.primary.name.empty() && has(interface, row.primary);
    for (json_t* address : select(interface, row.addresses)) {
      if (!row.only.name.empty() && !has(address, row.only)) continue;
      if (!row.unless.empty() && json_is_true(field_of(address, row.unless))) continue;
      found.publics = addresses_at(address, row.public_address, row.has_length);
      for (const std::string_view pattern : row.private_address) {
        const auto own = addresses_at(address, pattern, row.has_length);
        for (const Ipv4 one : own) {
          if (all.size() == most_addresses) throw Wrong();
          found.address = one;
          all.push_back(found);
        }
        if (!own.empty()) break;
      }
    }
  }
  return all;
}

struct Key {
  const std::vector<InstanceAddress>& all;

  template <typename Is>
  Answer first(Is is) const {
    const auto found = std::find_if(all.begin(), all.end(), is);
    if (found == all.end()) return FailureAnswer{Failure::no_such_key};
    return std::vector<Ipv4>{found->address};
  }
  Answer operator()(const PrimaryAddress& /*key*/) const {
    const bool has_primary =
        std::any_of(all.begin(), all.end(), [](const InstanceAddress& one) { return one.primary; });
    return first([&](const InstanceAddress& one) { return one.primary || !has_primary; });
  }
  Answer operator()(const InterfaceAddress& key) const {
    return first([&](const InstanceAddress& one) { return one.mac == key.mac; });
  }
  Answer operator()(const PrivateAddress& key) const {
    return first([&](const InstanceAddress& one) {
      return std::find(one.publics.begin(), one.publics.end(), key.of) != one.publics.end();
    });
  }
  Answer operator()(const PublicAddress& key) const {
    for (const InstanceAddress& one : all)
      if (one.address == key.of && !one.publics.empty()) return std::vector{one.publics.front()};
    return FailureAnswer{Failure::no_such_key};
  }
};

}  // namespace

std::variant<std::vector<InstanceAddress>, FailureAnswer> read_instance_json(
    std::string_view body, const ServiceJson& row) {
  if (body.empty()) return FailureAnswer{Failure::no_such_key};
  try {
    return read(body, row);
  } catch (const Wrong&) {
    return FailureAnswer{Failure::bad_body};
  }
}

std::string text_in_json(std::string_view body, std::string_view field) {
  try {
    const Document document = parse(body);
    return std::string(text_of(field_of(document.get(), field)).value_or(""));
  } catch (const Wrong&) {
    return {};
  }
}

Answer answer_from(const std::vector<InstanceAddress>& all, const MetadataQuestion& question) {
  const Key key{all};
  return std::visit(key, question.key);
}

}  // namespace situp
