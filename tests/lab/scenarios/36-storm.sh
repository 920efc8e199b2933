# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A machine that fails and a host where all happens at once: folders that are full or read-only, more changes than inotify keeps,
# and many processes that bring the same tunnels up and down.

: "${daemon_pid:=}" # lib.sh's

he_ipv6() {
    stanza he-ipv6 <<END
auto he-ipv6
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local ec2
    v4tunnel-keepalive 60
END
}
other() { # other N [TTL]: the file is put in place whole, as editors do it
    stanza ".t$1.$BASHPID" <<END
auto t$1
iface t$1 inet6 manual
    address 2001:db8:77:$1::2/64
    v4tunnel-endpoint 10.9.0.$1
    v4tunnel-local ec2
    v4tunnel-ttl ${2-64}
    v4tunnel-keepalive 120 2001:db8:77:$1::1
END
    mv "/etc/network/interfaces.d/.t$1.$BASHPID" "/etc/network/interfaces.d/t$1"
}

put_aside() { # put_aside FOLDER OPTIONS: another file system in its place, with what it holds
    mkdir -p "$1"
    cp -a "$1" /tmp/lab.aside
    mount -t tmpfs -o "$2" none "$1"
    cp -a /tmp/lab.aside/. "$1"
    rm -rf /tmp/lab.aside
}
fill() { dd if=/dev/zero of="$1/fill" bs=4k 2>/dev/null; }

test_no_room_for_records() {
    he_ipv6
    put_aside /run/situp size=64k,mode=755
    snapshot
    fill /run/situp
    refuse 'situp up' 1 situp up he-ipv6
    situp_says 'no space left on device'
    no_link he-ipv6
    rm /run/situp/fill
    same_as_snapshot
    check 'there is room again' situp up he-ipv6
    daemon
    soon 'it is looked after' 10 live_has he-ipv6 '^health alive'
    fill /run/situp
    # What situpd can't note it does all the same, or undoes; and again once there is room.
    ip link set he-ipv6 mtu 1400
    pings i1 2001:db8:cafe::1
    rm -f /run/situp/fill
    ip link set he-ipv6 mtu 1390
    soon 'what somebody has changed is put right' 60 mtu_is he-ipv6 1480
    fill /run/situp
    run situp down he-ipv6
    rm -f /run/situp/fill
    run situp down he-ipv6
    no_link he-ipv6
    end_daemon
    umount /run/situp
}
mtu_is() { [[ $(</sys/class/net/"$1"/mtu) == "$2" ]]; }

test_read_only_folders() {
    he_ipv6
    check 'situp up' situp up he-ipv6
    put_aside /run/situp mode=755
    mount -o remount,ro /run/situp
    refuse 'situp down' any situp down he-ipv6
    refuse 'an edit' any situp up he-ipv6
    check 'status sees all' situp status he-ipv6
    mount -o remount,rw /run/situp
    check 'situp down' situp down he-ipv6
    no_link he-ipv6
    umount /run/situp
    rm -f /run/situp/he-ipv6
}

told() { is "the broker was told $1 ×" "$(broker count .)" "$1"; }
test_no_room_for_what_a_broker_says() {
    account
    he_ipv6
    echo '    v4tunnel-broker he 123456' >>/etc/network/interfaces.d/he-ipv6
    put_aside /var/lib/situp size=64k,mode=755
    fill /var/lib/situp
    check 'situp up' situp up he-ipv6
    refuse 'an update that could not be noted is not made' 1 situp broker he-ipv6
    situp_says 'no space left on device'
    daemon
    daemon_says 'he-ipv6: /var/lib/situp/broker-he-ipv6: no space left on device' 20
    told 0
    soon 'the tunnel is looked after' 20 live_has he-ipv6 '^health alive'
    check 'status' situp status he-ipv6
    is 'no half of a file is left' "$(ls -A /var/lib/situp)" fill
    rm /var/lib/situp/fill
    kill -HUP "$daemon_pid"
    daemon_says 'the broker has been told of 203.0.113.10' 20
    told 1

    mount -o remount,ro /var/lib/situp
    broker clear
    refuse 'nor where the folder is read-only' 1 situp broker --force he-ipv6
    situp_says 'read-only file system'
    told 0
    check 'situp down' situp down he-ipv6
    mount -o remount,rw /var/lib/situp
    check 'situp broker' situp broker --force he-ipv6
    stdout_is 'nochg 203.0.113.10'
    umount /var/lib/situp
    refuse 'an answer that can not be kept' 1 strace -o /dev/null -P /var/lib/situp/.broker-he-ipv6.new -e trace=openat \
        -e inject=openat:error=ENOSPC:when=2 situp broker --force he-ipv6
    situp_says 'no space left on device'
    stdout_is 'nochg 203.0.113.10'
}

# A refusal holds, also where there was room for the call and none for the answer.
test_no_room_for_a_broker_s_refusal() {
    account
    broker say 200 badauth
    he_ipv6
    echo '    v4tunnel-broker he 123456' >>/etc/network/interfaces.d/he-ipv6
    check 'situp up' situp up he-ipv6
    daemon_for_once openat:error=ENOSPC:when=2 /var/lib/situp/.broker-he-ipv6.new
    daemon_says 'refuses user or update key' 30
    daemon_says 'no space left on device'
    date -s "@$(($(printf '%(%s)T') + 3600))" >/dev/null
    kill -HUP "$daemon_pid"
    soon 'it is written' 20 grep -q '^refused badauth' /var/lib/situp/broker-he-ipv6
    told 1
    check 'situp down' situp down he-ipv6
    date -s "@$(($(printf '%(%s)T') - 3600))" >/dev/null
}

test_more_changes_than_inotify_keeps() {
    local limit n
    limit=$(</proc/sys/fs/inotify/max_queued_events)
    he_ipv6
    echo 4 >/proc/sys/fs/inotify/max_queued_events
    daemon
    kill -STOP "$daemon_pid"
    for ((n = 0; n < 8; n++)); do
        check "situp up $n" situp up he-ipv6
        check "situp down $n" situp down he-ipv6
    done
    for n in 1 2 3; do other $n && check "situp up t$n" situp up "t$n"; done
    kill -CONT "$daemon_pid"
    for n in 1 2 3; do soon "t$n is looked after" 30 live_has "t$n" '^health'; done
    echo "$limit" >/proc/sys/fs/inotify/max_queued_events
    check 'situp down' situp down --all
    for n in 1 2 3; do soon "t$n is forgotten" 30 not test -e "/run/situp/live/t$n"; done
}

worker() { # worker SEED: one of many
    local n seed=$1 name
    for ((n = 0; n < 12; n++)); do
        seed=$(((seed * 1103515245 + 12345) & 0x7fffffff))
        name=t$(((seed >> 8) % 4 + 1))
        case $(((seed >> 16) % 7)) in
        0 | 1) situp up "$name" ;;
        2) situp down "$name" ;;
        3) ifup "$name" ;;
        4) ifdown "$name" ;;
        5) situp status ;;
        6) other "${name#t}" $((seed >> 20 & 127 | 1)) ;;
        esac
    done >/dev/null 2>&1 </dev/null
}
test_a_storm_of_twenty_workers() {
    local n workers=()
    for n in 1 2 3 4; do other $n; done
    snapshot
    daemon
    for ((n = 1; n <= 20; n++)); do
        worker "$n" &
        workers+=($!)
    done
    wait "${workers[@]}"
    holds 'situpd is there' kill -0 "$daemon_pid"
    # Whoever has brought one up last, each of them can be had right now, and then goes without a trace.
    for n in 1 2 3 4; do
        ifdown "t$n" >/dev/null 2>&1
        run situp down "t$n"
    done
    for n in 1 2 3 4; do check "ifup t$n" ifup "t$n"; done
    for n in 1 2 3 4; do soon "t$n is looked after" 30 live_has "t$n" '^health'; done
    check 'nothing differs' situp plan t1 t2 t3 t4
    stdout_is ''
    for n in 1 2 3 4; do check "ifdown t$n" ifdown "t$n"; done
    for n in 1 2 3 4; do soon "t$n is forgotten" 30 not test -e "/run/situp/live/t$n"; done
    end_daemon
    same_as_snapshot
}
