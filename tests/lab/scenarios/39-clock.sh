# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The real clock is set, forward and back, and the machine sleeps.

: "${daemon_pid:=}" # lib.sh's

he_ipv6() { # he_ipv6 [OPTION…]
    {
        printf 'iface he-ipv6 inet6 manual\n    address 2001:470:1f04:1::2/64\n    gateway 2001:470:1f04:1::1\n'
        printf '    v4tunnel-endpoint 216.66.80.26\n    v4tunnel-local ec2\n'
        (($# == 0)) || printf '    %s\n' "$@"
    } | stanza he-ipv6
}
set_by=0
set_clock() { # set_clock SECONDS: by so many
    set_by=$((set_by + $1))
    date -s "@$(($(printf '%(%s)T') + $1))" >/dev/null
}
value() { # value KEY: its first word in what situpd knows
    local key value
    while read -r key value _; do [[ $key == "$1" ]] && echo "$value"; done </run/situp/live/he-ipv6
}
# The file of live has round trips once a minute only.
probes_are_more_than() { (($(pings_sent) > $1)); }
was_right_at_another_time_than() { [[ $(value right-at) != "$1" ]]; }
times_are_of_now() { # no time that situpd tells is hours away
    local text
    text=$(situp status he-ipv6)
    grep -q '^  as it is ' <<<"$text" && ! grep -E '^  (as it is|keepalive|seen right|event) .*[0-9] [hd]\>' <<<"$text"
}

# Only the clock tells situpd that something may have changed: no interface loses or gets an address when the metadata service
# names another one.
test_it_is_set_forward_and_back() {
    local by before
    he_ipv6 'v4tunnel-keepalive 2'
    check 'situp up' situp up he-ipv6
    ip address add 172.31.14.150/20 dev eth0
    daemon
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 answers' 20
    for by in 86400 -172800 400000000; do
        imds v2 set local-ipv4 172.31.14.150
        set_clock "$by"
        soon "set by $by s: situpd looks at the tunnel" 30 has_local he-ipv6 172.31.14.150
        soon 'times go with the clock' 30 times_are_of_now
        imds v2
        set_clock 5
        soon 'and again' 30 has_local he-ipv6 172.31.14.146
        before=$(pings_sent)
        soon 'probes go on' 30 probes_are_more_than $((before + 1))
        soon 'the far end is alive' 30 live_has he-ipv6 '^health alive'
    done
    check 'situp down' situp down he-ipv6
    soon 'it is forgotten' 20 not test -e /run/situp/live/he-ipv6
    ip address del 172.31.14.150/20 dev eth0
    set_clock $((-set_by))
}

# The record is of a time that is yet to come, which does not make the tunnel a new one.
test_it_was_set_back_before_situpd_began() {
    he_ipv6
    ip address add 172.31.14.150/20 dev eth0
    check 'situp up' situp up he-ipv6
    set_clock -3600
    imds v2 set local-ipv4 172.31.14.150
    daemon
    soon 'the address is followed' 30 has_local he-ipv6 172.31.14.150
    check 'status' situp status he-ipv6
    check 'situp down' situp down he-ipv6
    ip address del 172.31.14.150/20 dev eth0
    set_clock 3600
}

told() { is "the broker was told $1 ×" "$(broker count .)" "$1"; }
test_no_broker_is_told_again_for_it() {
    local by before
    account
    he_ipv6 'v4tunnel-broker he 123456'
    check 'situp up' situp up he-ipv6
    daemon
    daemon_says 'he-ipv6: broker: the broker has been told of 203.0.113.10' 30
    for by in 3600 -1800 86400; do
        before=$(value right-at)
        set_clock "$by"
        soon "set by $by s: situpd looks at the tunnel" 30 was_right_at_another_time_than "$before"
        check 'situp broker' situp broker he-ipv6
        situp_says 'nothing has changed'
        told 1
    done
    # A call that was made in the future puts off the next one as any other does, and no longer.
    set_clock -100000
    imds v2 set public-ipv4 203.0.113.20
    refuse 'another address, at once' 4 situp broker he-ipv6
    stderr_matches 'wait [0-9]{1,3} seconds'
    told 1
    check 'situp down' situp down he-ipv6
    set_clock $((-set_by))
}

# The time that the machine sleeps is none of the clock that situpd's timers go by.
test_the_machine_sleeps() {
    local before
    he_ipv6 'v4tunnel-keepalive 2'
    check 'situp up' situp up he-ipv6
    ip address add 172.31.14.150/20 dev eth0
    daemon
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 answers' 20
    imds v2 set local-ipv4 172.31.14.150
    check 'it sleeps, and the alarm of its own clock wakes it' rtcwake -u -m mem -s 10
    soon 'situpd looks at the tunnel' 30 has_local he-ipv6 172.31.14.150
    imds v2
    kill -HUP "$daemon_pid"
    soon 'and again' 30 has_local he-ipv6 172.31.14.146
    before=$(pings_sent)
    soon 'probes go on' 30 probes_are_more_than $((before + 1))
    soon 'the far end is alive' 30 live_has he-ipv6 '^health alive'
    check 'situp down' situp down he-ipv6
    ip address del 172.31.14.150/20 dev eth0
}
