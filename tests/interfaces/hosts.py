# SPDX-License-Identifier: GPL-2.0-or-later
"""One file as ifupdown-ng (0.11, Debian 12's) or ifupdown2 reads it, and as we do, in one form; for others and random.

BUILD=FOLDER: where the hosts' packages are unpacked and our side, interfaces-dump, is built.
"""
import glob
import os
import re
import shutil
import subprocess
import tempfile

HOSTS = ("ifupdown-ng", "ifupdown2")
BUILD = os.path.abspath(os.environ.get("BUILD", "build"))
DUMP = os.environ.get("DUMP", BUILD + "/interfaces-dump")
# These stand for one of the two in both hosts.
SAME_COMMAND = {"post-up": "up", "pre-down": "down"}


def unpack(host):
    """The folder with a host's programs."""
    folder = BUILD + "/hosts/" + host
    if os.path.exists(folder + "/.done"):
        return folder
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    subprocess.run(["apt-get", "-q", "download", host], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    # Only the programs: the package's if-up.d and the like would pass for the compiler's .d files.
    wanted = ["./sbin", "./usr/share/ifupdown2", "./etc/network/ifupdown2"]
    package = subprocess.run(["dpkg-deb", "--fsys-tarfile", *glob.glob(folder + "/*.deb")], check=True, capture_output=True)
    subprocess.run(["tar", "-x", *wanted], cwd=folder, input=package.stdout, check=False, stderr=subprocess.DEVNULL)
    if host == "ifupdown2":
        # It takes its folders for granted, and no folder of this host is its own.
        os.makedirs(folder + "/run/network", exist_ok=True)
        for name in glob.glob(folder + "/usr/**/*.py", recursive=True):
            with open(name, encoding="utf-8") as file:
                text = file.read()
            with open(name, "w", encoding="utf-8") as file:
                file.write(re.sub(r"(['\"])(/etc/network|/run/network)", rf"\1{folder}\2", text))
        # It is ifquery by its name.
        os.symlink(folder + "/usr/share/ifupdown2/__main__.py", folder + "/ifquery")
    os.stat(folder + ("/sbin/ifquery" if host == "ifupdown-ng" else "/ifquery"))
    with open(folder + "/.done", "w", encoding="utf-8"):
        return folder


def run(*command, cwd, **more):
    return subprocess.run(
        command, cwd=cwd, env=os.environ | {"LC_ALL": "C.UTF-8"} | more, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )


def names_in(file):
    """The names in iface lines of a file, and of the files beside it that it may source."""
    names = set()
    for name in [file, *glob.glob(os.path.dirname(file) + "/folder/*")]:
        with open(name, "rb") as text:
            lines = text.read().decode(errors="replace")
        names |= set(re.findall(r"^[ \t]*(?:iface|interface|template)[ \t]+([^\s\\#]+)", lines, re.M))
    return names


def understand(host, printed):
    """The stanzas that a host, or our side, has printed: {name: {option: [value, …]}}, and the names of the auto ones."""
    stanzas, auto, current, iface = {}, set(), {}, ""
    for line in printed.decode(errors="surrogateescape").split("\n"):
        word, _, value = line.strip(" \t\n\v\f\r").partition(" ")
        if line.startswith("auto "):
            auto.add(value)
        elif line.startswith("vlan "):
            current = {}
        elif line.startswith(("iface ", "template ")):
            iface = value.split(" ")[0]
            current = stanzas.setdefault(iface, {})
            if word == "template":
                auto.discard(iface)  # it does not bring it up
        elif value and word not in ("use", "inherit"):  # ifupdown-ng's own notes
            name = word.replace("_", "-")
            value = value.strip(" \t\n\v\f\r")
            if host == "ifupdown2":
                value = value.replace("$IFACE", iface)  # as that one does, which makes no difference later
            current.setdefault(SAME_COMMAND.get(name, name), []).append(value)
    if host == "ifupdown2":
        for options in stanzas.values():
            for name in SAME_COMMAND.values():  # it keeps the order within each of both only
                options.get(name, []).sort()
    return stanzas, auto


def theirs(host, file):
    """What the host has read; None if it refuses the file."""
    folder, place = unpack(host), os.path.dirname(file)
    if host == "ifupdown-ng":
        with tempfile.TemporaryDirectory() as scratch:
            asked = run(folder + "/sbin/ifquery", "-S", scratch + "/state", "-i", file, "--list", "-P", cwd=place)
        return None if asked.returncode else understand(host, asked.stdout)
    names = names_in(file)
    while names:
        asked = run(
            "python3", folder + "/ifquery", "-i", file, *sorted(names), cwd=place,
            PYTHONDONTWRITEBYTECODE="1", PYTHONPATH=folder + "/usr/share/ifupdown2",
        )  # fmt: skip
        missing = re.search(r"main exception: cannot find interfaces: (.*)", asked.stderr.decode(errors="replace"))
        if not missing:
            return None if b"main exception" in asked.stderr else understand(host, asked.stdout)
        names -= set(missing[1].split(" "))
    return {}, set()


def ours(host, file):
    """What we have read; None if we refuse the file."""
    read = run(DUMP, file, "--all", cwd=os.path.dirname(file), HOST_PROGRAM=host)
    if read.returncode not in (0, 3):
        raise RuntimeError(f"{DUMP} {file}: status {read.returncode}: {read.stderr}")
    return None if read.returncode else understand(host, read.stdout)


def difference(host, file):
    """How the two readings of a file differ; nothing if they agree."""
    both = {"ours": ours(host, file), host: theirs(host, file)}
    refusing = [name for name, reading in both.items() if reading is None]
    if refusing:
        return None if len(refusing) == 2 else f"only {refusing[0]} refuses it"
    names = names_in(file)
    told = {}
    for side, (stanzas, auto) in both.items():
        told[side] = {name: ("auto" if name in auto else "", stanzas[name]) for name in names & stanzas.keys()}
    mine, their = told["ours"], told[host]
    if host == "ifupdown-ng":  # it makes an interface of each name in an `auto` or `inherits`, too
        their = {name: stanza for name, stanza in their.items() if name in mine or stanza[1]}
    wrong = sorted(name for name in names if mine.get(name) != their.get(name))
    return "\n".join(f"{name}: ours {mine.get(name)}\n    {host}'s {their.get(name)}" for name in wrong) or None
