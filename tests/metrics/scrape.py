# SPDX-License-Identifier: GPL-2.0-or-later
"""scrape.py PROGRAMS FOLDER: the real node_exporter serves FOLDER/situp.prom, and the real prometheus scrapes it, on loopback."""
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def samples(text):
    """{series: number}; node_exporter sorts labels, adds those that are missing with no value, and writes numbers as 1.75e+09."""
    found = {}
    for line in text.splitlines():
        match = re.fullmatch(r"(situp_\w+)(?:\{(.*)\})? (\S+)", line)
        if match:
            labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)+)"', match[2] or "")
            found[match[1], tuple(sorted(labels))] = float(match[3])
    return found


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read().decode()


def eventually(program, look):
    """What `look` returns, once it is something; a program that has ended ends the test."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert program.poll() is None, "it has ended"
        try:
            seen = look()
        except OSError:
            seen = None
        if seen:
            return seen
        time.sleep(0.2)
    raise AssertionError("nothing after two minutes")


def main():
    programs, folder = sys.argv[1:]
    with open(folder + "/situp.prom", encoding="utf-8") as file:
        written = samples(file.read())
    assert len(written) > 50, written
    running = []
    with tempfile.TemporaryDirectory() as scratch, open(scratch + "/log", "w", encoding="utf-8") as log:
        try:
            exporter = "127.0.0.1:%d" % free_port()
            running.append(subprocess.Popen(
                [programs + "/prometheus-node-exporter", "--web.listen-address=" + exporter, "--collector.disable-defaults",
                 "--collector.textfile", "--collector.textfile.directory=" + folder], stdout=log, stderr=log))
            served = eventually(running[0], lambda: get("http://%s/metrics" % exporter))
            assert "\nnode_textfile_scrape_error 0\n" in served, served
            assert samples(served) == written, set(samples(served).items()) ^ set(written.items())
            assert re.search(r'\nnode_textfile_mtime_seconds\{file="(.*/)?situp\.prom"\} ', served), served
            server = "127.0.0.1:%d" % free_port()
            with open(scratch + "/prometheus.yml", "w", encoding="utf-8") as file:
                json.dump({"global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
                           "rule_files": [os.path.abspath("examples/situp-alerts.yml")],
                           "scrape_configs": [{"job_name": "node", "static_configs": [{"targets": [exporter]}]}]}, file)
            running.append(subprocess.Popen(
                [programs + "/prometheus", "--config.file=" + scratch + "/prometheus.yml", "--storage.tsdb.path=" + scratch + "/data",
                 "--web.listen-address=" + server], stdout=log, stderr=log))
            query = "http://%s/api/v1/query?query=%s" % (server, urllib.parse.quote('{__name__=~"situp_.*"}'))
            result = eventually(running[1], lambda: json.loads(get(query))["data"]["result"])
            known = {}
            for one in result:
                name = one["metric"].pop("__name__")
                labels = {(key, value) for key, value in one["metric"].items() if key not in ("instance", "job")}
                known[name, tuple(sorted(labels))] = float(one["value"][1])
            plain = {(name, tuple((key, re.sub(r"\\(.)", r"\1", value)) for key, value in labels)): number
                     for (name, labels), number in written.items()}
            assert known == plain, set(known.items()) ^ set(plain.items())
            rules = json.loads(get("http://%s/api/v1/rules" % server))["data"]["groups"][0]["rules"]
            assert [rule["lastError"] for rule in rules if rule.get("lastError")] == [], rules
        finally:
            for program in running:
                program.terminate()
                program.wait()


if __name__ == "__main__":
    main()
