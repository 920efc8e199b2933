// SPDX-License-Identifier: GPL-2.0-or-later
// situp.conf and the credentials, under libFuzzer: make fuzz-config
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "base/error.h"
#include "base/fd.h"
#include "base/text.h"
#include "fuzz.h"
#include "hosts/config.h"
#include "hosts/credentials.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace situp;
  const Fd file(memfd_create("fuzz", MFD_CLOEXEC));
  must(static_cast<bool>(file) && fchmod(file.get(), 0600) == 0 &&
       write(file.get(), data, size) == static_cast<ssize_t>(size));
  const std::string path = "/proc/self/fd/" + std::to_string(file.get());
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  try {
    const Config config = Config::read(path, Config::Missing::is_an_error);
    must(config.timeout.count() <= 300 && config.boot_wait.count() <= 300);
    must(config.next_hop.mark != 0 && config.next_hop.table >= 256);
    for (const auto& [name, keys] : config.brokers) {
      must(BrokerName::parse(name.str()) == name);
      if (!keys.url) continue;
      const std::string url = keys.url->filled(*TunnelId::parse("7"), Ipv4::parse("192.0.2.1"),
                                               *Login::parse("@/", "?#"));
      must(url.starts_with("https://"));
      must(url.find_first_of("{}#\r\n ") == std::string::npos);
    }
  } catch (const Error& error) {
    must(!error.why().empty() && printable(error.what()) == error.what());
    must(error.status() == Exit::configuration);
  }
  static const Broker broker{*BrokerName::parse("he"), *TunnelId::parse("123456")};
  try {
    must(!read_credentials(broker, path, geteuid()).version.empty());
    must(text.find("he") != std::string_view::npos);
  } catch (const Error& error) {
    must(!error.why().empty() && printable(error.what()) == error.what());
  }
  return 0;
}
