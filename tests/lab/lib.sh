# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# What scenarios are written with. Processes are dear in the guest, so whatever bash can do itself, it does.
#
# A scenario file holds functions named test_…; each runs after a reset, in the order written, and must assert something.

# shellcheck source-path=SCRIPTDIR source=bin/imds
. /lab/bin/imds # and pause
# shellcheck source-path=SCRIPTDIR source=bin/broker
. /lab/bin/broker

passed=0 failed=0 asserted=0 current='' used=''
processors=(/sys/devices/system/cpu/cpu[0-9]*) # of the guest: 0, 1 …
processors=("${processors[@]#*/cpu/cpu}")
OUT='' ERR='' STATUS=0 TOOK=0 # of the command that check, refuse or run ran last; TOOK in milliseconds

# --- Where commands run

uses() { [[ "$used " == *" $1 "* ]] || used+=" $1"; } # uses INSTANCE: reset has to see to it

way_to() { # way_to WHERE: sets `way` to the words that go before a command there
    case $1 in
    i1) way=() ;;
    i[2-9] | f[1-9]*)
        uses "$1"
        way=(nsenter --mount="/run/lab/mnt/$1" --net="/run/netns/$1")
        ;;
    *) way=(nsenter --net="/run/netns/$1") ;;
    esac
}
on() { # on WHERE COMMAND…: i1 i2 i3 vpc he inet rtr; i4 and f1 f2 …, where a scenario has made them
    local way
    way_to "$1"
    "${way[@]}" "${@:2}"
}

files_of() { # files_of WHERE: sets `files` to what goes before a path of that instance's own files (/etc/network, /run …)
    files=
    [[ $1 != i1 ]] || return 0
    files=/run/lab/$1
    uses "$1"
}

wait_until() { # wait_until SECONDS COMMAND…: as soon as COMMAND succeeds; fails when it never does
    local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
    shift
    until "$@" >/dev/null 2>&1; do
        ((${EPOCHREALTIME/./} < end)) || return 1
        pause 0.05
    done
}

# --- Assertions: `ok - …` or `not ok - … (what was seen)`

ok() { passed=$((passed + 1)) asserted=$((asserted + 1)); echo "ok - $current: $1"; }
not_ok() { # not_ok WHAT SEEN
    failed=$((failed + 1)) asserted=$((asserted + 1))
    echo "not ok - $current: $1 (${2//$'\n'/ | })"
}

run() { # run COMMAND…: no assertion; sets OUT ERR STATUS TOOK
    local start=${EPOCHREALTIME/./}
    STATUS=0
    "$@" >/tmp/lab.stdout 2>/tmp/lab.stderr </dev/null || STATUS=$?
    TOOK=$(((${EPOCHREALTIME/./} - start) / 1000))
    OUT=$(</tmp/lab.stdout) ERR=$(</tmp/lab.stderr)
}

seen() { printf 'status %s, stderr: %s, stdout: %s' "$STATUS" "${ERR:0:600}" "${OUT:0:600}"; }

check() { # check WHAT COMMAND…: it succeeds
    local what=$1
    shift
    run "$@"
    if ((STATUS == 0)); then ok "$what"; else not_ok "$what" "$(seen)"; fi
}

refuse() { # refuse WHAT STATUS COMMAND…: it ends with that status; `any` is any but 0
    local what=$1 wanted=$2
    shift 2
    run "$@"
    if [[ $wanted == any && $STATUS != 0 || $wanted == "$STATUS" ]]; then ok "$what"; else
        not_ok "$what" "wanted status $wanted; $(seen)"
    fi
}

is() { # is WHAT ACTUAL WANTED
    if [[ $2 == "$3" ]]; then ok "$1"; else not_ok "$1" "wanted: $3, seen: $2"; fi
}

holds() { # holds WHAT COMMAND…: like check, but leaves OUT ERR STATUS TOOK alone: for [[ … ]] in functions, `test`, `!`
    local what=$1
    shift
    if "$@" >/tmp/lab.holds 2>&1; then ok "$what"; else not_ok "$what" "false: $*; $(</tmp/lab.holds)"; fi
}

not() { ! "$@"; }

stdout_is() { is "stdout is $1" "$OUT" "$1"; }
stdout_has() { if [[ $OUT == *"$1"* ]]; then ok "stdout has: $1"; else not_ok "stdout has: $1" "$(seen)"; fi; }
stdout_lacks() { if [[ $OUT != *"$1"* ]]; then ok "stdout lacks: $1"; else not_ok "stdout lacks: $1" "$(seen)"; fi; }
stderr_has() { if [[ $ERR == *"$1"* ]]; then ok "stderr has: $1"; else not_ok "stderr has: $1" "$(seen)"; fi; }
stderr_lacks() { if [[ $ERR != *"$1"* ]]; then ok "stderr lacks: $1"; else not_ok "stderr lacks: $1" "$(seen)"; fi; }
stderr_matches() { if [[ $ERR =~ $1 ]]; then ok "stderr matches: $1"; else not_ok "stderr matches: $1" "$(seen)"; fi; }

situp_says() { # situp_says TEXT: situp wrote exactly one line to stderr, and it has TEXT
    local line count=0 found=
    while IFS= read -r line; do
        [[ $line == situp:* ]] || continue
        count=$((count + 1))
        [[ $line == *"$1"* ]] && found=yes
    done <<<"$ERR"
    if ((count == 1)) && [[ $found ]]; then ok "one line, which says: $1"; else
        not_ok "one line, which says: $1" "$count lines; $(seen)"
    fi
}

# fits_schema NAME: stdout is JSON, and what /usr/share/situp/NAME.schema.json says (type, enum, required, properties, items)
fits_schema() {
    if jq -e --slurpfile schema "/usr/share/situp/$1.schema.json" '
        def fits($s): . as $v | ($v | type) as $t |
            ($s.type == null or any($s.type | if type == "array" then .[] else . end;
                . == $t or (. == "integer" and $t == "number" and ($v | floor) == $v))) and
            ($s.enum == null or any($s.enum[]; . == $v)) and
            (if $t == "array" and $s.items then all($v[]; fits($s.items))
             elif $t == "object" and $s.properties then
                (($s.required // []) - ($v | keys) == []) and
                ($s.additionalProperties != false or ($v | keys) - ($s.properties | keys) == []) and
                all($v | to_entries[]; . as $m | $s.properties[$m.key] == null or ($m.value | fits($s.properties[$m.key])))
             else true end);
        fits($schema[0])' <<<"$OUT" >/dev/null 2>/tmp/lab.jq; then ok "stdout is what $1.schema.json says"; else
        not_ok "stdout is what $1.schema.json says" "$(</tmp/lab.jq); $(seen)"
    fi
}

edited() { # edited WHAT yes|no WORD: status says, or not, that the stanza was edited, and plan does or says something, or nothing
    local status=no plan=no
    run situp status "$3"
    [[ $OUT == *'the stanza has been edited since'* ]] && status=yes
    [[ $status == no && $OUT == *drifted* ]] && status="$(seen)"
    run situp plan "$3"
    [[ $OUT ]] && plan=yes
    [[ $STATUS == 0 ]] || plan="$(seen)"
    is "$1: status and plan" "$status $plan" "$2 $2"
}

took_under() { # took_under MILLISECONDS: the command before this one
    if ((TOOK < $1)); then ok "took less than $1 ms"; else not_ok "took less than $1 ms" "$TOOK ms"; fi
}

kernel_has() { # kernel_has WHAT FILTER [on WHERE] IP-ARGUMENT…: `ip -j ARGUMENT…` passes `jq -e FILTER`
    local what=$1 filter=$2 where=i1 json
    shift 2
    [[ $1 == on ]] && where=$2 && shift 2
    json=$(on "$where" ip -j "$@" 2>&1)
    if jq -e "$filter" <<<"$json" >/dev/null 2>&1; then ok "$what"; else not_ok "$what" "$filter is false of: ${json:0:1500}"; fi
}

# Conditions, not assertions: the ends of a tunnel.
has_end() { [[ $(ip -j -d link show dev "$2" | jq -r ".[0].linkinfo.info_data.$1") == "$3" ]]; } # has_end local|remote DEV ADDRESS
has_local() { has_end local "$@"; }
has_remote() { has_end remote "$@"; }
is_marked() { # is_marked DEVICE: udev tells NetworkManager and networkd not to manage it
    local properties
    properties=$'\n'$(udevadm info --query=property "/sys/class/net/$1")$'\n'
    [[ $properties == *$'\nNM_UNMANAGED=1\n'* && $properties == *$'\nID_NET_MANAGED_BY=situp\n'* ]]
}

# The first instance's private address, with the route that goes with it.
address_moves() { # address_moves OLD NEW: the old one goes first
    ip -batch - <<END
address del $1/20 dev eth0
address add $2/20 brd + dev eth0
route add default via 172.31.0.1 dev eth0
END
}
address_becomes() { # address_becomes OLD NEW: there is always one
    ip -batch - <<END
address add $2/20 dev eth0
address del $1/20 dev eth0
address replace $2/20 brd + dev eth0
route replace default via 172.31.0.1 dev eth0
END
}

inet6_is() { # inet6_is WHERE DEV ADDRESS/LEN…: that interface has these IPv6 addresses, link-local ones too, and no others
    local where=$1 dev=$2 have=' ' same=yes count=0 family word
    shift 2
    while read -r _ _ family word _; do
        [[ $family == inet6 ]] && have+="$word " count=$((count + 1))
    done < <(on "$where" ip -o -6 address show dev "$dev" 2>&1)
    for word; do [[ $have == *" $word "* ]] || same=; done
    if [[ $same ]] && ((count == $#)); then ok "$where: $dev has $*"; else not_ok "$where: $dev has $*" "seen:$have"; fi
}

routers_are() { # routers_are WHERE DEV [ENTRY]…: the potential router list, as `prl` prints it
    local where=$1 dev=$2
    shift 2
    is "$where: the router list of $dev" "$(on "$where" prl "$dev" 2>&1)" "$( (($#)) && printf '%s\n' "$@" | sort)"
}

link_exists() { # link_exists NAME [WHERE]: a condition, not an assertion
    if [[ ${2-i1} == i1 ]]; then [[ -e /sys/class/net/$1 ]]; else on "$2" test -e "/sys/class/net/$1"; fi
}
has_link() { if link_exists "$@"; then ok "link $1 is there"; else not_ok "link $1 is there" 'it is not'; fi; }
no_link() { if link_exists "$@"; then not_ok "no link $1" 'it is there'; else ok "no link $1"; fi; }

pings() { # pings WHERE TARGET [ping's ARGUMENT…]: an answer within 5 seconds
    local where=$1 target=$2 output
    shift 2
    if output=$(on "$where" ping -n -c 1 -w 5 -i 0.2 "$@" "$target" 2>&1); then ok "$where pings $target"; else
        not_ok "$where pings $target" "$output"
    fi
}
no_ping() { # no_ping WHERE TARGET [ARGUMENT…]
    local where=$1 target=$2
    shift 2
    if on "$where" ping -n -c 1 -w 1 "$@" "$target" >/dev/null 2>&1; then not_ok "$where gets no answer from $target" 'one came'
    else ok "$where gets no answer from $target"; fi
}

asked() { # asked N PATTERN: the metadata service's log has N matching lines (bash regular expression); `some`: at least one
    local count
    count=$(imds count "$2")
    if [[ $count == "$1" || $1 == some && $count != 0 ]]; then ok "metadata was asked $1 × $2"; else
        not_ok "metadata was asked $1 × $2" "$count: $(imds log)"
    fi
}

# --- Files of an instance

stanza() { # stanza [on WHERE] NAME <text: /etc/network/interfaces.d/NAME
    local files where=i1
    [[ $1 == on ]] && where=$2 && shift 2
    files_of "$where"
    printf '%s\n' "$(</dev/stdin)" >"$files/etc/network/interfaces.d/$1"
}
he_ipv6_with() { # he_ipv6_with LINE…: 6in4 to the broker, which situp makes, and these options
    {
        printf '%s\n' 'iface he-ipv6 inet6 manual' '    address 2001:470:1f04:1::2/64' '    gateway 2001:470:1f04:1::1' \
            '    v4tunnel-endpoint 216.66.80.26'
        printf '    %s\n' "$@"
    } | stanza he-ipv6
}
firmware() { # firmware FIELD TEXT: this field of DMI says so, on all instances, until the next reset
    local file=/sys/devices/virtual/dmi/id/$1
    umount "$file" 2>/dev/null
    echo "$2" >"/tmp/lab.dmi.$1"
    mount --bind "/tmp/lab.dmi.$1" "$file"
}
no_firmware() {
    local file
    for file in /tmp/lab.dmi.*; do
        [[ -e $file ]] || continue
        umount "/sys/devices/virtual/dmi/id/${file##*.}" 2>/dev/null
        rm -f "$file"
    done
}
cloud() { # cloud NAME ADDRESS: its metadata service listens there, on this instance itself
    ip address add "$2/32" dev lo
    python3 -SE /lab/fake-cloud "$1" 172.31.14.146 0e:1f:00:00:14:92 "$2" >/tmp/lab.cloud 2>&1 &
    fake_cloud=$! fake_cloud_at=$2
    wait_until 20 grep -q listens /tmp/lab.cloud
}
no_cloud() {
    [[ ${fake_cloud-} ]] || return 0
    kill "$fake_cloud" 2>/dev/null
    wait "$fake_cloud" 2>/dev/null
    ip address delete "$fake_cloud_at/32" dev lo 2>/dev/null
    fake_cloud=
}
comes_up_on() { # comes_up_on NAME ADDRESS [SOURCE]: a tunnel from `cloud`, by the service of this cloud, which is there
    cloud "$1" "$2"
    he_ipv6_with "v4tunnel-local ${3-cloud}"
    check "$1: ifup" ifup he-ipv6
    kernel_has "$1: its address" '.[0].linkinfo.info_data.local == "172.31.14.146"' -d link show he-ipv6
    check "$1: down" ifdown he-ipv6
    holds "$1 was asked" grep -q '^GET ' /tmp/lab.cloud
    no_cloud
    asked 0 .
}
# A tunnel of each kind, with all that another program may remove, and no keepalive.
two_kinds() {
    conf <<<$'[tunnel]\nnext-hop = gateway'
    he_ipv6_with 'v4tunnel-local 172.31.14.146' 'v4tunnel-lan eth0 2001:470:abcd:c70::1/64' \
        'v4tunnel-routed 2001:470:abcd:c70::/64 2001:470:9000::/48' 'v4tunnel-firewall off'
    stanza isatap0 <<'END'
iface isatap0 inet6 manual
    isatap-prefix 2002:ca0c:1e01::/64
    isatap-local 172.31.14.146
END
}
# A member of a 6rd domain; nothing in the stanza names this instance.
sixrd_stanza() { # sixrd_stanza [on WHERE]
    stanza "$@" 6rd0 <<'END'
auto 6rd0
iface 6rd0 inet6 manual
    sixrd-prefix 2001:470:e3f2::/48 172.31.0.0/16
    sixrd-relay 172.31.0.10
    sixrd-firewall stateful
END
}
sixrd_is_there() {
    inet6_is i1 6rd0 2001:470:e3f2:e92::1/48
    kernel_has '6rd0: the way out is the relay' 'map(select(.dst == "default" and .dev == "6rd0")) | length == 1 and .[0].gateway == "::172.31.0.10"' -6 route show
    kernel_has '6rd0: the domain' '.[0].linkinfo.info_data | .prefix == "2001:470:e3f2::" and .relay_prefixlen == 16' -d link show dev 6rd0
    holds '6rd0: the filter' nft list table ip situp-6rd0
}
both_kinds_ping() {
    pings i1 2001:db8:cafe::1
    pings i1 2002:ca0c:1e01::5efe:172.31.0.10
    pings inet 2001:470:abcd:c70::1
}
# A stanza that a scenario edits: it declares `options` (-A), `tunnel` and `method`.
write() { # the stanza as it is now
    local name
    # shellcheck disable=SC2154  # the scenario declares them
    for name in "${!options[@]}"; do printf '    %s %s\n' "$name" "${options[$name]}"; done |
        { printf 'iface %s inet6 %s\n' "$tunnel" "$method" && cat; } | stanza "$tunnel"
}
put() { # put [OPTION VALUE]…: an empty VALUE takes the option out
    while (($#)); do
        if [[ $2 ]]; then options[$1]=$2; else unset "options[$1]"; fi
        shift 2
    done
    write
}
conf() { # conf [on WHERE] <text: /etc/situp/situp.conf
    local files where=i1
    [[ ${1-} == on ]] && where=$2
    files_of "$where"
    printf '%s\n' "$(</dev/stdin)" >"$files/etc/situp/situp.conf"
}

broker_key=Up-d4te+Key=
account() { # the broker is there, and this instance has an account with it
    broker start
    conf on i1 <<<$'[broker he]\nca-file = /run/lab/broker/good.pem'
    printf '[he]\nuser = someone\nkey = %s\n' "$broker_key" >/etc/situp/credentials
    chmod 600 /etc/situp/credentials
}

# The stanza that the manual gives for every host, made NAME's only one; arguments are options that it has more.
stanza_for_every_host() {
    local line within='' stanza=''
    firmware sys_vendor 'Amazon EC2' # its source is cloud
    while IFS= read -r line; do
        [[ $line == 'iface he-ipv6 inet6 static' ]] && within=yes
        [[ $within && $line == .Ed ]] && break
        [[ $within ]] && stanza+=$line$'\n'
    done </usr/share/man/man5/situp-interfaces.5
    { printf 'auto he-ipv6\n%s' "$stanza"; (($# == 0)) || printf '    %s\n' "$@"; } | stanza he-ipv6
}

# --- The vpc's NAT, as topology.sh makes it, for another private address of the first instance

nat_leads_to() { # nat_leads_to ADDRESS
    on vpc nft -f - <<END
flush chain ip elastic incoming
flush chain ip elastic outgoing
flush chain ip elastic forward
add rule ip elastic incoming iifname "internet" ip daddr 203.0.113.10 dnat to $1
add rule ip elastic incoming iifname "internet" ip daddr 203.0.113.11 dnat to 172.31.32.10
add rule ip elastic outgoing oifname "internet" ip saddr $1 snat to 203.0.113.10
add rule ip elastic outgoing oifname "internet" ip saddr 172.31.32.10 snat to 203.0.113.11
add rule ip elastic forward oifname "internet" ip saddr != { $1, 172.31.32.10 } drop
add rule ip elastic forward iifname "to-i1-eth1" ip saddr != 172.31.32.10 drop
add rule ip elastic forward iifname "br0" ip saddr 172.31.32.10 drop
END
    on vpc conntrack -F 2>/dev/null
}

# --- DNS

dns_says() { # dns_says ADDRESS: of broker.example.net; nothing: there is no such name
    local names
    names=$(sed '/ broker\.example\.net$/d' /lab/dns-hosts) # which may be the very file that is written
    [[ ! ${1-} ]] || names+=$'\n'"$1 broker.example.net"
    printf '%s\n' "$names" >/run/lab/dns-hosts
    mountpoint -q /lab/dns-hosts || mount --bind /run/lab/dns-hosts /lab/dns-hosts
    kill -HUP "$(</run/lab/dnsmasq.pid)"
}
dns_is_as_before() {
    umount /lab/dns-hosts
    kill -HUP "$(</run/lab/dnsmasq.pid)"
}

# --- The daemon

daemon_pid='' daemon_log=/run/lab/situpd.log
declare -A daemon_pids=() # of the other instances
daemon() { # daemon [ARGUMENT…]: situpd, on the first instance
    /usr/libexec/situp/situpd --stay "$@" >>"$daemon_log" 2>&1 </dev/null &
    daemon_pid=$!
    wait_until 30 daemon_is_ready || not_ok 'situpd starts' "$(<"$daemon_log")"
}
daemons_on() { # daemons_on WHERE…: situpd on these other instances; its log is /run/lab/situpd.log.WHERE
    local where way
    for where; do
        way_to "$where"
        "${way[@]}" /usr/libexec/situp/situpd --stay >>"$daemon_log.$where" 2>&1 </dev/null &
        daemon_pids[$where]=$!
    done
    for where; do
        wait_until 60 daemon_is_ready "${daemon_pids[$where]}" || not_ok "situpd starts on $where" "$(<"$daemon_log.$where")"
    done
}
daemon_for_once() { # daemon_for_once INJECTION FILE: the same, and calls that name FILE fail as strace's -e inject=INJECTION says
    strace -D -o /dev/null -P "$2" -e "trace=${1%%:*}" -e "inject=$1" /usr/libexec/situp/situpd --stay >>"$daemon_log" 2>&1 </dev/null &
    daemon_pid=$!
    wait_until 30 daemon_is_ready || not_ok 'situpd starts' "$(<"$daemon_log")"
}
daemon_is_ready() { [[ $(readlink "/proc/${1-$daemon_pid}"/fd/*) == *signalfd* ]]; } # what it opens last
end_daemon() { # end_daemon [SIGNAL]: on all instances
    local ids=("${daemon_pids[@]}")
    [[ ! $daemon_pid ]] || ids+=("$daemon_pid")
    ((${#ids[@]})) || return 0
    kill -"${1-TERM}" "${ids[@]}" 2>/dev/null
    wait "${ids[@]}" 2>/dev/null
    daemon_pid='' daemon_pids=()
}
daemon_said() { # daemon_said PATTERN [WHERE]: a condition; a line of its log matches
    local line
    while IFS= read -r line; do [[ $line =~ $1 ]] && return; done <"$daemon_log${2+.$2}"
    return 1
}
daemon_says() { # daemon_says PATTERN [SECONDS]: it does, or will within that time
    if wait_until "${2-10}" daemon_said "$1"; then ok "situpd says: $1"; else not_ok "situpd says: $1" "$(tail -n 30 "$daemon_log")"; fi
}

live_has() { # live_has IFACE PATTERN: a condition; a line of what situpd knows of it matches
    local line
    [[ -e /run/situp/live/$1 ]] || return
    while IFS= read -r line; do [[ $line =~ $2 ]] && return; done <"/run/situp/live/$1"
    return 1
}
soon() { # soon WHAT SECONDS COMMAND…: it succeeds within that time
    local what=$1
    shift
    if wait_until "$@"; then ok "$what"; else not_ok "$what" "$* did not; $(tail -qn 12 "$daemon_log" /run/situp/live/* 2>&1 | head -n 60)"; fi
}

pings_sent() { # requests that this host has sent, by the kernel's counter
    local key sent
    while read -r key sent; do [[ $key != Icmp6OutEchos ]] || echo "$sent"; done <<<"$(</proc/net/snmp6)"
}

advertise() { # advertise ROUTER PREFIX [LIFETIME]: radvd there, anew
    local config=/run/lab/radvd.$1
    silence "$1"
    cat >"$config.conf" <<END
interface isatap0 {
    AdvSendAdvert on;
    UnicastOnly on;
    AdvLinkMTU 1400;
    MaxRtrAdvInterval 600;
    AdvDefaultLifetime ${3-1800};
    prefix $2::/64 { AdvValidLifetime 7200; AdvPreferredLifetime 3600; };
};
END
    on "$1" radvd --config "$config.conf" --pidfile "$config.pid" --logmethod none
    wait_until 5 test -s "$config.pid"
}
silence() { # silence ROUTER: no radvd there
    [[ -s /run/lab/radvd.$1.pid ]] || return 0
    kill "$(<"/run/lab/radvd.$1.pid")" 2>/dev/null
    wait_until 5 not test -e "/run/lab/radvd.$1.pid"
}

processes() { # processes NAME: sets `found_processes` to the ids of those that run a program of that name
    local directory name
    found_processes=()
    for directory in /proc/[0-9]*; do
        read -r name 2>/dev/null <"$directory/comm" && [[ $name == "$1" ]] && found_processes+=("${directory#/proc/}")
    done
    return 0
}

# --- A kernel that refuses

# faults.so: 08-faults.sh.
with_faults() { # with_faults MODE N COMMAND…
    : >/run/lab/faults.log
    echo "$1 $2" >/run/lab/faults
    echo /usr/local/lib/faults.so >/etc/ld.so.preload
    "${@:3}"
    local status=$?
    : >/etc/ld.so.preload
    : >/run/lab/faults
    return $status
}

# --- Nothing left behind

same() { [[ ${1%%$'\n~'*} == "${2%%$'\n~'*}" ]]; } # two states, but for the indexes of interfaces
state_of() { # state_of WHERE: links, addresses, routes, rules, nft, and what ifupdown and situp keep in /run
    local where=$1 files file line
    files_of "$where"
    {
        on "$where" ip -o -batch - <<'END'
link show
address show
route show table all
rule show
END
        on "$where" ip -6 -o -batch - <<'END'
route show table all
rule show
END
        on "$where" nft list ruleset
        [[ ! -d /sys/module/fou ]] || on "$where" ip fou show 2>/dev/null
        shopt -s globstar nullglob dotglob
        for file in "$files"/run/network/** "$files"/run/situp/** /tmp/pwned*; do
            # .boot-wait tells what a boot has waited for sources, and stays until the next one
            [[ -f $file && $file != *lock* && $file != */.boot-wait ]] || continue
            # ifupdown leaves a file with an empty line for what is down
            [[ $file == */run/network/* ]] || echo "$file"
            while IFS= read -r line; do [[ -z $line ]] || echo "$file: $line"; done <"$file"
        done
        shopt -u globstar nullglob dotglob
    } | sed -E 's/ (expires|valid_lft|preferred_lft) [0-9]+sec//g; s/ +/ /g' | sort
}
snapshot() { state_of "${1-i1}" >"/tmp/lab.snapshot.${1-i1}" 2>&1; } # snapshot [WHERE]
same_as_snapshot() { # same_as_snapshot [WHERE]: all as it was
    local difference
    if difference=$(diff "/tmp/lab.snapshot.${1-i1}" <(state_of "${1-i1}" 2>&1)); then ok "${1-i1}: nothing is left behind"; else
        not_ok "${1-i1}: nothing is left behind" "$difference"
    fi
}

# --- Other programs than ifupdown

# host NAME <text of /etc/network/interfaces: the scenario file, which begins with this, is run where NAME's ifup and ifdown
# stand in the place of ifupdown's.
host() {
    if [[ ${lab_host-} ]]; then
        printf '%s\n' "$(</dev/stdin)" >/run/lab/interfaces
        mount --bind /run/lab/interfaces /etc/network/interfaces
        return
    fi
    # shellcheck disable=SC2154,SC2016  # bin/scenario sets these; that shell expands them
    lab_host=$1 exec unshare --mount sh -c 'mount -t overlay -o "lowerdir=/opt/hosts/$1/usr:/usr" overlay /usr && exec bash "$2" --file "$3" "$4"' \
        sh "$1" "$0" "$scenario" "$only"
}

# --- Before each test

# The filters, rules and tables of situp's that the records name. A process is dear, and most tests leave none.
reset_recorded() { # reset_recorded WHERE
    local where=$1 record line orders='' filters=''
    for record in "$files"/run/situp/*; do
        [[ -f $record ]] || continue
        while read -r line; do
            [[ $line != owns-firewall\ * ]] || filters=yes
            [[ $line =~ ^owns-next-hop\ ([0-9]+)\ ([0-9]+)\ ([0-9]+)\  ]] || continue
            orders+="rule del fwmark ${BASH_REMATCH[1]} table ${BASH_REMATCH[3]}"$'\n'"route flush table ${BASH_REMATCH[3]}"$'\n'
        done <"$record"
    done
    [[ ! $orders ]] || on "$where" ip -4 -force -batch - <<<"$orders" >/dev/null 2>&1
    [[ ! $filters ]] || on "$where" nft flush ruleset
}

# Everything that a test may have left on an instance is taken off it; the rest of the lab is as at the start.
reset_instance() { # reset_instance WHERE
    local where=$1 files link names orders=''
    files_of "$where"
    if [[ $where == i1 ]]; then names=$(cd /sys/class/net && echo *); else names=$(on "$where" sh -c 'cd /sys/class/net && echo *'); fi
    for link in $names; do
        case $where:$link in *:lo | *:eth0 | *:sit0 | i1:eth1) ;; *) orders+="link del dev $link"$'\n' ;; esac
    done
    # IPv6 ones; rules and unreachable routes of situp's
    orders+=$'address flush dev eth0 scope global\nrule flush\nrule add preference 32766 lookup main protocol kernel\nroute flush type unreachable'
    # the other end of a veth goes with the first one, and can't be deleted any more
    on "$where" ip -6 -force -batch - <<<"$orders" >/dev/null 2>&1
    reset_recorded "$where"
    # Hidden ones, too, but .lock: a situpd that is killed may leave a half-written file.
    rm -rf "$files"/run/situp/{*,.[!.l]*,.l[!o]*} "$files"/etc/situp/{situp.conf,credentials} "$files"/var/lib/situp/* \
        "$files"/run/network/ifstate.* "$files"/etc/network/interfaces.d/* "$files"/etc/sysconfig/network-scripts/ifcfg-* /tmp/pwned*
    [[ ! ${lab_host-} ]] || rm -rf "$files"/run/ifstate* /var/tmp/network
    printf 'lo=lo\neth0=eth0\n' >"$files/run/network/ifstate"
}
reset() {
    end_daemon KILL
    rm -f "$daemon_log"*
    reset_instance i1
    local other
    for other in $used; do reset_instance "$other"; done
    used=
    imds reset
    no_firmware
    no_cloud
}

# The kernel without sit, as where the module is missing; and back.
sit_away() {
    local where
    for where in he rtr; do
        on "$where" ip -batch - <<<"$([[ $where == he ]] && printf 'link del dev tun-10\nlink del dev tun-11' || echo link del dev isatap0)"
    done
    sit_module=$(modinfo -F filename sit) || return
    rmmod sit && mv "$sit_module" "$sit_module.away"
}
sit_back() {
    mv "$sit_module.away" "$sit_module"
    modprobe sit && /lab/topology.sh tunnels
}
