# SPDX-License-Identifier: GPL-2.0-or-later
"""What a service or a user hands over: bodies, keys, environment and command line."""

import gzip
import resource
import subprocess
import threading
import time

from harness import (ADDRESS, GOOD, MAC, MACS, OTHER_MAC, PROGRAM, PUT, VALUES, CutOffAfter, Failed, ask, equal, expect, situp_net,
                     test)
from service import Service, imds, reply

# Bodies


@test
def hostile_values():
    for body, line in (
            ("$(reboot)", "bad-body 0"), ("10.1.2.3; reboot", "bad-body 0"), ("`id`", "bad-body 0"),
            ("<html><body>Log in</body></html>", "bad-body 0"), ("", "no-such-key 0"), ("None", "no-such-key 0"),
            ("\n", "no-such-key 0"), ("none", "bad-body 0"), ("fd00:ec2::254", "bad-body 0"),
            ("::ffff:10.1.2.3", "bad-body 0"), ("0.0.0.0", "bad-body 0"), ("0.1.2.3", "bad-body 0"),
            ("127.0.0.1", "bad-body 0"), ("224.0.0.1", "bad-body 0"), ("240.0.0.1", "bad-body 0"),
            ("255.255.255.255", "bad-body 0"), ("10.1.2.3\n10.1.2.4", "several 2"), ("10.1.2.3\n\n", "bad-body 0"),
            ("\n10.1.2.3", "bad-body 0"), ("10.1.2.3\r\n", "bad-body 0"), ("10.1.2.3 ", "bad-body 0"),
            (" 10.1.2.3", "bad-body 0"), ("010.001.002.003", "bad-body 0"), ("10.1.2", "bad-body 0"),
            ("10.1.2.256", "bad-body 0"), ("0xa.1.2.3", "bad-body 0"), ("167838211", "bad-body 0"),
            ("10.1.2.3\0", "bad-body 0"), ("10.1.2.3/24", "bad-body 0"), ("\x1b[31m10.1.2.3", "bad-body 0"),
            ("10.1.2.3\n" * 7000, "several 7000"), ("x" * 65536, "bad-body 0"), ("x" * 65537, "too-large 0")):
        expect(imds({"local-ipv4": body}), f"failure {line}\n")


@test
def good_values():
    for body in (ADDRESS, ADDRESS + "\n"):
        expect(imds({"local-ipv4": body}), GOOD)


@test
def hostile_tokens():
    for token in (b"", b"a\r\nX-Evil: 1", b"a\nb", b"a b", b"a\tb", b"tok\0en", b"t\xc3\xb6ken", b"\x7f", b"token\n", b"x" * 1025):
        service = imds(VALUES, put=lambda _, token=token: reply(200, token))
        equal("requests", expect(service, "failure bad-token 0\n"), [PUT])
    service = imds(VALUES, put=lambda _: reply(200, b"x" * 65537))
    expect(service, "failure too-large 0\n")


@test
def longest_token():
    service = imds(VALUES, v1=True, put=lambda _: reply(200, b"~" * 1024))
    expect(service, GOOD)
    equal("token", service.requests[1].headers.get("x-aws-ec2-metadata-token"), "~" * 1024)


def endless(start, piece):
    yield start
    while True:
        yield piece


CHUNK = b"10000\r\n" + b"1" * 65536 + b"\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


@test
def endless_bodies():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    for start, piece in ((CHUNKED, CHUNK), (CHUNKED, b"1\r\n1\r\n"), (b"HTTP/1.1 200 OK\r\n\r\n", b"1" * 65536),
                         (b"HTTP/1.1 200 OK\r\n", b"X-Header: " + b"x" * 1000 + b"\r\n"),
                         (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
                         (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
                         (b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", b"1" * 65536)):
        expect(imds(VALUES, put=lambda _, s=start, p=piece: endless(s, p)), "failure too-large 0\n", wait=15000)
        expect(imds(VALUES, get=lambda _, s=start, p=piece: endless(s, p)), "failure too-large 0\n", wait=15000)
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    # In KiB. Libraries are most of it; a client that kept what it was sent would be far beyond.
    if after > max(before, 64 * 1024):
        raise Failed(f"{after} KiB resident")


@test
def endless_line():
    line = imds(VALUES, put=lambda _: endless(b"HTTP/1.1 200 OK\r\nX: ", b"x" * 65536))
    printed, status, _ = ask(line.url, wait=5000)
    line.close()
    if printed not in ("failure too-large 0\n", "failure protocol 0\n"):
        raise Failed(printed)
    equal("status", status, 1)


@test
def not_http():
    for data in (b"SSH-2.0-OpenSSH_9.2\r\n", b"10.1.2.3", b"\x16\x03\x01\x02\x00\x01\x00", b"HTTP/3 200\r\n\r\n10.1.2.3"):
        def answer(_, data=data):
            return CutOffAfter(data)
        expect(imds(VALUES, put=answer), "failure protocol 0\n")


@test
def unasked_compression():
    """A bomb is either not unpacked or stopped at the same limit."""
    body = gzip.compress(b"1" * 10_000_000)
    for header in ("Content-Encoding: gzip", "Transfer-Encoding: gzip, chunked"):
        if header.startswith("Transfer"):
            data = f"HTTP/1.1 200 OK\r\n{header}\r\n\r\n{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        else:
            data = reply(200, body, [header])
        service = imds(VALUES, get=lambda _, data=data: data)
        printed, status, _ = ask(service.url)
        service.close()
        if printed not in ("failure bad-body 0\n", "failure too-large 0\n", "failure protocol 0\n"):
            raise Failed(printed)
        equal("status", status, 1)


# Keys


@test
def of_an_interface():
    equal("requests", expect(imds(VALUES), GOOD, "mac", MAC.upper()), [PUT, f"GET /latest/meta-data/{MACS}{MAC}/local-ipv4s"])
    expect(imds(VALUES), "failure no-such-key 404\n", "mac", "00:00:00:00:00:01")
    expect(imds({f"{MACS}{MAC}/local-ipv4s": "10.1.2.3\nevil\n"}), "failure bad-body 0\n", "mac", MAC)


@test
def behind_a_public_address():
    service = imds(VALUES)
    walk = [f"GET /latest/meta-data/{MACS}{mac}/ipv4-associations/198.51.100.7" for mac in (OTHER_MAC, MAC)]
    equal("requests", expect(service, "addresses 10.1.2.4\n", "public", "198.51.100.7"),
          [PUT, f"GET /latest/meta-data/{MACS}", *walk])
    equal("connections", service.connections, 1)
    expect(imds(VALUES), "failure several 2\n", "public", "198.51.100.8")
    expect(imds(VALUES), "failure no-such-key 0\n", "public", "198.51.100.9")
    expect(imds({}), "failure no-such-key 404\n", "public", "198.51.100.9")


@test
def hostile_lists():
    for body, line in (("../../../x/", "bad-body 0"), (f"{MAC}/\r\n", "bad-body 0"), (f"{MAC} /", "bad-body 0"),
                       (f"{MAC}/{MAC}/", "bad-body 0"), ("\n".join([MAC + "/"] * 65), "bad-body 0"), ("", "no-such-key 0")):
        expect(imds({MACS: body}), f"failure {line}\n", "public", "198.51.100.9")


# Surroundings


@test
def the_environment_changes_nothing():
    proxy = Service(lambda _: reply(200, "6.6.6.6"))
    environment = {name: proxy.url for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy")}
    environment |= {"AWS_EC2_METADATA_SERVICE_ENDPOINT": proxy.url, "HOME": "/nonexistent"}
    expect(imds(VALUES), GOOD, environment=environment)
    equal("requests at the proxy", proxy.requests, [])
    proxy.close()


@test
def endpoint_by_name():
    service = imds(VALUES)
    service.url = f"http://localhost:{service.port}/"
    expect(service, GOOD)


@test
def wrong_command_lines():
    end = ["--endpoint", "http://127.0.0.1:9"]
    imds_ = ["--imds", "v2"]
    wait = ["--wait", "0"]
    good = end + imds_ + wait
    for words in ([], ["metadata"], ["nonsense"], ["--help", "x"],
                  ["metadata", *good], ["metadata", *good, "secondary"], ["metadata", *good, "primary", "x"],
                  ["metadata", *good, "mac"], ["metadata", *good, "mac", "0a"], ["metadata", *good, "mac", MAC, "x"],
                  ["metadata", *good, "public", "1.2.3"], ["metadata", *good, "public", "01.2.3.4"],
                  ["metadata", *end, *imds_, "primary"], ["metadata", *end, *wait, "primary"],
                  ["metadata", *imds_, *wait, "primary"], ["metadata", *good, *wait, "primary"],
                  ["metadata", *end, "--imds", "v1", *wait, "primary"], ["metadata", *end, *imds_, "--wait", "-1", "primary"],
                  ["metadata", *end, *imds_, "--wait", "1s", "primary"], ["metadata", *end, *imds_, "--wait"],
                  ["metadata", *end, *imds_, "--wait", "600001", "primary"], ["metadata", *good, "--try", "0", "primary"],
                  ["metadata", *good, "--what", "0", "primary"], ["metadata", "primary", *good],
                  ["metadata", "--endpoint", "https://127.0.0.1", *imds_, *wait, "primary"],
                  ["metadata", "--endpoint", "http://u@127.0.0.1", *imds_, *wait, "primary"],
                  ["metadata", "--endpoint", "http://127.0.0.1/x", *imds_, *wait, "primary"],
                  ["metadata", "--endpoint", "file:///etc/passwd", *imds_, *wait, "primary"],
                  ["resolve", "localhost"], ["resolve", *wait], ["resolve", *wait, "a b"], ["resolve", *wait, "127.0.0.1"],
                  ["resolve", *wait, "localhost", "localhost"], ["resolve", *good, "localhost"],
                  ["resolve", *wait, "localhost", "--"], ["--", "resolve", *wait, "localhost"]):
        equal(" ".join(words), situp_net(*words)[:2], ("", 2))


@test
def help_goes_to_stdout():
    printed, status, _ = situp_net("--help")
    equal("status", status, 0)
    if not printed.startswith("usage: situp-net metadata"):
        raise Failed(printed)


@test
def resolves_names():
    # Names of the hosts file only: nothing here asks DNS.
    equal("localhost", situp_net("resolve", "--wait", "0", "localhost")[:2], ("addresses 127.0.0.1\n", 0))
    equal("again", situp_net("resolve", "--wait", "3000", "localhost")[:2], ("addresses 127.0.0.1\n", 0))


@test
def several_questions_are_answered_at_the_same_time():
    asked = threading.Event()
    # The first one has its answer only once the second one is asked.
    first = imds(VALUES, get=lambda _: asked.wait(20) and None)
    second = imds(VALUES, get=lambda _: asked.set())
    off = imds(VALUES, get=lambda _: reply(403))
    words = []
    for service in (first, second, off):
        words += ["metadata", "--endpoint", service.url, "--imds", "auto", "--wait", "15000", "--try", "15000", "primary", "--"]
    try:
        printed, status, _ = situp_net(*words, "resolve", "--wait", "15000", "localhost")
    finally:
        for service in (first, second, off):
            service.close()
    equal("printed", printed, f"{GOOD}{GOOD}failure service-off 403\naddresses 127.0.0.1\n")
    equal("status", status, 0)


@test
def several_questions_end_with_their_asker():
    over = threading.Event()
    silent = imds(VALUES, get=lambda _: over.wait(60) and None)
    question = ["metadata", "--endpoint", silent.url, "--imds", "auto", "--wait", "60000", "--try", "60000", "primary"]
    ended = time.monotonic() + 20

    def running(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="latin-1") as stat:
                return stat.read().rpartition(")")[2].split()[0] != "Z"
        except OSError:
            return False

    with subprocess.Popen([PROGRAM, *question, "--", *question], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as asker:
        while silent.connections < 2 and time.monotonic() < ended:
            time.sleep(0.01)
        with open(f"/proc/{asker.pid}/task/{asker.pid}/children", encoding="latin-1") as file:
            children = file.read().split()
        asker.kill()
    while any(map(running, children)) and time.monotonic() < ended:
        time.sleep(0.01)
    over.set()
    silent.close()
    equal("processes", len(children), 2)
    equal("still there", [pid for pid in children if running(pid)], [])
