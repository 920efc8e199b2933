# SPDX-License-Identifier: GPL-2.0-or-later
"""The calls to a broker: what is sent, what is believed, and what never shows."""

import base64
import os
import ssl
import subprocess
import tempfile
import time

from harness import PROGRAM, Failed, equal, test
from service import Service, reply

USER, KEY = "someone", "s3cr3t=key+/x"
FOLDER = tempfile.TemporaryDirectory()


def certificate(name, subject):
    """A certificate that signs itself, and so is a CA's, too; paths of it and its key."""
    path = os.path.join(FOLDER.name, name)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName={subject}", "-keyout", f"{path}.key", "-out",
                    f"{path}.pem"], check=True, capture_output=True)
    return f"{path}.pem", f"{path}.key"


GOOD = certificate("good", "IP:127.0.0.1")
OTHER_NAME = certificate("other-name", "DNS:broker.example.net")
NOBODY_S = certificate("nobody-s", "IP:127.0.0.1")


class Broker(Service):
    """A service with TLS around each connection."""

    def __init__(self, answer, pair=GOOD, context=None):
        self.context = context or ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*pair)
        self.peers = []
        super().__init__(answer)
        self.url = f"https://127.0.0.1:{self.port}/nic/update"

    def _talk(self, connection):
        self.peers.append(connection.getpeername()[0])
        try:
            connection = self.context.wrap_socket(connection, server_side=True)
        except OSError:
            connection.close()
            return
        super()._talk(connection)


def tell(url, *more, verb="broker", login=f"{USER}\n{KEY}\n", tunnel="123456", wait=5000, ca_file=GOOD[0], environment=None):
    arguments = [verb, "--url", url, "--wait", str(wait)] + (["--ca-file", ca_file] if ca_file else [])
    started = time.monotonic()
    done = subprocess.run([PROGRAM, *arguments, *more, tunnel], input=login.encode(), capture_output=True, check=False,
                          timeout=20, env={"LC_ALL": "C"} | (environment or {}))
    for text in (done.stdout, done.stderr):
        if KEY.encode() in text or USER.encode() in text:
            raise Failed(f"the login shows in {text!r}")
    return done.stdout.decode("latin-1"), done.returncode, time.monotonic() - started


def expect(answer, line, *more, **options):
    """Answers so, compares the line and the status, returns the broker with the requests that it got."""
    broker = Broker(answer if callable(answer) else lambda _: answer, **{k: options.pop(k) for k in ("pair", "context")
                                                                        if k in options})
    try:
        printed, status, _ = tell(broker.url + options.pop("behind", ""), *more, **options)
    finally:
        broker.close()
    equal("printed", printed, line)
    kinds = ("broker ", "record ", "sentence ", "done ", "refused ", "later ")
    equal("status", status, 0 if line.startswith(kinds) else 1 if line else 2)
    return broker


@test
def what_a_broker_is_told():
    broker = expect(reply(200, "good 203.0.113.10"), "broker good 203.0.113.10\n")
    equal("requests", [repr(r) for r in broker.requests], ["GET /nic/update?hostname=123456"])
    headers = broker.requests[0].headers
    equal("login", headers["authorization"], "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode())
    equal("host", headers["host"], f"127.0.0.1:{broker.port}")
    equal("agent", headers["user-agent"].startswith("situp/"), True)
    equal("cookie, referer", [headers.get("cookie"), headers.get("referer")], [None, None])


@test
def with_an_address():
    broker = expect(reply(200, "nochg 203.0.113.10\n"), "broker nochg 203.0.113.10\n", "--myip", "203.0.113.10")
    equal("requests", [repr(r) for r in broker.requests], ["GET /nic/update?hostname=123456&myip=203.0.113.10"])


@test
def from_an_address():
    broker = expect(reply(200, "good"), "broker good\n", "--local", "127.0.0.7")
    equal("peers", broker.peers, ["127.0.0.7"])
    # EADDRNOTAVAIL: this is documentation's, and no host's
    broker = expect(reply(200, "good"), "failure unreachable 99\n", "--local", "192.0.2.1")
    equal("requests", broker.requests, [])


@test
def each_word():
    for body, line in (("good 1.2.3.4\r\n", "broker good 1.2.3.4"), ("good", "broker good"), ("nochg", "broker nochg"),
                       ("badauth", "broker badauth"), ("nohost", "broker nohost"), ("badip", "broker badip"),
                       ("notfqdn", "broker notfqdn"), ("!donator", "broker !donator"), ("abuse", "broker abuse"),
                       ("dnserr", "broker dnserr"), ("911", "broker 911"), ("abuse  wait a while", "broker abuse"),
                       ("good 127.0.0.1", "broker good 127.0.0.1"), ("nohost 1.2.3.4", "broker nohost")):
        equal("requests", len(expect(reply(200, body), line + "\n").requests), 1)


@test
def what_is_no_answer():
    for body in ("", "\n", "<html>good</html>", " <html>good</html>"):
        equal("requests", len(expect(reply(200, body), "failure bad-body 0\n").requests), 1)
    # Words that the protocol does not have are quoted, as one line.
    for body, words in (("goody", "goody"), ("GOOD 1.2.3.4", "GOOD 1.2.3.4"), (" good", "good"), ("good  1.2.3.4", "good 1.2.3.4"),
                        ("good 1.2.3", "good 1.2.3"), ("good x", "good x"), ("nochg 01.2.3.4", "nochg 01.2.3.4"),
                        ("good 1.2.3.4\ngood 1.2.3.5", "good 1.2.3.4 good 1.2.3.5"), ("badauth\r\n\r\n", "badauth"),
                        ("-ERROR: IP is not pingable", "-ERROR: IP is not pingable"), ("good\0\x1b[2J", "good??[2J"),
                        ("good 2001:db8::1", "good 2001:db8::1"), ("good=1.2.3.4", "good=1.2.3.4"),
                        ("x" * 300, "x" * 200 + "…".encode().decode("latin-1"))):
        equal("requests", len(expect(reply(200, body), f"sentence 200 {words}\n").requests), 1)
    # A service that repeats the request: neither the key nor the header that has it gets out.
    for body in (f"no such key: {KEY}", "unknown header: Authorization: Basic c29tZW9uZTprZXk="):
        expect(reply(200, body), "failure bad-body 0\n")


@test
def statuses():
    for status, body, line in ((401, "badauth", "broker badauth"), (401, "<html>", "broker badauth"), (403, "abuse", "broker abuse"),
                               (404, "nohost", "broker nohost"), (500, "911", "broker 911"), (500, "", "failure bad-status 500"),
                               (503, "busy", "sentence 503 busy"), (403, "good 1.2.3.4", "failure bad-status 403"),
                               (500, "good", "failure bad-status 500"), (202, "good", "failure bad-status 202"),
                               (404, "<html>", "failure bad-status 404")):
        equal("requests", len(expect(reply(status, body), line + "\n").requests), 1)


@test
def redirects_are_not_followed():
    elsewhere = Broker(lambda _: reply(200, "good 1.2.3.4"))
    for status in (301, 302, 303, 307, 308):
        broker = expect(reply(status, "", [f"Location: {elsewhere.url}"]), f"failure bad-status {status}\n")
        equal("requests", len(broker.requests), 1)
    elsewhere.close()
    equal("requests elsewhere", elsewhere.requests, [])


@test
def certificates():
    for options in ({"pair": OTHER_NAME, "ca_file": OTHER_NAME[0]}, {"pair": NOBODY_S}, {"ca_file": ""},
                    {"environment": {"SSL_CERT_FILE": GOOD[0], "CURL_CA_BUNDLE": GOOD[0]}, "ca_file": ""}):
        broker = expect(reply(200, "good"), "failure untrusted 0\n", **options)
        equal("requests", broker.requests, [])
    expect(reply(200, "good"), "failure no-ca-file 0\n", ca_file="/nonexistent/ca.pem")
    expired = certificate("expired", "IP:127.0.0.1")
    subprocess.run(["openssl", "x509", "-in", expired[0], "-signkey", expired[1], "-days", "-1", "-out", expired[0] + "2"],
                   check=True, capture_output=True)
    equal("requests", expect(reply(200, "good"), "failure untrusted 0\n", pair=(expired[0] + "2", expired[1]),
                             ca_file=expired[0] + "2").requests, [])


@test
def old_tls():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version, context.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    equal("requests", expect(reply(200, "good"), "failure protocol 0\n", context=context).requests, [])


@test
def without_tls():
    service = Service(lambda _: reply(200, "good"))
    printed, status, _ = tell(f"https://127.0.0.1:{service.port}/nic/update")
    service.close()
    equal("printed", (printed, status), ("failure protocol 0\n", 1))
    equal("requests", service.requests, [])


@test
def nothing_of_the_environment():
    proxy = Service(lambda _: reply(200, "good 6.6.6.6"))
    names = {name: f"http://127.0.0.1:{proxy.port}" for name in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy")}
    expect(reply(200, "good 1.2.3.4"), "broker good 1.2.3.4\n", environment=names)
    proxy.close()
    equal("requests to the proxy", proxy.requests, [])


@test
def time_and_size():
    broker = Broker(lambda request: (broker.over.wait(10), None)[1])
    printed, _, seconds = tell(broker.url, wait=400)
    broker.close()
    equal("printed", printed, "failure value-timeout 0\n")
    equal("in time", seconds < 3, True)
    expect(lambda _: (b"x" * 4096 if i else b"HTTP/1.1 200 X\r\n\r\n" for i in range(100)), "failure too-large 0\n")
    expect(lambda _: None, "failure unreachable 0\n")
    for host in ("127.0.0.1", "localhost"):
        equal("printed", tell(f"https://{host}:1/x")[0], "failure unreachable 111\n")


@test
def wrong_usage():
    url = "https://127.0.0.1:1/x"
    for arguments in ([], ["--url", "http://127.0.0.1:1/x", "1"], ["--url", url], ["--url", url, "x"], ["--url", url, "12345678901"],
                      ["--url", url, "1", "2"], ["--url", url, "--myip", "1.2.3", "1"], ["--url", url, "--local", "eth0", "1"],
                      ["--url", url, "--ca-file", "x.pem", "1"], ["--url", url, "--url", url, "1"], ["--url", url, "--try", "5", "1"],
                      ["--url", "https://a:b@127.0.0.1/x", "1"], ["--url", "https://127.0.0.1/x?y", "1"]):
        done = subprocess.run([PROGRAM, "broker", "--wait", "100", *arguments], input=b"a\nb\n", capture_output=True, check=False,
                              timeout=20)
        equal(f"status of {arguments}", (done.returncode, done.stdout), (2, b""))
    for login in ("", "a", "a\nb", "a\n\n", "\nb\n", "a:b\nc\n", "a\nb c\n", "a\nb\nc\n", "a\nb\r\n", "a\n" + "b" * 5000 + "\n"):
        equal(f"status with {login!r}", tell(url, login=login)[:2], ("", 2))


TEMPLATE = ("--protocol", "template", "--done", "OK!, already registered", "--refused", "wrong password", "--later", "busy")


def expect_text(answer, line, *more, behind="?t={tunnel}", **options):
    return expect(answer, line, *TEMPLATE, *more, behind=behind, **options)


@test
def a_template_with_the_login_in_the_header():
    broker = expect_text(reply(200, "OK! done"), "done 200 OK! done\n", "--myip", "203.0.113.10", "--local", "127.0.0.7",
                         behind="/{tunnel}?ip={address}&x=%20+;")
    equal("requests", [repr(r) for r in broker.requests], ["GET /nic/update/123456?ip=203.0.113.10&x=%20+;"])
    equal("login", broker.requests[0].headers["authorization"], "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode())
    equal("peers", broker.peers, ["127.0.0.7"])


@test
def a_template_with_the_key_in_the_query():
    login = "a b&c@d.ua\ns3cr3t=key+/x{user}\n"
    broker = expect_text(reply(200, "OK!"), "done 200 OK!\n", "--myip", "203.0.113.10", behind="?l={user}&p={key}&ip={address}",
                         login=login)
    equal("requests", [repr(r) for r in broker.requests],
          ["GET /nic/update?l=a%20b%26c%40d.ua&p=s3cr3t%3Dkey%2B%2Fx%7Buser%7D&ip=203.0.113.10"])
    equal("login", broker.requests[0].headers.get("authorization"), None)
    # A user of dots is no way up.
    broker = expect_text(reply(200, "OK!"), "done 200 OK!\n", behind="/{user}/x?{key}", login="..\nk\n")
    equal("requests", [repr(r) for r in broker.requests], ["GET /nic/update/../x?k"])


@test
def the_meaning_of_each_text():
    for status, body, line in ((200, "OK!", "done 200 OK!"), (200, "FAIL! is already\r\n registered", "done 200 FAIL! is already registered"),
                               (200, "<html>OK!</html>", "done 200 OK!"), (200, "OK! but busy", "later 200 OK! but busy"),
                               (403, "wrong password", "refused 403 wrong password"), (503, "busy", "later 503 busy"),
                               (200, "BOOK!", "sentence 200 BOOK!"), (200, "good 1.2.3.4", "sentence 200 good 1.2.3.4"),
                               (500, "OK!", "failure bad-status 500"), (204, "", "failure bad-status 204"),
                               (302, "OK!", "failure bad-status 302"), (401, "", "broker badauth"), (200, "", "failure bad-body 0"),
                               (200, "<html>Log in</html>", "failure bad-body 0"), (404, "<html>", "failure bad-status 404"),
                               (200, "busy\0\x1b[2J", "later 200 busy??[2J"),
                               (200, "busy " + "x" * 300, "later 200 busy " + "x" * 195 + "…".encode().decode("latin-1"))):
        equal("requests", len(expect_text(reply(status, body), line + "\n").requests), 1)


@test
def a_template_and_an_answer_with_the_key():
    for body in (f"busy: {KEY}", "busy: p=s3cr3t%3Dkey%2B%2Fx", "busy: s3cr3t&#61;key&#43;/x", "busy: Authorization: Basic c29tZW9uZTprZXk="):
        expect_text(reply(200, body), "later 200 busy\n", behind="?p={key}")
    for body in (f"? {KEY}", "GET /nic/update?p=s3cr3t%3Dkey%2B%2Fx"):
        expect_text(reply(200, body), "failure bad-body 0\n", behind="?p={key}")


@test
def a_template_and_a_hostile_service():
    elsewhere = Broker(lambda _: reply(200, "OK!"))
    for status in (301, 302, 303, 307, 308):
        expect_text(reply(status, "OK!", [f"Location: {elsewhere.url}"]), f"failure bad-status {status}\n", behind="?p={key}")
    elsewhere.close()
    equal("requests elsewhere", elsewhere.requests, [])
    equal("requests", expect_text(reply(200, "OK!"), "failure untrusted 0\n", pair=NOBODY_S, behind="?p={key}").requests, [])
    expect_text(lambda _: (b"OK! x" * 1024 if i else b"HTTP/1.1 200 X\r\n\r\n" for i in range(100)), "failure too-large 0\n")
    expect_text(lambda _: None, "failure unreachable 0\n")
    broker = Broker(lambda request: (broker.over.wait(10), None)[1])
    printed, _, _ = tell(broker.url + "?p={key}", *TEMPLATE, wait=400)
    broker.close()
    equal("printed", printed, "failure value-timeout 0\n")


@test
def wrong_usage_of_a_template():
    for more in ([], ["--done", ""], ["--done", "a,,b"], ["--done", "OK", "--later", "\x1b"]):
        equal(f"with {more}", tell("https://127.0.0.1:1/x", "--protocol", "template", *more)[:2], ("", 2))
    for url in ("https://127.0.0.1:1/{id}", "http://127.0.0.1:1/{tunnel}", "https://{tunnel}/", "https://127.0.0.1:1/?a={address}"):
        equal(f"with {url}", tell(url, *TEMPLATE)[:2], ("", 2))
    equal("texts for dyndns2", tell("https://127.0.0.1:1/x", "--done", "OK")[:2], ("", 2))
    equal("a record", tell("https://127.0.0.1:1/x", "--protocol", "template", verb="record")[:2], ("", 2))


RECORD = """<?xml version="1.0" encoding="UTF-8"?>
<tunnels>
<tunnel id="123456">
 <description>&lt;anything&gt; é</description>
 <serverv4>216.66.80.26</serverv4>
 <clientv4>203.0.113.10</clientv4>
 <serverv6>2001:470:1f04:1::1</serverv6>
 <clientv6>2001:470:1f04:1::2</clientv6>
 <routed64>2001:470:abcd:c70::/64</routed64>
 <rdns1>ns1.he.net</rdns1>
</tunnel>
</tunnels>
"""
LINE = "record 216.66.80.26 203.0.113.10 2001:470:1f04:1::1/64 2001:470:1f04:1::2/64 2001:470:abcd:c70::/64 -\n"


def expect_record(body, line, *more, status=200, **options):
    return expect(reply(status, body), line, *more, verb="record", **options)


@test
def a_record():
    broker = expect_record(RECORD, LINE, "--local", "127.0.0.7")
    equal("requests", [repr(r) for r in broker.requests], ["GET /nic/update?tid=123456"])
    equal("login", broker.requests[0].headers["authorization"], "Basic " + base64.b64encode(f"{USER}:{KEY}".encode()).decode())
    equal("peers", broker.peers, ["127.0.0.7"])
    with_48 = RECORD.replace("<rdns1>", "<routed48>2001:470:9000::/48</routed48><rdns1>")
    expect_record(with_48, LINE.replace("-\n", "2001:470:9000::/48\n"))
    for encoding in ("UTF-16", "ISO-8859-1"):
        expect_record(RECORD.replace("UTF-8", encoding).encode(encoding), LINE)


@test
def what_is_no_record():
    laughs = "<!DOCTYPE tunnels [<!ENTITY a0 'ha'>" + "".join(
        f"<!ENTITY a{i} '{f'&a{i - 1};' * 10}'>" for i in range(1, 10)) + "]>"
    outside = f"<!DOCTYPE tunnels [<!ENTITY a9 SYSTEM 'file://{GOOD[0]}'>]>"
    for head in (laughs, outside, "<!DOCTYPE tunnels SYSTEM 'http://127.0.0.1:1/x'>"):
        for server in ("216.66.80.26", "&a9;"):
            expect_record(RECORD.replace("<tunnels>", head + "<tunnels>").replace("216.66.80.26", server), "failure bad-body 0\n")
    for wrong in (RECORD[:300], RECORD.replace("123456", "123457"), RECORD.replace("203.0.113.10", "2001:db8::1"),
                  RECORD.replace("routed64", "routed65"), RECORD + RECORD, RECORD.replace("ns1", "<b>ns1</b>")):
        expect_record(wrong, "failure bad-body 0\n")
    for words in ("", "<!DOCTYPE html><html></html>", "<html>"):
        expect_record(words, "failure no-record 0\n")
    for words in ("badauth", "ERROR: Invalid tunnel ID", "good 1.2.3.4"):
        expect_record(words, f"sentence 200 {words}\n")
    expect_record("<tunnels/>", "failure no-such-key 0\n")
    expect_record("<tunnels>" + "<tunnel id='123456'/>" * 2 + "</tunnels>", "failure several 2\n")
    for status in (202, 302, 401, 404, 500):
        expect_record(RECORD, f"failure bad-status {status}\n", status=status)
    expect_record(" " * 70000 + RECORD, "failure too-large 0\n")
    equal("requests", expect_record(RECORD, "failure untrusted 0\n", pair=NOBODY_S).requests, [])


@test
def wrong_usage_of_record():
    for arguments in (["--myip", "1.2.3.4"], ["--try", "5"], ["--ttl"], ["--endpoint", "http://127.0.0.1"], ["1"]):
        equal(f"with {arguments}", tell("https://127.0.0.1:1/x", *arguments, verb="record")[:2], ("", 2))
    equal("without a login", tell("https://127.0.0.1:1/x", verb="record", login="")[:2], ("", 2))


@test
def nobody_looks_into_its_memory():
    broker = Broker(lambda request: (broker.over.wait(10), None)[1])
    with subprocess.Popen([PROGRAM, "broker", "--url", broker.url, "--ca-file", GOOD[0], "--wait", "5000", "1"],
                          stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
        process.stdin.write(f"{USER}\n{KEY}\n".encode())
        process.stdin.close()
        while not broker.requests:
            time.sleep(0.01)
        with open(f"/proc/{process.pid}/cmdline", "rb") as file:
            equal("key in the command line", KEY.encode() in file.read(), False)
        # What isn't dumpable belongs to root, whoever runs it; that it is run by root here shows nothing.
        status = subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "cat",
                                 f"/proc/{process.pid}/environ"], capture_output=True, check=False).returncode
        equal("others look at it", status == 0, False)
        process.kill()
    broker.close()
