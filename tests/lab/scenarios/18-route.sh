# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# v4tunnel-route: the tunnel's default route beside native IPv6, which the VPC has here, and a broker that drops what comes
# from addresses that are not the tunnel's.

tunnel() { # tunnel METHOD OPTION…
    {
        printf 'iface he-ipv6 inet6 %s\n    address 2001:470:1f04:1::2/64\n    v4tunnel-local interface:eth0\n' "$1"
        [[ $1 == v4tunnel ]] && printf '    endpoint 216.66.80.26\n' || printf '    v4tunnel-endpoint 216.66.80.26\n'
        printf '    %s\n' "${@:2}"
    } | stanza he-ipv6
}

link_local() { # link_local NAMESPACE DEVICE: sets `address`
    local word
    while read -r _ _ _ word _; do address=${word%/*}; done < <(ip -n "$1" -6 -o address show dev "$2" scope link)
}

# The default route is of protocol ra, as the one of an advertisement is.
native() {
    local address
    link_local he vpc
    ip -n vpc -6 -batch - <<END
address add 2001:db8:aaaa::1/64 dev br0 nodad
route add default via $address dev internet
END
    link_local vpc internet
    ip -n he -6 route add 2001:db8:aaaa::/64 via "$address" dev vpc
    ip -6 -batch - <<'END'
address add 2001:db8:aaaa::146/64 dev eth0 nodad
route add default via 2001:db8:aaaa::1 dev eth0 proto ra metric 100
END
    on he nft -f - <<'END'
table ip6 broker {
    chain forward {
        type filter hook forward priority 0
        iifname "tun-10" ip6 saddr != { 2001:470:1f04:1::/64, 2001:470:abcd:c70::/64 } drop
    }
}
END
}
no_native() {
    ip -6 route delete default dev eth0
    ip -6 address delete 2001:db8:aaaa::146/64 dev eth0
    on he ip -6 route delete 2001:db8:aaaa::/64
    on he nft delete table ip6 broker
    ip -n vpc -6 -batch - <<'END'
route delete default dev internet
address delete 2001:db8:aaaa::1/64 dev br0
END
}

defaults_are() { # defaults_are WHAT ROUTE…: the tunnel's default routes, as `ip` words them, and no others
    local what=$1 have
    shift
    have=$(ip -6 -o route show table all dev he-ipv6 | sed -nE 's/^(default .*[^ ]) *pref medium *$/\1/p' | sort)
    is "$what: the tunnel's default routes" "$have" "$( (($#)) && printf '%s\n' "$@" | sort)"
}
own='default from 2001:470:1f04:1::/64 metric 1024'

test_each_packet_leaves_where_its_source_belongs() {
    local before after
    native
    tunnel v4tunnel 'gateway 2001:470:1f04:1::1' 'metric 50'
    check 'ifup with a default route for all packets' ifup he-ipv6
    pings i1 2001:db8:cafe::1 -I 2001:470:1f04:1::2
    no_ping i1 2001:db8:cafe::1 -I 2001:db8:aaaa::146 # the broker drops it
    check ifdown ifdown he-ipv6

    tunnel v4tunnel 'v4tunnel-lan eth0 2001:470:abcd:c70::1/64' 'v4tunnel-route default'
    snapshot
    check 'situp plan' situp plan he-ipv6
    stdout_has '# v4tunnel-route is for packets from 2001:470:1f04:1::/64, 2001:470:abcd:c70::/64: another IPv6 default route leaves by eth0'
    stdout_has 'ip -6 route add default from 2001:470:abcd:c70::/64 dev he-ipv6 metric 1024'
    check ifup ifup he-ipv6
    is 'it says nothing' "$OUT$ERR" ''
    defaults_are 'beside native IPv6' "$own" 'default from 2001:470:abcd:c70::/64 metric 1024'
    pings i1 2001:db8:cafe::1 -I 2001:470:1f04:1::2
    pings i1 2001:db8:cafe::1 -I 2001:470:abcd:c70::1
    pings inet 2001:470:1f04:1::2
    read -r before </sys/class/net/he-ipv6/statistics/tx_packets
    pings i1 2001:db8:cafe::1 -I 2001:db8:aaaa::146
    pings i1 2001:db8:cafe::1
    read -r after </sys/class/net/he-ipv6/statistics/tx_packets
    is 'what comes from the native address has not gone into the tunnel' "$after" "$before"
    run situp plan he-ipv6
    is 'nothing is left to do' "$STATUS $OUT" '0 '
    check ifdown ifdown he-ipv6
    same_as_snapshot
    no_native
}

test_it_follows_what_other_default_routes_there_are() {
    tunnel manual 'v4tunnel-route default'
    snapshot
    check 'situp plan' situp plan he-ipv6
    stdout_has '# v4tunnel-route is for all packets: there is no other IPv6 default route'
    check 'situp up' situp up he-ipv6
    defaults_are alone 'default metric 1024'
    pings i1 2001:db8:cafe::1
    native
    run situp plan he-ipv6
    stdout_is "# v4tunnel-route is for packets from 2001:470:1f04:1::/64: another IPv6 default route leaves by eth0
ip -6 route add default from 2001:470:1f04:1::/64 dev he-ipv6 metric 1024
ip -6 route delete default dev he-ipv6 metric 1024"
    check 'situp up' situp up he-ipv6
    defaults_are 'now there is another' "$own"
    pings i1 2001:db8:cafe::1 -I 2001:db8:aaaa::146
    pings i1 2001:db8:cafe::1 -I 2001:470:1f04:1::2
    no_native
    check 'situp up' situp up he-ipv6
    defaults_are 'alone again' 'default metric 1024'
    pings i1 2001:db8:cafe::1
    ip -6 route delete default dev he-ipv6
    check 'situp up after somebody has deleted it' situp up he-ipv6
    defaults_are 'put back' 'default metric 1024'
    check 'situp down' situp down he-ipv6
    same_as_snapshot
}

test_from_metric_and_table_as_written() {
    tunnel static 'v4tunnel-route default from 2001:470:abcd::/48 metric 77 table 100 default from 2001:470:1f04:1::/64 metric 5'
    snapshot
    check ifup ifup he-ipv6
    defaults_are ifup 'default from 2001:470:abcd::/48 table 100 metric 77' 'default from 2001:470:1f04:1::/64 metric 5'
    run situp plan he-ipv6
    is 'nothing is left to do' "$STATUS $OUT" '0 '
    tunnel static 'v4tunnel-route default from 2001:470:abcd::/48 metric 78 table 4000000000'
    check 'situp up after an edit' situp up he-ipv6
    defaults_are 'of the old ones, none' 'default from 2001:470:abcd::/48 table 4000000000 metric 78'
    run situp plan he-ipv6
    is 'nothing is left to do' "$STATUS $OUT" '0 '
    tunnel static
    check 'situp up without the option' situp up he-ipv6
    defaults_are none
    check ifdown ifdown he-ipv6
    same_as_snapshot
    # One of the same metric in that table, for all packets.
    ip -6 route add default dev eth0 metric 5 table 100
    tunnel manual 'v4tunnel-route default metric 5 table 100'
    snapshot
    check 'by source it is in nobody'\''s way' situp up he-ipv6
    defaults_are 'beside another in table 100' 'default from 2001:470:1f04:1::/64 table 100 metric 5'
    check 'situp down' situp down he-ipv6
    same_as_snapshot
    ip -6 route delete default dev eth0 metric 5 table 100
}

test_what_is_refused() {
    snapshot
    tunnel manual 'gateway 2001:470:1f04:1::1' 'v4tunnel-route default'
    refuse 'beside a gateway' 3 situp up he-ipv6
    situp_says 'v4tunnel-route: makes the tunnel'\''s default route, and gateway makes one for all packets: remove one of the two'
    tunnel manual 'v4tunnel-route default from 2001:470:1f04:1::2/64'
    refuse 'no prefix' 3 situp up he-ipv6
    situp_says '"2001:470:1f04:1::2/64" has bits behind the /64: write 2001:470:1f04:1::/64'
    same_as_snapshot
}
