# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 42: beside Docker, as far as the kernel sees it: these functions do what dockerd 20.10 does (43-others.sh runs the real one).

docker_starts() { # with "ipv6" and "ip6tables"
    ip link add name docker0 type bridge
    ip -batch - <<<$'address add 172.17.0.1/16 dev docker0\nlink set dev docker0 up'
    echo 1 >/proc/sys/net/ipv4/ip_forward
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    nft -f - <<'END'
table ip6 filter {
    chain DOCKER-USER { return
    }
    chain FORWARD {
        type filter hook forward priority filter; policy drop;
        jump DOCKER-USER
        oifname "docker0" ct state related,established accept
        iifname "docker0" oifname != "docker0" accept
    }
}
END
}
# It takes the addresses of others off its bridge, twice at each start.
docker_restarts() {
    ip -6 address flush dev docker0 scope global
    wait_until 10 has_lan || not_ok 'the LAN address is back in between' "$(ip -6 address show dev docker0)"
    ip -6 address flush dev docker0 scope global
}
docker_is_away() {
    nft delete table ip6 filter 2>/dev/null
    ip link del dev docker0 2>/dev/null
    echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
    echo 0 >/proc/sys/net/ipv4/ip_forward
}
has_lan() { [[ $(ip -6 address show dev docker0) == *2001:470:abcd:c70::1/64* ]]; }

he_ipv6() { # he_ipv6 METHOD
    stanza he-ipv6 <<END
iface he-ipv6 inet6 $1
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    $([[ $1 == v4tunnel ]] || printf v4tunnel-)endpoint 216.66.80.26
    v4tunnel-local interface:eth0
    v4tunnel-lan docker0 2001:470:abcd:c70::1/64
    v4tunnel-firewall off
END
}

test_docker_comes_after_the_tunnel() {
    local method
    snapshot
    for method in manual static v4tunnel; do
        he_ipv6 $method
        check "$method: ifup without docker0" ifup he-ipv6
        is 'it says nothing that cron would mail' "$ERR" ''
        refuse 'status' 1 situp status he-ipv6
        stdout_has 'wrong         docker0: no interface has this name: situpd adds 2001:470:abcd:c70::1/64 when there is one'
        refuse 'doctor' 1 situp doctor he-ipv6
        stdout_has 'docker0: no interface has this name'
        daemon
        docker_starts
        soon "$method: situpd adds the address" 40 has_lan
        check 'status' situp status he-ipv6
        pings inet 2001:470:abcd:c70::1
        end_daemon
        check "$method: ifdown" ifdown he-ipv6
        docker_is_away
        rm -f /etc/network/interfaces.d/he-ipv6
        same_as_snapshot
    done
}

test_docker_takes_the_address_away() {
    he_ipv6 manual
    docker_starts
    check 'up' situp up he-ipv6
    pings inet 2001:470:abcd:c70::1
    daemon
    soon 'it is looked after' 10 test -e /run/situp/live/he-ipv6
    docker_restarts
    soon 'Docker has restarted' 40 has_lan
    ip link del dev docker0
    ip link add name docker0 up type bridge
    soon 'Docker has made its bridge anew' 40 has_lan
    ip link set dev docker0 down
    ip link set dev docker0 up
    soon 'the bridge was set down and up' 40 has_lan
    ip link set dev docker0 down
    ip link set dev docker0 name docker1
    ip link add name docker0 up type bridge
    soon 'another interface has the name' 40 has_lan
    end_daemon
    touch -d '1 minute ago' /run/situp/he-ipv6
    ip -6 address flush dev docker0 scope global
    refuse 'status without situpd' 1 situp status he-ipv6
    stdout_has 'to put right  ip address add 2001:470:abcd:c70::1/64 dev docker0'
    stdout_has 'situpd does not run, so nobody looks after it: '
    refuse 'doctor without situpd' 1 situp doctor he-ipv6
    stdout_has 'situp up he-ipv6 puts it right'
    check 'down' situp down he-ipv6
    holds 'no address is left' not has_lan
    docker_is_away
}

# What the manual says of DOCKER-USER.
test_docker_drops_what_is_forwarded() {
    he_ipv6 manual
    docker_starts
    check 'up' situp up he-ipv6
    ip netns add box
    ip link add name veth0 up master docker0 type veth peer name eth0 netns box
    ip -n box -batch - <<<$'link set dev eth0 up\naddress add 2001:470:abcd:c70::5/64 dev eth0 nodad\nroute add default via 2001:470:abcd:c70::1'
    pings box 2001:db8:cafe::1
    no_ping inet 2001:470:abcd:c70::5
    run situp doctor he-ipv6
    stdout_has 'ip6 filter FORWARD (forward, drops what no rule accepts)'
    nft insert rule ip6 filter DOCKER-USER iifname he-ipv6 oifname docker0 icmpv6 type echo-request accept
    pings inet 2001:470:abcd:c70::5
    check 'down' situp down he-ipv6
    ip netns del box
    docker_is_away
}
