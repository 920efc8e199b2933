# shellcheck shell=bash disable=SC2153  # run sets STATUS
# SPDX-License-Identifier: GPL-2.0-or-later
# Releases: bookworm-others
# Systemd: yes
# 53: doc/containers.md by the letter, with the real Docker, Podman and systemd-nspawn, which only this image has: tests/lab/beside
# runs it. A container of each reaches the IPv6 Internet through the tunnel, by an address of its own, and is reached there.

document=/usr/share/doc/situp/containers.md
block() { # block HEADING N: the Nth text between ``` lines below that heading
    awk -v heading="$1" -v wanted="$2" '/^#/ { on = $0 == "## " heading; n = 0; next }
        on && /^```$/ { n++; next } on && n % 2 && (n + 1) / 2 == wanted' "$document"
}
says() { # says HEADING N: the commands there work
    check "$1: the commands of text $2" bash -ec "$(block "$1" "$2")"
}

# Containers begin with the kernel's settings, as elsewhere, and not with those that the lab has for its own namespaces.
sysctl -qw net.core.devconf_inherit_init_net=0

# The image that the document calls busybox; it has a page to serve.
busybox_is_there() {
    local box=/run/lab/box program
    [[ ! -d $box ]] || return 0
    mkdir -p $box/{bin,etc,usr,www,proc,sys,dev,tmp,run,var,root}
    cp /usr/local/sbin/poweroff $box/bin/busybox
    for program in sh ping httpd sleep ip sysctl; do ln -s busybox "$box/bin/$program"; done
    echo hello >$box/www/index.html
    tar -C $box -cf /run/lab/box.tar .
}
# The address that the document pings is there, and counts the pings of each source.
internet() {
    ip -n inet address add 2001:4860:4860::8888/128 dev lo
    on inet nft -f - <<'END2'
table ip6 seen {
    set sources {
        type ipv6_addr
        flags dynamic
        size 64
    }
    chain input {
        type filter hook input priority 0
        ip6 daddr 2001:4860:4860::8888 icmpv6 type echo-request add @sources { ip6 saddr }
    }
}
END2
}
no_internet() {
    ip -n inet address del 2001:4860:4860::8888/128 dev lo
    on inet nft delete table ip6 seen
}
pinged_by() { on inet nft -j list set ip6 seen sources | jq -r '.nftables[1].set.elem // [] | .[]'; }
forget() { on inet nft flush set ip6 seen sources; }
own_address() { # own_address PREFIX: the last pings came from addresses of the containers' prefix, and from no other
    is "the Internet has seen addresses of $1 only" "$(pinged_by | sed -E "s/^$1:.*/$1/" | sort -u)" "$1"
    forget
}

tunnel() { # tunnel LINE…: 6in4, with these lines, and situpd
    he_ipv6_with 'v4tunnel-local 172.31.14.146' "$@"
    check 'the tunnel' situp up he-ipv6
    daemon
}
opened() { # opened TUNNEL: connections from outside, too
    sed -i 's/firewall stateful/firewall off/' "/etc/network/interfaces.d/$1"
    check 'situp up, without the filter' situp up "$1"
}
fetches() { on inet curl -fsg --connect-timeout "$2" "http://[$1]/index.html"; } # fetches ADDRESS SECONDS
reached() { # reached TUNNEL ADDRESS: by pings, and by connections where no filter is
    pings inet "$2"
    refuse 'the filter refuses a connection from outside' any fetches "$2" 2
    opened "$1"
    check 'without it, the web server of the container answers' fetches "$2" 10
    stdout_is hello
}
# The relay of a 6rd domain is i2, so that this host is one of its members; the text is the same on both.
member() { # member LINE…
    local where
    nat_leads_to 172.31.14.147
    on he ip -6 route replace 2001:470:e3f2::/48 via 2001:470:1f04:1::2 dev tun-10
    on i2 sysctl -qw net.ipv6.conf.all.forwarding=1
    stanza on i2 he-ipv6 <<'END2'
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local interface:eth0
    v4tunnel-firewall off
END2
    for where in i2 i1; do
        { printf '%s\n' 'iface 6rd0 inet6 manual' '    sixrd-prefix 2001:470:e3f2::/48 172.31.0.0/16' \
            '    sixrd-relay 172.31.14.147' '    sixrd-firewall stateful'
            [[ $where == i2 ]] || printf '    %s\n' "$@"; } | stanza on $where 6rd0
    done
    check 'the relay' on i2 situp up he-ipv6 6rd0
    check 'the member' situp up 6rd0
    daemon
}

tunnel_is_away() {
    check down situp down he-ipv6
    no_internet
}
member_is_away() {
    check down situp down 6rd0
    check 'the relay: down' on i2 situp down he-ipv6 6rd0
    nat_leads_to 172.31.14.146
    no_internet
}

# --- Docker

# The lab's boot leaves these out.
rm -f /run/systemd/system/{docker.service,docker.socket,containerd.service,dbus.service,dbus.socket}
systemctl daemon-reload
systemctl start dbus

docker_is_there() {
    busybox_is_there
    check 'Docker runs' systemctl restart docker
    docker image inspect busybox >/dev/null 2>&1 || check 'the image' docker import --change 'CMD ["sh"]' /run/lab/box.tar busybox
}
docker_is_away() {
    docker rm -f web >/dev/null
    end_daemon
    systemctl stop docker.socket docker
    systemctl reset-failed docker # it was started more often than its unit lets it be
    rm -f /etc/docker/daemon.json
    nft flush ruleset
}
docker_serves() { # docker_serves TUNNEL PREFIX
    own_address "$2"
    check 'a container that serves' docker run -d --name web busybox httpd -f -h /www
    check 'its address' bash -ec "$(block Docker 3)"
    is 'it is of the prefix' "${OUT%:*:*:*:*}" "$2"
    reached "$1" "$OUT"
}
test_docker_with_6in4() {
    internet
    docker_is_there
    tunnel "$(block 'The tunnel' 1)" 'v4tunnel-firewall stateful'
    says Docker 1
    docker_serves he-ipv6 2001:470:abcd:c70
    docker_is_away
    tunnel_is_away
}
test_docker_with_6rd() {
    internet
    docker_is_there
    member "$(block 'The tunnel' 2)"
    says Docker 2
    docker_serves 6rd0 2001:470:e3f2:e92
    docker_is_away
    member_is_away
}

# --- Podman

podman_is_there() {
    busybox_is_there
    podman image exists busybox 2>/dev/null || check 'the image' podman import /run/lab/box.tar busybox
}
podman_is_away() {
    podman rm -f -t 0 web >/dev/null
    podman network rm lan >/dev/null
    end_daemon
    nft flush ruleset
}
podman_serves() { # podman_serves TUNNEL PREFIX
    own_address "$2"
    check 'a container that serves' podman run -d --name web --network lan busybox httpd -f -h /www
    check 'its address' podman inspect -f '{{range .NetworkSettings.Networks}}{{.GlobalIPv6Address}}{{end}}' web
    is 'it is of the prefix' "${OUT%::*}" "$2"
    reached "$1" "$OUT"
}
test_podman_with_6in4() {
    internet
    podman_is_there
    tunnel 'v4tunnel-lan podman1 2001:470:abcd:c70::1/64' 'v4tunnel-firewall stateful'
    says Podman 1
    podman_serves he-ipv6 2001:470:abcd:c70
    ip6tables -t nat -D POSTROUTING -s 2001:470:abcd:c70::/64 -j ACCEPT
    check 'a ping without the rule' podman run --rm --network lan --cap-add net_raw busybox ping -c 1 2001:4860:4860::8888
    is 'it has come from the address of the host' "$(pinged_by)" 2001:470:1f04:1::2
    podman_is_away
    tunnel_is_away
}
test_podman_with_6rd() {
    internet
    podman_is_there
    member 'sixrd-lan podman1'
    says Podman 2
    podman_serves 6rd0 2001:470:e3f2:e92
    podman_is_away
    member_is_away
}

# --- systemd-nspawn; the container is a tree of busybox, whose network the kernel alone sets up, as radvd tells it

bridge_is_there() {
    busybox_is_there
    block systemd-nspawn 1 | stanza br-lan
    block systemd-nspawn 2 >/etc/radvd.conf
    says 'The tunnel' 3
    says systemd-nspawn 3
}
bridge_is_away() {
    systemctl stop radvd
    machinectl terminate web
    wait_until 20 not machinectl show web
    end_daemon
    check 'the bridge goes' ifdown br-lan
    rm -f /etc/radvd.conf /etc/sysctl.d/60-forward.conf
    sysctl -qw net.ipv6.conf.all.forwarding=0
}
nspawn_serves() { # nspawn_serves TUNNEL PREFIX
    local command leader
    mkdir -p /var/lib/machines
    [[ -d /var/lib/machines/web ]] || cp -a /run/lab/box /var/lib/machines/web
    read -ra command <<<"$(block systemd-nspawn 4)"
    "${command[@]}" --quiet sh -c '
        ip link set lo up; ip link set host0 up
        until ping -c 1 -w 1 2001:4860:4860::8888 >/dev/null; do :; done
        exec httpd -f -h /www' </dev/null >/run/lab/nspawn.log 2>&1 &
    soon 'the container has an address, and the Internet' 60 pinged
    own_address "$2"
    leader=$(machinectl show -p Leader --value web)
    reached "$1" "$(nsenter --net="/proc/$leader/ns/net" ip -j -6 address show dev host0 scope global | jq -r '.[0].addr_info[0].local')"
}
pinged() { [[ $(pinged_by) ]]; }
test_nspawn_with_6in4() {
    internet
    bridge_is_there
    tunnel 'v4tunnel-lan br-lan 2001:470:abcd:c70::1/64' 'v4tunnel-firewall stateful'
    nspawn_serves he-ipv6 2001:470:abcd:c70
    bridge_is_away
    tunnel_is_away
}
test_nspawn_with_6rd() {
    internet
    bridge_is_there
    member 'sixrd-lan br-lan'
    nspawn_serves 6rd0 2001:470:e3f2:e92
    bridge_is_away
    member_is_away
}
