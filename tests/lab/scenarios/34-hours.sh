# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Hours of situpd's life. They pass in a guest of their own, whose clock jumps over idle time.
# Clock: jumps

: "${daemon_log:=}" # lib.sh's

he_ipv6() { # he_ipv6 SECONDS: of its keepalive
    stanza he-ipv6 <<END
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    v4tunnel-endpoint broker.example.net
    v4tunnel-local ec2
    v4tunnel-keepalive $1
END
}

# What is read from the disk would be waited for, and the clock jumps while it is: so everything is run once before.
warm_up() {
    run /usr/libexec/situp/situp-net resolve --ttl --wait 30000 broker.example.net
    run situp address ec2
}
datagrams() { # what this host has sent by UDP
    local kind sent
    while read -r kind _ _ _ sent _; do [[ $kind == Udp: && $sent != OutDatagrams ]] && echo "$sent"; done <<<"$(</proc/net/snmp)"
}
lost() { # probes without an answer
    local key lost
    while read -r key _ lost; do [[ $key == probes ]] && echo "$lost"; done </run/situp/live/he-ipv6
}

# DNS says that an answer is good for a minute, and is asked again by then, though the far end is alive.
test_the_endpoint_s_name_leads_elsewhere() {
    local address
    warm_up
    he_ipv6 600
    check 'situp up' situp up he-ipv6
    daemon
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 answers' 20
    on he ip address add 216.66.80.27/32 dev lo
    for address in 216.66.80.27 216.66.80.26; do
        dns_says $address
        on he ip link change dev tun-10 type sit local $address remote 203.0.113.10 ttl 255
        pause 62
        soon 'the new address is found within a little more than a minute' 5 has_remote he-ipv6 $address
        holds 'the far end was not taken for dead' live_has he-ipv6 '^health alive'
        pings i1 2001:db8:cafe::1
    done
    on he ip address del 216.66.80.27/32 dev lo
    dns_is_as_before
    check 'situp down' situp down he-ipv6
}

test_dns_fails_for_an_hour() {
    local before up_to
    warm_up
    he_ipv6 60
    check 'situp up' situp up he-ipv6
    daemon
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 answers' 20
    kill -STOP "$(</run/lab/dnsmasq.pid)"
    # For how long that which `up` was told was good, nobody knows: it is asked for again after a minute.
    pause 60 # looking often would take most of the time that the hour takes
    daemon_says 'he-ipv6: kept what DNS said before: broker.example.net: ' 30
    before=$(datagrams)
    pause 3600
    holds 'the endpoint is kept' has_remote he-ipv6 216.66.80.26
    holds 'the far end was alive all the time' live_has he-ipv6 '^health alive'
    is 'and answered each time' "$(lost)" 0
    pings i1 2001:db8:cafe::1
    up_to=$(($(datagrams) - before))
    # A question is six of them, tries and search list; one each five minutes at least, and no more than one each two.
    holds "in that hour DNS is asked again and again, but not often: $up_to datagrams" test "$up_to" -ge 72 -a "$up_to" -le 180
    is 'it is said once' "$(grep -c 'kept what DNS said' "$daemon_log")" 1
    kill -CONT "$(</run/lab/dnsmasq.pid)"
    pause 300
    daemon_says 'he-ipv6: all is right again' 30
    end_daemon
}

# Nobody sends anything: the advertisements, one in a quarter of an hour, are enough. Then somebody does, and the router is dead.
test_an_isatap_link_that_is_not_used() {
    local before up_to
    warm_up
    advertise rtr 2002:ca0c:1e01
    printf 'iface isatap0 inet6 manual\n    isatap-local interface:eth0\n    isatap-routers 172.31.0.10\n' | stanza isatap0
    check 'situp up' situp up isatap0
    daemon
    soon 'the router is known' 30 live_has isatap0 '^router 172.31.0.10 alive'
    pause 900 # in which the pauses grow
    before=$(pings_sent)
    pause 3600
    up_to=$(($(pings_sent) - before))
    holds "in an hour situpd sends no more than 4 pings: $up_to" test "$up_to" -le 4
    holds 'the router is alive' live_has isatap0 '^router 172.31.0.10 alive'

    before=$(pings_sent)
    for ((i = 0; i < 4; i++)); do
        pings i1 2001:db8:cafe::1
        pause 60
    done
    up_to=$(($(pings_sent) - before - 4))
    holds "while it is used, it is pinged each minute: $up_to" test "$up_to" -ge 3 -a "$up_to" -le 5

    pause 900
    ip -n rtr link set dev eth0 down
    ping -q -c 1 -W 1 2001:db8:cafe::1 >/dev/null
    daemon_says 'router 172.31.0.10 does not answer' 8
    ip -n rtr link set dev eth0 up
    on rtr ip route replace default via 172.31.0.1
    end_daemon
    check 'situp down' situp down isatap0
    silence rtr
}
