# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 16: the broker is told of the public address.

key=Up-d4te+Key=
: "${daemon_log:=}" "${daemon_pid:=}" # lib.sh's

# A tunnel at a broker that knows nothing of this instance; more arguments are options of the stanza.
tunnel_with_a_broker() { # tunnel_with_a_broker LOCAL [OPTION…]
    broker start
    {
        printf 'iface he-ipv6 inet6 manual\n    address 2001:470:1f04:1::2/64\n    gateway 2001:470:1f04:1::1\n'
        printf '    v4tunnel-endpoint 216.66.80.26\n    v4tunnel-local %s\n' "$1"
        (($# == 1)) || printf '    %s\n' "${@:2}"
        [[ $* == *v4tunnel-broker* ]] || printf '    v4tunnel-broker he 123456\n'
    } | stanza he-ipv6
    conf <<<$'[broker he]\nca-file = /run/lab/broker/good.pem'
    credentials "$key"
}
credentials() { # credentials KEY [BROKER USER]
    printf '[%s]\nuser = %s\nkey = %s\n' "${2-he}" "${3-someone}" "$1" >/etc/situp/credentials
    chmod 600 /etc/situp/credentials
}
told() { # told N PATTERN: the broker's log has N matching lines, and N lines in all
    local all
    all=$(broker count .)
    if [[ $all == "$1" && $(broker count "$2") == "$1" ]]; then ok "the broker was told $1 × $2"; else
        not_ok "the broker was told $1 × $2" "$(broker log)"
    fi
}
forget() { rm -f /var/lib/situp/*; }
long_ago() { sed -i 's/^called-at .*/called-at 1000000000/' /var/lib/situp/broker-he-ipv6; }

test_it_is_told_once_and_the_tunnel_works() {
    tunnel_with_a_broker ec2
    broker record 203.0.113.99
    check 'situp up' situp up he-ipv6
    no_ping i1 2001:db8:cafe::1
    check 'situp broker' situp broker he-ipv6
    stdout_is 'good 203.0.113.10'
    is 'nothing on stderr' "$ERR" ''
    told 1 '^GET /nic/update\?hostname=123456&myip=203.0.113.10 from=203.0.113.10 login=right: 200 good'
    pings i1 2001:db8:cafe::1
    check 'nothing has changed' situp broker he-ipv6
    situp_says 'situp: he-ipv6: nothing to do: the broker was told on '
    stdout_is ''
    told 1 .
    check 'all the same' situp broker --force he-ipv6
    stdout_is 'nochg 203.0.113.10'
    told 2 'hostname=123456&myip=203.0.113.10'
    holds 'no key in what is kept' not grep -rqF -e "$key" -e someone /var/lib/situp /run/situp
    is 'everybody may read what is kept' "$(stat -c %a:%U /var/lib/situp/broker-he-ipv6)" 644:root
    # The Elastic IP is another one: at once would be too early.
    imds set public-ipv4 203.0.113.20
    refuse 'within five minutes' 4 situp broker he-ipv6
    situp_says 'situp: he-ipv6: broker he: asked a moment ago (nochg 203.0.113.10), and brokers don'\''t like that: wait '
    long_ago
    broker clear
    check 'later' situp broker he-ipv6
    stdout_is 'good 203.0.113.20'
    told 1 'hostname=123456&myip=203.0.113.20 from=203.0.113.10'
    broker record 203.0.113.10 # the lab's own state
}

# The tunnel of the router in front of this host: the broker takes the address that it sees.
test_for_another_machine() {
    account
    broker record 203.0.113.99
    check 'situp broker' situp broker he 123456
    stdout_is 'good 203.0.113.10'
    is 'nothing on stderr' "$ERR" ''
    told 1 '^GET /nic/update\?hostname=123456 from=203.0.113.10 login=right: 200 good'
    refuse 'within five minutes' 4 situp broker he 123456
    situp_says 'situp: broker he: asked a moment ago (good 203.0.113.10), and brokers don'\''t like that: wait '
    check 'all the same' situp broker he 123456 --force
    stdout_is 'nochg 203.0.113.10'
    sed -i 's/^called-at .*/called-at 1000000000/' /var/lib/situp/broker-he:123456
    check 'later, whether there is news or not' situp broker he 123456
    stdout_is 'nochg 203.0.113.10'
    told 3 hostname=123456
    # A record that situp can't understand is another tunnel's.
    printf 'nonsense\n' >/run/situp/odd0
    check 'beside a record that is none' situp broker he 123456 --force
    rm /run/situp/odd0
    situp_says "situp: /run/situp/odd0: situp can't make sense of this record"
    told 4 hostname=123456
    refuse 'no number' 2 situp broker he he-ipv6
    situp_says 'situp: he-ipv6: is not a tunnel'\''s number: the broker shows it on the tunnel'\''s page'
    refuse 'no such broker' 3 situp broker nobody 123456
    refuse 'too many words' 2 situp broker he 123456 7
    situp_says "takes one name, or a broker and a tunnel's number"
    broker 'say 200 badauth'
    refuse 'it is refused' 3 situp broker he 123456 --force
    broker clear
    refuse 'and not called again' 3 situp broker he 123456
    told 0 .
    # A tunnel of this host's has a name.
    tunnel_with_a_broker interface:eth0
    check 'situp up' situp up he-ipv6
    refuse 'a tunnel of this host' 2 situp broker he 123456
    situp_says 'situp: he 123456: is the tunnel of he-ipv6 here: situp broker he-ipv6'
    sed 's/he-ipv6/a0/; s/^option v4tunnel-broker .*/option v4tunnel-broker he/' /run/situp/he-ipv6 >/run/situp/a0
    refuse 'beside a stanza that situp does not understand' 2 situp broker he 123456
    stderr_has 'takes a broker and the number of the tunnel there'
    stderr_has 'situp: he 123456: is the tunnel of he-ipv6 here: situp broker he-ipv6'
    rm /run/situp/a0
    told 0 .
    check 'situp down' situp down he-ipv6
    broker record 203.0.113.10
}

each_answer() { # each_answer BROKER REQUEST <LINES of what the broker does, and the status, output and error of `situp broker`
    local mode status stdout says
    while IFS='@' read -r mode status stdout says; do
        forget
        broker "$mode"
        broker clear
        refuse "$mode" "$status" situp broker he-ipv6
        stdout_is "$stdout"
        situp_says "situp: he-ipv6: broker $1: $says"
        refuse "$mode: not once more" "$status" situp broker he-ipv6
        told 1 "$2"
    done
}
test_each_answer() {
    tunnel_with_a_broker interface:eth0
    check 'situp up' situp up he-ipv6
    each_answer he '\?hostname=123456 from=' <<'END'
say 200 badauth@3@badauth@the broker refuses user or update key (badauth)
say 200 nohost@3@nohost@the broker knows no tunnel 123456 of this user (nohost)
say 200 abuse@4@abuse@the broker was asked too often (abuse)
say 200 good 127.0.0.1@4@good 127.0.0.1@the broker has ignored the update (good 127.0.0.1)
say 200 <html>Welcome</html>@4@@the broker's answer is unknown
say 200 IP is not ICMP pingable.@4@IP is not ICMP pingable.@the broker answered in words of its own, so nothing is taken for done: "IP is not ICMP pingable."
say 500 Too many tunnels@4@Too many tunnels@the broker answered in words of its own, so nothing is taken for done (HTTP status 500): "Too many tunnels"
say 500 good 203.0.113.10@4@@the broker answered with HTTP status 500
redirect https://ipv4.tunnelbroker.net/elsewhere@4@@the broker answered with HTTP status 302
close@4@@the broker closed the connection before all of its answer was there
END
    forget
    broker 'say 200 nochg'
    broker clear
    check nochg situp broker he-ipv6
    stdout_is nochg
    told 1 '\?hostname=123456 from=203.0.113.10 login=right'
}

other_broker() { # other_broker [LINE…]: a section with a template, and these lines
    printf '%s\n' '[broker other]' 'url = https://broker.example.net/tunnels/{tunnel}?ip={address}' 'done = updated, not changed' \
        'refused = wrong key' 'later = busy' 'ca-file = /run/lab/broker/good.pem' "$@" | conf
}

test_a_broker_that_the_file_describes() {
    tunnel_with_a_broker ec2 'v4tunnel-broker other 123456'
    refuse 'check, without its section' any situp check
    stderr_has ': broker other: situp knows he, netassist only: correct the name, or add [broker other]'
    other_broker
    credentials "$key" other
    check 'situp check' situp check
    broker record 203.0.113.99
    check 'situp up' situp up he-ipv6
    no_ping i1 2001:db8:cafe::1
    check 'situp broker' situp broker he-ipv6
    stdout_is 'updated: 203.0.113.10'
    told 1 '^GET /tunnels/123456\?ip=203.0.113.10 from=203.0.113.10 login=right: 200 updated: 203.0.113.10'
    pings i1 2001:db8:cafe::1
    check 'nothing has changed' situp broker he-ipv6
    situp_says '(updated: 203.0.113.10), and nothing has changed'
    check 'all the same' situp broker --force he-ipv6
    stdout_is 'not changed'
    check 'situp status' situp status he-ipv6
    holds 'status has its words' grep -qE 'broker +other 123456: not changed' <<<"$OUT"
    holds 'no key in what is kept' not grep -rqF -e "$key" -e someone /var/lib/situp /run/situp
    each_answer other '/tunnels/123456\?ip=203.0.113.10 from=' <<'END'
say 503 busy, wait@4@busy, wait@the broker does not take the address now: "busy, wait"; wait
say 200 <html>busy</html>@4@busy@the broker does not take the address now: "busy"; wait
say 200 good 203.0.113.10@4@good 203.0.113.10@the broker answered in words of its own, so nothing is taken for done: "good 203.0.113.10"
say 200 outupdated@4@outupdated@the broker answered in words of its own, so nothing is taken for done: "outupdated"
say 500 updated@4@@the broker answered with HTTP status 500
redirect https://broker.example.net/elsewhere@4@@the broker answered with HTTP status 302
close@4@@the broker closed the connection before all of its answer was there
say 403 wrong key@3@wrong key@the broker refuses: "wrong key"; correct what it names, such as user and key in /etc/situp/credentials
END
    # The last one is a refusal.
    long_ago
    refuse 'hours later' 3 situp broker he-ipv6
    situp_says 'broker other: not asked again: the broker refuses: "wrong key"; correct what it names'
    run situp doctor he-ipv6
    holds 'doctor quotes it' grep -qF 'the broker refuses: "wrong key"' <<<"$OUT"
    holds 'and asks for no record' not grep -qF 'record of the tunnel' <<<"$OUT"
    told 1 .
    broker record-again
    other_broker '' '[metadata]' 'timeout = 1'
    refuse 'another section is no correction' 3 situp broker he-ipv6
    sed -i 's/^later = busy/later = busy, wait/' /etc/situp/situp.conf
    check 'another text is' situp broker he-ipv6
    told 2 /tunnels/123456
    # Without the address in the call, the tunnel may be another machine's.
    check 'situp down' situp down he-ipv6
    refuse 'the call names the address' 3 situp broker other 123456
    situp_says 'situp: broker other: its call names the public address, which only the machine with the tunnel knows'
    sed -i 's/?ip={address}//' /etc/situp/situp.conf
    broker clear
    check "another machine's" situp broker other 123456
    told 1 '^GET /tunnels/123456 from=203.0.113.10 login=right: 200 not changed'
    broker record 203.0.113.10
}

test_netassist() {
    local call='GET /autochangeip.php\?l=someone%40example.net&p=Up-d4te%2BKey%3D&ip='
    tunnel_with_a_broker ec2 'v4tunnel-broker netassist 1' 'v4tunnel-keepalive 2'
    conf <<<$'[broker netassist]\nca-file = /run/lab/broker/good.pem'
    credentials "$key" netassist someone@example.net
    broker record 203.0.113.99
    check 'situp up' situp up he-ipv6
    # It has no record to ask for: the doctor looks at the settings by itself.
    rm /etc/situp/credentials
    run situp doctor he-ipv6
    stdout_has "situp can't tell the broker this host's address: /etc/situp/credentials: is not there"
    # A user who can't read what the broker has said gets the rest.
    mkdir -p /var/lib/situp
    (umask 077 && : >/var/lib/situp/broker-he-ipv6)
    run setpriv --reuid 65534 --clear-groups situp doctor he-ipv6
    stdout_has 'unseen  broker '
    stdout_has 'verdict: he-ipv6: '
    rm /var/lib/situp/broker-he-ipv6
    credentials "$key" netassist someone@example.net
    # A URL as the broker's own page gives it.
    conf <<<$'[broker netassist]\nurl = https://broker.example.net/u?l=a&p=Up-d4te%2BKey%3D&ip={address}'
    refuse 'a key in the URL' 3 situp broker he-ipv6
    situp_says "situp: he-ipv6: /etc/situp/situp.conf:2: url has a literal 'p='"
    conf <<<$'[broker netassist]\nurl = https://broker.example.net/u/Up-d4te%2bKey=?ip={address}'
    refuse 'a key in its path' 3 situp broker he-ipv6
    situp_says 'situp: he-ipv6: broker netassist: its URL in situp.conf has the key in it'
    run situp doctor he-ipv6
    stdout_has "situp can't tell the broker this host's address: broker netassist: its URL in situp.conf has the key in it"
    holds 'the key is not shown' not grep -q Up-d4te <<<"$OUT$ERR"
    told 0 .
    conf <<<$'[broker netassist]\nca-file = /run/lab/broker/good.pem'
    check 'situp broker' situp broker he-ipv6
    stdout_is 'OK! 203.0.113.10'
    told 1 "^${call}203.0.113.10 from=203.0.113.10 login=none: 200 OK!"
    pings i1 2001:db8:cafe::1
    check 'once more' situp broker --force he-ipv6
    stdout_is 'FAIL! 203.0.113.10 is already registered'
    # Its words for a refusal are not known: situp tries again later.
    credentials wrong netassist someone@example.net
    refuse 'a wrong password' 4 situp broker --force he-ipv6
    stdout_is 'FAIL! Unknown login or password'
    credentials "$key" netassist someone@example.net
    forget
    broker clear
    imds down
    conf <<<$'[broker netassist]\nca-file = /run/lab/broker/good.pem\n[metadata]\ntimeout = 1'
    refuse 'without metadata' 4 situp broker he-ipv6
    situp_says 'situp: he-ipv6: broker netassist: its call names the public address, and that is not known here'
    daemon
    daemon_says 'he-ipv6: broker netassist: its call names the public address, and that is not known here' 30
    told 0 .
    # situpd looks again by itself.
    imds v2
    broker 'say 200 FAIL! Later, please'
    hours_pass
    daemon_says 'he-ipv6: broker: the broker answered in words of its own, so nothing is taken for done: "FAIL! Later, please".*; again in [23][0-9][0-9] s' 30
    told 1 "^$call"
    broker record-again
    hours_pass
    daemon_says 'he-ipv6: broker: the broker has been told of 203.0.113.10 \((OK!|FAIL!) ' 40
    told 2 "^$call"
    holds 'no key in its log' not grep -qF -e "$key" -e someone -e d4te "$daemon_log" /run/situp/live/he-ipv6 /var/lib/situp/broker-he-ipv6
    end_daemon
    broker record 203.0.113.10
}

test_a_refusal_holds_until_something_is_corrected() {
    tunnel_with_a_broker ec2
    check 'situp up' situp up he-ipv6
    credentials wrong
    refuse 'a wrong key' 3 situp broker he-ipv6
    stdout_is badauth
    told 1 'login=wrong: 200 badauth'
    long_ago
    refuse 'hours later' 3 situp broker he-ipv6
    situp_says 'broker he: not asked again: the broker refuses user or update key (badauth): correct [he] in /etc/situp/credentials; --force'
    told 1 .
    credentials "$key"
    broker clear
    check 'with the right one' situp broker he-ipv6
    told 1 'login=right: 200 good 203.0.113.10'
}

test_from_the_local_address_that_the_tunnel_has() {
    tunnel_with_a_broker ec2:eth1 'v4tunnel-broker he 234567'
    check 'situp broker, before the tunnel is up' situp broker he-ipv6
    stdout_is 'good 203.0.113.11'
    told 1 'hostname=234567&myip=203.0.113.11 from=203.0.113.11'
    forget
    tunnel_with_a_broker 'ec2 interface:eth1' 'v4tunnel-broker he 234567'
    imds down
    conf <<<$'[broker he]\nca-file = /run/lab/broker/good.pem\n[metadata]\ntimeout = 1'
    check 'without metadata' situp broker he-ipv6
    stdout_is 'good 203.0.113.11'
    situp_says '; the broker is asked to take the one that it sees'
    told 1 'hostname=234567 from=203.0.113.11'
}

test_a_certificate_that_nobody_vouches_for() {
    tunnel_with_a_broker interface:eth0
    check 'situp up' situp up he-ipv6
    broker bad-certificate
    refuse 'a wrong certificate' 4 situp broker he-ipv6
    situp_says 'certificate is not good, so nothing was told'
    broker record-again
    forget
    conf <<<''
    refuse 'one that the system does not know' 4 situp broker he-ipv6
    told 0 .
    forget
    cp /etc/ssl/certs/ca-certificates.crt /tmp/certificates
    cat /run/lab/broker/good.pem >>/etc/ssl/certs/ca-certificates.crt
    check 'one that the system knows' situp broker he-ipv6
    told 1 'login=right'
    cp /tmp/certificates /etc/ssl/certs/ca-certificates.crt
    forget
    chmod 600 /run/lab/broker/good.pem
    conf <<<$'[broker he]\nca-file = /run/lab/broker/good.pem'
    refuse 'a file that not everybody may read' 4 situp broker he-ipv6
    situp_says "the CA certificates can't be read"
    chmod 644 /run/lab/broker/good.pem
}

test_what_is_refused_before_anybody_is_asked() {
    tunnel_with_a_broker interface:eth0
    chmod 640 /etc/situp/credentials
    refuse 'keys that others may read' 3 situp broker he-ipv6
    situp_says 'situp: he-ipv6: /etc/situp/credentials: has mode 0640, so others could read the keys in it: chmod 600 it'
    chmod 600 /etc/situp/credentials
    chown nobody /etc/situp/credentials
    refuse "somebody else's keys" 3 situp broker he-ipv6
    situp_says '/etc/situp/credentials: belongs to user 65534'
    rm /etc/situp/credentials
    refuse 'no keys' 3 situp broker he-ipv6
    situp_says '/etc/situp/credentials: is not there: make it with mode 0600, with [he]'
    printf '[he 7]\nuser = x\nkey = %s\n' "$key" >/etc/situp/credentials
    chmod 600 /etc/situp/credentials
    refuse 'keys of another tunnel' 3 situp broker he-ipv6
    situp_says 'has no [he]: add it, with user and key of tunnel 123456'
    refuse 'not root' 5 setpriv --reuid 65534 --regid 65534 --clear-groups situp broker he-ipv6
    refuse 'no name' 2 situp broker
    refuse 'two names' 2 situp broker he-ipv6 he-2
    tunnel_with_a_broker interface:eth0 'v4tunnel-broker other 123456'
    local command
    for command in up broker; do
        refuse "$command: a broker that nobody knows" 3 situp "$command" he-ipv6
        situp_says 'situp: he-ipv6: broker other: situp knows he, netassist only'
    done
    no_link he-ipv6
    stanza he-ipv6 <<<$'iface he-ipv6 inet6 manual\n v4tunnel-endpoint 216.66.80.26\n v4tunnel-local interface:eth0'
    refuse 'no broker' 3 situp broker he-ipv6
    situp_says 'situp: he-ipv6: has no v4tunnel-broker'
    told 0 .
}

# While the broker takes its time, the program that asks is looked at from outside.
test_the_key_shows_nowhere() {
    local pid='' comm file
    # shellcheck disable=SC2317,SC2329  # wait_until calls it
    find_helper() {
        for file in /proc/[0-9]*/comm; do
            { read -r comm <"$file"; } 2>/dev/null || continue
            [[ $comm == situp-net ]] && pid=${file#/proc/} && pid=${pid%/comm} && [[ $(broker count .) == 1 ]] && return
        done
        return 1
    }
    tunnel_with_a_broker interface:eth0
    check 'situp up' situp up he-ipv6
    broker hang
    situp broker he-ipv6 >/tmp/broker.out 2>&1 &
    local asking=$!
    if wait_until 30 find_helper; then
        is 'its command line' "$(tr '\0' ' ' <"/proc/$pid/cmdline")" '/usr/libexec/situp/situp-net broker --wait 30000 --url https://ipv4.tunnelbroker.net/nic/update --ca-file /run/lab/broker/good.pem --local 172.31.14.146 123456 '
        holds 'nor in any environment or argument' not grep -qsF -e "$key" -e someone /proc/[0-9]*/environ /proc/[1-9][0-9]*/cmdline
        is 'it is _situp' "$(sed -n 's/^Uid:\t//p' "/proc/$pid/status")" $'989\t989\t989\t989'
        # What may be looked into by its like belongs to its user.
        is 'its like may not look into it' "$(stat -c %U "/proc/$pid/mem")" root
    else
        not_ok 'situp-net is seen asking' "$(</tmp/broker.out)"
    fi
    kill "$asking"
    check 'it ends with who has asked' wait_until 5 not kill -0 "$pid"
    wait "$asking"
    # Whoever is killed while it asks has asked.
    broker record-again
    refuse 'at once again' 4 situp broker he-ipv6
    situp_says 'asked a moment ago'
    told 1 .
}

test_dns_says_for_how_long() {
    local net=/usr/libexec/situp/situp-net
    check 'a name' "$net" resolve --ttl --wait 3000 routers.example.net
    stdout_is 'addresses 172.31.0.10 172.31.0.11 ttl 60'
    check 'nobody has asked' "$net" resolve --wait 3000 routers.example.net
    stdout_is 'addresses 172.31.0.10 172.31.0.11'
    cp /etc/hosts /tmp/hosts
    printf '172.31.0.99 routers.example.net\n' >>/etc/hosts
    check 'a name of the hosts file' "$net" resolve --ttl --wait 3000 routers.example.net
    stdout_is 'addresses 172.31.0.99'
    cp /tmp/hosts /etc/hosts
    refuse 'no name' 1 "$net" resolve --ttl --wait 3000 nothing.example.net
    stdout_is 'failure name-unknown 0'
}

# The NAT shows this instance by another address from now on, and metadata says so.
elastic_ip() { # elastic_ip ADDRESS
    nsenter --net=/run/netns/vpc nft -f - <<END
flush chain ip elastic incoming
flush chain ip elastic outgoing
add rule ip elastic incoming iifname "internet" ip daddr $1 dnat to 172.31.14.146
add rule ip elastic incoming iifname "internet" ip daddr 203.0.113.11 dnat to 172.31.32.10
add rule ip elastic outgoing oifname "internet" ip saddr 172.31.14.146 snat to $1
add rule ip elastic outgoing oifname "internet" ip saddr 172.31.32.10 snat to 203.0.113.11
END
    nsenter --net=/run/netns/vpc conntrack -F 2>/dev/null
    imds v2 set public-ipv4 "$1"
}
back_to_the_first() {
    elastic_ip 203.0.113.10
    broker record 203.0.113.10
}

test_situpd_tells_another_elastic_ip_once() {
    tunnel_with_a_broker ec2 'v4tunnel-keepalive 2'
    broker record 203.0.113.99
    check 'situp up' situp up he-ipv6
    daemon
    daemon_says 'he-ipv6: broker: the broker has been told of 203.0.113.10 \(good 203.0.113.10\)' 20
    soon 'the tunnel works' 20 ping -n -c 1 -w 1 2001:db8:cafe::1
    told 1 'hostname=123456&myip=203.0.113.10 from=203.0.113.10 login=right'
    # Hours later. A new situpd, because the old one leaves half a minute between any two calls.
    end_daemon
    long_ago
    broker clear
    : >"$daemon_log"
    daemon
    daemon_says '2001:470:1f04:1::1 answers' 40
    elastic_ip 203.0.113.20
    daemon_says '2001:470:1f04:1::1 does not answer any more' 40
    soon 'the tunnel works again' 40 ping -n -c 1 -w 1 2001:db8:cafe::1
    soon 'and situpd knows' 40 live_has he-ipv6 '^health alive'
    told 1 'hostname=123456&myip=203.0.113.20 from=203.0.113.20 login=right: 200 good'
    # Whoever starts it again, or has it look again, has the broker asked no more.
    end_daemon KILL
    : >"$daemon_log"
    daemon
    kill -HUP "$daemon_pid"
    daemon_says '2001:470:1f04:1::1 answers' 20
    told 1 .
    holds 'no key in its log' not grep -qF -e "$key" -e someone "$daemon_log" /run/situp/live/he-ipv6
    end_daemon
    back_to_the_first
}

hours_pass() { date --set='+7 hours' >/dev/null; } # and situpd notices that
# A broker has half a minute to answer; with this, three seconds.
impatient_helper() {
    cp /usr/libexec/situp/situp-net /run/lab/situp-net
    # shellcheck disable=SC2016  # the other shell expands it
    printf '#!/bin/bash\nexec /run/lab/situp-net "${@/#30000/3000}"\n' >/run/lab/impatient
    chmod 755 /run/lab/impatient /run/lab/situp-net
    mount --bind /run/lab/impatient /usr/libexec/situp/situp-net
}

# One situpd, and hours between the answers. Whatever was answered, it is one call, and looking again is none.
test_each_answer_to_situpd() {
    local mode says count=0
    tunnel_with_a_broker interface:eth0
    check 'situp up' situp up he-ipv6
    broker 'say 200 abuse'
    broker clear
    daemon
    while IFS='@' read -r mode says; do
        count=$((count + 1))
        if ((count > 1)); then
            broker "$mode"
            [[ $mode != hang ]] || impatient_helper
            forget
            : >"$daemon_log"
            hours_pass
        fi
        daemon_says "he-ipv6: broker: $says" 20
        told $count .
        [[ $mode != hang ]] || umount /usr/libexec/situp/situp-net
        kill -HUP "$daemon_pid"
    done <<'END'
say 200 abuse@the broker was asked too often \(abuse\).*; again in [23][0-9][0-9] s
say 200 911@.*\(911\).*; again in [23][0-9][0-9] s
say 200 good 127.0.0.1@the broker has ignored the update \(good 127.0.0.1\).*; again in [23][0-9][0-9] s
say 200 IP is not ICMP pingable.@the broker answered in words of its own.*"IP is not ICMP pingable\.".*; again in [23][0-9][0-9] s
say 200 <html>good</html>@the broker's answer is unknown.*; again in [23][0-9][0-9] s
say 500 good 203.0.113.10@the broker answered with HTTP status 500.*; again in [23][0-9][0-9] s
hang@the broker gave no whole answer in time.*; again in [23][0-9][0-9] s
say 200 good 203.0.113.10@the broker has been told \(good 203.0.113.10\)$
say 200 nochg@the broker has been told \(nochg\)$
say 200 nohost@the broker knows no tunnel 123456 of this user \(nohost\)
say 200 badauth@the broker refuses user or update key \(badauth\)
END
    # Refused is refused, in all the hours to come, and for one that is started anew.
    hours_pass
    end_daemon
    : >"$daemon_log"
    daemon
    daemon_says 'he-ipv6: broker: not asked again: the broker refuses user or update key \(badauth\)'
    told $count .
    # The certificate is looked at before anything is told.
    broker bad-certificate
    forget
    : >"$daemon_log"
    kill -HUP "$daemon_pid"
    daemon_says "he-ipv6: broker: .*certificate is not good, so nothing was told.*; again in 3?[0-9]+ s" 20
    told $count .
    end_daemon
}

# Two hosts with one tunnel: neither's address changes, and each time the broker says `good`, not `nochg`.
test_another_host_takes_the_tunnel() {
    tunnel_with_a_broker interface:eth0 'v4tunnel-keepalive 1'
    check 'situp up' situp up he-ipv6
    check 'told' situp broker he-ipv6
    long_ago
    broker clear
    daemon
    daemon_says '2001:470:1f04:1::1 answers' 20
    told 0 .
    broker record 203.0.113.77
    daemon_says 'he-ipv6: broker: the broker has been told \(good 203.0.113.10\); another host had told it otherwise' 30
    told 1 'hostname=123456 from=203.0.113.10 login=right: 200 good'
    soon 'the tunnel is back' 20 live_has he-ipv6 '^health alive'

    # Now metadata tells the public address, which is what it was.
    tunnel_with_a_broker ec2 'v4tunnel-keepalive 1'
    : >"$daemon_log"
    check 'situp up, with ec2' situp up he-ipv6
    daemon_says '2001:470:1f04:1::1 answers' 20
    broker record 203.0.113.77
    daemon_says '2001:470:1f04:1::1 does not answer any more' 20
    told 0 .
    date --set='+6 minutes' >/dev/null
    daemon_says 'he-ipv6: broker: another host tells the broker of tunnel 123456, too: the two take it from each other.* and then tell it once' 30
    told 1 'hostname=123456&myip=203.0.113.10 from=203.0.113.10 login=right: 200 good'
    refuse 'by hand, too' 3 situp broker he-ipv6
    situp_says 'broker he: not asked again: another host tells the broker of tunnel 123456, too'
    broker record 203.0.113.77
    check 'once that is settled' situp broker --force he-ipv6
    stdout_is 'good 203.0.113.10'
    is 'nothing on stderr' "$ERR" ''
    told 2 'login=right: 200 good'
    end_daemon
}

# What an image, or the disk that an instance is made of anew, has in /var/lib/situp is of another instance; /run is empty.
test_a_host_booted_from_an_image_tells_its_own_address_once() {
    local state=/var/lib/situp/broker-he-ipv6
    tunnel_with_a_broker ec2 'v4tunnel-keepalive 2'
    check 'ifup, where the image is made' ifup he-ipv6
    check 'it is told' situp broker he-ipv6
    check ifdown ifdown he-ipv6
    holds 'that is kept' grep -qx 'local 172.31.14.146' $state
    sed -i 's/^local .*/local 172.31.14.99/; s/^accepted .*/accepted 203.0.113.99/; s/^boot .*/boot 5f3c0b52-6c61-4d0e-9a52-0d2f1f3a7c11/' $state
    is 'it is of another instance' "$(grep -cE '^(local 172.31.14.99|accepted 203.0.113.99|boot 5f3c.*)$' $state)" 3
    long_ago
    rm -rf /run/situp /run/situpd
    broker record 203.0.113.99
    broker clear
    imds clear
    check 'ifup, on the first boot' ifup he-ipv6
    is 'nothing on stderr' "$ERR" ''
    kernel_has 'the tunnel has this instance'\''s address' '.[0].linkinfo.info_data.local == "172.31.14.146"' -d link show dev he-ipv6
    inet6_is i1 he-ipv6 2001:470:1f04:1::2/64 fe80::ac1f:e92/64
    asked some '^GET /latest/meta-data/local-ipv4 200'
    daemon
    daemon_says 'he-ipv6: broker: the broker has been told of 203.0.113.10 \(good 203.0.113.10\)$' 30
    daemon_says '2001:470:1f04:1::1 answers' 40
    pings i1 2001:db8:cafe::1
    holds 'now it is of this one' grep -qx 'local 172.31.14.146' $state
    end_daemon
    : >"$daemon_log"
    daemon
    kill -HUP "$daemon_pid"
    daemon_says '2001:470:1f04:1::1 answers' 20
    told 1 'hostname=123456&myip=203.0.113.10 from=203.0.113.10 login=right: 200 good'
    run situp plan he-ipv6
    stdout_is ''
    check ifdown ifdown he-ipv6
    end_daemon
}
