# SPDX-License-Identifier: GPL-2.0-or-later
"""Each metadata service but EC2's, well-behaved and not."""

import ast
import json
import os
import re
from concurrent.futures import ThreadPoolExecutor

from clouds import AZURE, FAKES, IBM, MAC, ON_NIC, OTHER_MAC, PRIMARY, PUBLIC, SCALEWAY
from harness import ROOT, CutOffAfter, Failed, equal, situp_net, test
from input_tests import CHUNK, CHUNKED, endless
from service import TOKEN, reply


IN_JSON = ("gce", "azure", "oracle", "scaleway", "upcloud", "akamai", "ibm")  # the primary address


def ask(name, fake, *key, wait=3000, **serve):
    """The line of situp-net, and the requests."""
    service = fake.serve(**serve)
    try:
        line = situp_net("metadata", "--service", name, "--endpoint", service.url, "--imds", "auto", "--wait", str(wait),
                         *(key or ("primary",)))[0]
    finally:
        service.close()
    return line, [repr(request) for request in service.requests]


def has_line(name, fake, line, *key, **more):
    equal(f"{name} {' '.join(key)}", ask(name, fake, *key, **more)[0], line)


@test
def each_service_has_a_fake():
    for name in FAKES:
        if situp_net("metadata", "--service", name, "--endpoint", "http://127.0.0.1:9", "--imds", "v2", "--wait", "0", "x")[1] != 2:
            raise Failed(name)
    with open(os.path.join(ROOT, "src", "model", "ask", "services.cc"), encoding="utf-8") as rows:
        names = re.findall(r'\.name = "([a-z0-9]+)"', rows.read())
    equal("services", sorted(names), sorted([*FAKES, "ec2"]))


@test
def each_question_to_each_service():
    for name, fake in FAKES.items():
        for key, address in fake.answers.items():
            line, _ = ask(name, fake, *key)
            if address is None and not line.startswith("failure no-such-key "):
                raise Failed(f"{name} {key}: {line}")
            if address is not None:
                equal(f"{name} {key}", line, f"addresses {address}\n")


@test
def nothing_is_asked_that_is_not_needed():
    for name, fake in FAKES.items():
        _, requests = ask(name, fake)
        equal(name, [word for word in requests if word.startswith("GET")], requests[-1:])
        equal(f"{name}: tokens", len(requests), 2 if fake.token else 1)


@test
def a_service_that_has_no_address():
    for name, fake in FAKES.items():
        for body in ("", "[]", "{}") if name in IN_JSON else ("", "\n", "None"):
            line, _ = ask(name, fake.with_body(lambda _, body=body: body))
            if not line.startswith("failure no-such-key "):
                raise Failed(f"{name}: {line}")
        has_line(name, fake, "failure no-such-key 404\n", get=lambda _, fake=fake: reply(404, headers=fake.answer_headers))
        has_line(name, fake, "failure no-such-key 204\n", get=lambda _, fake=fake: reply(204, headers=fake.answer_headers))


@test
def a_service_that_is_off_or_busy():
    for name, fake in FAKES.items():
        headers = fake.answer_headers
        has_line(name, fake, "failure service-off 403\n", get=lambda _, h=headers: reply(403, headers=h))
        for status in (410, 429, 500, 503):
            has_line(name, fake, f"failure unavailable {status}\n", wait=0,
                     get=lambda _, s=status, h=headers: reply(s, headers=h))
            left = iter([reply(status, headers=headers)])
            line, _ = ask(name, fake, wait=10000, get=lambda _, left=left: next(left, None))
            equal(name, line, f"addresses {fake.address}\n")
        for status in (201, 400, 418, 502):
            has_line(name, fake, f"failure bad-status {status}\n", get=lambda _, s=status, h=headers: reply(s, headers=h))


# Besides those of scenario 04.
HOSTILE = (" ", "10.1.2.3/24", "10.1.2.3/32/32", "../../etc/passwd", "\x1b[31m10.1.2.3")


@test
def hostile_addresses_from_each_service():
    for name, fake in FAKES.items():
        for text in HOSTILE:
            inside = json.dumps(text)[1:-1] if name in IN_JSON else text
            has_line(name, fake.with_body(lambda body, f=fake, i=inside: body.replace(f.address, i)), "failure bad-body 0\n")
            if name in IN_JSON:
                has_line(name, fake.with_body(lambda _, text=text: text), "failure bad-body 0\n")


def answers_of_the_lab():
    """`imds answer KIND`, which scenario 04 has EC2's service give."""
    with open(os.path.join(ROOT, "tests", "lab", "fake-imds"), encoding="utf-8") as program:
        for node in ast.parse(program.read()).body:
            if isinstance(node, ast.Assign) and node.targets[0].id == "ANSWERS":
                return {kind: body.decode() for kind, body in ast.literal_eval(node.value).items()}
    raise Failed("no ANSWERS")


@test
def answers_of_scenario_04_from_each_service():
    for kind, answer in answers_of_the_lab().items():
        for name, fake in FAKES.items():
            text = answer.replace("172.31.14.146", fake.address)
            line = "failure bad-body 0\n"
            if kind == "not-held":  # which situp finds out
                line = f"addresses {text}\n"
            elif name not in IN_JSON:
                line = {"newline": f"addresses {fake.address}\n", "two-lines": "failure several 2\n",
                        "empty": "failure no-such-key ", "none": "failure no-such-key "}.get(kind, line)
            elif kind == "empty":  # a field that says nothing: a_service_that_has_no_address
                continue
            else:
                text = json.dumps(text)[1:-1]
            seen, _ = ask(name, fake.with_body(lambda body, f=fake, t=text: body.replace(f.address, t)))
            if not seen.startswith(line):
                raise Failed(f"{kind} from {name}: {seen!r} instead of {line!r}")


def no_byte(over):
    over.wait()
    yield b""


def a_byte_a_second(over):
    for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n10.1.2.3":
        yield bytes([byte])
        over.wait(1)


@test
def services_that_do_not_end_their_answer():
    def ends(name, fake, pieces):
        service = fake.serve(get=lambda _: pieces(service.over))
        try:
            return situp_net("metadata", "--service", name, "--endpoint", service.url, "--imds", "auto", "--wait", "3000", "primary")[0]
        finally:
            service.close()

    with ThreadPoolExecutor(8) as some:
        asked = {(name, pieces.__name__): some.submit(ends, name, fake, pieces)
                 for name, fake in FAKES.items() for pieces in (no_byte, a_byte_a_second)}
        for question, line in asked.items():
            equal(question, line.result(), "failure value-timeout 0\n")


@test
def hostile_documents_from_each_service():
    for name, fake in FAKES.items():
        if name not in (*IN_JSON, "digitalocean", "vultr"):
            continue
        key = ("mac", OTHER_MAC) if fake.answers.get(("mac", OTHER_MAC)) else ("primary",)
        for body in ("[" * 9 + "]" * 9, "[" * 30000, '{"a":1,"a":2}', "null", "[}", "{} {}", "nul", "\ufeff{}", '["\\ud800"]'):
            has_line(name, fake.with_body(lambda _, body=body: body), "failure bad-body 0\n", *key)


@test
def services_that_do_not_keep_to_http():
    for name, fake in FAKES.items():
        headers = fake.answer_headers
        location = ("Location: http://127.0.0.1:9/latest/meta-data/local-ipv4", *headers)
        has_line(name, fake, "failure bad-status 302\n", get=lambda _, h=location: reply(302, b"", h))
        location = ("Location: file:///etc/passwd", *headers)
        has_line(name, fake, "failure bad-status 302\n", get=lambda _, h=location: reply(302, b"", h))
        has_line(name, fake, "failure too-large 0\n", get=lambda _: endless(CHUNKED, CHUNK), wait=15000)
        has_line(name, fake, "failure too-large 0\n", get=lambda _: endless(b"HTTP/1.1 200 OK\r\n", b"X-More: " + b"1" * 4000 + b"\r\n"),
                 wait=15000)
        has_line(name, fake, "failure protocol 0\n", get=lambda _: CutOffAfter(b"10.1.2.3"))
        has_line(name, fake, "failure unreachable 0\n", wait=0,
                 get=lambda _: CutOffAfter(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n10.1.2.3"))


@test
def google_says_who_it_is():
    gce = FAKES["gce"]
    body = next(iter(gce.values.values()))
    for headers in ((), ("Metadata-Flavor: google",), ("X-Metadata-Flavor: Google",), ("Metadata-Flavor: Google, x",)):
        has_line("gce", gce, "failure other-service 0\n", get=lambda _, h=headers: reply(200, body, h))
    has_line("gce", gce, "failure other-service 0\n", get=lambda _: reply(302, b"", ("Location: http://127.0.0.1:9/",)))
    has_line("gce", gce, f"addresses {PRIMARY}\n", get=lambda _: reply(200, body, ("METADATA-FLAVOR:   Google  ",)))


@test
def azure_with_a_public_address_that_it_does_not_say():
    nics = [dict(AZURE[0], ipv4={"ipAddress": [{"privateIpAddress": PRIMARY, "publicIpAddress": ""}]})]
    fake = FAKES["azure"].with_body(lambda _: json.dumps(nics))
    has_line("azure", fake, f"addresses {PRIMARY}\n")
    has_line("azure", fake, "failure no-such-key 0\n", "public", PUBLIC)
    has_line("azure", fake, "failure no-such-key 0\n", "public-of", PRIMARY)


@test
def a_floating_address_that_is_not_there():
    for name in ("openstack", "huawei"):
        fake = FAKES[name].with_body(lambda body: "" if body == PUBLIC else body)
        has_line(name, fake, "failure no-such-key 0\n", "public-of", PRIMARY)


@test
def public_addresses_on_the_interface():
    routed = FAKES["scaleway"].with_body(lambda _: json.dumps(SCALEWAY | {"private_ip": None}))
    has_line("scaleway", routed, f"addresses {PUBLIC}\n")
    has_line("scaleway", FAKES["scaleway"].with_body(lambda _: json.dumps(SCALEWAY | {"private_ip": None, "public_ip": None})),
             "failure no-such-key 0\n")
    # A Droplet in a VPC alone has no public interface, a server of Hetzner's no public address.
    droplet = FAKES["digitalocean"].serve()
    droplet.answer = lambda request: reply(200, PRIMARY) if "/private/" in request.path else reply(404)
    try:
        equal("VPC", situp_net("metadata", "--service", "digitalocean", "--endpoint", droplet.url, "--imds", "auto", "--wait", "0",
                               "primary")[0], f"addresses {PRIMARY}\n")
    finally:
        droplet.close()
    has_line("hetzner", FAKES["hetzner"].with_body(lambda _: ""), "failure no-such-key 0\n")


@test
def alibaba_with_and_without_tokens():
    fake = FAKES["alibaba"]
    equal("enforced", ask("alibaba", fake)[1], ["PUT /latest/api/token", "GET /latest/meta-data/private-ipv4"])
    fake = fake.with_body(lambda body: body)
    fake.token = None
    line, requests = ask("alibaba", fake)
    equal("line", line, f"addresses {PRIMARY}\n")
    equal("before tokens", requests, ["PUT /latest/api/token", "GET /latest/meta-data/private-ipv4"])
    # The public address of an instance without an Elastic IP.
    fake = FAKES["alibaba"].with_body(lambda body: body)
    fake.values["/latest/meta-data/public-ipv4"] = fake.values.pop("/latest/meta-data/eipv4")
    has_line("alibaba", fake, f"addresses {PUBLIC}\n", "public-of", PRIMARY)


@test
def akamai_has_tokens_always():
    fake = FAKES["akamai"]
    left = iter([reply(401)])
    line, requests = ask("akamai", fake, get=lambda _: next(left, None))
    equal("line", line, f"addresses {ON_NIC}\n")
    equal("a token that has run out", requests, ["PUT /v1/token", "GET /v1/network"] * 2)
    for status, said in ((404, "no-such-key 404"), (405, "bad-status 405"), (403, "service-off 403")):
        line, requests = ask("akamai", fake, put=lambda _, s=status: reply(s))
        equal("line", line, f"failure {said}\n")
        equal("and no GET without one", requests, ["PUT /v1/token"])
    for token in (b"", b"two words", b"evil\r\nX-Injected: yes", TOKEN + b"\n"):
        has_line("akamai", fake, "failure bad-token 0\n", put=lambda _, t=token: reply(200, t))


@test
def ibm_has_its_token_in_json():
    fake = FAKES["ibm"]
    equal("requests", ask("ibm", fake)[1], ["PUT /instance_identity/v1/token?version=2022-08-08",
                                            "GET /metadata/v1/instance?version=2022-08-08"])
    # A token that has run out, over a connection that the service has closed meanwhile.
    left = iter([lambda: reply(401, headers=("Connection: close",))])
    line, requests = ask("ibm", fake, get=lambda _: next(left, lambda: None)())
    equal("line", line, f"addresses {PRIMARY}\n")
    equal("requests", len(requests), 4)
    for body in ("", TOKEN, "{}", "[]", '{"access_token":null}', '{"access_token":5}', '{"access_token":""}', '{"access_token":["x"]}',
                 '{"access_token":"two words"}', '{"access_token":"evil\\r\\nX-Injected: yes"}', "[" * 30000,
                 json.dumps({"access_token": "x" * 1025})):
        line, requests = ask("ibm", fake, put=lambda _, body=body: reply(200, body))
        equal(f"{body[:60]}", line, "failure bad-token 0\n")
        equal("and no GET", len(requests), 1)
    older = dict(IBM, primary_network_interface={"id": "7ca88dfb", "primary_ipv4_address": PRIMARY})
    has_line("ibm", fake.with_body(lambda _: json.dumps(older)), f"addresses {PRIMARY}\n")


@test
def a_mac_in_any_spelling():
    for name in ("azure", "oracle", "gce", "upcloud", "vultr", "digitalocean"):
        has_line(name, FAKES[name], f"addresses {FAKES[name].address}\n", "mac", MAC.upper())
