# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 21: a host without ifupdown: systemd is process 1, and situp@NAME.service brings up the stanza NAME.

[[ -x /usr/bin/situp ]] || dpkg --force-unsafe-io -i /packages/this.deb >/dev/null

he_ipv6() { # he_ipv6 [OPTION]…
    {
        cat <<'END'
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64
END
        printf '    %s\n' "$@"
    } | stanza he-ipv6
}
second_tunnel() {
    stanza he-2 <<'END'
iface he-2 inet6 manual
    address 2001:470:1f04:2::2/64
    v4tunnel-endpoint broker.example.net
    v4tunnel-local ec2:eth1
END
}

isatap() {
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers isatap.example.net
END
}

# As if it had never been installed.
ifupdown_away() {
    local program
    for program in ifup ifdown ifquery; do mv "/sbin/$program" "/sbin/$program.away"; done
    mv /run/network /run/network.away
    mkdir /run/hooks.away && mv /etc/network/if-*.d /run/hooks.away/
}
ifupdown_back() {
    local program
    for program in ifup ifdown ifquery; do mv "/sbin/$program.away" "/sbin/$program"; done
    mv /run/network.away /run/network
    mv /run/hooks.away/* /etc/network/ && rmdir /run/hooks.away
}
state() { systemctl show -P ActiveState -P Result "situp@$1" | sort | paste -sd' '; }
journal() { journalctl -q -o cat -u "situp@$1" --since "@$since"; }

test_enabled_it_comes_up_and_stopped_it_leaves_nothing() {
    ifupdown_away
    he_ipv6 'v4tunnel-local ec2'
    snapshot
    check 'systemctl enable --now' systemctl enable --now situp@he-ipv6
    is 'it is active' "$(state he-ipv6)" 'active success'
    kernel_has 'the local address is from the metadata service' '.[0].linkinfo.info_data | .local == "172.31.14.146" and
        .remote == "216.66.80.26"' -d link show dev he-ipv6
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:abcd:c70::1
    asked 1 '^PUT /latest/api/token 200'
    is 'it comes after the network' "$(systemctl show -P After situp@he-ipv6 | tr ' ' '\n' | grep network-online)" network-online.target
    check restart systemctl restart situp@he-ipv6
    pings i1 2001:db8:cafe::1

    local index
    index=$(</sys/class/net/he-ipv6/ifindex)
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-mtu 1400'
    check 'reload, after an edit' systemctl reload situp@he-ipv6
    kernel_has 'it is as it says now, on the same device' ".[0] | .mtu == 1400 and .ifindex == $index" link show dev he-ipv6
    pings i1 2001:db8:cafe::1

    check 'systemctl stop' systemctl stop situp@he-ipv6
    is 'it is inactive' "$(state he-ipv6)" 'inactive success'
    same_as_snapshot
    check 'the boot' systemctl start multi-user.target
    is 'it has come up with it' "$(state he-ipv6)" 'active success'
    pings i1 2001:db8:cafe::1
    check 'systemctl disable --now' systemctl disable --now situp@he-ipv6
    same_as_snapshot
    check 'a boot without it' systemctl start multi-user.target
    no_link he-ipv6
    ifupdown_back
}

test_each_unit_is_on_its_own() {
    he_ipv6 'v4tunnel-local interface:eth0'
    second_tunnel
    isatap
    rm -rf /run/situp # as where nothing has made it
    check 'three of them' systemctl start situp@he-ipv6 situp@he-2 situp@isatap0
    pings i1 2001:470:1f04:1::1
    pings i1 2001:470:1f04:2::1
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    routers_are i1 isatap0 '172.31.0.10 default'
    check 'two are stopped' systemctl stop situp@he-2 situp@isatap0
    no_link he-2
    no_link isatap0
    holds 'what is known of the other stays' test -f /run/situp/he-ipv6
    check 'which has nothing to do' situp plan he-ipv6
    stdout_is ''
    pings i1 2001:470:1f04:1::1
    check 'the other is stopped' systemctl stop situp@he-ipv6
    holds 'the directory stays' test -d /run/situp
}

test_6rd() {
    sixrd_stanza
    check 'systemctl start' systemctl start situp@6rd0
    sixrd_is_there
    check 'which has nothing to do' situp plan 6rd0
    stdout_is ''
    check 'systemctl stop' systemctl stop situp@6rd0
    no_link 6rd0
}

test_the_timer_of_the_examples_writes_metrics() {
    local folder=/var/lib/prometheus/node-exporter
    he_ipv6 'v4tunnel-local interface:eth0' 'v4tunnel-firewall stateful'
    check 'the tunnel' systemctl start situp@he-ipv6
    mkdir -p "$folder"
    # The image has dpkg leave out what is in /usr/share/doc.
    dpkg-deb --fsys-tarfile /packages/this.deb |
        tar -xC /etc/systemd/system --strip-components=6 ./usr/share/doc/situp/examples/situp-metrics.{service,timer}
    check 'the units are known' systemctl daemon-reload
    check 'the service writes them' systemctl start situp-metrics.service
    holds 'the tunnel is right' grep -qF 'situp_tunnel_ok{device="he-ipv6"} 1' "$folder/situp.prom"
    is 'node_exporter may read them, and there is no other file' "$(stat -c '%n %a' "$folder"/*)" "$folder/situp.prom 644"
    check 'the filter goes' nft delete table ip6 situp
    check 'the service writes them again' systemctl start situp-metrics.service
    holds 'from within the unit, situp sees filters' grep -qF 'situp_tunnel_ok{device="he-ipv6"} 0' "$folder/situp.prom"
    rm "$folder/situp.prom"
    check 'the timer' systemctl enable --now situp-metrics.timer
    soon 'the timer starts the service' 90 test -s "$folder/situp.prom"
    check 'no timer' systemctl disable --now situp-metrics.timer
    check 'stop' systemctl stop situp@he-ipv6
    rm -r /etc/systemd/system/situp-metrics.* "$folder"
    systemctl daemon-reload
}

test_a_failure_says_why() {
    local since says=': the metadata service at http://169.254.169.254 says that it is off (403)'
    since=${EPOCHREALTIME%.*}
    he_ipv6 'v4tunnel-local ec2'
    snapshot
    imds off403
    refuse 'systemctl start' 1 systemctl start situp@he-ipv6
    is 'it has failed' "$(state he-ipv6)" 'exit-code failed'
    is 'with the status of situp' "$(systemctl show -P ExecMainStatus situp@he-ipv6)" 4
    refuse 'systemctl status' 3 systemctl status --no-pager -l situp@he-ipv6
    stdout_has "situp: he-ipv6: ec2$says"
    is 'one line of situp in the journal' "$(journal he-ipv6 | grep -c '^situp: ')" 1
    same_as_snapshot
    imds v2
    check 'it is tried again' systemctl start situp@he-ipv6
    pings i1 2001:db8:cafe::1
    check stop systemctl stop situp@he-ipv6

    he_ipv6 'v4tunnel-lokal ec2'
    refuse 'a misspelt option' 1 systemctl start situp@he-ipv6
    is 'the journal has file and line' "$(journal he-ipv6 | grep -c 'interfaces.d/he-ipv6:6: v4tunnel-lokal: ')" 1
    refuse 'a stanza that is not there' 1 systemctl start situp@nothing
    is 'the journal says so' "$(journal nothing | grep -c '^situp: nothing: there is no iface stanza of this name')" 1
    same_as_snapshot
    systemctl reset-failed 'situp@*'
}

# The kernel loads sit by itself, the unit may not.
test_the_module_is_loaded() {
    he_ipv6 'v4tunnel-local interface:eth0'
    sit_away
    # shellcheck disable=SC2154  # sit_away sets it
    mv "$sit_module.away" "$sit_module"
    holds 'the module is not loaded' test ! -d /sys/module/sit
    check 'systemctl start' systemctl start situp@he-ipv6
    kernel_has 'the tunnel is there' '.[0].linkinfo.info_kind == "sit"' -d link show dev he-ipv6
    /lab/topology.sh tunnels
    pings i1 2001:db8:cafe::1
    check stop systemctl stop situp@he-ipv6
}

# Within the unit, too, the child that talks to the network has no privilege; and it can be ended when it hangs.
test_a_child_that_hangs_is_ended() {
    local pid='' since
    since=${EPOCHREALTIME%.*}
    # shellcheck disable=SC2317,SC2329  # wait_until calls it
    find_helper() {
        local file comm
        for file in /proc/[0-9]*/comm; do
            { read -r comm <"$file"; } 2>/dev/null || continue
            [[ $comm == situp-net ]] && pid=${file#/proc/} && pid=${pid%/comm} && return
        done
        return 1
    }
    # shellcheck disable=SC2317,SC2329
    failed() { [[ $(systemctl is-active situp@he-ipv6) == failed ]]; }
    conf <<<$'[metadata]\ntimeout = 2'
    he_ipv6 'v4tunnel-local ec2'
    imds put-timeout
    snapshot
    systemctl start --no-block situp@he-ipv6
    if wait_until 20 find_helper && kill -STOP "$pid"; then ok 'it is stopped while it asks'; else not_ok 'it is stopped' "$pid"; fi
    is 'it is _situp' "$(sed -n 's/^Uid:\t//p' "/proc/$pid/status" | tr '\t' '\n' | sort -u)" "$(id -u _situp)"
    is 'it has no capabilities' "$(sed -n 's/^Cap\(Prm\|Eff\|Bnd\):\t//p' "/proc/$pid/status" | sort -u)" 0000000000000000
    holds 'the start fails in the end' wait_until 60 failed
    holds 'the child is gone' test ! -d "/proc/$pid"
    same_as_snapshot
    systemctl reset-failed situp@he-ipv6
}

# What ifup has brought up is ifdown's to take down, as for `situp down`.
test_beside_ifupdown() {
    local since
    since=${EPOCHREALTIME%.*}
    he_ipv6 'v4tunnel-local interface:eth0'
    check ifup ifup he-ipv6
    check 'the unit finds all well' systemctl start situp@he-ipv6
    check 'and is stopped' systemctl stop situp@he-ipv6
    is 'which leaves the tunnel, and says why' "$(journal he-ipv6 | grep -c 'ifupdown holds it as up: take it down with ifdown he-ipv6')" 1
    pings i1 2001:470:1f04:1::1
    check ifdown ifdown he-ipv6
    systemctl reset-failed situp@he-ipv6
}

test_it_is_confined() {
    check 'systemd-analyze security says OK' systemd-analyze security --no-pager --threshold=30 situp@he-ipv6.service
    stdout_has ' OK '
    check 'systemd-analyze verify' systemd-analyze verify --man=no situp@he-ipv6.service
    is 'and says nothing' "$ERR" ''
}

# --- situpd: nothing has to be enabled

daemon_is() { # daemon_is STATE: a condition
    [[ $(systemctl show -P ActiveState situpd) == "$1" ]]
}
daemon_journal_has() { [[ $(journalctl -q -o cat --since "@$since" "$@") ]]; }

test_situpd_comes_with_the_first_tunnel_that_wants_it_and_goes_with_the_last() {
    since=$(date +%s)
    is 'the path is watched' "$(systemctl show -P ActiveState -P UnitFileState situpd.path | paste -sd' ')" 'active enabled'
    wait_until 20 daemon_is inactive
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-keepalive 2'
    check 'situp up' situp up he-ipv6
    soon 'situpd is there' 20 daemon_is active
    soon 'it says in the journal that the far end answers' 20 daemon_journal_has SITUP_EVENT=alive SITUP_INTERFACE=he-ipv6
    # The private address moves: the sandbox lets it be followed.
    ip -batch - <<'END'
address add 172.31.14.150/20 brd + dev eth0
address del 172.31.14.146/20 dev eth0
address add 172.31.14.150/20 brd + dev eth0
route replace default via 172.31.0.1 dev eth0
END
    imds v2 set local-ipv4 172.31.14.150
    soon 'the tunnel goes with it' 20 daemon_journal_has SITUP_EVENT=repaired SITUP_INTERFACE=he-ipv6
    kernel_has 'to the new address' '.[0].linkinfo.info_data.local == "172.31.14.150"' -d link show dev he-ipv6
    ip -batch - <<'END'
address add 172.31.14.146/20 brd + dev eth0
address del 172.31.14.150/20 dev eth0
address add 172.31.14.146/20 brd + dev eth0
route replace default via 172.31.0.1 dev eth0
END
    # Killed, it comes back, and the tunnel has not noticed.
    local index
    index=$(</sys/class/net/he-ipv6/ifindex)
    systemctl kill -s KILL situpd
    soon 'it comes back after it was killed' 30 daemon_journal_has -t situpd -u situpd --grep 'answers' -n 2
    is 'the tunnel is the same' "$(</sys/class/net/he-ipv6/ifindex)" "$index"
    is 'the unit is hardened' "$(systemd-analyze security --no-pager situpd.service | sed -n 's/.*Overall exposure level for situpd.service: [0-9.]* \([A-Z]*\).*/\1/p')" OK
    echo "# $(systemd-analyze security --no-pager situpd.service | tail -n 1)"
    check 'situp down' situp down he-ipv6
    soon 'situpd goes' 30 daemon_is inactive
}

# Its program is replaced by a shell, which tries the ways out of the sandbox: those that let root have something run elsewhere,
# or believe something. What it needs has to go on.
ways_out() { # ways_out UNIT: the lines that its shell has written
    local unit=$1 directory=/run/systemd/system/$1.d
    mkdir -p "$directory"
    cat >"$directory/shell.conf" <<'END'
[Service]
Type=oneshot
Restart=no
ExecStart=
ExecStart=/bin/bash /usr/local/lib/ways-out
ExecStop=
END
    systemctl daemon-reload
    rm -f /run/situp/ways-out
    systemctl restart "$unit" >/dev/null 2>&1
    systemctl stop "$unit" >/dev/null 2>&1
    rm -r "$directory"
    systemctl daemon-reload
    cat /run/situp/ways-out
}

test_no_way_out_of_the_units() {
    local unit seen
    cat >/usr/local/lib/ways-out <<'END'
exec >/run/situp/ways-out 2>/dev/null
may() { if "${@:2}"; then echo "$1 yes"; else echo "$1 no"; fi; }
writes() { : >"$1/ways-out-test" && rm "$1/ways-out-test"; }
connects() { python3 -c 'import socket, sys
socket.socket(socket.AF_UNIX, getattr(socket, sys.argv[1])).connect(sys.argv[2])' "$@"; }
for place in /run/situp /run /run/systemd /run/systemd/system /run/network /etc /etc/systemd/system /usr/local/lib /var/lib /root; do
    [[ -d $place ]] && may "$place" writes "$place"
done
may private connects SOCK_STREAM /run/systemd/private
may bus connects SOCK_STREAM /run/dbus/system_bus_socket
may udev connects SOCK_SEQPACKET /run/udev/control
may systemctl systemctl start no-such.target
may mount mount -t tmpfs none /mnt
may device mknod /run/situp/device b 8 0
may unshare unshare --user true
may trace strace -o /dev/null -p 1
may journal connects SOCK_DGRAM /run/systemd/journal/socket
may notify connects SOCK_DGRAM /run/systemd/notify
END
    for unit in situpd.service situp@he-ipv6.service; do
        seen=$(ways_out "$unit")
        is "$unit: what can be done" "$(grep ' yes$' <<<"$seen" | tr '\n' ' ')" '/run/situp yes journal yes notify yes '
        holds 'all was tried' test "$(wc -l <<<"$seen")" -ge 18
    done
    rm -f /usr/local/lib/ways-out /run/situp/ways-out
}

test_situpd_gets_its_folder_back() {
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-keepalive 2'
    check 'situp up' situp up he-ipv6
    soon 'situpd is there' 20 daemon_is active
    rm -rf /run/situp
    check 'situp up knows the tunnel by its stanza' situp up he-ipv6
    soon 'it is looked after again' 60 live_has he-ipv6 '^health alive'
    check 'situp down' situp down he-ipv6
    soon 'situpd goes' 30 daemon_is inactive
}
