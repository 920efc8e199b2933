# shellcheck shell=bash disable=SC2153  # run sets STATUS
# SPDX-License-Identifier: GPL-2.0-or-later
# UDP around the tunnel, where a network drops protocol 41: between two hosts of one owner, by 1:1 NAT, and inside the VPC.

no_protocol_41() { # not to the Internet, nor between instances
    on vpc nft add table ip no41
    on vpc nft -f - <<'END'
add table bridge no41
table bridge no41 {
    chain forward {
        type filter hook forward priority 0
        ip protocol 41 drop
    }
}
table ip no41 {
    chain forward {
        type filter hook forward priority 0
        ip protocol 41 drop
    }
}
END
}
protocol_41_again() { on vpc nft -f - <<<$'delete table ip no41\ndelete table bridge no41'; }
far_end() { # the other end, which its administrator has made with ip
    on he modprobe fou
    on he ip fou add port 5555 ipproto 41 local 198.51.100.2
    on he ip link add name far type sit local 198.51.100.2 remote 203.0.113.10 ttl 64 encap fou encap-csum encap-sport 5555 encap-dport 5555
    on he ip link set dev far up mtu 1472
    on he ip -6 address add 2001:db8:f00::1/64 dev far nodad
}
no_far_end() {
    on he ip link del dev far
    on he ip fou del port 5555 local 198.51.100.2
}
far() { # far NAME <more lines: a tunnel to it
    local name=$1 text
    text=$(</dev/stdin)
    stanza "$name" <<END
iface $name inet6 manual
    address 2001:db8:f00::2/64
    v4tunnel-endpoint 198.51.100.2
    v4tunnel-firewall off
$text
END
}
ports() { on "${1-i1}" ip fou show 2>/dev/null | sort | tr -s ' ' | sed 's/ $//'; }
has_ports() { [[ $(ports) == "$1" ]]; }
port_is() { is "$1: its ports" "$(ports "$1")" "$2"; } # port_is WHERE TEXT
encap_is() { # encap_is NAME SOURCE PORT
    kernel_has "$1 sends UDP" ".[0].linkinfo.info_data.encap | .type == \"fou\" and .sport == $2 and .dport == $3 and .csum == true" -d link show dev "$1"
}
fou_away() { rmmod fou; }

test_without_the_module_it_says_which() {
    fou_away
    snapshot
    far udp0 <<<'    v4tunnel-encap fou 5555'
    refuse 'no module' any ifup udp0
    situp_says "v4tunnel-encap: the kernel's module fou is not loaded, and situp loads no modules but sit: modprobe fou, and for each boot: echo fou >/etc/modules-load.d/fou.conf"
    refuse 'nor a plan' any situp plan udp0
    same_as_snapshot
    sed -i '/encap/d' /etc/network/interfaces.d/udp0
    check 'without it' ifup udp0
    far udp0 <<<'    v4tunnel-encap fou 5555'
    refuse 'nor in place' any situp up udp0
    has_link udp0
    check ifdown ifdown udp0
    same_as_snapshot
    modprobe fou
}

test_it_passes_where_protocol_41_is_dropped() {
    modprobe fou
    snapshot
    far_end
    no_protocol_41
    far udp0 </dev/null
    check 'protocol 41' ifup udp0
    no_ping i1 2001:db8:f00::1
    far udp0 <<<$'    v4tunnel-encap fou 5555\n    v4tunnel-keepalive 25 2001:db8:f00::1'
    run situp plan udp0
    stdout_has 'ip fou add port 5555 ipproto 41 local 172.31.14.146'
    stdout_has 'mtu 1472'
    check 'UDP, in place' situp up udp0
    encap_is udp0 5555 5555
    port_is i1 'port 5555 ipproto 41 local 172.31.14.146'
    pings i1 2001:db8:f00::1
    pings he 2001:db8:f00::2
    holds 'large packets pass' ping -n -c 1 -w 5 -s 1424 -M "do" 2001:db8:f00::1
    run situp plan udp0
    stdout_is ''
    daemon
    soon 'it is looked after' 20 live_has udp0 '^health alive'
    run situp status udp0
    stdout_has 'encap         fou 5555'
    stdout_has 'mtu           1472'
    run situp status --json udp0
    fits_schema status
    is 'status' "$(jq -c '.[0] | [.state, .encap]' <<<"$OUT")" '["up","fou 5555"]'
    check 'doctor' situp doctor udp0
    end_daemon
    # the other end closes its port, and doctor says so
    on he ip fou del port 5555 local 198.51.100.2
    refuse 'doctor' any situp doctor udp0
    stdout_has '198.51.100.2 takes no packets at UDP port 5555 (ICMP code 3)'
    on he ip fou add port 5555 ipproto 41 local 198.51.100.2
    # the network drops UDP, too
    on vpc nft add rule ip no41 forward udp dport 5555 drop
    refuse 'doctor' any situp doctor udp0
    stdout_has 'UDP port 5555: 3 packets left by eth0, none arrived'
    stdout_has 'let UDP port 5555 in from 198.51.100.2/32'
    check ifdown ifdown udp0
    protocol_41_again
    no_far_end
    same_as_snapshot
}

test_an_edit_changes_the_ports_in_place() {
    local index
    modprobe fou
    snapshot
    far udp0 <<<'    v4tunnel-encap fou 5555'
    check ifup ifup udp0
    index=$(</sys/class/net/udp0/ifindex)
    far udp0 <<<'    v4tunnel-encap fou 6666 sport auto'
    run situp status udp0
    stdout_has 'the stanza has been edited since'
    check 'another port' situp up udp0
    kernel_has 'the kernel has it' '.[0].linkinfo.info_data.encap | .sport == 0 and .dport == 6666' -d link show dev udp0
    port_is i1 'port 6666 ipproto 41 local 172.31.14.146'
    # somebody else's changes are found
    ip link change dev udp0 type sit local 172.31.14.146 remote 198.51.100.2 ttl 255 encap fou encap-sport 1 encap-dport 2
    ip fou del port 6666 local 172.31.14.146
    run situp status udp0
    stdout_has 'drifted'
    check 'situp up' situp up udp0
    kernel_has 'it is back' '.[0].linkinfo.info_data.encap | .sport == 0 and .dport == 6666 and .csum' -d link show dev udp0
    port_is i1 'port 6666 ipproto 41 local 172.31.14.146'
    far udp0 </dev/null
    check 'no UDP any more' situp up udp0
    kernel_has 'the kernel has none' '.[0].linkinfo.info_data | has("encap") | not' -d link show dev udp0
    port_is i1 ''
    is 'it is the same device' "$(</sys/class/net/udp0/ifindex)" "$index"
    check ifdown ifdown udp0
    same_as_snapshot
}

test_tunnels_share_a_port_and_the_last_one_closes_it() {
    local name
    modprobe fou
    snapshot
    for name in 0 1; do
        stanza udp$name <<END
auto udp$name
iface udp$name inet6 manual
    v4tunnel-endpoint 198.51.100.$((20 + name))
    v4tunnel-encap fou 5555
END
    done
    check 'one by one' ifup udp0
    check 'one by one' ifup udp1
    port_is i1 'port 5555 ipproto 41 local 172.31.14.146'
    check 'the first' ifdown udp0
    port_is i1 'port 5555 ipproto 41 local 172.31.14.146'
    check 'the last' ifdown udp1
    same_as_snapshot
    check 'together' situp up --all
    sed -i s/5555/6666/ /etc/network/interfaces.d/udp?
    check 'together to another port' situp up --all
    port_is i1 'port 6666 ipproto 41 local 172.31.14.146'
    run situp plan --all
    stdout_is ''
    check 'together' situp down --all
    same_as_snapshot
    # somebody has opened it before: it stays
    ip fou add port 6666 ipproto 41
    snapshot
    check 'somebody else has it open' situp up --all
    port_is i1 'port 6666 ipproto 41'
    check 'down' situp down --all
    same_as_snapshot
    ip fou del port 6666
}

test_a_port_that_is_taken() {
    modprobe fou
    ip fou add port 5555 gue
    snapshot
    far udp0 <<<'    v4tunnel-encap fou 5555'
    refuse 'the kernel has it for GUE' any ifup udp0
    situp_says 'ip fou add port 5555 ipproto 41 local 172.31.14.146: UDP port 5555 is taken (the kernel has it for another use, see ip fou show): end that, or write another port at both ends'
    same_as_snapshot
    ip fou del port 5555
    far udp0 <<<'    v4tunnel-encap fou 53530'
    python3 -c 'import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.bind(("172.31.14.146", 53530)); print(flush=True); sys.stdin.read()' < <(sleep infinity) >/tmp/lab.holder &
    local holder=$!
    wait_until 20 test -s /tmp/lab.holder
    refuse 'a program has it' any ifup udp0
    situp_says 'UDP port 53530 is taken (a program of user 0 has it, see ss -lunp sport = :53530)'
    kill $holder
    wait $holder
    check 'it is free' ifup udp0
    check ifdown ifdown udp0
}

test_the_stock_method_and_a_lost_record() {
    modprobe fou
    snapshot
    stanza udp0 <<'END'
iface udp0 inet6 v4tunnel
    address 2001:db8:f00::2
    netmask 64
    endpoint 198.51.100.2
    local 172.31.14.146
    v4tunnel-encap fou 5555
END
    check ifup ifup udp0
    encap_is udp0 5555 5555
    port_is i1 'port 5555 ipproto 41 local 172.31.14.146'
    kernel_has 'the MTU leaves room for UDP' '.[0].mtu == 1472' link show dev udp0
    check ifdown ifdown udp0
    same_as_snapshot
    far udp0 <<<'    v4tunnel-encap fou 5555'
    check ifup ifup udp0
    rm /run/situp/udp0
    check 'situp up adopts it' situp up udp0
    rm /run/situp/udp0
    check ifdown ifdown udp0
    same_as_snapshot
}

test_the_port_moves_with_the_local_address() {
    modprobe fou
    snapshot
    far udp0 <<<$'    v4tunnel-local interface:eth0\n    v4tunnel-encap fou 5555'
    check ifup ifup udp0
    daemon
    address_becomes 172.31.14.146 172.31.14.200
    soon 'the device has the new address' 20 has_local udp0 172.31.14.200
    soon 'the port has it' 20 has_ports "port 5555 ipproto 41 local 172.31.14.200"
    address_becomes 172.31.14.200 172.31.14.146
    soon 'the device has the old one' 20 has_local udp0 172.31.14.146
    soon 'the port has it' 20 has_ports "port 5555 ipproto 41 local 172.31.14.146"
    end_daemon
    # the module goes and takes the port with it
    fou_away
    run situp status udp0
    stdout_has "the kernel's module fou is not loaded"
    modprobe fou
    check 'situp up' situp up udp0
    port_is i1 'port 5555 ipproto 41 local 172.31.14.146'
    check ifdown ifdown udp0
    same_as_snapshot
}

# 6rd and ISATAP, between instances whose network drops protocol 41; the domain's filter knows the relay by its UDP packets.
test_6rd_and_isatap_inside_the_vpc() {
    local domain=2001:470:e3f2::/48 where
    modprobe fou
    no_protocol_41
    sysctl -qw net.ipv6.conf.all.forwarding=1
    for where in i1 i2 i3; do
        stanza on $where 6rd0 <<END
iface 6rd0 inet6 manual
    sixrd-prefix $domain 172.31.0.0/16
    sixrd-relay 172.31.14.146
    sixrd-encap fou 5555
END
        check "$where: ifup" on $where ifup 6rd0
    done
    kernel_has 'the MTU leaves room for UDP' '.[0].mtu == 1472' on i2 link show dev 6rd0
    for where in i1 i2 i3; do
        for to in 2001:470:e3f2:e92::1 2001:470:e3f2:e93::1 2001:470:e3f2:3014::1; do pings $where $to; done
    done
    # by the relay only: a source from outside of the domain
    ip -6 address add 2001:db8:bad::1/128 dev lo
    pings i1 2001:470:e3f2:3014::1 -I 2001:db8:bad::1
    ip -6 address del 2001:db8:bad::1/128 dev lo
    on i2 ip -6 address add 2001:db8:bad::1/128 dev lo
    on i2 ip -6 route add 2001:470:e3f2:3014::/64 via ::172.31.48.20 dev 6rd0 onlink
    before=$(on i3 sed -n 's/^Icmp6InEchos[[:blank:]]*//p' /proc/net/snmp6)
    no_ping i2 2001:470:e3f2:3014::1 -I 2001:db8:bad::1
    is 'i3 has seen no echo request' "$(on i3 sed -n 's/^Icmp6InEchos[[:blank:]]*//p' /proc/net/snmp6)" "$before"
    on i2 ip -6 address del 2001:db8:bad::1/128 dev lo
    run on i3 situp plan 6rd0
    stdout_is ''
    for where in i1 i2 i3; do check "$where: ifdown" on $where ifdown 6rd0; done
    sysctl -qw net.ipv6.conf.all.forwarding=0
    for where in i1 i2 i3; do
        stanza on $where isatap1 <<'END'
iface isatap1 inet6 manual
    isatap-prefix 2001:db8:a::/64
    isatap-encap fou 5555
END
        check "$where: ifup" on $where ifup isatap1
    done
    pings i1 2001:db8:a::5efe:172.31.14.147
    pings i2 2001:db8:a::5efe:172.31.48.20
    pings i3 2001:db8:a::5efe:172.31.14.146
    for where in i1 i2 i3; do check "$where: ifdown" on $where ifdown isatap1; done
    for where in i1 i2 i3; do port_is $where ''; done
    protocol_41_again
}
