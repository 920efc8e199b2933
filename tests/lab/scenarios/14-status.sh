# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 14: status, against what the kernel has. How it looks is pinned by unit tests.

: "${daemon_pid:=}" # lib.sh's

he_ipv6() {
    stanza he-ipv6 <<'END_OF_STANZA'
auto he-ipv6
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    v4tunnel-local ec2
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64
END_OF_STANZA
}

status_is() { # status_is STATE OK-STATUS FILTER: of he-ipv6, as JSON
    if (($2 == 0)); then check "status is $1" situp status --json he-ipv6; else refuse "status is $1" "$2" situp status --json he-ipv6; fi
    fits_schema status
    holds "$1, and $3" jq -e ".[0] | .state == \"$1\" and ($3)" <<<"$OUT"
}

test_words_of_other_programs() {
    he_ipv6
    refuse 'the status' 1 situp status
    local table=$OUT
    for words in '' show list; do
        # shellcheck disable=SC2086  # none, or one
        refuse "situp $words is the status" 1 situp $words
        is "situp $words is the status: the same" "$OUT" "$table"
    done
    refuse 'situp show NAME' 1 situp show he-ipv6
    stdout_has 'he-ipv6: down'
    refuse 'another word for it' 2 situp logs
    situp_says 'situp: logs: no such command: journalctl -u situpd shows the log; situp --help lists the commands'
    refuse 'an option of other programs' 2 situp up --dry-run he-ipv6
    situp_says 'situp: --dry-run: situp up has no such option: situp plan prints what up would do'
    refuse '--watch in a pipe' 2 situp status --watch
    situp_says 'situp: --watch: needs a terminal on standard output: leave it out'
    check 'a plan as JSON' situp plan --json he-ipv6
    fits_schema plan
    holds 'it begins with the device' jq -e '.[0].name == "he-ipv6" and (.[0].commands[0] | startswith("ip link add"))' <<<"$OUT"
    check 'what up does, as JSON' situp up --json he-ipv6
    fits_schema plan
    holds 'it has changed the host' jq -e '.[0] | .changed and (.commands | length) > 0' <<<"$OUT"
    check 'a second time' situp up --json he-ipv6
    holds 'it has changed nothing' jq -e '.[0] | .changed == false and .commands == []' <<<"$OUT"
    refuse 'what down does, and a name that is not there' 3 situp down --json he-ipv6 he-ivp6
    fits_schema plan
    holds 'both' jq -e '(.[0] | .name == "he-ipv6" and .changed) and (.[1].error | startswith("he-ivp6: "))' <<<"$OUT"
    check 'an address as JSON' situp address --json ec2
    is 'address and source' "$OUT" '{"address":"172.31.14.146","source":"ec2"}'
}

test_watch_shows_the_status_until_it_is_interrupted() {
    he_ipv6
    check ifup ifup he-ipv6
    : >/run/lab/watched
    NO_COLOR=1 script -qfc 'exec situp status --watch' /run/lab/watched </dev/null >/dev/null 2>&1 &
    soon 'it shows the tunnel' 10 grep -q 'he-ipv6  up' /run/lab/watched
    ip link set he-ipv6 mtu 1400
    soon 'it shows what changes' 10 grep -q 'he-ipv6  drifted' /run/lab/watched
    kill "$!"
    wait "$!"
    check ifdown ifdown he-ipv6
}

test_a_tunnel_from_before_it_is_up_until_it_is_gone() {
    snapshot
    check 'nothing at all' situp status
    stderr_has 'there is no tunnel'
    he_ipv6
    status_is down 1 '.ok == false and .local_sources == "ec2" and .local == null'
    daemon
    check ifup ifup he-ipv6
    soon 'it is looked after' 5 test -e /run/situp/live/he-ipv6
    kill -STOP "$daemon_pid" # it is there, and puts nothing right
    imds reset
    status_is up 0 '.ok and .owner == "ifup" and .local == "172.31.14.146" and .remote == "216.66.80.26" and .mtu == 1480 and
        (.addresses | index("2001:470:1f04:1::2/64")) and .lan == ["eth0 2001:470:abcd:c70::1/64"] and
        .routes == ["default via 2001:470:1f04:1::1 metric 1024"]'
    pings i1 2001:db8:cafe::1
    status_is up 0 '.counters.rx_packets > 0 and .counters.tx_packets > 0'
    asked 0 .
    check 'without privilege the same is seen' setpriv --reuid 65534 --clear-groups situp status --json he-ipv6
    holds 'it is' jq -e '.[0] | .state == "up" and .unseen == [] and (.addresses | length) == 2' <<<"$OUT"

    ip link set dev he-ipv6 mtu 1400
    status_is drifted 1 '.differs == ["ip link set dev he-ipv6 mtu 1480"]'
    check 'the same as planned' situp plan he-ipv6
    stdout_is 'ip link set dev he-ipv6 mtu 1480'
    check 'put right' situp up he-ipv6
    ip -6 address del 2001:470:abcd:c70::1/64 dev eth0
    status_is drifted 1 '(.differs | length) == 1 and .lan == []'
    check 'put right' situp up he-ipv6
    status_is up 0 '.ok'

    ip -4 address del 172.31.14.146/20 dev eth0
    status_is degraded 1 '.trouble[0] | startswith("no interface of this host holds 172.31.14.146")'
    ip -4 address add 172.31.14.146/20 brd + dev eth0
    ip -4 route add default via 172.31.0.1 dev eth0

    stanza he-ipv6 <<<"$(</etc/network/interfaces.d/he-ipv6)"$'\n    v4tunnel-ttl 64'
    status_is drifted 1 '.trouble[0] | startswith("the stanza has been edited since")'
    he_ipv6
    refuse 'a table, with a second tunnel that is not up' 1 situp status --interfaces <(
        cat /etc/network/interfaces.d/he-ipv6
        printf 'auto he-2\niface he-2 inet6 manual\n  v4tunnel-endpoint 216.66.80.30\n'
    )
    stdout_has 'NAME     STATE'
    stdout_has 'he-2     down'
    refuse 'a name that is nearly right' 3 situp status he-ivp6
    stderr_has 'did you mean he-ipv6?'
    check 'by the name of its stanza, too' situp status he-ipv6=he-ipv6
    sed 's/he-ipv6/home/; s/::2/::3/' /etc/network/interfaces.d/he-ipv6 | stanza home
    refuse 'beside another stanza' 1 situp status he-ipv6=home
    stdout_has '  wrong         the stanza has been edited since: situp plan he-ipv6=home shows what would change'
    check 'what is not up, by a stanza of another name' situp status he-2=home
    stdout_has 'he-2: down'
    refuse 'a stanza that is nearly there' 3 situp status he-2=hmoe
    stderr_has 'did you mean home?'
    rm /etc/network/interfaces.d/home

    ip link delete dev he-ipv6
    status_is down 1 '.trouble[0] == "somebody has deleted the device: ifdown and ifup he-ipv6 make it anew"'
    run ifdown he-ipv6
    status_is down 1 '.owner == null'
    kill -CONT "$daemon_pid"
    soon 'nobody is looked after any more' 5 not test -e /run/situp/live/he-ipv6
    same_as_snapshot
}

metric() { # metric WHAT SERIES WANTED: of all tunnels, as a user without privilege sees them
    local metrics
    metrics=$(setpriv --reuid 65534 --clear-groups situp status --prometheus) || metrics="status $?"
    is "$1: $2" "$(grep -F "$2 " <<<"$metrics" | tail -n 1)" "$2 $3"
}

far_end_answers() { situp status --prometheus | grep -qF 'situp_keepalive_alive{device="he-ipv6"} 1'; }
changes() { situp status --prometheus | sed -n 's/^situp_tunnel_changes_total{device="he-ipv6"} //p'; }
changed_since() { (($(changes) > $1)); } # changed_since CHANGES

test_monitoring_programs_see_what_becomes_of_a_tunnel() {
    he_ipv6
    refuse 'not up' 2 situp status --nagios
    stdout_is "SITUP CRITICAL: he-ipv6 down (it is to be up and is not: bring it up) | 'tunnels'=1 'wrong'=1"
    check 'metrics, of a tunnel that is down as well' situp status --prometheus
    metric 'not up' 'situp_tunnel_ok{device="he-ipv6"}' 0
    metric 'without a daemon' situp_situpd_running 0
    sed -i 's/v4tunnel-lan .*/v4tunnel-keepalive 2/' /etc/network/interfaces.d/he-ipv6
    daemon
    check ifup ifup he-ipv6
    soon 'the far end answers' 10 far_end_answers
    check 'it is up' situp status --nagios
    stdout_has 'SITUP OK: he-ipv6 up | '
    stdout_has "'he-ipv6 rtt'="
    metric up 'situp_tunnel_ok{device="he-ipv6"}' 1
    metric up 'situp_tunnel_state{device="he-ipv6",state="up"}' 1
    metric up situp_situpd_running 1
    metric up 'situp_tunnel_mtu_bytes{device="he-ipv6"}' 1480
    local before
    before=$(changes)
    ip -6 route delete default dev he-ipv6
    soon 'a repair is counted' 10 changed_since "$before"
    kill -STOP "$daemon_pid"
    ip link set dev he-ipv6 mtu 1400
    refuse 'another MTU' 1 situp status --nagios he-ipv6
    stdout_has 'SITUP WARNING: he-ipv6 drifted (situp plan he-ipv6 shows what differs) | '
    kill -CONT "$daemon_pid"
    check ifdown ifdown he-ipv6
}

test_the_source_that_answered_is_known() {
    he_ipv6
    sed -i 's/v4tunnel-local .*/v4tunnel-local ec2 interface:eth0/' /etc/network/interfaces.d/he-ipv6
    imds down
    daemon
    check ifup ifup he-ipv6
    status_is up 0 '.local_sources == "ec2 interface:eth0" and .local_source == "interface:eth0"'
    imds v2
    check 'the first one is there' situp up he-ipv6
    status_is up 0 '.local_source == "ec2"'
    check ifdown ifdown he-ipv6
}

test_a_mistake_that_hides_stanzas_is_wrong() {
    local json
    he_ipv6
    sed -i 's/gateway .*/gateway/' /etc/network/interfaces.d/he-ipv6
    for json in '' --json; do
        # shellcheck disable=SC2086 # no word, or one
        refuse "all tunnels, ${json:-as a table}" 1 situp status $json
        situp_says 'situp: /etc/network/interfaces.d/he-ipv6:6: option "gateway" has no value: ifupdown needs one'
        is 'there may be tunnels' "$(grep 'there is no tunnel' <<<"$ERR")" ''
    done
    refuse 'this one' 3 situp status he-ipv6
    stderr_has 'situp: he-ipv6: nothing of this name is up, and a mistake in the file may hide its stanza: correct it first'
    is 'it is not asked whether it was meant' "$(grep 'did you mean' <<<"$ERR")" ''
}

test_isatap_errors_are_explained() {
    stanza isatap0 <<'END_OF_STANZA'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-routers 172.31.0.10
END_OF_STANZA
    check 'down, and nobody wants it up' situp status
    daemon
    check up situp up isatap0
    # A next hop that is no ISATAP address.
    ip -6 route add 2001:db8:77::/64 dev isatap0
    ping -n -c 1 -w 1 2001:db8:77::1 >/dev/null 2>&1
    check details situp status isatap0
    stdout_has '  router        172.31.0.10'
    stdout_has 'brought up    by situp'
    stdout_has ': packets whose next hop is no ISATAP address: a route needs via fe80::5efe:A.B.C.D'
    check 'down' situp down isatap0
}
