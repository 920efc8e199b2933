// SPDX-License-Identifier: GPL-2.0-or-later
#include "net/tunnel_info_xml.h"

#include <expat.h>
#include <strings.h>

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <optional>

#include "base/error.h"

namespace situp {
namespace {

/// Hurricane Electric's has 15 at most.
constexpr unsigned most_elements = 64;

struct FreeParser {
  void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
};

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Handles expat's events, in their order. Its callbacks are noexcept: expat is C, and no exception
/// may be thrown through it.
class Reader {
 public:
  explicit Reader(const TunnelId& tunnel) : parser_(XML_ParserCreate(nullptr)), tunnel_(tunnel) {
    if (!parser_) throw Error(Exit::system, "libexpat", "out of memory");
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), &Reader::begin, &Reader::end);
    XML_SetCharacterDataHandler(parser_.get(), &Reader::text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), &Reader::document_type);
  }

  TunnelInfoAnswer read(std::string_view body) {
    if (body.size() > static_cast<std::size_t>(std::numeric_limits<int>::max()))
      return FailureAnswer{Failure::too_large};
    const auto status =
        XML_Parse(parser_.get(), body.data(), static_cast<int>(body.size()), XML_TRUE);
    if (failure_) return *failure_;
    // Before an element is there, it is no XML at all.
    if (status != XML_STATUS_OK)
      return FailureAnswer{elements_ == 0 ? Failure::no_tunnel_info : Failure::bad_body};
    if (tunnels_ == 0) return FailureAnswer{Failure::no_such_key};
    const auto info = fields_.info();
    if (!info) return FailureAnswer{Failure::bad_body};
    return *info;
  }

 private:
  static Reader& self(void* data) { return *static_cast<Reader*>(data); }

  /// The reader ignores the events that expat still sends then.
  void stop(Failure failure, unsigned number = 0) noexcept {
    if (!failure_) failure_ = FailureAnswer{failure, number};
    XML_StopParser(parser_.get(), XML_FALSE);
  }

  static void begin(void* data, const XML_Char* name, const XML_Char** attributes) noexcept {
    Reader& reader = self(data);
    if (reader.failure_) return;
    ++reader.elements_;
    switch (++reader.depth_) {
      case 1:
        if (std::string_view(name) != "tunnels") reader.stop(Failure::no_tunnel_info);
        break;
      case 2:
        reader.begin_tunnel(name, attributes);
        break;
      case 3:
        reader.is_field_ = TunnelInfoFields::knows(name);
        reader.size_ = 0;
        break;
      default:
        reader.stop(Failure::bad_body);
    }
    if (reader.elements_ > most_elements) reader.stop(Failure::bad_body);
  }

  void begin_tunnel(const XML_Char* name, const XML_Char** attributes) noexcept {
    if (std::string_view(name) != "tunnel") return stop(Failure::bad_body);
    if (++tunnels_ > 1) return stop(Failure::several, tunnels_);
    for (; *attributes != nullptr; attributes += 2)
      if (std::string_view(attributes[0]) == "id" && attributes[1] == tunnel_.str()) return;
    stop(Failure::bad_body);
  }

  static void text(void* data, const XML_Char* piece, int size) noexcept {
    Reader& reader = self(data);
    if (reader.failure_ || reader.depth_ != 3 || !reader.is_field_) return;
    const auto length = static_cast<std::size_t>(size);
    if (length > reader.value_.size() - reader.size_) return reader.stop(Failure::bad_body);
    std::copy_n(piece, length, reader.value_.begin() + static_cast<std::ptrdiff_t>(reader.size_));
    reader.size_ += length;
  }

  static void end(void* data, const XML_Char* name) noexcept {
    Reader& reader = self(data);
    if (reader.failure_) return;
    if (reader.depth_-- != 3 || !reader.is_field_) return;
    const auto value = without_blanks({reader.value_.data(), reader.size_});
    if (value.empty() && std::string_view(name) == "routed48") return;  // none was asked for
    if (!reader.fields_.take(name, value)) reader.stop(Failure::bad_body);
  }

  /// Entities are declared in there, and nowhere else. A page of HTML begins with one, too.
  static void document_type(void* data, const XML_Char* name, const XML_Char* /*system*/,
                            const XML_Char* /*open*/, int /*internal*/) noexcept {
    self(data).stop(strcasecmp(name, "html") == 0 ? Failure::no_tunnel_info : Failure::bad_body);
  }

  std::unique_ptr<XML_ParserStruct, FreeParser> parser_;
  const TunnelId& tunnel_;
  TunnelInfoFields fields_;
  std::optional<FailureAnswer> failure_;
  unsigned depth_ = 0, elements_ = 0, tunnels_ = 0;
  bool is_field_ = false;  // of the tunnel info; `value_` is for it
  std::array<char, 2 * TunnelInfoFields::most_value> value_{};
  std::size_t size_ = 0;
};

}  // namespace

TunnelInfoAnswer read_tunnel_info_xml(std::string_view body, const TunnelId& tunnel) {
  return Reader(tunnel).read(body);
}

}  // namespace situp
