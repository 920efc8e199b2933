# shellcheck shell=bash disable=SC2153  # run sets STATUS
# SPDX-License-Identifier: GPL-2.0-or-later
# 41: beside systemd-networkd. When it configures an interface, it removes that interface's addresses and routes that it has
# not made itself; from 249 on, also all such rules, and routes without an interface.

read -r _ networkd_version _ < <(networkctl --version)
networkd_pid='' networkd_log=/run/lab/networkd.log

networkd_starts() { # networkd_starts [LINE…]: with a .network file for eth0, and more lines in its [Network]
    read -r eth0_index </sys/class/net/eth0/ifindex
    mkdir -p /run/dbus /run/systemd/network
    # networkd makes it for its own user, which can't write what another scenario has made.
    rm -rf /run/systemd/netif
    [[ -s /etc/machine-id ]] || tr -d - </proc/sys/kernel/random/uuid >/etc/machine-id
    [[ -S /run/dbus/system_bus_socket ]] || dbus-daemon --system --fork --nopidfile
    network_file "$@"
    # Where /sys is read-only, it waits for no udev.
    unshare --mount sh -c '[ -e /run/udev/control ] || mount -o remount,ro,bind /sys; exec /lib/systemd/systemd-networkd' \
        >>"$networkd_log" 2>&1 &
    networkd_pid=$!
    soon 'networkd has configured eth0' 60 networkd_is 'configured'
    # It may have ended.
    networkd_is 'configured' || tail -n 20 "$networkd_log" | sed 's/^/# networkd: /'
}
network_file() { # network_file [LINE…]
    printf '%s\n' '[Match]' Name=eth0 '[Network]' Address=172.31.14.146/20 Gateway=172.31.0.1 IPv6AcceptRA=no "$@" \
        >/run/systemd/network/10-eth0.network
}
networkd_is() { # networkd_is STATE: of eth0
    local line
    while IFS= read -r line; do [[ $line != ADMIN_STATE="$1" ]] || return 0; done <"/run/systemd/netif/links/$eth0_index"
    return 1
}
networkd_ends() {
    kill "$networkd_pid"
    wait "$networkd_pid" 2>/dev/null
    networkd_pid=
}
# It stays configured; the networks of the lab are as they were.
networkd_is_away() {
    networkd_ends
    rm -rf /run/systemd/network/* /etc/systemd/networkd.conf.d
    ip -4 -force -batch - >/dev/null 2>&1 <<'END'
route del default proto static
address replace 172.31.14.146/20 brd + dev eth0
route replace default via 172.31.0.1 dev eth0
rule del from 172.31.32.10 lookup 101
rule add from 172.31.32.10 lookup 101 preference 32765
END
}

tunnels() {
    two_kinds
    stanza he-2 <<'END'
iface he-2 inet6 manual
    address 2001:470:1f04:2::2/64
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local 172.31.32.10
    v4tunnel-route default from 2001:470:1f04:2::/64 table 77
    v4tunnel-firewall off
END
    check 'the tunnels come up' situp up he-ipv6 he-2 isatap0
    is 'all of them want situpd' "$(cd /run/situp/.upkeep && echo *)" 'he-2 he-ipv6 isatap0'
}
all_is_right() { [[ ! $(situp plan he-ipv6 he-2 isatap0 2>/dev/null) ]]; }
comes_back() { # comes_back WHAT: situpd puts back what WHAT has removed
    # While changes go on, situpd inspects a tunnel every 30 s.
    soon "$1: all is as it was made" 90 all_is_right
    both_kinds_ping
}
put_right() { daemon_says "$1: put right: .*$2" 90; } # put_right IFACE TEXT
since_249() { [[ ${networkd_version%%.*} -lt 249 ]] || "$@"; }
# shellcheck disable=SC2154  # lib.sh sets it
forget_the_log() { : >"$daemon_log"; }

test_situpd_puts_back_what_networkd_removes() {
    tunnels
    daemon
    networkd_starts
    comes_back 'networkd has started'
    networkd_ends
    networkd_starts
    comes_back 'networkd has restarted'
    check reconfigure networkctl reconfigure eth0
    put_right he-ipv6 'ip address add 2001:470:abcd:c70::1/64 dev eth0'
    since_249 put_right he-ipv6 'ip -6 route add unreachable 2001:470:9000::/48'
    since_249 put_right he-ipv6 'ip -6 rule add preference 32764 iif he-ipv6'
    since_249 put_right he-2 'ip -6 rule add preference 32764 iif he-2'
    since_249 put_right isatap0 'ip rule add preference 41 fwmark'
    comes_back 'networkd has configured eth0 anew'
    forget_the_log
    network_file DNS=172.31.0.2
    check reload networkctl reload
    since_249 put_right he-ipv6 'ip -6 rule add preference 32764 iif he-ipv6'
    comes_back 'networkd has taken on another .network file'
    check down situp down he-ipv6 he-2 isatap0
    is 'no IPv6 rule is left' "$(ip -6 rule show | grep -c 'iif he')" 0
    is 'no IPv4 rule is left' "$(ip rule show | grep -c fwmark)" 0
    is 'no route is left' "$(ip -6 route show table all | grep -cE '2001:470|unreachable')" 0
    is 'no address is left' "$(ip -6 address show | grep -c 2001:470)" 0
    networkd_is_away
}

# networkd.conf(5), ManageForeignRoutingPolicyRules and ManageForeignRoutes, KeepConfiguration: the manual tells of these.
test_networkd_that_is_told_so_removes_nothing() {
    local rules
    mkdir -p /etc/systemd/networkd.conf.d
    printf '%s\n' '[Network]' ManageForeignRoutingPolicyRules=no ManageForeignRoutes=no >/etc/systemd/networkd.conf.d/situp.conf
    tunnels
    rules=$(ip -6 rule show && ip -4 rule show)
    networkd_starts KeepConfiguration=static
    check reconfigure networkctl reconfigure eth0
    soon 'networkd has configured eth0 anew' 20 networkd_is configured
    is 'the rules are as they were' "$(ip -6 rule show && ip -4 rule show)" "$rules"
    # networkd removes the IPv4 address, which it has made itself, and with it goes the route of ISATAP's next hop.
    run situp plan he-ipv6 he-2
    stdout_is ''
    check down situp down he-ipv6 he-2 isatap0
    networkd_is_away
}

manage_he() { # as a .network file that matches each interface does
    mkdir -p /run/systemd/network
    printf '%s\n' '[Match]' 'Name=he-*' '[Network]' IPv6AcceptRA=no >/run/systemd/network/20-others.network
}

test_networkd_takes_the_tunnel_for_its_own() {
    tunnels
    daemon
    manage_he
    networkd_starts
    comes_back 'networkd has started'
    check reconfigure networkctl reconfigure he-ipv6 he-2
    put_right he-ipv6 'ip address add 2001:470:1f04:1::2/64 dev he-ipv6'
    put_right he-ipv6 'ip -6 route add default via 2001:470:1f04:1::1'
    put_right he-2 'ip -6 route add default from 2001:470:1f04:2::/64 .*table 77'
    comes_back 'networkd has configured the tunnels'
    # The file that the manual gives.
    printf '%s\n' '[Match]' 'Name=he-ipv6 he-2' '[Link]' Unmanaged=yes >/run/systemd/network/05-situp.network
    check reload networkctl reload
    networkctl reconfigure he-ipv6 he-2 2>/dev/null # which may be an error then
    holds 'networkd leaves the tunnel alone' grep -Eq 'State: .*unmanaged' <<<"$(networkctl --no-pager status he-ipv6)"
    comes_back 'networkd does not manage the tunnels'
    check down situp down he-ipv6 he-2 isatap0
    networkd_is_away
}

test_without_situpd_status_and_doctor_tell_what_is_missing() {
    tunnels
    touch -d '1 minute ago' /run/situp/he-ipv6
    networkd_starts
    check reconfigure networkctl reconfigure eth0
    wait_until 10 no_lan || not_ok 'the LAN address is gone' "$(ip -6 address show dev eth0)"
    refuse status 1 situp status he-ipv6
    stdout_has 'he-ipv6: drifted'
    stdout_has 'situpd does not run, so nobody looks after it: '
    stdout_has 'to put right  ip address add 2001:470:abcd:c70::1/64 dev eth0'
    since_249 stdout_has 'to put right  ip -6 rule add preference 32764 iif he-ipv6'
    refuse doctor 1 situp doctor he-ipv6
    stdout_has 'ip address add 2001:470:abcd:c70::1/64 dev eth0'
    stdout_has 'situp up he-ipv6 puts it right'
    check 'situp up' situp up he-ipv6 he-2 isatap0
    holds 'all is as it was made' all_is_right
    check down situp down he-ipv6 he-2 isatap0
    networkd_is_away
}
no_lan() { [[ $(ip -6 address show dev eth0) != *2001:470:abcd:c70::1* ]]; }

# The packages' udev rule. networkd heeds it from 256 on.
test_udev_says_that_the_tunnels_are_situps() {
    /lib/systemd/systemd-udevd --daemon 2>/dev/null
    udevadm trigger --subsystem-match=net --action=add
    tunnels
    for tunnel in he-ipv6 he-2 isatap0; do
        soon "$tunnel is marked" 10 is_marked $tunnel
    done
    holds 'eth0 is not' not is_marked eth0
    if [[ ${networkd_version%%.*} -ge 256 ]]; then
        manage_he
        networkd_starts
        run networkctl reconfigure he-ipv6 he-2
        is 'networkd does not manage it' "$(networkctl --json=short status he-ipv6 | jq -r .AdministrativeState)" unmanaged
        networkd_is_away
        inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e92/64
        holds 'the route is there' grep -q 'via 2001:470:1f04:1::1 dev he-ipv6' <<<"$(ip -6 route show default)"
    fi
    check down situp down he-ipv6 he-2 isatap0
    udevadm control --exit
}
