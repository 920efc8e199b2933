# shellcheck shell=bash disable=SC2153  # run sets STATUS
# SPDX-License-Identifier: GPL-2.0-or-later
# 38: the default route goes while the far end is dead, and comes back (v4tunnel-dead, isatap-dead).

he_ipv6() { # he_ipv6 METHOD OPTION…
    {
        printf 'iface he-ipv6 inet6 %s\n    address 2001:470:1f04:1::2/64\n    gateway 2001:470:1f04:1::1\n' "$1"
        if [[ $1 == v4tunnel ]]; then printf '    endpoint 216.66.80.26\n'; else printf '    v4tunnel-endpoint 216.66.80.26\n'; fi
        printf '    v4tunnel-local interface:eth0\n    v4tunnel-dead withdraw\n'
        printf '    %s\n' "${@:2}"
    } | stanza he-ipv6
}
dies() { on he ip link set tun-10 down; }
lives() {
    on he ip -batch - <<'END'
link set tun-10 up
address replace 2001:470:1f04:1::1/64 dev tun-10
route replace 2001:470:abcd:c70::/64 via 2001:470:1f04:1::2 dev tun-10
END
}
default_is() { [[ $(ip -6 route show default) == "$1"* ]]; } # default_is BEGINNING: a condition
no_default() { [[ ! $(ip -6 route show default) ]]; }
by_he='default via 2001:470:1f04:1::1 dev he-ipv6'

test_programs_fall_back_to_ipv4_at_once() {
    he_ipv6 v4tunnel 'v4tunnel-keepalive 2'
    # A service with both addresses; only the IPv4 one answers in this lab.
    printf '169.254.169.254 dual.example\n2001:db8:cafe::1 dual.example\n' >>/etc/hosts
    snapshot
    daemon
    check 'ifup' ifup he-ipv6
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 answers'
    holds 'there is a default route' default_is "$by_he"
    dies
    daemon_says 'he-ipv6: the default route is withdrawn until the far end answers' 30
    holds 'there is none' no_default
    holds 'the route of the prefix stays' grep -q '^2001:470:1f04:1::/64 ' <<<"$(ip -6 route show dev he-ipv6)"
    run ping -n -c 1 -W 60 2001:db8:cafe::1
    holds 'IPv6 is unreachable at once' grep -q 'Network is unreachable' <<<"$OUT$ERR"
    # The resolver sorts what is unreachable behind the rest, and connect() fails at once.
    holds 'a connection by name is made' bash -c ': </dev/tcp/dual.example/80'
    refuse 'status' 1 situp status --json he-ipv6
    fits_schema status
    is 'status shows the route, and nothing to put right' "$(jq -c '.[0] | [.state, .differs, .routes, .withdrawn]' <<<"$OUT")" \
        '["degraded",[],[],["default via 2001:470:1f04:1::1 metric 1024"]]'
    refuse 'doctor' 1 situp doctor he-ipv6
    stdout_has 'situpd has withdrawn the default route until the far end answers'
    holds 'the verdict is about the far end' grep -q '^verdict: he-ipv6: .*no tunnel' <<<"$OUT"
    check 'plan' situp plan he-ipv6
    stdout_has 'ip -6 route add default via 2001:470:1f04:1::1 dev he-ipv6 metric 1024'
    lives
    daemon_says 'he-ipv6: the default route is back' 60
    holds 'it is' default_is "$by_he"
    pings i1 2001:db8:cafe::1
    check 'plan' situp plan he-ipv6
    situp_says 'nothing to do'
    sed -i '/dual\.example/d' /etc/hosts
    check 'ifdown' ifdown he-ipv6
    same_as_snapshot
}

test_situpd_that_ends_leaves_the_route() {
    he_ipv6 manual 'v4tunnel-keepalive 2 2001:db8:cafe::1'
    snapshot
    daemon
    check 'up' situp up he-ipv6
    daemon_says '2001:db8:cafe::1 answers'
    dies
    soon 'the default route goes' 30 no_default
    holds 'the target has a route of its own' grep -q '^2001:db8:cafe::1 dev he-ipv6' <<<"$(ip -6 route show)"
    end_daemon
    holds 'situpd puts it back as it ends' default_is "$by_he"
    is 'and takes the other one away' "$(ip -6 route show | grep -c cafe)" 0
    daemon
    soon 'the next one withdraws it again' 30 no_default
    check 'up' situp up -v he-ipv6
    stderr_has "ip -6 route add $by_he"
    soon 'the far end is still dead' 60 no_default
    end_daemon KILL
    holds 'killed, it can not' no_default
    check 'the unit does it' /usr/libexec/situp/situpd --put-routes-back
    holds 'it is back' default_is "$by_he"
    holds 'the record does not say withdrawn' not grep -q withdrawn /run/situp/he-ipv6
    check 'once more' /usr/libexec/situp/situpd --put-routes-back
    is 'without a word' "$OUT$ERR" ''
    daemon
    soon 'withdrawn again' 30 no_default
    end_daemon KILL
    lives
    daemon
    soon 'a situpd that starts puts it back' 30 default_is "$by_he"
    pings i1 2001:db8:cafe::1
    dies
    soon 'withdrawn once more' 30 no_default
    check 'down while it is' situp down he-ipv6
    end_daemon
    lives
    same_as_snapshot
}

# The second tunnel is at another server of the broker; both begin at this host.
test_a_second_tunnel_takes_over() {
    he_ipv6 static 'v4tunnel-keepalive 2'
    stanza he-2 <<'END'
iface he-2 inet6 manual
    address 2001:470:1f04:2::2/64
    gateway 2001:470:1f04:2::1
    metric 2048
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local interface:eth1
    v4tunnel-keepalive 2
    v4tunnel-dead withdraw
END
    snapshot
    daemon
    check 'ifup' ifup he-ipv6
    check 'ifup' ifup he-2
    daemon_says 'he-2: 2001:470:1f04:2::1 answers'
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 answers'
    pings i1 2001:db8:cafe::1
    dies
    soon 'packets go by the second one' 30 default_is 'default via 2001:470:1f04:2::1 dev he-2'
    pings i1 2001:db8:cafe::1
    lives
    soon 'and by the first one again' 60 default_is "$by_he"
    pings i1 2001:db8:cafe::1
    check 'ifdown' ifdown he-ipv6
    check 'ifdown' ifdown he-2
    same_as_snapshot
}

isatap() { # isatap OPTION…
    printf '    %s\n' 'isatap-local interface:eth0' 'isatap-prefix 2002:ca0c:1e01::/64' 'isatap-keepalive 2' 'isatap-dead withdraw' "$@" |
        { printf 'iface isatap0 inet6 manual\n' && cat; } | stanza isatap0
}
router_dies() { ip -n rtr link set dev eth0 down; }
router_lives() {
    ip -n rtr -batch - <<'END'
link set dev eth0 up
route replace default via 172.31.0.1
END
}
by_router='default via fe80::5efe:ac1f:a dev isatap0'
ipv6_is_unreachable_at_once() {
    run ping -n -c 1 -W 60 2001:db8:cafe::1
    holds 'IPv6 is unreachable at once' grep -q 'Network is unreachable' <<<"$OUT$ERR"
    holds 'a connection by name is made' bash -c ': </dev/tcp/dual.example/80'
}

test_isatap_without_advertisements() {
    isatap 'gateway fe80::5efe:172.31.0.10' 'isatap-routers-nodefault 172.31.0.10'
    printf '169.254.169.254 dual.example\n2001:db8:cafe::1 dual.example\n' >>/etc/hosts
    snapshot
    daemon
    check 'ifup' ifup isatap0
    daemon_says 'isatap0: fe80::5efe:ac1f:a answers'
    holds 'there is a default route' default_is "$by_router"
    router_dies
    daemon_says 'isatap0: the default route is withdrawn until the far end answers' 30
    holds 'there is none' no_default
    ipv6_is_unreachable_at_once
    refuse 'status' 1 situp status --json isatap0
    is 'status shows the route, and nothing to put right' "$(jq -c '.[0] | [.state, .differs, .routes, .withdrawn]' <<<"$OUT")" \
        '["degraded",[],[],["default via fe80::5efe:ac1f:a metric 1024"]]'
    router_lives
    daemon_says 'isatap0: the default route is back' 60
    holds 'it is' default_is "$by_router"
    pings i1 2001:db8:cafe::1
    router_dies
    soon 'withdrawn again' 30 no_default
    end_daemon KILL
    check 'after situpd was killed, the unit puts it back' /usr/libexec/situp/situpd --put-routes-back
    holds 'it is back' default_is "$by_router"
    router_lives
    sed -i '/dual\.example/d' /etc/hosts
    check 'ifdown' ifdown isatap0
    same_as_snapshot
}

test_isatap_with_advertisements() {
    advertise rtr 2002:ca0c:1e01
    isatap 'isatap-routers 172.31.0.10'
    printf '169.254.169.254 dual.example\n2001:db8:cafe::1 dual.example\n' >>/etc/hosts
    daemon
    check 'up' situp up isatap0
    daemon_says 'isatap0: fe80::5efe:ac1f:a answers'
    soon 'the router advertises a default route' 10 default_is "$by_router"
    router_dies
    daemon_says 'isatap0: the default route by router 172.31.0.10 is withdrawn until the far end answers' 30
    holds 'there is none' no_default
    ipv6_is_unreachable_at_once
    refuse 'status' 1 situp status --json isatap0
    fits_schema status
    is 'status shows the route' "$(jq -c '.[0] | [.state, .differs, .routes, .withdrawn]' <<<"$OUT")" \
        '["degraded",[],[],["default via fe80::5efe:ac1f:a metric 1024"]]'
    refuse 'doctor' 1 situp doctor isatap0
    stdout_has 'there is none: situpd has withdrawn the default route until the far end answers'
    router_lives
    daemon_says 'isatap0: the default route by router 172.31.0.10 is back' 60
    holds 'it is' default_is "$by_router"
    pings i1 2001:db8:cafe::1
    check 'status' situp status --json isatap0
    is 'status shows none withdrawn' "$(jq -c '.[0].withdrawn' <<<"$OUT")" null

    router_dies
    soon 'withdrawn again' 30 no_default
    end_daemon KILL
    router_lives
    check 'after situpd was killed, the unit solicits' /usr/libexec/situp/situpd --put-routes-back
    soon 'it is back' 10 default_is "$by_router"
    # The next one has heard no advertisement: the route is there from the time of the last one.
    router_dies
    daemon
    soon 'withdrawn once more' 30 no_default
    router_lives
    end_daemon
    soon 'a situpd that ends brings it back' 10 default_is "$by_router"
    sed -i '/dual\.example/d' /etc/hosts
    check 'down' situp down isatap0
    silence rtr
}

# The same stanza as its clients have.
test_the_router_itself_has_no_keepalive() {
    isatap 'isatap-routers 172.31.14.146'
    daemon
    check 'up' situp up isatap0
    daemon_says "isatap0: the keepalive's target is this host itself: it pings no address"
    check 'status' situp status --json isatap0
    is 'status shows none' "$(jq -c '.[0] | [.state, .keepalive]' <<<"$OUT")" '["up",null]'
    check 'down' situp down isatap0
}

test_what_can_not_be_withdrawn() {
    he_ipv6 manual
    refuse 'without a keepalive' 3 situp up he-ipv6
    situp_says 'v4tunnel-dead: withdraw needs a keepalive, which tells whether the far end is dead: write v4tunnel-keepalive 30'
    refuse 'check' 3 situp check
    he_ipv6 manual 'v4tunnel-keepalive 30'
    sed -i '/gateway/d; s/keepalive 30/keepalive 30 2001:470:1f04:1::1/' /etc/network/interfaces.d/he-ipv6
    refuse 'without a route' 3 situp up he-ipv6
    situp_says 'there is no default route to withdraw'
}
