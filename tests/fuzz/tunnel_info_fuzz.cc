// SPDX-License-Identifier: GPL-2.0-or-later
// What the helper believes of a broker's XML, and what situp believes of the helper's line, under
// libFuzzer: make fuzz-tunnel_info
#include "fuzz.h"
#include "net/tunnel_info_xml.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situp;
  static const auto tunnel = *TunnelId::parse("123456");
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  // A line has one meaning, and a meaning one line.
  if (const auto answer = read_tunnel_info_answer(text))
    must(write_tunnel_info_answer(*answer) == text);

  const auto answer = read_tunnel_info_xml(text, tunnel);
  must(read_tunnel_info_answer(write_tunnel_info_answer(answer)) == answer);
  if (const auto* info = std::get_if<TunnelInfo>(&answer)) {
    // Nothing of it comes from a document that declares anything.
    must(text.find("<!DOCTYPE") == std::string_view::npos ||
         text.find("<![CDATA[") != std::string_view::npos ||
         text.find("<!--") != std::string_view::npos || text.find("<?") != std::string_view::npos);
    must(!info->server.is_unusable_as_endpoint());
    must(info->client_inside.contains(info->server_inside.address));
    must(info->routed64.length == 64 && !info->routed64.has_host_bits());
  }
  return 0;
}
