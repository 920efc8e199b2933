# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 22: from an account at a broker to a tunnel, by the broker's own record.

file=/etc/network/interfaces.d/he-ipv6
: "${broker_key:=}" # lib.sh's

nothing_written() {
    local name names=
    for name in /etc/network/interfaces.d/{*,.*} /etc/sysconfig/network-scripts/{ifcfg-he*,.*}; do [[ -f $name ]] && names+=" $name"; done
    is 'nothing is written' "$names" ''
}

wanted='auto he-ipv6
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    gateway 2001:470:1f04:1::1
    v4tunnel-local cloud
    v4tunnel-lan eth0 2001:470:abcd:c70::1/64
    v4tunnel-routed 2001:470:abcd:c70::/64
    v4tunnel-keepalive 120
    v4tunnel-broker he 123456
    # Only answers come in. For a server, write off: the whole Internet can then connect.
    v4tunnel-firewall stateful'

on_ec2() { # an account at the broker, on a machine whose firmware names EC2
    account
    firmware sys_vendor 'Amazon EC2'
}

test_what_it_prints_works_when_pasted() {
    on_ec2
    check 'situp import' situp import he 123456
    stdout_is "$wanted"
    is 'nothing on stderr' "$ERR" ''
    nothing_written
    is 'the broker was asked once' "$(broker count .)$(broker count '^GET /tunnelInfo.php\?tid=123456 from=203.0.113.10 login=right: 200 ')" 11
    stanza pasted <<<"$OUT"
    check 'situp check' situp check
    check 'ifup' ifup he-ipv6
    pings i1 2001:db8:cafe::1
    pings inet 2001:470:abcd:c70::1
    check 'ifdown' ifdown he-ipv6
}

test_two_commands_to_a_tunnel() {
    on_ec2
    check 'situp import --write' situp import he 123456 --write
    stdout_is ''
    situp_says 'situp: he-ipv6: is in /etc/network/interfaces.d/he-ipv6 now: ifup he-ipv6 brings it up'
    check 'ifup' ifup he-ipv6
    pings i1 2001:db8:cafe::1
    is 'what is written' "$(<$file)" "$wanted"
    is 'for everybody to read' "$(stat -c %a:%U $file)" 644:root
    check 'situp check' situp check
    situp_says "1 stanza of situp's: nothing wrong"
    check 'once more, while it is up' situp import he 123456 --write
    situp_says "situp: he-ipv6: is in $file already: ifup he-ipv6 brings it up"
    is 'the file is as it was' "$(<$file)" "$wanted"
    sed -i 's/keepalive 120/keepalive 60/' "$file"
    refuse 'over an edited one' 3 situp import he 123456 --write
    situp_says "situp: $file: is there already with another text, and stays as it is"
    is 'the edit stays' "$(<$file)" "${wanted/keepalive 120/keepalive 60}"
    printf '%s\n\n' "$wanted" >"$file"
    refuse 'over one with a line more' 3 situp import he 123456 --write
    rm "$file"
    ln -s /etc/nowhere "$file"
    refuse 'over a symbolic link that leads nowhere' 3 situp import he 123456 --write
    holds 'which stays' test -L "$file"
    rm "$file"
    printf '%s\n' "$wanted" >"$file"
    # The other tunnel, beside it: not a second default route for all packets.
    check 'a second one' situp import he 234567 --write --name he-2 --local ec2:eth1
    is 'what differs' "$(sed -n '4,$p' /etc/network/interfaces.d/he-2)" '    netmask 64
    endpoint 216.66.80.26
    v4tunnel-local ec2:eth1
    v4tunnel-route default
    v4tunnel-lan eth1 2001:470:abcd:c71::1/64
    v4tunnel-routed 2001:470:abcd:c71::/64 2001:470:9000::/48
    v4tunnel-keepalive 120 2001:470:1f04:2::1
    v4tunnel-broker he 234567
    # Only answers come in. For a server, write off: the whole Internet can then connect.
    v4tunnel-firewall stateful
# A /64 for each host of the network: the same lines on each, and on this one, which is to forward.
# auto 6rd0
# iface 6rd0 inet6 manual
#     sixrd-prefix 2001:470:9000::/48 172.31.0.0/16
#     sixrd-relay 172.31.32.10
#     sixrd-firewall stateful'
    check 'situp check' situp check
    check 'ifup' ifup he-2
    pings i1 2001:db8:cafe::1 -I 2001:470:1f04:2::2
    check 'ifdown' ifdown he-2
    # Its ends would be those of the first one.
    rm /etc/network/interfaces.d/he-2
    refuse 'the same ends' 3 situp import he 234567 --write --name he-2
    situp_says 'situp: he-2: has the same two ends as he-ipv6 at'
    holds 'it is not there' not test -e /etc/network/interfaces.d/he-2
    check 'ifdown' ifdown he-ipv6
}

test_where_there_is_no_metadata() {
    on_ec2
    imds down
    conf <<<$'[broker he]\nca-file = /run/lab/broker/good.pem\n[metadata]\ntimeout = 0'
    check 'situp import' situp import he 123456
    stdout_is "${wanted/v4tunnel-local cloud/v4tunnel-local route}"
    situp_says 'cloud gives no address here (situp address cloud says why), so v4tunnel-local is route'
    check 'another source' situp import he 123456 --local 'interface:eth1 route'
    stdout_has $'    v4tunnel-local interface:eth1 route\n    v4tunnel-lan eth1 2001:470:abcd:c70::1/64'
    is 'nothing on stderr' "$ERR" ''
}

test_what_is_refused_before_the_broker_is_asked() {
    on_ec2
    stanza other <<<$'iface he-ipv6 inet6 manual\n up true'
    refuse 'a stanza of that name' 3 situp import he 123456 --write
    situp_says 'situp: /etc/network/interfaces.d/other:1: a stanza of this name is there already'
    rm /etc/network/interfaces.d/other
    chmod 640 /etc/situp/credentials
    refuse 'keys that others may read' 3 situp import he 123456 --write
    situp_says 'situp: /etc/situp/credentials: has mode 0640, so others could read the keys in it'
    rm /etc/situp/credentials
    refuse 'no keys' 3 situp import he 123456 --write
    situp_says 'situp: /etc/situp/credentials: is not there: make it with mode 0600, with [he]'
    on_ec2
    refuse 'not root' 5 setpriv --reuid 65534 --regid 65534 --clear-groups situp import he 123456 --write
    local arguments status says
    while IFS='|' read -r arguments status says; do
        # shellcheck disable=SC2086  # several words
        refuse "import $arguments" "$status" situp import $arguments
        situp_says "$says"
    done <<'END'
he|2|situp: import: takes a broker and a tunnel's number; usage: situp import
he x|2|situp: x: is not a tunnel's number
he 123456 --local ec3|2|situp: ec3: is not a source of an address
he 123456 --name he$(id)|2|is not an interface's name
other 123456|3|situp: broker other: situp knows he, netassist only
netassist 1|3|situp: broker netassist: has no record in situp.conf: add it to its section, or write the stanza from the tunnel's page
END
    nothing_written
    is 'nobody was asked' "$(broker count .)" 0
}

test_where_ifup_would_not_find_it() {
    on_ec2
    cp /etc/network/interfaces /tmp/interfaces
    sed -i '/^source/d' /etc/network/interfaces
    refuse 'a file that sources nothing' 3 situp import he 123456 --write
    situp_says 'situp: /etc/network/interfaces: does not source /etc/network/interfaces.d/he-ipv6, so nothing was written: add the line "source /etc/network/interfaces.d/*"'
    nothing_written
    # Red Hat's network-scripts, where there are no stanzas.
    rm /etc/network/interfaces
    touch /etc/sysconfig/network-scripts/network-functions
    check 'with network-scripts' situp import he 123456 --write
    situp_says 'is in /etc/sysconfig/network-scripts/ifcfg-he-ipv6 now: ifup he-ipv6 brings it up'
    check 'once more' situp import he 123456 --write
    situp_says 'is in /etc/sysconfig/network-scripts/ifcfg-he-ipv6 already: ifup he-ipv6 brings it up'
    cp /tmp/interfaces /etc/network/interfaces
    rm /etc/sysconfig/network-scripts/network-functions
    is 'the file' "$(</etc/sysconfig/network-scripts/ifcfg-he-ipv6)" 'DEVICE=he-ipv6
DEVICETYPE=v4tunnel
ONBOOT=yes
NM_CONTROLLED=no
IPV6TUNNELIPV4=216.66.80.26
IPV6TUNNELIPV4LOCAL=cloud
IPV6ADDR=2001:470:1f04:1::2/64
IPV6_DEFAULTGW=2001:470:1f04:1::1
V4TUNNEL_LAN="eth0 2001:470:abcd:c70::1/64"
V4TUNNEL_ROUTED=2001:470:abcd:c70::/64
V4TUNNEL_KEEPALIVE=120
V4TUNNEL_BROKER="he 123456"
# Only answers come in. For a server, write off: the whole Internet can then connect.
V4TUNNEL_FIREWALL=stateful'
    (
        set -a
        # shellcheck source=/dev/null
        . /etc/sysconfig/network-scripts/ifcfg-he-ipv6
        CONFIG=ifcfg-he-ipv6 exec situp hook ifcfg-up
    )
    pings i1 2001:db8:cafe::1
    rm /etc/sysconfig/network-scripts/ifcfg-he-ipv6
    nothing_written
}

test_where_there_are_no_stanzas_yet() {
    on_ec2
    # The other instances have files of their own mounted there, which a move would unmount. This is another /etc, for a while.
    cp -a /etc /tmp/etc
    mount --bind /tmp/etc /etc
    rm -r /etc/network
    for command in check 'plan he-ipv6' 'up he-ipv6' 'doctor he-ipv6'; do
        # shellcheck disable=SC2086  # words
        refuse "$command" any situp $command
        holds 'which says what to do' grep -qF '/etc/network/interfaces: no such file or directory: make it with a stanza (situp-interfaces(5) has examples, situp import writes one), or name another file' <<<"$OUT$ERR"
    done
    check 'no folder' situp import he 123456 --write
    situp_says 'situp: he-ipv6: is in /etc/network/interfaces.d/he-ipv6 now: ifup he-ipv6 brings it up'
    is 'the first file' "$(</etc/network/interfaces)" 'source /etc/network/interfaces.d/*'
    is 'for everybody to read' "$(stat -c %a:%U /etc/network /etc/network/interfaces /etc/network/interfaces.d | paste -sd ' ')" \
        '755:root 644:root 755:root'
    is 'the stanza' "$(<$file)" "$wanted"
    check 'situp check' situp check
    rm /etc/network/interfaces
    check 'once more, without the first file' situp import he 123456 --write
    situp_says 'is in /etc/network/interfaces.d/he-ipv6 already: ifup he-ipv6 brings it up'
    check 'situp check' situp check
    # What is half made is taken back.
    rm -r /etc/network
    mkdir /etc/network
    ln -s /etc/nowhere /etc/network/interfaces.d
    refuse 'a folder that leads nowhere' 1 situp import he 123456 --write
    is 'and nothing is there' "$(ls -A /etc/network)" interfaces.d
    # No ifup: situp itself, and systemd's unit where systemd runs.
    rm -r /etc/network
    mv /sbin/ifup /tmp/ifup
    check 'without ifup' situp import he 123456 --write
    situp_says 'is in /etc/network/interfaces.d/he-ipv6 now: situp up he-ipv6 brings it up'
    mkdir -p /run/systemd/system
    check 'where systemd runs' situp import he 123456 --write
    situp_says 'is in /etc/network/interfaces.d/he-ipv6 already: systemctl enable --now situp@he-ipv6 brings it up, now and at each boot'
    rmdir /run/systemd/system
    check 'situp up' situp up he-ipv6
    pings i1 2001:db8:cafe::1
    check 'situp down' situp down he-ipv6
    mv /tmp/ifup /sbin/ifup
    umount /etc
    rm -r /tmp/etc
}

# A record of 123456 with something else in the place of its server's address.
record_with() { # record_with TEXT [BEFORE]
    printf '<?xml version="1.0"?>%s<tunnels><tunnel id="123456"><serverv4>%s</serverv4><clientv4>203.0.113.10</clientv4>' "${2-}" "$1"
    printf '<serverv6>2001:470:1f04:1::1</serverv6><clientv6>2001:470:1f04:1::2</clientv6>'
    printf '<routed64>2001:470:abcd:c70::/64</routed64></tunnel></tunnels>'
}

test_hostile_records() {
    local mode status says bomb i level=0
    on_ec2
    bomb='<!DOCTYPE tunnels [<!ENTITY a0 "216.66.80.26">'
    for i in 1 2 3 4 5 6 7 8 9; do
        bomb+="<!ENTITY a$i \"&a$level;&a$level;&a$level;&a$level;&a$level;&a$level;&a$level;&a$level;&a$level;&a$level;\">" level=$i
    done
    record_with '&a9;' "$bomb]>" >/tmp/bomb
    record_with '&x;' '<!DOCTYPE tunnels [<!ENTITY x SYSTEM "file:///etc/situp/credentials">]>' >/tmp/external
    record_with '2001:db8::1' >/tmp/type
    record_with '216.66.80.26"; reboot' >/tmp/shell
    record_with 216.66.80.26 >/tmp/whole
    head -c 200 /tmp/whole >/tmp/cut
    sed 's/id="123456"/id="234567"/' /tmp/whole >/tmp/other
    printf -v i '%70000s' ''
    record_with "$i" >/tmp/huge
    while IFS='@' read -r mode status says; do
        broker "$mode"
        refuse "$mode" "$status" situp import he 123456 --write
        situp_says "situp: broker he: $says"
        stdout_is ''
    done <<'END'
send-record /tmp/bomb@4@the broker's answer is no valid record of tunnel 123456
send-record /tmp/external@4@the broker's answer is no valid record of tunnel 123456
send-record /tmp/type@4@the broker's answer is no valid record of tunnel 123456
send-record /tmp/shell@4@the broker's answer is no valid record of tunnel 123456
send-record /tmp/cut@4@the broker's answer is no valid record of tunnel 123456
send-record /tmp/other@4@the broker's answer is no valid record of tunnel 123456
send-record /tmp/huge@4@the broker answered with more than 64 KiB
say-record 200 <!DOCTYPE html><html>Welcome</html>@4@the broker answered in words and not with a record: see whether tunnel 123456 is yours
say-record 200 Tunnel not found.@4@the broker answered in words and not with a record ("Tunnel not found."): see whether tunnel 123456 is yours
say-record 200 <tunnels></tunnels>@3@the broker has no tunnel 123456 of this user
say-record 500 x@4@the broker answered with HTTP status 500
bad-certificate@4@the broker's certificate is not good, so nothing was asked
END
    broker send-record /tmp/whole
    check 'the same, but as it should be' situp import he 123456
    stdout_is "$wanted"
    broker record-again
    refuse 'a number that the broker does not know' 4 situp import he 7 --write
    situp_says 'the broker answered in words'
    sed -i 's/^key.*/key = wrong/' /etc/situp/credentials
    refuse 'a wrong key' 3 situp import he 123456 --write
    situp_says 'situp: broker he: the broker refuses user or update key (HTTP status 401): correct [he] in /etc/situp/credentials'
    nothing_written
}

# While the broker takes its time, who asks is looked at from outside.
test_the_key_shows_nowhere() {
    local pid='' comm name
    # shellcheck disable=SC2317,SC2329  # wait_until calls it
    find_helper() {
        for name in /proc/[0-9]*/comm; do
            { read -r comm <"$name"; } 2>/dev/null || continue
            [[ $comm == situp-net ]] && pid=${name#/proc/} && pid=${pid%/comm} && [[ $(broker count .) == 1 ]] && return
        done
        return 1
    }
    on_ec2
    broker hang
    situp import he 123456 --write >/tmp/import.out 2>&1 &
    local asking=$!
    if wait_until 30 find_helper; then
        is 'its command line' "$(tr '\0' ' ' <"/proc/$pid/cmdline")" '/usr/libexec/situp/situp-net record --wait 30000 --url https://tunnelbroker.net/tunnelInfo.php --ca-file /run/lab/broker/good.pem 123456 '
        holds 'nor in any environment or argument' not grep -qsF -e "$broker_key" -e someone /proc/[0-9]*/environ /proc/[1-9][0-9]*/cmdline
        is 'it is _situp' "$(sed -n 's/^Uid:\t//p' "/proc/$pid/status")" $'989\t989\t989\t989'
    else
        not_ok 'situp-net is seen asking' "$(</tmp/import.out)"
    fi
    kill "$asking"
    wait "$asking"
    nothing_written
    broker record-again
    check 'situp import' situp import he 123456 --write
    holds 'no key in what is kept' not grep -rqF -e "$broker_key" -e someone /var/lib/situp /run/situp /etc/network
}
