# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# situpd follows what changes under a tunnel: the private address, metadata that lags behind it, the endpoint's name.

he_ipv6() { # he_ipv6 OPTION…
    {
        printf 'iface he-ipv6 inet6 manual\n    address 2001:470:1f04:1::2/64\n    gateway 2001:470:1f04:1::1\n'
        printf '    %s\n' "$@"
    } | stanza he-ipv6
}

# The instance's private address and its NAT.
move() { # move OLD NEW
    nat_leads_to "$2"
    address_moves "$@"
}
moved() { # moved OLD NEW: and the metadata service says so at once
    imds v2 set local-ipv4 "$2"
    move "$1" "$2"
}
milliseconds() { echo "# $1 after $(((${EPOCHREALTIME/./} - $2) / 1000)) ms"; }

asked_times() { (($(imds count '^GET /latest/meta-data/local-ipv4') >= $1)); }

test_the_private_address_changes_under_the_tunnel() {
    local start lag
    he_ipv6 'v4tunnel-endpoint 216.66.80.26' 'v4tunnel-local ec2' 'v4tunnel-keepalive 5' 'v4tunnel-lan eth0 2001:470:abcd:c70::1/64'
    check ifup ifup he-ipv6
    daemon
    soon 'it is looked after' 5 test -e /run/situp/live/he-ipv6
    start=${EPOCHREALTIME/./}
    moved 172.31.14.146 172.31.14.150
    soon 'traffic is back' 15 ping -n -c 1 -w 1 -I he-ipv6 2001:db8:cafe::1
    milliseconds 'traffic was back' "$start"
    holds 'the tunnel has the new address' has_local he-ipv6 172.31.14.150
    inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e96/64
    daemon_says 'he-ipv6: the local address is now 172.31.14.150, was 172.31.14.146'
    soon 'the record knows' 5 grep -qx 'local 172.31.14.150' /run/situp/he-ipv6
    run situp plan he-ipv6
    stdout_is ''
    pings inet 2001:470:abcd:c70::1

    # Metadata that lags by 20 seconds: the answer is an address that is gone, and the tunnel stays as it is until it is right.
    move 172.31.14.150 172.31.14.151
    { pause 20; imds v2 set local-ipv4 172.31.14.151; } &
    lag=$!
    daemon_says 'he-ipv6: ec2: the answer was 172.31.14.150, which no interface of this host holds'
    soon 'it is asked again' 15 asked_times 3
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 does not answer any more' 20
    holds 'the tunnel is as it was' has_local he-ipv6 172.31.14.150
    wait $lag
    # Five failures in a row are 32 seconds before the next try.
    soon 'and once metadata knows, it is right' 40 has_local he-ipv6 172.31.14.151
    soon 'traffic is back' 5 ping -n -c 1 -w 1 -I he-ipv6 2001:db8:cafe::1

    # No metadata at all; that it failed before, and for how long, is over.
    soon 'the far end answers' 10 live_has he-ipv6 '^health alive'
    imds down
    move 172.31.14.151 172.31.14.146
    daemon_says 'he-ipv6: ec2: the metadata service'
    has_link he-ipv6
    imds v2
    soon 'it is right once the service is back' 20 has_local he-ipv6 172.31.14.146
    daemon_says 'he-ipv6: the local address is now 172.31.14.146'
    check ifdown ifdown he-ipv6
}

# The next source of the chain is for a start: it takes no tunnel away from an address that works.
test_a_source_that_is_away_moves_nothing() {
    he_ipv6 'v4tunnel-endpoint 216.66.80.26' 'v4tunnel-local ec2 interface:eth1' 'v4tunnel-keepalive 60'
    check ifup ifup he-ipv6
    daemon
    soon 'it is looked after' 5 test -e /run/situp/live/he-ipv6
    imds down
    ip address add 172.31.14.151/20 dev eth0
    daemon_says 'he-ipv6: kept the local address 172.31.14.146: ec2: the metadata service'
    holds 'the tunnel is as it was' has_local he-ipv6 172.31.14.146
    pings i1 2001:db8:cafe::1
    imds v2
    daemon_says 'he-ipv6: all is right again' 20
    ip address del 172.31.14.151/20 dev eth0
    check ifdown ifdown he-ipv6
}

# No address comes or goes when an interface is set down.
test_the_way_to_the_endpoint_changes() {
    he_ipv6 'v4tunnel-endpoint 216.66.80.26' 'v4tunnel-local route' 'v4tunnel-keepalive 60'
    ip route add default via 172.31.32.1 dev eth1 metric 500
    check ifup ifup he-ipv6
    holds 'it goes out of eth0' has_local he-ipv6 172.31.14.146
    daemon
    soon 'it is looked after' 5 test -e /run/situp/live/he-ipv6
    ip link set dev eth0 down
    daemon_says 'he-ipv6: the local address is now 172.31.32.10, was 172.31.14.146'
    ip link set dev eth0 up
    ip route add default via 172.31.0.1 dev eth0
    ip route del default via 172.31.32.1 dev eth1 metric 500
    check ifdown ifdown he-ipv6
}

test_isatap_addresses_follow_the_private_one() {
    local where
    for where in i1 i2; do
        stanza on $where isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64 2001:db8:77::/64
    isatap-routers 172.31.0.10
END
    done
    check 'ifup on the first' ifup isatap0
    check 'ifup on the second' on i2 ifup isatap0
    daemon
    pings i2 2002:ca0c:1e01::5efe:172.31.14.146
    moved 172.31.14.146 172.31.14.150
    soon 'the neighbour is reached from the new address' 15 on i2 ping -n -c 1 -w 1 2002:ca0c:1e01::5efe:172.31.14.150
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:e96/64 2001:db8:77::5efe:ac1f:e96/64 fe80::5efe:ac1f:e96/64
    routers_are i1 isatap0 '172.31.0.10 default'
    moved 172.31.14.150 172.31.14.146
    soon 'and back' 15 on i2 ping -n -c 1 -w 1 2002:ca0c:1e01::5efe:172.31.14.146
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:e92/64 2001:db8:77::5efe:ac1f:e92/64 fe80::5efe:ac1f:e92/64
    check ifdown ifdown isatap0
}

test_the_endpoint_moves_to_another_address() {
    he_ipv6 'v4tunnel-endpoint broker.example.net' 'v4tunnel-local ec2' 'v4tunnel-keepalive 1'
    check ifup ifup he-ipv6
    daemon
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 answers'
    on he ip -batch - <<'END'
address add 216.66.80.27/32 dev lo
link change dev tun-10 type sit local 216.66.80.27 remote 203.0.113.10 ttl 255
END
    daemon_says 'does not answer any more' 20
    # While DNS fails, nothing is worse than before.
    dns_says
    daemon_says 'he-ipv6: kept what DNS said before: broker.example.net: there is no such name' 20
    holds 'the endpoint is kept' has_remote he-ipv6 216.66.80.26
    dns_says 216.66.80.27
    soon 'it is found there' 40 has_remote he-ipv6 216.66.80.27
    soon 'and answers' 40 live_has he-ipv6 '^health alive'
    pings i1 2001:db8:cafe::1
    check ifdown ifdown he-ipv6
    dns_is_as_before
    on he ip -batch - <<'END'
link change dev tun-10 type sit local 216.66.80.26 remote 203.0.113.10 ttl 255
address del 216.66.80.27/32 dev lo
END
}

test_what_others_have_done_is_reported_and_not_worked_against() {
    he_ipv6 'v4tunnel-endpoint 216.66.80.26' 'v4tunnel-local ec2' 'v4tunnel-keepalive 60'
    check 'situp up' situp up he-ipv6
    daemon
    soon 'it is looked after' 5 test -e /run/situp/live/he-ipv6
    ip link set he-ipv6 down
    daemon_says 'he-ipv6: somebody has set the device down: ip link set he-ipv6 up'
    ip link set he-ipv6 up
    daemon_says 'he-ipv6: (all is right again|put right)'
    ip link delete he-ipv6
    daemon_says 'he-ipv6: somebody has deleted the device: situp up he-ipv6 makes it anew'
    no_link he-ipv6
    check 'situp up makes it anew' situp up he-ipv6
    soon 'and the new one is looked after' 10 live_has he-ipv6 '^health alive'
    check 'situp down' situp down he-ipv6
}

# The kernel takes address and route off a device that is set down, whoever has made them.
test_set_down_and_up_by_hand() {
    local method
    daemon
    for method in v4tunnel static manual; do
        he_ipv6 'v4tunnel-local interface:eth0' 'v4tunnel-keepalive 5' \
            "$([[ $method == v4tunnel ]] && echo endpoint 216.66.80.26 || echo v4tunnel-endpoint 216.66.80.26)"
        sed -i "s/inet6 manual/inet6 $method/" /etc/network/interfaces.d/he-ipv6
        check "$method: ifup" ifup he-ipv6
        soon "$method: it is looked after" 5 test -e /run/situp/live/he-ipv6
        ip link set he-ipv6 down
        ip link set he-ipv6 up
        soon "$method: traffic is back" 15 ping -n -c 1 -w 1 -I he-ipv6 2001:db8:cafe::1
        inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e92/64
        run situp plan he-ipv6
        stdout_is ''
        check "$method: ifdown" ifdown he-ipv6
        no_link he-ipv6
    done
}

# The method of an ifup that is at work would stumble over an address that situpd has made.
test_ifupdown_has_its_tunnel_for_itself() {
    local lock
    he_ipv6 'v4tunnel-endpoint 216.66.80.26' 'v4tunnel-local interface:eth0'
    stanza he-2 <<<$'iface he-2 inet6 manual\n    v4tunnel-endpoint 203.0.113.99\n    v4tunnel-local interface:eth0'
    check ifup ifup he-ipv6
    check 'situp up' situp up he-2
    daemon
    soon 'both are looked after' 10 test -e /run/situp/live/he-ipv6 -a -e /run/situp/live/he-2
    coproc LOCK { python3 -c 'import fcntl, sys
file = open("/run/network/ifstate.he-ipv6", "a")
fcntl.lockf(file, fcntl.LOCK_EX)
print("locked", flush=True)
sys.stdin.read()'; }
    read -r lock <&"${LOCK[0]}"
    is 'as ifup locks it' "$lock" locked
    address_becomes 172.31.14.146 172.31.14.150
    soon 'the other tunnel has the new address' 15 has_local he-2 172.31.14.150
    holds 'this one is as it was' has_local he-ipv6 172.31.14.146
    # shellcheck disable=SC2153  # the coprocess's
    kill "$LOCK_PID"
    soon 'then situpd puts it right' 20 has_local he-ipv6 172.31.14.150
    address_becomes 172.31.14.150 172.31.14.146
    check ifdown ifdown he-ipv6
    check 'situp down' situp down he-2
}
