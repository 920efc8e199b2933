# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 20: the .deb on a machine with systemd and ifupdown: installed by apt, upgraded, removed, purged. /packages holds the
# package that was built (this.deb), the same one a version later (next.deb), and debian/tests.

apt() { # apt WHAT COMMAND ARGUMENT…
    check "$1" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o Dpkg::Options::=--force-unsafe-io "${@:2}"
}
installed() { # for a test that is run alone
    [[ $(dpkg-query -W -f '${db:Status-Status}' situp 2>/dev/null) == installed ]] ||
        check 'dpkg -i' dpkg --force-unsafe-io -i /packages/this.deb
}
this=$(dpkg-deb -f /packages/this.deb Version)
next=$(dpkg-deb -f /packages/next.deb Version)
# The image has no documentation; what the package brings is to be there.
rm -f /etc/dpkg/dpkg.cfg.d/*
# Packages that ask nothing need not be asked whether they do.
rm -f /etc/apt/apt.conf.d/70debconf

stock() { # for ifup
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    v4tunnel-local ec2
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64
END
}
second() { # for the unit
    stanza he-2 <<'END'
iface he-2 inet6 manual
    address 2001:470:1f04:2::2/64
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local interface:eth1
    v4tunnel-lan eth1 2001:470:abcd:c71::1/64
END
}
third() { # by hand; and `down --all` is to leave it alone
    stanza isatap0 <<'END'
no-auto-down isatap0
iface isatap0 inet6 manual
    isatap-local interface:eth0
    isatap-prefix 2002:ca0c:1e01::/64
END
}
all_up() {
    stock
    second
    third
    check 'one by ifup' ifup he-ipv6
    check 'one by the unit' systemctl start situp@he-2
    check 'one by hand' situp up isatap0
}
indexes() { cat /sys/class/net/{he-ipv6,he-2,isatap0}/ifindex 2>&1; }
records() { cat /run/situp/{he-ipv6,he-2,isatap0} 2>&1; }

# Trains of pings; what one has lost is missing among its numbers.
trains=()
train() { # train TARGET
    ping -n -i 0.2 "$1" >"/tmp/train.$1" 2>&1 &
    trains+=("$!")
    wait_until 10 train_numbers "$1" 1 || not_ok "a train to $1" "$(<"/tmp/train.$1")"
}
train_numbers() { # train_numbers TARGET MORE: that many replies at least
    numbers=$(sed -n 's/.*icmp_seq=\([0-9]*\) ttl=.*/\1/p' "/tmp/train.$1")
    (($(wc -w <<<"$numbers") >= $2))
}
train_is_whole() { # train_is_whole TARGET: it has gone on until now, and nothing was lost
    train_numbers "$1" 0
    wait_until 10 train_numbers "$1" $(($(wc -w <<<"$numbers") + 2)) || not_ok "the train to $1 goes on" "$(tail -n 3 "/tmp/train.$1")"
    is "no ping to $1 is lost" "$numbers" "$(seq "$(wc -w <<<"$numbers")")"
}

test_apt_installs_it() {
    holds 'situp is not there before' not command -v situp
    holds 'nor its user' not getent passwd _situp
    apt 'apt-get install' install /packages/this.deb
    is 'it speaks of no unit that it does not start' "$(grep -i 'not starting' <<<"$OUT$ERR")" ''
    check 'situp runs' situp --version
    stdout_is "situp ${this%-*}"
    is 'all files are as packed' "$(dpkg --verify situp)" ''
    is 'what is in /etc are conffiles' "$(dpkg-query -W -f '${Conffiles}\n' situp | sed -n 's/^ \([^ ]*\) .*/\1/p' | sort)" \
        "$(find /etc -path '*/if-*.d/*situp' | sort)"
    is 'there are four hooks' "$(find /etc/network/if-*.d -name '*situp' -perm 0755 | wc -l)" 4
    for page in man8/situp.8 man8/situp-net.8 man5/situp-interfaces.5 man5/situp.conf.5; do
        holds "manual $page" test -s "/usr/share/man/$page.gz"
    done
    holds 'the directory of records is there' test -d /run/situp
    is 'its helpers have a user, which is nothing but that' \
        "$(getent passwd _situp | cut -d: -f1,6,7) $(id -Gn _situp)" '_situp:/nonexistent:/usr/sbin/nologin _situp'
    is 'systemd would make the same one' "$(systemd-sysusers --dry-run /usr/lib/sysusers.d/situp.conf 2>&1)" ''
    is 'what it runs it can not read' "$(stat -c '%a %U' /usr/libexec/situp/situp-net)" '711 root'
    is 'no unit runs or is enabled by itself' "$(systemctl list-units --plain --no-legend --all 'situp@*')$(find /etc/systemd -name 'situp@*')" ''
    firmware sys_vendor 'Amazon EC2' # the source in the examples is cloud
    cp /usr/share/doc/situp/examples/{he-ipv6,isatap0} /etc/network/interfaces.d
    cp /usr/share/doc/situp/examples/situp.conf /etc/situp
    check 'the example stanza works' ifup he-ipv6
    soon 'NetworkManager and networkd are told not to manage it' 10 is_marked he-ipv6
    pings i1 2001:db8:cafe::1
    check 'the other, too' ifup isatap0
    routers_are i1 isatap0 '172.31.0.10 default'
    check ifdown ifdown he-ipv6 isatap0
    cp /usr/share/doc/situp/examples/he-ipv6-without-ifupdown /etc/network/interfaces.d/he-ipv6
    check 'the third by the unit' systemctl start situp@he-ipv6
    pings i1 2001:db8:cafe::1
    check 'down again' systemctl stop situp@he-ipv6
}

test_the_tests_of_the_package_pass() {
    installed
    local name
    for name in stanzas tunnel; do
        check "debian/tests/$name" env AUTOPKGTEST_TMP="$(mktemp -d)" "/packages/tests/$name"
    done
}

test_an_upgrade_leaves_tunnels_up() {
    installed
    all_up
    local before_indexes before_records started situpd
    before_indexes=$(indexes) before_records=$(records)
    started=$(systemctl show -p ExecMainStartTimestampMonotonic situp@he-2)
    soon 'situpd looks after it' 20 test -e /run/situp/live/he-ipv6
    situpd=$(systemctl show -P MainPID situpd)
    : >/tmp/before
    train 2001:470:1f04:1::1
    train 2001:470:1f04:2::1
    apt 'apt-get install of the next version' install /packages/next.deb
    is 'the next version is installed' "$(dpkg-query -W -f '${Version}' situp)" "$next"
    train_is_whole 2001:470:1f04:1::1
    train_is_whole 2001:470:1f04:2::1
    kill -INT "${trains[@]}"
    wait "${trains[@]}"
    trains=()
    is 'the devices are the same' "$(indexes)" "$before_indexes"
    is 'and so are the records' "$(records)" "$before_records"
    is 'the unit is still active, and was not started again' \
        "$(systemctl is-active situp@he-2) $(systemctl show -p ExecMainStartTimestampMonotonic situp@he-2)" "active $started"
    soon 'situpd looks after it again' 20 test /run/situp/live/he-ipv6 -nt /tmp/before
    holds "it is another process than $situpd" test "$situpd" -ne "$(systemctl show -P MainPID situpd)"
    is 'systemd knows the unit of the new version' "$(systemctl show -p NeedDaemonReload -p Documentation situp@he-2)" \
        $'Documentation="man:situp(8)" "man:next(8)"\nNeedDaemonReload=no'
    holds 'and ifup its hooks' grep -q '^# next$' /etc/network/if-up.d/000situp
    check 'the new version has nothing to do' situp plan he-ipv6 he-2 isatap0
    stdout_is ''
    check 'and takes down what the old one has brought up' ifdown he-ipv6
    check 'by the unit, too' systemctl stop situp@he-2
    check 'and by hand' situp down isatap0
    no_link he-ipv6
    no_link he-2
    no_link isatap0
}

test_removal_takes_tunnels_down_first() {
    installed
    snapshot
    all_up
    apt 'apt-get remove' remove situp
    stderr_lacks 'could not be taken down'
    same_as_snapshot
    refuse 'ifupdown has been told' 1 ifquery --state he-ipv6
    is 'and so has systemd' "$(systemctl is-active situp@he-2)" inactive
    holds 'the hooks stay' test -x /etc/network/if-up.d/000situp
    # the stock method alone, as if the options were nobody's
    check 'and are silent' ifup he-ipv6
    is 'they say nothing' "$ERR" ''
    kernel_has 'what ifup itself makes of the stanza' '.[0].linkinfo.info_data | .remote == "216.66.80.26" and .local == null or .local == "any"' \
        -d link show dev he-ipv6
    check 'down again' ifdown he-ipv6
    is 'without a word' "$ERR" ''
    same_as_snapshot

    apt 'it is installed again' install /packages/this.deb
    check 'ifup' ifup he-ipv6
    kernel_has 'the local address is found out' '.[0].linkinfo.info_data.local == "172.31.14.146"' -d link show dev he-ipv6
    pings inet 2001:470:abcd:c70::1
    check 'over itself, with the tunnel up' dpkg --force-unsafe-io -i /packages/this.deb
    pings inet 2001:470:abcd:c70::1
    check 'ifdown' ifdown he-ipv6
    same_as_snapshot
}

# A tunnel that can't be taken down must not keep the package. Here another device has got its name.
test_purge_leaves_nothing() {
    installed
    all_up
    local user
    user=$(id -u _situp)
    conf <<<$'[metadata]\nimds = v2'
    (umask 077 && echo secret >/etc/situp/credentials)
    mkdir -p /var/lib/situp
    echo 203.0.113.10 >/var/lib/situp/he-ipv6
    check 'enable' systemctl enable situp@he-2
    ip link delete dev isatap0
    ip link add name isatap0 type veth peer name other
    apt 'apt-get purge' purge situp
    stderr_has 'situp: the tunnel isatap0 could not be taken down, and stays'
    no_link he-ipv6
    no_link he-2
    has_link isatap0
    is 'no file is left' "$(find /etc /usr /run /var -xdev -iname '*situp*' -not -path '/run/lab/*' -not -path '/usr/local/*')" ''
    is 'the user stays, whose number is in firewalls' "$(id -un "$user")" _situp
    is 'dpkg knows nothing of it' "$(dpkg-query -W -f '${db:Status-Status}' situp 2>/dev/null)" ''
    mkdir -p /etc/situp # the lab takes it for granted
}
