# shellcheck shell=bash disable=SC2153  # run sets STATUS
# SPDX-License-Identifier: GPL-2.0-or-later
# 37: a host that forwards sends no packet for an unused address back into the tunnel that it came out of.

forwarding=/proc/sys/net/ipv6/conf/all/forwarding
statistics=/sys/class/net/he-ipv6/statistics

stock() { # stock OPTION…
    {
        printf 'iface he-ipv6 inet6 v4tunnel\n    address 2001:470:1f04:1::2\n    netmask 64\n    endpoint 216.66.80.26\n'
        printf '    gateway 2001:470:1f04:1::1\n    v4tunnel-local interface:eth0\n'
        (($# == 0)) || printf '    %s\n' "$@"
    } | stanza he-ipv6
}
managed() { # managed OPTION…
    {
        printf 'iface he-ipv6 inet6 manual\n    address 2001:470:1f04:1::2/64\n    v4tunnel-endpoint 216.66.80.26\n'
        printf '    gateway 2001:470:1f04:1::1\n    v4tunnel-local interface:eth0\n'
        (($# == 0)) || printf '    %s\n' "$@"
    } | stanza he-ipv6
}
# The broker routes a /48 here, too.
routed() { ip -n he -6 route replace 2001:470:9000::/48 via 2001:470:1f04:1::2 dev tun-10; }
not_routed() { ip -n he -6 route delete 2001:470:9000::/48; }

# packets WHAT RX TX WHERE TARGET: one ping from there makes that many packets that come out of the tunnel and go into it.
packets() {
    local rx tx rx_after tx_after
    read -r rx <"$statistics/rx_packets"
    read -r tx <"$statistics/tx_packets"
    # Not -w, with which ping would send another one. An answer or an error ends it, so that all are counted by then.
    on "$4" ping -n -c 1 -W 3 "$5" >/tmp/lab.ping 2>&1
    read -r rx_after <"$statistics/rx_packets"
    read -r tx_after <"$statistics/tx_packets"
    is "$1: $4 pings $5: packets in and out" "$((rx_after - rx)) $((tx_after - tx))" "$2 $3"
}
none_comes_back() { # none_comes_back WHAT
    packets "$1" 1 1 inet 2001:470:1f04:1::dead
    holds 'it is answered' grep -q 'From 2001:470:1f04:1::2 .*unreachable' /tmp/lab.ping
    packets "$1" 1 1 inet 2001:470:9000:5::1
    holds 'it is answered' grep -q 'From 2001:470:1f04:1::2 .*unreachable' /tmp/lab.ping
    packets "$1, link-local" 1 1 he fe80::dead%tun-10
    packets "$1, this host" 1 1 inet 2001:470:1f04:1::2
    packets "$1, the gateway" 1 1 i1 2001:470:1f04:1::1
    # The far end sends packets back in this lab: here they end.
    packets "$1, from here" 2 1 i1 2001:470:1f04:1::77
}
rules_are() { # rules_are N: IPv6 rules for what comes out of he-ipv6
    is "$1 rules" "$(ip -6 rule show | grep -c 'iif he-ipv6')" "$1"
}

test_without_the_rules_packets_go_there_and_back() {
    routed
    managed
    check 'up' situp up he-ipv6
    rules_are 3
    echo 1 >$forwarding
    printf 'rule del preference %s\n' 32765 32765 32764 | ip -6 -batch -
    packets 'without the rules' 32 32 inet 2001:470:1f04:1::dead
    packets 'without v4tunnel-routed' 32 32 inet 2001:470:9000:5::1
    refuse 'status says so' 1 situp status he-ipv6
    stdout_has 'to put right  ip -6 rule add preference 32764 iif he-ipv6 to 2001:470:1f04:1::/64 lookup main suppress_prefixlength 64'
    check 'up puts them back' situp up he-ipv6
    packets 'with the rules' 1 1 inet 2001:470:1f04:1::dead
    check 'down' situp down he-ipv6
    echo 0 >$forwarding
    not_routed
}

test_one_in_and_one_answer_out_by_situp_alone() {
    routed
    managed 'v4tunnel-routed 2001:470:abcd:c70::/64 2001:470:9000::/48'
    snapshot
    run situp plan he-ipv6
    stdout_has 'ip -6 route add unreachable 2001:470:9000::/48 metric 4294967295'
    stdout_has 'ip -6 rule add preference 32764 iif he-ipv6 to 2001:470:1f04:1::/64 lookup main suppress_prefixlength 64'
    stdout_has 'ip -6 rule add preference 32765 iif he-ipv6 to 2001:470:1f04:1::/64 unreachable'
    stdout_has 'ip -6 rule add preference 32765 iif he-ipv6 to fe80::/10 unreachable'
    check 'up' situp up he-ipv6
    echo 1 >$forwarding
    none_comes_back managed
    run situp plan he-ipv6
    stdout_is ''
    echo 0 >$forwarding
    check 'down' situp down he-ipv6
    same_as_snapshot
    not_routed
}

test_one_in_and_one_answer_out_under_the_stock_method() {
    routed
    stock 'v4tunnel-routed 2001:470:9000::/48' 'v4tunnel-lan eth0 2001:470:9000:1::1/64'
    snapshot
    check 'ifup' ifup he-ipv6
    is 'it says nothing' "$ERR$OUT" ''
    echo 1 >$forwarding
    none_comes_back 'stock method'
    packets 'an address of v4tunnel-lan' 1 1 inet 2001:470:9000:1::1
    echo 0 >$forwarding
    check 'ifdown' ifdown he-ipv6
    same_as_snapshot
    # ifupdown deletes the device itself: without the record, the rules tell whose they are.
    check 'ifup' ifup he-ipv6
    rm /run/situp/he-ipv6
    check 'ifdown without a record' ifdown he-ipv6
    rules_are 0
    holds 'no unreachable route' test -z "$(ip -6 route show type unreachable)"
    not_routed
}

# A container's /80 inside the tunnel's /64, a /64 inside the routed /48, and a better route of the /48 itself.
test_longer_routes_of_a_person_stay_in_force() {
    routed
    managed 'v4tunnel-routed 2001:470:9000::/48'
    check 'up' situp up he-ipv6
    echo 1 >$forwarding
    ip link add name box0 type dummy
    # i2 stands for a container: it is one hop behind eth0.
    printf '%s\n' 'link set dev box0 up' 'address add 2001:470:1f04:1:5::1/80 dev box0 nodad' \
        'address add 2001:470:9000:7::1/64 dev box0 nodad' 'address add fd00:6::1/64 dev eth0 nodad' \
        'route add 2001:470:1f04:1:6::/80 via fd00:6::2' 'route add 2001:470:9000:8::/64 via fd00:6::2' | ip -6 -batch -
    printf '%s\n' 'address add 2001:470:1f04:1:6::6/128 dev eth0 nodad' 'address add 2001:470:9000:8::8/128 dev eth0 nodad' \
        'address add fd00:6::2/64 dev eth0 nodad' 'route add default via fd00:6::1' | on i2 ip -6 -batch -
    packets 'an address in the /80' 1 1 inet 2001:470:1f04:1:5::1
    packets 'behind the /80' 1 1 inet 2001:470:1f04:1:6::6
    packets 'an address in the /48' 1 1 inet 2001:470:9000:7::1
    packets 'behind the /48' 1 1 inet 2001:470:9000:8::8
    packets 'beside them' 1 1 inet 2001:470:9000:9::9
    ip -6 route add 2001:470:9000::/48 dev box0 metric 4294967294
    holds 'a route of the same prefix is preferred' grep -q 'dev box0' <<<"$(ip -6 route get 2001:470:9000:9::9)"
    ip link del dev box0
    echo 0 >$forwarding
    check 'down' situp down he-ipv6
    on i2 ip -6 route del default
    not_routed
}

test_situpd_puts_back_what_others_remove() {
    managed 'v4tunnel-routed 2001:470:9000::/48'
    check 'up' situp up he-ipv6
    holds 'the record wants situpd' test -e /run/situp/.upkeep/he-ipv6
    daemon
    # as networkd does when it starts
    printf 'rule del preference %s\n' 32764 32765 | ip -6 -batch -
    daemon_says 'put right: ip -6 rule add preference 32764'
    soon 'all three are there' 10 has_rules
    ip -6 route del unreachable 2001:470:9000::/48
    soon 'the route is back' 10 has_unreachable
    # wg-quick's rule, before which the tunnel's have to be
    ip -6 rule add lookup main suppress_prefixlength 0
    soon 'the rules have moved' 10 rules_have_moved
    ip -6 rule del lookup main suppress_prefixlength 0
    check 'down' situp down he-ipv6
    rules_are 0
}
has_rules() { [[ $(ip -6 rule show | grep -c 'iif he-ipv6') == 3 ]]; }
has_unreachable() { [[ $(ip -6 route show type unreachable) == *'2001:470:9000::/48'*4294967295* ]]; }
rules_have_moved() {
    local rules
    rules=$(ip -6 rule show)
    [[ $rules == *'iif he-ipv6'*'iif he-ipv6'*'iif he-ipv6'*'suppress_prefixlength 0'* && $rules != *'suppress_prefixlength 0'*'iif he-ipv6'* ]]
}

test_the_kernel_bounces_nothing_on_isatap() {
    statistics=/sys/class/net/isatap0/statistics
    local text=$'iface isatap0 inet6 manual\n    isatap-prefix 2002:ca0c:1e01::/64\n    isatap-local interface:eth0'
    stanza isatap0 <<<"$text"
    stanza on i2 isatap0 <<<"$text"
    check 'up' situp up isatap0
    check 'up on i2' on i2 situp up isatap0
    echo 1 >$forwarding
    # To an identifier that is not i1's own, with i1's IPv4 address in it: i1 sends it and a redirect, and drops what it gets.
    packets 'another identifier' 1 2 i2 2002:ca0c:1e01::200:5efe:172.31.14.146
    packets 'an address of no host' 0 0 i2 2002:ca0c:1e01::5efe:172.31.14.199
    is 'no rules' "$(ip -6 rule show | grep -c 'iif')" 0
    echo 0 >$forwarding
    check 'down' situp down isatap0
    check 'down on i2' on i2 situp down isatap0
    statistics=/sys/class/net/he-ipv6/statistics
}

test_a_kernel_that_refuses_rules_gets_none() {
    [[ -f /usr/local/lib/faults.so ]] || { not_ok 'the payload has the faults' 'make it with make lab-payload'; return; }
    managed
    snapshot
    check 'up all the same' with_faults refuse-rules 0 situp up -v he-ipv6
    stderr_has 'back into the tunnel while this host forwards'
    rules_are 0
    pings i1 2001:470:1f04:1::1
    run situp status he-ipv6
    stdout_has 'unused        packets for unused addresses'
    check 'down' situp down he-ipv6
    same_as_snapshot
}

test_killed_at_each_step_it_leaves_nothing_that_down_does_not_find() {
    local n
    [[ -f /usr/local/lib/faults.so ]] || { not_ok 'the payload has the faults' 'make it with make lab-payload'; return; }
    managed 'v4tunnel-routed 2001:470:9000::/48'
    snapshot
    for ((n = 5; n < 24; n++)); do
        run with_faults kill-after "$n" situp up he-ipv6
        [[ "$STATUS" != 0 ]] || break
        check "killed after request $n: down" situp down he-ipv6
        same_as_snapshot
    done
    holds "of $n requests, the last was the record" test "$n" -gt 8
    check 'down' situp down he-ipv6
    same_as_snapshot
}
