# shellcheck shell=bash disable=SC2034  # put reads method
# SPDX-License-Identifier: GPL-2.0-or-later
# 24: check, ifup, plan and status read a stanza alike, as it is and after each edit.

declare -A options=()
tunnel=he-ipv6 method=manual

edit() { # edit yes|no [OPTION VALUE]…: the stanza with these is, or is not, another one than that of the tunnel; then it is as before
    local -A before=()
    local name wanted=$1
    shift
    for name in "${!options[@]}"; do before[$name]=${options[$name]}; done
    put "$@"
    edited "$*" "$wanted" "$tunnel"
    options=()
    for name in "${!before[@]}"; do options[$name]=${before[$name]}; done
    write
}
every_6in4_edit() {
    edit yes v4tunnel-local 'interface:eth0 interface:eth1'
    edit yes v4tunnel-keepalive 120
    edit yes v4tunnel-firewall off
    edit yes v4tunnel-mss clamp
    edit yes v4tunnel-ttl 64
    edit yes v4tunnel-tos 16
    edit yes v4tunnel-mtu auto
    edit yes v4tunnel-dev eth0
    edit yes v4tunnel-lan 'eth0 2001:470:abcd:c71::1/64'
    edit yes v4tunnel-route 'default from 2001:470:1f04:1::/64' gateway ''
    edit yes metric 512
    edit yes gateway 2001:470:1f04:1::9
    edit yes preferred-lifetime 600
    edit no metric 1024
    edit no v4tunnel-ttl 255
    edit no v4tunnel-local '  interface:eth0'
    edit no gateway 2001:0470:1F04:1:0::1
}

test_the_stock_stanza() {
    method=v4tunnel options=()
    put address 2001:470:1f04:1::2 netmask 64 gateway 2001:470:1f04:1::1 endpoint 216.66.80.26 v4tunnel-local interface:eth0
    check ifup ifup he-ipv6
    edited 'right after ifup' no he-ipv6
    every_6in4_edit
    edit yes netmask 80
    edit yes v4tunnel-local '' local 172.31.14.146 v4tunnel-tos 0
    edit yes ttl 64
    edit yes mtu 1400
    edit no mtu 1480
    edit no endpoint '' v4tunnel-endpoint 216.66.80.26
    put v4tunnel-keepalive 120
    check plan situp plan he-ipv6
    stdout_is '# up records this change, which takes no command: v4tunnel-keepalive'
    check up situp up he-ipv6
    edited 'up has recorded it' no he-ipv6
    put v4tunnel-keepalive 60 v4tunnel-mtu 1400
    check 'an edit with a command, and one without' situp plan he-ipv6
    stdout_is '# up records this change, which takes no command: v4tunnel-keepalive
ip link set dev he-ipv6 mtu 1400'
    method=manual
    put netmask '' address 2001:470:1f04:1::2/64 endpoint '' v4tunnel-endpoint 216.66.80.26 v4tunnel-mtu '' v4tunnel-keepalive 120
    check 'another method' situp plan he-ipv6
    stdout_is '# up records this change, which takes no command: method'
    edited 'another method' yes he-ipv6
    put v4tunnel-ttl 0
    refuse 'a mistake' 1 situp status he-ipv6
    stdout_has 'v4tunnel-ttl: "0" is not a number from 1 to 255 or inherit'
    stdout_lacks 'has been edited'
    put v4tunnel-ttl '' v4tunnel-local '' v4tunnel-keepalive '' v4tunnel-endpoint ''
    refuse 'a stanza without options of ours' 1 situp status he-ipv6
    stdout_has "interfaces.d/he-ipv6:1: the stanza has no option of situp's any more"
    check ifdown ifdown he-ipv6
    no_link he-ipv6
}

test_a_stanza_that_is_gone_before_ifdown() {
    snapshot
    stanza_for_every_host
    check ifup ifup he-ipv6
    rm /etc/network/interfaces.d/he-ipv6
    check 'status while ifupdown holds it as up' situp status he-ipv6
    stdout_has 'any more: run ifdown he-ipv6, and situp down he-ipv6 if the tunnel is still there'
    check 'ifdown forgets it' ifdown he-ipv6
    has_link he-ipv6
    check 'status then' situp status he-ipv6
    stdout_has 'any more: situp down he-ipv6 takes it down'
    check 'situp down' situp down he-ipv6
    same_as_snapshot
}

test_the_stanza_for_every_host() {
    stanza_for_every_host
    check ifup ifup he-ipv6
    edited 'right after ifup' no he-ipv6
    method=static options=()
    put address 2001:470:1f04:1::2/64 gateway 2001:470:1f04:1::1 v4tunnel-endpoint 216.66.80.26 v4tunnel-local interface:eth0
    edited 'another source' yes he-ipv6
    check up situp up he-ipv6
    every_6in4_edit
    edit no address 2001:470:1f04:1::2 netmask 64
    edit yes address 2001:470:1f04:1::2/80
    check ifdown ifdown he-ipv6
    method=manual
    write
    check 'situp alone' situp up he-ipv6
    edited 'right after situp up' no he-ipv6
    check down situp down he-ipv6
}

test_isatap() {
    tunnel=isatap0
    for method in manual static auto; do
        options=()
        put isatap-prefix 2002:ca0c:1e01::/64 isatap-routers 172.31.0.10 isatap-local interface:eth0
        [[ $method != static ]] || put address 2001:db8:6::1/64
        check "$method: ifup" ifup isatap0
        if [[ $method == auto ]]; then
            check 'status' situp status isatap0
            stdout_lacks 'has been edited'
        else
            edited "$method: right after ifup" no isatap0
            edit yes isatap-routers '172.31.0.10 172.31.0.11'
            edit yes isatap-routers isatap.example.net # the same address
            edit yes isatap-routers '' isatap-routers-nodefault 172.31.0.10
            edit yes isatap-prefix 2001:db8:3::/64
            edit yes isatap-ttl 33
            edit no isatap-ttl 64
            edit no isatap-prefix 2002:CA0C:1e01:0::/64
        fi
        check "$method: ifdown" ifdown isatap0
    done
    tunnel=he-ipv6
}

test_names_in_capitals_and_with_underscores() {
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 static
    address 2001:470:1f04:1::2/64
    V4TUNNEL-ENDPOINT 216.66.80.26
    v4tunnel_local interface:eth0
END
    check check situp check
    check 'plan' situp plan he-ipv6
    stdout_has 'ip link add name he-ipv6'
    check ifup ifup he-ipv6
    has_link he-ipv6
    edited 'right after ifup' no he-ipv6
    sed -i 's/v4tunnel_local/v4tunnel-local/' /etc/network/interfaces.d/he-ipv6
    edited 'another spelling' no he-ipv6
    echo '    V4Tunnel_MTU 1400' >>/etc/network/interfaces.d/he-ipv6
    edited 'an option more' yes he-ipv6
    check ifdown ifdown he-ipv6
    sed -i 's/V4Tunnel_MTU.*/v4tunnel-lan eth0 2001:470:abcd:c70::1\/64\n    v4tunnel_lan eth0 2001:470:abcd:c71::1\/64/' \
        /etc/network/interfaces.d/he-ipv6
    refuse 'two spellings' 3 situp plan he-ipv6
    situp_says 'interfaces.d/he-ipv6:6: v4tunnel_lan: is v4tunnel-lan again'
    refuse 'two spellings for ifup' 1 ifup he-ipv6
    situp_says 'interfaces.d/he-ipv6:6: v4tunnel_lan: is v4tunnel-lan again'
    # ifupdown itself would not see this address.
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 manual
    Address 2001:470:1f04:1::2/64
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local interface:eth0
END
    refuse check 3 situp check
    stderr_has Address
    refuse plan 3 situp plan he-ipv6
    situp_says 'interfaces.d/he-ipv6:2: Address: ifupdown knows this option as address only: write that'
    refuse ifup 1 ifup he-ipv6
    situp_says 'interfaces.d/he-ipv6:2: Address: ifupdown knows this option as address only: write that'
    no_link he-ipv6
}

test_a_copy_of_the_stanza() {
    method=manual options=()
    put address 2001:470:1f04:1::2/64 v4tunnel-endpoint 216.66.80.26 v4tunnel-local interface:eth0
    check ifup ifup he-ipv6
    cp /etc/network/interfaces.d/he-ipv6 /etc/network/interfaces.d/he-ipv6.bak
    refuse 'status while it is up' 1 situp status he-ipv6
    stdout_has 'a second stanza of he-ipv6 has options of situp'
    refuse 'plan says the same' 3 situp plan he-ipv6
    situp_says 'a second stanza of he-ipv6 has options of situp'
    rm /etc/network/interfaces.d/he-ipv6.bak
    check ifdown ifdown he-ipv6
    sed -i '1iauto he-ipv6' /etc/network/interfaces.d/he-ipv6
    cp /etc/network/interfaces.d/he-ipv6 /etc/network/interfaces.d/he-ipv6.bak
    refuse 'status while it is down' 1 situp status he-ipv6
    stdout_has 'a second stanza of he-ipv6 has options of situp'
    stdout_lacks 'bring it up'
}

test_the_stanza_that_brought_it_up() {
    local by
    sed 's/he-ipv6/home/' <<'END' | stanza home
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local interface:eth0
END
    method=manual options=()
    put address 2001:470:1f04:1::3/64 v4tunnel-endpoint 216.66.80.26 v4tunnel-local interface:eth0
    for by in 'ifup he-ipv6=home' 'situp up he-ipv6=home'; do
        # shellcheck disable=SC2086 # words
        check "$by" $by
        edited "$by, by the name alone" no he-ipv6
        edited "$by, by both names" no he-ipv6=home
        edited "$by, beside the stanza of the name" yes he-ipv6=he-ipv6
        [[ $by == situp* ]] || check ifdown ifdown he-ipv6
    done
    refuse 'where to look' 1 situp status he-ipv6=he-ipv6
    stdout_has 'situp plan he-ipv6=he-ipv6 shows what would change'
    check 'the other one by both names' situp up he-ipv6=he-ipv6
    edited 'now it is that one' no he-ipv6
    check down situp down he-ipv6
}
