# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# situpd and ISATAP routers that run a real radvd: what a host learns from them, and what it does when they change, die or
# are somebody else. Where minutes would have to pass, the clock is set, which situpd takes for a suspension.

prefix=2001:db8:9 # what the routers advertise: $prefix::/64, and another one after a restart

# A second ISATAP router, 172.31.0.11, like the lab's own. The bridge takes the least of its ports' addresses for its own: not
# this one, or neighbours would look for it in vain for a while.
second_router() {
    ip netns add rtr2
    ip -n vpc -batch - <<'END'
link add name to-rtr2 mtu 9001 address fe:1f:00:00:00:11 type veth peer name eth0 netns rtr2 mtu 9001
link set dev to-rtr2 master br0
link set dev to-rtr2 up
END
    ip -n rtr2 -batch - <<'END'
link set dev lo up
link set dev eth0 up
address add 172.31.0.11/20 brd + dev eth0
route add default via 172.31.0.1
link add name isatap0 type sit isatap local 172.31.0.11 ttl 64
link set dev isatap0 up
END
    on rtr2 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
}

isatap() { # isatap [OPTION]…: up, with lines that the stanza has more
    printf 'iface isatap0 inet6 manual\n' >/etc/network/interfaces.d/isatap0
    printf '    %s\n' "$@" >>/etc/network/interfaces.d/isatap0
    check 'situp up' situp up isatap0
}
addresses_are() { # addresses_are ADDRESS…: a condition; the global ones of isatap0
    local have
    have=$(ip -6 -brief address show dev isatap0 scope global)
    read -ra have <<<"$have"
    [[ ${have[*]:2} == "$*" ]]
}
has_address() { [[ $(ip -6 -brief address show dev isatap0) == *" $1 "* ]]; }
routes_are() { # routes_are GATEWAY…: a condition; isatap0's default routes, in any order
    local have
    have=$(ip -6 route show default dev isatap0 | sed -n 's/^default via \([^ ]*\).*/\1/p' | sort)
    [[ $have == "$( (($#)) && printf '%s\n' "$@" | sort)" ]]
}
router_is() { live_has isatap0 "^router $1 $2\$"; }
wake() { date --set='+1 second' >/dev/null; } # what a suspension looks like
first_gateway=fe80::5efe:ac1f:a second_gateway=fe80::5efe:ac1f:b

test_prefix_route_and_mtu_from_radvd() {
    advertise rtr $prefix
    daemon
    isatap 'isatap-routers 172.31.0.10'
    soon 'an address in the prefix' 10 addresses_are $prefix::5efe:ac1f:e92/64
    holds 'the default route' routes_are $first_gateway
    is 'the MTU' "$(</proc/sys/net/ipv6/conf/isatap0/mtu)" 1400
    soon 'situpd knows that it answers' 5 router_is 172.31.0.10 alive
    run situp plan isatap0
    stdout_is ''

    advertise rtr 2001:db8:a
    wake
    soon 'an address in the new prefix after radvd has started again' 10 has_address 2001:db8:a::5efe:ac1f:e92/64
    holds 'the old one stays as long as it was said to' has_address $prefix::5efe:ac1f:e92/64

    # Another local address: what was formed from the old one goes, the router tells the new one.
    ip address add 172.31.14.200/20 dev eth0
    imds set local-ipv4 172.31.14.200
    wake
    soon 'an address formed from the new local one' 20 addresses_are 2001:db8:a::5efe:ac1f:ec8/64
    soon 'the route' 5 routes_are $first_gateway
    ip address del 172.31.14.200/20 dev eth0
    end_daemon
    silence rtr
}

# The same prefix in the stanza and from the router: neither takes the address from the other.
test_the_prefix_of_the_stanza_is_advertised_too() {
    advertise rtr 2002:ca0c:1e01
    daemon
    isatap 'isatap-prefix 2002:ca0c:1e01::/64' 'isatap-routers 172.31.0.10'
    soon 'the route' 10 routes_are $first_gateway
    kernel_has 'the router has given the address a lifetime' \
        '.[0].addr_info | any(.[]; .scope == "global" and .preferred_life_time <= 3600)' address show dev isatap0
    run situp plan isatap0
    stdout_is ''
    end_daemon
    silence rtr
}

test_one_of_two_routers_dies() {
    second_router
    advertise rtr $prefix
    advertise rtr2 $prefix
    daemon
    isatap 'isatap-routers 172.31.0.10 172.31.0.11'
    soon 'two routes' 10 routes_are $first_gateway $second_gateway
    soon 'both answer' 5 both_answer
    ip -n rtr link set dev eth0 down
    wake
    soon 'the dead one loses its route' 15 routes_are $second_gateway
    daemon_says 'router 172.31.0.10 does not answer'
    soon 'situpd knows' 1 router_is 172.31.0.10 dead
    holds 'the other one is alive' router_is 172.31.0.11 alive
    ip -n rtr link set dev eth0 up
    on rtr ip route replace default via 172.31.0.1
    wake
    soon 'it is taken back' 20 routes_are $first_gateway $second_gateway

    # The last one that there is keeps its route as long as it was given.
    ip -n rtr link set dev eth0 down
    ip -n rtr2 link set dev eth0 down
    wake
    soon 'nobody is left' 20 nobody_answers
    is 'how many routes stay' "$(ip -6 route show default dev isatap0 | wc -l)" 1
    end_daemon
    ip -n rtr link set dev eth0 up
    on rtr ip route replace default via 172.31.0.1
    silence rtr
    silence rtr2
    ip netns del rtr2
}
both_answer() { router_is 172.31.0.10 alive && router_is 172.31.0.11 alive; }
nobody_answers() { router_is 172.31.0.10 dead && router_is 172.31.0.11 dead; }

# A host that begins to forward: the kernel deletes the default routes of all interfaces whose accept_ra isn't 2.
test_the_host_begins_to_forward_later() {
    advertise rtr $prefix
    daemon
    isatap 'isatap-routers 172.31.0.10'
    soon 'the route' 10 routes_are $first_gateway
    echo 1 >$settings/all/forwarding
    daemon_says 'isatap0: put right: sysctl -w net.ipv6.conf.isatap0.accept_ra=2'
    soon 'the route is back' 15 routes_are $first_gateway
    check 'situp status' situp status isatap0
    echo 0 >$settings/all/forwarding
    is 'accept_ra, where it does not forward any more' "$(<$settings/isatap0/accept_ra)" 2
    holds 'the route stays' routes_are $first_gateway

    # Another interface alone begins to: isatap0's route goes all the same.
    check 'situp down' situp down isatap0
    isatap 'isatap-routers 172.31.0.10'
    soon 'the route' 10 routes_are $first_gateway
    echo 1 >$settings/eth1/forwarding
    soon 'the route is back' 15 routes_are $first_gateway
    is 'accept_ra, where it does not forward itself' "$(<$settings/isatap0/accept_ra)" 1
    echo 0 >$settings/eth1/forwarding

    # The stanza says accept_ra 1: that is the user's to change.
    isatap 'isatap-routers 172.31.0.10' 'accept_ra 1'
    check 'situp status' situp status isatap0
    echo 1 >$settings/all/forwarding
    daemon_says 'isatap0: net.ipv6.conf.isatap0.forwarding is 1, so that with accept_ra 1 the kernel ignores'
    refuse 'situp status' 1 situp status isatap0
    is 'what is wrong, once' "$(grep -c 'wrong  .*: write accept_ra 2 into the stanza' <<<"$OUT")" 1
    refuse 'situp doctor' 1 situp doctor isatap0
    stdout_has 'verdict: isatap0: net.ipv6.conf.isatap0.forwarding is 1, so that with accept_ra 1 the kernel ignores'
    echo 0 >$settings/all/forwarding
    daemon_says 'isatap0: all is right again'
    end_daemon
    silence rtr
}
settings=/proc/sys/net/ipv6/conf

# RFC 5214, 8.3.3. The kernel drops such an advertisement, and situpd must not count it either.
test_an_advertisement_from_outside_of_the_list() {
    daemon
    isatap 'isatap-routers 172.31.0.11'
    stanza on i2 isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2001:db8:bad::/64
END
    check 'a neighbour' on i2 situp up isatap0
    soon 'the router does not answer' 20 router_is 172.31.0.11 dead
    cat >/tmp/advertise.py <<'END'
import socket, struct
index = socket.if_nametoindex('isatap0')
to = 'fe80::5efe:172.31.14.146'
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(41, socket.IPV6_UNICAST_HOPS, 255)
prefix = bytes.fromhex('030440c0ffffffffffffffff0000000020010db80bad00000000000000000000')
s.sendto(bytes.fromhex('86000000400007080000000000000000') + prefix, (to, 0, 0, index))
END
    pings i2 fe80::5efe:172.31.14.146%isatap0
    check 'it advertises' on i2 python3 -SE /tmp/advertise.py
    pause 1
    holds 'no address of it' addresses_are
    holds 'no route by it' routes_are
    holds 'situpd has not heard it' router_is 172.31.0.11 dead
    # The same from one of the list is taken: the message is a good one.
    isatap 'isatap-routers 172.31.14.147'
    check 'it advertises again' on i2 python3 -SE /tmp/advertise.py
    soon 'now it is taken' 5 routes_are fe80::5efe:ac1f:e93
    soon 'and heard' 5 router_is 172.31.14.147 alive
    end_daemon
}

test_names_of_routers_while_dns_is_away() {
    advertise rtr $prefix
    daemon
    isatap 'isatap-routers isatap.example.net'
    soon 'the route' 10 routes_are $first_gateway
    kill -STOP "$(</run/lab/dnsmasq.pid)"
    wake
    daemon_says 'kept what DNS said before: isatap.example.net' 20
    routers_are i1 isatap0 '172.31.0.10 default'
    soon 'the router is alive' 1 router_is 172.31.0.10 alive

    # What DNS has nothing to do with is put right meanwhile.
    ip tunnel prl prl-delete 172.31.0.10 dev isatap0
    wake
    soon 'the list is put right' 20 list_is '172.31.0.10 default'
    kill -CONT "$(</run/lab/dnsmasq.pid)"
    wake
    daemon_says 'all is right again' 20
    end_daemon
    silence rtr
}
list_is() { [[ $(prl isatap0) == "$1" ]]; }
