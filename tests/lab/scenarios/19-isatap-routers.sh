# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# ISATAP routers that advertise: what the kernel of a host needs to believe them, and what it then gets from a real radvd.

settings=/proc/sys/net/ipv6/conf

accept_ra_is() { # accept_ra_is WANTED [DEV]
    is "accept_ra of ${2-isatap0} is $1" "$(<"$settings/${2-isatap0}/accept_ra")" "$1"
}

with_routers() { # with_routers [OPTION]…: isatap0's stanza, with lines that it has more
    { printf 'iface isatap0 inet6 manual\n    isatap-routers 172.31.0.10\n'; (($# == 0)) || printf '    %s\n' "$@"; } | stanza isatap0
}

test_advertisements_are_believed_where_there_is_a_router_list() {
    echo 0 >$settings/default/accept_ra
    with_routers
    run situp plan isatap0
    stdout_has 'sysctl -w net.ipv6.conf.isatap0.accept_ra=1'
    check ifup ifup isatap0
    accept_ra_is 1
    run situp plan isatap0
    stdout_is ''

    # Somebody turns it off; somebody makes a router of the host.
    echo 0 >$settings/isatap0/accept_ra
    check 'situp up again' situp up isatap0
    accept_ra_is 1
    echo 1 >$settings/isatap0/forwarding
    run situp plan isatap0
    stdout_is 'sysctl -w net.ipv6.conf.isatap0.accept_ra=2'
    check 'situp up on a router' situp up isatap0
    accept_ra_is 2
    echo 0 >$settings/isatap0/forwarding
    run situp plan isatap0
    stdout_is ''

    # A device that is made anew forgets nothing of it.
    ip link del dev isatap0
    echo 1 >$settings/default/forwarding
    check 'situp up after the device was lost' situp up isatap0
    accept_ra_is 2
    echo 0 >$settings/default/forwarding
    check ifdown ifdown isatap0
    no_link isatap0

    printf 'iface isatap0 inet6 manual\n    isatap-prefix 2002:ca0c:1e01::/64\n' | stanza isatap0
    check 'ifup without a list' ifup isatap0
    accept_ra_is 0
    accept_ra_is 0 default
    check ifdown ifdown isatap0
    echo 1 >$settings/default/accept_ra
}

test_what_was_set_is_put_back_when_a_later_step_fails() {
    printf 'iface isatap0 inet6 manual\n    isatap-prefix 2002:ca0c:1e01::/64\n' | stanza isatap0
    check 'up without a list' situp up isatap0
    echo 0 >$settings/isatap0/accept_ra
    ip -6 route add default dev eth0 metric 77
    with_routers 'gateway fe80::5efe:172.31.0.10' 'metric 77'
    refuse 'a route that the kernel refuses' 1 situp up isatap0
    situp_says 'another default route has this metric'
    accept_ra_is 0
    routers_are i1 isatap0
    ip -6 route del default dev eth0 metric 77
    check 'with the way free' situp up isatap0
    accept_ra_is 1
    check down situp down isatap0
}

# ifupdown's own `static` turns advertisements off where there is a gateway, and autoconf always; what the stanza itself says
# of them is what counts.
test_the_method_static() {
    local option wanted seen
    while IFS=: read -r wanted option; do
        printf 'iface isatap0 inet6 static\n    address 2001:db8:99::1/128\n    isatap-routers 172.31.0.10\n    %s\n' "$option" |
            stanza isatap0
        check "ifup, $option" ifup isatap0
        seen="$(<$settings/isatap0/accept_ra) $(<$settings/isatap0/autoconf)"
        holds "accept_ra and autoconf, $option: $seen" test "${seen/#2/1}" = "$wanted"
        inet6_is i1 isatap0 2001:db8:99::1/128 fe80::5efe:ac1f:e92/64
        run situp plan isatap0
        stdout_is ''
        check "ifdown, $option" ifdown isatap0
        no_link isatap0
    done <<'END'
1 0:# nothing
1 1:autoconf 1
0 0:accept_ra 0
0 0:gateway fe80::5efe:172.31.0.10
END
}
