# shellcheck shell=bash disable=SC2154  # daemon_pids is lib.sh's
# SPDX-License-Identifier: GPL-2.0-or-later
# 52: a fleet. Twenty instances have one text of 6rd, i1 is their relay, and the metadata service answers a few requests a second or
# none: the figures of doc/fleets.md, in lines with `#`.
# Processors: 2
#
# Long: twenty minutes, so it runs only where it is named: tests/lab/scenarios-run --jobs 1 --timeout 5400 52

fleet=(f1 f2 f3 f4 f5 f6 f7 f8 f9 f10 f11 f12 f13 f14 f15 f16 f17 f18 f19 f20)
domain=2001:470:e3f2::/48 internet=2001:db8:cafe::1

prefix_of() { printf '2001:470:e3f2:%x' $((0x100 + ${1#f})); } # prefix_of WHERE: its /64, without the `::`
instance_of_fleet() { # instance_of_fleet WHERE: 172.31.1.N
    local n=${1#f}
    ip netns add "$1"
    ip -n vpc -batch - <<END
link add name to-$1 mtu 9001 type veth peer name eth0 netns $1 mtu 9001 address 0e:1f:00:00:01:$(printf %02x "$n")
link set dev to-$1 master br0
link set dev to-$1 up
END
    ip -n "$1" -batch - <<END
link set dev lo up
link set dev eth0 up
address add 172.31.1.$n/20 brd + dev eth0
route add default via 172.31.0.1
END
    /lab/topology.sh own_files "$1"
}
all() { # all WHAT COMMAND [ARGUMENT]…: COMMAND WHERE ARGUMENT… for each instance of the fleet at once; it ends well for each
    local where jobs=() bad=''
    for where in "${fleet[@]}"; do
        "$2" "$where" "${@:3}" >"/run/lab/did.$where" 2>&1 </dev/null &
        jobs+=($!)
    done
    for where in "${fleet[@]}"; do
        wait "${jobs[${where#f} - 1]}" || bad+="$where: status $?: $(tail -n 3 "/run/lab/did.$where"); "
    done
    if [[ ! $bad ]]; then ok "$1"; else not_ok "$1" "${bad:0:1500}"; fi
}
all_say() { # all_say WHAT PATTERN: the command before this one has written that on each instance
    local where text bad=''
    for where in "${fleet[@]}"; do
        text=$(<"/run/lab/did.$where")
        [[ $text =~ $2 ]] || bad+="$where: $text; "
    done
    if [[ ! $bad ]]; then ok "$1"; else not_ok "$1" "${bad:0:1500}"; fi
}
reaches() { wait_until 120 on "$1" ping -n -c 1 -w 5 -i 0.2 "$2"; } # reaches WHERE ADDRESS

text_of_fleet() { # text_of_fleet [RELAY]
    cat <<END
auto 6rd0
iface 6rd0 inet6 manual
    sixrd-prefix $domain 172.31.0.0/16
    sixrd-relay ${1-172.31.14.146}
    sixrd-firewall stateful
END
}
roll_out() { # roll_out [RELAY]: the text, on each instance
    local where
    for where in "${fleet[@]}"; do stanza on "$where" 6rd0 < <(text_of_fleet "$@"); done
}
new_fleet() { # i1 and the fleet before their boot, with situpd there already
    local where jobs=()
    if [[ ! -e /run/netns/f1 ]]; then
        for where in "${fleet[@]}"; do instance_of_fleet "$where" & jobs+=($!); done
        wait "${jobs[@]}"
    fi
    # Twenty commands at once are slow here, which is no matter of theirs; a boot has its own limit, the default.
    for where in "${fleet[@]}"; do conf on "$where" <<<$'[metadata]\ntimeout = 60'; done
    roll_out
    if [[ ! -e /run/lab/boot.i1 ]]; then
        # What the guest runs for the first time is slow, too.
        check 'f1: ifup' on f1 ifup 6rd0
        check 'f1: ifdown' on f1 ifdown 6rd0
    fi
    on he ip -6 route replace $domain via 2001:470:1f04:1::2 dev tun-10
    account
    sysctl -qw net.ipv6.conf.all.forwarding=1
    he_ipv6_with 'v4tunnel-local ec2' 'v4tunnel-firewall stateful' 'v4tunnel-keepalive 120' 'v4tunnel-broker he 123456'
    sed -i '1i auto he-ipv6' /etc/network/interfaces.d/he-ipv6
    stanza 6rd0 < <(text_of_fleet)
    daemon
    daemons_on "${fleet[@]}"
    imds clear
}
uptime_now() { local seconds; read -r seconds _ </proc/uptime; echo "$seconds"; }
since() { awk "BEGIN { printf \"%.1f\", $(uptime_now) - $1 }"; } # since WHEN: seconds
boots() { # boots WHERE: as at a boot; leaves seconds until ifup has ended and until the Internet answers
    local status=0 up
    on "$1" ifup -a >"/run/lab/ifup.$1" 2>&1 || status=$?
    up=$(since "$began")
    reaches "$1" $internet || status+=', and the Internet does not answer'
    echo "$up $(since "$began") $status" >"/run/lab/boot.$1"
}
boot() { # all at once, the relay too
    local where files jobs=() status bad='' wait longest=0
    began=$(uptime_now)
    for where in i1 "${fleet[@]}"; do boots "$where" & jobs+=($!); done
    wait "${jobs[@]}"
    for where in i1 "${fleet[@]}"; do
        read -r _ _ status <"/run/lab/boot.$where"
        [[ $status == 0 ]] || bad+="$where: $status: $(<"/run/lab/ifup.$where"); "
        files_of "$where"
        read -r wait 2>/dev/null <"$files/run/situp/.boot-wait" || wait=0
        ((wait <= longest)) || longest=$wait
    done
    echo "# all up after $(cut -d ' ' -f 1 /run/lab/boot.* | sort -g | tail -n 1) s, all green after $(cut -d ' ' -f 2 /run/lab/boot.* | sort -g | tail -n 1) s; the longest wait for the service: $longest ms"
    if [[ ! $bad ]]; then ok 'all come up within one boot-wait'; else not_ok 'all come up within one boot-wait' "${bad:0:1500}"; fi
}
fleet_ends() {
    end_daemon
    all 'all go down' on ifdown 6rd0
    check 'the relay goes down' ifdown 6rd0 he-ipv6
    sysctl -qw net.ipv6.conf.all.forwarding=0
}

# What the metadata service was asked, in sets: requests, those that it refused, the most in one second, the most instances in one
# second, the most of one instance.
count() { # count [FROM [TO]]: seconds by the clock of the log
    read -r requests refused busiest together greediest < <(awk -v from="${1-0}" -v to="${2-1e9}" '
        /^(GET|PUT) / {
            for (i = 4; i <= NF; i++) { split($i, word, "="); value[word[1]] = word[2] }
            if (value["at"] < from || value["at"] >= to) next
            at[++n] = value["at"]; who[n] = value["from"]
            if ($3 == 503) refused++
            if (++of[who[n]] > greediest) greediest = of[who[n]]
            if (++now[who[n]] == 1) different++
            while (at[n] - at[first + 1] >= 1) if (--now[who[++first]] == 0) different--
            if (n - first > busiest) busiest = n - first
            if (different > together) together = different
        }
        END { print n + 0, refused + 0, busiest + 0, together + 0, greediest + 0 }' /run/lab/imds.log)
}
tell() { # tell WHAT [FROM [TO]]
    count "${@:2}"
    echo "# $1: $requests requests, $refused of them refused, $busiest at most in a second; $together instances at most in a second; $greediest requests at most of one instance"
}
each_second() { # each_second WHAT FROM: the requests of each, which show whether they are in step
    awk -v from="$2" -v what="$1" '
        /^(GET|PUT) / && match($0, / at=[0-9.]+/) { second = int(substr($0, RSTART + 4) - from); of[second]++; if (second > last) last = second }
        END { printf "# %s, requests in each second:", what; for (i = 0; i <= last; i++) printf " %d", of[i]; print "" }' /run/lab/imds.log
}
told() { is "$1" "$(broker count '^GET /nic/update')" "$2"; } # told WHAT N: calls of the broker
broker_is_told() { [[ $(broker count '^GET /nic/update') != 0 ]]; }

test_all_boot_at_once_beside_a_throttled_service() {
    local where n next began
    new_fleet
    imds v2 rate 5
    boot
    tell 'the boot'
    each_second 'the boot' "$began"
    holds "no instance asks too often: $greediest" test "$greediest" -le 60
    holds "the service has refused some: $refused" test "$refused" -gt 0
    soon 'the broker is told' 120 broker_is_told
    for where in "${fleet[@]}"; do
        inet6_is "$where" 6rd0 "$(prefix_of "$where")::1/48"
        n=${where#f} next=f$((n % 20 + 1))
        pings "$where" "$(prefix_of $next)::1"
        pings inet "$(prefix_of "$where")::1"
    done
    tell 'after all pings'
    told 'calls of the broker' 1
    fleet_ends
}

# The systemd unit runs `situp up --boot`.
test_the_unit_waits_as_long_as_ifup_in_a_boot() {
    local where
    new_fleet
    for where in "${fleet[@]}"; do conf on "$where" </dev/null; done
    imds rate 5
    imds clear
    all 'all come up at once' on situp up --boot 6rd0
    tell 'by the unit'
    all 'all go down' on situp down 6rd0
}

# i2 takes the relay's place: its private address, to which the Elastic IP leads, its stanzas and its files.
test_another_instance_becomes_the_relay() {
    local began
    new_fleet
    boot
    soon 'the broker is told' 120 broker_is_told
    imds clear
    ip link set dev eth0 down
    no_ping f1 $internet
    pings f1 "$(prefix_of f2)::1"
    on i2 ip -batch - <<'END'
address del 172.31.14.147/20 dev eth0
address add 172.31.14.146/20 brd + dev eth0
route add default via 172.31.0.1
END
    cp -a /etc/situp/. /run/lab/i2/etc/situp
    cp /etc/network/interfaces.d/* /run/lab/i2/etc/network/interfaces.d
    mkdir -p /run/lab/i2/run/lab/broker
    cp /run/lab/broker/good.pem /run/lab/i2/run/lab/broker
    on i2 sysctl -qw net.ipv6.conf.all.forwarding=1
    daemons_on i2
    broker clear
    began=$(uptime_now)
    check 'i2: ifup -a' on i2 ifup -a
    all 'all reach the Internet again' reaches $internet
    echo "# all green $(since "$began") s after i2 has begun"
    soon 'the broker is told by i2' 120 broker_is_told
    tell 'the relay is replaced'
    asked 0 'from=172\.31\.1\.'
    told 'calls of the broker' 1
    pings inet "$(prefix_of f20)::1"
    end_daemon
    check 'i2: ifdown' on i2 ifdown 6rd0 he-ipv6
    on i2 ip -batch - <<'END'
address del 172.31.14.146/20 dev eth0
address add 172.31.14.147/20 brd + dev eth0
route add default via 172.31.0.1
END
    on i2 sysctl -qw net.ipv6.conf.all.forwarding=0
    ip -batch - <<'END'
link set dev eth0 up
route add default via 172.31.0.1 dev eth0
END
    fleet_ends
}

# For situp, 503 is what a refused connection is, a reason to ask again; and the service's log has it.
devices() { local where; for where in "${fleet[@]}"; do on "$where" cat /sys/class/net/6rd0/ifindex; done; }
pauses() { # the longest pause between two requests, of each instance
    awk '/ from=172\.31\.1\./ {
            for (i = 4; i <= NF; i++) { split($i, word, "="); value[word[1]] = word[2] }
            who = value["from"]
            if (who in last && value["at"] - last[who] > longest[who]) longest[who] = value["at"] - last[who]
            last[who] = value["at"]
        }
        END { for (who in longest) printf "%d\n", longest[who] }' /run/lab/imds.log | sort -n
}
all_are_right_again() { local where; for where in "${fleet[@]}"; do daemon_said '6rd0: all is right again' "$where" || return; done; }
test_the_service_is_away_for_ten_minutes() {
    local where minute away back before shortest began
    new_fleet
    boot
    before=$(devices)
    imds rate 0
    # An address appears on all at once, so that their first requests are in step.
    kill -STOP "${daemon_pids[@]}"
    for where in "${fleet[@]}"; do on "$where" ip address add "172.31.2.${where#f}/20" dev eth0; done
    imds clear
    away=$(uptime_now)
    kill -CONT "${daemon_pids[@]}"
    for ((minute = 1; minute <= 10; minute++)); do
        pause 60
        ((minute > 1)) || each_second 'from the moment that an address has appeared on all' "$away"
        tell "minute $minute" "$(awk "BEGIN { print $away + 60 * ($minute - 1) }")" "$(awk "BEGIN { print $away + 60 * $minute }")"
        all "after $minute minutes all reach the Internet" reaches $internet
    done
    is 'no device was made anew' "$(devices)" "$before"
    count
    is 'no request was answered' "$refused" "$requests"
    mapfile -t pauses < <(pauses)
    echo "# the longest pauses of the instances, in seconds: ${pauses[*]}"
    is 'all have asked' "${#pauses[@]}" 20
    shortest=${pauses[0]}
    holds "the pauses of each have grown: $shortest s or more" test "$shortest" -ge 60
    count "$(awk "BEGIN { print $away + 300 }")"
    holds "they have gone out of step: $together at most ask in one second" test "$together" -le 10
    imds rate 5
    imds clear
    back=$(uptime_now)
    soon 'all is right again' 400 all_are_right_again
    echo "# all is right $(since "$back") s after the service is back"
    tell 'the service is back'
    imds clear
    all 'all are as their stanzas say' on situp status 6rd0
    pause 30
    asked 0 'from=172\.31\.1\.'
    is 'no device was made anew' "$(devices)" "$before"
    for where in "${fleet[@]}"; do on "$where" ip address del "172.31.2.${where#f}/20" dev eth0; done
    fleet_ends
}

test_a_bad_text_is_rolled_out_and_back() {
    local before began
    new_fleet
    boot
    before=$(devices)
    # one that situp refuses
    imds clear
    roll_out '172.31.14.146 172.31.14.1460'
    all 'check refuses it' on bash -c 'situp check; (($? == 3))'
    all_say 'and names the word' "interfaces.d/6rd0.*172\.31\.14\.1460"
    all 'up refuses it' on bash -c 'situp up 6rd0; (($? == 3))'
    asked 0 .
    all 'the tunnels are as they were' reaches $internet
    roll_out
    all 'rolled back, nothing is to be done' on bash -c 'situp plan 6rd0 2>/dev/null'
    all_say 'plan prints nothing' '^$'
    # one that is right, and names an instance that is no relay
    imds clear
    roll_out 172.31.0.9
    all 'check accepts it' on situp check
    all 'up carries it out' on situp up 6rd0
    no_ping f1 $internet
    pings f1 "$(prefix_of f2)::1"
    roll_out
    all 'rolled back' on situp up 6rd0
    all 'all reach the Internet again' reaches $internet
    tell 'another text and back'
    all 'nothing is to be done' on bash -c 'situp plan 6rd0 2>/dev/null'
    all_say 'plan prints nothing' '^$'
    is 'no device was made anew' "$(devices)" "$before"
    fleet_ends
}
