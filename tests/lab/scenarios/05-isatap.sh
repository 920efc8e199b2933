# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ISATAP between two instances whose stanzas are the same text, and by a router to the Internet.

on_both() { # on_both <text: the stanza of isatap0 on each instance
    local text
    text=$(</dev/stdin)
    stanza isatap0 <<<"$text"
    stanza on i2 isatap0 <<<"$text"
}

test_the_same_stanza_on_both_instances() {
    on_both <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10 isatap.example.net
END
    snapshot i1
    snapshot i2
    check 'ifup on the first' ifup isatap0
    is 'it is quiet' "$OUT$ERR" ''
    check 'ifup on the second' on i2 ifup isatap0
    kernel_has 'an ISATAP device with all that the stanza and the defaults say' '.[0] | .mtu == 1480 and .link == null and
        (.linkinfo.info_data | .isatap and .proto == "ip6ip" and .local == "172.31.14.146" and .remote == "any" and .ttl == 64 and
        .tos == null and .pmtudisc)' -d link show dev isatap0
    kernel_has 'the other one differs in its address' '.[0].linkinfo.info_data | .isatap and .local == "172.31.14.147"' \
        on i2 -d link show dev isatap0
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:e92/64 fe80::5efe:ac1f:e92/64
    inet6_is i2 isatap0 2002:ca0c:1e01::5efe:ac1f:e93/64 fe80::5efe:ac1f:e93/64
    routers_are i1 isatap0 '172.31.0.10 default'
    routers_are i2 isatap0 '172.31.0.10 default'
    pings i1 2002:ca0c:1e01::5efe:172.31.14.147
    pings i2 2002:ca0c:1e01::5efe:172.31.14.146
    pings i1 fe80::5efe:172.31.14.147%isatap0
    check 'ifdown on the first' ifdown isatap0
    check 'ifdown on the second' on i2 ifdown isatap0
    same_as_snapshot i1
    same_as_snapshot i2
}

test_a_default_route_through_a_router_of_the_list() {
    on_both <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10
    gateway fe80::5efe:172.31.0.10
END
    check 'ifup on the first' ifup isatap0
    check 'ifup on the second' on i2 ifup isatap0
    kernel_has 'the route' 'any(.[]; .dst == "default" and .gateway == "fe80::5efe:ac1f:a")' -6 route show dev isatap0
    pings i1 2001:db8:cafe::1
    pings i2 2001:db8:cafe::1
    pings inet 2002:ca0c:1e01::5efe:172.31.14.147

    # The kernel takes packets of strangers from routers of the list only.
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    gateway fe80::5efe:172.31.0.10
END
    check 'the router is taken off the list' situp up isatap0
    routers_are i1 isatap0
    no_ping i1 2001:db8:cafe::1
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers-nodefault isatap.example.net
    gateway fe80::5efe:172.31.0.10
END
    check 'and put back, not as a default router' situp up isatap0
    routers_are i1 isatap0 '172.31.0.10 nodefault'
    pings i1 2001:db8:cafe::1
}

test_a_list_of_many_routers() {
    local n many='' wanted=()
    for ((n = 1; n <= 40; n++)); do
        many+=" 10.9.0.$n"
        wanted+=("10.9.0.$n default")
    done
    stanza isatap0 <<END
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers$many isatap.example.net
    isatap-routers-nodefault 10.9.1.1 routers.example.net
END
    check ifup ifup isatap0
    # routers.example.net is 172.31.0.10 too, which may be a default router already
    routers_are i1 isatap0 "${wanted[@]}" '172.31.0.10 default' '10.9.1.1 nodefault' '172.31.0.11 nodefault'
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    run situp plan isatap0
    stdout_is ''
    stanza isatap0 <<END
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 10.9.1.1
    isatap-routers-nodefault 10.9.0.40
END
    check 'a short list instead' situp up isatap0
    routers_are i1 isatap0 '10.9.1.1 default' '10.9.0.40 nodefault'
}

test_a_router_without_an_address_is_told_before_anything_exists() {
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10 nothing.example.net
END
    snapshot
    refuse ifup 1 ifup isatap0
    situp_says 'nothing.example.net: there is no such name'
    same_as_snapshot
}

# RFC 5214, 6.1: the universal bit of the identifier says whether the IPv4 address is a globally unique one.
test_link_local_addresses_of_private_public_and_shared_address_space() {
    local first second bit formed link_local where device_default=/proc/sys/net/ipv6/conf/default/addr_gen_mode
    echo 3 >$device_default # random ones, if nobody says otherwise
    while read -r first second bit formed link_local; do
        ip address add "$first/32" dev eth0
        on i2 ip address add "$second/32" dev eth0
        on i2 ip route add "$first/32" via 172.31.14.146
        ip route add "$second/32" via 172.31.14.147
        for where in "i1 $first" "i2 $second"; do
            stanza on "${where% *}" isatap0 <<END
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-local ${where#* }
END
        done
        check "ifup with $first" ifup isatap0
        check "ifup with $second" on i2 ifup isatap0
        inet6_is i1 isatap0 "2002:ca0c:1e01:$formed/64" "fe80::$link_local/64"
        pings i1 "fe80::$bit:5efe:$second%isatap0"
        pings i2 "2002:ca0c:1e01::$bit:5efe:$first"
        check ifdown ifdown isatap0
        check ifdown on i2 ifdown isatap0
        ip address del "$first/32" dev eth0
        on i2 ip address del "$second/32" dev eth0
        on i2 ip route del "$first/32"
        ip route del "$second/32"
    done <<'END'
10.77.0.1 10.77.0.2 0 :5efe:a4d:1 5efe:a4d:1
203.0.113.77 203.0.113.78 200 0:200:5efe:cb00:714d 200:5efe:cb00:714d
100.64.0.77 100.64.0.78 200 0:200:5efe:6440:4d 200:5efe:6440:4d
END
    echo 0 >$device_default
}

test_several_prefixes() {
    on_both <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64 2001:db8:77::/64 fd00:77::/64
END
    check 'ifup on the first' ifup isatap0
    check 'ifup on the second' on i2 ifup isatap0
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:e92/64 2001:db8:77::5efe:ac1f:e92/64 fd00:77::5efe:ac1f:e92/64 \
        fe80::5efe:ac1f:e92/64
    pings i1 2001:db8:77::5efe:172.31.14.147
    pings i2 fd00:77::5efe:172.31.14.146
    pings i2 2002:ca0c:1e01::5efe:172.31.14.146
}

test_the_method_static() {
    local where
    for where in i1:1 i2:2; do
        stanza on "${where%:*}" isatap0 <<END
iface isatap0 inet6 static
    address 2001:db8:99::${where#*:}/128
    gateway fe80::5efe:172.31.0.10
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10
END
    done
    snapshot
    check 'ifup on the first' ifup isatap0
    check 'ifup on the second' on i2 ifup isatap0
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:e92/64 fe80::5efe:ac1f:e92/64 2001:db8:99::1/128
    run situp plan isatap0
    stdout_is ''
    pings i1 2002:ca0c:1e01::5efe:172.31.14.147
    pings i1 2001:db8:cafe::1 -I 2002:ca0c:1e01::5efe:172.31.14.146
    check ifdown ifdown isatap0
    same_as_snapshot
}
