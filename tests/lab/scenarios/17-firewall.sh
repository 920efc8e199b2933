# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# v4tunnel-firewall: what the Internet can reach through a tunnel, and what becomes of the filters of others.

host=2001:470:1f04:1::2 inside=2001:470:abcd:c70::5 internet=2001:db8:cafe::1 log=/tmp/lab.syslog

# A network behind i1, and a service on port 7 of i1, of that network's host and of the Internet: it says again what it hears.
# With it, a log that writes down what it gets. One Python for all: it starts slowly.
prepare() {
    ip netns add lan
    ip -batch - <<'END'
link add name lan0 type veth peer name eth0 netns lan
link set dev lan0 up
END
    ip -n lan -batch - <<END
link set dev lo up
link set dev eth0 up
address add $inside/64 dev eth0 nodad
route add ::/0 via 2001:470:abcd:c70::1
END
    echo 1 >/proc/sys/net/ipv6/conf/all/forwarding
    : >$log
    [[ ${service-} ]] && kill "$service"
    rm -f /dev/log /tmp/lab.ready
    python3 -ISc '
import ctypes, os, select, socket
libc = ctypes.CDLL(None)
poll = select.poll()
listening, connected = {}, {}
for name in "", "lan", "inet":
    if name and libc.setns(os.open("/run/netns/" + name, os.O_RDONLY), 0x40000000): raise OSError
    one = socket.create_server(("::", 7), family=socket.AF_INET6)
    listening[one.fileno()] = one
    poll.register(one, select.POLLIN)
log = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
log.bind("/dev/log")
poll.register(log, select.POLLIN)
open("/tmp/lab.ready", "w").close()
while True:
    for number, _ in poll.poll():
        if number == log.fileno():
            with open("/tmp/lab.syslog", "ab") as file: file.write(log.recv(4096) + b"\n")
        elif number in listening:
            one = listening[number].accept()[0]
            connected[one.fileno()] = one
            poll.register(one, select.POLLIN)
        else:
            try: text = connected[number].recv(4096)
            except OSError: text = b""
            if text: connected[number].sendall(text)
            else:
                poll.unregister(number)
                connected.pop(number).close()
' &
    service=$!
    wait_until 20 test -e /tmp/lab.ready || not_ok 'the services are there' 'they are not'
}

eval "reset_the_rest() $(declare -f reset | tail -n +2)"
reset() {
    nft flush ruleset
    [[ ! -e /run/netns/lan ]] || ip netns del lan
    echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
    umount /usr/sbin/nft 2>/dev/null
    reset_the_rest
}

tunnel() { # tunnel METHOD OPTION…
    {
        printf 'iface he-ipv6 inet6 %s\n    address %s/64\n    v4tunnel-local interface:eth0\n' "$1" "$host"
        [[ $1 == v4tunnel ]] && printf '    endpoint 216.66.80.26\n' || printf '    v4tunnel-endpoint 216.66.80.26\n'
        printf '    gateway 2001:470:1f04:1::1\n'
        printf '    %s\n' "${@:2}"
    } | stanza he-ipv6
}
second() { # second OPTION…: a tunnel of i1's other address
    {
        printf 'iface he-2 inet6 manual\n    address 2001:470:1f04:2::2/64\n    v4tunnel-endpoint 216.66.80.26\n'
        printf '    v4tunnel-local interface:eth1\n    v4tunnel-route default from 2001:470:1f04:2::/64\n'
        ((!$#)) || printf '    %s\n' "$@"
    } | stanza he-2
}
routed='v4tunnel-lan lan0 2001:470:abcd:c70::1/64' stateful='v4tunnel-firewall stateful'

# The user's own tables; one of them has the name of ours, and another family.
mine() {
    nft -f - <<'END'
table inet mine {
    chain input {
        type filter hook input priority 10; policy accept;
        tcp dport 9 counter packets 0 bytes 0 drop
    }
}
table inet situp {
    map sources_of { type ifname : verdict; elements = { "eth9" : drop }; }
}
END
}

talks() { # talks WHERE ADDRESS [DO]: a TCP connection to port 7 answers; DO is done while it is there. No assertion
    local where=$1
    shift
    # shellcheck disable=SC2016  # that shell expands it
    on "$where" timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/7" && echo hello >&3 && read -rt 3 line <&3 && [[ $line == hello ]] && eval "$1"' "$1" "${2-}"
}
connects() { holds "$1 gets through to $2" talks "$1" "$2"; }
no_connection() { # the packet is dropped, and not refused
    # shellcheck disable=SC2016
    run on "$1" timeout 0.7 bash -c 'exec 3<>"/dev/tcp/$0/7"' "$2"
    is "$1 does not get through to $2" "$STATUS" 124
}
counter() { # counter NAMESPACE NAME: sets `count`
    local name
    while read -r name count; do [[ $name == "$2" ]] && return; done < <(on "$1" cat /proc/self/net/snmp6)
}
# echoes_of WHERE SOURCE TARGET: how many of three pings with that source have come in at i1; an honest one comes behind them
echoes_of() {
    local before
    counter i1 Icmp6InEchos
    before=$count
    on "$1" ping -q -n -c 3 -i 0.05 -w 1 -W 1 -I "$2" "$3" >/dev/null 2>&1
    on inet ping -q -n -c 1 -w 3 $host >/dev/null
    counter i1 Icmp6InEchos
    echoes=$((count - before - 1))
}

test_from_the_internet_only_answers_and_needed_messages_come_in() {
    local spoofed
    prepare
    mine
    on he ip -6 -batch - <<'END'
address add 2001:470:abcd:c70::66/128 dev lo nodad
address add ::192.0.2.1/128 dev lo nodad
END
    tunnel v4tunnel "$routed"
    check 'ifup without a filter' ifup he-ipv6
    connects inet $host
    connects inet $inside
    for spoofed in 2001:470:abcd:c70::66 ::192.0.2.1; do
        echoes_of he "$spoofed" $host
        holds "a stranger may say that it is $spoofed" test "$echoes" -gt 0
    done
    check ifdown ifdown he-ipv6

    tunnel v4tunnel "$routed" "$stateful"
    snapshot
    check ifup ifup he-ipv6
    is 'it says nothing' "$OUT$ERR" ''
    no_connection inet $host
    no_connection inet $inside
    pings inet $host
    pings inet $inside
    pings i1 $internet
    connects i1 $internet
    connects lan $internet
    connects lan $host
    for spoofed in 2001:470:abcd:c70::66 ::192.0.2.1; do
        echoes_of he "$spoofed" $host
        is "nobody there may say that it is $spoofed: echoes" "$echoes" 0
    done
    # A path with a smaller MTU behind the tunnel: its message is needed, and an answer to nothing that conntrack knows.
    on he ip link set dev inet mtu 1300
    run on lan ping -n -c 1 -w 3 -s 1400 -M 'do' $internet
    stdout_has 'mtu=1300'
    on he ip link set dev inet mtu 1500
    on he ip -6 -batch - <<'END'
address delete 2001:470:abcd:c70::66/128 dev lo
address delete ::192.0.2.1/128 dev lo
END
    run situp plan he-ipv6
    is 'nothing is left to do' "$STATUS $OUT" '0 '
    check ifdown ifdown he-ipv6
    same_as_snapshot
}

test_tcp_through_the_host_fits_the_tunnel() {
    prepare
    tunnel manual "$routed" "$stateful"
    check 'situp up' situp up he-ipv6
    # 12 of the 1420 are the time stamps'
    holds 'what the Internet is told' talks lan $internet 'ss -Htin dport = 7 | grep -q "mss:1408 "'
    holds 'what it is told of the Internet' talks lan $internet 'nsenter --net=/run/netns/inet ss -Htin sport = 7 | grep -q "mss:1408 "'
}

test_the_mss_alone() {
    prepare
    snapshot
    tunnel manual "$routed" 'v4tunnel-firewall off'
    check 'without it' situp up he-ipv6
    holds 'what the Internet is told' talks lan $internet 'ss -Htin dport = 7 | grep -q "mss:1428 "'
    tunnel manual "$routed" 'v4tunnel-firewall off' 'v4tunnel-mss clamp'
    check 'the clamp' situp up he-ipv6
    run situp status he-ipv6
    is 'it is as it is to be' "$STATUS" 0
    stdout_has 'mss           clamp'
    holds 'what the Internet is told' talks lan $internet 'ss -Htin dport = 7 | grep -q "mss:1408 "'
    holds 'what it is told of the Internet' talks lan $internet 'nsenter --net=/run/netns/inet ss -Htin sport = 7 | grep -q "mss:1408 "'
    holds 'and in the other direction' talks inet $inside 'ss -Htin dport = 7 | grep -q "mss:1408 "'
    is 'connections are not tracked' "$(nft list table ip6 situp | grep -c 'ct state')" 0
    tunnel manual "$routed" 'v4tunnel-firewall off' 'v4tunnel-mss clamp' 'v4tunnel-mtu 1400'
    check 'another MTU' situp up he-ipv6
    holds 'what the Internet is told' talks lan $internet 'ss -Htin dport = 7 | grep -q "mss:1328 "'
    tunnel manual "$routed" "$stateful" 'v4tunnel-mss off'
    check 'the firewall without it' situp up he-ipv6
    no_connection inet $inside
    holds 'what the Internet is told' talks lan $internet 'ss -Htin dport = 7 | grep -q "mss:1428 "'
    tunnel manual "$routed" 'v4tunnel-firewall off' 'v4tunnel-mss clamp'
    check 'the clamp without the firewall' situp up he-ipv6
    connects inet $inside
    check 'down' situp down he-ipv6
    same_as_snapshot
}

test_isatap_takes_answers_and_advertisements_only() {
    prepare
    snapshot
    advertise rtr 2002:ca0c:1e01
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-local interface:eth0
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10
    isatap-keepalive 2
    isatap-firewall stateful
END
    stanza on i2 isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
END
    daemon
    check 'up' situp up isatap0
    is 'it says nothing' "$OUT$ERR" ''
    check 'a neighbour' on i2 situp up isatap0
    daemon_says 'isatap0: fe80::5efe:ac1f:a answers'
    soon 'the advertisement passes' 15 advertised_default_is_there
    connects i1 $internet
    pings i2 2002:ca0c:1e01::5efe:172.31.14.146
    no_connection i2 2002:ca0c:1e01::5efe:172.31.14.146
    no_connection inet 2002:ca0c:1e01::5efe:172.31.14.146
    run situp status isatap0
    is 'nothing is wrong' "$STATUS" 0
    stdout_has 'firewall      stateful'
    end_daemon
    sed -i 's/firewall stateful/mss clamp/' /etc/network/interfaces.d/isatap0
    check 'the clamp alone' situp up isatap0
    connects i2 2002:ca0c:1e01::5efe:172.31.14.146
    holds 'it is there' grep -q 'maxseg size set 1420' <<<"$(nft list table ip6 situp)"
    check 'down' situp down isatap0
    silence rtr
    same_as_snapshot
}
advertised_default_is_there() { [[ $(ip -6 route show default dev isatap0) == 'default via fe80::5efe:ac1f:a proto ra'* ]]; }

test_other_tunnels_of_the_host_keep_working() {
    prepare
    tunnel manual "$stateful"
    second
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-local interface:eth0
END
    stanza on i2 isatap0 </etc/network/interfaces.d/isatap0
    check 'two 6in4 tunnels and ISATAP on the first one'\''s address' situp up he-ipv6 he-2 isatap0
    check 'ISATAP on the other instance' on i2 situp up isatap0
    connects inet 2001:470:1f04:2::2
    no_connection inet $host
    connects i2 2002:ca0c:1e01::5efe:172.31.14.146
    # Protocol 41 from somebody who is not the broker comes out of no tunnel.
    on i2 ip -batch - <<END
link add name liar type sit local 172.31.14.147 remote 172.31.14.146 ttl 64
link set dev liar up
address add 2001:db8:bad::1/128 dev liar
END
    on i2 ip -6 route add $host/128 dev liar
    echoes_of i2 2001:db8:bad::1 $host
    is 'a stranger'\''s packets: echoes' "$echoes" 0
}

test_what_somebody_has_changed_is_put_back() {
    prepare
    mine
    snapshot
    tunnel manual
    check 'situp plan without the option' situp plan he-ipv6
    stdout_has '# the tunnel is open to the Internet'
    check 'situp up without the option' situp up he-ipv6
    is 'where nobody reads it, nothing is said' "$ERR" ''
    check 'again' situp up he-ipv6
    run situp status he-ipv6
    stdout_has 'note          the tunnel is open to the Internet'
    local index
    read -r index </sys/class/net/he-ipv6/ifindex
    tunnel manual "$stateful"
    run situp plan he-ipv6
    is 'the plan is the filter' "${OUT%%$'\n'*} … ${OUT##*$'\n'}" "nft -f - <<'END' … END"
    check 'what it prints is what a person can type' bash -c "$OUT"
    nft delete table ip6 situp
    check 'situp up' situp up he-ipv6
    no_connection inet $host
    nft list table ip6 situp | sort >/tmp/lab.filter
    daemon
    check 'who is not root goes by the record' setpriv --reuid 65534 --regid 65534 --clear-groups situp status he-ipv6
    end_daemon
    rm -f /run/situp/live/he-ipv6
    for change in 'delete table ip6 situp' 'flush table ip6 situp' 'flush chain ip6 situp input' 'add rule ip6 situp input accept' \
        'insert rule ip6 situp to_host tcp dport 7 accept' 'flush chain ip6 situp sources-he-ipv6' 'delete chain ip6 situp input' \
        'delete element ip6 situp input_from { "he-ipv6" }' 'flush map ip6 situp sources_of' \
        'delete element ip6 situp sources_of { "he-ipv6" }; delete chain ip6 situp sources-he-ipv6' \
        'delete element ip6 situp input_from { "he-ipv6" }; add element ip6 situp input_from { "he-ipv6" : accept }' \
        'add chain ip6 situp forward { policy drop; }' 'add table ip6 situp { flags dormant; }'; do
        nft "$change"
        refuse "situp status after: nft $change" 1 situp status he-ipv6
        stdout_has 'he-ipv6 in table ip6 situp'
        check 'situp up' situp up he-ipv6
        holds 'it is as before' diff <(nft list table ip6 situp | sort) /tmp/lab.filter
    done
    run situp plan he-ipv6
    is 'nothing is left to do' "$STATUS $OUT" '0 '
    tunnel manual "$stateful" 'v4tunnel-mtu 1400'
    check 'another MTU' situp up he-ipv6
    holds 'is what TCP is told' grep -q 'size set 1340' <(nft list table ip6 situp)
    tunnel manual 'v4tunnel-firewall off'
    check off situp up he-ipv6
    connects inet $host
    is 'the device is the same' "$(</sys/class/net/he-ipv6/ifindex)" "$index"
    check 'situp down' situp down he-ipv6
    check 'situp up' situp up he-ipv6
    check 'situp down' situp down he-ipv6
    check 'situp up -v' situp up -v he-ipv6
    is 'off is consent' "$(grep -c 'open to the Internet' <<<"$ERR$(situp status he-ipv6)")" 0
    check 'situp down' situp down he-ipv6
    is 'no line is in the log' "$(grep -c 'security groups' $log)" 0
    same_as_snapshot
}

nft_and_ip() { sed -nE 's/.*execve\("[^"]*\/(nft|ip)", \["[^"]*", ([^]]*)\].*/\1 \2/p' /tmp/lab.strace | tr -d '",' | tr '\n' ';'; }

test_tunnels_share_one_table() {
    local round
    prepare
    mine
    snapshot
    tunnel manual "$stateful"
    second "$stateful" 'v4tunnel-mtu 1400'
    check 'two tunnels, watched' strace -f -qq -e trace=execve -o /tmp/lab.strace situp up he-ipv6 he-2
    is 'one nft loads both filters' "$(grep -c 'execve("/usr/sbin/nft"' /tmp/lab.strace)" 1
    no_connection inet $host
    no_connection inet 2001:470:1f04:2::2
    # An up that fails, after it has loaded another filter, puts back this tunnel's part and leaves the other's alone.
    nft list table ip6 situp | sort >/tmp/lab.filter
    second "$stateful" 'v4tunnel-mtu 1300'
    : >/run/lab/faults.log
    echo 'refuse 2' >/run/lab/faults # 1 is the record
    LD_PRELOAD=/usr/local/lib/faults.so refuse 'an MTU that the kernel refuses' 1 situp up he-2
    : >/run/lab/faults
    holds 'the table is as it was' diff <(nft list table ip6 situp | sort) /tmp/lab.filter
    check 'the MTU' situp up he-2
    run situp plan he-ipv6
    is 'the other tunnel is right' "$STATUS $OUT" '0 '
    run situp plan --down he-2
    stdout_has 'delete element ip6 situp input_from { "he-2" }'
    # Somebody has taken out the other's elements: its chain still refers to the shared ones.
    nft 'flush map ip6 situp sources_of; flush map ip6 situp input_from; flush map ip6 situp forward_from'
    check 'one goes' situp down he-2
    check 'the other is put right' situp up he-ipv6
    is 'nothing of it is in the table' "$(nft list table ip6 situp | grep -c he-2)" 0
    no_connection inet $host
    connects i1 $internet
    run situp plan --down he-ipv6
    stdout_has 'nft delete table ip6 situp'
    for ((round = 0; round < 5; round++)); do
        check 'both' situp up he-ipv6 he-2
        situp down he-ipv6 &
        situp down he-2
        wait $!
        is 'after two runs at once no table is there' "$(nft list tables | grep -c 'ip6 situp')" 0
        check 'one' situp up he-2
        situp down he-2 &
        check 'the other comes while it goes' situp up he-ipv6
        wait $!
        run situp plan he-ipv6
        is 'its filter stays' "$STATUS $OUT" '0 '
        check 'it goes' situp down he-ipv6
    done
    same_as_snapshot
}

filters_are() { [[ $(nft list table ip6 situp | sort) == "$(</tmp/lab.filter)" ]]; }
test_situpd_puts_the_filters_back() {
    prepare
    mine
    snapshot
    tunnel manual "$stateful"
    second 'v4tunnel-firewall off' 'v4tunnel-mss clamp'
    check 'two tunnels' situp up he-ipv6 he-2
    nft list table ip6 situp | sort >/tmp/lab.filter
    daemon
    for change in 'flush ruleset' 'delete element ip6 situp clamp_of { "he-2" }' 'flush chain ip6 situp to_host'; do
        nft "$change"
        ip address add 192.0.2.77/32 dev eth0 # situpd looks at all tunnels
        soon "they are back after: nft $change" 30 filters_are
        ip address delete 192.0.2.77/32 dev eth0
    done
    end_daemon
    mine
    check 'down' situp down he-ipv6 he-2
    rm -f /run/situp/live/*
    same_as_snapshot
}

test_there_is_never_a_device_without_it() {
    local order
    tunnel v4tunnel "$stateful"
    check 'ifup, watched' strace -f -qq -e trace=execve -o /tmp/lab.strace ifup he-ipv6
    order=$(nft_and_ip)
    if [[ $order =~ ^'nft -f -;'.*'ip '.*'tunnel add' && $order != *nft*nft* ]]; then ok 'nft once, and then the device'; else
        not_ok 'nft once, and then the device' "$order"
    fi
    check 'ifdown, watched' strace -f -qq -e trace=execve,sendto -o /tmp/lab.strace ifdown he-ipv6
    order=$(grep -oE '"tunnel", "del"|/nft"|NFNL_MSG_BATCH_BEGIN' /tmp/lab.strace | tr '\n' ' ')
    is 'the device goes first' "$order" '"tunnel", "del" NFNL_MSG_BATCH_BEGIN '
    tunnel static "$stateful"
    check 'situp up, watched' strace -f -qq -e trace=execve,sendto -o /tmp/lab.strace situp up he-ipv6
    order=$(grep -oE 'execve\("/usr/sbin/nft"|RTM_NEWLINK.*NLM_F_EXCL' /tmp/lab.strace | cut -c 1-11 | tr '\n' ' ')
    is 'nft, and then the device' "$order" 'execve("/us RTM_NEWLINK '
    check 'situp down' situp down he-ipv6
    tunnel static
    check 'without the option' strace -f -qq -e trace=execve,socket -o /tmp/lab.strace situp up he-ipv6
    is 'neither nft nor netfilter is asked' "$(grep -cE 'nft|NETFILTER' /tmp/lab.strace)" 0
}

test_without_nft_there_is_no_tunnel() {
    local method
    mine
    for method in v4tunnel manual; do
        tunnel "$method" "$stateful"
        snapshot
        mount --bind /dev/null /usr/sbin/nft
        refuse "$method: ifup without nft" 1 ifup he-ipv6
        situp_says 'there is no /usr/sbin/nft, which the options …-firewall, …-mss and sixrd-filter need: install nftables, or write off'
        umount /usr/sbin/nft
        same_as_snapshot
    done
    printf '#!/bin/sh\necho "Error: Could not process rule: Operation not supported" >&2\nexit 1\n' >/tmp/lab.nft
    chmod 755 /tmp/lab.nft
    mount --bind /tmp/lab.nft /usr/sbin/nft
    refuse 'a kernel that has no nf_tables' 1 situp up he-ipv6
    situp_says 'nft can'\''t do it (Error: Could not process rule: Operation not supported): …-firewall needs a kernel with nf_tables'
    umount /usr/sbin/nft
    same_as_snapshot
    # A device that can't be made: the kernel refuses each request after the filter was loaded.
    [[ -f /usr/local/lib/faults.so ]] || { not_ok 'the payload has the faults' 'make it with make lab-payload'; return; }
    tunnel manual "$stateful"
    : >/run/lab/faults.log # another scenario's requests
    echo 'refuse 2' >/run/lab/faults # 1 is the record
    LD_PRELOAD=/usr/local/lib/faults.so refuse 'a device that the kernel refuses' 1 situp up he-ipv6
    : >/run/lab/faults
    same_as_snapshot
    # An up line that fails: the next ifup, and ifdown, simply work.
    tunnel v4tunnel "$stateful" 'up false'
    refuse 'an up line that fails' 1 ifup he-ipv6
    tunnel v4tunnel "$stateful"
    check 'the next ifup' ifup --force he-ipv6
    check ifdown ifdown he-ipv6
    same_as_snapshot
}
