# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Each system call by which situp and situpd get at files, the kernel, other processes and time fails once, with the error that
# it may have there, and is the place of one SIGKILL: strace does both. Afterwards the next `up` or `ifup` works, `down` or
# `ifdown` leaves nothing, and situpd has forgotten no tunnel.
#
# Long: two hours, so it runs only where it is named: tests/lab/scenarios-run --jobs 1 --timeout 9000 90

errors_of() { # errors_of CALL: with what it may fail
    case $1 in
    openat) echo EMFILE EIO ;;
    read | pread64 | getdents64 | fsync | newfstatat | access) echo EIO ;;
    write | rename | mkdir | link) echo ENOSPC ;;
    unlink | chmod | fchmod) echo EROFS ;;
    pipe2 | socket | epoll_create1 | timerfd_create | signalfd4 | inotify_init1) echo EMFILE ;;
    clone | clone3 | fcntl) echo EAGAIN ;;
    bind | connect | setsockopt | sendto | sendmsg | recvmsg | recvfrom | ioctl) echo ENOBUFS ;;
    poll | epoll_ctl | epoll_wait | inotify_add_watch | timerfd_settime) echo ENOMEM ;;
    esac
}
calls=(openat read pread64 getdents64 fsync newfstatat access write rename mkdir link unlink chmod fchmod pipe2 socket epoll_create1
    timerfd_create signalfd4 inotify_init1 clone clone3 fcntl bind connect setsockopt sendto sendmsg recvmsg recvfrom ioctl poll
    epoll_ctl epoll_wait inotify_add_watch timerfd_settime)
trace_of() { local IFS=,; echo "trace=${calls[*]}"; }

method=manual endpoint=v4tunnel-endpoint # as the stock method has them: v4tunnel and endpoint
two_tunnels() {
    stanza he-ipv6 <<END
auto he-ipv6
iface he-ipv6 inet6 $method
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    $endpoint 216.66.80.26
    v4tunnel-local ec2
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64
    v4tunnel-keepalive 60
END
    stanza b <<'END'
auto b
iface b inet6 manual
    address 2001:db8:77::2/64
    v4tunnel-endpoint 10.9.0.1
    v4tunnel-local ec2
    v4tunnel-keepalive 60 2001:db8:77::1
END
}

see() { STATE=$(kernel-state); }
wrong=() injected=0 total=0 found_processes=() supervisor=
exec {told}>&1
found() { # at once, too: it is a long way to the end
    wrong+=("$call $n $what: $1")
    echo "# $call $n $what: $1" >&"$told"
}
expect_state() { # expect_state WANTED WHAT
    see
    same "$STATE" "$1" || found "$2: $(diff <(echo "$1") <(echo "$STATE") | grep '^[<>]' | head -n 5)"
}
works() { # works COMMAND…
    run "$@"
    ((STATUS == 0)) || found "$* ends with $(seen)"
}

# counts_of COMMAND…: how often each call is made, in `counts`
declare -A counts=()
counts_of() {
    strace -o /tmp/lab.trace -e "$(trace_of)" "$@" >/dev/null 2>&1 </dev/null
    count_trace
}
count_trace() { # the calls in /tmp/lab.trace
    local line
    counts=()
    while read -r line; do
        [[ $line =~ ^([a-z0-9_]+)\( ]] && counts[${BASH_REMATCH[1]}]=$((${counts[${BASH_REMATCH[1]}]-0} + 1))
    done </tmp/lab.trace
}
verdict() { # verdict TITLE
    echo "# $1: $injected injections; all: $total"
    if ((${#wrong[@]} == 0 && injected > 20)); then ok "$1: $injected times"; else
        not_ok "$1: $injected times" "${#wrong[@]} wrong: $(printf '%s\n' "${wrong[@]:0:12}")"
    fi
}

# The first and last call of each name, and every `step`th; 1 takes all of them.
step=4
# everywhere WHAT PREPARE REPAIR RESTORE COMMAND…: the calls of COMMAND, which PREPARE has made ready for. REPAIR must work
# then and lead to `good`, RESTORE to `start`.
everywhere() {
    local title=$1 prepare=$2 repair=$3 restore=$4 call n count what start good
    shift 4
    two_tunnels
    "$restore" >/dev/null 2>&1
    see
    start=$STATE
    "$repair" >/dev/null 2>&1
    see
    good=$STATE
    "$restore" >/dev/null 2>&1
    "$prepare" >/dev/null 2>&1
    counts_of "$@"
    wrong=() injected=0
    for call in "${calls[@]}"; do
        count=${counts[$call]-0}
        for ((n = 1; n <= count; n++)); do
            ((n == 1 || n == count || n % step == 0)) || continue
            for what in $(errors_of "$call") KILL; do
                "$restore" >/dev/null 2>&1
                "$prepare" >/dev/null 2>&1
                if [[ $what == KILL ]]; then inject=signal=KILL; else inject=error=$what; fi
                # bash says who was killed
                { strace -o /dev/null -e "trace=$call" -e "inject=$call:$inject:when=$n" "$@" >/dev/null 2>&1 </dev/null; } 2>/dev/null
                injected=$((injected + 1))
                works "$repair"
                expect_state "$good" 'then it is not right'
                works "$restore"
                expect_state "$start" 'something is left'
            done
        done
    done
    total=$((total + injected))
    verdict "$title"
}

up() { situp up he-ipv6 b; }
down() { situp down he-ipv6 b; }
up_one() { situp up he-ipv6; }
down_one() { situp down he-ipv6; }
ifup_one() { ifup he-ipv6; }
ifdown_one() { ifdown he-ipv6; situp down he-ipv6; }

test_up() { everywhere 'situp up' true up_one down_one situp up he-ipv6; }
test_up_all() { everywhere 'situp up --all' true up down situp up --all; }
test_down() { everywhere 'situp down' up_one up_one down_one situp down he-ipv6; }
test_status() { everywhere 'situp status' up_one up_one down_one situp status; }
as_ifup_runs_hooks=(env -i PATH="$PATH" IFACE=he-ipv6 LOGICAL=he-ipv6 ADDRFAM=inet6 METHOD=manual
    IF_ADDRESS=2001:470:1f04:1::2/64 IF_GATEWAY=2001:470:1f04:1::1 IF_V4TUNNEL_ENDPOINT=216.66.80.26
    IF_V4TUNNEL_LOCAL=ec2 IF_V4TUNNEL_LAN='eth0 2001:470:abcd:c70::1/64' IF_V4TUNNEL_KEEPALIVE=60)
ifup_again() {
    ifdown he-ipv6
    ifup he-ipv6
}
test_hook_pre_up() {
    everywhere 'situp hook pre-up' true ifup_one ifdown_one "${as_ifup_runs_hooks[@]}" MODE=start PHASE=pre-up /usr/bin/situp hook pre-up
}
test_hook_up_of_the_stock_method() {
    local method=v4tunnel endpoint=endpoint
    local ifup_runs=(env -i PATH="$PATH" IFACE=he-ipv6 LOGICAL=he-ipv6 ADDRFAM=inet6 METHOD=v4tunnel MODE=start
        IF_ADDRESS=2001:470:1f04:1::2 IF_NETMASK=64 IF_GATEWAY=2001:470:1f04:1::1 IF_ENDPOINT=216.66.80.26
        IF_V4TUNNEL_LOCAL=ec2 IF_V4TUNNEL_LAN='eth0 2001:470:abcd:c70::1/64' IF_V4TUNNEL_KEEPALIVE=60)
    # All that ifup does before it runs the hook.
    # shellcheck disable=SC2317,SC2329  # called by everywhere
    before_up() {
        "${ifup_runs[@]}" PHASE=pre-up /usr/bin/situp hook pre-up
        ifup --no-scripts he-ipv6
    }
    everywhere 'situp hook up' before_up ifup_again ifdown_one "${ifup_runs[@]}" PHASE=up /usr/bin/situp hook up
}
test_hook_down() {
    everywhere 'situp hook down' ifup_one ifup_again ifdown_one "${as_ifup_runs_hooks[@]}" MODE=stop PHASE=down /usr/bin/situp hook down
}
test_hook_post_down() {
    everywhere 'situp hook post-down' ifup_one ifup_again ifdown_one "${as_ifup_runs_hooks[@]}" MODE=stop PHASE=post-down \
        /usr/bin/situp hook post-down
}

# --- situpd's life: it starts beside a tunnel, another one comes, an address changes, both go.

supervise() { # supervise INJECTION…: as a service manager would, the first time with these options of strace
    local ended
    strace -D -o /tmp/lab.trace "$@" /usr/libexec/situp/situpd --stay >>/run/lab/situpd.log 2>&1 </dev/null
    ended=$?
    while ((ended != 0)) && [[ -e /tmp/lab.life ]]; do
        pause 0.5
        /usr/libexec/situp/situpd --stay >>/run/lab/situpd.log 2>&1 </dev/null
        ended=$?
    done
} 2>/dev/null
begins() { # begins INJECTION…
    : >/tmp/lab.life
    supervise "$@" &
    supervisor=$!
}
ends() { # situpd may be between two starts when it is told to end
    rm -f /tmp/lab.life
    wait_until 30 has_ended || { processes situpd; kill -KILL "${found_processes[@]}"; found 'it does not end'; }
    wait "$supervisor"
}
has_ended() {
    processes situpd
    ((${#found_processes[@]} == 0)) || kill "${found_processes[@]}"
    ! kill -0 "$supervisor"
}
was_injected() { # also where the life is shorter or longer than the first one was
    local line
    while IFS= read -r line; do [[ $line == *'(INJECTED)'* || $line == *'killed by SIGKILL'* ]] && return; done </tmp/lab.trace
    return 1
}
address_is() { # address_is NEW OLD
    imds v2 set local-ipv4 "$1"
    address_becomes "$2" "$1"
}
is_looked_after() { [[ $(situp status "$1") != *'situpd runs and does not'* ]]; }

two_tunnels_come_and_go() { # two_tunnels_come_and_go INJECTION…: the whole of it; found() tells what went wrong
    local supervisor
    situp up he-ipv6 || found 'up fails'
    begins "$@"
    wait_until 40 live_has he-ipv6 '^health alive' || found 'he-ipv6 is not looked after'
    ifup b || found 'ifup fails'
    wait_until 40 live_has b '^right-at' || found 'b is not looked after'
    address_is 172.31.14.150 172.31.14.146
    wait_until 40 has_local he-ipv6 172.31.14.150 || found 'the address of he-ipv6 is not followed'
    wait_until 40 has_local b 172.31.14.150 || found 'the address of b is not followed'
    wait_until 20 is_looked_after he-ipv6 || found 'status denies that he-ipv6 is looked after'
    wait_until 20 is_looked_after b || found 'status denies that b is looked after'
    ifdown b || found 'ifdown fails'
    situp down he-ipv6 || found 'down fails'
    wait_until 40 not test -e /run/situp/live/he-ipv6 || found 'it still looks after he-ipv6'
    wait_until 40 not test -e /run/situp/live/b || found 'it still looks after b'
    address_is 172.31.14.146 172.31.14.150
    ends
} >/dev/null 2>&1

the_broker_is_told() { # the_broker_is_told INJECTION…: of the tunnel, and no more often than once
    local supervisor
    rm -f /var/lib/situp/*
    broker clear
    begins "$@"
    situp up he-ipv6 || found 'up fails'
    wait_until 40 live_has he-ipv6 '^health alive' || found 'he-ipv6 is not looked after'
    # Where the call could not be noted or made, it is made minutes later.
    wait_until 10 test -s /run/lab/broker/log
    (($(broker count .) <= 1)) || found "the broker is told $(broker count .) times"
    situp down he-ipv6 || found 'down fails'
    wait_until 40 not test -e /run/situp/live/he-ipv6 || found 'it still looks after he-ipv6'
    ends
} >/dev/null 2>&1

# life TITLE PARTS COMMAND CALL…: each CALL of situpd in COMMAND's life, at the first one and at so many places in all
life() {
    local title=$1 parts=$2 command=$3 call=none n=0 what=none part last start
    shift 3
    see
    start=$STATE
    wrong=() injected=0
    "$command" -e "$(trace_of)"
    count_trace
    for call; do
        last=0
        for ((part = 0; part < parts; part++)); do
            n=$((${counts[$call]-0} * part / parts))
            ((n > 0)) || n=1
            ((n > last && n <= ${counts[$call]-0})) || continue
            last=$n
            for what in $(errors_of "$call") KILL; do
                if [[ $what == KILL ]]; then inject=signal=KILL; else inject=error=$what; fi
                "$command" -e "trace=$call" -e "inject=$call:$inject:when=$n"
                expect_state "$start" 'something is left'
                was_injected && injected=$((injected + 1))
            done
        done
    done
    total=$((total + injected))
    verdict "$title"
}

test_the_life_of_situpd() {
    two_tunnels
    # Probes soon: all that takes time in a life is what situpd waits for.
    sed -i 's/keepalive 60$/keepalive 1/' /etc/network/interfaces.d/he-ipv6
    sed -i '/keepalive/d' /etc/network/interfaces.d/b
    life "situpd's life" 4 two_tunnels_come_and_go "${calls[@]}"
}

test_situpd_and_the_broker() {
    account
    two_tunnels
    sed -i 's/keepalive 60$/keepalive 1\n    v4tunnel-broker he 123456/' /etc/network/interfaces.d/he-ipv6
    life 'situpd and the broker' 6 the_broker_is_told openat fsync write rename pipe2 clone epoll_ctl
}
