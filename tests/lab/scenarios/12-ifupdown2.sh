# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 12: ifupdown2 in the place of ifupdown.

host ifupdown2 <<'END'
auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address 172.31.14.146/20
    gateway 172.31.0.1
    mtu 9001

source /etc/network/interfaces.d/*
END
# or ifupdown2 loads it, and there is a link more
modprobe bonding max_bonds=0

lan='v4tunnel-lan eth0 2001:470:abcd:c70::1/64'

kernel_has_the_tunnel() { # kernel_has_the_tunnel ADDRESS TTL
    kernel_has "the tunnel leads from the private address to the broker, ttl $2" "length == 1 and (.[0] | (.flags | index(\"UP\")) and
        .mtu == 1480 and (.linkinfo.info_data | .local == \"172.31.14.146\" and .remote == \"216.66.80.26\" and .ttl == $2))" \
        -d link show dev he-ipv6
    inet6_is i1 he-ipv6 "$1/64" fe80::ac1f:e92/64
    kernel_has 'one default route, through the broker' \
        'length == 1 and .[0].dev == "he-ipv6" and .[0].gateway == "2001:470:1f04:1::1"' -6 route show default
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:abcd:c70::1
}

isatap_stanza() {
    stanza isatap0 <<'END'
auto isatap0
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10
END
}

test_up_edit_reload_down() {
    local before
    stanza_for_every_host "$lan"
    isatap_stanza
    snapshot
    daemon
    check ifup ifup he-ipv6 isatap0
    is 'and it says nothing' "$ERR$OUT" ''
    kernel_has_the_tunnel 2001:470:1f04:1::2 255
    check 'situp status finds both right' situp status
    edited 'the stanza as it was' no he-ipv6
    edited 'the stanza as it was' no isatap0
    sed 's/inet6 manual/inet6 static/' /etc/network/interfaces.d/isatap0 | stanza isatap0
    edited 'the word for the method, which ifupdown2 ignores' no isatap0
    isatap_stanza
    check 'situp check has nothing to say' situp check
    stderr_has 'nothing wrong'
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:e92/64 fe80::5efe:ac1f:e92/64
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    before=$(</sys/class/net/he-ipv6/ifindex)

    # What ifupdown2 doesn't know it takes off each time, eth0's address too, and sets an MTU of its own.
    sed -i -e 's/1f04:1::2/1f04:1::3/' -e 's/mtu 1480/v4tunnel-ttl 64/' /etc/network/interfaces.d/he-ipv6
    check 'ifreload -a after an edit' ifreload -a
    is 'says nothing' "$ERR$OUT" ''
    kernel_has_the_tunnel 2001:470:1f04:1::3 64
    is 'the tunnel was changed in place' "$(</sys/class/net/he-ipv6/ifindex)" "$before"
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:e92/64 fe80::5efe:ac1f:e92/64
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10

    imds down
    check ifdown ifdown he-ipv6 isatap0
    is 'and it says nothing' "$ERR$OUT" ''
    same_as_snapshot
}

test_6rd() {
    sixrd_stanza
    snapshot
    check ifup ifup 6rd0
    sixrd_is_there
    check 'ifreload -a has nothing to do' ifreload -a
    sixrd_is_there
    check 'situp status finds it right' situp status 6rd0
    check ifdown ifdown 6rd0
    same_as_snapshot
}

# Its status is 0 then; the words are all there is.
test_failures_are_told() {
    stanza_for_every_host "$lan"
    snapshot
    imds off403
    check ifup ifup he-ipv6
    stderr_has 'situp: he-ipv6: ec2: the metadata service at http://169.254.169.254 says that it is off (403)'
    same_as_snapshot
    imds v2
    # It keeps to itself whatever has the word "exists".
    ip link add name he-ipv6 type veth peer name other
    check 'ifup over a foreign device' ifup he-ipv6
    stderr_has "a device of this name is there and is not situp's"
    ip link delete he-ipv6
    check 'the next ifup' ifup he-ipv6
    kernel_has_the_tunnel 2001:470:1f04:1::2 255
    check 'ifup of the interface that has the LAN address' ifup eth0
    no_ping inet 2001:470:abcd:c70::1
    imds off403
    check 'ifup of what is up, when there is no source' ifup he-ipv6
    stderr_has 'says that it is off (403)'
    pings i1 2001:db8:cafe::1
    imds v2
    check 'ifup of what is up' ifup he-ipv6
    pings inet 2001:470:abcd:c70::1
    # Then it runs no hook.
    ip link delete he-ipv6
    check 'ifdown of what somebody has deleted' ifdown he-ipv6
    check 'situp down does the rest' situp down he-ipv6
    same_as_snapshot
}

test_a_default_route_of_this_metric_stays() {
    stanza_for_every_host
    ip -6 route add default via fe80::1 dev eth0 metric 1024 proto ra
    snapshot
    run ifup he-ipv6
    stderr_has '(default via fe80::1 dev eth0 proto ra metric 1024)'
    no_link he-ipv6
    kernel_has 'the route is there' 'length == 1 and .[0].gateway == "fe80::1"' -6 route show default
    ip -6 route delete default dev eth0
    run ifdown he-ipv6
}

test_the_old_recipe_becomes_what_this_host_takes() {
    stanza he-ipv6 <<'END'
auto he-ipv6
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    local `curl -s http://169.254.169.254/latest/meta-data/local-ipv4`
    up ip -6 addr add 2001:470:abcd:c70::1/64 dev eth0
END
    refuse 'check of the old recipe' 3 situp check
    stanza he-ipv6 <<<"$OUT"
    check 'check of what it printed' situp check
    stderr_has 'nothing wrong'
    snapshot
    check ifup ifup he-ipv6
    kernel_has_the_tunnel 2001:470:1f04:1::2 255
    check ifdown ifdown he-ipv6
    same_as_snapshot
}

test_an_imported_stanza() {
    account
    firmware sys_vendor 'Amazon EC2'
    check 'situp import --write' situp import he 123456 --write
    check 'situp check has nothing to say' situp check
    stderr_has 'nothing wrong'
    check ifup ifup he-ipv6
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:abcd:c70::1
    check ifdown ifdown he-ipv6
}
