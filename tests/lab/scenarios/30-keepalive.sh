# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# situpd: a tunnel that is asked now and then, and says when nobody answers.

he_ipv6() { # he_ipv6 OPTION…
    {
        cat <<'END'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
END
        printf '    %s\n' "$@"
    } | stanza he-ipv6
}

test_the_far_end_is_asked_and_its_silence_noticed() {
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-keepalive 2'
    daemon
    check ifup ifup he-ipv6
    holds 'the record wants situpd' test -e /run/situp/.upkeep/he-ipv6
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 answers'
    soon 'the round trip is kept' 5 live_has he-ipv6 '^samples [0-9]+'
    check 'situp status shows it' situp status he-ipv6
    stdout_has 'alive since '
    stdout_has ', 2001:470:1f04:1::1, round trip '
    # the broker is silent, and speaks again
    on he ip link set tun-10 down
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 does not answer any more' 20
    soon 'and that is known' 5 live_has he-ipv6 '^health dead'
    refuse 'situp status says so' 1 situp status --json he-ipv6
    fits_schema status
    holds 'and that it is degraded' jq -e '.[0] | .state == "degraded" and .keepalive.health == "dead" and
        .trouble[0] == "2001:470:1f04:1::1 does not answer through the tunnel"' <<<"$OUT"
    on he ip link set tun-10 up
    on he ip address add 2001:470:1f04:1::1/64 dev tun-10 2>/dev/null
    soon 'it answers again' 40 live_has he-ipv6 '^health alive'
    check ifdown ifdown he-ipv6
    soon 'nobody wants situpd any more' 5 not test -e /run/situp/live/he-ipv6
    holds 'nor is it wished for' not test -e /run/situp/.upkeep/he-ipv6
}

test_the_private_address_changes_under_the_tunnel() {
    local start
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-keepalive 60'
    check ifup ifup he-ipv6
    daemon
    soon 'it is looked after' 5 test -e /run/situp/live/he-ipv6
    nsenter --net=/run/netns/vpc nft -f - <<'END'
add rule ip elastic incoming iifname "internet" ip daddr 203.0.113.10 counter
END
    move_to 172.31.14.150
    start=${EPOCHREALTIME/./}
    soon 'traffic is back' 15 ping -n -c 1 -w 1 -I he-ipv6 2001:db8:cafe::1
    echo "# traffic was back after $(((${EPOCHREALTIME/./} - start) / 1000)) ms"
    kernel_has 'the tunnel has the new address' '.[0].linkinfo.info_data.local == "172.31.14.150"' -d link show dev he-ipv6
    inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e96/64
    daemon_says 'the local address is now 172.31.14.150, was 172.31.14.146'
    run situp plan he-ipv6
    stdout_is ''
    move_to 172.31.14.146
    soon 'and once more' 15 ping -n -c 1 -w 1 -I he-ipv6 2001:db8:cafe::1
    check ifdown ifdown he-ipv6
}

# The instance's private address, its NAT, and what the metadata service says of it.
move_to() { # move_to ADDRESS
    local old
    old=$(ip -j -4 address show dev eth0 | jq -r '.[0].addr_info[0].local')
    nsenter --net=/run/netns/vpc nft -f - <<END
flush chain ip elastic incoming
flush chain ip elastic outgoing
flush chain ip elastic forward
add rule ip elastic incoming iifname "internet" ip daddr 203.0.113.10 dnat to $1
add rule ip elastic outgoing oifname "internet" ip saddr $1 snat to 203.0.113.10
END
    nsenter --net=/run/netns/vpc conntrack -F 2>/dev/null
    imds v2 set local-ipv4 "$1"
    ip -batch - <<END
address del $old/20 dev eth0
address add $1/20 brd + dev eth0
route add default via 172.31.0.1 dev eth0
END
}
