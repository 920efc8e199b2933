# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Network namespaces that share /run, as those of `ip netns` do: a record is of one of them.

red() { ip netns exec red "$@"; }

red_namespace() { # with an address of its own, and a stanza file of its own
    ip netns add red
    ip -n red -batch - <<'END'
link set dev lo up
address add 10.9.0.1/32 dev lo
END
    local name
    for name in he-ipv6 he-red; do
        printf 'iface %s inet6 manual\n    v4tunnel-local 10.9.0.1\n    v4tunnel-endpoint 216.66.80.26\n    address 2001:db8:9::1/64\n' $name
        printf '    v4tunnel-firewall off\n'
    done >/tmp/red.interfaces
}
link_in_red() { red test -e "/sys/class/net/$1"; }

test_the_same_name_in_two_namespaces() {
    red_namespace
    stanza_for_every_host
    daemon
    check ifup ifup he-ipv6
    local record
    record=$(</run/situp/he-ipv6)
    local command
    for command in up plan down 'plan --down'; do
        # shellcheck disable=SC2086  # words
        refuse "$command in red" 1 red situp $command --interfaces /tmp/red.interfaces he-ipv6
        situp_says 'situp: he-ipv6: situp has a tunnel of this name in another network namespace (net:['
    done
    check 'status in red' red situp status --interfaces /tmp/red.interfaces he-ipv6
    stdout_has 'situp has a tunnel of this name in another network namespace'
    refuse 'status of all in red' 0 red situp status --interfaces /dev/null
    stdout_is ''
    refuse 'doctor in red' 1 red situp doctor --interfaces /tmp/red.interfaces he-ipv6
    stdout_has 'verdict: he-ipv6: situp has a tunnel of this name in another network namespace'
    check 'down --all in red' red situp down --all
    holds 'no device in red' not link_in_red he-ipv6
    is 'the record' "$(</run/situp/he-ipv6)" "$record"
    pings i1 2001:db8:cafe::1
    check 'status' situp status he-ipv6

    # A /run of its own: nothing is shared.
    check 'up in red, with its own /run' red unshare --mount sh -c \
        'mount -t tmpfs none /run && situp up --interfaces /tmp/red.interfaces he-ipv6'
    holds 'a device in red' link_in_red he-ipv6
    check ifdown ifdown he-ipv6
    no_link he-ipv6
    holds 'that of red stays' link_in_red he-ipv6
    end_daemon
    ip netns del red
}

test_a_tunnel_of_another_namespace() {
    red_namespace
    daemon
    check 'up in red' red situp up --interfaces /tmp/red.interfaces he-red
    holds 'a device in red' link_in_red he-red
    daemon_says 'he-red: is in another network namespace'
    check 'status in red' red situp status --interfaces /tmp/red.interfaces he-red
    check 'status' situp status --interfaces /dev/null
    stdout_is ''
    check 'status of it' situp status he-red
    stdout_has '(red), and both namespaces share /run/situp: give this one another name, or take that one down: ip netns exec red situp down he-red'
    refuse 'doctor' 1 situp doctor he-red
    situp_says 'situp: he-red: situp has a tunnel of this name in another network namespace (red)'
    check 'down --all' situp down --all
    refuse down 1 situp down he-red
    situp_says 'in another network namespace (red)'
    sed 's/10\.9\.0\.1/172.31.14.146/' /tmp/red.interfaces | stanza both
    refuse ifup any ifup he-red
    situp_says 'in another network namespace (red)'
    no_link he-red
    holds 'it is there still' link_in_red he-red
    check 'down in red' red situp down he-red
    holds 'it has gone' not link_in_red he-red

    # A namespace that has gone keeps the name no longer than its record.
    check 'up in red' red situp up --interfaces /tmp/red.interfaces he-red
    ip netns del red
    refuse up 1 situp up he-red
    situp_says '; if that namespace is gone: rm /run/situp/he-red'
    rm /run/situp/he-red
    check up situp up he-red
    check 'status' situp status he-red
    check down situp down he-red
    end_daemon
}
