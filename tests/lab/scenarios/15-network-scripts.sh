# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 15: Red Hat's network-scripts, with the real ones where the payload has brought them, else with our stand-in.

scripts=/etc/sysconfig/network-scripts
[[ -x $scripts/ifup ]] || {
    mkdir -p /etc/init.d
    cp /lab/network-scripts/* $scripts
    cp /lab/network-scripts/functions /etc/init.d/functions
}
# From a test on, there are no files but its own.
begin() {
    rm -f /tmp/if{up,down}-local
    printf 'NETWORKING=yes\n%s' "${1:+$1$'\n'}" >/etc/sysconfig/network
    snapshot
}
ifcfg() { printf '%s\n' "${@:2}" >"$scripts/ifcfg-$1"; } # ifcfg NAME LINE…
up() { $scripts/ifup "$@"; }
down() { $scripts/ifdown "$@"; }

# What the scripts call at their end; it's there for all tests.
for word in up down; do
    # shellcheck disable=SC2016  # it's that script's own
    printf '#!/bin/sh\necho "$1" >>/tmp/if%s-local\n' $word >/sbin/if$word-local
    chmod +x /sbin/if$word-local
done

he_ipv6() { # he_ipv6 LINE…: the file of the manual, and these lines
    ifcfg he-ipv6 DEVICE=he-ipv6 DEVICETYPE=v4tunnel TYPE=v4tunnel ONBOOT=yes NM_CONTROLLED=no \
        IPV6TUNNELIPV4=216.66.80.26 IPV6TUNNELIPV4LOCAL=ec2 IPV6ADDR=2001:470:1f04:1::2/64 \
        IPV6_DEFAULTGW=2001:470:1f04:1::1 "$@"
}

# Nothing names the instance, so the file is the same on each.
test_sit1_is_isatap_between_two_instances() {
    begin
    snapshot i2
    ifcfg sit1 DEVICE=sit1 DEVICETYPE=isatap ISATAP_PREFIX=2002:ca0c:1e01::/64
    check 'ifup sit1' up sit1
    is 'situp says nothing' "$(grep situp <<<"$ERR$OUT")" ''
    check 'ifup sit1 on the other instance' on i2 $scripts/ifup sit1
    kernel_has 'an ISATAP device with the private address' '.[0] | .mtu == 1480 and (.linkinfo.info_data |
        .isatap and .local == "172.31.14.146" and .ttl == 64)' -d link show dev sit1
    inet6_is i1 sit1 2002:ca0c:1e01::5efe:ac1f:e92/64 fe80::5efe:ac1f:e92/64
    inet6_is i2 sit1 2002:ca0c:1e01::5efe:ac1f:e93/64 fe80::5efe:ac1f:e93/64
    pings i1 2002:ca0c:1e01::5efe:172.31.14.147
    pings i2 2002:ca0c:1e01::5efe:172.31.14.146
    routers_are i1 sit1
    local key
    for key in forwarding accept_ra; do
        is "net.ipv6.conf.sit1.$key is left alone" "$(</proc/sys/net/ipv6/conf/sit1/$key)" "$(</proc/sys/net/ipv6/conf/default/$key)"
    done
    is 'ifup-post was run' "$(</tmp/ifup-local)" $'sit1\nsit1'
    imds down
    check 'ifdown needs no metadata' down sit1
    check 'nor does it on the other instance' on i2 $scripts/ifdown sit1
    is 'ifdown-post was run' "$(</tmp/ifdown-local)" $'sit1\nsit1'
    check 'once more' down sit1
    same_as_snapshot
    same_as_snapshot i2
}

test_6rd_by_ifcfg_keys_and_by_the_stanza() {
    begin
    ifcfg 6rd0 DEVICE=6rd0 DEVICETYPE=sixrd 'SIXRD_PREFIX="2001:470:e3f2::/48 172.31.0.0/16"' SIXRD_RELAY=172.31.0.10 \
        SIXRD_FIREWALL=stateful
    check 'ifup 6rd0' up 6rd0
    sixrd_is_there
    check 'situp status finds it right' situp status 6rd0
    check 'ifdown 6rd0' down 6rd0
    same_as_snapshot
    ifcfg 6rd0 DEVICE=6rd0 DEVICETYPE=sixrd
    sixrd_stanza
    check 'ifup 6rd0, from the stanza' up 6rd0
    sixrd_is_there
    check 'ifdown 6rd0' down 6rd0
    rm /etc/network/interfaces.d/6rd0
    same_as_snapshot
}

test_6in4_with_stock_keys_and_ours() {
    begin
    he_ipv6 'IPV6ADDR_SECONDARIES="2001:470:1f04:1::3/64 2001:470:abcd:c70:2::1"' IPV6_MTU=1400 \
        'V4TUNNEL_LAN="eth0 2001:470:abcd:c70::1/64"' V4TUNNEL_TTL=200
    # What the caller exports is none of the file's.
    V4TUNNEL_TTL=7 IPV6_MTU=1300 V4TUNNEL_DEV=nosuch check 'ifup he-ipv6' up he-ipv6
    is 'situp says nothing' "$(grep situp <<<"$ERR$OUT")" ''
    kernel_has 'the tunnel is what the file says' '.[0] | .mtu == 1400 and (.linkinfo.info_data |
        .local == "172.31.14.146" and .remote == "216.66.80.26" and .ttl == 200 and .proto == "ip6ip")' \
        -d link show dev he-ipv6
    inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 2001:470:1f04:1::3/64 2001:470:abcd:c70:2::1/64 fe80::ac1f:e92/64
    kernel_has 'the default route has the metric of the stock scripts' \
        'length == 1 and .[0].gateway == "2001:470:1f04:1::1" and .[0].metric == 1' -6 route show default
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:1f04:1::3
    pings inet 2001:470:abcd:c70::1
    asked 1 '^PUT'
    asked 1 '^GET'
    local index
    index=$(</sys/class/net/he-ipv6/ifindex)
    daemon
    mv /etc/network/interfaces /etc/network/interfaces.away
    check 'situp status finds it right without a stanza' situp status --json he-ipv6
    holds 'it does' jq -e '.[0] | .state == "up" and .local_sources == "ec2"' <<<"$OUT"
    is 'and says nothing' "$ERR" ''
    check 'and finds it by itself' situp status
    stdout_has 'he-ipv6  up '
    conf <<<$'[doctor]\nbeyond = 2001:db8:cafe::1'
    check 'situp doctor finds nothing wrong' situp doctor he-ipv6
    stdout_has 'verdict: he-ipv6: all is well'
    ifcfg sit9 DEVICE=sit9 DEVICETYPE=isatap
    refuse 'and says who brings up what is not up' 1 situp doctor sit9
    stdout_has 'ifup sit9 brings it up, or says what is wrong with the file'
    rm $scripts/ifcfg-sit9
    rm /etc/situp/situp.conf
    refuse 'a file that was named is to be there' 1 situp status --interfaces /etc/network/nosuch
    mv /etc/network/interfaces.away /etc/network/interfaces
    end_daemon
    check 'a second ifup converges' up he-ipv6
    he_ipv6 'IPV6ADDR_SECONDARIES=2001:470:1f04:1::3/64' V4TUNNEL_TTL=100
    check 'and takes over an edit' up he-ipv6
    is 'in place' "$(</sys/class/net/he-ipv6/ifindex)" "$index"
    inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 2001:470:1f04:1::3/64 fe80::ac1f:e92/64
    kernel_has 'the new settings' '.[0] | .mtu == 1480 and .linkinfo.info_data.ttl == 100' -d link show dev he-ipv6
    pings i1 2001:db8:cafe::1
    imds down
    rm -rf /run/situp
    check 'ifdown needs neither metadata nor a record' down ifcfg-he-ipv6
    same_as_snapshot
}

test_a_failure_leaves_nothing() {
    begin
    he_ipv6
    imds off403
    refuse 'no metadata' 4 up he-ipv6
    situp_says 'situp: he-ipv6: ec2: the metadata service at http://169.254.169.254 says that it is off (403)'
    imds v2
    he_ipv6 V4TUNNEL_PMTU=no
    refuse 'a bad value' 3 up he-ipv6
    situp_says "situp: he-ipv6: $scripts/ifcfg-he-ipv6: V4TUNNEL_PMTU: the kernel forbids fragments whenever a ttl is set: add V4TUNNEL_TTL inherit"
    he_ipv6 V4TUNNEL_KEEPALIVE=0
    refuse 'a bad number' 3 up he-ipv6
    situp_says 'ifcfg-he-ipv6: V4TUNNEL_KEEPALIVE: '
    # shellcheck disable=SC2016  # the scripts expand it
    he_ipv6 'IPV6TUNNELIPV4LOCAL=$(false)'
    refuse 'a command that gives nothing' 3 up he-ipv6
    situp_says 'ifcfg-he-ipv6: IPV6TUNNELIPV4LOCAL: is empty: '
    holds 'ifup-post was not run' test ! -e /tmp/ifup-local
    check 'ifdown of what is not up, with a file that is wrong' down he-ipv6
    ip link add name he-ipv6 type veth peer name other
    he_ipv6
    refuse 'a device that is not ours' 1 up he-ipv6
    situp_says "a device of this name is there and is not situp's"
    refuse 'nor does ifdown touch it' 1 down he-ipv6
    has_link he-ipv6
    ip link delete he-ipv6
    he_ipv6 IPV6INIT=no
    check 'IPV6INIT=no' up he-ipv6
    same_as_snapshot
}

test_the_stanza_of_that_name() {
    begin
    ifcfg he-ipv6 DEVICE=he-ipv6 DEVICETYPE=v4tunnel ONBOOT=yes
    refuse 'there is none' 3 up he-ipv6
    situp_says "situp: he-ipv6: $scripts/ifcfg-he-ipv6: has no key of a tunnel, and instead: he-ipv6: there is no iface stanza of this name"
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 static
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    v4tunnel-endpoint 216.66.80.26
END
    check 'ifup he-ipv6' up he-ipv6
    kernel_has 'the tunnel' '.[0].linkinfo.info_data | .local == "172.31.14.146" and .ttl == 255' -d link show dev he-ipv6
    pings i1 2001:db8:cafe::1
    check 'ifdown he-ipv6' down he-ipv6
    same_as_snapshot
    ifcfg he-ipv6 DEVICE=he-ipv6 DEVICETYPE=isatap
    refuse 'one of the other kind' 3 up he-ipv6
    situp_says 'is for another kind: write DEVICETYPE=v4tunnel'
}

# DEVICETYPE comes from the device's name where the file has none, and wins over TYPE.
test_which_script_is_run() {
    begin
    ifcfg sit1 DEVICE=sit1 TYPE=isatap ISATAP_PREFIX=2002:ca0c:1e01::/64
    refuse 'sit1 with TYPE=isatap is taken for a stock tunnel' any up sit1
    is 'so that situp is not asked' "$(grep situp: <<<"$ERR$OUT")" ''
    no_link sit1
    ifcfg v4tunnel1 DEVICE=v4tunnel1 TYPE=isatap ISATAP_PREFIX=2002:ca0c:1e01::/64
    refuse 'where situp is, it tells' 3 up v4tunnel1
    situp_says 'ifcfg-v4tunnel1: TYPE: is isatap, but network-scripts take DEVICETYPE, or the device'\''s name, for v4tunnel: write DEVICETYPE=isatap'
    ifcfg tun7 DEVICE=tun7 TYPE=isatap ISATAP_PREFIX=2002:ca0c:1e01::/64
    check 'TYPE counts where no script is named after the device' up tun7
    inet6_is i1 tun7 2002:ca0c:1e01::5efe:ac1f:e92/64 fe80::5efe:ac1f:e92/64
    check 'and down' down tun7
    same_as_snapshot
}

# The network service starts a tunnel that sorts before eth0 first.
test_at_boot_a_source_is_waited_for() {
    begin 'IPV6_DEFAULTDEV=a-tunnel'
    conf <<<$'[metadata]\ntimeout = 0\nboot-wait = 25'
    ifcfg a-tunnel DEVICE=a-tunnel DEVICETYPE=v4tunnel ONBOOT=yes IPV6TUNNELIPV4=216.66.80.26 \
        IPV6ADDR=2001:470:1f04:1::2/64
    imds down
    refuse 'by hand it is not' 4 up a-tunnel
    imds v2 appear-after 2
    check 'ifup a-tunnel boot' up a-tunnel boot
    kernel_has 'a default route straight into the tunnel' \
        'length == 1 and .[0].dev == "a-tunnel" and .[0].gateway == null and .[0].metric == 1' -6 route show default
    pings i1 2001:db8:cafe::1
    check 'once more' up a-tunnel
    check 'ifdown a-tunnel boot' down a-tunnel boot
    same_as_snapshot
}
