# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# situpd asks the far end now and then: it notices silence, and keeps the state of a NAT.

he_ipv6() { # he_ipv6 OPTION…
    {
        cat <<'END'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    v4tunnel-local ec2
END
        printf '    %s\n' "$@"
    } | stanza he-ipv6
}

asked_again() { (($(imds count '^GET /latest/meta-data/local-ipv4') >= 2)); }
test_the_far_end_is_asked_and_its_silence_noticed() {
    he_ipv6 'v4tunnel-keepalive 2'
    daemon
    check ifup ifup he-ipv6
    holds 'the record wants situpd' test -e /run/situp/.upkeep/he-ipv6
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 answers'
    soon 'the round trip is kept' 5 live_has he-ipv6 '^samples [0-9]+'
    check 'situp status shows it' situp status he-ipv6
    stdout_has 'alive since '
    stdout_has ', 2001:470:1f04:1::1, round trip '
    asked 1 '^GET /latest/meta-data/local-ipv4' # what up has found out isn't asked again
    # the broker is silent, and speaks again
    on he ip link set tun-10 down
    daemon_says 'he-ipv6: 2001:470:1f04:1::1 does not answer any more' 20
    soon 'and that is known' 5 live_has he-ipv6 '^health dead'
    refuse 'situp status says so' 1 situp status --json he-ipv6
    fits_schema status
    holds 'and that it is degraded' jq -e '.[0] | .state == "degraded" and .keepalive.health == "dead" and
        .trouble[0] == "2001:470:1f04:1::1 does not answer through the tunnel"' <<<"$OUT"
    soon 'what could have changed is looked for' 10 asked_again
    on he ip link set tun-10 up
    on he ip -batch - <<'END'
address replace 2001:470:1f04:1::1/64 dev tun-10
route replace 2001:470:abcd:c70::/64 via 2001:470:1f04:1::2 dev tun-10
END
    soon 'it answers again' 40 live_has he-ipv6 '^health alive'
    check ifdown ifdown he-ipv6
    soon 'nobody is looked after any more' 5 not test -e /run/situp/live/he-ipv6
    holds 'nor wants to be' not test -e /run/situp/.upkeep/he-ipv6
}

status_is() { # status_is STATE FILTER: of he-ipv6, as JSON; whoever asks
    local as
    for as in 0 65534; do
        run setpriv --reuid $as --clear-groups situp status --json he-ipv6
        fits_schema status
        holds "status is $1 for user $as, and $2" jq -e ".[0] | .state == \"$1\" and .unseen == [] and ($2)" <<<"$OUT"
    done
}
test_nothing_is_said_to_be_alive_once_situpd_is_gone() {
    he_ipv6 'v4tunnel-keepalive 2'
    daemon
    check ifup ifup he-ipv6
    soon 'the far end answers' 10 live_has he-ipv6 '^health alive'
    soon 'and the round trip is kept' 5 live_has he-ipv6 '^samples [0-9]+'
    status_is up '.keepalive.health == "alive"'
    end_daemon KILL
    holds 'what it knew is left' live_has he-ipv6 '^health alive'
    touch /run/situp/he-ipv6
    check 'what has just come up may wait for situpd' situp status he-ipv6
    touch -d '1 minute ago' /run/situp/he-ipv6
    refuse 'later it is wrong' 1 situp status he-ipv6
    stdout_has '  wrong         situpd does not run, so nobody looks after it: systemctl start situpd'
    is 'nothing is said of now' "$(grep -E 'alive since|round trip' <<<"$OUT")" ''
    stdout_has 'ago: 2001:470:1f04:1::1 answers'
    status_is degraded '.keepalive == null and (.trouble[0] | startswith("situpd does not run"))'
    refuse 'the table shows no round trip' 1 situp status
    holds 'it does not' grep -Eq ' -  +situpd does not run' <<<"$OUT"
    he_ipv6
    sed -i 's/v4tunnel-local ec2/v4tunnel-local 172.31.14.146/' /etc/network/interfaces.d/he-ipv6
    check 'a tunnel that wants nobody' situp up he-ipv6
    touch -d '1 minute ago' /run/situp/he-ipv6
    check 'is fine without it' situp status he-ipv6
    check ifdown ifdown he-ipv6
}

# A NAT without a rule for what comes from outside: only its memory of what went out lets answers in.
nat_with_memory() { # nat_with_memory SECONDS
    on vpc nft -f - <<'END'
flush chain ip elastic incoming
add rule ip elastic forward iifname "internet" ct state new drop
END
    on vpc sysctl -qw net.netfilter.nf_conntrack_generic_timeout="$1"
    on vpc conntrack -F 2>/dev/null
}
nat_without_memory() {
    on vpc sysctl -qw net.netfilter.nf_conntrack_generic_timeout=600
    nat_leads_to 172.31.14.146
}
nat_remembers() { [[ $(on vpc conntrack -L -p 41 2>/dev/null) ]]; }
answered() { # answered COUNT: a condition
    (($(</sys/class/net/he-ipv6/statistics/rx_packets) >= $1))
}

test_a_nat_forgets_a_silent_tunnel_and_remembers_one_with_a_keepalive() {
    nat_with_memory 10
    he_ipv6
    check 'ifup, without a keepalive' ifup he-ipv6
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:1f04:1::2
    soon 'the NAT forgets it' 20 not nat_remembers
    no_ping inet 2001:470:1f04:1::2

    daemon
    he_ipv6 'v4tunnel-keepalive 1'
    check 'a keepalive is added' situp up he-ipv6
    # longer than the NAT remembers
    soon 'it was asked for long' 30 answered 15
    pings inet 2001:470:1f04:1::2
    nat_without_memory
    check ifdown ifdown he-ipv6
}

# What an ifdown that was killed has left nobody looks after: a request for situpd that stayed would start it again and again.
test_a_tunnel_that_is_half_down_wants_nobody() {
    he_ipv6 'v4tunnel-keepalive 60'
    check ifup ifup he-ipv6
    holds 'the record wants situpd' test -e /run/situp/.upkeep/he-ipv6
    sed -i 's/^state up$/state going-down/' /run/situp/he-ipv6
    check 'situpd ends, as there is nobody to look after' /usr/libexec/situp/situpd
    holds 'and nothing wants another one' not test -e /run/situp/.upkeep/he-ipv6
    check ifdown ifdown he-ipv6
    no_link he-ipv6
}

test_a_keepalive_that_is_too_long_is_warned_of() {
    he_ipv6 'v4tunnel-keepalive 601'
    daemon
    check ifup ifup he-ipv6
    daemon_says 'he-ipv6: a keepalive of 601 s: .* write less'
    check ifdown ifdown he-ipv6
    he_ipv6 'v4tunnel-keepalive 0'
    refuse 'none at all' 1 ifup he-ipv6
    situp_says 'v4tunnel-keepalive: "0" is not a number of seconds from 1 to 86400, or off'
}
