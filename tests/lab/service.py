# SPDX-License-Identifier: GPL-2.0-or-later
"""A metadata service that answers byte for byte what a test says, well-behaved or not; on loopback unless told otherwise."""

import socket
import threading

TOKEN = b"token-0123456789=="


class Request:
    def __init__(self, method, path, headers, body):
        self.method, self.path, self.headers, self.body = method, path, headers, body

    def __repr__(self):
        return f"{self.method} {self.path}"


def reply(status, body=b"", headers=()):
    """A whole answer; the connection stays open."""
    if isinstance(body, str):
        body = body.encode()
    lines = [f"HTTP/1.1 {status} X".encode(), b"Content-Type: text/plain"]
    lines += [h.encode() if isinstance(h, str) else h for h in headers]
    lines.append(b"Content-Length: %d" % len(body))
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


class Service:
    """`answer(request)` returns bytes, or an iterable of bytes that is sent piece by piece; None closes the connection."""

    def __init__(self, answer, port=0, host="127.0.0.1"):
        self.answer = answer
        self.requests = []
        self.connections = 0
        self.over = threading.Event()
        self.socket = socket.create_server((host, port))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.over.set()
        self.socket.close()

    def _accept(self):
        while not self.over.is_set():
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            with connection, connection.makefile("rb") as stream:
                while request := self._read(stream):
                    self.requests.append(request)
                    answer = self.answer(request)
                    if answer is None:
                        return
                    for piece in [answer] if isinstance(answer, bytes) else answer:
                        if self.over.is_set():
                            return
                        connection.sendall(piece)
        except OSError:
            pass  # the client had enough of it, which is often what is tested

    @staticmethod
    def _read(stream):
        first = stream.readline(65536).split()
        # A TLS client's random bytes may look like three words, too.
        if len(first) != 3 or not first[2].startswith(b"HTTP/"):
            return None
        headers = {}
        while (line := stream.readline(65536).strip()):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", 0)))
        return Request(first[0].decode(), first[1].decode(), headers, body)


def imds(values, put=None, get=None, v1=False, port=0):
    """A well-behaved service holding `values` (below /latest/meta-data/), but for what `put` and `get` answer instead: each gets
    the request and may return None to leave it to the good one. With v1 it has no tokens."""

    def answer(request):
        other = put if request.method == "PUT" else get
        if other is not None:
            special = other(request)
            if special is not None:
                return special
        if request.method == "PUT":
            if v1:
                return reply(404)
            ttl = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
            if not ttl.isdigit() or not 1 <= int(ttl) <= 21600:
                return reply(400)
            if "x-forwarded-for" in request.headers or request.path != "/latest/api/token":
                return reply(403)
            return reply(200, TOKEN)
        if not v1 and request.headers.get("x-aws-ec2-metadata-token") != TOKEN.decode():
            return reply(401)
        value = values.get(request.path.removeprefix("/latest/meta-data/"))
        return reply(404, "<html>Not Found</html>") if value is None else reply(200, value)

    return Service(answer, port)
