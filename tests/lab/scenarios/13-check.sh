# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 13: check. What it says is pinned by unit tests; here: what it prints in the place of an old recipe works when pasted, and makes the
# kernel hold the same.

pasted() { # pasted <old recipe: check reads it, what it prints takes its place, and that tunnel carries
    stanza he-ipv6
    check 'a file of its own, which may be for another host' situp check /etc/network/interfaces.d/he-ipv6
    stdout_lacks keepalive
    check 'check has hints only' situp check
    stderr_has "hint: "
    carries
}

carries() { # what check has printed becomes the tunnel's stanza, and is right
    stanza he-ipv6 <<<"$OUT"
    rm -f /etc/cron.d/ping6
    check 'and nothing to say of what it printed' situp check
    stderr_has 'nothing wrong'
    snapshot
    check ifup ifup he-ipv6
    kernel_has 'its local address is the private one' '.[0].linkinfo.info_data.local == "172.31.14.146"' \
        -d link show dev he-ipv6
    pings i1 2001:db8:cafe::1
    check ifdown ifdown he-ipv6
    same_as_snapshot
}

test_backticks() {
    pasted <<'END_OF_STANZA'
auto he-ipv6
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    local `curl -s http://169.254.169.254/latest/meta-data/local-ipv4`
    ttl 255
    gateway 2001:470:1f04:1::1
    up ip -6 route add default dev he-ipv6
    down ip -6 route del default dev he-ipv6
    up ip -6 addr add 2001:470:abcd:c70::1/64 dev eth0
    down ip -6 addr del 2001:470:abcd:c70::1/64 dev eth0
END_OF_STANZA
}

test_a_route_without_a_router() {
    pasted <<'END_OF_STANZA'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    local $(ip -4 addr show dev eth0 | awk '/inet /{print $2}' | cut -d/ -f1)
    up ip -6 route add 2000::/3 via ::216.66.80.26 dev $IFACE
END_OF_STANZA
}

test_the_device_by_hand() {
    pasted <<'END_OF_STANZA'
iface he-ipv6 inet manual
    up ip tunnel add he-ipv6 mode sit remote 216.66.80.26 local $(ec2metadata --local-ipv4) ttl 64 && ip link set he-ipv6 up
    up ip addr add 2001:470:1f04:1::2/64 dev he-ipv6
    up ip route add ::/0 via 2001:470:1f04:1::1 dev he-ipv6
    down ip tunnel del he-ipv6
END_OF_STANZA
}

test_the_device_by_hand_among_the_lines_of_another_interface() {
    stanza eth0 <<'END_OF_STANZA'
auto eth0
iface eth0 inet dhcp
    up ip tunnel add he-ipv6 mode sit remote 216.66.80.26 local $(ec2metadata --local-ipv4) ttl 64 && ip link set he-ipv6 up
    up ip addr add 2001:470:1f04:1::2/64 dev he-ipv6
    up ethtool -K eth0 gro off
    up ip route add ::/0 via 2001:470:1f04:1::1 dev he-ipv6
    down ip tunnel del he-ipv6
END_OF_STANZA
    check 'check has hints only' situp check
    is 'eth0 keeps its stanza' "$(head -n 1 <<<"$OUT")" \
        '# beside /etc/network/interfaces.d/eth0:2, which stays, without its lines 3, 4, 6, 7'
    sed -i '3d; 4d; 6d; 7d' /etc/network/interfaces.d/eth0
    carries
    is 'and ifup finds in it what it needs' "$(ifquery eth0)" 'up: ethtool -K eth0 gro off'
    rm /etc/network/interfaces.d/eth0
}

test_a_source_of_no_cloud_and_a_cron_job_that_pings() {
    mkdir -p /etc/cron.d
    echo '*/5 * * * * root ping6 -c 1 ipv6.google.com >/dev/null 2>&1' >/etc/cron.d/ping6
    pasted <<'END_OF_STANZA'
auto he-ipv6
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2/64
    endpoint 216.66.80.26
    local $(hostname -I | awk '{print $1}')
    gateway 2001:470:1f04:1::1
    ttl 255
    mtu 1480
    post-up /sbin/ip -6 route add 2000::/3 dev $IFACE || true
END_OF_STANZA
    holds 'the source is the route' grep -qx '    v4tunnel-local route' /etc/network/interfaces.d/he-ipv6
    holds 'the ping goes on' grep -qx '    v4tunnel-keepalive 300' /etc/network/interfaces.d/he-ipv6
}

test_spellings() { # what each comes to, was pasted above
    local source spelling
    while read -r source spelling <&3; do
        stanza he-ipv6 <<END_OF_STANZA
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    local $spelling
    ttl 255
    mtu 1480
END_OF_STANZA
        check "check of local $spelling" situp check
        is "becomes $source" "$(grep -v '^# unlike' <<<"$OUT")" "# in the place of /etc/network/interfaces.d/he-ipv6:1
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    ttl 255
    mtu 1480
    v4tunnel-local $source"
    done 3<<'END_OF_SPELLINGS'
ec2 `wget -qO- http://169.254.169.254/latest/meta-data/local-ipv4`
ec2 $(wget -q -O - http://instance-data/latest/meta-data/local-ipv4)
ec2 `ec2metadata --local-ipv4`
ec2 $(ec2-metadata -o | cut -d" " -f2)
ec2:eth1 $(curl -s http://169.254.169.254/latest/meta-data/network/interfaces/macs/$(cat /sys/class/net/eth1/address)/local-ipv4s)
interface:eth0 `/sbin/ifconfig eth0 | grep "inet addr" | cut -d: -f2 | cut -d" " -f1`
interface:eth0 $(ip -o -4 addr list eth0 | cut -d/ -f1)
route $(dig +short myip.opendns.com @resolver1.opendns.com)
route `curl -s ifconfig.me`
END_OF_SPELLINGS
}

facts() { # facts <tunnel: its device, routes and routers, and the IPv6 addresses of all interfaces>
    ip -d link show dev "$1" | sed -n 's/^.* mtu \([0-9]*\) .*/mtu \1/p; s/^ *sit \(.*\) addrgenmode.*/\1/p'
    ip -j -6 address show | jq -c '[.[] | .ifname as $i | .addr_info[]? | select(.scope == "global") | [$i, .local, .prefixlen]] | sort[]'
    ip -j -6 route show dev "$1" | jq -c '[.[] | select(.protocol != "kernel") | [.dst, .gateway, .metric]] | sort[]'
    prl "$1"
}

differing() { # differing <what check printed: the facts on stdin, as the differences that it names make them>
    sed -f <(sed -n 's/^# unlike the recipe: ttl \([0-9]*\), .*/s,ttl inherit,ttl \1,/p
                     s/^# unlike the recipe: mtu \([0-9]*\), .*/s,^mtu [0-9]*$,mtu \1,/p
                     s/^# unlike the recipe: no remote: .*/s,^ip6ip remote [0-9.]*,ip6ip remote any,/p
                     s/^# unlike the recipe: mode ip6ip, .*/s,^any remote,ip6ip remote,/p' <<<"$1")
    sed -n 's/^# unlike the recipe: \([0-9.]*\) is on the router list: .*/\1 nodefault/p' <<<"$1"
}

same_as_recipe() { # same_as_recipe <recipe: the kernel holds the same of its tunnel t0 before and after the paste, or check said what not>
    local made held printed name
    name=$(sed -n 's/^iface \([^ ]*\) .*/\1/p' <<<"$1" | head -n 1)
    stanza "$name" <<<"$1"
    check "check: $1" situp check
    printed=$OUT
    holds 'it prints a stanza' grep -q '^iface t0 inet6 ' <<<"$printed"
    snapshot
    check 'the recipe comes up' ifup "$name"
    made=$(facts t0)
    check 'and goes down' ifdown "$name"
    same_as_snapshot
    rm "/etc/network/interfaces.d/$name"
    stanza t0 <<<"$printed"
    check 'check of the printed stanza' situp check
    check 'the printed stanza comes up' ifup t0
    held=$(facts t0)
    holds 'the kernel holds a tunnel' grep -q '^mtu ' <<<"$held"
    is "the kernel holds what the recipe made, but for what check told of" "$held" "$(differing "$printed" <<<"$made")"
    check ifdown ifdown t0
    same_as_snapshot
    rm /etc/network/interfaces.d/t0
}

test_the_kernel_holds_what_the_recipe_made() {
    local recipe count=0
    while IFS= read -r -d '%' recipe <&3; do
        same_as_recipe "$recipe"
        count=$((count + 1))
    done 3<<'END_OF_RECIPES'
iface t0 inet6 manual
    pre-up modprobe sit || true
    pre-up ip tunnel del $IFACE || true
    pre-up IP=$(ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1); ip tunnel add $IFACE mode sit remote 216.66.80.26 local $IP ttl 64
    up ip link set $IFACE up mtu 1400
    up ip addr add 2001:470:1f04:1::2/64 dev $IFACE; ip addr add 2001:470:1f04:1::3/128 dev $IFACE
    up ip -6 route add default via 2001:470:1f04:1::1 dev $IFACE metric 7
    up ip -6 route add 2000::/3 dev $IFACE metric 9
    up ip -6 addr add 2001:470:abcd:c70::1/64 dev eth0
    down ip -6 addr del 2001:470:abcd:c70::1/64 dev eth0
    post-down ip tunnel del $IFACE
%
iface t0 inet manual
    up ip link add name t0 type sit remote 216.66.80.26 local 172.31.14.146 tos 10 nopmtudisc dev eth0
    up ip link set up dev t0 && ip -6 a a 2001:470:1f04:1::2/64 dev t0 > /dev/null
    up ip r replace ::/0 dev t0
    down ip link del t0
%
iface t0 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    local $(ip -4 addr show eth0 | awk '/inet /{print $2}' | cut -d/ -f1)
    mtu 1400
    gateway 2001:470:1f04:1::1
    up ip link set mtu 1280 dev $IFACE
    up ip tunnel change $IFACE ttl 64 tos inherit
    up ip -6 route add 2001:db8:77::/48 via 2001:470:1f04:1::1 dev $IFACE
%
iface t0 inet6 v4tunnel
    address 2001:470:1f04:1::2/64
    endpoint 216.66.80.26
    local any
    up ip -6 route add ::/0 dev $IFACE metric 3
    up ip -6 route add 2000::/3 dev $IFACE
%
iface t0 inet6 manual
    up ip tunnel add t0 mode isatap local 172.31.14.146 ttl 64
    up ip link set t0 up
    up ip addr add 2002:ca0c:1e01::5efe:172.31.14.146/64 dev t0
    up ip tunnel prl prl-default 172.31.0.10 dev t0
    up ip -6 route add default via fe80::5efe:172.31.0.10 dev t0
    down ip tunnel del t0
%
iface t0 inet6 manual
    up ip tunnel add t0 mode isatap local 172.31.14.146 remote 172.31.0.10
    up ip link set t0 up mtu 1280
    up ip addr add 2002:ca0c:1e01::5efe:172.31.14.146/64 dev t0
    up ip -6 route add default via fe80::5efe:172.31.0.10 dev t0 metric 5
    down ip tunnel del t0
%
iface hand inet manual
    up ip tunnel add t0 mode sit remote 216.66.80.26 local 172.31.14.146 ttl 32 && ip link set t0 up && ip addr add 2001:470:1f04:1::2/64 dev t0
    up ip -6 route add 2000::/3 via 2001:470:1f04:1::1 dev t0
    down ip tunnel del t0
%
END_OF_RECIPES
    is 'each recipe has run' "$count" 7
}

test_who_may_read_the_credentials_is_said_to_anybody() {
    stanza he-ipv6 <<'END_OF_STANZA'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2/64
    endpoint 216.66.80.26
    v4tunnel-local ec2
    v4tunnel-broker he 123456
END_OF_STANZA
    printf '[he]\nuser = u\nkey = secret\n' >/etc/situp/credentials
    local nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
    chmod 600 /etc/situp/credentials
    check 'to others than root, nothing is wrong' "${nobody[@]}" situp check
    chmod 640 /etc/situp/credentials
    refuse 'to root' 3 situp check
    stderr_has '/etc/situp/credentials: has mode 0640'
    stderr_has '1 error, 0 hints'
    refuse 'and to others' 3 "${nobody[@]}" situp check
    stderr_has '/etc/situp/credentials: others than its owner'
    rm /etc/situp/credentials
}

test_all_that_is_wrong_is_said_and_nothing_is_done() {
    stanza he-ipv6 <<'END_OF_STANZA'
auto he-ipv6
iface he-ipv6 inet6 isatap
    address 2001:470:1f04:1::2/64
    v4tunel-local ec2
    v4tunnel-endpiont 216.66.80.26
    v4tunnel-ttl 300
END_OF_STANZA
    echo 'key = secret' >/etc/situp/credentials
    chmod 640 /etc/situp/credentials
    snapshot
    refuse 'check ends with 3' 3 situp check
    is 'stdout is for machines' "$OUT" ''
    local file=/etc/network/interfaces.d/he-ipv6
    stderr_has "$file:2: ifupdown has no method \"isatap\""
    stderr_has "$file:4: v4tunel-local: neither situp nor ifupdown has this option; did you mean v4tunnel-local?"
    stderr_has "$file:5: v4tunnel-endpiont: situp has no such option; did you mean v4tunnel-endpoint?"
    stderr_has "$file:6: v4tunnel-ttl: \"300\" is not a number from 1 to 255"
    stderr_has '/etc/situp/credentials: others than its owner'
    stderr_lacks $'\n    '
    refuse 'the same as JSON' 3 situp check --json
    fits_schema check
    holds 'with the places' jq -e '
        any(.[]; .severity == "error" and .line == 6 and .column == 18 and .what == "v4tunnel-ttl" and .word == "300") and
        length == 5' <<<"$OUT"
    rm /etc/situp/credentials
    refuse 'misspelt commands' 2 situp chek
    stderr_has 'did you mean check?'
    stanza he-ipv6 <<<$'iface he-ipv6 inet6 manual\n    v4tunnel-endpoint 216.66.80.26'
    refuse 'and names' 3 situp plan he-ivp6
    stderr_has 'did you mean he-ipv6?'
    same_as_snapshot
    asked 0 .
}
