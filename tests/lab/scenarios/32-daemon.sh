# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# situpd itself: killed, restarted, robbed of its files, with many tunnels and an address that comes and goes.

he_ipv6() { he_ipv6_with 'v4tunnel-local ec2' 'v4tunnel-keepalive 60'; }
b_beside() { # b_beside [LINE…]: another tunnel, with these options
    { printf '%s\n' 'iface b inet6 manual' '    address 2001:db8:77::2/64' '    v4tunnel-endpoint 10.9.0.1' '    v4tunnel-local ec2' \
        "${@/#/    }"; } | stanza b
}

test_an_overflow_of_inotify_loses_no_tunnel() {
    local before n
    he_ipv6
    b_beside
    before=$(</proc/sys/fs/inotify/max_queued_events)
    check 'b comes up' situp up b
    echo 4 >/proc/sys/fs/inotify/max_queued_events # of those that are made from now on
    daemon
    echo "$before" >/proc/sys/fs/inotify/max_queued_events
    soon 'b is looked after' 10 test -e /run/situp/live/b
    kill -STOP "$daemon_pid"
    for n in 1 2 3 4 5 6 7 8; do : >"/run/situp/.$n" && mv "/run/situp/.$n" "/run/situp/.moved" && rm /run/situp/.moved; done
    # Their events are lost.
    check 'one goes' situp down b
    check 'another one comes' situp up he-ipv6
    kill -CONT "$daemon_pid"
    soon 'the one that came is looked after' 10 live_has he-ipv6 '^health alive'
    soon 'the one that went is not' 10 test ! -e /run/situp/live/b
    end_daemon
    check 'down' situp down he-ipv6
}

test_killed_and_started_again() {
    local index
    he_ipv6
    check ifup ifup he-ipv6
    index=$(</sys/class/net/he-ipv6/ifindex)
    daemon
    soon 'it is looked after' 10 live_has he-ipv6 '^health alive'
    refuse 'a second one is not wanted' 1 /usr/libexec/situp/situpd --stay
    stderr_has 'situpd is running already'
    end_daemon KILL
    pings i1 2001:db8:cafe::1
    # Meanwhile the address changes.
    imds v2 set local-ipv4 172.31.14.150
    address_moves 172.31.14.146 172.31.14.150
    daemon
    daemon_says 'he-ipv6: the local address is now 172.31.14.150, was 172.31.14.146'
    is 'on the same device' "$(</sys/class/net/he-ipv6/ifindex)" "$index"
    # Killed in the middle of a repair: before each file that it writes, each request to the kernel.
    local call old=172.31.14.150 new
    for call in 3 4 5; do
        end_daemon
        new=172.31.14.$((150 + call))
        imds v2 set local-ipv4 "$new"
        address_becomes "$old" "$new"
        : >/run/lab/faults.log
        echo "kill-before $call" >/run/lab/faults
        LD_PRELOAD=/usr/local/lib/faults.so daemon
        wait "$daemon_pid" 2>/dev/null
        : >/run/lab/faults
        echo "# killed before: $(tail -n 1 /run/lab/faults.log)"
        daemon
        soon "killed before its request $call, the next one finishes it" 15 nothing_to_plan "$new"
        old=$new
    done
    address_becomes "$old" 172.31.14.146
    imds reset
    check ifdown ifdown he-ipv6
    no_link he-ipv6
}
nothing_to_plan() { has_local he-ipv6 "$1" && [[ $(situp plan he-ipv6 2>&1) == *'nothing to do' ]]; }

test_robbed_of_its_directory() {
    he_ipv6
    daemon
    check ifup ifup he-ipv6
    soon 'it is looked after' 10 live_has he-ipv6 '^health alive'
    rm -rf /run/situp
    pings i1 2001:db8:cafe::1
    check 'situp up knows the tunnel by its stanza' situp up he-ipv6
    soon 'it is looked after again' 10 live_has he-ipv6 '^health alive'
    check ifdown ifdown he-ipv6
    no_link he-ipv6
}

# Without a descriptor nothing can be read or asked. What happens meanwhile is not lost: not for one of several tunnels.
descriptors() { # descriptors LIMIT
    python3 -c 'import resource, sys; p = resource.RLIMIT_NOFILE; n = int(sys.argv[1])
resource.prlimit(n, p, (int(sys.argv[2]), resource.prlimit(n, p)[1]))' "$daemon_pid" "$1"
}
status_is() { [[ $(situp status "$1") == "$1: $2"* ]]; }
test_out_of_descriptors() {
    he_ipv6
    b_beside 'v4tunnel-keepalive 60 2001:db8:77::1'
    daemon
    descriptors 1
    check 'situp up' situp up b he-ipv6
    daemon_says 'too many open files'
    soon 'status tells that situpd does not know the tunnel' 20 status_is he-ipv6 degraded
    run situp status he-ipv6
    stdout_has 'situpd runs and does not look after this tunnel'
    descriptors 256
    soon 'it is looked after' 60 live_has he-ipv6 '^health alive'
    soon 'and the other one' 20 live_has b '^health dead'
    check 'status' situp status he-ipv6
    # One goes and comes while nothing can be read.
    : >/run/lab/situpd.log
    descriptors 1
    check 'situp down' situp down b
    imds v2 set local-ipv4 172.31.14.150
    address_moves 172.31.14.146 172.31.14.150
    daemon_says 'too many open files' 20
    descriptors 256
    soon 'the address is followed' 120 has_local he-ipv6 172.31.14.150
    soon 'the other one is forgotten' 60 not test -e /run/situp/live/b
    address_becomes 172.31.14.150 172.31.14.146
    imds reset
    check 'situp down' situp down he-ipv6
    no_link he-ipv6
}

# Where the kernel has dropped what it had to tell, and its state can't be read either, an address that has gone is none that
# is still there when it comes again.
test_an_address_goes_unseen_and_comes_again() {
    local n orders=''
    he_ipv6
    sed -i /keepalive/d /etc/network/interfaces.d/he-ipv6
    ip address add 172.31.14.150/20 dev eth0
    imds v2 set local-ipv4 172.31.14.150
    check 'situp up' situp up he-ipv6
    daemon
    soon 'it is looked after' 20 live_has he-ipv6 '^right-at'
    kill -STOP "$daemon_pid"
    for ((n = 0; n < 1000; n++)); do orders+=$'address add 10.99.0.1/32 dev lo\naddress del 10.99.0.1/32 dev lo\n'; done
    ip -batch - <<<"$orders"
    ip address del 172.31.14.150/20 dev eth0
    imds v2
    descriptors 1
    kill -CONT "$daemon_pid"
    daemon_says 'too many open files'
    descriptors 256
    soon 'the other address is taken' 60 has_local he-ipv6 172.31.14.146
    imds v2 set local-ipv4 172.31.14.150
    ip address add 172.31.14.150/20 dev eth0
    soon 'the first one, as soon as it is there again' 60 has_local he-ipv6 172.31.14.150
    check 'situp down' situp down he-ipv6
    ip address del 172.31.14.150/20 dev eth0
}

# Without a keepalive, no probe tells situpd later that the address is another one.
test_a_record_that_can_t_be_read_once() {
    he_ipv6
    sed -i /keepalive/d /etc/network/interfaces.d/he-ipv6
    ip address add 172.31.14.150/20 dev eth0
    check 'situp up' situp up he-ipv6
    touch -d '1 minute ago' /run/situp/he-ipv6
    imds v2 set local-ipv4 172.31.14.150
    daemon_for_once openat:error=EMFILE:when=1 /run/situp/he-ipv6
    daemon_says 'he-ipv6: too many open files'
    soon 'what has changed before it could be read is followed' 30 has_local he-ipv6 172.31.14.150
    check 'situp down' situp down he-ipv6
    ip address del 172.31.14.150/20 dev eth0
}

# Nor does a probe write the file later.
test_vitals_that_can_t_be_written_once() {
    he_ipv6
    sed -i /keepalive/d /etc/network/interfaces.d/he-ipv6
    check 'situp up' situp up he-ipv6
    daemon_for_once openat:error=ENOSPC:when=1 /run/situp/live/.he-ipv6.new
    daemon_says 'he-ipv6: /run/situp/live/he-ipv6: no space left on device'
    soon 'it is written later' 30 live_has he-ipv6 '^right-at'
    check 'status' situp status he-ipv6
    check 'situp down' situp down he-ipv6
}

nobody_is_told() { [[ $(setpriv --reuid 65534 --clear-groups situp status he-ipv6) == *'situpd runs and does not look after'* ]]; }
lines_of_log() { wc -l </run/lab/situpd.log; }
test_a_mistake_in_its_configuration() {
    he_ipv6
    : >/etc/situp/situp.conf
    check 'ifup' ifup he-ipv6
    printf '[metadata]\ntimeout = soon\n' >/etc/situp/situp.conf
    : >/run/lab/situpd.log
    daemon
    daemon_says 'situp.conf:2: .*situpd waits for the correction'
    kill -HUP "$daemon_pid"
    printf '[metadata]\ntimeout = later\n' >/etc/situp/situp.conf
    kill -HUP "$daemon_pid"
    daemon_says "timeout is 'later'"
    is 'each mistake is said once' "$(lines_of_log)" 2
    soon 'whoever looks is told that situpd does not look after the tunnel' 20 nobody_is_told
    rm -f /etc/situp/situp.conf
    soon 'it begins when the file is right' 20 live_has he-ipv6 '^health alive'
    end_daemon
    printf 'mistake\n' >/etc/situp/situp.conf
    : >/run/lab/situpd.log
    daemon
    daemon_says 'situp.conf:1: .*situpd waits for the correction'
    kill -TERM "$daemon_pid"
    holds 'it ends when it is told to' wait "$daemon_pid"
    daemon_pid=
    rm -f /etc/situp/situp.conf
    check 'ifdown' ifdown he-ipv6
}

resident() { # KiB
    local key value
    while read -r key value _; do [[ $key == VmRSS: ]] && echo "$value" && return; done <<<"$(</proc/"$daemon_pid"/status)"
}
open_descriptors() { echo "/proc/$daemon_pid"/fd/*; }
descriptors_are() { [[ $(open_descriptors) == "$1" ]]; }
looked_after() { # looked_after COUNT: a condition
    local files=(/run/situp/live/*)
    [[ ! -e ${files[0]} ]] && files=()
    ((${#files[@]} >= $1))
}

counted() { # counted PATH-WITHOUT-NUMBER: how many there are
    local files
    shopt -s nullglob
    files=("$1"[0-9]*)
    shopt -u nullglob
    echo ${#files[@]}
}

test_many_tunnels_and_an_address_that_comes_and_goes() {
    local n text='' descriptors questions many=1000
    for ((n = 0; n < many; n++)); do
        text+="auto t$n"$'\n'"iface t$n inet6 manual"$'\n'"    address 2001:db8:77:$n::2/64"$'\n'
        text+="    v4tunnel-endpoint 10.9.$((n / 250)).$((n % 250 + 1))"$'\n'"    v4tunnel-local ec2"$'\n'
        text+="    v4tunnel-keepalive 120 2001:db8:77:$n::1"$'\n'
    done
    stanza t <<<"$text"
    daemon
    descriptors=$(open_descriptors)
    check 'situp up --all' situp up --all
    soon 'all of them are looked after' 60 looked_after $many
    n=$(resident)
    echo "# resident with $many tunnels: $n KiB"
    holds 'it takes less than 8 MiB' test "$n" -lt 8192
    questions=$(imds count '^GET')
    for ((n = 0; n < 100; n++)); do
        ip address add 172.31.14.151/20 dev eth0
        ip address del 172.31.14.151/20 dev eth0
    done
    soon 'it is still there' 5 kill -0 "$daemon_pid"
    is 'no device is lost' "$(counted /sys/class/net/t)" $many
    is 'no record' "$(counted /run/situp/t)" $many
    is 'all are looked after' "$(counted /run/situp/live/t)" $many
    # 200 changes, and many tunnels: a handful of questions
    holds 'no storm of questions' test "$(($(imds count '^GET') - questions))" -lt 20
    check 'situp down --all' situp down --all
    soon 'nobody is left' 60 not looked_after 1
    # Not before: nobody answers these tunnels, and what is asked for them has children.
    soon 'no descriptor is left open' 20 descriptors_are "$descriptors"
    echo "# and in the end: $(resident) KiB"
    holds 'nothing leaks away' test "$(resident)" -lt 8192
}

# The same program under the address sanitizer, where the payload has it: what it loses is said when it ends.
test_nothing_is_lost_under_the_sanitizer() {
    local program=/usr/local/lib/situpd-sanitized n
    [[ -x $program ]] || program=/usr/libexec/situp/situpd
    echo "# $program"
    he_ipv6
    ASAN_OPTIONS=detect_leaks=1 $program --stay >>/run/lab/situpd.log 2>&1 </dev/null &
    daemon_pid=$!
    wait_until 20 daemon_is_ready
    for ((n = 0; n < 2; n++)); do
        check "ifup $n" ifup he-ipv6
        soon 'it is looked after' 20 live_has he-ipv6 '^health alive'
        imds v2 set local-ipv4 172.31.32.10
        ip address add 172.31.14.15$n/20 dev eth0
        soon 'it follows' 20 has_local he-ipv6 172.31.32.10
        ip address del 172.31.14.15$n/20 dev eth0
        imds v2
        check "ifdown $n" ifdown he-ipv6
    done
    kill "$daemon_pid"
    wait "$daemon_pid"
    is 'it ends well' "$?" 0
    daemon_pid=
    if grep -q 'Sanitizer' /run/lab/situpd.log; then not_ok 'and nothing was lost' "$(</run/lab/situpd.log)"; else ok 'and nothing was lost'; fi
}
