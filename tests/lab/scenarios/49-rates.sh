# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 49: what one instance of a fleet asks of the metadata service, of the relay, of its routers and of the broker: the figures of
# doc/fleets.md.
# Clock: jumps
# Long: a day, an hour and six hours of the clock

# What is read from the disk would be waited for, and the clock jumps while it is: so everything is run once before.
warm_up() { run situp address ec2; }
requests() { imds count '^(GET|PUT) '; }
within() { holds "$1: $2 is from $3 to $4" test "$2" -ge "$3" -a "$2" -le "$4"; } # within WHAT NUMBER LEAST MOST
sent() { cat "/sys/class/net/$1/statistics/tx_packets"; } # sent INTERFACE: packets
valid() { ip address replace 172.31.14.146/20 brd + dev eth0 valid_lft "$1" preferred_lft "$1"; } # valid SECONDS: as DHCP renews it

test_6rd_asks_in_a_boot_and_then_is_silent() {
    warm_up
    sixrd_stanza
    imds clear
    daemon
    check 'situp up' situp up 6rd0
    pause 60
    local before asked
    before=$(sent 6rd0) asked=$(requests)
    within 'requests in a boot: token and address' "$asked" 2 4
    pause 86400
    is 'no more requests in a day' "$(requests)" "$asked"
    is 'no packet through the tunnel in a day' "$(sent 6rd0)" "$before"
    valid 3600
    pause 60
    is 'none when DHCP renews the address' "$(requests)" "$asked"
    valid forever
    ip address add 172.31.14.200/20 dev eth0
    pause 60
    is 'requests for an address that appears' "$(($(requests) - asked))" 2
    ip address del 172.31.14.200/20 dev eth0
}

test_isatap_pings_each_router_once_a_minute_while_the_link_is_used() {
    warm_up
    advertise rtr 2002:ca0c:1e01
    stanza isatap0 <<<$'iface isatap0 inet6 manual\n    isatap-routers 172.31.0.10'
    imds clear
    daemon
    check 'situp up' situp up isatap0
    pause 600
    local before asked i
    before=$(sent isatap0) asked=$(requests)
    within 'requests in a boot' "$asked" 2 4
    pause 3600
    within 'packets to the router in an hour, unused' "$(($(sent isatap0) - before))" 4 6
    before=$(sent isatap0)
    for ((i = 0; i < 60; i++)); do
        pings i1 2001:db8:cafe::1 # one packet
        pause 60
    done
    # An advertisement counts as an answer, and puts the next ping off.
    within 'packets to the router in an hour, used' "$(($(sent isatap0) - before - 60))" 58 68
    is 'and no more requests' "$(requests)" "$asked"
    silence rtr
}

test_the_broker_is_told_once() {
    account
    warm_up
    he_ipv6_with 'v4tunnel-local ec2' 'v4tunnel-keepalive 120' 'v4tunnel-broker he 123456'
    imds clear
    daemon
    check 'situp up' situp up he-ipv6
    pause 600
    local before asked
    before=$(sent he-ipv6) asked=$(requests)
    within 'requests in a boot' "$asked" 3 7
    is 'calls of the broker' "$(broker count .)" 1
    pause 21600
    within 'pings in six hours' "$(($(sent he-ipv6) - before))" 179 181
    is 'and no more requests' "$(requests)" "$asked"
    is 'and no more calls' "$(broker count .)" 1
}
