# shellcheck shell=bash disable=SC2153  # run sets STATUS
# SPDX-License-Identifier: GPL-2.0-or-later
# Releases: bookworm-others trixie-others
# 43: beside the real NetworkManager and the real Docker, which only these images have: tests/lab/beside runs it.

nm_pid='' docker_pid=''

networkmanager_starts() {
    mkdir -p /run/dbus
    [[ -S /run/dbus/system_bus_socket ]] || dbus-daemon --system --fork --nopidfile
    [[ -S /run/udev/control ]] || /lib/systemd/systemd-udevd --daemon 2>/dev/null
    udevadm trigger --subsystem-match=net --action=add && udevadm settle
    NetworkManager --no-daemon >>/run/lab/nm.log 2>&1 &
    nm_pid=$!
    soon 'NetworkManager runs' 60 nm_is running
    soon 'it knows eth0' 60 nm_has_eth0
}
nm_is() { [[ $(nmcli -g RUNNING general) == "$1" ]]; }
nm_has_eth0() { [[ $(nmcli -g GENERAL.STATE device show eth0) == '100 (connected'* ]]; }
networkmanager_ends() {
    kill "$nm_pid"
    wait "$nm_pid"
}
# eth0 is NetworkManager's, eth1 and the tunnels are not.
networkmanager_is_set_up() {
    printf '[main]\nplugins=keyfile\nno-auto-default=*\n[keyfile]\nunmanaged-devices=interface-name:eth1\n' \
        >/etc/NetworkManager/NetworkManager.conf
    printf '%s\n' '[connection]' id=eth0 uuid=5b3a3f5e-8e5e-4f0c-9d4e-2f2f2f2f2f2f type=ethernet interface-name=eth0 '[ipv4]' \
        method=manual address1=172.31.14.146/20,172.31.0.1 '[ipv6]' method=link-local \
        >/etc/NetworkManager/system-connections/eth0.nmconnection
    chmod 600 /etc/NetworkManager/system-connections/eth0.nmconnection
    rm -rf /run/NetworkManager
}
networkmanager_is_away() {
    networkmanager_ends
    udevadm control --exit
    ip -4 -force -batch - >/dev/null 2>&1 <<'END'
route flush dev eth0
address flush dev eth0
address replace 172.31.14.146/20 brd + dev eth0
route replace default via 172.31.0.1 dev eth0
END
}

tunnels() {
    two_kinds
    check 'the tunnels come up' situp up he-ipv6 isatap0
}
all_is_right() { [[ ! $(situp plan he-ipv6 isatap0 2>/dev/null) ]]; }
is_right() { # is_right WHAT
    soon "$1: all is as it was made" 90 all_is_right
    both_kinds_ping
}

test_networkmanager_does_what_it_does() {
    networkmanager_is_set_up
    /lib/systemd/systemd-udevd --daemon 2>/dev/null
    tunnels
    daemon
    networkmanager_starts
    is_right 'NetworkManager has started'
    for tunnel in he-ipv6 isatap0; do
        is "it does not manage $tunnel" "$(nmcli -g GENERAL.STATE device show $tunnel)" '10 (unmanaged)'
    done
    check 'connection up' nmcli connection up eth0
    is_right 'NetworkManager has activated eth0'
    check reapply nmcli device reapply eth0
    is_right 'NetworkManager has reapplied eth0'
    check reload nmcli connection reload
    is_right 'NetworkManager has reloaded'
    networkmanager_ends
    networkmanager_starts
    is_right 'NetworkManager has restarted'
    check 'networking off' nmcli networking off
    has_link he-ipv6
    inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e92/64
    check 'networking on' nmcli networking on
    soon 'eth0 is back' 60 nm_has_eth0
    is_right 'networking is on again'
    check down situp down he-ipv6 isatap0
    check 'a tunnel that comes up while it runs' situp up isatap0
    soon 'is not managed either' 20 is_marked isatap0
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    check down situp down isatap0
    networkmanager_is_away
}

# --- Docker

# Its program for the command line is in a package of its own on some releases.
docker_api() { curl -fsS --unix-socket /run/docker.sock "${@:2}" "http://docker/$1"; } # docker_api PATH [OPTION…]
docker_starts() { # docker_starts [JSON]: docker0, and more settings
    [[ -e /sys/fs/cgroup/cgroup.procs ]] || mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mkdir -p /etc/docker
    printf '{"data-root": "/run/lab/docker", "storage-driver": "vfs"%s}' "${1-}" >/etc/docker/daemon.json
    dockerd >>/run/lab/docker.log 2>&1 &
    docker_pid=$!
    soon 'Docker runs' 120 docker_api version
}
docker_ends() {
    kill "$docker_pid"
    wait "$docker_pid"
}
has_lan() { [[ $(ip -6 address show dev "$1") == *2001:470:abcd:c70::1/64* ]]; } # has_lan DEVICE

test_docker_does_what_it_does() {
    he_ipv6_with 'v4tunnel-local 172.31.14.146' 'v4tunnel-lan docker0 2001:470:abcd:c70::1/64' 'v4tunnel-firewall off'
    check 'the tunnel comes up before Docker' situp up he-ipv6
    daemon
    docker_starts
    soon 'Docker has started' 60 has_lan docker0
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:abcd:c70::1
    docker_ends
    # 20.10 removes the address twice, 26 leaves it.
    docker_starts
    soon 'Docker has restarted' 60 has_lan docker0
    pings inet 2001:470:abcd:c70::1
    docker_ends
    docker_starts ', "experimental": true, "ipv6": true, "ip6tables": true, "fixed-cidr-v6": "2001:470:abcd:c70::/64"'
    soon 'Docker has restarted with IPv6' 60 has_lan docker0
    # The first address of fixed-cidr-v6 is docker0's, and then Docker's own.
    pings inet 2001:470:abcd:c70::1
    run situp doctor he-ipv6
    stdout_has 'ip6 filter FORWARD (forward, drops what no rule accepts)'
    check 'status' situp status he-ipv6
    check down situp down he-ipv6
    ip6tables -S | sed 's/^/# /'

    # A network of one's own, which Docker deletes and makes anew.
    sed -i 's/docker0/br-lan/' /etc/network/interfaces.d/he-ipv6
    check 'the tunnel comes up before the network' situp up he-ipv6
    for _ in first second; do
        check 'network create' docker_api networks/create -H 'Content-Type: application/json' \
            -d '{"Name": "lan", "Options": {"com.docker.network.bridge.name": "br-lan"}}'
        soon 'the network is there' 60 has_lan br-lan
        check 'network rm' docker_api networks/lan -X DELETE
    done
    check down situp down he-ipv6
    docker_ends
    nft flush ruleset
    echo 0 >/proc/sys/net/ipv6/conf/all/forwarding
    echo 0 >/proc/sys/net/ipv4/ip_forward
}
