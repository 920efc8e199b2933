// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/lock.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <chrono>

#include "unit/world.h"

using namespace situp;

namespace {

Stanza he(const std::string& method = "manual") {
  return stanza_of("he", method,
                   {{"v4tunnel-local", "172.31.14.146"},
                    {method == "v4tunnel" ? "endpoint" : "v4tunnel-endpoint", "216.66.80.26"},
                    {"address", "2001:db8:1::2/64"}});
}

/// What ifup's method v4tunnel does.
void run_method(World& world) {
  Sit sit;
  sit.remote = *Ipv4::parse("216.66.80.26");
  world.kernel.add_sit("he", sit);
}

struct Locked : World {
  Locks theirs{folder.path()};
  /// How many operations another process could have had the lock at.
  unsigned unlocked = 0;

  Locked() {
    kernel.before_each = [this](unsigned) {
      if (!is_locked()) ++unlocked;
    };
  }
  bool is_locked() {
    const bool taken = theirs.try_lock(iface_named("he"));
    if (taken) theirs.unlock(iface_named("he"));
    return !taken;
  }
};

}  // namespace

TEST_CASE("each run that changes a tunnel holds its lock meanwhile") {
  Locked world;
  const InterfaceName iface = iface_named("he");
  REQUIRE_FALSE(world.up(he()).error);
  CHECK(world.kernel.done.size() > 4);
  CHECK_FALSE(world.is_locked());
  Reconciler reconciler = world.reconciler();
  REQUIRE_FALSE(reconciler.down({{iface, std::nullopt}}).front().error);
  // Given back by each tunnel, as the others of the run may take long.
  CHECK_FALSE(world.is_locked());
  REQUIRE_FALSE(world.up(he(), hosts::ifupdown).error);
  world.kernel.device("he")->link.mtu = 1400;
  REQUIRE_FALSE(world.reconciler().repair({{iface}}).front().result.error);
  {
    Reconciler begun = world.reconciler();
    begun.begin_down({iface, std::nullopt});
    CHECK(world.is_locked());
  }
  CHECK_FALSE(world.is_locked());
  REQUIRE_FALSE(world.up(he(), hosts::ifupdown).error);
  {
    Reconciler failed = world.reconciler();
    failed.after_ifup(iface, RunningIfup::End::failed);
    CHECK(world.kernel.device("he") == nullptr);
    CHECK(world.is_locked());
  }
  // Where there is no work, ifup does not wait for it.
  Reconciler idle = world.reconciler();
  idle.after_ifup(iface, RunningIfup::End::taken_over);
  CHECK_FALSE(world.is_locked());
  CHECK(world.unlocked == 0);
}

TEST_CASE("the steps around the stock method hold the lock, too") {
  Locked world;
  {
    Reconciler first = world.reconciler();
    first.before_stock_method({he("v4tunnel"), &hosts::ifupdown});
    CHECK(world.is_locked());
  }
  run_method(world);
  {
    Reconciler last = world.reconciler();
    last.after_stock_method({he("v4tunnel"), &hosts::ifupdown});
    CHECK(world.is_locked());
  }
  CHECK_FALSE(world.is_locked());
  CHECK(world.unlocked == 0);
}

TEST_CASE("two versions of situp have the same lock of an interface") {
  const ScratchFolder folder;
  const std::string path = folder.path("situp/.lock");
  Locks ours(folder.path("situp"));
  REQUIRE(ours.try_lock(iface_named("he")));
  const Fd theirs(open(path.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(theirs);
  const auto is_locked = [&](off_t start) {
    struct flock range {};
    range.l_type = F_WRLCK;
    range.l_start = start;
    range.l_len = 1;
    return fcntl(theirs.get(), F_OFD_GETLK, &range) == 0 && range.l_type != F_UNLCK;
  };
  // FNV-1a of the name without two of its 64 bits.
  constexpr off_t byte = 157226597636090845;
  CHECK_FALSE(is_locked(byte - 1));
  CHECK(is_locked(byte));
  CHECK_FALSE(is_locked(byte + 1));
  // Only root may hold one.
  struct stat status {};
  REQUIRE(stat(path.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("where locks can't be kept, that is told, with the remedy where it is the privilege") {
  Locks nowhere("/dev/null/situp");
  try {
    nowhere.try_lock(iface_named("he"));
    FAIL("it was locked");
  } catch (const Error& error) {
    CHECK(error.status() == Exit::system);
    CHECK(error.why().find("run it as root") == std::string::npos);
  }
}
