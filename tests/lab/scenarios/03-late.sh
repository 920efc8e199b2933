# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 3: what a tunnel needs is not there yet, or never comes.

tunnel() { # tunnel NAME SOURCE [OPTION…]: each name has an endpoint of its own
    local name=$1 source=$2
    shift 2
    {
        printf 'auto %s\niface %s inet6 manual\n    v4tunnel-endpoint 198.51.100.%s\n    v4tunnel-local %s\n' \
            "$name" "$name" $((100 + ${name//[^0-9]/})) "$source"
        printf '    %s\n' "$@"
    } | stanza "$name"
}

timeouts() { # timeouts BY-HAND AT-BOOT
    printf '[metadata]\ntimeout = %s\nboot-wait = %s\n' "$1" "$2" | conf
}

local_is() { # local_is NAME ADDRESS
    kernel_has "$1 has the local address $2" ".[0].linkinfo.info_data.local == \"$2\"" -d link show dev "$1"
}

test_ifup_waits_for_the_service() {
    tunnel t1 ec2
    imds appear-after 1
    check 'ifup, with what situp waits by itself' ifup t1
    is 'and it says nothing' "$ERR$OUT" ''
    local_is t1 172.31.14.146
    asked 1 '^PUT'
    asked 1 '^GET'
    tunnel t2 ec2:eth1
    timeouts 60 0
    imds blackhole appear-after 1
    check 'also where packets are dropped' ifup t2
    local_is t2 172.31.32.10
}

test_ifup_gives_up_in_time() {
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    v4tunnel-local ec2
END
    imds down
    snapshot
    refuse 'ifup of the stock method' 1 ifup he-ipv6
    situp_says 'situp: he-ipv6: ec2: the metadata service at http://169.254.169.254 can'\''t be reached (connection refused); on EC2, see'
    holds 'it waited' test "$TOOK" -ge 2500
    took_under 20000
    no_link he-ipv6
    same_as_snapshot
    tunnel t1 ec2
    timeouts 1 0
    refuse 'ifup of the managed form' 1 ifup t1
    situp_says 'situp: t1: ec2: the metadata service at http://169.254.169.254 can'\''t be reached (connection refused)'
    took_under 10000
    refuse 'situp up' 4 situp up t1
    situp_says 'connection refused'
    same_as_snapshot
}

test_each_kind_of_lateness_has_its_words() {
    local mode says
    tunnel t1 ec2
    timeouts 1 0
    snapshot
    while IFS='|' read -r mode says; do
        # shellcheck disable=SC2086  # words
        imds $mode
        refuse "$mode" 4 situp up t1
        situp_says "situp: t1: ec2: the metadata service at http://169.254.169.254 $says"
        took_under 10000
    done <<'END'
blackhole|does not take connections; on EC2, see that it is enabled, and that no route or firewall
put-timeout|took the connection but did not answer the request for a token in time; inside a container the hop limit is the usual reason: raise HttpPutResponseHopLimit to 2
slow-all|took the connection but did not answer the request for a token in time
answer hang|gave no whole answer in time; try again, or raise timeout in situp.conf
503 1000|is busy (503) and stayed so
hangup 1000|closed the connection before all of its answer was there
END
    same_as_snapshot
}

test_only_what_may_wear_off_is_tried_again() {
    local number
    timeouts 3 0
    imds 503 1000
    refuse busy 4 situp address ec2
    number=$(imds count '^PUT .* 503')
    holds "it was tried again, and less and less often: $number times" test "$number" -ge 3 -a "$number" -le 15
    imds clear
    imds off403
    refuse 'switched off' 4 situp address ec2
    situp_says 'says that it is off (403): enable it for this instance, or name another source'
    asked 1 .
    imds clear
    imds 404 local-ipv4
    refuse 'an instance without IPv4' 4 situp address ec2
    situp_says 'knows no private IPv4 address of this instance; name another source'
    asked 2 .
    timeouts 0 0
    imds 503 1000
    imds clear
    refuse 'a time-out of 0 is one try' 4 situp address ec2
    asked 1 .
}

# At boot everything waits longer, but together: whoever comes after a wait that was in vain tries once.
test_the_wait_at_boot_is_spent_once() {
    local number
    tunnel t1 ec2
    tunnel t2 ec2:eth1
    tunnel t3 interface:nosuch
    timeouts 0 3
    imds status 503
    refuse 'ifup -a' 1 ifup -a
    stderr_has 'situp: t1: ec2: the metadata service at http://169.254.169.254 is busy (503)'
    stderr_has 'situp: t2: ec2:eth1: the metadata service at http://169.254.169.254 is busy (503)'
    stderr_has 'situp: t3: interface:nosuch: there is no interface of this name'
    number=$(imds count '^GET .*/local-ipv4 503')
    holds "the first one waits: $number tries" test "$number" -ge 3
    asked 1 '^GET .*:20:0a/local-ipv4s 503'
    no_link t1
    imds clear
    refuse 'the same boot, once more' 1 ifup -a
    asked 1 '^GET .*/local-ipv4 503'
    asked 1 '^GET .*:20:0a/local-ipv4s 503'
    timeouts 60 3
    imds down appear-after 1
    check 'by hand it waits as ever' ifup t1
    local_is t1 172.31.14.146
    imds v2
    check 'and a good answer needs no wait' ifup -a --exclude=t3
    local_is t2 172.31.32.10
}

test_at_boot_it_waits_until_the_service_is_there() {
    tunnel t1 ec2
    tunnel t2 ec2:203.0.113.11 'v4tunnel-lan eth1 2001:db8:77::1/64'
    timeouts 0 60
    imds appear-after 2
    check 'ifup -a' ifup -a
    is 'situp says nothing' "${ERR//[!s]*}" ''
    local_is t1 172.31.14.146
    local_is t2 172.31.32.10
    asked 2 '^PUT'
    kernel_has 'the address on eth1' '[.[0].addr_info[].local] | index("2001:db8:77::1") != null' -6 address show dev eth1
    check 'ifdown' ifdown t1 t2
    kernel_has 'is gone' '[.[0].addr_info[].local] | index("2001:db8:77::1") == null' -6 address show dev eth1
}

test_the_unit_waits_as_at_boot() {
    stanza t1 <<'END'
iface t1 inet6 manual
    address 2001:db8:1::2/64
    v4tunnel-endpoint 198.51.100.1
    v4tunnel-local ec2
END
    timeouts 0 60
    imds appear-after 2
    refuse 'by hand it tries once' 4 situp up t1
    check 'as the unit does it' situp up --boot t1
    local_is t1 172.31.14.146
    check 'down' situp down t1
    refuse 'an option of up alone' 2 situp down --boot t1
}

test_the_old_recipe_made_safe_waits_at_boot_too() {
    stanza old <<'END'
auto old
iface old inet6 v4tunnel
    address 2001:db8:7::2
    netmask 64
    endpoint 198.51.100.7
    local $(situp address ec2)
END
    timeouts 0 60
    imds appear-after 2
    check 'ifup -a' ifup -a
    local_is old 172.31.14.146
    is 'the wait is on record' "$(($(</run/situp/.boot-wait) > 500))" 1
}

later() { # later COMMAND…: while situp up waits, as soon as it does
    local waiting
    # shellcheck disable=SC2317,SC2329  # wait_until calls it
    is_waiting() {
        local file
        for file in /proc/[0-9]*/comm; do
            { read -r waiting <"$file"; } 2>/dev/null || continue
            [[ $waiting == situp ]] && return
        done
        return 1
    }
    {
        wait_until 20 is_waiting
        pause 0.7
        "$@"
    } >/dev/null 2>&1 &
}

# The others wait like the metadata service's; they are told by the kernel, so it takes no longer than it takes.
test_every_source_waits() {
    timeouts 60 0
    tunnel t1 interface:late0
    later ip -batch - <<'END'
link add name late0 type veth peer name late1
link set dev late0 up
address add 172.31.77.1/32 dev late0
END
    check 'an interface' situp up t1
    local_is t1 172.31.77.1
    wait
    tunnel t2 172.31.77.2
    later ip address add 172.31.77.2/32 dev late0
    check 'an address' situp up t2
    local_is t2 172.31.77.2
    wait
    ip route add unreachable 198.51.100.103/32
    tunnel t3 route
    later ip route del unreachable 198.51.100.103/32
    check 'a route' situp up t3
    local_is t3 172.31.14.146
    wait
    imds set local-ipv4 172.31.77.4
    tunnel t4 ec2
    later ip address add 172.31.77.4/32 dev late0
    check "the metadata service's answer, which the host does not have yet" situp up t4
    local_is t4 172.31.77.4
    wait
    printf 'iface t5 inet6 manual\n v4tunnel-endpoint broker.example.net\n v4tunnel-local interface:eth0\n' | stanza t5
    kill -STOP "$(</run/lab/dnsmasq.pid)"
    later kill -CONT "$(</run/lab/dnsmasq.pid)"
    check 'a name' situp up t5
    kill -CONT "$(</run/lab/dnsmasq.pid)"
    wait
    kernel_has 'it leads to the broker' '.[0].linkinfo.info_data.remote == "216.66.80.26"' -d link show dev t5
    ip link del dev late0
}

test_a_chain_does_not_wait_for_the_first_alone() {
    timeouts 4 0
    imds down
    tunnel t1 'ec2 interface:nosuch interface:eth1'
    check ifup ifup t1
    is 'and it says nothing' "$ERR" ''
    local_is t1 172.31.32.10
    tunnel t2 'ec2 interface:nosuch'
    timeouts 1 0
    refuse 'none of them' 4 situp up t2
    situp_says 'situp: t2: none of the sources gave an address: ec2: the metadata service at http://169.254.169.254 can'\''t be reached (connection refused)'
    stderr_has '; interface:nosuch: there is no interface of this name'
    no_link t2
}

test_names_that_do_not_come() {
    timeouts 1 0
    printf 'iface t1 inet6 manual\n v4tunnel-endpoint nothing.example.net\n v4tunnel-local ec2\n' | stanza t1
    snapshot
    refuse 'a name that is not there' 1 ifup t1
    situp_says 'situp: t1: nothing.example.net: there is no such name, or it has no IPv4 address'
    # at the same time, and once
    asked 1 '^GET'
    kill -STOP "$(</run/lab/dnsmasq.pid)"
    refuse 'no answer' 1 ifup t1
    kill -CONT "$(</run/lab/dnsmasq.pid)"
    situp_says 'situp: t1: nothing.example.net: DNS gave no answer in time'
    took_under 15000
    same_as_snapshot
}

# On a busy host the moment at which it would have been too late may come while the answer is being given.
test_an_answer_is_given_once() {
    check situp-net strace -f -qq -o /dev/null -e trace=write -e inject=write:delay_exit=4000000 \
        /usr/libexec/situp/situp-net metadata --endpoint http://169.254.169.254 --imds auto --wait 2000 primary
    stdout_is 'addresses 172.31.14.146'
    check 'a name' strace -f -qq -o /dev/null -e trace=write -e inject=write:delay_exit=3000000 \
        /usr/libexec/situp/situp-net resolve --wait 2000 broker.example.net
    stdout_is 'addresses 216.66.80.26'
}
