// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/find_host.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "hosts/ifcfg.h"
#include "unit/world.h"

using namespace situp;

namespace {
const HostProgram& host_by_link(const ScratchFolder& root, const char* target) {
  const std::filesystem::path link = root.path("usr/sbin/ifup");
  std::filesystem::create_directories(link.parent_path());
  std::filesystem::remove(link);
  std::filesystem::create_symlink(target, link);
  return find_host(root.path());
}
}  // namespace

TEST_CASE("what ifup is on a host, by where its name leads") {
  const ScratchFolder root;
  CHECK(host_by_link(root, "ifupdown") == hosts::ifupdown_ng_0_11);
  CHECK(host_by_link(root, "/sbin/ifup-ng") == hosts::ifupdown_ng_0_11);
  CHECK(host_by_link(root, "/usr/share/ifupdown2/ifupdown2") == hosts::ifupdown2);
  CHECK(host_by_link(root, "/bin/busybox") == hosts::busybox);
  CHECK(host_by_link(root, "/nosuch/alternatives/ifup") == hosts::ifupdown);
}

TEST_CASE("Red Hat's ifup is a script, Debian's a program, whichever files are beside it") {
  const ScratchFolder root;
  root.put("usr/sbin/ifup", "#!/bin/bash\n");
  // Without the files of one of the two it is NetworkManager's.
  CHECK(find_host(root.path()) == hosts::situp_up);
  CHECK(host_by_link(root, "../../etc/alternatives/ifup") == hosts::ifupdown);
  root.put("etc/alternatives/ifup", "#!/bin/sh\n");
  CHECK(host_by_link(root, "../../etc/alternatives/ifup") == hosts::situp_up);
  root.put("usr/sbin/ifquery", "\177ELF");
  CHECK(host_by_link(root, "../../etc/alternatives/ifup") == hosts::ifupdown);
  root.put(std::string(ifcfg_directory) + "/network-functions", "");
  CHECK(find_host(root.path()) == hosts::network_scripts);
  root.put("usr/sbin/ifup.real", "#!/bin/sh\n");
  CHECK(host_by_link(root, "ifup.real") == hosts::network_scripts);
  for (const char* text : {"\177ELF\2\1\1", "#", ""}) {
    root.put("usr/sbin/ifup.real", text);
    CHECK(find_host(root.path()) == hosts::ifupdown);
  }
  CHECK(host_by_link(root, "nosuch") == hosts::ifupdown);
}

TEST_CASE("ifupdown-ng 0.12 is told from an older one by an executor") {
  const ScratchFolder root;
  CHECK(host_by_link(root, "ifupdown") == hosts::ifupdown_ng_0_11);
  root.put("usr/libexec/ifupdown-ng/wireguard-quick", "");
  CHECK(host_by_link(root, "ifupdown") == hosts::ifupdown_ng);
  CHECK(host_by_link(root, "ifupdown2") == hosts::ifupdown2);
}

TEST_CASE("without an ifup, situp brings tunnels up itself") {
  const ScratchFolder root;
  CHECK(find_host(root.path()) == hosts::situp_up);
}
