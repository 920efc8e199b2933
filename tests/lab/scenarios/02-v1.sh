# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 2: a metadata service that knows version 1 only, or takes both.

he_ipv6() {
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    v4tunnel-local ec2
END
}

has_its_local_address() {
    kernel_has 'its local address' '.[0].linkinfo.info_data.local == "172.31.14.146"' -d link show dev he-ipv6
}

test_version_1_works_where_there_are_no_tokens() {
    he_ipv6
    imds v1
    snapshot
    check ifup ifup he-ipv6
    is 'and it says nothing' "$ERR$OUT" ''
    has_its_local_address
    pings i1 2001:db8:cafe::1
    asked 1 '^PUT /latest/api/token 404'
    asked 1 '^GET /latest/meta-data/local-ipv4 200'
    asked 0 '^GET .*token='
    asked 2 .
    check ifdown ifdown he-ipv6
    same_as_snapshot
}

test_a_405_means_the_same() {
    imds v1-405
    check 'situp address' situp address ec2
    stdout_is 172.31.14.146
    asked 1 '^PUT /latest/api/token 405'
    asked 1 '^GET'
    check 'of an interface' situp address ec2:203.0.113.11
    stdout_is 172.31.32.10
}

test_version_1_is_refused_where_situp_conf_says_so() {
    he_ipv6
    imds v1
    conf <<<$'[metadata]\nimds = v2'
    snapshot
    refuse ifup 1 ifup he-ipv6
    situp_says 'situp: he-ipv6: ec2: the metadata service at http://169.254.169.254 knows version 1 only, and situp.conf says imds = v2'
    is 'one attempt' "$(imds count '^PUT')" 1
    asked 0 '^GET'
    same_as_snapshot
    refuse 'situp up' 4 situp up he-ipv6
    situp_says 'knows version 1 only'
    refuse 'situp address' 4 situp address ec2 interface:eth0
    situp_says 'knows version 1 only'
    imds v2
    check 'version 2 is taken' ifup he-ipv6
    has_its_local_address
}

# A service that takes both is asked the safe way, and a disturbance never leads to the other one.
test_version_2_is_not_given_up_for_anything_but_404_and_405() {
    local mode
    conf <<<$'[metadata]\ntimeout = 1'
    imds optional
    check 'takes both' situp address ec2
    asked 1 '^PUT'
    asked 1 '^GET .*token=known'
    for mode in 'put-status 400' 'put-status 401' 'put-status 500' 'put-status 503' off403 put-timeout 'token empty' 'token crlf'; do
        # shellcheck disable=SC2086  # words
        imds optional $mode
        imds clear
        refuse "$mode" 4 situp address ec2
        situp_says 'ec2: the metadata service at http://169.254.169.254 '
        asked 0 '^GET'
    done
}

test_what_wears_off_is_tried_again() {
    local mode
    he_ipv6
    imds 503 2
    check 'busy twice' ifup he-ipv6
    has_its_local_address
    asked 2 '^PUT .* 503'
    asked 1 '^PUT .* 200'
    check ifdown ifdown he-ipv6
    for mode in 'hangup 1' 'hangup 2' '401 1'; do
        # shellcheck disable=SC2086  # words
        imds $mode
        imds clear
        check "$mode" situp address ec2
        stdout_is 172.31.14.146
    done
    asked 2 '^PUT'
    asked 1 '^GET .* 401'
    asked 1 '^GET .* 200'
    imds 401-always
    imds clear
    refuse 'a token that is never good' 4 situp address ec2
    situp_says 'refused the token that it had just given (401)'
    asked 2 '^PUT'
    asked 2 '^GET'
}
