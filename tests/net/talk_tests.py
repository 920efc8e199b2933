# SPDX-License-Identifier: GPL-2.0-or-later
"""Versions, statuses, connections and time: the policy, seen from outside."""

import itertools
import socket
import subprocess
import time

from harness import (ADDRESS, GET, GOOD, PROGRAM, PUT, VALUES, CutOffAfter, Failed, ask, equal, expect, situp_net, test, times)
from service import TOKEN, Service, imds, reply

# Versions


@test
def version_2():
    service = imds(VALUES)
    equal("requests", expect(service, GOOD), [PUT, GET])
    equal("connections", service.connections, 1)
    token, value = service.requests
    equal("token's body", token.body, b"")
    equal("header of the value", value.headers.get("x-aws-ec2-metadata-token"), TOKEN.decode())
    equal("Expect", token.headers.get("expect"), None)
    equal("Content-Type", token.headers.get("content-type"), None)
    equal("Content-Length", token.headers.get("content-length"), "0")
    equal("header of the token's request", value.headers.get("x-aws-ec2-metadata-token-ttl-seconds"), None)


@test
def version_2_configured():
    equal("requests", expect(imds(VALUES), GOOD, version="v2"), [PUT, GET])


@test
def version_1_only():
    equal("requests", expect(imds(VALUES, v1=True), GOOD), [PUT, GET])


@test
def version_1_only_405():
    equal("requests", expect(imds(VALUES, v1=True, put=lambda _: reply(405)), GOOD), [PUT, GET])


@test
def version_1_only_but_version_2_configured():
    equal("requests", expect(imds(VALUES, v1=True), "failure v1-refused 404\n", version="v2"), [PUT])


@test
def no_version_1_after_other_statuses():
    for status, line in ((400, "bad-status 400"), (401, "bad-status 401"), (403, "service-off 403"), (500, "bad-status 500"),
                         (502, "bad-status 502"), (204, "bad-status 204"), (418, "bad-status 418")):
        service = imds(VALUES, v1=True, put=lambda _, status=status: reply(status))
        equal("requests", expect(service, f"failure {line}\n"), [PUT])


# Statuses of the value


@test
def token_expired_once():
    service = imds(VALUES, get=times(1, reply(401)))
    equal("requests", expect(service, GOOD), [PUT, GET, PUT, GET])


@test
def token_never_good():
    service = imds(VALUES, get=lambda _: reply(401))
    equal("requests", expect(service, "failure token-refused 401\n"), [PUT, GET, PUT, GET])


@test
def version_1_wants_a_token():
    equal("requests", expect(imds(VALUES, v1=True, get=lambda _: reply(401)), "failure bad-status 401\n"), [PUT, GET])


@test
def service_off():
    equal("requests", expect(imds(VALUES, get=lambda _: reply(403)), "failure service-off 403\n"), [PUT, GET])


@test
def no_such_key():
    expect(imds({}), "failure no-such-key 404\n")


@test
def busy_for_a_while():
    service = imds(VALUES, put=times(2, reply(503)), get=times(2, reply(503)))
    equal("requests", expect(service, GOOD, wait=10000), [PUT] * 3 + [GET] * 3)


@test
def busy_for_ever():
    service = imds(VALUES, put=lambda _: reply(503))
    requests = expect(service, "failure unavailable 503\n", wait=1500)
    if not 2 <= len(requests) <= 200:
        raise Failed(f"{len(requests)} requests")


@test
def busy_and_no_time():
    equal("requests", expect(imds(VALUES, put=lambda _: reply(503)), "failure unavailable 503\n", wait=0), [PUT])


@test
def redirects():
    elsewhere = imds(VALUES, v1=True)
    for status in (301, 302, 303, 307, 308):
        location = f"Location: {elsewhere.url}/latest/meta-data/local-ipv4"
        expect(imds(VALUES, get=lambda _, s=status, l=location: reply(s, b"", [l])), f"failure bad-status {status}\n")
        expect(imds(VALUES, put=lambda _, s=status, l=location: reply(s, b"", [l])), f"failure bad-status {status}\n")
    equal("requests elsewhere", elsewhere.requests, [])
    elsewhere.close()


# Connections and time


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@test
def refused():
    printed, status, took = ask(f"http://127.0.0.1:{free_port()}", wait=500)
    equal("printed", printed, "failure unreachable 111\n")
    equal("status", status, 1)
    if took < 0.4:
        raise Failed(f"gave up after {took:.3f} s of 0.5")


@test
def refused_and_no_time():
    equal("result", ask(f"http://127.0.0.1:{free_port()}", wait=0)[:2], ("failure unreachable 111\n", 1))


@test
def appears_later():
    port = free_port()
    with subprocess.Popen([PROGRAM, "metadata", "--endpoint", f"http://127.0.0.1:{port}", "--imds", "v2", "--wait", "15000",
                           "primary"], stdout=subprocess.PIPE) as waiting:
        time.sleep(0.5)
        service = imds(VALUES, port=port)
        equal("printed", waiting.communicate(timeout=20)[0].decode(), GOOD)
        service.close()


@test
def connect_timeout():
    # A full backlog: the kernel drops the SYNs of everybody else.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
            fillers.append(filler)
        time.sleep(0.1)
        equal("one try", situp_net("metadata", "--endpoint", f"http://127.0.0.1:{port}", "--imds", "v2", "--wait", "0", "--try",
                                   "200", "primary")[:2], ("failure connect-timeout 0\n", 1))
        equal("several", situp_net("metadata", "--endpoint", f"http://127.0.0.1:{port}", "--imds", "v2", "--wait", "700", "--try",
                                   "200", "primary")[:2], ("failure connect-timeout 0\n", 1))
        for filler in fillers:
            filler.close()


def silence():
    def pieces():
        time.sleep(30)
        yield b""
    return pieces()


@test
def token_timeout():
    service = imds(VALUES, put=lambda _: silence())
    equal("requests", expect(service, "failure token-timeout 0\n", wait=500), [PUT])
    expect(imds(VALUES, put=lambda _: silence()), "failure token-timeout 0\n", wait=0)


@test
def value_timeout():
    expect(imds(VALUES, get=lambda _: silence()), "failure value-timeout 0\n", wait=1000)


def drip(data, seconds=0.2):
    for byte in data:
        time.sleep(seconds)
        yield bytes([byte])


@test
def a_byte_at_a_time():
    expect(imds(VALUES, get=lambda _: drip(reply(200, "1" * 1000))), "failure value-timeout 0\n", wait=1000)
    expect(imds(VALUES, put=lambda _: drip(reply(200, "1" * 1000))), "failure token-timeout 0\n", wait=700)


@test
def slow_but_whole():
    expect(imds(VALUES, get=lambda _: drip(reply(200, ADDRESS), 0.005)), GOOD, wait=10000)


@test
def the_last_try_does_not_hide_the_reason():
    """Busy, then silent when hardly any time is left: that is no matter of hop limits."""
    left = itertools.count()
    service = imds(VALUES, put=lambda _: reply(503) if next(left) == 0 else silence())
    expect(service, "failure unavailable 503\n", wait=900)


@test
def closed_without_an_answer():
    left = itertools.count()
    service = imds(VALUES)
    good = service.answer
    service.answer = lambda request: good(request) if next(left) > 1 else None
    expect(service, GOOD, wait=10000)
    expect(Service(lambda _: None), "failure unreachable 0\n", wait=0)


@test
def cut_off_in_the_middle():
    service = imds(VALUES, get=lambda _: CutOffAfter(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n10.1"))
    expect(service, "failure unreachable 0\n", wait=0)
