# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 11: ifupdown-ng in the place of ifupdown. Releases: bookworm trixie

host ifupdown-ng <<'END'
auto lo
iface lo inet loopback

auto eth0
iface eth0 inet manual

source-directory /etc/network/interfaces.d
END

lan='v4tunnel-lan eth0 2001:470:abcd:c70::1/64'

kernel_has_the_tunnel() {
    kernel_has 'the tunnel leads from the private address to the broker' 'length == 1 and (.[0] | (.flags | index("UP")) and
        .mtu == 1480 and (.linkinfo.info_data | .local == "172.31.14.146" and .remote == "216.66.80.26" and .ttl == 255))' \
        -d link show dev he-ipv6
    inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e92/64
    kernel_has 'one default route, through the broker' \
        'length == 1 and .[0].dev == "he-ipv6" and .[0].gateway == "2001:470:1f04:1::1"' -6 route show default
    pings i1 2001:db8:cafe::1
}

# ifupdown's hooks, which ifupdown-ng runs as well, add nothing to what its executors do.
situp_was_run() { # situp_was_run PHASE…: of the command under strace
    is 'situp was run once a phase, by the executor' \
        "$(grep -o '"/usr/bin/situp", "hook", "[a-z-]*"' /tmp/trace)" "$(printf '"/usr/bin/situp", "hook", "%s"\n' "$@")"
}

test_the_stanza_for_every_host() {
    stanza_for_every_host "$lan"
    snapshot
    daemon
    check ifup strace -f -qq -s 200 -e trace=execve -o /tmp/trace ifup he-ipv6
    is 'and it says nothing' "$ERR$OUT" ''
    holds 'ifupdown'\''s hook was run' grep -q 'execve("/etc/network/if-up.d/000situp"' /tmp/trace
    situp_was_run pre-up
    kernel_has_the_tunnel
    pings inet 2001:470:abcd:c70::1
    check 'situp status finds it right' situp status he-ipv6
    check 'ifup of what is up' ifup he-ipv6
    asked 1 '^PUT'
    asked 1 '^GET'
    edited 'the stanza as it was' no he-ipv6
    sed -i 's/gateway .*/&\n    metric 1024/' /etc/network/interfaces.d/he-ipv6
    edited 'a metric, which is 1 without' yes he-ipv6
    stanza_for_every_host "$lan"
    refuse 'situp down of what ifup has brought up' 1 situp down he-ipv6
    situp_says 'take it down with ifdown he-ipv6'
    imds down
    check ifdown strace -f -qq -s 200 -e trace=execve -o /tmp/trace ifdown he-ipv6
    is 'and it says nothing' "$ERR$OUT" ''
    holds 'ifupdown'\''s hook was run' grep -q 'execve("/etc/network/if-post-down.d/situp"' /tmp/trace
    situp_was_run down post-down
    same_as_snapshot
}

# After a failed ifup there is nothing that ifdown would do.
test_failure_and_recovery() {
    stanza_for_every_host "$lan" 'up test -e /run/lab/go'
    snapshot
    imds off403
    refuse 'ifup without a source' 1 ifup he-ipv6
    situp_says 'situp: he-ipv6: ec2: the metadata service at http://169.254.169.254 says that it is off (403)'
    same_as_snapshot
    imds v2
    refuse 'ifup with a line that fails' 1 ifup he-ipv6
    has_link he-ipv6
    : >/run/lab/go
    check 'ifup over what that has left' ifup he-ipv6
    rm /run/lab/go
    kernel_has_the_tunnel
    pings inet 2001:470:abcd:c70::1
    check ifdown ifdown he-ipv6
    same_as_snapshot
}

# Its default routes have metric 1 where the stanza has none.
test_a_default_route_of_this_metric() {
    stanza_for_every_host
    ip -6 route add default via fe80::1 dev eth0 metric 1
    snapshot
    refuse 'metric 1: ifup' 1 ifup he-ipv6
    situp_says '(default via fe80::1 dev eth0 metric 1)'
    same_as_snapshot
    ip -6 route delete default dev eth0
    ip -6 route add default via fe80::1 dev eth0 metric 1024 proto ra
    snapshot
    check 'metric 1024: ifup' ifup he-ipv6
    pings i1 2001:db8:cafe::1
    check ifdown ifdown he-ipv6
    same_as_snapshot
    ip -6 route delete default dev eth0
}

test_an_up_line_that_fails() {
    stanza_for_every_host 'up false'
    refuse ifup 1 ifup he-ipv6
    holds 'no device is left' wait_until 10 not link_exists he-ipv6
    refuse status 1 situp status he-ipv6
    stdout_has 'ifup -v he-ipv6'
    stanza_for_every_host
    check 'the next ifup' ifup he-ipv6
    stderr_has 'the last ifup failed'
    pings i1 2001:db8:cafe::1
    check ifdown ifdown he-ipv6
}

test_a_broken_stanza_of_ours_breaks_itself_only() {
    stanza broken <<'END'
iface misspelt inet6 static
    v4tunnel-endpiont 216.66.80.26
    up test -e /sys/class/net/$IFACE
iface nothing inet6 static
    v4tunnel-local ec3
    isatap-prefix 2002:ca0c:1e01::/60
    up test -e /sys/class/net/$IFACE
END
    snapshot
    check 'ifup of another interface' ifup lo
    is 'and it says nothing' "$ERR$OUT" ''
    refuse 'ifup of a stanza that situp refuses' 1 ifup misspelt
    situp_says 'situp: misspelt: v4tunnel-endpiont: situp has no such option'
    refuse 'ifup of another' 1 ifup nothing
    stderr_has 'one stanza is one tunnel'
    check 'ifup of another interface, all its phases' ifup --force lo
    same_as_snapshot
    # which situp-interfaces(5) warns of
    stanza_for_every_host 'ttl 64'
    refuse 'but with a bare word of ifupdown-ng'\''s own tunnels' any ifup lo
}

test_6rd() {
    sixrd_stanza
    snapshot
    check ifup ifup 6rd0
    sixrd_is_there
    check 'situp status finds it right' situp status 6rd0
    check ifdown ifdown 6rd0
    same_as_snapshot
}

test_isatap() {
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10
    gateway fe80::5efe:ac1f:a
    up test -e /sys/class/net/$IFACE
END
    snapshot
    check ifup ifup isatap0
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:e92/64 fe80::5efe:ac1f:e92/64
    routers_are i1 isatap0 '172.31.0.10 default'
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    pings i1 2001:db8:cafe::1
    check ifdown ifdown isatap0
    same_as_snapshot
}

test_check_knows_the_host() {
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2/64
    endpoint 216.66.80.26
    v4tunnel-local ec2
END
    refuse 'a bare endpoint' 3 situp check
    stderr_has 'he-ipv6:3: endpoint: this host'\''s ifupdown-ng takes the word for its own tunnels'
    stanza_for_every_host
    check 'the stanza for every host' situp check
    stderr_has 'nothing wrong'
}

test_the_old_recipe_becomes_what_this_host_takes() {
    stanza he-ipv6 <<'END'
auto he-ipv6
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    local `curl -s http://169.254.169.254/latest/meta-data/local-ipv4`
    up ip -6 addr add 2001:470:abcd:c70::1/64 dev eth0
END
    refuse 'check of the old recipe' 3 situp check
    stanza he-ipv6 <<<"$OUT"
    check 'check of what it printed' situp check
    stderr_has 'nothing wrong'
    snapshot
    check ifup ifup he-ipv6
    kernel_has_the_tunnel
    check ifdown ifdown he-ipv6
    same_as_snapshot
}

test_a_stanza_that_is_gone_before_ifdown() {
    local file=/etc/network/interfaces.d/he-ipv6
    snapshot
    stanza_for_every_host "$lan"
    check ifup ifup he-ipv6
    rm $file
    check 'status without the stanza' situp status he-ipv6
    stdout_has 'note          no file has a stanza of this name any more: run ifdown he-ipv6'
    check 'ifdown without the stanza' ifdown he-ipv6
    same_as_snapshot
    stanza_for_every_host "$lan"
    check 'ifup again' ifup he-ipv6
    sed -i '/v4tunnel-/d' $file
    check 'ifdown without the options' ifdown he-ipv6
    same_as_snapshot
}

test_an_imported_stanza() {
    account
    firmware sys_vendor 'Amazon EC2'
    check 'situp import --write' situp import he 123456 --write
    check 'situp check has nothing to say' situp check
    stderr_has 'nothing wrong'
    check ifup ifup he-ipv6
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:abcd:c70::1
    check ifdown ifdown he-ipv6
}
