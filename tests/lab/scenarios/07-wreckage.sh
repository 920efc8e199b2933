# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What crashes, other people and a bare machine leave in the way. Each failure leaves all as it was and says one clear line;
# where it was situp's own doing, the next `ifup` simply works.

tunnel_stanza() { # tunnel_stanza stock|static|manual|isatap [LINE]…: of t0, with lines added
    local kind=$1 method=$1 lines
    shift
    case $kind in
    stock)
        method=v4tunnel
        lines=$'address 2001:470:1f04:1::2\nnetmask 64\nendpoint 216.66.80.26\nv4tunnel-lan eth0 2001:470:abcd:c70::1/64'
        ;;
    isatap) method=manual lines=$'isatap-prefix 2002:ca0c:1e01::/64\nisatap-routers 172.31.0.10' ;;
    *)
        lines=$'address 2001:470:1f04:1::2/64\nv4tunnel-endpoint 216.66.80.26\nv4tunnel-lan eth0 2001:470:abcd:c70::1/64'
        ;;
    esac
    if [[ $kind == isatap ]]; then lines+=$'\nisatap-local interface:eth0\ngateway fe80::5efe:172.31.0.10'
    else lines+=$'\nv4tunnel-local interface:eth0\ngateway 2001:470:1f04:1::1'; fi
    printf 'iface t0 inet6 %s\n%s\n' "$method" "$lines" | cat - <(printf '%s\n' "$@") | stanza t0
}
works() { # works KIND: packets flow, as the stanza says
    pings i1 2001:db8:cafe::1
    [[ $1 == isatap ]] || pings inet 2001:470:abcd:c70::1
}
is_refused() { # is_refused WHAT STATUS TEXT COMMAND…: one line, and all as in the snapshot
    local what=$1 status=$2 text=$3
    shift 3
    refuse "$what" "$status" "$@"
    situp_says "$text"
    same_as_snapshot
}

# ifupdown runs nothing of situp's after that; a process that situp's first hook has left behind does it.
no_link_soon() { holds 'no device is left' wait_until 10 not link_exists t0; }

test_a_failing_up_line_leaves_nothing_in_the_way() {
    local kind
    for kind in stock static isatap; do
        tunnel_stanza $kind 'up false'
        snapshot
        refuse "$kind: ifup" 1 ifup t0
        no_link_soon
        tunnel_stanza $kind
        check "$kind: the next ifup" ifup t0
        works $kind
        check "$kind: ifdown" ifdown t0
        is "$kind: and it was quiet" "$ERR" ''
        same_as_snapshot
    done
}

test_ifup_killed_after_its_method_leaves_nothing_in_the_way() {
    local kind
    for kind in stock manual; do
        # shellcheck disable=SC2016  # ifup's shell expands it
        tunnel_stanza $kind 'up kill -KILL $PPID'
        snapshot
        refuse "$kind: ifup" any sh -c 'ifup t0; exit'
        no_link_soon
        tunnel_stanza $kind
        check "$kind: ifup --force" ifup --force t0
        works $kind
        check "$kind: ifdown" ifdown t0
        same_as_snapshot
    done
    # shellcheck disable=SC2016
    tunnel_stanza stock 'up kill -KILL $PPID'
    refuse 'killed again' any sh -c 'ifup t0; exit'
    check 'ifdown instead' ifdown t0
    same_as_snapshot
}

test_a_foreign_device_of_the_same_name_is_never_touched() {
    local kind
    ip -batch - <<'END'
link add name t0 type sit local 172.31.14.146 remote 192.0.2.7 ttl 9
link set dev t0 up
address add 2001:db8:7::1/64 dev t0
END
    snapshot
    for kind in stock manual isatap; do
        tunnel_stanza $kind
        is_refused "$kind: ifup" 1 "t0: a device of this name is there and is not situp's (a sit device, 172.31.14.146 to 192.0.2.7)" \
            ifup t0
    done
    is_refused 'situp up' 1 'ip link delete t0' situp up t0
    is_refused 'situp down' 1 "not situp's" situp down t0
    is_refused 'situp plan' 1 "not situp's" situp plan t0
    ip link del dev t0
    ip link add name t0 type veth peer name t1
    snapshot
    is_refused 'another kind of device' 1 '(another kind of device)' ifup t0
    tunnel_stanza stock
    is_refused 'the same under the stock method' 1 '(another kind of device)' ifup t0
}

test_the_same_ends_under_another_name() {
    local kind
    ip link add name mine type sit local 172.31.14.146 remote 216.66.80.26
    snapshot
    for kind in stock static; do
        tunnel_stanza $kind
        is_refused "$kind: ifup" 1 \
            "mine: this device already has the tunnel's ends (172.31.14.146 to 216.66.80.26)" ifup t0
        stderr_has 'ifdown mine or ip link delete mine'
    done
    ip link del dev mine
    # what ifup's own `ip tunnel add` would stumble over
    ip link add name mine type sit remote 216.66.80.26
    snapshot
    tunnel_stanza stock
    is_refused 'stock: local any' 1 "mine: this device already has the tunnel's ends (0.0.0.0 to 216.66.80.26)" ifup t0
    ip link del dev mine
    ip link add name mine type sit isatap local 172.31.14.146
    snapshot
    tunnel_stanza isatap
    is_refused 'isatap: ifup' 1 "mine: this device already has the tunnel's ends (local 172.31.14.146, any remote)" ifup t0
    ip link del dev mine
    check 'once it is gone' ifup t0
    works isatap
    sed -e s/t0/t1/ /etc/network/interfaces.d/t0 | stanza t1
    snapshot
    is_refused 'a second one of ours' 1 't0: this device already has' ifup t1
}

test_sit0() {
    snapshot
    tunnel_stanza stock
    sed -e s/t0/sit0/ /etc/network/interfaces.d/t0 | stanza sit0
    is_refused 'its name: stock' 1 "the kernel's own fallback device has this name" ifup sit0
    tunnel_stanza manual
    sed -e s/t0/sit0/ /etc/network/interfaces.d/t0 | stanza sit0
    is_refused 'its name: manual' 1 'give the tunnel another name' ifup sit0
    sed -e s/t0/sit0/ -e 's/216.66.80.26/0.0.0.0/' /etc/network/interfaces.d/t0 | stanza sit0
    is_refused 'its ends' 1 "0.0.0.0 can't be the other end" ifup sit0
    rm /etc/network/interfaces.d/sit0
    ip link set dev sit0 up
    check 'beside it, when it is up' ifup t0
    works manual
    ip link set dev sit0 down
}

test_the_module_is_missing() {
    local kind
    sit_away
    snapshot
    for kind in manual stock; do
        tunnel_stanza $kind
        is_refused "$kind: ifup" 1 'this kernel has no sit tunnels: load or install its module sit' ifup t0
    done
    sit_back
    check 'once it is there' ifup t0
    works stock
}

test_not_root() {
    local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
    tunnel_stanza manual 'v4tunnel-tos 16'
    sed -i 's/interface:eth0/ec2/' /etc/network/interfaces.d/t0
    check 'up, once' situp up t0
    tunnel_stanza manual
    sed -i 's/interface:eth0/ec2/' /etc/network/interfaces.d/t0
    snapshot
    is_refused up 5 'permission denied: run it as root' "${nobody[@]}" situp up t0
    is_refused down 5 'permission denied: run it as root' "${nobody[@]}" situp down t0
    check plan "${nobody[@]}" situp plan t0
    stdout_is 'ip link set dev t0 mtu 1480 type sit remote 216.66.80.26 local 172.31.14.146 ttl 255 tos 0 pmtudisc'
    check 'plan --down' "${nobody[@]}" situp plan --down t0
    stdout_is 'ip address delete 2001:470:abcd:c70::1/64 dev eth0
ip link delete dev t0
ip -6 rule delete preference 32765 iif t0 to fe80::/10 unreachable
ip -6 rule delete preference 32765 iif t0 to 2001:470:1f04:1::/64 unreachable
ip -6 rule delete preference 32764 iif t0 to 2001:470:1f04:1::/64 lookup main suppress_prefixlength 64'
    check address "${nobody[@]}" situp address ec2
    stdout_is 172.31.14.146
    same_as_snapshot
    check 'down, by root' situp down t0
    rm -rf /run/situp
    snapshot
    is_refused 'without /run/situp' 5 'permission denied: run it as root' "${nobody[@]}" situp up t0
}

test_options_deleted_before_ifdown_orphan_nothing() {
    local kind
    for kind in stock static manual; do
        tunnel_stanza $kind
        snapshot
        check "$kind: ifup" ifup t0
        sed -i /v4tunnel-/d /etc/network/interfaces.d/t0
        check "$kind: ifdown" ifdown t0
        same_as_snapshot
    done
    tunnel_stanza manual
    check 'ifup again' ifup t0
    # another endpoint, that the device does not have
    sed -i s/216.66.80.26/192.0.2.1/ /etc/network/interfaces.d/t0
    check 'ifdown of a stanza that tells of another tunnel' ifdown t0
    same_as_snapshot
}

test_lost_records_lose_no_tunnel() {
    local kind
    for kind in stock manual; do
        tunnel_stanza $kind
        snapshot
        check "$kind: ifup" ifup t0
        rm -rf /run/situp
        check "$kind: plan" situp plan t0
        stdout_is '# up writes a record, which is missing'
        check "$kind: ifdown" ifdown t0
        is "$kind: it was quiet" "$ERR" ''
        same_as_snapshot
        check "$kind: ifup again" ifup t0
        rm -rf /run/situp
        check "$kind: situp up" situp up t0
        works $kind
        holds "$kind: it has its record again" test -s /run/situp/t0
        check "$kind: ifdown again" ifdown t0
        same_as_snapshot
        check "$kind: ifup for the last time" ifup t0
        rm -rf /run/situp
        check "$kind: ifup --force" ifup --force t0
        works $kind
        check "$kind: last ifdown" ifdown t0
        same_as_snapshot
    done
}

test_interfaces_that_are_not_there() {
    local kind
    snapshot
    for kind in stock static; do
        tunnel_stanza $kind 'v4tunnel-dev eth9'
        is_refused "$kind: dev" 1 "eth9: no interface has this name, and the tunnel's packets are to leave there" ifup t0
    done
    ip link add name lan0 type veth peer name lan1
    tunnel_stanza manual 'v4tunnel-lan lan0 2001:470:abcd:c70:9::1/80'
    check 'one that is there' ifup t0
    ip link del dev lan0
    check 'but goes before ifdown' ifdown t0
    is 'which does not mind' "$ERR" ''
    same_as_snapshot
}

test_a_device_that_somebody_deleted() {
    local kind
    snapshot
    for kind in stock manual; do
        tunnel_stanza $kind
        check "$kind: ifup" ifup t0
        ip link del dev t0
        run ifdown t0 # the stock method's `ip tunnel del` has nothing to delete
        same_as_snapshot
        check "$kind: ifup again" ifup t0
        works $kind
        ip link del dev t0
        check "$kind: situp up" situp up t0
        works $kind
        check "$kind: ifdown" ifdown t0
        same_as_snapshot
    done
}

test_a_step_that_the_kernel_refuses_is_undone() {
    local kind
    echo 1 >/proc/sys/net/ipv6/conf/eth1/disable_ipv6
    snapshot
    for kind in stock manual; do
        tunnel_stanza $kind 'v4tunnel-lan eth1 2001:470:abcd:c70:9::1/80'
        is_refused "$kind: no IPv6 on the LAN" 1 'IPv6 is disabled on this interface: sysctl net.ipv6.conf.eth1.disable_ipv6=0' \
            ifup t0
    done
    echo 0 >/proc/sys/net/ipv6/conf/eth1/disable_ipv6
    ip -6 route add default via fe80::1 dev eth0 metric 1024
    tunnel_stanza manual
    snapshot
    is_refused 'a default route of that metric' 1 'another default route has this metric' ifup t0
    tunnel_stanza manual 'metric 512'
    check 'another metric' ifup t0
    works manual
    tunnel_stanza manual 'v4tunnel-ttl 7'
    snapshot
    is_refused 'a change of what is up' 1 'another default route has this metric' situp up t0
    works manual
    ip -6 route del default via fe80::1 dev eth0 metric 1024
}

test_a_run_that_can_not_be_written() {
    local kind
    mkdir -p /run/situp
    snapshot
    mount --bind /run/situp /run/situp
    mount -o remount,bind,ro /run/situp
    for kind in stock manual; do
        tunnel_stanza $kind
        is_refused "$kind: ifup" 1 '/run/situp/.lock: read-only file system' ifup t0
    done
    check 'plan needs nothing there' situp plan t0
    umount /run/situp
    check 'once it can be' ifup t0
    works manual
}
