# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Between situp's two hooks ifup and the user's own lines run: what is certain to fail there is refused before it.

tunnel() { # tunnel METHOD [LINE]…: the stanza of t0
    {
        printf 'iface t0 inet6 %s\n    address 2001:470:1f04:1::2/64\n    gateway 2001:470:1f04:1::1\n' "$1"
        printf '    v4tunnel-local interface:eth0\n'
        [[ $1 == v4tunnel ]] && printf '    endpoint 216.66.80.26\n' || printf '    v4tunnel-endpoint 216.66.80.26\n'
        (($# == 1)) || printf '    %s\n' "${@:2}"
    } | stanza t0
}
is_refused() { # is_refused WHAT TEXT COMMAND…: one line, and all as in the snapshot
    refuse "$1" 1 "${@:3}"
    situp_says "$2"
    same_as_snapshot
}
with_default() { # with_default WORD…: `ip -6 route add default WORD…`, and the snapshot with it
    ip -6 route add default "$@"
    snapshot
}

test_a_default_route_of_this_metric_is_never_replaced() {
    local method
    with_default via fe80::1 dev eth0 metric 1024 proto ra
    for method in v4tunnel static manual; do
        tunnel $method
        is_refused "$method: ifup" '(default via fe80::1 dev eth0 proto ra metric 1024)' ifup t0
        stderr_has 'write metric 2048 in the stanza, or v4tunnel-route default in place of gateway'
        is_refused "$method: plan" 'another default route has this metric' situp plan t0
        is_refused "$method: situp up" 'another default route has this metric' situp up t0
    done
    refuse 'doctor' 1 situp doctor t0
    stdout_has 'another default route has this metric already'
    for method in v4tunnel static manual; do
        tunnel $method 'metric 2048'
        check "$method: another metric" ifup t0
        pings i1 2001:470:1f04:1::1
        check "$method: ifdown" ifdown t0
        same_as_snapshot
    done
    ip -6 route delete default dev eth0

    with_default via fe80::1 dev eth0 metric 2048
    tunnel static 'metric 2048'
    is_refused 'by hand, of the metric of the stanza' '(default via fe80::1 dev eth0 metric 2048)' ifup t0
    ip -6 route delete default dev eth0
    with_default nexthop via fe80::1 dev eth0 nexthop via fe80::2 dev eth1
    tunnel static
    is_refused 'by two routers' '(default dev eth0 metric 1024)' ifup t0
    ip -6 route delete default
    ip -6 route add unreachable default metric 1024
    snapshot
    tunnel v4tunnel
    is_refused 'one that carries nothing' '(unreachable default metric 1024)' ifup t0
    ip -6 route delete unreachable default metric 1024
}

test_a_second_tunnel_of_the_same_metric() {
    tunnel v4tunnel
    check 'the first' ifup t0
    sed -e 's/t0/t1/' -e 's/216.66.80.26/198.51.100.9/' -e 's/1f04:1:/1f04:7:/' /etc/network/interfaces.d/t0 | stanza t1
    snapshot
    is_refused 'the second' '(default via 2001:470:1f04:1::1 dev t0 metric 1024)' ifup t1
    check 'the first once more' ifup --force t0
    pings i1 2001:db8:cafe::1
    check ifdown ifdown t0
}

test_ipv6_is_disabled() {
    local method conf=/proc/sys/net/ipv6/conf
    echo 1 >$conf/default/disable_ipv6
    snapshot
    for method in v4tunnel static manual; do
        tunnel $method
        is_refused "$method: ifup" 'sysctl net.ipv6.conf.default.disable_ipv6=0' ifup t0
    done
    is_refused plan 'sysctl net.ipv6.conf.default.disable_ipv6=0' situp plan t0
    echo 0 >$conf/default/disable_ipv6
    check 'once it is not' ifup t0
    echo 1 >$conf/t0/disable_ipv6
    refuse 'status of a tunnel that is there' 1 situp status t0
    stdout_has 'sysctl net.ipv6.conf.t0.disable_ipv6=0'
    echo 0 >$conf/t0/disable_ipv6
    check 'situp up' situp up t0
    pings i1 2001:470:1f04:1::1
    check ifdown ifdown t0
}

gone() { # gone WHAT: the device is away soon after ifup
    if wait_until 10 not link_exists t0; then ok "$1: no device is left"; else not_ok "$1: no device is left" "$(ip -o -d link show t0)"; fi
}

# ifup runs no hook of situp's after these.
test_what_fails_after_the_first_hook_leaves_no_device() {
    local method line
    for method in v4tunnel static manual; do
        for line in 'up false' 'up route -A inet6 add default dev t0' 'up /etc/network/missing' \
            "up sh -c 'ip -6 route add default via 2001:470:1f04:1::1 dev t0'"; do
            tunnel $method 'v4tunnel-lan eth0 2001:470:abcd:c70::1/64' "$line"
            snapshot
            refuse "$method, ${line##*/}: ifup" 1 ifup t0
            gone "$method, $line"
            rm /run/situp/t0
            same_as_snapshot
        done
        refuse "$method: ifup" 1 ifup t0
        refuse "$method: status, at once" 1 situp status t0
        stdout_has 'ifup -v t0'
        gone "$method"
        refuse "$method: doctor" 1 situp doctor t0
        stdout_has "hook failed: ifup -v t0 shows which"
        stdout_lacks MTU
        tunnel $method
        check "$method: the next ifup" ifup t0
        situp_says 'the last ifup failed'
        pings i1 2001:470:1f04:1::1
        check "$method: plan" situp plan t0
        stdout_is ''
        check "$method: ifdown" ifdown t0
        tunnel $method 'up false'
        refuse "$method: ifup fails again" 1 ifup t0
        check "$method: situp down, at once" situp down t0
        no_link t0
        tunnel $method
        snapshot
        check "$method: ifup, and quietly" ifup t0
        stderr_lacks situp
        check "$method: ifdown" ifdown t0
        same_as_snapshot
    done
}

test_another_hook_that_fails() {
    # shellcheck disable=SC2016  # the hook's own variable
    printf '#!/bin/sh\n[ "$IFACE" != t0 ]\n' >/etc/network/if-up.d/zz-other
    chmod +x /etc/network/if-up.d/zz-other
    tunnel v4tunnel
    refuse ifup 1 ifup t0
    gone 'a hook behind situp'\''s'
    refuse status 1 situp status t0
    stdout_has 'ifup -v t0'
    rm /etc/network/if-up.d/zz-other
    check 'situp up' situp up t0
    pings i1 2001:470:1f04:1::1
    check 'situp down' situp down t0
}

# A terminated ifup says that it was successful.
test_ifup_is_killed() {
    local kind method signal
    for kind in v4tunnel:KILL manual:KILL v4tunnel:TERM; do
        method=${kind%:*} signal=${kind#*:}
        tunnel "$method" "up kill -$signal \$PPID"
        snapshot
        run sh -c 'ifup t0; exit'
        gone "$kind"
        refuse "$kind: status" 1 situp status t0
        stdout_has 'ifdown t0, then ifup -v t0'
        tunnel "$method"
        check "$kind: ifdown" ifdown t0
        same_as_snapshot
    done
}

# One ifup for several interfaces, and the process that waits does not hold it up.
test_each_interface_of_ifup_a_is_its_own() {
    tunnel manual 'up false'
    sed -e 's/t0/t1/' -e 's/216.66.80.26/198.51.100.9/' -e 's/1f04:1:/1f04:7:/' -e '/up false/d' -e 's/^    gateway.*/&\n    metric 4096/' \
        /etc/network/interfaces.d/t0 | stanza t1
    refuse ifup 1 ifup t0 t1
    gone 'the first'
    has_link t1
    # shellcheck disable=SC2317,SC2329  # wait_until calls it
    no_watch() { ! grep -aq '^/usr/bin/situp.hook' /proc/[0-9]*/cmdline 2>/dev/null; }
    holds 'nothing of situp stays behind' wait_until 10 no_watch
    has_link t1
    check ifdown ifdown t1
    check 'situp down' situp down t0
}

test_up_lines_that_contradict_the_stanza() {
    local method line
    for method in v4tunnel manual; do
        # shellcheck disable=SC2016  # ifup's shell expands it
        for line in 'up ip link set dev $IFACE mtu 1280' 'up ip tunnel change $IFACE ttl 64' \
            'up ip -6 route add default via 2001:470:1f04:1::1 dev $IFACE'; do
            tunnel $method "$line"
            snapshot
            refuse "$method, $line: check" 3 situp check
            stderr_has 't0:6: up: '
            is_refused "$method, $line: ifup" 't0:6: up: ' ifup t0
        done
    done
    # What a line does by another program shows only afterwards.
    tunnel v4tunnel "up sh -c 'ip link set dev t0 mtu 1300'"
    snapshot
    is_refused 'by another program' 'has set mtu 1300 on the tunnel, and the stanza stands for 1480: write v4tunnel-mtu 1300' ifup t0
    no_link t0
}
