// SPDX-License-Identifier: GPL-2.0-or-later
// What situpd believes of a router's advertisement, under libFuzzer: make fuzz-advertisement
#include "fuzz.h"
#include "model/router_advertisement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situp;
  const auto read = read_router_advertisement({data, size});
  if (!read) return 0;
  must(size >= 16);
  must(read->prefixes.size() <= 32 && read->routes.size() <= 32);
  for (const AdvertisedPrefix& prefix : read->prefixes) {
    must(prefix.net.length <= 128 && !prefix.net.has_host_bits());
    must(!prefix.net.address.is_link_local() && prefix.preferred <= prefix.valid);
  }
  for (const AdvertisedRoute& route : read->routes)
    must(route.net.length <= 128 && !route.net.has_host_bits());
  const auto end = read->first_end();
  must(!end || (*end != 0 && *end != lasts_forever));
  return 0;
}
