# shellcheck shell=bash disable=SC2153,SC2154  # run sets STATUS, and lib.sh processors
# SPDX-License-Identifier: GPL-2.0-or-later
# ISATAP across subnets: i1 and i2 are in one subnet, i3 is behind the VPC's router. The kernel keeps one next hop for all
# destinations of a tunnel without a remote end, one on each processor: situp makes it the gateway.
# Processors: 2 instances_in_two_subnets

isatap_on() { # isatap_on INSTANCE… <options: the stanza of isatap0 there, and up
    local text where
    text=$(</dev/stdin)
    for where; do
        stanza on "$where" isatap0 <<<"iface isatap0 inet6 manual"$'\n'"    isatap-prefix 2002:ca0c:1e01::/64"$'\n'"$text"
        check "$where: ifup" on "$where" ifup isatap0
    done
}
at() { # at INSTANCE: sets `to`, its ISATAP address
    case $1 in i1) to=172.31.14.146 ;; i2) to=172.31.14.147 ;; i3) to=172.31.48.20 ;; esac
    to=2002:ca0c:1e01::5efe:$to
}
# On each processor, first a neighbour, then a host behind the router, and the other way round.
all_reach_all() {
    local from there cpu to
    for cpu in "${processors[@]}"; do
        for from in i1 i2 i3; do
            for there in i1 i2 i3 i2 i1; do
                [[ $from != "$there" ]] || continue
                at "$there"
                holds "processor $cpu: $from reaches $there" on "$from" taskset -c "$cpu" ping -n -c 1 -w 5 -i 0.2 "$to"
            done
        done
    done
}
rule_count() { ip rule show | grep -c "$1"; } # rule_count PATTERN

test_instances_in_two_subnets_reach_each_other() {
    local where
    for where in i1 i2 i3; do snapshot "$where"; done
    isatap_on i1 i2 i3 </dev/null
    kernel_has 'the tunnel has the mark' '.[0].linkinfo.info_data.fwmark == "0x736974"' -d link show dev isatap0
    kernel_has 'one rule, for the mark' '[.[] | select(.fwmark == "0x736974" and .priority == 41)] | length == 1' rule show
    kernel_has 'one route, by the gateway' 'length == 1 and .[0].dst == "default" and .[0].gateway == "172.31.0.1" and .[0].dev == "eth0"' \
        -4 route show table 7563636
    is 'the router sends redirects, too' "$(on vpc cat /proc/sys/net/ipv4/conf/br0/send_redirects)" 1
    all_reach_all
    run situp plan isatap0
    stdout_is ''
    run situp status isatap0
    stdout_has 'next hop      172.31.0.1 by eth0 (mark 0x736974, table 7563636)'
    run situp status --json
    fits_schema status
    holds 'it has the next hop' jq -e '.[0].next_hop | .by == "gateway" and .gateway == "172.31.0.1" and .table == 7563636' <<<"$OUT"
    for where in i1 i2 i3; do
        check "$where: ifdown" on "$where" ifdown isatap0
        same_as_snapshot "$where"
    done
}

test_without_it_the_kernel_loses_one_of_the_two_and_doctor_says_so() {
    local to
    conf <<<$'[tunnel]\nnext-hop = kernel'
    isatap_on i1 i2 i3 </dev/null
    is 'no rule for a mark' "$(rule_count fwmark)" 0
    at i2
    holds 'the neighbour answers' taskset -c 0 ping -n -c 1 -w 5 "$to"
    at i3
    holds 'the host behind the router does not' not taskset -c 0 ping -n -c 1 -w 2 "$to"
    run situp status isatap0
    stdout_has 'next hop      the kernel'
    stdout_has 'next-hop = gateway'
    wait_until 10 stale_neighbour || not_ok 'the neighbour is INCOMPLETE or FAILED' "$(ip neigh)"
    refuse 'doctor' 1 situp doctor isatap0
    stdout_has '172.31.48.20'
    stdout_has 'verdict: isatap0: the kernel sends'
    stdout_has 'next-hop = gateway'
    conf <<<$'[tunnel]\nnext-hop = gateway'
    check 'situp up makes it' situp up isatap0
    holds 'now it does' taskset -c 0 ping -n -c 1 -w 5 "$to"
    run situp doctor isatap0
    stdout_lacks '172.31.48.20'
}
stale_neighbour() { [[ $(ip neigh show 172.31.48.20) =~ INCOMPLETE|FAILED ]]; }

# The way to the broker is another router's: what is not ISATAP's is left alone.
test_a_6in4_tunnel_of_the_same_address_keeps_its_route() {
    ip route add 216.66.80.26/32 via 172.31.0.2 dev eth0
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local ec2
END
    check 'the broker' situp up he-ipv6
    isatap_on i1 i3 </dev/null
    run ip -j route get 216.66.80.26 from 172.31.14.146
    stdout_has '"gateway":"172.31.0.2"'
    pings i1 2001:470:1f04:1::1
    pings i1 2002:ca0c:1e01::5efe:172.31.48.20
    ip route del 216.66.80.26/32
}

test_where_all_have_one_next_hop_there_is_nothing_to_make() {
    # GCE's way: a /32, and the gateway on the link
    ip address add 172.31.15.200/32 dev eth0
    ip link add name card0 type dummy
    ip -batch - <<'END'
link set dev card0 up
address add 10.66.0.7/32 dev card0
route add 10.66.0.1 dev card0
route add 10.66.0.0/16 via 10.66.0.1 dev card0
END
    conf <<<$'[tunnel]\nnext-hop = gateway'
    isatap_on i1 <<<'    isatap-local 10.66.0.7'
    is 'no rule' "$(rule_count fwmark)" 0
    run situp status isatap0
    stdout_lacks 'next hop'
    check ifdown ifdown isatap0
    # and without any gateway
    ip -batch - <<'END'
route del 10.66.0.0/16
address add 10.66.0.7/16 dev card0
END
    check 'ifup without a gateway' ifup isatap0
    is 'no rule' "$(rule_count fwmark)" 0
    check ifdown ifdown isatap0
    ip -batch - <<'END'
link del dev card0
address del 172.31.15.200/32 dev eth0
END
}

# eth1's own gateway is in a table of its own, as EC2's tools set it up.
test_the_gateway_is_that_of_the_local_address() {
    isatap_on i1 <<<'    isatap-local ec2:eth1'
    kernel_has 'eth1'"'"'s gateway' '.[0].gateway == "172.31.32.1" and .[0].dev == "eth1"' -4 route show table 7563636
    isatap_on i3 </dev/null
    pings i1 2002:ca0c:1e01::5efe:172.31.48.20 -I 2002:ca0c:1e01::5efe:172.31.32.10
    # A second one beside it, on eth0, has numbers of its own.
    stanza isatap1 <<'END'
iface isatap1 inet6 manual
    isatap-prefix 2002:ca0c:1e02::/64
END
    check 'ifup' ifup isatap1
    kernel_has 'the next table' '.[0].gateway == "172.31.0.1"' -4 route show table 7563637
    kernel_has 'two rules' '[.[] | select(.priority == 41)] | length == 2' rule show
    check 'ifdown' ifdown isatap0
    kernel_has 'the other one stays' '[.[] | select(.priority == 41 and .fwmark == "0x736975")] | length == 1' rule show
    check 'ifdown' ifdown isatap1
    is 'none is left' "$(rule_count fwmark)" 0
}

test_numbers_of_other_programs_are_stepped_around() {
    ip rule add fwmark 0x736900/0xffffff00 lookup 900 preference 500
    ip rule add from all lookup 901 preference 41
    ip route add default via 172.31.0.1 dev eth0 table 7563637
    conf <<<$'[tunnel]\nnext-hop-table = 7563380\nnext-hop-mark = 0x736874'
    snapshot
    isatap_on i1 </dev/null
    kernel_has 'before the rule for all' '[.[] | select(.priority == 40 and .fwmark == "0x736874")] | length == 1' rule show
    check ifdown ifdown isatap0
    conf <<<''
    check 'ifup' ifup isatap0
    kernel_has 'a mark that the mask does not take' '[.[] | select(.priority == 40 and .fwmark == "0x736a00")] | length == 1' rule show
    check ifdown ifdown isatap0
    conf <<<$'[tunnel]\nnext-hop-table = 7563380\nnext-hop-mark = 0x736874'
    same_as_snapshot
    ip rule del preference 500
    ip rule del preference 41
    ip route flush table 7563637
}

test_situpd_follows_the_gateway() {
    isatap_on i1 i2 i3 </dev/null
    daemon
    # the router has a second address, and a DHCP renewal says so
    on vpc ip address add 172.31.0.77/20 dev br0
    ip route replace default via 172.31.0.77 dev eth0
    soon 'the table leads there' 10 table_leads_to 172.31.0.77
    daemon_says 'put right: ip route replace default via 172.31.0.77'
    pings i1 2002:ca0c:1e01::5efe:172.31.48.20
    # what a network manager does when it is restarted: foreign rules go
    ip rule del preference 41
    soon 'the rule is back' 10 has_rule
    ip route flush table 7563636
    soon 'the route is back' 10 table_leads_to 172.31.0.77
    # no gateway: no next hop of situp's. The metadata service is behind the gateway, too.
    ip route add 169.254.169.254/32 dev eth0
    ip route del default
    soon 'without a gateway it is gone' 10 not has_rule
    ip route add default via 172.31.0.1 dev eth0
    soon 'and back' 10 table_leads_to 172.31.0.1
    soon 'with its rule' 10 has_rule
    ip route del 169.254.169.254/32
    on vpc ip address del 172.31.0.77/20 dev br0
    pings i1 2002:ca0c:1e01::5efe:172.31.48.20
    pings i1 2002:ca0c:1e01::5efe:172.31.14.147
}
table_leads_to() { [[ $(ip route show table 7563636 2>/dev/null) == "default via $1 dev eth0"* ]]; }
has_rule() { [[ $(ip rule show) == *$'\n41:\tfrom all fwmark 0x736974 lookup 7563636'* ]]; }

test_the_setting_is_carried_out_in_place() {
    isatap_on i1 </dev/null
    conf <<<$'[tunnel]\nnext-hop = kernel'
    run situp plan isatap0
    stdout_has 'ip rule delete preference 41 fwmark 0x736974 lookup 7563636'
    stdout_has 'ip route delete default via 172.31.0.1 dev eth0 table 7563636'
    check 'up' situp up isatap0
    is 'no rule' "$(rule_count fwmark)" 0
    kernel_has 'no mark' '.[0].linkinfo.info_data.fwmark == null' -d link show dev isatap0
    run situp plan isatap0
    stdout_is ''
    # auto: an address that no metadata service has given, on a machine that is no cloud's
    conf <<<''
    isatap_on i1 <<<'    isatap-local interface:eth0'
    is 'no rule' "$(rule_count fwmark)" 0
    run situp status isatap0
    stdout_has 'next-hop = gateway'
    conf <<<$'[tunnel]\nnext-hop = always'
    refuse 'a wrong word' 3 situp up isatap0
    stderr_has "next-hop is 'always'; it takes auto, gateway or kernel"
}

test_a_lost_record_loses_no_rule() {
    snapshot
    isatap_on i1 </dev/null
    rm /run/situp/isatap0
    check 'up adopts it' situp up isatap0
    kernel_has 'still one rule' '[.[] | select(.priority == 41)] | length == 1' rule show
    rm /run/situp/isatap0
    check ifdown ifdown isatap0
    rm -f /etc/network/interfaces.d/isatap0
    same_as_snapshot
}

test_a_kernel_that_refuses_rules_gets_none() {
    [[ -f /usr/local/lib/faults.so ]] || { not_ok 'the payload has the faults' 'make it with make lab-payload'; return; }
    snapshot
    printf 'iface isatap0 inet6 manual\n    isatap-prefix 2002:ca0c:1e01::/64\n' | stanza isatap0
    check 'up all the same' with_faults refuse-rules 0 situp up -v isatap0
    stderr_has 'may be out of reach'
    is 'no rule' "$(rule_count fwmark)" 0
    kernel_has 'no mark' '.[0].linkinfo.info_data.fwmark == null' -d link show dev isatap0
    check 'down' situp down isatap0
    rm -f /etc/network/interfaces.d/isatap0
    same_as_snapshot
}

test_killed_at_each_step_it_leaves_nothing_that_down_does_not_find() {
    local n
    [[ -f /usr/local/lib/faults.so ]] || { not_ok 'the payload has the faults' 'make it with make lab-payload'; return; }
    snapshot
    for ((n = 1; n < 20; n++)); do
        printf 'iface isatap0 inet6 manual\n    isatap-prefix 2002:ca0c:1e01::/64\n' | stanza isatap0
        run with_faults kill-after "$n" situp up isatap0
        [[ "$STATUS" != 0 ]] || break
        check "killed after request $n: down" situp down isatap0
        rm -f /etc/network/interfaces.d/isatap0
        same_as_snapshot
    done
    holds "of $n requests, the last was the record" test "$n" -gt 6
    check 'down' situp down isatap0
    rm -f /etc/network/interfaces.d/isatap0
    same_as_snapshot
}
