# shellcheck shell=bash disable=SC2034  # put reads method
# SPDX-License-Identifier: GPL-2.0-or-later
# A stanza is edited while its tunnel is up: `situp plan` says what will happen, `situp up` does that and no more, and packets
# go on.

# --- A stanza, and words for editing it

declare -A options=()
tunnel=he-ipv6 method=manual

start_6in4() {
    tunnel=he-ipv6 method=${1-manual} options=()
    put address 2001:470:1f04:1::2/64 gateway 2001:470:1f04:1::1 v4tunnel-endpoint 216.66.80.26 v4tunnel-local interface:eth0
}
start_isatap() {
    tunnel=isatap0 method=manual options=()
    put isatap-prefix 2002:ca0c:1e01::/64 isatap-routers 172.31.0.10 isatap-local interface:eth0
}
index() { local number=none; { read -r number <"/sys/class/net/$tunnel/ifindex"; } 2>/dev/null; echo "$number"; }

# --- A train of pings: what it loses shows in the sequence numbers

train_pid='' train_fd='' train_last=0 train_lost=0
train_take() { # one more reply, within SECONDS: sets train_time to when it came
    local line
    while IFS= read -rt "$1" -u "$train_fd" line; do
        [[ $line =~ ^\[([0-9.]+)\]\ .*icmp_seq=([0-9]+)\ ttl= ]] || continue
        train_time=${BASH_REMATCH[1]/./}
        ((train_lost += BASH_REMATCH[2] - train_last - 1)) || true
        train_last=${BASH_REMATCH[2]}
        return 0
    done
    return 1
}
train_start() { # train_start WHERE TARGET
    exec {train_fd}< <(exec on "$1" ping -D -n -i 0.2 "$2" 2>&1)
    train_pid=$! train_last=0 train_lost=0
    if train_take 5; then ok "a train of pings from $1 to $2"; else not_ok "a train of pings from $1 to $2" 'no reply'; fi
}
train_goes_on() { # replies come that were sent after now
    local now=${EPOCHREALTIME/./}
    while train_take 10; do ((train_time < now + 200000)) || { ok "$1: the train goes on"; return; }; done
    not_ok "$1: the train goes on" "no reply after number $train_last"
}
train_has_lost() { # train_has_lost WHAT NUMBER, since the last time
    is "$1: lost pings" "$train_lost" "$2"
    train_lost=0
}
train_end() {
    kill "$train_pid"
    exec {train_fd}<&-
    wait "$train_pid" 2>/dev/null
    train_pid=
}

# --- One edit, and what becomes of it

# edit WHAT PLAN: the stanza was changed; `situp plan` prints PLAN, `situp up` does it on the same device, and then there
# is nothing left to do.
edit() {
    local before after
    before=$(index)
    run situp plan "$tunnel"
    is "$1: the plan" "$STATUS $OUT" "0 $2"
    check "$1: situp up" situp up "$tunnel"
    is "$1: it says nothing" "$OUT$ERR" ''
    after=$(index)
    [[ $2 == '#'* ]] || is "$1: the device is the same" "$after" "$before"
    run situp plan "$tunnel"
    is "$1: nothing is left to do" "$STATUS $OUT" '0 '
}
device_is() { kernel_has "the kernel: $1" ".[0] | $1" -d link show dev "$tunnel"; } # device_is FILTER

has_sent_no_change() { # the strace of a run, in /tmp/lab.strace: it asked, and did nothing else
    local line changes='' questions=0
    while IFS= read -r line; do
        case $line in
        *RTM_NEW* | *RTM_DEL* | *RTM_SET* | *SIOC[A-FH-Z]* | *SIOCDEVPRIVATE*) changes+=$line$'\n' ;;
        *RTM_GET*) questions=$((questions + 1)) ;;
        esac
    done </tmp/lab.strace
    is 'it has told the kernel nothing' "$changes" ''
    holds 'but asked' test "$questions" -gt 3
}

test_a_6in4_tunnel_is_changed_in_place() {
    local header='ip link set dev he-ipv6 mtu 1480 type sit remote 216.66.80.26 local 172.31.14.146'
    start_6in4
    check ifup ifup he-ipv6
    train_start i1 2001:db8:cafe::1

    put v4tunnel-mtu 1400
    edit mtu 'ip link set dev he-ipv6 mtu 1400'
    device_is '.mtu == 1400'
    put v4tunnel-mtu auto
    edit 'mtu auto' 'ip link set dev he-ipv6 mtu 8981'
    device_is '.mtu == 8981'
    put v4tunnel-mtu ''
    edit 'no mtu' 'ip link set dev he-ipv6 mtu 1480'
    put v4tunnel-lan 'eth0 2001:470:abcd:c70::1/64'
    edit lan 'ip address add 2001:470:abcd:c70::1/64 dev eth0'
    pings inet 2001:470:abcd:c70::1
    put v4tunnel-lan 'eth0 2001:470:abcd:c70::2/64 eth1 2001:470:abcd:c70:1::1/80'
    edit 'another lan' 'ip address delete 2001:470:abcd:c70::1/64 dev eth0
ip address add 2001:470:abcd:c70::2/64 dev eth0
ip address add 2001:470:abcd:c70:1::1/80 dev eth1'
    pings inet 2001:470:abcd:c70::2
    no_ping inet 2001:470:abcd:c70::1
    put v4tunnel-lan ''
    edit 'no lan' 'ip address delete 2001:470:abcd:c70::2/64 dev eth0
ip address delete 2001:470:abcd:c70:1::1/80 dev eth1'
    put metric 512
    edit metric 'ip -6 route add default via 2001:470:1f04:1::1 dev he-ipv6 metric 512 onlink
ip -6 route delete default via 2001:470:1f04:1::1 dev he-ipv6 metric 1024'
    kernel_has 'one default route' '[.[] | select(.dst == "default") | .metric] == [512]' -6 route show
    put metric ''
    edit 'no metric' 'ip -6 route add default via 2001:470:1f04:1::1 dev he-ipv6 metric 1024 onlink
ip -6 route delete default via 2001:470:1f04:1::1 dev he-ipv6 metric 512'
    train_goes_on 'mtu, lan, metric'
    train_has_lost 'mtu, lan, metric' 0

    put v4tunnel-ttl 77
    edit ttl "$header ttl 77 tos 0 pmtudisc"
    device_is '.linkinfo.info_data.ttl == 77'
    put v4tunnel-tos 16
    edit tos "$header ttl 77 tos 16 pmtudisc"
    device_is '.linkinfo.info_data | .tos == "0x10" and .ttl == 77'
    put v4tunnel-tos inherit v4tunnel-ttl inherit v4tunnel-pmtu no
    edit pmtu "$header ttl inherit tos inherit nopmtudisc"
    device_is '.linkinfo.info_data | .tos == "0x1" and .ttl == 0 and (.pmtudisc | not)'
    put v4tunnel-dev eth0
    edit dev "$header ttl inherit tos inherit nopmtudisc dev eth0"
    device_is '.link == "eth0" and .mtu == 1480'
    put v4tunnel-tos '' v4tunnel-ttl '' v4tunnel-pmtu '' v4tunnel-dev ''
    edit 'back to the defaults' "$header ttl 255 tos 0 pmtudisc"
    device_is '.link == null and .mtu == 1480 and (.linkinfo.info_data | .tos == null and .ttl == 255 and .pmtudisc)'
    train_goes_on 'the outer header'

    put gateway fe80::d842:501a
    edit gateway 'ip -6 route delete default via 2001:470:1f04:1::1 dev he-ipv6 metric 1024
ip -6 route add default via fe80::d842:501a dev he-ipv6 metric 1024 onlink'
    kernel_has 'one default route' '[.[] | select(.dst == "default") | .gateway] == ["fe80::d842:501a"]' -6 route show
    train_goes_on gateway
    put gateway ''
    edit 'no gateway' 'ip -6 route delete default via fe80::d842:501a dev he-ipv6 metric 1024'
    put gateway 2001:470:1f04:1::1
    edit 'a gateway again' 'ip -6 route add default via 2001:470:1f04:1::1 dev he-ipv6 metric 1024 onlink'
    put address 2001:470:1f04:1::22/64
    edit address 'ip address add 2001:470:1f04:1::22/64 dev he-ipv6 nodad
ip address delete 2001:470:1f04:1::2/64 dev he-ipv6'
    inet6_is i1 he-ipv6 2001:470:1f04:1::22/64 fe80::ac1f:e92/64
    train_goes_on address
    put address 2001:470:1f04:1::22/80
    edit 'prefix length' 'ip address delete 2001:470:1f04:1::22/64 dev he-ipv6
ip address add 2001:470:1f04:1::22/80 dev he-ipv6 nodad
ip -6 rule add preference 32764 iif he-ipv6 to 2001:470:1f04:1::/80 lookup main suppress_prefixlength 80
ip -6 rule add preference 32765 iif he-ipv6 to 2001:470:1f04:1::/80 unreachable
ip -6 rule delete preference 32765 iif he-ipv6 to 2001:470:1f04:1::/64 unreachable
ip -6 rule delete preference 32764 iif he-ipv6 to 2001:470:1f04:1::/64 lookup main suppress_prefixlength 64'
    inet6_is i1 he-ipv6 2001:470:1f04:1::22/80 fe80::ac1f:e92/64
    train_goes_on 'prefix length'
    train_end
    check ifdown ifdown he-ipv6
    no_link he-ipv6
}

# The ends of a tunnel: packets flow again when both of them agree.
test_the_ends_of_a_6in4_tunnel_are_changed_in_place() {
    start_6in4
    check ifup ifup he-ipv6
    train_start i1 2001:db8:cafe::1

    on he ip -batch - <<'END'
address add 216.66.80.27/32 dev lo
link set dev tun-10 type sit local 216.66.80.27 remote 203.0.113.10 ttl 255
END
    put v4tunnel-endpoint 216.66.80.27
    edit endpoint \
        'ip link set dev he-ipv6 mtu 1480 type sit remote 216.66.80.27 local 172.31.14.146 ttl 255 tos 0 pmtudisc'
    device_is '.linkinfo.info_data.remote == "216.66.80.27"'
    train_goes_on endpoint

    # eth1 is seen outside as 203.0.113.11, which is the other tunnel's at the broker
    on he ip -batch - <<'END'
link del dev tun-11
link set dev tun-10 type sit local 216.66.80.27 remote 203.0.113.11 ttl 255
END
    put v4tunnel-local interface:eth1
    edit local 'ip link set dev he-ipv6 mtu 1480 type sit remote 216.66.80.27 local 172.31.32.10 ttl 255 tos 0 pmtudisc
ip address add fe80::ac1f:200a/64 dev he-ipv6
ip address delete fe80::ac1f:e92/64 dev he-ipv6'
    device_is '.linkinfo.info_data.local == "172.31.32.10"'
    inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:200a/64
    train_goes_on local
    train_end

    on he ip -batch - <<'END'
link set dev tun-10 type sit local 216.66.80.26 remote 203.0.113.10 ttl 255
address del 216.66.80.27/32 dev lo
link add name tun-11 type sit local 216.66.80.26 remote 203.0.113.11 ttl 255
link set dev tun-11 up
address add 2001:470:1f04:2::1/64 dev tun-11
route add 2001:470:abcd:c71::/64 via 2001:470:1f04:2::2 dev tun-11
END
}

test_an_isatap_tunnel_is_changed_in_place() {
    on i2 ip -batch - <<'END'
link add name isatap0 type sit isatap local 172.31.14.147 ttl 64
link set dev isatap0 up
address add 2002:ca0c:1e01::5efe:172.31.14.147/64 dev isatap0
address add 2001:db8:77::5efe:172.31.14.147/64 dev isatap0
END
    start_isatap
    check ifup ifup isatap0
    train_start i1 2002:ca0c:1e01::5efe:172.31.14.147

    put isatap-routers '172.31.0.11 172.31.0.12' isatap-routers-nodefault 172.31.0.10
    edit routers 'ip tunnel prl prl-default 172.31.0.11 dev isatap0
ip tunnel prl prl-default 172.31.0.12 dev isatap0
ip tunnel prl prl-delete 172.31.0.10 dev isatap0 && ip tunnel prl prl-nodefault 172.31.0.10 dev isatap0'
    routers_are i1 isatap0 '172.31.0.11 default' '172.31.0.12 default' '172.31.0.10 nodefault'
    put isatap-routers isatap.example.net isatap-routers-nodefault ''
    edit 'other routers' 'ip tunnel prl prl-delete 172.31.0.12 dev isatap0
ip tunnel prl prl-delete 172.31.0.11 dev isatap0
ip tunnel prl prl-delete 172.31.0.10 dev isatap0 && ip tunnel prl prl-default 172.31.0.10 dev isatap0'
    routers_are i1 isatap0 '172.31.0.10 default'
    put isatap-mtu 1400
    edit mtu 'ip link set dev isatap0 mtu 1400'
    put isatap-prefix '2002:ca0c:1e01::/64 2001:db8:77::/64'
    edit prefix 'ip address add 2001:db8:77::5efe:ac1f:e92/64 dev isatap0 nodad'
    train_goes_on 'routers, mtu, another prefix'
    train_has_lost 'routers, mtu, another prefix' 0

    put isatap-local interface:eth1
    ip rule add to 172.31.0.0/20 lookup main # eth1 alone does not lead to the other instance's answers
    edit local 'ip link set dev isatap0 mtu 1400 type sit remote any local 172.31.32.10 ttl 64 tos 0 pmtudisc isatap
ip address add fe80::5efe:ac1f:200a/64 dev isatap0
ip address add 2002:ca0c:1e01::5efe:ac1f:200a/64 dev isatap0 nodad
ip address add 2001:db8:77::5efe:ac1f:200a/64 dev isatap0 nodad
ip address delete 2001:db8:77::5efe:ac1f:e92/64 dev isatap0
ip address delete 2002:ca0c:1e01::5efe:ac1f:e92/64 dev isatap0
ip address delete fe80::5efe:ac1f:e92/64 dev isatap0'
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:200a/64 2001:db8:77::5efe:ac1f:200a/64 fe80::5efe:ac1f:200a/64
    routers_are i1 isatap0 '172.31.0.10 default'
    train_goes_on local
    put isatap-prefix 2002:ca0c:1e01::/64 isatap-ttl 33
    edit 'prefix, ttl' 'ip link set dev isatap0 mtu 1400 type sit remote any local 172.31.32.10 ttl 33 tos 0 pmtudisc isatap
ip address delete 2001:db8:77::5efe:ac1f:200a/64 dev isatap0'
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:200a/64 fe80::5efe:ac1f:200a/64
    device_is '.linkinfo.info_data.ttl == 33'
    train_goes_on 'prefix, ttl'
    train_end
    ip rule del to 172.31.0.0/20 lookup main
}

# Addresses that routers' advertisements have made embed the old local address too.
test_after_a_change_of_local_no_address_embeds_the_old_one() {
    start_isatap
    check ifup ifup isatap0
    ip address add 2001:db8:5::5efe:172.31.14.146/64 dev isatap0
    put isatap-local interface:eth1
    check 'situp up' situp up isatap0
    inet6_is i1 isatap0 2002:ca0c:1e01::5efe:ac1f:200a/64 fe80::5efe:ac1f:200a/64
}

test_from_6in4_to_isatap_and_back_the_device_is_made_anew() {
    local note='made anew: it is' before
    start_6in4
    check ifup ifup he-ipv6
    before=$(index)
    options=()
    put isatap-prefix 2002:ca0c:1e01::/64 isatap-routers 172.31.0.10 isatap-local interface:eth0
    edit isatap "# he-ipv6 is taken down and $note not an ISATAP device, which the kernel can't change in place
ip link delete dev he-ipv6
ip link add name he-ipv6 mtu 1480 type sit remote any local 172.31.14.146 ttl 64 tos 0 pmtudisc isatap mode ip6ip
ip link set dev he-ipv6 addrgenmode eui64
ip tunnel prl prl-default 172.31.0.10 dev he-ipv6
ip link set dev he-ipv6 up
ip address add 2002:ca0c:1e01::5efe:ac1f:e92/64 dev he-ipv6 nodad
ip -6 rule delete preference 32765 iif he-ipv6 to fe80::/10 unreachable
ip -6 rule delete preference 32765 iif he-ipv6 to 2001:470:1f04:1::/64 unreachable
ip -6 rule delete preference 32764 iif he-ipv6 to 2001:470:1f04:1::/64 lookup main suppress_prefixlength 64"
    holds 'another device' test "$(index)" != "$before"
    device_is '.linkinfo.info_data.isatap'
    inet6_is i1 he-ipv6 2002:ca0c:1e01::5efe:ac1f:e92/64 fe80::5efe:ac1f:e92/64
    routers_are i1 he-ipv6 '172.31.0.10 default'
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    start_6in4
    run situp plan he-ipv6
    stdout_has "# he-ipv6 is taken down and $note an ISATAP device"
    check 'back again' situp up he-ipv6
    inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e92/64
    pings i1 2001:db8:cafe::1
    check ifdown ifdown he-ipv6
    no_link he-ipv6
}

test_a_second_up_sends_no_change() {
    start_isatap
    put isatap-routers '172.31.0.10 10.9.0.1' isatap-routers-nodefault 10.9.0.2 gateway fe80::5efe:172.31.0.10
    check 'isatap up' situp up isatap0
    start_6in4
    put v4tunnel-lan 'eth0 2001:470:abcd:c70::1/64' v4tunnel-dev eth0 metric 512
    check '6in4 up' situp up he-ipv6
    snapshot
    check 'both again' strace -f -o /tmp/lab.strace -e trace=sendto,sendmsg,sendmmsg,write,ioctl situp up he-ipv6 isatap0
    is 'it says nothing' "$OUT$ERR" ''
    has_sent_no_change
    check plan situp plan he-ipv6 isatap0
    stdout_is ''
    same_as_snapshot
    # As a check of the check: with something to do, it shows.
    put v4tunnel-mtu 1400
    check 'something to do' strace -f -o /tmp/lab.strace -e trace=sendto,sendmsg,sendmmsg,write,ioctl situp up he-ipv6
    holds 'a change is seen' grep -q RTM_NEWLINK /tmp/lab.strace
}

test_what_ifup_brought_up_is_changed_by_situp_up_and_taken_down_by_ifdown() {
    local kind
    for kind in v4tunnel static; do
        start_6in4 $kind
        if [[ $kind == v4tunnel ]]; then
            put v4tunnel-endpoint '' endpoint 216.66.80.26 address 2001:470:1f04:1::2 netmask 64
        fi
        snapshot
        check "$kind: ifup" ifup he-ipv6
        run situp plan he-ipv6
        is "$kind: nothing to do for situp" "$STATUS $OUT" '0 '
        put v4tunnel-mtu 1400 v4tunnel-lan 'eth0 2001:470:abcd:c70::1/64'
        check "$kind: situp up" situp up he-ipv6
        device_is '.mtu == 1400'
        pings inet 2001:470:abcd:c70::1
        put address "${options[address]/::2/::22}"
        check "$kind: another address" situp up he-ipv6
        inet6_is i1 he-ipv6 2001:470:1f04:1::22/64 fe80::ac1f:e92/64
        pings i1 2001:db8:cafe::1
        refuse "$kind: situp down" 1 situp down he-ipv6
        situp_says 'ifdown he-ipv6'
        has_link he-ipv6
        check "$kind: ifdown" ifdown he-ipv6
        same_as_snapshot
    done
}

test_all() {
    snapshot
    stanza all <<'END'
auto he-ipv6 isatap0 broken stock
no-auto-down isatap0

iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    v4tunnel-endpoint 216.66.80.26

iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64

iface broken inet6 manual
    v4tunnel-endpoint 216.66.80.99
    v4tunnel-ttl 300

iface stock inet6 v4tunnel
    address 2001:db8:55::1
    netmask 64
    endpoint 192.0.2.55

iface not-auto inet6 manual
    v4tunnel-endpoint 216.66.80.98
END
    refuse 'plan --all' 3 situp plan --all
    situp_says v4tunnel-ttl
    stdout_has 'ip link add name he-ipv6'
    stdout_has 'ip link add name isatap0'
    no_link he-ipv6
    refuse 'up --all goes on past the broken one' 3 situp up --all
    situp_says v4tunnel-ttl
    stdout_is ''
    pings i1 2001:db8:cafe::1
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    no_link broken
    no_link stock
    no_link not-auto
    asked 2 '^PUT' # by plan and by up, for all tunnels at once
    refuse 'up --all again' 3 situp up --all
    check 'plan --down --all' situp plan --down --all
    stdout_is 'ip link delete dev he-ipv6
ip -6 rule delete preference 32765 iif he-ipv6 to fe80::/10 unreachable
ip -6 rule delete preference 32765 iif he-ipv6 to 2001:470:1f04:1::/64 unreachable
ip -6 rule delete preference 32764 iif he-ipv6 to 2001:470:1f04:1::/64 lookup main suppress_prefixlength 64'
    check 'plan --down' situp plan --down isatap0
    stdout_is $'ip link delete dev isatap0\nip rule delete preference 41 fwmark 0x736974 lookup 7563636\nip route delete default via 172.31.0.1 dev eth0 table 7563636'
    check 'down --all' situp down --all
    stdout_is ''
    no_link he-ipv6
    has_link isatap0
    check 'down by name' situp down isatap0
    same_as_snapshot
    check 'down of what is not up' situp down isatap0
    situp_says 'nothing to do'

    refuse 'down of what was never there' 3 situp down isatpa0
    situp_says 'isatpa0: nothing of this name is up, and no stanza of this name'
    refuse 'its plan' 3 situp plan --down isatpa0
    situp_says 'isatpa0: nothing of this name is up'
}

test_a_longer_lifetime() {
    start_6in4
    put preferred-lifetime 600
    check up situp up he-ipv6
    # The kernel would look at it in a moment of its own, and until then nobody could listen on it.
    kernel_has 'its address can be used at once' 'any(.[0].addr_info[]; .local == "2001:470:1f04:1::2" and .nodad and (.tentative | not))' \
        address show dev he-ipv6
    put preferred-lifetime 3600
    check 'a longer one' situp up he-ipv6
    kernel_has 'it is the new one' 'any(.[0].addr_info[]; .local == "2001:470:1f04:1::2" and .preferred_life_time > 3000)' \
        address show dev he-ipv6
    check plan situp plan he-ipv6
    stdout_is ''
    check down situp down he-ipv6
}

test_the_stanza_that_ifup_chose_is_the_one() {
    stanza home <<'END'
no-auto-down he-ipv6
iface home inet6 manual
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    v4tunnel-endpoint 216.66.80.26
END
    check 'ifup of another stanza' ifup he-ipv6=home
    holds 'its no-auto-down is noted' grep -qx 'no-auto-down yes' /run/situp/he-ipv6
    sed -i 's/endpoint.*/&\n    v4tunnel-mtu 1400/' /etc/network/interfaces.d/home
    tunnel=he-ipv6
    check 'situp up by the name alone' situp up he-ipv6
    device_is '.mtu == 1400'
    check ifdown ifdown he-ipv6
    no_link he-ipv6
    refuse 'then it has no stanza any more' 3 situp up he-ipv6
}

test_two_stanzas_of_one_interface() {
    stanza two <<'END'
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    v4tunnel-endpoint 216.66.80.26

iface he-ipv6 inet6 manual
    v4tunnel-endpoint 216.66.80.27
END
    refuse ifup 1 ifup he-ipv6
    situp_says 'interfaces.d/two:5: a second stanza of he-ipv6 has options of situp'
    no_link he-ipv6
    refuse 'situp up' 3 situp up he-ipv6
    situp_says 'a second stanza of he-ipv6'
    no_link he-ipv6
}
