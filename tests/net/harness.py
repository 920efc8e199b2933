# SPDX-License-Identifier: GPL-2.0-or-later
"""What the tests of situp-net have in common."""

import itertools
import os
import subprocess
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("SITUP_NET", os.path.join(ROOT, "build", "situp-net"))
ADDRESS = "10.1.2.3"
GOOD = f"addresses {ADDRESS}\n"
MAC = "0a:1b:2c:3d:4e:5f"
OTHER_MAC = "0a:1b:2c:3d:4e:60"
MACS = "network/interfaces/macs/"
VALUES = {
    "local-ipv4": ADDRESS,
    MACS: f"{OTHER_MAC}/\n{MAC}/",
    f"{MACS}{MAC}/local-ipv4s": "10.1.2.3\n10.1.2.4\n",
    f"{MACS}{MAC}/ipv4-associations/198.51.100.7": "10.1.2.4",
    f"{MACS}{MAC}/ipv4-associations/198.51.100.8": "10.1.2.4\n10.1.2.5",
}

tests = []


def test(function):
    tests.append(function)
    return function


class Failed(Exception):
    pass


def equal(what, seen, wanted):
    if seen != wanted:
        raise Failed(f"{what}: {seen!r} instead of {wanted!r}")


def situp_net(*arguments, environment=None, most_seconds=20):
    """What it printed, its status, the time it took in seconds. The bound is a guard, far above what any test needs."""
    started = time.monotonic()
    done = subprocess.run([PROGRAM, *arguments], stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          timeout=most_seconds, env={"LC_ALL": "C"} | (environment or {}))
    return done.stdout.decode("latin-1"), done.returncode, time.monotonic() - started


def ask(url, *key, version="auto", wait=3000, **more):
    return situp_net("metadata", "--endpoint", url, "--imds", version, "--wait", str(wait), *(key or ("primary",)), **more)


def expect(service, line, *key, **more):
    """Asks the service, compares the line and the status with what they should be, returns the requests it got."""
    try:
        printed, status, _ = ask(service.url, *key, **more)
    finally:
        service.close()
    equal("printed", printed, line)
    equal("status", status, 0 if line.startswith("addresses") else 1)
    return [repr(request) for request in service.requests]


def times(count, answer):
    """Answers so the first `count` times, then leaves it to the good service."""
    left = itertools.count()
    return lambda request: answer if next(left) < count else None


PUT = "PUT /latest/api/token"
GET = "GET /latest/meta-data/local-ipv4"


class CutOffAfter:
    def __init__(self, data):
        self.data = data

    def __iter__(self):
        yield self.data
        raise OSError("end")
