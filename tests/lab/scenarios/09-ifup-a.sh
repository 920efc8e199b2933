# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `ifup -a` over a file with all sorts of stanzas, of which one of situp's is broken: that one fails alone.

a_boot() { # a_boot OPTION: the file, with that line in the broken stanza; nothing is up, as at boot
    ip link add name lan0 type veth peer name lan1
    stanza all <<END
# the loopback interface and eth0 are in /etc/network/interfaces
auto lan0
iface lan0 inet static
    address 192.168.7.1/24

auto he-ipv6
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    v4tunnel-local ec2
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64

auto broken
iface broken inet6 manual
    v4tunnel-endpoint 192.0.2.1
    $1

auto lan1
iface lan1 inet manual
    up ip link set dev \$IFACE up
    up ip address add 192.168.8.1/24 dev \$IFACE
    down ip address del 192.168.8.1/24 dev \$IFACE

auto isatap0
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10
END
    : >/run/network/ifstate
}

all_but_the_broken_one_are_up() {
    no_link broken
    kernel_has 'the static one' 'any(.[0].addr_info[]; .local == "192.168.7.1")' address show dev lan0
    kernel_has 'the manual one' 'any(.[0].addr_info[]; .local == "192.168.8.1")' address show dev lan1
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:abcd:c70::1
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    is 'ifupdown knows which are up' "$(sort /run/network/ifstate)" \
        "$(printf '%s\n' eth0=eth0 he-ipv6=he-ipv6 isatap0=isatap0 lan0=lan0 lan1=lan1 lo=lo)"
}

test_a_mistake_in_a_stanza() {
    snapshot
    a_boot 'v4tunnel-locale ec2'
    refuse 'ifup -a' 1 ifup -a
    situp_says 'broken: v4tunnel-locale: situp has no such option'
    all_but_the_broken_one_are_up
    holds 'no record of it' test ! -e /run/situp/broken

    refuse 'ifup -a again' 1 ifup -a
    situp_says 'broken: v4tunnel-locale'
    sed -i s/locale/local/ /etc/network/interfaces.d/all
    check 'corrected' ifup -a
    is 'it is quiet' "$ERR" ''
    has_link broken
    pings i1 2001:db8:cafe::1

    check ifdown ifdown isatap0 broken he-ipv6 lan1 lan0
    ip link del dev lan0
    rm /run/network/ifstate.*
    same_as_snapshot
}

test_a_source_that_gives_nothing() {
    a_boot 'v4tunnel-local interface:eth9'
    printf '[metadata]\nboot-wait = 1\n' | conf
    refuse 'ifup -a' 1 ifup -a
    situp_says 'broken: interface:eth9: there is no interface of this name'
    all_but_the_broken_one_are_up
}
