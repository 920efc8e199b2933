# SPDX-License-Identifier: GPL-2.0-or-later
"""Files at random out of what people write on hosts with ifupdown-ng or ifupdown2; for random.

Left out, as the two read it otherwise than we do on purpose, or by chance:
- ifupdown-ng: a last line without its end, and a comment at the end of it (it reads past them); a return that ends no line;
  words that it renames (model/host.h: other_words, and many more); netmask, which it makes part of the address; address,
  gateway and hostname, of which it takes one word; `iface` and `auto` without a name.
- ifupdown2: `%` (its templates); names with `[` (ranges), `:` (aliases) or `.` (it needs a device); scope, netmask and broadcast without an address;
  a file sourced twice, which it reads twice; a vlan, at which its ifquery fails.
"""
import os

NAMES = ["a", "b", "eth0", "he-ipv6", "Wan_1", "vnet0"]
OPTIONS = ["one", "two", "v4tunnel-endpoint", "v4tunnel_local", "MTU", "Isatap_Ttl", "up", "up", "post-up", "down", "pre-down",
           "pre-up", "post-down", "dns-nameservers", "up?", "inherits", "map"]  # fmt: skip
VALUES = ["{n}", "{n}", "{n} y", "{n}   z\t z", '"q {n}"', "'{n}", '{n}"', "a#{n}", "{n} # note", "#{n}", "a\\{n}", "{n}\\\\", "{n}\\\\z",
          "é{n}", "a={n}", "={n}", "ec2", "test -e /sys/class/net/$IFACE", "\\#{n}", "ip route add ${{X}} \\; {n}"]  # fmt: skip
FAMILIES = ["", "", " inet", " inet6 static", " inet6 static", " inet manual", " inet6 v4tunnel", " inet6 auto", " inet9 odd"]
OTHER_LINES = ["mapping eth0", "no-auto-down a", "no-scripts b", "rename a=b", "allow-auto a", "source-directory none", "Auto a"]
ENDS = ["\n"] * 10 + ["\\\n", " \\\n", "\\\n\n", "\r\n", "  \n", "\n\n", " # note\n", " # note \\\n", "\n# note \\\n", "\n  \n\t# note\n"]
WITHOUT_NAMES = ["iface", "source", "allow-hotplug", "allow a", "vlan"]


class Files:
    def __init__(self, rng, host):
        self.rng, self.host, self.number = rng, host, 0

    def blank(self):
        return self.rng.choice([" ", " ", "\t", "  ", " \t"])

    def iface(self, names):
        word = self.rng.choice(["iface"] * 6 + ["template", "interface"] * (self.host == "ifupdown-ng"))
        line = word + self.blank() + self.rng.choice(names) + self.rng.choice(FAMILIES)
        if self.rng.random() < 0.2:
            line += " inherits " + self.rng.choice(names)
        return line

    def auto(self, names):
        word = self.rng.choice(["auto", "auto", "allow-hotplug"])
        return word + self.blank() + " ".join(self.rng.choices(names, k=self.rng.choice([1, 1, 2])))

    def option(self, names):
        self.number += 1
        if self.rng.random() < 0.05:
            return self.rng.choice(["inherit " + self.rng.choice(names), "use bridge", "alone"])
        value = self.rng.choice(VALUES).format(n=self.number)
        return self.rng.choice(["    ", "\t", "", " "]) + self.rng.choice(OPTIONS) + self.blank() + value

    def text(self, names, most, sources=()):
        """Up to `most` stanzas, and these source lines between them."""
        lines = ["stray 1"] if self.rng.random() < 0.1 else []
        sources = list(sources)
        for _ in range(self.rng.randint(1, most)):
            if sources and self.rng.random() < 0.4:
                lines.append(sources.pop())
            if self.rng.random() < 0.4:
                lines.append(self.auto(names))
            lines.append(self.iface(names))
            lines += [self.option(names) for _ in range(self.rng.randint(0, 5))]
            if self.rng.random() < 0.15:
                lines += [self.rng.choice(OTHER_LINES), self.option(names)]
            if self.rng.random() < 0.2:
                lines += [self.auto(names), self.option(names)]
        if self.host == "ifupdown2" and self.rng.random() < 0.05:
            lines.insert(self.rng.randrange(len(lines)), self.rng.choice(WITHOUT_NAMES))
        return "".join(line + self.rng.choice(ENDS) for line in lines + sources + ["iface last"])


def put_files(rng, host, folder):
    """interfaces and the files that it sources, whose order, as a folder has it, makes no difference."""
    files = Files(rng, host)
    sources = rng.choice(
        [[], ["source folder/f1"], ["source folder/f1 folder/f2"], ["source folder/f2", "source " + folder + "/folder/f1"],
         ["source-directory folder"], ["source-directory " + folder + "/folder"], ["source folder/f*"], ['source "folder/f1"'],
         ["source folder/none"], ["source folder/none*", "source folder"]]
    )  # fmt: skip
    os.mkdir(folder + "/folder")
    for name, text in (
        ("interfaces", files.text(NAMES, 4 if host == "ifupdown-ng" else 12, sources)),
        ("folder/f1", "iface c\n" + files.text(["c", "d"], 2)),
        ("folder/f2", "iface e\n" + files.text(["e", "g"], 1)),
    ):
        with open(folder + "/" + name, "w", encoding="utf-8", newline="") as file:
            file.write(text if text.endswith("\n") and not text.endswith("\\\n") else text + "\n\n")
