# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# situp doctor names the reason. Each is made on purpose, one at a time; tests/README.md has the table.

inner=2001:470:1f04:1::1 endpoint=216.66.80.26

tunnel() { # tunnel [OPTION]…: the stanza, with these options more; METHOD, ENDPOINT and LOCAL in the environment change it
    {
        printf 'iface he-ipv6 inet6 %s\n    address 2001:470:1f04:1::2/64\n    gateway %s\n' "${METHOD-manual}" "$inner"
        printf '    v4tunnel-endpoint %s\n    v4tunnel-local %s\n' "${ENDPOINT-$endpoint}" "${LOCAL-ec2}"
        (($# == 0)) || printf '    %s\n' "$@"
    } | stanza he-ipv6
}
settings() { # settings [SECONDS]: that every test needs. Nobody in the lab is 2001:470:20::2
    conf <<END
[metadata]
timeout = ${1-3}
[doctor]
beyond = 2001:db8:cafe::1
END
}
up() { # up [OPTION]…
    settings
    tunnel "$@"
    check up situp up he-ipv6
}
verdict() { # verdict WHAT TEXT: status 1, and the last line has TEXT
    run situp doctor he-ipv6
    if [[ $STATUS == 1 && ${OUT##*$'\n'} == "verdict: he-ipv6: "*"$2"* ]]; then ok "$1: $2"; else
        not_ok "$1: the verdict has: $2" "$(seen) … ${OUT##*$'\n'}"
    fi
}
well() { # well WHAT
    run situp doctor he-ipv6
    is "$1" "$STATUS ${OUT##*$'\n'}" '0 verdict: he-ipv6: all is well'
}
test_a_tunnel_that_is_well() {
    up 'v4tunnel-lan eth0 2001:470:abcd:c70::1/64'
    daemon
    soon 'it is looked after' 10 test -e /run/situp/live/he-ipv6
    snapshot
    well 'all is well'
    stdout_has 'ok      metadata'
    stdout_has 'asked http://169.254.169.254 (version 2) for ec2: 172.31.14.146, which eth0 holds'
    stdout_has '3 of 3 answered'
    stdout_has '1480 bytes came back'
    same_as_snapshot
    check 'as JSON' situp doctor he-ipv6 --json
    fits_schema doctor
    refuse 'a name that nobody knows' 3 situp doctor he-ipv7
    situp_says 'did you mean he-ipv6?'
    run setpriv --reuid 65534 --regid 65534 --clear-groups situp doctor he-ipv6
    is 'who is not root is told what was not seen' "$STATUS ${OUT##*$'\n'}" \
        '0 verdict: he-ipv6: nothing wrong was seen, but not everything could be looked at'
    tunnel v4tunnel-route\ default
    sed -i '/gateway/d' /etc/network/interfaces.d/he-ipv6
    check 'beside native IPv6' situp up he-ipv6
    well 'v4tunnel-route'
}

test_what_keeps_it_from_coming_up() {
    settings 1
    tunnel 'v4tunnel-ttl 300'
    verdict 'a mistake in the stanza' 'v4tunnel-ttl'
    echo 'nonsense' >>/etc/network/interfaces.d/he-ipv6
    sed -i '1i nonsense' /etc/network/interfaces.d/he-ipv6
    refuse 'a file that ifup refuses' 1 situp doctor he-ipv6
    stdout_has 'verdict: he-ipv6: /etc/network/interfaces.d/he-ipv6:1'
    printf 'auto he-ipv6\ngateway\n' >/etc/network/interfaces.d/he-ipv6
    refuse 'and one that is wrong in its middle' 1 situp doctor he-ipv6
    stdout_has 'verdict: he-ipv6: /etc/network/interfaces.d/he-ipv6:2'
    tunnel
    snapshot
    verdict 'nobody has brought it up' 'the tunnel is not up, and nothing keeps it from coming up: ifup he-ipv6'
    imds off403
    verdict 'metadata is off' 'says that it is off (403): enable it'
    imds down
    verdict 'no metadata service' 'the metadata service at http://169.254.169.254 can'\''t be reached'
    imds put-timeout
    verdict 'the hop limit' 'raise HttpPutResponseHopLimit to 2'
    imds v2 answer not-held
    verdict 'an address that is not here' 'the answer was 172.31.99.99, which no interface of this host holds'
    imds v2
    ENDPOINT=nowhere.example.net tunnel
    verdict 'a name without an address' 'the endpoint'\''s name, nowhere.example.net, has no address'
    LOCAL='interface:eth7 203.0.113.10' tunnel
    verdict 'the public address' '203.0.113.10: no interface of this host holds this address'
    LOCAL=172.31.14.146 tunnel
    ip route del default
    verdict 'no way to the endpoint' 'this host has no IPv4 route to the endpoint'
    ip route add default via 172.31.0.1 dev eth0
    ip link add name he-ipv6 type bridge
    verdict 'a device of that name' 'a device of this name is there and is not situp'\''s'
    ip link del he-ipv6
    ip link add name other type sit local 172.31.14.146 remote $endpoint
    verdict 'the same ends' 'other'
    ip link del other
    echo 1 >/proc/sys/net/ipv6/conf/default/disable_ipv6
    verdict 'IPv6 is disabled' 'IPv6 is disabled by sysctl on he-ipv6'
    echo 0 >/proc/sys/net/ipv6/conf/default/disable_ipv6
    same_as_snapshot
}

test_a_kernel_without_the_module() {
    settings
    LOCAL=172.31.14.146 tunnel
    holds 'the module can be taken away' sit_away
    # The list of modules says what there is, and situp changes none.
    local list
    list=/lib/modules/$(uname -r)/modules.dep
    cp "$list" /tmp/lab.modules
    sed -i '/\/sit\.ko/d' "$list"
    verdict 'no module' 'this kernel has no sit tunnels'
    cp /tmp/lab.modules "$list"
    sit_back
}

test_what_somebody_has_changed() {
    up
    ip link del he-ipv6
    verdict 'the device is gone' 'somebody has deleted the device he-ipv6: situp up he-ipv6'
    check up situp up he-ipv6
    ip link set dev he-ipv6 down
    verdict 'it is down' 'somebody has set the device he-ipv6 down'
    check up situp up he-ipv6
    ip -6 route del default dev he-ipv6
    verdict 'its route is gone' 'the tunnel is not as it was made: ip -6 route add default via'
    check up situp up he-ipv6
    echo 1 >/proc/sys/net/ipv6/conf/he-ipv6/disable_ipv6
    verdict 'IPv6 is disabled on it' 'IPv6 is disabled by sysctl on he-ipv6'
    echo 0 >/proc/sys/net/ipv6/conf/he-ipv6/disable_ipv6
    check up situp up he-ipv6
    sed -i 's/^state up/state intent/' /run/situp/he-ipv6
    verdict 'it was interrupted' 'what brought the tunnel up was interrupted'
    check up situp up he-ipv6
    imds v2 set local-ipv4 172.31.32.10
    verdict 'metadata gives another address' 'local address is 172.31.14.146, and ec2 now says 172.31.32.10'
    imds v2
    ip address del 172.31.14.146/20 dev eth0
    ip address add 172.31.14.150/20 brd + dev eth0
    ip route add default via 172.31.0.1 dev eth0
    verdict 'the local address is gone' 'no interface of this host holds the tunnel'\''s local address, 172.31.14.146'
    ip address del 172.31.14.150/20 dev eth0
    ip address add 172.31.14.146/20 brd + dev eth0
    ip route add default via 172.31.0.1 dev eth0
    sed -i 's/gateway.*/gateway 2001:470:1f04:1::ff/' /etc/network/interfaces.d/he-ipv6
    verdict 'the stanza was edited' 'the stanza has been edited since'
    tunnel 'v4tunnel-firewall stateful'
    check up situp up he-ipv6
    nft delete table ip6 situp
    verdict 'its filter is gone' 'the tunnel is not as it was made: nft -f - (he-ipv6 in table ip6 situp)'
    tunnel 'v4tunnel-keepalive 60'
    check up situp up he-ipv6
    verdict 'nobody looks after it' 'nobody looks after the tunnel'
    daemon
    well 'situpd runs'
}

test_where_packets_are_lost() {
    LOCAL=172.31.14.146 up 'v4tunnel-dev eth0'
    on vpc nft -f - <<<'table ip lab { chain forward { type filter hook forward priority -1; ip protocol 41 drop; }; }'
    verdict 'the cloud drops protocol 41' 'the network drops protocol 41, likelier outbound'
    stdout_has 'protocol 41: 3 packets left by eth0, none arrived; 216.66.80.26 itself answers ICMP'
    stdout_has 'let custom protocol 41 in from 216.66.80.26/32 in the security group'
    on vpc nft delete table ip lab
    on vpc ip route add prohibit $endpoint/32
    verdict 'a router refuses it' '172.31.0.1 refuses protocol 41 on its way out'
    on vpc ip route del prohibit $endpoint/32
    on vpc nft -f - <<<"table ip lab { chain forward { type filter hook forward priority -1; ip daddr $endpoint drop; }; }"
    verdict 'the endpoint is down' "nothing at all comes back from $endpoint"
    # It may as well give nobody's ping an answer.
    stdout_has 'let custom protocol 41 in from 216.66.80.26/32 in the security group'
    on vpc nft delete table ip lab
    well 'it comes back'
    on vpc nft -f - <<<'table ip lab { chain forward { type filter hook forward priority -1; ip protocol 41 drop; }; }'
    verdict 'it came in before' 'protocol 41 came in earlier and does no more'
    on vpc nft delete table ip lab
    on he ip link set dev tun-10 down
    verdict 'the endpoint has no tunnel' "$endpoint says that it has no tunnel to this host"
    on he ip -batch - <<<'link set dev tun-10 up
address replace 2001:470:1f04:1::1/64 dev tun-10
route replace 2001:470:abcd:c70::/64 via 2001:470:1f04:1::2 dev tun-10'

    nft -f - <<<'table ip lab { chain incoming { type filter hook input priority 0; ip protocol 41 drop; }; }'
    verdict 'a filter on the way in' "a filter of this host drops protocol 41 from $endpoint after it has arrived"
    stdout_has 'ip lab incoming (input)'
    nft -f - <<<'delete table ip lab
table ip lab { chain outgoing { type filter hook output priority 0; ip protocol 41 drop; }; }'
    verdict 'a filter on the way out' 'a filter of this host drops protocol 41 on its way out'
    nft -f - <<<'delete table ip lab
table ip6 lab { chain incoming { type filter hook input priority 0; policy drop; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }; }'
    verdict 'a filter of IPv6' 'the answer came out of the tunnel: a filter of this host drops IPv6'
    stdout_has 'ip6 lab incoming (input, drops what no rule accepts)'
    nft -f - <<<'delete table ip6 lab
table ip6 lab { chain outgoing { type filter hook output priority 0; oifname "he-ipv6" drop; }; }'
    verdict 'a filter of IPv6 on the way out' 'a filter of this host forbids IPv6 through he-ipv6'
    nft delete table ip6 lab

    ip route add $endpoint via 172.31.32.1 dev eth1
    echo 1 >/proc/sys/net/ipv4/conf/eth0/rp_filter
    verdict rp_filter 'rp_filter drops what arrives by eth0'
    echo 0 >/proc/sys/net/ipv4/conf/eth0/rp_filter
    ip route del $endpoint
}

# The VPC checks source addresses, as EC2 does.
test_packets_leave_by_another_interface() {
    LOCAL=172.31.14.146 up
    local text="packets leave by eth1, and their source address, 172.31.14.146, is eth0's"
    on vpc nft -f - <<<'table ip lab { chain forward { type filter hook forward priority -1; iifname "to-i1-eth1" ip saddr 172.31.14.146 drop; }; }'
    ip route add $endpoint via 172.31.32.1 dev eth1
    verdict 'a route' "$text"
    stdout_has 'do: write v4tunnel-dev eth0, or v4tunnel-local interface:eth1'
    run setpriv --reuid 65534 --regid 65534 --clear-groups situp doctor he-ipv6
    stdout_has '; the tunnel sends from 172.31.14.146, which eth0 holds, by eth1'
    ip route del $endpoint

    ip rule add from 172.31.14.146 lookup 77
    ip route add default via 172.31.32.1 dev eth1 table 77
    verdict 'a rule' "$text"
    ip rule del from 172.31.14.146 lookup 77
    ip route flush table 77
    well 'as it was'

    # An address of lo leaves by any interface.
    ip address add 172.31.14.77/32 dev lo
    LOCAL=172.31.14.77 up
    run situp doctor he-ipv6
    stdout_lacks 'their source address'
    ip address del 172.31.14.77/32 dev lo

    LOCAL=172.31.14.146 up 'v4tunnel-dev eth1'
    verdict 'v4tunnel-dev' "$text"
    run situp plan he-ipv6
    stdout_has '# packets leave by eth1 (v4tunnel-dev), and their source address, 172.31.14.146, is eth0'
    run situp status he-ipv6
    stdout_has 'note          packets leave by eth1 (v4tunnel-dev)'
    LOCAL=interface:eth0 tunnel 'v4tunnel-dev eth1'
    run situp check
    stderr_has "gives eth0's address, and packets leave by eth1 (v4tunnel-dev)"
    LOCAL=172.31.14.146 up 'v4tunnel-dev eth0'
    well 'put right'
    on vpc nft delete table ip lab
}

test_beyond_the_other_end() {
    LOCAL=172.31.14.146 up
    ip -6 route add default via fe80::1 dev eth0 metric 512
    verdict 'another default route' 'IPv6 leaves by eth0, whose default route is preferred'
    ip -6 route del default via fe80::1 dev eth0 metric 512
    on he nft -f - <<<'table ip6 lab { chain forward { type filter hook forward priority 0; drop; }; }'
    verdict 'the broker carries nothing on' 'the other end answers, and what is behind it does not'
    on he nft delete table ip6 lab
    on vpc ip link set dev internet mtu 1400
    verdict 'a smaller path' 'packets of more than 1380 bytes are lost'
    stdout_has 'do: write v4tunnel-mtu 1380 into the stanza'
    on vpc ip link set dev internet mtu 1500
    ip route flush cache
    # Beside native IPv6, with and without somebody else who is asked.
    sed -i 's/gateway.*/v4tunnel-route default/' /etc/network/interfaces.d/he-ipv6
    check up situp up he-ipv6
    on he ip -6 route add unreachable 2001:db8:cafe::1/128 metric 1
    verdict 'the other end refuses' "says that 2001:db8:cafe::1 can't be reached from there"
    on he ip -6 route del unreachable 2001:db8:cafe::1/128 metric 1
    echo "    v4tunnel-keepalive 60 $inner" >>/etc/network/interfaces.d/he-ipv6
    check up situp up he-ipv6
    on he nft -f - <<<'table ip6 lab { chain forward { type filter hook forward priority 0; drop; }; }'
    verdict 'nor with v4tunnel-route' 'the other end answers, and what is behind it does not'
    on he nft delete table ip6 lab
}

test_beside_another_tunnel_to_the_same_server() {
    LOCAL=172.31.14.146 up
    stanza he-2 <<END
iface he-2 inet6 manual
    address 2001:470:1f04:2::2/64
    v4tunnel-endpoint $endpoint
    v4tunnel-local interface:eth1
END
    check 'up, the other one' situp up he-2
    on vpc nft -f - <<<'table ip lab { chain forward { type filter hook forward priority -1; ip saddr 172.31.14.146 ip protocol 41 drop; }; }'
    ping -n -i 0.2 2001:470:1f04:2::1 >/tmp/lab.other 2>&1 &
    local other=$!
    holds 'the other one works' wait_until 10 grep -q 'bytes from' /tmp/lab.other
    verdict 'what the other one carries is not this one'\''s' 'the network drops protocol 41'
    kill $other
    on vpc nft delete table ip lab
}

test_what_the_broker_has_on_record() {
    account
    printf '[doctor]\nbeyond = 2001:db8:cafe::1\n' >>/etc/situp/situp.conf
    tunnel 'v4tunnel-broker he 123456'
    check up situp up he-ipv6
    daemon
    soon 'the broker is told' 20 grep -q '^accepted' /var/lib/situp/broker-he-ipv6
    well 'the record is right'
    stdout_has "from $endpoint to 203.0.113.10, 2001:470:1f04:1::2/64; this host's public address is 203.0.113.10"
    broker record 203.0.113.99
    verdict 'it leads elsewhere' "the broker sends the tunnel's packets to 203.0.113.99, and this host's public address is 203.0.113.10"
    broker record 203.0.113.10
    end_daemon
    rm -f /var/lib/situp/*
    broker 'say 200 IP is not ICMP pingable.'
    run situp broker he-ipv6
    verdict 'words of its own' "the broker did not take this host's address when it was told last: IP is not ICMP pingable."
    run situp status he-ipv6
    stdout_has 'broker        he 123456: IP is not ICMP pingable.'
    broker record-again
    sed -i 's/key = .*/key = wrong/' /etc/situp/credentials
    rm -f /var/lib/situp/*
    run situp broker he-ipv6
    verdict badauth 'the broker refuses user or update key'
    chmod 644 /etc/situp/credentials
    run situp doctor he-ipv6
    stdout_has '/etc/situp/credentials: has mode 0644, so others could read the keys in it: chmod 600 it'
}

test_isatap() {
    settings
    stanza isatap0 <<END
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10
END
    check up situp up isatap0
    run situp doctor isatap0
    stdout_has 'ok      passage'
    on rtr ip link set dev isatap0 down
    refuse 'the router has no ISATAP' 1 situp doctor isatap0
    stdout_has 'verdict: isatap0: 172.31.0.10 '
    on rtr ip -batch - <<<'link set dev isatap0 up
address replace 2002:ca0c:1e01::5efe:172.31.0.10/64 dev isatap0'
    # Who isn't on the list is no router.
    on i1 ip tunnel prl prl-delete 172.31.0.10 dev isatap0
    refuse 'the list is empty' 1 situp doctor isatap0
    stdout_has 'verdict: isatap0: the tunnel is not as it was made'
}
