# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A day of situpd's life, in each hour of which addresses change and change back, stanzas are edited, tunnels go down and up,
# and the far end is silent for a while. Memory and descriptors are those of the second hour, in the last one too.
# Clock: jumps
#
# Long: three quarters of an hour, so it runs only where it is named: SANITIZED=yes tests/lab/scenarios-run --jobs 1 --timeout 7200 91
# The second day is that of situp and situpd under the address sanitizer, which SANITIZED=yes builds.

: "${daemon_log:=}" "${daemon_pid:=}" # lib.sh's

tunnels() { # tunnels TTL
    stanza he-ipv6 <<END
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    gateway 2001:470:1f04:1::1
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local ec2
    v4tunnel-ttl $1
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64
    v4tunnel-keepalive 60
END
    stanza b <<END
iface b inet6 manual
    address 2001:db8:77::2/64
    v4tunnel-endpoint 10.9.0.1
    v4tunnel-local ec2
    v4tunnel-ttl $1
END
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10
END
}
address_is() { # address_is NEW OLD
    imds v2 set local-ipv4 "$1"
    address_becomes "$2" "$1"
}
# In this guest the clock counts instructions: a process is dear, and the local address of such a device is in /sys, too.
all_have_local() { # all_have_local HEX
    local name
    for name in he-ipv6 b isatap0; do [[ $(</sys/class/net/$name/address) == "$1" ]] || return; done
}
has_its_address() { [[ $(</proc/net/if_inet6) == *"200104701f0400010000000000000002 "*he-ipv6* ]]; }
resident() { # KiB
    local key value
    while read -r key value _; do [[ $key == VmRSS: ]] && echo "$value"; done <"/proc/$daemon_pid/status"
}
descriptors() {
    local open=("/proc/$daemon_pid"/fd/*)
    echo ${#open[@]}
}
wrong=()
exec {told}>&1
must() { # must WHAT SECONDS COMMAND…: within that time; a day has too many of them for a line each
    local what=$1 seconds=$2
    shift 2
    done_things=$((done_things + 1))
    until "$@" >/dev/null 2>&1; do
        if ((seconds <= 0)); then
            wrong+=("hour $hour: $what: $(tail -qn 3 "$daemon_log")")
            echo "# ${wrong[-1]}" >&"$told"
            return
        fi
        pause 1
        seconds=$((seconds - 1))
    done
}

hour_passes() {
    local end=$((${EPOCHREALTIME/.*/} + 3600))
    imds clear
    address_is 172.31.14.150 172.31.14.146
    must 'the address is followed' 60 all_have_local ac:1f:0e:96
    address_is 172.31.14.146 172.31.14.150
    must 'and back' 120 all_have_local ac:1f:0e:92
    tunnels $((60 + hour))
    must 'an edit is carried out' 0 situp up he-ipv6
    must 'b is edited, too' 0 ifdown b
    must 'and up' 0 ifup b
    must 'situpd looks after it' 60 live_has b '^right-at'
    must 'ISATAP goes' 0 situp down isatap0
    must 'it is forgotten' 60 not test -e /run/situp/live/isatap0
    must 'and comes' 0 situp up isatap0
    ip link set he-ipv6 down
    ip link set he-ipv6 up
    must 'its address is put back' 120 has_its_address
    kill -HUP "$daemon_pid"
    on vpc nft -f - <<<'table ip lab { chain forward { type filter hook forward priority -1; ip protocol 41 drop; }; }'
    must 'the far end is dead' 200 live_has he-ipv6 '^health dead'
    pause 300
    on vpc nft delete table ip lab
    must 'it is alive' 60 live_has he-ipv6 '^health alive'
    must 'status has nothing to tell' 5 situp status
    # Looking often would take most of the time that the rest takes.
    pause $((end - ${EPOCHREALTIME/.*/}))
}

a_day() { # a_day SITUPD
    local hour done_things=0 memory=() open=() most=0
    wrong=()
    tunnels 60
    # The clock jumps while a program is read from the disk: so each is run once before.
    run situp up he-ipv6 b isatap0
    run situp down he-ipv6 b isatap0
    check 'situp up' situp up he-ipv6 isatap0
    check 'ifup' ifup b
    "$1" --stay >>"$daemon_log" 2>&1 </dev/null &
    daemon_pid=$!
    wait_until 60 daemon_is_ready
    for ((hour = 1; hour <= 24; hour++)); do
        hour_passes
        memory[hour]=$(resident) open[hour]=$(descriptors)
        echo "# hour $hour: ${memory[hour]} KiB resident, ${open[hour]} descriptors, ${#wrong[@]} wrong"
    done
    for ((hour = 3; hour <= 24; hour++)); do ((memory[hour] <= most)) || most=${memory[hour]}; done
    if ((${#wrong[@]} == 0)); then ok "$done_things events of a day"; else
        not_ok "$done_things events of a day" "${#wrong[@]} wrong: $(printf '%s\n' "${wrong[@]:0:8}")"
    fi
    holds "its memory does not grow after the second hour: ${memory[2]} KiB then, $most at most" test "$most" -le $((memory[2] * 21 / 20))
    is 'descriptors are as many as in the second hour' "${open[24]}" "${open[2]}"
    check 'ifdown' ifdown b
    check 'situp down' situp down he-ipv6 isatap0
    kill "$daemon_pid"
    wait "$daemon_pid"
    is 'situpd ends well' $? 0
    daemon_pid=
}

test_a_day() { a_day /usr/libexec/situp/situpd; }

test_a_day_under_the_sanitizer() {
    local sanitized=/usr/local/lib report reports=''
    [[ -x $sanitized/situpd-sanitized ]] || { not_ok 'the sanitized programs are there' 'SANITIZED=yes makes them'; return; }
    mount --bind "$sanitized/situp-sanitized" /usr/bin/situp
    # Freed memory is given back soon, or the sanitizer's own would grow for days.
    export ASAN_OPTIONS=detect_leaks=1:quarantine_size_mb=1:log_path=/run/lab/sanitizer UBSAN_OPTIONS=log_path=/run/lab/sanitizer
    a_day "$sanitized/situpd-sanitized"
    unset ASAN_OPTIONS UBSAN_OPTIONS
    umount /usr/bin/situp
    for report in /run/lab/sanitizer.*; do [[ ! -e $report ]] || reports+=$(head -c 1500 "$report"); done
    is 'the sanitizers report nothing' "$reports" ''
}
