# shellcheck shell=bash disable=SC2034,SC2153  # go reads `there`, `back` and their stanzas by name
# SPDX-License-Identifier: GPL-2.0-or-later
# Everything that situp asks of the kernel is refused once, and situp is killed before and after it: afterwards the next
# `up` simply works and `down` cleans. And what two programs at once do to each other.
#
# faults.so (tests/lab/faults/) makes the kernel refuse, and kills. The hooks' environment is built from nothing, so it is
# /etc/ld.so.preload that loads it; it acts in programs named situp, when /run/lab/faults tells it to.

IPV4=172.31.14.146 OTHER_IPV4=172.31.32.10
control=/run/lab/faults log=/run/lab/faults.log waits=/run/lab/faults.waits

arm() { : >$log; : >$waits; echo "$1 $2" >$control; } # arm MODE N
disarm() { : >$control; }
prepared() { # first in each test; the reset after it takes it away
    [[ -f /usr/local/lib/faults.so ]] || { not_ok 'the payload has the faults' 'make it with make lab-payload'; exit; }
    disarm
    echo /usr/local/lib/faults.so >/etc/ld.so.preload
}

eval "reset_the_rest() $(declare -f reset | tail -n +2)"
reset() {
    : >/etc/ld.so.preload
    disarm
    reset_the_rest
    ip -6 address flush dev eth1 scope global
    rm -f /etc/network/if-pre-up.d/zz-lab-gate
}

# --- Stanzas. The longest plans that there are

six() { # six METHOD [CHANGED]
    local method=$1
    if [[ ${2-} ]]; then
        stanza he-ipv6 <<END
iface he-ipv6 inet6 $method
    address 2001:470:1f04:1::3/64
    gateway 2001:470:1f04:1::ffff
    v4tunnel-endpoint 216.66.80.27
    v4tunnel-local $OTHER_IPV4
    v4tunnel-dev eth1
    v4tunnel-ttl 64
    v4tunnel-tos 16
    v4tunnel-mtu 1400
    v4tunnel-lan eth0 2001:470:abcd:c70::2/64 eth1 2001:470:abcd:c71::1/64
END
    elif [[ $method == v4tunnel ]]; then
        stanza he-ipv6 <<END
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    v4tunnel-local $IPV4
    v4tunnel-dev eth0
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64 eth1 2001:470:abcd:c71::1/64
END
    else
        stanza he-ipv6 <<END
iface he-ipv6 inet6 $method
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local $IPV4
    v4tunnel-dev eth0
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64 eth1 2001:470:abcd:c71::1/64
END
    fi
}

automatic() { # automatic NAME [CHANGED]: ISATAP
    local name=$1
    if [[ ${2-} ]]; then
        stanza "$name" <<END
iface $name inet6 manual
    address 2002:ca0c:1e04::1/64
    gateway fe80::5efe:172.31.0.11
    isatap-local $OTHER_IPV4
    isatap-ttl 77
    isatap-mtu 1400
    isatap-prefix 2002:ca0c:1e01::/64 2002:ca0c:1e03::/64
    isatap-routers 172.31.0.12 172.31.0.13
    isatap-routers-nodefault 172.31.0.10
END
    else
        stanza "$name" <<END
iface $name inet6 manual
    address 2002:ca0c:1e05::1/64
    gateway fe80::5efe:172.31.0.10
    isatap-local $IPV4
    isatap-prefix 2002:ca0c:1e01::/64 2002:ca0c:1e02::/64
    isatap-routers 172.31.0.10 172.31.0.11
    isatap-routers-nodefault 172.31.0.12
END
    fi
}

# --- Each fault at each request

see() { # all that the kernel, situp and ifupdown hold; the last lines are the indexes of interfaces
    local ifstate=()
    mapfile -t ifstate </run/network/ifstate
    STATE="ifupdown: ${ifstate[*]}"$'\n'$(kernel-state)
}
wrong=() # what was found
found() { wrong+=("$mode $n (${requests[n - 1]-}): $1"); }
expect() { # expect WHAT CONDITION…
    local what=$1
    shift
    "$@" || found "$what: $(seen)"
}
expect_state() { # expect_state exactly|alike WANTED WHAT-IF-NOT
    see
    if [[ $1 == exactly ]]; then [[ $STATE == "$2" ]]; else same "$STATE" "$2"; fi && return
    found "$3: $(diff <(echo "$2") <(echo "$STATE") | grep '^[<>]')"
}
has() { [[ $1 == *"$2"* ]]; }

# What situp says of a refusal: one line, which names what was refused.
expect_words() {
    local lines=() line
    while read -r line; do [[ $line == situp:* ]] && lines+=("$line"); done <<<"$ERR"
    expect 'one line' test "${#lines[@]}" = 1
    case ${requests[n - 1]} in
    rename | unlink) expect 'the file is named' has "$ERR" "situp: $iface: /run/situp/$iface: no space left" ;;
    *)
        [[ $there == situp* ]] || return
        # The kernel lists addresses in the order of their coming, so that of their going may differ from the first time.
        line=${lines[0]#"situp: $iface: "}
        expect 'the operation is named' has "|$(printf '%s|' "${operations[@]}")" "|${line%%: *}|"
        ;;
    esac
}

# The two ways between two states, `there` and `back`: the stanza, and the command that carries it out.
# shellcheck disable=SC2086  # they are words
go() { # go there|back
    # shellcheck disable=SC2178
    local -n stanza_of_it=$1_stanza command_of_it=$1
    $stanza_of_it
    run $command_of_it 2>/dev/null # bash says who was killed
}

# Sets `requests`, all that `there` makes, and for each that goes to the kernel the command in `operations`.
learn() {
    local plan=() request words
    read -ra words <<<"$there"
    $there_stanza
    case $there in
    situp\ up*) mapfile -t plan < <(situp plan "${words[@]:2}" | grep -v '^#') ;;
    situp\ down*) mapfile -t plan < <(situp plan --down "${words[@]:2}") ;;
    esac
    arm count 1
    go there
    disarm
    mapfile -t requests <$log
    operations=()
    for request in "${requests[@]}"; do
        if [[ $request == rename || $request == unlink ]]; then operations+=(''); else
            operations+=("${plan[0]-}")
            plan=("${plan[@]:1}")
        fi
    done
}

go_and_see() { # go_and_see there|back
    go "$1"
    if [[ ${!1} == situp* ]]; then ERR=${ERR/"situp: $iface: nothing to do: it is not up"/}; else ERR=''; fi
    expect "$1 works" test "$STATUS$ERR" = 0
    if [[ $1 == there ]]; then expect_state alike "$end" 'then it is not right'; else
        expect_state alike "$start" 'back it is not right'
    fi
}

status_of() { # status_of MODE: what `there` ends with
    case $1:$there in
    *:ifup*) echo 1 ;;
    *:ifdown*) echo 0 ;; # it tells nobody of a hook's failure
    kill*) echo 137 ;;
    forbid:*) echo 5 ;;
    *) echo 1 ;;
    esac
}

# every_fault WHAT MODE…: the requests of `there` fail, one at a time, every STEPth (third, unless STEP is set) and the last in
# each MODE, and others in the next one, so that each fails in some. Where it was refused, all is as before. Where situp was
# killed before it, `back` works at once; where it was killed after it, `there` does first.
every_fault() {
    local what=$1 start end mode n requests=() operations=() count status turn=0
    local iface=${there##* }
    shift
    wrong=()
    go back
    see
    start=$STATE
    learn
    is "$what: a first time" "$STATUS $ERR" '0 '
    see
    end=$STATE
    mode=first n=1
    go_and_see back
    for mode in "$@"; do
        count=0 turn=$((turn + 1))
        status=$(status_of "$mode")
        for ((n = 1; n <= ${#requests[@]}; n++)); do
            [[ $mode == forbid && ! ${operations[n - 1]} ]] && continue
            (((n + turn) % ${step-3} == 0 || n == ${#requests[@]})) || continue
            count=$((count + 1))
            start=$STATE
            arm "$mode" "$n"
            go there
            disarm
            if [[ $mode == refuse && ${requests[n - 1]} == RTM_NEWRULE ]]; then
                # The tunnel comes up without the rules, and goes on so until it was down.
                expect 'status 0' test "$STATUS" = 0
                [[ $back != situp\ up* ]] || situp down "$iface"
                go_and_see back
                continue
            fi
            expect "status $status" test "$STATUS" = "$status"
            [[ $mode == kill* ]] || expect_words
            case $mode:$there in
            # ifupdown has forgotten an interface whose ifup failed.
            *:ifup* | kill-after:* | refuse:situp\ down* | forbid:situp\ down*)
                if [[ $mode == refuse && $there == ifup* ]]; then expect_state exactly "$start" 'it is not undone'; fi
                go_and_see there
                go_and_see back
                ;;
            refuse-from:* | kill-before:* | *:ifdown*) go_and_see back ;;
            *)
                expect_state exactly "$start" 'it is not undone'
                [[ $STATE == "$start" ]] || go_and_see back
                ;;
            esac
        done
        if ((${#wrong[@]} == 0 && count)); then ok "$what: $mode, $count times"; else
            not_ok "$what: $mode, $count times" "${#wrong[@]} wrong: $(printf '%s\n' "${wrong[@]:0:12}")"
        fi
        wrong=()
    done
}

# All modes at all requests would say little more, and take twice the time: what follows a request that was refused, or a
# kill, is the same code for every plan.
all_modes=(refuse forbid refuse-from kill-before kill-after)

test_every_request_of_a_six_in_four_tunnel() {
    prepared
    local there_stanza='six manual' back_stanza='six manual' there='situp up he-ipv6' back='situp down he-ipv6'
    every_fault up "${all_modes[@]}"
    there='situp down he-ipv6' back='situp up he-ipv6'
    every_fault down "${all_modes[@]}"
    pings i1 2001:470:1f04:1::1
    pings inet 2001:470:abcd:c70::1
    there_stanza='six manual changed' there='situp up he-ipv6'
    every_fault change refuse kill-before
    step=3 every_fault change refuse-from kill-after
    pings i1 2001:470:1f04:1::1
}

test_every_request_of_an_automatic_tunnel() {
    prepared
    local there_stanza='automatic isatap0' back_stanza='automatic isatap0' there='situp up isatap0' back='situp down isatap0'
    every_fault up refuse forbid kill-before kill-after
    there='situp down isatap0' back='situp up isatap0'
    every_fault down refuse kill-before
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    there_stanza='automatic isatap0 changed' there='situp up isatap0'
    every_fault change refuse kill-before
    step=3 every_fault change kill-after
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
}

test_every_request_of_making_a_tunnel_anew() {
    prepared
    local there_stanza='automatic he-ipv6' back_stanza='six manual' there='situp up he-ipv6' back='situp up he-ipv6'
    every_fault 'from 6in4 to ISATAP' refuse refuse-from kill-before kill-after
    pings i1 2001:470:1f04:1::1
}

# --- Under ifupdown

test_every_request_of_the_stock_method() {
    prepared
    local there_stanza='six v4tunnel' back_stanza='six v4tunnel' there='ifup he-ipv6' back='ifdown he-ipv6'
    every_fault ifup refuse kill-before
    there='ifdown he-ipv6' back='ifup he-ipv6'
    every_fault ifdown refuse kill-before
    pings i1 2001:470:1f04:1::1
    pings inet 2001:470:abcd:c70::1
}

test_some_requests_of_the_other_methods() {
    prepared
    local there_stanza='six manual' back_stanza='six manual' there='ifup he-ipv6' back='ifdown he-ipv6' step=4
    every_fault 'ifup, managed' refuse kill-before
    there='ifdown he-ipv6' back='ifup he-ipv6' step=2
    every_fault 'ifdown, managed' refuse kill-before
    pings inet 2001:470:abcd:c70::1
    ifdown he-ipv6
    local there_stanza='automatic isatap0' back_stanza='automatic isatap0' there='ifup isatap0' back='ifdown isatap0' step=4
    every_fault 'ifup, ISATAP' refuse kill-before
    there='ifdown isatap0' back='ifup isatap0' step=1
    every_fault 'ifdown, ISATAP' refuse kill-before
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
}

# --- Two at once

state_is() { # state_is exactly|alike WHAT WANTED
    local mode=at n=1 requests=()
    wrong=()
    expect_state "$1" "$3" ''
    if ((${#wrong[@]} == 0)); then ok "$2"; else not_ok "$2" "${wrong[*]}"; fi
}

pid='' # of what was started last
start() { # start COMMAND…: in the background; its words are in /tmp/lab.NAME, by its first word
    "$@" </dev/null >"/tmp/lab.$1" 2>&1 &
    pid=$!
}
ends() { # ends WHAT PID STATUS
    local status=0
    wait "$2" 2>/dev/null || status=$?
    is "$1 ends with status $3" "$status" "$3"
}

runs() { processes "$1" && ((${#found_processes[@]})); }
is_stopped() { # is_stopped NAME: sets found_processes to the one that is
    local words process
    processes "$1"
    for process in "${found_processes[@]}"; do
        read -ra words 2>/dev/null <"/proc/$process/stat" && [[ ${words[2]} == T ]] && found_processes=("$process") && return
    done
    return 1
}
somebody_waits() { [[ -s $waits ]]; }
says() { [[ $(</tmp/lab."$1") == *"$2"* ]]; } # says PROGRAM TEXT: one that was started

test_two_situp_up_of_one_interface_at_once() {
    prepared
    six manual
    local first nothing good count
    see
    nothing=$STATE
    arm count 1
    check up situp up he-ipv6
    mapfile -t count <$log
    see
    good=$STATE
    check down situp down he-ipv6
    arm stop 4
    start situp up he-ipv6
    first=$pid
    holds 'the first stops in the middle' wait_until 60 is_stopped situp
    start situp up he-ipv6
    holds 'the second waits' wait_until 60 somebody_waits
    kill -CONT "$first"
    ends 'the first' "$first" 0
    ends 'the second' "$pid" 0
    state_is alike 'all is there' "$good"
    mapfile -t <$log
    is 'the second had nothing to do' "${#MAPFILE[@]}" "${#count[@]}"
    check down situp down he-ipv6
    state_is exactly 'nothing is left' "$nothing"

    arm stop 4
    start situp up he-ipv6
    first=$pid
    holds 'the first stops again' wait_until 60 is_stopped situp
    start situp up he-ipv6
    holds 'the second waits' wait_until 60 somebody_waits
    kill -KILL "$first"
    ends 'the second, when the first was killed' "$pid" 0
    state_is alike 'all is there' "$good"
    start situp down he-ipv6
    start situp down he-ipv6
    wait
    state_is exactly 'two at once take it down' "$nothing"
}

test_two_ifup_of_one_interface_at_once() {
    prepared
    local method first
    for method in manual v4tunnel; do
        six $method
        see
        local nothing=$STATE
        arm stop 2
        start ifup he-ipv6
        first=$pid
        holds 'the first stops in the middle' wait_until 60 is_stopped situp
        mv /tmp/lab.ifup /tmp/lab.first
        start ifup he-ipv6
        holds 'the second waits' wait_until 60 says ifup 'waiting for lock'
        kill -CONT "${found_processes[0]}"
        ends 'the first' "$first" 0
        ends 'the second' "$pid" 0
        holds 'it had nothing to do' says ifup 'already configured'
        pings inet 2001:470:abcd:c70::1
        check ifdown ifdown he-ipv6
        state_is exactly 'nothing is left' "$nothing"
    done
}

test_situp_up_while_ifup_works() {
    prepared
    local first nothing good
    six v4tunnel
    see
    nothing=$STATE
    check ifup ifup he-ipv6
    see
    good=$STATE
    check ifdown ifdown he-ipv6
    # Between the hook and the method, where no situp is at work and no device is there yet.
    mkfifo /run/lab/gate 2>/dev/null
    printf '#!/bin/sh\n: >/run/lab/arrived\nread -r word </run/lab/gate\n' >/etc/network/if-pre-up.d/zz-lab-gate
    chmod +x /etc/network/if-pre-up.d/zz-lab-gate
    rm -f /run/lab/arrived
    : >$waits
    start ifup he-ipv6
    first=$pid
    holds 'ifup is between hook and method' wait_until 60 test -e /run/lab/arrived
    start situp up he-ipv6
    holds 'situp up waits' wait_until 60 somebody_waits
    no_link he-ipv6
    echo go >/run/lab/gate
    ends ifup "$first" 0
    ends 'situp up' "$pid" 0
    state_is alike 'all is there' "$good"
    check ifdown ifdown he-ipv6
    state_is exactly 'nothing is left' "$nothing"
    rm /etc/network/if-pre-up.d/zz-lab-gate

    six manual
    arm stop 4
    start ifup he-ipv6
    first=$pid
    holds 'ifup stops in its hook' wait_until 60 is_stopped situp
    start situp up he-ipv6
    holds 'situp up waits' wait_until 60 somebody_waits
    kill -CONT "${found_processes[@]}"
    ends ifup "$first" 0
    ends 'situp up' "$pid" 0
    pings inet 2001:470:abcd:c70::1
    check ifdown ifdown he-ipv6
    state_is exactly 'nothing is left' "$nothing"

    # In an `up` line it is ifup that waits.
    echo '    up situp up he-ipv6' >>/etc/network/interfaces.d/he-ipv6
    check 'ifup, whose stanza says situp up' ifup he-ipv6
    took_under 60000
    pings inet 2001:470:abcd:c70::1
    check ifdown ifdown he-ipv6
    state_is exactly 'nothing is left' "$nothing"
}

test_ifdown_while_ifup_waits_for_the_metadata_service() {
    prepared
    local method nothing first
    conf <<END
[metadata]
timeout = 30
END
    for method in manual v4tunnel; do
        six $method
        sed -i "s/v4tunnel-local .*/v4tunnel-local ec2/" /etc/network/interfaces.d/he-ipv6
        see
        nothing=$STATE
        imds down
        start ifup he-ipv6
        first=$pid
        holds 'ifup waits' wait_until 60 runs situp-net
        start ifdown he-ipv6
        holds 'ifdown waits for it' wait_until 60 says ifdown 'waiting for lock'
        imds v2
        ends 'ifup' "$first" 0
        ends 'ifdown' "$pid" 0
        state_is exactly 'nothing is left' "$nothing"

        # Where ifup itself was killed, its children go on; ifdown ends them.
        imds down
        start ifup he-ipv6
        holds 'ifup waits again' wait_until 60 runs situp-net
        kill -KILL "$pid"
        wait "$pid" 2>/dev/null
        check 'ifdown, after ifup was killed' ifdown he-ipv6
        took_under 60000
        holds 'nobody goes on asking' wait_until 5 not runs situp-net
        imds v2
        state_is exactly 'nothing is left' "$nothing"
        check 'the next ifup' ifup he-ipv6
        pings i1 2001:470:1f04:1::1
        check ifdown ifdown he-ipv6
        state_is exactly 'nothing is left' "$nothing"
    done
}

test_ifdown_when_ifup_was_killed_in_the_middle() {
    prepared
    local method nothing
    for method in manual v4tunnel; do
        six $method
        see
        nothing=$STATE
        # manual: the device is there, and its record doesn't know its index yet. v4tunnel: half of it is put right.
        arm stop "$([[ $method == manual ]] && echo 4 || echo 5)"
        start ifup he-ipv6
        holds 'ifup stops in the middle' wait_until 60 is_stopped situp
        has_link he-ipv6
        # Its process group is orphaned then, and the kernel hangs up on those in it that are stopped.
        kill -KILL "$pid"
        wait "$pid" 2>/dev/null
        check ifdown ifdown he-ipv6
        state_is exactly 'nothing is left' "$nothing"
        check 'the next ifup' ifup he-ipv6
        pings inet 2001:470:abcd:c70::1
        check ifdown ifdown he-ipv6
        state_is exactly 'nothing is left' "$nothing"
    done
}

test_the_helper_goes_with_situp() {
    prepared
    six manual
    sed -i "s/v4tunnel-local .*/v4tunnel-local ec2/" /etc/network/interfaces.d/he-ipv6
    conf <<END
[metadata]
timeout = 30
END
    imds blackhole
    start situp up he-ipv6
    holds 'situp asks' wait_until 60 runs situp-net
    kill -KILL "$pid"
    wait "$pid" 2>/dev/null
    holds 'its helper is gone' wait_until 10 not runs situp-net
    imds v2
    check 'the next one' situp up he-ipv6
    pings i1 2001:470:1f04:1::1
}
