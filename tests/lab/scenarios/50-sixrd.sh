# shellcheck shell=bash disable=SC2153,SC2154  # run sets STATUS, and lib.sh processors
# SPDX-License-Identifier: GPL-2.0-or-later
# 6rd: the /48 that the broker routes to i1, for instances in two subnets. i1 is the relay; the text is the same on each.
# Processors: 2 each_instance_has_a_prefix

domain=2001:470:e3f2::/48
prefix_of_i1=2001:470:e3f2:e92 prefix_of_i2=2001:470:e3f2:e93 prefix_of_i3=2001:470:e3f2:3014 prefix_of_i4=2001:470:e3f2:4005

broker_routes() { on he ip -6 route replace $domain via 2001:470:1f04:1::2 dev tun-10; }
sixrd_on() { # sixrd_on INSTANCE… <more options: the stanza of 6rd0 there
    local text where
    text=$(</dev/stdin)
    for where; do
        stanza on "$where" 6rd0 <<END
auto 6rd0
iface 6rd0 inet6 manual
    sixrd-prefix $domain 172.31.0.0/16
    sixrd-relay 172.31.14.146
$text
END
    done
}
relay() { # i1 with the broker's tunnel, and 6rd beside it
    broker_routes
    sysctl -qw net.ipv6.conf.all.forwarding=1
    he_ipv6_with 'v4tunnel-local ec2' 'v4tunnel-firewall off'
    check 'i1: the broker' ifup he-ipv6
    sixrd_on i1 i2 i3
    check 'i1: the relay' ifup 6rd0
}
members() {
    local where
    for where in i2 i3; do check "$where: ifup" on "$where" ifup 6rd0; done
}
echoes() { on i3 sed -n 's/^Icmp6InEchos[[:blank:]]*//p' /proc/net/snmp6; } # requests that i3 has got
relay_ends() {
    check 'i1: ifdown' ifdown 6rd0 he-ipv6
    sysctl -qw net.ipv6.conf.all.forwarding=0
}

test_each_instance_has_a_prefix_and_reaches_all() {
    local from to cpu where
    for where in i1 i2 i3; do snapshot "$where"; done
    relay </dev/null
    members
    inet6_is i1 6rd0 $prefix_of_i1::1/48
    inet6_is i2 6rd0 $prefix_of_i2::1/48
    inet6_is i3 6rd0 $prefix_of_i3::1/48
    kernel_has 'i3: the way out is the relay' 'any(.dst == "default" and .gateway == "::172.31.14.146" and .dev == "6rd0")' on i3 -6 route show
    kernel_has 'i1: its own way out stays' 'map(select(.dst == "default")) | length == 1 and .[0].dev == "he-ipv6"' -6 route show
    for cpu in "${processors[@]}"; do
        for from in i1 i2 i3; do
            for to in $prefix_of_i1::1 $prefix_of_i2::1 $prefix_of_i3::1 2001:db8:cafe::1 $prefix_of_i2::1; do
                holds "processor $cpu: $from reaches $to" on "$from" taskset -c "$cpu" ping -n -c 1 -w 5 -i 0.2 "$to"
            done
        done
    done
    for to in $prefix_of_i1::1 $prefix_of_i2::1 $prefix_of_i3::1; do pings inet "$to"; done
    run on i3 situp status 6rd0
    stdout_has "delegated     $prefix_of_i3::/64"
    stdout_has 'relay         172.31.14.146'
    run situp status 6rd0
    stdout_has 'relay         this host'
    run on i3 situp status --json
    fits_schema status
    holds 'it has the prefix' jq -e ".[0].kind == \"6rd\" and .[0].delegated == \"$prefix_of_i3::/64\" and .[0].relays == [\"172.31.14.146\"]" <<<"$OUT"
    for where in i1 i2 i3; do
        run on "$where" situp plan 6rd0
        stdout_is ''
    done
    for where in i2 i3; do check "$where: ifdown" on "$where" ifdown 6rd0; done
    relay_ends
    for where in i1 i2 i3; do same_as_snapshot "$where"; done
}

# doc/ipv6-for-a-vpc.md as it is written: its commands and its stanza, and no others.
block() { # block N: the Nth text between ``` lines
    awk -v wanted="$1" '/^```$/ { n++; next } (n + 1) / 2 == wanted && n % 2' /usr/share/doc/situp/ipv6-for-a-vpc.md
}
test_the_document_by_the_letter() {
    local where line files commands=0
    broker_routes
    account
    firmware sys_vendor 'Amazon EC2'
    for where in i1 i2 i3; do
        files_of $where
        echo '2001:db8:cafe::1 ripe.net' >>"$files/etc/hosts"
    done
    while IFS= read -r line; do
        check "the relay: ${line%%#*}" bash -c "$line"
        commands=$((commands + 1))
    done < <(block 1)
    is 'there were four' $commands 4
    for where in i1 i2 i3; do
        stanza on $where 6rd0 < <(block 2)
        check "$where: ifup 6rd0" on $where ifup 6rd0
    done
    daemon
    commands=0
    while IFS= read -r line; do
        check "the relay: $line" bash -c "$line"
        [[ $line == situp* ]] || check "i3: $line" on i3 bash -c "$line"
        commands=$((commands + 1))
    done < <(block 3)
    is 'there were three' $commands 3
    end_daemon
    run on i3 situp status 6rd0 --json
    is "the line for Docker's prefix" "$(jq -r '.[0].delegated' <<<"$OUT")" $prefix_of_i3::/64
    holds 'the document has it' grep -q "situp status 6rd0 --json | jq -r '.\[0\].delegated'" <(block 4)
    for where in i1 i2 i3; do
        check "$where: ifdown" on $where ifdown 6rd0
        files_of $where
        sed -i '/ripe.net/d' "$files/etc/hosts"
    done
    check 'the relay: ifdown' ifdown he-ipv6
    rm /etc/sysctl.d/60-relay.conf
    sysctl -qw net.ipv6.conf.all.forwarding=0
}

# An unused address of a member's prefix is answered, and bounces nowhere.
test_unused_addresses_are_answered() {
    local where
    relay </dev/null
    members
    run on i2 ping -n -c 1 -w 5 $prefix_of_i3::77
    stdout_has 'Destination unreachable'
    run on inet ping -n -c 1 -w 5 $prefix_of_i2::77
    stdout_has 'Destination unreachable'
    for where in i2 i3; do check "$where: ifdown" on "$where" ifdown 6rd0; done
    local where
    relay_ends
}

# The kernel takes inner sources from outside of the domain from each host; situp's filter takes them from the relay only.
test_foreign_sources_come_from_the_relay_only() {
    local before where
    relay </dev/null
    members
    # i2 sends with a source of the Internet to i3, past the relay
    on i2 ip -6 address add 2001:db8:bad::1/128 dev lo
    on i2 ip -6 route add $prefix_of_i3::/64 via ::172.31.48.20 dev 6rd0 onlink
    before=$(echoes)
    no_ping i2 $prefix_of_i3::1 -I 2001:db8:bad::1
    is 'i3 has seen no echo request' "$(echoes)" "$before"
    pings i2 $prefix_of_i3::1 -I $prefix_of_i2::1
    # nor to the relay
    no_ping i2 $prefix_of_i1::1 -I 2001:db8:bad::1
    # what somebody has removed is back
    on i3 nft flush ruleset
    run on i3 situp plan 6rd0
    stdout_has 'table ip situp-6rd0'
    check 'i3: situp up' on i3 situp up 6rd0
    pings inet $prefix_of_i3::1
    no_ping i2 $prefix_of_i3::1 -I 2001:db8:bad::1
    on i3 nft delete table ip situp-6rd0
    no_ping inet $prefix_of_i3::1
    check 'i3: situp up' on i3 situp up 6rd0
    pings inet $prefix_of_i3::1
    # without the filter the kernel takes it
    sixrd_on i3 <<<'    sixrd-filter off'
    check 'i3: situp up' on i3 situp up 6rd0
    is 'i3: no table is left' "$(on i3 nft list tables)" ''
    before=$(echoes)
    no_ping i2 $prefix_of_i3::1 -I 2001:db8:bad::1
    holds 'i3 has seen the echo request' test "$(echoes)" -gt "$before"
    on i2 ip -6 address del 2001:db8:bad::1/128 dev lo
    for where in i2 i3; do check "$where: ifdown" on "$where" ifdown 6rd0; done
    relay_ends
}

box_on() { # box_on WHERE NAME PREFIX: a container behind docker0 there, with the address ::5
    on "$1" ip link add name docker0 type bridge
    on "$1" ip link set dev docker0 up
    ip netns add "$2"
    ip link add name "$2-0" type veth peer name eth0 netns "$2"
    ip link set dev "$2-0" netns "$1"
    on "$1" ip link set dev "$2-0" master docker0 up
    ip -n "$2" link set dev lo up
    ip -n "$2" link set dev eth0 up
    ip -n "$2" address add "$3::5/64" dev eth0 nodad
    ip -n "$2" -6 route add default via "$3::1"
    on "$1" sysctl -qw net.ipv6.conf.all.forwarding=1
}
no_box_on() { # no_box_on WHERE NAME
    on "$1" sysctl -qw net.ipv6.conf.all.forwarding=0
    on "$1" ip link del dev docker0
    on "$1" ip link del dev "$2-0"
    ip netns del "$2"
}
test_a_lan_has_a_part_of_the_prefix() {
    relay </dev/null
    box_on i3 box $prefix_of_i3
    members
    sixrd_on i3 <<<'    sixrd-lan docker0'
    check 'i3: situp up' on i3 situp up 6rd0
    kernel_has 'docker0 has the first address' "any(.[].addr_info[]; .local == \"$prefix_of_i3::1\" and .prefixlen == 64)" on i3 -6 address show dev docker0
    pings box 2001:db8:cafe::1
    pings inet $prefix_of_i3::5
    pings box $prefix_of_i2::1
    pings i2 $prefix_of_i3::5
    check 'i3: ifdown' on i3 ifdown 6rd0
    kernel_has 'docker0 has it no more' "all(.[].addr_info[]?; .local != \"$prefix_of_i3::1\")" on i3 -6 address show dev docker0
    no_box_on i3 box
    check 'i2: ifdown' on i2 ifdown 6rd0
    relay_ends
}

# A third subnet, containers behind bridges on two instances, and a relay that goes and comes back.
instance_i4() {
    ip netns add i4
    ip -n vpc link add name to-i4 mtu 9001 type veth peer name eth0 netns i4 mtu 9001 address 0e:1f:00:00:40:05
    ip -n vpc link set dev to-i4 up
    ip -n vpc address add 172.31.64.1/20 brd + dev to-i4
    ip -n i4 link set dev lo up
    ip -n i4 link set dev eth0 up
    ip -n i4 address add 172.31.64.5/20 brd + dev eth0
    ip -n i4 route add default via 172.31.64.1
    /lab/topology.sh own_files i4
}
no_instance_i4() {
    umount /run/lab/mnt/i4
    ip netns del i4
    rm -rf /run/lab/i4 /run/lab/mnt/i4
    used=${used// i4/}
}
test_three_subnets_two_container_hosts_and_a_relay_that_restarts() {
    local from to where all
    all=("$prefix_of_i1::1" "$prefix_of_i2::1" "$prefix_of_i3::1" "$prefix_of_i4::1" "$prefix_of_i3::5" "$prefix_of_i4::5")
    instance_i4
    relay </dev/null
    sixrd_on i4 </dev/null
    box_on i3 box3 $prefix_of_i3
    box_on i4 box4 $prefix_of_i4
    sixrd_on i3 i4 <<<'    sixrd-lan docker0'
    for where in i2 i3 i4; do check "$where: ifup" on $where ifup 6rd0; done
    for from in i1 i2 i3 i4 box3 box4; do
        for to in "${all[@]}" 2001:db8:cafe::1; do holds "$from reaches $to" on $from ping -n -c 1 -w 5 -i 0.2 "$to"; done
    done
    for to in "${all[@]}"; do pings inet "$to"; done
    # without the relay, the members have each other; with it again, they have the Internet
    check 'the relay goes' ifdown 6rd0 he-ipv6
    pings box3 $prefix_of_i4::5
    pings i2 $prefix_of_i3::5
    no_ping box4 2001:db8:cafe::1
    check 'the broker is back' ifup he-ipv6
    check 'the relay is back' ifup 6rd0
    pings box4 2001:db8:cafe::1
    pings inet $prefix_of_i3::5
    for where in i2 i3 i4; do check "$where: ifdown" on $where ifdown 6rd0; done
    no_box_on i3 box3
    no_box_on i4 box4
    relay_ends
    no_instance_i4
}

test_mistakes_say_what_to_do_and_leave_nothing() {
    snapshot
    sixrd_on i1 </dev/null
    refuse 'a relay that does not forward' any ifup 6rd0
    situp_says 'this host is the relay of the 6rd domain (172.31.14.146), and it forwards no IPv6 packets: sysctl net.ipv6.conf.all.forwarding=1'
    same_as_snapshot
    stanza 6rd0 <<END
iface 6rd0 inet6 manual
    sixrd-prefix $domain 172.32.0.0/16
    sixrd-relay 172.32.0.1
END
    refuse 'a local address outside of the domain' any ifup 6rd0
    situp_says '172.31.14.146 is not in 172.32.0.0/16, the hosts of sixrd-prefix: correct one of the two'
    same_as_snapshot
    # one any-remote tunnel of a local address
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
END
    check 'ISATAP' ifup isatap0
    stanza 6rd0 <<END
iface 6rd0 inet6 manual
    sixrd-prefix $domain 172.31.0.0/16
    sixrd-relay 172.31.14.147
END
    refuse 'a second one of this address' any ifup 6rd0
    situp_says 'isatap0: this device already has the tunnel'
    check ifdown ifdown isatap0
    check 'the first one is gone' ifup 6rd0
    check ifdown ifdown 6rd0
    same_as_snapshot
}

# Everything is formed of the local address: all of it moves with it.
test_a_member_moves_with_its_address() {
    snapshot
    ip link add name lan0 type dummy
    ip link set dev lan0 up
    stanza 6rd0 <<END
iface 6rd0 inet6 manual
    sixrd-prefix $domain 172.31.0.0/16
    sixrd-relay 172.31.14.147
    sixrd-local interface:eth0
    sixrd-lan lan0
    sixrd-firewall stateful
END
    check ifup ifup 6rd0
    daemon
    address_becomes 172.31.14.146 172.31.14.200
    soon 'the device has the new address' 20 has_local 6rd0 172.31.14.200
    daemon_says 'the local address is now 172.31.14.200, was 172.31.14.146; the delegated prefix is now 2001:470:e3f2:ec8::/64, was 2001:470:e3f2:e92::/64'
    inet6_is i1 6rd0 2001:470:e3f2:ec8::1/48
    kernel_has 'the LAN has moved' '[.[].addr_info[]? | select(.scope == "global") | .local] == ["2001:470:e3f2:ec8::1"]' -6 address show dev lan0
    is 'one unreachable prefix' "$(ip -6 route show type unreachable | cut -d ' ' -f 1,2)" 'unreachable 2001:470:e3f2:ec8::/64'
    run situp status 6rd0
    stdout_has 'delegated     2001:470:e3f2:ec8::/64'
    is 'status' "$STATUS" 0
    # what the kernel makes again is taken off again
    ip link set dev 6rd0 down
    ip link set dev 6rd0 up
    soon 'the address is back, and no other' 20 sixrd_is_right
    end_daemon
    # without its record, too, nothing is left
    rm /run/situp/6rd0
    check ifdown ifdown 6rd0
    address_becomes 172.31.14.200 172.31.14.146
    ip link del dev lan0
    same_as_snapshot
}
sixrd_is_right() {
    [[ $(ip -o -6 address show dev 6rd0 | awk '{ print $4 }') == 2001:470:e3f2:ec8::1/48 ]] && ip -6 route show default dev 6rd0 | grep -q 172.31.14.147
}

test_the_domain_changes_in_place_and_the_kind_by_a_new_device() {
    local index
    snapshot
    sixrd_on i1 <<<'    sixrd-local interface:eth0'
    sed -i 's/sixrd-relay .*/sixrd-relay 172.31.14.147/' /etc/network/interfaces.d/6rd0
    check ifup ifup 6rd0
    index=$(</sys/class/net/6rd0/ifindex)
    sed -i 's,sixrd-prefix .*,sixrd-prefix 2001:db8:aaaa::/48 172.16.0.0/12,; s,::/48,::/44,' /etc/network/interfaces.d/6rd0
    refuse 'bits behind the /44' 3 situp up 6rd0
    sed -i 's,2001:db8:aaaa::/44,2001:db8:aaa0::/44,' /etc/network/interfaces.d/6rd0
    check 'another domain' situp up 6rd0
    is 'it is the same device' "$(</sys/class/net/6rd0/ifindex)" "$index"
    inet6_is i1 6rd0 2001:db8:aaaf:e92::1/44
    kernel_has 'the kernel has the domain' '.[0].linkinfo.info_data | .prefix == "2001:db8:aaa0::" and .prefixlen == 44 and .relay_prefix == "172.16.0.0" and .relay_prefixlen == 12' -d link show dev 6rd0
    stanza 6rd0 <<'END'
iface 6rd0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-local interface:eth0
END
    run situp plan 6rd0
    stdout_has 'ip link delete dev 6rd0'
    check 'ISATAP instead' situp up 6rd0
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    is 'no table of 6rd is left' "$(nft list tables)" ''
    sixrd_on i1 <<<'    sixrd-local interface:eth0'
    sed -i 's/sixrd-relay .*/sixrd-relay 172.31.14.147/' /etc/network/interfaces.d/6rd0
    check 'and back' situp up 6rd0
    inet6_is i1 6rd0 $prefix_of_i1::1/48
    check ifdown ifdown 6rd0
    same_as_snapshot
}

# 6to4 behind 1:1 NAT: the public address is inside the prefix, the private one is the device's.
test_6to4_works_behind_nat() {
    snapshot
    ip -n he link add name 6to4 type sit remote any local 198.51.100.2 ttl 64
    ip -n he link set dev 6to4 up
    ip -n he address add 2002:c633:6402::1/16 dev 6to4
    stanza 6to4 <<'END'
iface 6to4 inet6 manual
    sixrd-prefix 2002::/16
    sixrd-address 203.0.113.10
    sixrd-firewall off
END
    check ifup ifup 6to4
    inet6_is i1 6to4 2002:cb00:710a::1/16
    pings i1 2002:c633:6402::1
    pings he 2002:cb00:710a::1
    sed -i '/sixrd-address/d' /etc/network/interfaces.d/6to4
    refuse 'the private address' any situp up 6to4
    situp_says '172.31.14.146 is a private address, and 6to4 takes public ones only'
    check ifdown ifdown 6to4
    ip -n he link del dev 6to4
    same_as_snapshot
}

# The first relay is asked; with two, the second one's route stays.
test_the_route_of_a_dead_relay_goes_and_comes_back() {
    snapshot
    sixrd_on i2 </dev/null
    sed -i 's/sixrd-relay .*/sixrd-relay 172.31.14.147/' /run/lab/i2/etc/network/interfaces.d/6rd0
    on i2 sysctl -qw net.ipv6.conf.all.forwarding=1
    check 'i2: the relay' on i2 ifup 6rd0
    stanza 6rd0 <<END
iface 6rd0 inet6 manual
    sixrd-prefix $domain 172.31.0.0/16
    sixrd-relay 172.31.14.147 172.31.48.20
    sixrd-local interface:eth0
    sixrd-keepalive 2
    sixrd-dead withdraw
END
    daemon
    check 'i1: ifup' ifup 6rd0
    daemon_says "6rd0: $prefix_of_i2::1 answers"
    is 'both routes' "$(ways)" '::172.31.14.147 ::172.31.48.20'
    on i2 ip link set dev 6rd0 down
    daemon_says '6rd0: the default route is withdrawn until the far end answers' 30
    is 'the second relay is left' "$(ways)" '::172.31.48.20'
    run situp status --json 6rd0
    is 'status shows it' "$(jq -c '.[0] | [.state, .differs, .withdrawn]' <<<"$OUT")" '["degraded",[],["default via ::172.31.14.147 metric 1024"]]'
    check 'i2: it is back' on i2 situp up 6rd0
    daemon_says '6rd0: the default route is back' 60
    is 'both routes' "$(ways)" '::172.31.14.147 ::172.31.48.20'
    end_daemon
    check 'i1: ifdown' ifdown 6rd0
    same_as_snapshot
    check 'i2: ifdown' on i2 ifdown 6rd0
    on i2 sysctl -qw net.ipv6.conf.all.forwarding=0
}
ways() { ip -j -6 route show default dev 6rd0 | jq -r '[.[].gateway] | join(" ")'; }
