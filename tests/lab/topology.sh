#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Lays out the lab's network inside the guest; README.md has the map. Process 1 runs it once. Processes are dear under
# emulation, so links, addresses and routes go through one `ip -batch` a namespace.
set -euo pipefail

# The far ends' tunnels: `topology.sh tunnels` makes them alone, after somebody had the module out.
tunnels() {
    # the broker's: one for each Elastic IP
    ip -n he -batch - <<'END'
link add name tun-10 type sit local 216.66.80.26 remote 203.0.113.10 ttl 255
link add name tun-11 type sit local 216.66.80.26 remote 203.0.113.11 ttl 255
link set dev tun-10 up
link set dev tun-11 up
address add 2001:470:1f04:1::1/64 dev tun-10
address add 2001:470:1f04:2::1/64 dev tun-11
route add 2001:470:abcd:c70::/64 via 2001:470:1f04:1::2 dev tun-10
route add 2001:470:abcd:c71::/64 via 2001:470:1f04:2::2 dev tun-11
END
    # the ISATAP router's
    ip -n rtr -batch - <<'END'
link add name isatap0 type sit isatap local 172.31.0.10 ttl 64
link set dev isatap0 up
address add 2002:ca0c:1e01::5efe:172.31.0.10/64 dev isatap0
END
}

# An instance beside the first has its own /run and /etc, too: `topology.sh own_files i4` for one that a scenario makes.
own_files() { # own_files INSTANCE
    local files=/run/lab/$1 # as seen from the first instance
    : >"/run/lab/mnt/$1"
    mkdir -p "$files/etc" "$files/var/lib" "$files/run/network" "$files/run/lock"
    cp -a /etc/network /etc/situp "$files/etc"
    cp -a /var/lib/situp "$files/var/lib"
    printf 'lo=lo\neth0=eth0\n' >"$files/run/network/ifstate"
    # shellcheck disable=SC2016  # that shell expands it
    nsenter --net="/run/netns/$1" unshare --mount="/run/lab/mnt/$1" sh -c '
        set -e
        mount -t sysfs sys /sys
        for dir in etc/network etc/situp var/lib/situp run; do mount --bind "/run/lab/$1/$dir" "/$dir"; done' sh "$1"
}
case ${1-} in
tunnels | own_files)
    "$@"
    exit
    ;;
esac

mkdir -p /run/lab /run/netns /etc/situp /var/lib/situp
modprobe -a veth bridge sit tunnel4 nf_tables nft_chain_nat nft_ct 2>/dev/null || true

# New namespaces take this one's settings. Nobody waits for duplicate address detection.
cd /proc/sys/net
echo 1 >core/devconf_inherit_init_net
for scope in all default; do
    echo 0 >ipv6/conf/$scope/accept_dad
    echo 0 >ipv6/conf/$scope/router_solicitations
done
hostname i1

ip -batch - <<'END'
netns add vpc
netns add he
netns add inet
netns add rtr
netns add i2
netns add i3
link set dev lo up
link add name eth0 mtu 9001 address 0e:1f:00:00:14:92 type veth peer name to-i1 netns vpc mtu 9001
link add name eth1 mtu 9001 address 0e:1f:00:00:20:0a type veth peer name to-i1-eth1 netns vpc mtu 9001
link set dev eth0 up
link set dev eth1 up
address add 172.31.14.146/20 brd + dev eth0
address add 172.31.32.10/20 brd + dev eth1
END

# The vpc: one switch for the first subnet, a router for both, the way out to the Internet, and the link-local service.
ip -n vpc -batch - <<'END'
link add name br0 mtu 9001 type bridge mcast_snooping 0
link set dev to-i1 master br0
link add name to-i2 mtu 9001 type veth peer name eth0 netns i2 mtu 9001 address 0e:1f:00:00:14:93
link add name to-rtr mtu 9001 type veth peer name eth0 netns rtr mtu 9001
link set dev to-i2 master br0
link set dev to-rtr master br0
link add name to-i3 mtu 9001 type veth peer name eth0 netns i3 mtu 9001 address 0e:1f:00:00:30:14
link add name internet type veth peer name vpc netns he
link set dev lo up
link set dev br0 up
link set dev to-i1 up
link set dev to-i2 up
link set dev to-rtr up
link set dev to-i1-eth1 up
link set dev to-i3 up
link set dev internet up
address add 172.31.0.1/20 brd + dev br0
address add 172.31.0.2/32 dev br0
address add 169.254.169.254/32 dev br0
address add 172.31.32.1/20 brd + dev to-i1-eth1
address add 172.31.48.1/20 brd + dev to-i3
address add 198.51.100.1/30 dev internet
route add default via 198.51.100.2
END

# Once the far ends are there: the instance's routes. Like EC2's own set-up, eth1's address answers by eth1.
ip -batch - <<'END'
route add default via 172.31.0.1 dev eth0
rule add from 172.31.32.10 lookup 101
route add default via 172.31.32.1 dev eth1 table 101
END

ip -n i2 -batch - <<'END'
link set dev lo up
link set dev eth0 up
address add 172.31.14.147/20 brd + dev eth0
route add default via 172.31.0.1
END

ip -n i3 -batch - <<'END'
link set dev lo up
link set dev eth0 up
address add 172.31.48.20/20 brd + dev eth0
route add default via 172.31.48.1
END

# The broker's server, and the IPv6 Internet behind it.
ip -n he -batch - <<'END'
link set dev lo up
link set dev vpc up
link add name inet type veth peer name he netns inet
link set dev inet up
address add 198.51.100.2/30 dev vpc
address add 216.66.80.26/32 dev lo
route add 203.0.113.0/24 via 198.51.100.1
address add 2001:db8:0:1::1/64 dev inet nodad
route add ::/0 via 2001:db8:0:1::2
END

ip -n rtr -batch - <<'END'
link set dev lo up
link set dev eth0 up
address add 172.31.0.10/20 brd + dev eth0
route add default via 172.31.0.1
link add name inet type veth peer name rtr netns inet
link set dev inet up
address add 2001:db8:0:2::1/64 dev inet nodad
route add ::/0 via 2001:db8:0:2::2
END

ip -n inet -batch - <<'END'
link set dev lo up
link set dev he up
link set dev rtr up
address add 2001:db8:cafe::1/128 dev lo
address add 2001:db8:0:1::2/64 dev he nodad
address add 2001:db8:0:2::2/64 dev rtr nodad
route add ::/0 via 2001:db8:0:1::1
route add 2002:ca0c:1e01::/64 via 2001:db8:0:2::1
END

jobs=()
tunnels &
jobs+=($!)

forward='cd /proc/sys/net && echo 1 >ipv4/ip_forward && echo 1 >ipv6/conf/all/forwarding'
for ns in he inet rtr; do nsenter --net=/run/netns/$ns sh -c "$forward" & jobs+=($!); done

nsenter --net=/run/netns/vpc sh -c "$forward"'
    exec nft -f -' <<'END' &
table ip elastic {
    chain incoming {
        type nat hook prerouting priority dstnat
        iifname "internet" ip daddr 203.0.113.10 dnat to 172.31.14.146
        iifname "internet" ip daddr 203.0.113.11 dnat to 172.31.32.10
    }
    chain outgoing {
        type nat hook postrouting priority srcnat
        oifname "internet" ip saddr 172.31.14.146 snat to 203.0.113.10
        oifname "internet" ip saddr 172.31.32.10 snat to 203.0.113.11
    }
    chain forward {
        type filter hook forward priority filter
        # what has no Elastic IP doesn't get out, and nobody sends from another's address
        oifname "internet" ip saddr != { 172.31.14.146, 172.31.32.10 } drop
        iifname "to-i1-eth1" ip saddr != 172.31.32.10 drop
        iifname "br0" ip saddr 172.31.32.10 drop
    }
    chain service {
        type filter hook input priority filter
        iifname "internet" ip daddr { 169.254.169.254, 172.31.0.2 } drop
    }
}
END
jobs+=($!)

# The other instances have their own /run and /etc too, so that ifupdown and situp live there as on hosts of their own.
mkdir -p /run/lab/mnt
mount --bind /run/lab/mnt /run/lab/mnt
mount --make-private /run/lab/mnt

# A guest that boots as a cloud's instance has its own files (run --boot), and its eth0 no address until DHCP gives it one.
own_network() {
    rm -rf /etc/network/interfaces.d
    mkdir -p /etc/network/interfaces.d
    cat >/etc/network/interfaces <<'END'
auto lo
iface lo inet loopback

auto eth0
iface eth0 inet manual

source /etc/network/interfaces.d/*
END
    printf '127.0.0.1 localhost i1\n' >/etc/hosts
    printf 'nameserver 172.31.0.2\noptions timeout:1 attempts:2\n' >/etc/resolv.conf
    printf 'lo=lo\neth0=eth0\n' >/run/network/ifstate
}
by_dhcp() { # by_dhcp ADDRESS: the guest is the instance that has this address; i2 is the one that it would be otherwise
    local mac=0e:1f:00:00:14:92
    if [[ $1 != 172.31.14.146 ]]; then
        mac=0e:1f:00:00:14:93
        ip -n i2 -batch - <<END
link set dev eth0 address 0e:1f:00:00:14:92
address del 172.31.14.147/20 dev eth0
address add 172.31.14.146/20 brd + dev eth0
route add default via 172.31.0.1
END
    fi
    ip -force -batch - <<END
link del dev eth1
rule del from 172.31.32.10 lookup 101
address flush dev eth0
link set dev eth0 down
link set dev eth0 address $mac
link set dev lo down
END
    nsenter --net=/run/netns/vpc dnsmasq --conf-file=/dev/null --user=root --pid-file=/run/lab/dhcp.pid --port=0 \
        --bind-interfaces --interface=br0 --dhcp-leasefile=/run/lab/leases --log-facility=/run/lab/dhcp.log --log-dhcp \
        --dhcp-range=172.31.0.0,static,255.255.240.0,1h --dhcp-host="$mac,$1" --dhcp-no-override --no-ping \
        --dhcp-option=option:router,172.31.0.1 --dhcp-option=option:dns-server,172.31.0.2 --dhcp-option=option:mtu,9001
}
if [[ ${LAB_BOOT-} ]]; then by_dhcp "$LAB_BOOT"; else own_network; fi

for other in i2 i3; do
    own_files "$other" &
    jobs+=($!)
done

# Services of the vpc: names, and the metadata service.
nsenter --net=/run/netns/vpc dnsmasq --conf-file=/dev/null --user=root --pid-file=/run/lab/dnsmasq.pid --no-hosts --no-resolv \
    --bind-interfaces --listen-address=172.31.0.2 --local=/example.net/ --addn-hosts=/lab/dns-hosts --local-ttl=60 \
    --local-service --log-facility=/run/lab/dnsmasq.log &
jobs+=($!)
: >/run/lab/imds.log
nsenter --net=/run/netns/vpc setsid python3 -SE /lab/fake-imds --listen 169.254.169.254:80 --trap 172.31.0.2:8080 \
    --control /run/lab/imds.control --log /run/lab/imds.log --pid /run/lab/imds.pid >/run/lab/imds.err 2>&1 </dev/null &
imds=$!
for job in "${jobs[@]}"; do wait "$job"; done
# shellcheck source=pause.sh
. /lab/pause.sh
for ((i = 0; i < 2400; i++)); do
    [[ ! -s /run/lab/imds.pid ]] || break
    kill -0 "$imds" 2>/dev/null || break
    pause 0.05
done
[[ -s /run/lab/imds.pid ]] || { cat /run/lab/imds.err >&2; exit 1; }
# What a payload has to be there before the boot of the image.
[[ ! -x /lab/before-boot ]] || exec /lab/before-boot
