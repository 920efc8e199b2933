# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The lab itself, without situp: what the other scenarios take for granted.

old_recipe() {
    stanza old <<'END'
iface old inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    local `curl -s -m 5 http://169.254.169.254/latest/meta-data/local-ipv4`
    gateway 2001:470:1f04:1::1
    ttl 255
END
}

test_a_tunnel_typed_by_hand_reaches_the_internet_through_the_nat() {
    snapshot
    ip -batch - <<'END'
link add name hand type sit local 172.31.14.146 remote 216.66.80.26 ttl 255
link set dev hand up mtu 1480
address add 2001:470:1f04:1::2/64 dev hand
address add 2001:470:abcd:c70::1/64 dev eth0
route add ::/0 via 2001:470:1f04:1::1 dev hand
END
    pings i1 2001:470:1f04:1::1
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:1f04:1::2
    pings inet 2001:470:abcd:c70::1
    kernel_has 'the flow is translated to the Elastic IP' '.[0].linkinfo.info_data.remote == "203.0.113.10"' \
        on he -d link show dev tun-10
    ip link del dev hand
    ip address del 2001:470:abcd:c70::1/64 dev eth0
    same_as_snapshot
}

test_each_interface_has_its_own_elastic_ip() {
    ip -batch - <<'END'
link add name hand type sit local 172.31.32.10 remote 216.66.80.26 ttl 255
link set dev hand up
address add 2001:470:1f04:2::2/64 dev hand
END
    pings i1 2001:470:1f04:2::1
}

test_a_local_address_that_is_not_the_hosts_carries_nothing() {
    ip -batch - <<'END'
link add name hand type sit local 203.0.113.10 remote 216.66.80.26 ttl 255
link set dev hand up
address add 2001:470:1f04:1::2/64 dev hand
END
    no_ping i1 2001:470:1f04:1::1
}

test_two_instances_and_the_way_out() {
    pings i1 172.31.14.147
    pings i2 172.31.14.146
    pings i1 216.66.80.26
    no_ping i2 216.66.80.26
}

test_isatap_by_hand_between_instances_and_through_the_router() {
    local where address
    for where in i1:172.31.14.146 i2:172.31.14.147; do
        address=${where#*:}
        on "${where%:*}" ip -batch - <<END
link add name isatap0 type sit isatap local $address ttl 64
link set dev isatap0 up
address add 2002:ca0c:1e01::5efe:$address/64 dev isatap0
tunnel prl prl-default 172.31.0.10 dev isatap0
route add ::/0 via fe80::5efe:172.31.0.10 dev isatap0
END
    done
    pings i1 2002:ca0c:1e01::5efe:172.31.14.147
    pings i2 2002:ca0c:1e01::5efe:172.31.14.146
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    pings i1 2001:db8:cafe::1
    pings inet 2002:ca0c:1e01::5efe:172.31.14.147
}

test_metadata_demands_a_token() {
    local url=http://169.254.169.254/latest token
    check 'a request without token is answered' curl -s -m 5 -w '%{http_code}' -o /dev/null $url/meta-data/local-ipv4
    stdout_is 401
    check 'a token' curl -s -m 5 -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' $url/api/token
    token=$OUT
    check 'with it' curl -s -m 5 -H "X-aws-ec2-metadata-token: $token" $url/meta-data/local-ipv4
    stdout_is 172.31.14.146
    check 'the other instance' on i2 curl -s -m 5 -H "X-aws-ec2-metadata-token: $token" $url/meta-data/local-ipv4
    stdout_is 172.31.14.147
    check 'an interface' curl -s -m 5 -H "X-aws-ec2-metadata-token: $token" \
        $url/meta-data/network/interfaces/macs/0e:1f:00:00:20:0a/ipv4-associations/203.0.113.11
    stdout_is 172.31.32.10
    asked 1 '^PUT'
    asked 3 '^GET .*200 .*token=known'
    imds off403
    check 'switched off' curl -s -m 5 -w '%{http_code}' -o /dev/null -X PUT $url/api/token
    stdout_is 403
}

test_metadata_can_be_out_of_reach() {
    local url=http://169.254.169.254/latest/api/token
    imds down
    refuse 'refused' 7 curl -s -m 5 -X PUT $url
    imds blackhole
    refuse 'no answer' 28 curl -s -m 1 -X PUT $url
    imds put-timeout
    refuse 'no answer to the PUT' 28 curl -s -m 1 -X PUT $url
    imds appear-after 1
    refuse 'not yet' 7 curl -s -m 5 -X PUT $url
    check 'then' wait_until 5 curl -s -m 5 -X PUT $url
    imds v2
    check 'at once' curl -s -m 5 -X PUT $url
}

test_metadata_can_answer_nonsense() {
    local url=http://169.254.169.254/latest/meta-data/local-ipv4
    imds v1 answer html
    check 'a page' curl -s -m 5 $url
    stdout_has captive
    imds v1 answer redirect
    check 'a redirect' curl -s -m 5 -L $url
    asked 1 '^TRAP'
    imds v1 answer endless
    refuse 'no end' any curl -s -m 1 -o /dev/null $url
    imds v1 answer slow
    refuse 'one byte a second' 28 curl -s -m 2 $url
    stdout_has 1
    imds v1 503 2
    check 'slow down' curl -s -m 5 -w '%{http_code}' -o /dev/null $url
    stdout_is 503
}

test_names_resolve() {
    check 'the router' getent ahostsv4 isatap.example.net
    stdout_has 172.31.0.10
    check 'the broker' getent ahostsv4 broker.example.net
    stdout_has 216.66.80.26
    refuse 'a name that is not there' any getent ahostsv4 nothing.example.net
    check 'from the other instance' on i2 getent ahostsv4 routers.example.net
    stdout_has 172.31.0.11
}

test_the_old_recipe_works_with_version_1() {
    old_recipe
    imds v1
    snapshot
    check ifup ifup old
    kernel_has 'its local address' '.[0].linkinfo.info_data.local == "172.31.14.146"' -d link show dev old
    pings i1 2001:db8:cafe::1
    check ifdown ifdown old
    same_as_snapshot
}

test_the_old_recipe_fails_with_version_2() {
    old_recipe
    refuse ifup any ifup old
    no_link old
}

test_the_second_instance_has_its_own_ifupdown() {
    stanza on i2 there <<'END'
iface there inet6 v4tunnel
    address 2001:db8:77::1
    netmask 64
    endpoint 172.31.14.146
    local 172.31.14.147
END
    check ifup on i2 ifup there
    has_link there i2
    no_link there
    check 'its state is its own' grep -q there /run/lab/i2/run/network/ifstate
    refuse 'instance one does not know the name' any ifup there
    check ifdown on i2 ifdown there
    no_link there i2
}

test_the_module_can_be_taken_away() {
    check 'away' sit_away
    refuse 'no tunnel' any ip link add name hand type sit remote 216.66.80.26
    check 'back' sit_back
    check 'a tunnel' ip link add name hand type sit remote 216.66.80.26
}
