# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 1: a metadata service that demands a token, an instance behind the NAT, a tunnel to the broker.

# Some arguments are options that the stanza has more: `he_ipv6 'v4tunnel-local ec2'`.
he_ipv6() {
    {
        cat <<'END'
auto he-ipv6
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
END
        printf '    %s\n' "$@"
    } | stanza he-ipv6
}

# What the broker's page says, and nothing else: the far end of the second Elastic IP.
second_tunnel() { # second_tunnel METHOD OPTION…
    {
        printf 'iface he-2 inet6 %s\n    address 2001:470:1f04:2::2/64\n' "$1"
        printf '    %s\n' "${@:2}"
    } | stanza he-2
}

kernel_has_the_tunnel() { # kernel_has_the_tunnel NAME LOCAL REMOTE
    kernel_has "$1 leads from $2 to $3, ttl 255, MTU 1480, is up and 6in4 only" "
        length == 1 and (.[0] | (.flags | index(\"UP\")) and .mtu == 1480 and .linkinfo.info_kind == \"sit\" and
        (.linkinfo.info_data | .local == \"$2\" and .remote == \"$3\" and .ttl == 255 and .pmtudisc and
            .proto == \"ip6ip\" and .isatap == null and .tos == null))" -d link show dev "$1"
}

addresses_are() { # addresses_are NAME ADDRESS/LEN…: these IPv6 ones and no others
    local name=$1
    shift
    kernel_has "$name has exactly $*" \
        "[.[0].addr_info[] | \"\(.local)/\(.prefixlen)\"] | sort == (\"$*\" / \" \" | sort)" -6 address show dev "$name"
}

test_ifup_makes_the_tunnel_and_ifdown_leaves_nothing() {
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-lan eth0 2001:470:abcd:c70::1/64'
    snapshot
    check ifup ifup he-ipv6
    is 'and it says nothing' "$ERR$OUT" ''
    kernel_has_the_tunnel he-ipv6 172.31.14.146 216.66.80.26
    addresses_are he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e92/64
    kernel_has 'the address of the Routed /64 is on eth0' \
        '[.[0].addr_info[] | select(.scope == "global") | "\(.local)/\(.prefixlen)"] == ["2001:470:abcd:c70::1/64"]' \
        -6 address show dev eth0
    kernel_has 'one default route, through the broker' \
        'length == 1 and .[0].dev == "he-ipv6" and .[0].gateway == "2001:470:1f04:1::1"' -6 route show default
    pings i1 2001:470:1f04:1::1
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:1f04:1::2
    pings inet 2001:470:abcd:c70::1
    pings i1 2001:db8:cafe::1 -I 2001:470:abcd:c70::1
    pings i1 2001:db8:cafe::1 -s 1432 -M 'do'
    asked 1 '^PUT /latest/api/token 200'
    asked 1 '^GET /latest/meta-data/local-ipv4 200 .*token=known'
    asked 2 .

    check 'ifquery knows the stanza' ifquery he-ipv6
    stdout_has 'v4tunnel-local: ec2'
    check 'ifquery knows that it is up' ifquery --state he-ipv6
    check 'situp plan' situp plan he-ipv6
    is 'there is nothing left to plan' "$OUT" ''
    check 'a second ifup has nothing to do' ifup he-ipv6
    kernel_has_the_tunnel he-ipv6 172.31.14.146 216.66.80.26

    check ifdown ifdown he-ipv6
    is 'and it says nothing' "$ERR$OUT" ''
    same_as_snapshot
    holds 'nothing of situp is left in /run but the empty file of the locks, and a folder' \
        test "$(echo /run/situp/* /run/situp/.[!.]* /run/situp/.upkeep/*)" = '/run/situp/* /run/situp/.lock /run/situp/.upkeep /run/situp/.upkeep/*'
    holds 'which is empty' test ! -s /run/situp/.lock
}

# The stanza's own options, in the words of the stock method and in ours.
test_what_the_stanza_says_is_what_the_kernel_has() {
    he_ipv6 'ttl 64' 'v4tunnel-tos 16' 'mtu 1400' 'metric 512' 'v4tunnel-local ec2' 'v4tunnel-dev eth0'
    check ifup ifup he-ipv6
    kernel_has 'ttl, tos, mtu and dev' '.[0] | .mtu == 1400 and .link == "eth0" and
        (.linkinfo.info_data | .ttl == 64 and .tos == "0x10" and .local == "172.31.14.146")' -d link show dev he-ipv6
    kernel_has metric '.[0].metric == 512' -6 route show default
    pings i1 2001:db8:cafe::1
    check ifdown ifdown he-ipv6
    he_ipv6 'v4tunnel-ttl inherit' 'v4tunnel-pmtu no' 'v4tunnel-mtu auto'
    check ifup ifup he-ipv6
    kernel_has 'inherit, no path MTU discovery, and what the underlay carries' '.[0] | .mtu == 8981 and
        (.linkinfo.info_data | .ttl == 0 and .pmtudisc == false and .local == "172.31.14.146")' -d link show dev he-ipv6
    pings i1 2001:db8:cafe::1
}

test_the_old_recipe_made_safe() {
    # shellcheck disable=SC2016  # ifup expands it
    he_ipv6 'local $(situp address ec2)' 'ttl 255'
    snapshot
    check ifup ifup he-ipv6
    kernel_has 'its local address' '.[0].linkinfo.info_data.local == "172.31.14.146"' -d link show dev he-ipv6
    pings i1 2001:db8:cafe::1
    asked 1 '^PUT'
    asked 1 '^GET'
    check ifdown ifdown he-ipv6
    same_as_snapshot
    imds answer shell
    refuse 'an answer that is a command' any ifup he-ipv6
    holds 'is not run' test ! -e /tmp/pwned
    situp_says 'is something else answering in its place?'
    no_link he-ipv6
}

test_the_stanza_for_every_host() {
    stanza_for_every_host
    snapshot
    check ifup ifup he-ipv6
    kernel_has_the_tunnel he-ipv6 172.31.14.146 216.66.80.26
    addresses_are he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e92/64
    pings i1 2001:db8:cafe::1
    check 'ifup of what is up' ifup he-ipv6
    check ifdown ifdown he-ipv6
    same_as_snapshot
    imds off403
    refuse 'ifup without a source' 1 ifup he-ipv6
    same_as_snapshot
}

test_the_managed_form_with_static() {
    second_tunnel static 'v4tunnel-endpoint broker.example.net' 'v4tunnel-local ec2:eth1' \
        'gateway 2001:470:1f04:2::1' 'v4tunnel-lan eth1 2001:470:abcd:c71::1/64'
    snapshot
    check ifup ifup he-2
    is 'and situp says nothing' "$ERR${OUT/Waiting for DAD... Done}" ''
    kernel_has_the_tunnel he-2 172.31.32.10 216.66.80.26
    addresses_are he-2 2001:470:1f04:2::2/64 fe80::ac1f:200a/64
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:abcd:c71::1
    asked 1 '^PUT'
    asked 1 '^GET .*/macs/0e:1f:00:00:20:0a/local-ipv4s 200'
    asked 2 .
    check 'nothing left to plan' situp plan he-2
    is 'nothing is planned' "$OUT" ''
    check ifdown ifdown he-2
    is 'and it says nothing' "$ERR$OUT" ''
    same_as_snapshot
}

test_the_managed_form_with_manual_under_another_name() {
    second_tunnel manual 'v4tunnel-endpoint 216.66.80.26' 'v4tunnel-local ec2:203.0.113.11' 'gateway 2001:470:1f04:2::1'
    snapshot
    check ifup ifup tunnel7=he-2
    kernel_has_the_tunnel tunnel7 172.31.32.10 216.66.80.26
    addresses_are tunnel7 2001:470:1f04:2::2/64 fe80::ac1f:200a/64
    kernel_has 'one default route, through the broker' \
        'length == 1 and .[0].dev == "tunnel7" and .[0].gateway == "2001:470:1f04:2::1"' -6 route show default
    no_link he-2
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:1f04:2::2
    asked 1 '^PUT'
    asked 1 '/ipv4-associations/203.0.113.11 200'
    check ifdown ifdown tunnel7
    same_as_snapshot
}

# Each with an endpoint of its own, or they would be in each other's way.
test_every_source() {
    local sources=(ec2 ec2:eth1 ec2:203.0.113.10 interface:eth0 interface:eth1 route 172.31.32.10 any
        'interface:nosuch interface:eth1' 'ec2:203.0.113.99 ec2:eth7 route' ec2:203.0.113.99 interface:nosuch)
    local wanted=(172.31.14.146 172.31.32.10 172.31.14.146 172.31.14.146 172.31.32.10 172.31.14.146 172.31.32.10 any
        172.31.32.10 172.31.14.146) i filter=true
    conf <<<$'[metadata]\ntimeout = 1'
    for i in "${!sources[@]}"; do
        printf 'iface t%s inet6 v4tunnel\n address 2001:db8:77:%s::1\n netmask 64\n endpoint 198.51.100.%s\n v4tunnel-local %s\n' \
            "$i" "$i" $((100 + i)) "${sources[i]}"
    done | stanza sources
    for i in "${!wanted[@]}"; do filter+=" and .t$i == \"${wanted[i]}\""; done
    refuse 'two of them give nothing' 4 situp up "t0" t1 t2 t3 t4 t5 t6 t7 t8 t9 t10 t11
    stderr_has 'situp: t10: ec2:203.0.113.99: '
    stderr_has 'situp: t11: interface:nosuch: there is no interface of this name'
    is 'one line for each' "$(wc -l <<<"$ERR")" 2
    no_link t10
    no_link t11
    kernel_has "the others got what they asked for: ${wanted[*]}" \
        "[.[] | select(.linkinfo.info_kind == \"sit\") | {key: .ifname, value: .linkinfo.info_data.local}] | from_entries | $filter" \
        -d link show
}

test_sources_by_the_command() {
    check 'situp address' situp address ec2
    stdout_is 172.31.14.146
    check 'of an interface' situp address ec2:eth1
    stdout_is 172.31.32.10
    check 'behind an Elastic IP' situp address ec2:203.0.113.11
    stdout_is 172.31.32.10
    check 'of the other instance' on i2 situp address ec2
    stdout_is 172.31.14.147
    check 'anybody may ask' setpriv --reuid 65534 --regid 65534 --clear-groups situp address ec2:eth1
    stdout_is 172.31.32.10
    conf <<<$'[metadata]\nendpoint = http://172.31.0.2:8080'
    imds clear
    check 'the endpoint of situp.conf' situp address ec2
    asked some TRAP
    asked 0 '^PUT'
    imds down
    conf <<<$'[metadata]\ntimeout = 0'
    check 'a chain' situp address ec2 interface:eth1
    stdout_is 172.31.32.10
    is 'the first one of a chain may fail without a word' "$ERR" ''
}

test_each_failure_has_its_status_and_one_line() {
    conf <<<$'[metadata]\ntimeout = 1'
    he_ipv6 'v4tunnel-local ec2'
    snapshot
    # 1: the system
    ip link add name he-ipv6 type veth peer name other
    refuse 'a device that is not ours' 1 situp up he-ipv6
    situp_says 'situp: he-ipv6: a device of this name is there and is not situp'\''s (another kind of device); situp leaves it alone: give the tunnel another name'
    ip link delete he-ipv6
    # 2: usage
    refuse 'no such command' 2 situp upp
    situp_says 'upp: no such command; did you mean up? situp --help lists the commands'
    refuse 'no name' 2 situp up
    situp_says 'usage: situp up [OPTION…] IFACE… | --all'
    refuse 'no such option' 2 situp up --alll
    situp_says 'situp: --alll: situp up has no such option'
    refuse 'no such source' 2 situp address ec3
    situp_says 'situp: ec3: is not a source of an address'
    refuse 'a hook by hand' 2 situp hook pre-up
    situp_says 'use situp up'
    # 3: configuration
    refuse 'no such stanza' 3 situp up he-ipv7
    situp_says 'situp: he-ipv7: there is no iface stanza of this name'
    he_ipv6 'v4tunnel-lokal ec2'
    refuse 'a misspelt option' 3 situp up he-ipv6
    situp_says 'interfaces.d/he-ipv6:7: v4tunnel-lokal: '
    refuse 'by ifup, too' 1 ifup he-ipv6
    situp_says 'situp: he-ipv6: v4tunnel-lokal: '
    he_ipv6 'v4tunnel-local ec3'
    refuse 'a bad value' 1 ifup he-ipv6
    situp_says ec3
    # 4: no usable answer
    he_ipv6 'v4tunnel-local 172.31.99.99'
    refuse 'an address that is not ours' 4 situp up he-ipv6
    situp_says '172.31.99.99: no interface of this host holds this address'
    second_tunnel manual 'v4tunnel-endpoint nothing.example.net' 'v4tunnel-local ec2'
    refuse 'a name that is not there' 4 situp up he-2
    situp_says 'situp: he-2: nothing.example.net: there is no such name'
    {
        printf 'iface t1 inet6 v4tunnel\n address 2001:db8:77::1\n netmask 64\n endpoint broker.example.net\n'
        printf ' v4tunnel-local ec2\n'
    } | stanza t1
    refuse 'a name where the method takes none' 1 ifup t1
    situp_says 'situp: t1: endpoint: the method v4tunnel takes an IPv4 address only: use the method manual and v4tunnel-endpoint'
    # 5: not permitted
    he_ipv6 'v4tunnel-local ec2'
    refuse 'not root' 5 setpriv --reuid 65534 --regid 65534 --clear-groups situp up he-ipv6
    situp_says 'situp: he-ipv6: '
    same_as_snapshot
    # 0
    check --help situp --help
    is 'nothing on stderr' "$ERR" ''
    stdout_has 'situp up       bring tunnels to what their stanzas say'
    check 'up --help' situp up --help
    check 'in the end' situp up he-ipv6
    is 'nothing on stdout or stderr' "$OUT$ERR" ''
    check 'down again' situp down he-ipv6
    same_as_snapshot
}

test_situp_conf_is_read_strictly() {
    he_ipv6 'v4tunnel-local ec2'
    snapshot
    local text line says
    while IFS='|' read -r text line says; do
        # shellcheck disable=SC2059  # the text has \n
        printf "$text" | conf
        refuse "situp.conf: $text" 3 situp up he-ipv6
        situp_says "situp: /etc/situp/situp.conf:$line: $says"
    done <<'END'
[metadata]\nimsd = v2|2|unknown key 'imsd'; [metadata] has endpoint, imds, timeout, boot-wait
# words\n\n[metadata]\nimds = v1|4|imds is 'v1'; it takes auto or v2
[metadata]\ntimeout = -1|2|timeout is '-1'; it takes whole seconds from 0 to 300
[metadata]\nendpoint = ftp://host|2|endpoint is 'ftp://host'
[metadada]|1|unknown section 'metadada'
timeout = 3|1|'timeout' stands before any [section]
[metadata]\nboot-wait = 1\nboot-wait = 2|3|boot-wait is given twice; first on line 2
END
    refuse 'by ifup, too' 1 ifup he-ipv6
    situp_says 'situp.conf:3: boot-wait is given twice'
    same_as_snapshot
    asked 0 .
    refuse 'a file that is not there' 3 situp up --config /nosuch he-ipv6
    situp_says 'situp: /nosuch: '
    check 'another file' situp up --config /dev/null he-ipv6
}

# While it waits for an answer, the program that talks to the network is looked at from outside.
test_who_asks_has_no_privilege() {
    local pid='' comm name value key seen='' link fd parent
    declare -A has=()
    # shellcheck disable=SC2317,SC2329  # wait_until calls them
    find_helper() {
        local file
        for file in /proc/[0-9]*/comm; do
            { read -r comm <"$file"; } 2>/dev/null || continue
            [[ $comm == situp-net ]] && pid=${file#/proc/} && pid=${pid%/comm} && return
        done
        return 1
    }
    # shellcheck disable=SC2317,SC2329
    asking() { find_helper && [[ $(imds count '^PUT') == 0 ]] && [[ $(<"/proc/$pid/net/tcp") == *FEA9FEA9:0050* ]]; }
    he_ipv6 'v4tunnel-local ec2'
    imds delay 3000
    conf <<<$'[metadata]\ntimeout = 20'
    # With descriptors that the program must not get, secrets and a directory among them.
    situp up he-ipv6 8</etc/shadow 9</root 77</proc/self/mem >/tmp/up.out 2>&1 &
    local up=$!
    if ! wait_until 30 asking; then
        not_ok 'situp-net is seen asking' "$(</tmp/up.out)"
        wait "$up"
        return
    fi
    while read -r key value; do has[${key%:}]=$value; done <<<"$(<"/proc/$pid/status")" # at once: it changes while lines are read
    read -r parent <"/proc/${has[PPid]}/comm"
    is 'its parent' "$parent" situp
    is Uid "${has[Uid]}" $'989\t989\t989\t989' # _situp
    is Gid "${has[Gid]}" $'989\t989\t989\t989'
    is Groups "${has[Groups]}" ''
    for name in CapInh CapPrm CapEff CapBnd CapAmb; do is "$name" "${has[$name]}" 0000000000000000; done
    is NoNewPrivs "${has[NoNewPrivs]}" 1
    for fd in "/proc/$pid/fd"/*; do
        link=$(readlink "$fd")
        case ${fd##*/}:$link in
        0:/dev/null | 2:/dev/null) seen+=${fd##*/} ;;
        1:pipe:*) seen+=${fd##*/} ;;
        [3-9]:'socket:['* | [1-9][0-9]:'socket:['* | *:anon_inode:'[eventfd]')
            link=${link#'socket:['}
            # its own: what is to be asked over, and what libcurl wakes itself with; the kernel's configuration is not one
            grep -qw "${link%]}" "/proc/$pid/net/netlink" "/proc/$pid/net/packet" "/proc/$pid/net/raw" &&
                not_ok "descriptor ${fd##*/}" "a socket for more than asking: $link"
            ;;
        *) not_ok "descriptor ${fd##*/} is one of its own" "$link" ;;
        esac
    done
    is 'its standard descriptors are its own' "$seen" 012
    is 'its directory' "$(readlink "/proc/$pid/cwd")" /
    is 'its environment' "$(tr '\0' ' ' <"/proc/$pid/environ")" 'LC_ALL=C PATH=/usr/sbin:/usr/bin:/sbin:/bin GNUTLS_NO_IMPLICIT_INIT=1 '
    is 'its command line' "$(tr '\0' ' ' <"/proc/$pid/cmdline" | sed 's/--wait [0-9]*/--wait N/')" \
        '/usr/libexec/situp/situp-net metadata --wait N --endpoint http://169.254.169.254 --imds auto primary '
    holds 'no memory dump' grep -qE '^Max core file size +0 +0 ' "/proc/$pid/limits"
    check 'and it gets its answer' wait "$up"
    kernel_has_the_tunnel he-ipv6 172.31.14.146 216.66.80.26
}

# ifupdown leaves the device behind and forgets it; the next ifup finds it. Here by two Elastic IPs at once.
test_after_an_up_line_that_failed() {
    snapshot
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-lan eth0 2001:470:abcd:c70::1/64' 'up false'
    second_tunnel static 'v4tunnel-endpoint 216.66.80.26' 'v4tunnel-local ec2:eth1' 'dad-attempts 0' 'up false'
    refuse 'the stock method' 1 ifup he-ipv6
    refuse 'the managed form' 1 ifup he-2
    he_ipv6 'v4tunnel-local ec2'
    second_tunnel static 'v4tunnel-endpoint 216.66.80.26' 'v4tunnel-local ec2:eth1' 'dad-attempts 0'
    check 'the stock method' ifup he-ipv6
    check 'the managed form' ifup he-2
    kernel_has_the_tunnel he-ipv6 172.31.14.146 216.66.80.26
    kernel_has_the_tunnel he-2 172.31.32.10 216.66.80.26
    pings i1 2001:470:1f04:1::1
    pings i1 2001:470:1f04:2::1
    check ifdown ifdown he-ipv6 he-2
    same_as_snapshot
}

# The stanza was edited while the tunnel was up, so that it is none of ours any more.
test_options_taken_out_before_ifdown() {
    snapshot
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-lan eth0 2001:470:abcd:c70::1/64'
    second_tunnel manual 'v4tunnel-endpoint 216.66.80.26' 'v4tunnel-local ec2:eth1'
    check ifup ifup he-ipv6 he-2
    he_ipv6
    second_tunnel manual
    check ifdown ifdown he-ipv6 he-2
    is 'and it says nothing' "$ERR$OUT" ''
    same_as_snapshot
}

test_addresses_on_the_lan_and_ifdown_without_metadata() {
    ip address add 2001:470:abcd:c70::1/64 dev eth0
    snapshot
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-lan eth0 2001:470:abcd:c70::1/64 eth1 2001:470:abcd:c70:1::1/80'
    check ifup ifup he-ipv6
    pings inet 2001:470:abcd:c70::1
    pings inet 2001:470:abcd:c70:1::1
    imds down
    check 'ifdown needs no metadata' ifdown he-ipv6
    is 'and it says nothing' "$ERR$OUT" ''
    same_as_snapshot # with the address that was there before
    imds v2
    he_ipv6 'v4tunnel-local ec2' 'v4tunnel-lan lan7 2001:470:abcd:c70::1/64'
    check 'an interface that is not there is no error' ifup he-ipv6
    refuse 'status says so' 1 situp status he-ipv6
    stdout_has lan7
    check 'ifdown' ifdown he-ipv6
    same_as_snapshot
}

test_a_name_with_several_addresses_leads_to_one() {
    second_tunnel manual 'v4tunnel-endpoint routers.example.net' 'v4tunnel-local interface:eth0'
    check 'situp up' situp up he-2
    local i
    for i in 1 2 3; do
        check "plan $i" situp plan he-2
        is 'nothing is planned' "$OUT" ''
    done
}

test_a_literal_local_address() {
    conf <<<$'[metadata]\ntimeout = 0'
    snapshot
    he_ipv6 'local 203.0.113.10' 'v4tunnel-ttl 64'
    refuse 'the public address' 1 ifup he-ipv6
    situp_says 'situp: he-ipv6: 203.0.113.10: no interface of this host holds this address; the kernel would take it and then drop every packet: write the private address, not the public one'
    same_as_snapshot
    he_ipv6 'local 172.31.14.146' 'v4tunnel-ttl 64'
    check 'the private one' ifup he-ipv6
    kernel_has 'it, and what situp adds' '.[0].linkinfo.info_data | .local == "172.31.14.146" and .ttl == 64' \
        -d link show dev he-ipv6
    asked 0 .
    check ifdown ifdown he-ipv6
    same_as_snapshot
}

test_the_managed_form_with_auto() {
    stanza he-2 <<'END'
iface he-2 inet6 auto
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local ec2:eth1
END
    snapshot
    check ifup ifup he-2
    kernel_has_the_tunnel he-2 172.31.32.10 216.66.80.26
    addresses_are he-2 fe80::ac1f:200a/64
    check ifdown ifdown he-2
    same_as_snapshot
}
