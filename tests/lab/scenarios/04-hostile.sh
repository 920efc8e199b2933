# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 4: answers that nobody should believe. Each ends with one line and nothing made, in bounded time and memory.

# The address space that each run gets, in bytes: a good answer fits in, an endless one that is kept would not.
space=60000000

he_ipv6() { # he_ipv6 [SOURCE…]
    {
        cat <<'END'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64
END
        echo "    v4tunnel-local ${*:-ec2}"
    } | stanza he-ipv6
}

# Reads lines `MODE of imds|what situp says`. `…` stands for what is always said. What needs no waiting for gets a wait that
# it must not use.
each_is_refused() { # each_is_refused TIMEOUT
    local mode says left
    printf '[metadata]\ntimeout = %s\n' "$1" | conf
    snapshot
    shopt -s nullglob
    while IFS='|' read -r mode says; do
        # shellcheck disable=SC2086  # words
        imds $mode
        refuse "$mode" 1 prlimit --as=$space ifup he-ipv6
        situp_says "situp: he-ipv6: ${says/…/the metadata service at http://169.254.169.254}"
        took_under 20000
        left=(/sys/class/net/he-ipv[6] /run/situp/* /tmp/pwned*)
        is 'nothing was made' "${left[*]}" ''
    done
    shopt -u nullglob
    same_as_snapshot
    imds v2
    check 'and a good one is taken' prlimit --as=$space ifup he-ipv6
    has_link he-ipv6
}

test_bodies_that_are_no_address() {
    he_ipv6
    each_is_refused 60 <<'END'
answer shell|ec2: … did not answer with an IPv4 address that a tunnel can have; is something else answering in its place?
answer backticks|ec2: … did not answer with an IPv4 address
answer semicolon|ec2: … did not answer with an IPv4 address
answer html|ec2: … did not answer with an IPv4 address
answer option|ec2: … did not answer with an IPv4 address
answer blank|ec2: … did not answer with an IPv4 address
answer empty|ec2: … knows no private IPv4 address of this instance; name another source
answer none|ec2: … knows no private IPv4 address of this instance
answer ipv6|ec2: … did not answer with an IPv4 address
answer leading-zeros|ec2: … did not answer with an IPv4 address
answer short-form|ec2: … did not answer with an IPv4 address
answer port|ec2: … did not answer with an IPv4 address
answer crlf|ec2: … did not answer with an IPv4 address
answer nul|ec2: … did not answer with an IPv4 address
answer two-lines|ec2: … gave 2 addresses where one is needed; write the right one instead of ec2
END
}

test_addresses_that_no_tunnel_can_have() {
    he_ipv6
    each_is_refused 60 <<'END'
answer zero|ec2: … did not answer with an IPv4 address that a tunnel can have
answer loopback|ec2: … did not answer with an IPv4 address that a tunnel can have
answer broadcast|ec2: … did not answer with an IPv4 address that a tunnel can have
answer multicast|ec2: … did not answer with an IPv4 address that a tunnel can have
END
}

test_a_service_that_does_not_keep_to_http() {
    he_ipv6
    each_is_refused 60 <<'END'
answer endless|ec2: … answered with more than 64 KiB; is something else answering in its place?
answer big|ec2: … answered with more than 64 KiB
answer endless-headers|ec2: … answered with more than 64 KiB
answer redirect|ec2: … answered with HTTP status 302, which is not one that it has for this
answer file-redirect|ec2: … answered with HTTP status 302
answer http09|ec2: … does not speak HTTP
status 500|ec2: … answered with HTTP status 500
status 204|ec2: … answered with HTTP status 204
END
}

test_answers_that_might_still_become_good() {
    he_ipv6
    each_is_refused 1 <<'END'
answer not-held|ec2: the answer was 172.31.99.99, which no interface of this host holds; the kernel would take it and then drop every packet
set local-ipv4 203.0.113.10|ec2: the answer was 203.0.113.10, which no interface of this host holds; the kernel would take it and then drop every packet: write the private address, not the public one
answer slow|ec2: … gave no whole answer in time
answer short|ec2: … closed the connection before all of its answer was there
END
}

test_tokens_that_are_none() {
    he_ipv6
    each_is_refused 60 <<'END'
token crlf|ec2: … gave a token that can't be one; is something else answering in its place?
token blank|ec2: … gave a token that can't be one
token empty|ec2: … gave a token that can't be one
token non-ascii|ec2: … gave a token that can't be one
token nul|ec2: … gave a token that can't be one
token html|ec2: … gave a token that can't be one
token long|ec2: … answered with more than 64 KiB
put-status 302|ec2: … answered with HTTP status 302
put-status 400|ec2: … answered with HTTP status 400
END
    imds token crlf
    imds clear
    refuse 'no header of the token'\''s own making goes out' 4 situp address ec2
    asked 1 .
}

test_the_other_sources_believe_no_more() {
    he_ipv6 ec2:203.0.113.11
    each_is_refused 60 <<'END'
everywhere answer html|ec2:203.0.113.11: … did not answer with an IPv4 address
set network/interfaces/macs ../../../secret|ec2:203.0.113.11: … did not answer with an IPv4 address
set network/interfaces/macs 0e:1f:00:00:20:0a/../..|ec2:203.0.113.11: … did not answer with an IPv4 address
everywhere answer endless|ec2:203.0.113.11: … answered with more than 64 KiB
answer two-lines|ec2:203.0.113.11: … gave 2 addresses where one is needed
answer shell|ec2:203.0.113.11: … did not answer with an IPv4 address
END
    imds answer two-lines
    check "of an interface's addresses the first is the primary one" situp address ec2:eth0
    stdout_is 172.31.14.146
}

# The same through every door: the command's status is the contract's, the chain ends, the old recipe runs nothing.
test_a_bad_answer_ends_a_chain() {
    he_ipv6 ec2 interface:eth0
    imds answer html
    refuse ifup 1 ifup he-ipv6
    situp_says 'situp: he-ipv6: ec2: the metadata service at http://169.254.169.254 did not answer with an IPv4 address'
    refuse 'situp up' 4 situp up he-ipv6
    situp_says 'did not answer with an IPv4 address'
    refuse 'situp plan' 4 situp plan he-ipv6
    is 'nothing on stdout' "$OUT" ''
    refuse 'situp address' 4 situp address ec2 interface:eth0
    is 'nothing on stdout' "$OUT" ''
    situp_says 'situp: ec2: the metadata service'
    no_link he-ipv6
    imds answer empty
    check 'no answer does not end it' situp address ec2 interface:eth0
    stdout_is 172.31.14.146
    imds answer newline
    check 'a line end is no harm' situp address ec2
    stdout_is 172.31.14.146
}

test_nobody_else_is_asked() {
    he_ipv6
    imds v2
    check 'no proxy' env http_proxy=http://172.31.0.2:8080 ALL_PROXY=http://172.31.0.2:8080 \
        AWS_EC2_METADATA_SERVICE_ENDPOINT=http://172.31.0.2:8080 situp address ec2
    asked 0 TRAP
    asked 2 .
    imds answer redirect
    refuse 'no redirect' 4 situp address ec2
    refuse 'nor by ifup' 1 ifup he-ipv6
    asked 0 TRAP
}

test_names_that_lead_nowhere() {
    local name
    conf <<<$'[metadata]\ntimeout = 1'
    snapshot
    for name in loopback zero multicast; do
        printf 'iface t1 inet6 manual\n v4tunnel-endpoint %s.example.net\n v4tunnel-local ec2\n' $name | stanza t1
        refuse "a name for $name" 1 ifup t1
        situp_says "situp: t1: $name.example.net: DNS gives no address that a tunnel can lead to"
    done
    same_as_snapshot
}
