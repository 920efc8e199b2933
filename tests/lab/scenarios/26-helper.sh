# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Who may touch situp-net: other processes of its user can't look into it, nor answer in its place.

: "${broker_key:=}" # lib.sh's
helper=/usr/libexec/situp/situp-net

situp_user() { # situp_user [ENTRY]: what /etc/passwd has of _situp; the real one without ENTRY, none where that is empty
    [[ -f /tmp/passwd ]] || cp /etc/passwd /tmp/passwd
    if (($#)); then
        { grep -v ^_situp: /tmp/passwd; [[ ! $1 ]] || echo "$1"; } >/etc/passwd
    else
        cp /tmp/passwd /etc/passwd
    fi
}

tracer=''
start_tracer() { # start_tracer UID
    : >/tmp/tracer.out
    setpriv --reuid "$1" --regid "$1" --clear-groups tracer situp-net >/tmp/tracer.out 2>&1 &
    tracer=$!
    holds "a tracer of user $1 is there" wait_until 20 grep -q ready /tmp/tracer.out
}
stop_tracer() {
    kill "$tracer"
    wait "$tracer"
}
could() { grep ^could /tmp/tracer.out | sort | uniq -c; }
was_tried() { [[ $(sed -n 's/^tried //p' /tmp/tracer.out) -gt 0 ]]; }

find_helper() { # sets pid
    local comm name
    for name in /proc/[0-9]*/comm; do
        { read -r comm <"$name"; } 2>/dev/null || continue
        [[ $comm == situp-net ]] && pid=${name#/proc/} && pid=${pid%/comm} && return
    done
    return 1
}
asking_broker() { find_helper && [[ $(broker count .) == 1 ]]; }
uid_of() { local key uid rest; while read -r key uid rest; do [[ $key == Uid: ]] && echo "$uid"; done <"/proc/$1/status"; }

try_each_verb() { # try_each_verb UID: while a tracer of that user does what it can
    account
    start_tracer "$1"
    check 'an address' situp address ec2
    stdout_is 172.31.14.146
    check 'a record' situp import he 123456 --write
    holds 'the endpoint is the broker'\''s' grep -q '^    endpoint 216.66.80.26$' /etc/network/interfaces.d/he-ipv6
    check 'an update' situp broker --force he-ipv6
    stdout_is 'good 203.0.113.10'
    check 'a name' "$helper" resolve --wait 5000 routers.example.net
    broker clear
    broker hang
    situp import he 234567 >/tmp/import.out 2>&1 &
    local asking=$! pid=''
    if wait_until 30 asking_broker; then
        is 'whom it runs as' "$(uid_of "$pid")" "$1"
    else
        not_ok 'situp-net is seen asking' "$(</tmp/import.out)"
    fi
    kill "$asking"
    wait "$asking"
    broker record-again
    stop_tracer
    is 'what the tracer could do' "$(could)" ''
    holds 'it has tried' was_tried
}

test_a_process_of_its_user_can_not_trace_it() {
    try_each_verb 989
}

test_nor_can_one_of_nobody_where_there_is_no_user() {
    situp_user ''
    try_each_verb 65534
    situp_user
}

# Or the tests above would show nothing.
test_the_tracer_traces_what_its_user_can_read() {
    local try
    account
    chmod 755 "$helper"
    start_tracer 989
    for ((try = 0; try < 20; try++)); do
        situp import he 123456 >/dev/null 2>&1
        [[ ! $(could) ]] || break
    done
    stop_tracer
    holds 'it could' grep -q '^could trace situp' /tmp/tracer.out
    chmod 711 "$helper"
}

# nft has a capability that its tracer lacks.
test_nft_can_not_be_traced() {
    he_ipv6_with 'v4tunnel-local interface:eth0' 'v4tunnel-firewall stateful'
    start_tracer 989
    check 'up' situp up he-ipv6
    stop_tracer
    is 'what the tracer could do' "$(could)" ''
    holds 'its table is there' nft list table ip6 situp
    check 'down' situp down he-ipv6
}

test_a_helper_that_was_killed() {
    local pid='' asking command
    account
    check 'a stanza' situp import he 123456 --write
    broker hang
    for command in 'import he 123456' 'broker --force he-ipv6'; do
        broker clear
        # shellcheck disable=SC2086  # several words
        situp $command >/tmp/killed.out 2>&1 &
        asking=$!
        if wait_until 30 asking_broker; then
            kill -KILL "$pid"
            wait "$asking"
            is "situp $command fails" "$?" 4
            is 'and says why' "$(grep -c "^situp: .*broker he: .*situp-net was ended by signal 9" /tmp/killed.out)" 1
        else
            not_ok 'situp-net is seen asking' "$(</tmp/killed.out)"
            kill "$asking"
        fi
    done
    broker record-again
    imds put-timeout
    situp address ec2 >/tmp/killed.out 2>&1 &
    asking=$!
    if wait_until 30 find_helper; then
        kill -KILL "$pid"
        wait "$asking"
        is 'situp address fails' "$?" 4
        is 'and says why' "$(grep -c "$helper: was ended by signal 9" /tmp/killed.out)" 1
    else
        not_ok 'situp-net is seen asking' "$(</tmp/killed.out)"
        kill "$asking"
    fi
}

# What a situp-net that was taken over would try. Linux 5.10 has no Landlock.
test_what_it_must_not_do_is_refused() {
    local version wanted=confined
    echo secret >/tmp/readable
    chmod 644 /tmp/readable
    IFS=. read -r -a version </proc/sys/kernel/osrelease
    ((version[0] * 1000 + version[1] >= 5013)) || wanted+=', without Landlock'
    check 'all of it' setpriv --reuid 989 --regid 989 --clear-groups forbidden /tmp/readable
    stdout_is "$wanted"
    is 'the file is as it was' "$(</tmp/readable)" secret
}

confined() { # confined WHAT: the situp-net that asks now
    local pid=''
    if wait_until 30 find_helper && wait_until 30 grep -q '^Seccomp:.2$' "/proc/$pid/status"; then
        ok "$1: it has a filter"
    else
        not_ok "$1: it has a filter" "$pid"
    fi
    is "$1: it has limits" "$(sed -nE 's/^Max (cpu time|processes|address space) +([0-9]+) +([0-9]+) .*/\2 \3/p' "/proc/$pid/limits")" \
        $'60 60\n4096 4096\n1073741824 1073741824'
}
test_it_is_confined_while_it_asks() {
    local asking command
    account
    check 'a stanza' situp import he 123456 --write
    broker hang
    conf <<<$'[broker he]\nca-file = /run/lab/broker/good.pem\n[metadata]\ntimeout = 30'
    imds put-timeout
    for command in 'situp import he 123456' 'situp address ec2'; do
        # shellcheck disable=SC2086  # several words
        (ulimit -u 8000 && exec $command) >/tmp/asking.out 2>&1 &
        asking=$!
        confined "$command"
        kill "$asking"
        wait "$asking"
        wait_until 10 not find_helper
    done
}

# Of nsswitch.conf: the C library loads it when the name is asked for, and that is after the filter.
test_a_module_that_is_loaded_late() {
    cp /etc/nsswitch.conf /tmp/nsswitch.conf
    sed -i 's/^hosts: .*/hosts: files lab dns/' /etc/nsswitch.conf
    ldconfig
    check 'its name' "$helper" resolve --wait 5000 late.example.net
    stdout_is 'addresses 172.31.0.77'
    check "another module's" "$helper" resolve --wait 5000 isatap.example.net
    stdout_is 'addresses 172.31.0.10'
    cp /tmp/nsswitch.conf /etc/nsswitch.conf
}

# DHCP puts it in place, as another file, while situp-net waits.
test_a_resolv_conf_that_comes_late() {
    local asking
    mv /etc/resolv.conf /tmp/resolv.conf
    "$helper" resolve --wait 60000 isatap.example.net >/tmp/asking.out &
    asking=$!
    holds 'it asks where nobody answers' wait_until 30 asked_in_vain
    cp /tmp/resolv.conf /etc/resolv.conf.new
    mv /etc/resolv.conf.new /etc/resolv.conf
    wait "$asking"
    is 'it has found the name' "$(</tmp/asking.out)" 'addresses 172.31.0.10'
}
asked_in_vain() { find_helper && grep -q '^Seccomp:.2$' "/proc/$pid/status"; }

# The metadata service is for root alone, as people set it up where instances have credentials.
only_for() { # only_for UID…
    nft -f - <<END
table ip only
delete table ip only
table ip only {
    chain output {
        type filter hook output priority 0;
        ip daddr 169.254.169.254 meta skuid != { $(IFS=,; echo "$*") } drop
    }
}
END
}
test_a_firewall_that_goes_by_the_user() {
    conf <<<$'[metadata]\ntimeout = 1'
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local ec2
END
    only_for 0
    refuse 'root alone' 4 situp address ec2
    situp_says 'or reserves it for root (situp asks as _situp)'
    run situp doctor he-ipv6
    stdout_has ', asked as _situp'
    only_for 0 989
    check 'root and _situp' situp address ec2
    situp_user ''
    refuse 'but there is no such user' 4 situp address ec2
    situp_says '(situp asks as nobody)'
    situp_user '_situp:x:0:0::/root:/bin/sh'
    run situp doctor he-ipv6
    stdout_has ', asked as nobody, as the entry of _situp in /etc/passwd is wrong'
    only_for 0 65534
    check 'a user _situp that is root is not taken' situp address ec2
    situp_user
    nft delete table ip only
}

test_one_helper_answers_all_questions_of_a_run() {
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-local ec2
    isatap-routers isatap.example.net routers.example.net
END
    check 'situp up' strace -f -qq -s 200 -e trace=execve -o /tmp/trace situp up isatap0
    is 'situp-net is started once' "$(grep -c 'execve("/usr/libexec/situp/situp-net"' /tmp/trace)" 1
    routers_are i1 isatap0 '172.31.0.10 default' '172.31.0.11 default'
    asked 1 '^PUT'
    asked 1 '^GET'
    stanza broken <<'END'
iface broken inet6 manual
    isatap-local ec2
    isatap-routers isatap.example.net no-such-name.example.net
END
    refuse 'a name that DNS does not know' 4 situp up broken
    situp_says 'no-such-name.example.net: '
    no_link broken
    check 'down' situp down isatap0
}
