// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/find_host.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "unit/world.h"

using namespace situp;

TEST_CASE("what ifup is on a host, by where its name leads") {
  const ScratchFolder root;
  const auto of_link = [&](const char* target) { return host_of_link(target, root.path()); };
  CHECK(of_link("") == hosts::ifupdown);
  CHECK(of_link("ifupdown") == hosts::ifupdown_ng_0_11);
  CHECK(of_link("/sbin/ifup-ng") == hosts::ifupdown_ng_0_11);
  CHECK(of_link("/usr/share/ifupdown2/ifupdown2") == hosts::ifupdown2);
  CHECK(of_link("/bin/busybox") == hosts::busybox);
  CHECK(of_link("/etc/alternatives/ifup") == hosts::ifupdown);
}

TEST_CASE("ifupdown-ng 0.12 is told from an older one by an executor") {
  const ScratchFolder root;
  const std::filesystem::path folder = root.path() + "/usr/libexec/ifupdown-ng";
  std::filesystem::create_directories(folder);
  CHECK(host_of_link("ifupdown", root.path()) == hosts::ifupdown_ng_0_11);
  std::ofstream(folder / "wireguard-quick").close();
  CHECK(host_of_link("ifupdown", root.path()) == hosts::ifupdown_ng);
  CHECK(host_of_link("ifupdown2", root.path()) == hosts::ifupdown2);
}

TEST_CASE("without an ifup, situp brings tunnels up itself") {
  const ScratchFolder root;
  CHECK(find_host(root.path()) == hosts::situp_up);
}
