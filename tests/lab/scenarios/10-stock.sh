# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 10: who doesn't use situp doesn't notice it.

hooks=(/etc/network/if-pre-up.d/situp /etc/network/if-up.d/000situp /etc/network/if-down.d/situp
    /etc/network/if-post-down.d/situp)

situp_away() { mkdir -p /run/lab/away && for hook in "${hooks[@]}"; do mv "$hook" "/run/lab/away/${hook//\//@}"; done; }
situp_back() { for hook in "${hooks[@]}"; do mv "/run/lab/away/${hook//\//@}" "$hook"; done; }

stock_stanzas() {
    ip link add name lan0 address 0e:1f:00:00:30:00 type veth peer name lan1 address 0e:1f:00:00:30:01
    stanza stock <<'END'
iface lan0 inet static
    address 192.0.2.1/24
    mtu 1400
    up echo "lan0 is up: $IFACE $METHOD $IF_ADDRESS"
    # not options of situp's, however much they look like it
    v4-tunnel-local ec2
    x-v4tunnel-local ec2
iface lan0 inet6 static
    address 2001:db8:5::1/64
    dad-attempts 0

iface stock inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    local 172.31.14.146
    gateway 2001:470:1f04:1::1
    ttl 255
    mtu 1400
    up ip -6 route add 2001:db8:99::/48 dev $IFACE
    down ip -6 route del 2001:db8:99::/48 dev $IFACE

iface common inet6 v4tunnel
    netmask 64
    gateway 2001:470:1f04:2::1
    endpoint 216.66.80.26
iface heir inet6 v4tunnel inherits common
    address 2001:470:1f04:2::2
    local 172.31.32.10
    metric 2048

# the recipe of 2011
iface old inet6 v4tunnel
    address 2001:db8:7::2
    netmask 64
    endpoint 198.51.100.7
    local `curl -s -m 5 http://169.254.169.254/latest/meta-data/local-ipv4`
    ttl 255

iface broken inet6 v4tunnel
    address 2001:db8:8::2
    netmask 64
    endpoint not-an-address
END
}

# What run-parts says of our hooks is all that may be more; indexes differ from run to run.
settled() { sed -E '/^run-parts: executing \/etc\/network\/if-[a-z-]+\.d\/(000)?situp$/d; s/^[0-9]+: //'; }

# What ifup and ifdown say and do to these stanzas.
told() {
    imds v1
    stock_stanzas
    run ifup -v lan0 stock heir old broken
    printf '== ifup: %s\n%s\n%s\n' "$STATUS" "$OUT" "$ERR" | settled
    echo '== state'
    state_of i1 | settled | sort
    run ifup old
    printf '== ifup of what is up: %s\n%s\n%s\n' "$STATUS" "$OUT" "$ERR"
    run ifup --force stock
    printf '== ifup --force, whose device exists: %s\n%s\n%s\n' "$STATUS" "$OUT" "$ERR"
    run ifquery heir
    printf '== ifquery: %s\n%s\n%s\n' "$STATUS" "$OUT" "$ERR"
    run ifdown -v old heir stock broken lan0
    printf '== ifdown: %s\n%s\n%s\n' "$STATUS" "$OUT" "$ERR" | settled
    echo '== state'
    state_of i1 | settled | sort
    echo "== asked: $(imds count '^PUT') $(imds count '^GET')"
}

test_stock_stanzas_are_as_without_situp() {
    local difference
    told >/tmp/with
    holds 'the old recipe has found its address' grep -q '^old inet6 fe80::ac1f:e92/64' /tmp/with
    holds 'and its metadata' grep -q '^== asked: 0 1' /tmp/with
    holds 'the heir is up' grep -q '^heir inet6 2001:470:1f04:2::2/64' /tmp/with
    holds 'the broken one is not' grep -q 'failed to bring up broken' /tmp/with
    holds 'no word of situp' not grep -q situp /tmp/with
    reset
    situp_away
    told >/tmp/without
    situp_back
    if difference=$(diff /tmp/without /tmp/with); then ok 'all that ifup says and does is the same'; else
        not_ok 'all that ifup says and does is the same' "$difference"
    fi
}

# Status, words and what is left when stock stanzas go wrong are ifupdown's own, too.
test_the_old_recipe_fails_as_it_did() {
    local difference
    told_of_failure() {
        stock_stanzas
        run ifup -v old
        printf '%s\n%s\n%s\n' "$STATUS" "$OUT" "$ERR" | settled
    }
    told_of_failure >/tmp/with
    holds 'it fails' grep -q '^1$' /tmp/with
    reset
    situp_away
    told_of_failure >/tmp/without
    situp_back
    if difference=$(diff /tmp/without /tmp/with); then ok 'the same words'; else not_ok 'the same words' "$difference"; fi
}

test_the_hooks_start_no_program() {
    local hook number
    stock_stanzas
    imds v1
    # As ifupdown calls them: for a stock stanza with every option of its own, for `ifup -a` as a whole, under ifupdown-ng.
    for hook in "${hooks[@]}"; do
        # shellcheck disable=SC2016  # as it stands there
        check "$hook leaves a stock stanza alone" env -i PATH="$PATH" IFACE=stock LOGICAL=stock ADDRFAM=inet6 METHOD=v4tunnel MODE=start \
            PHASE=x VERBOSITY=0 IF_ADDRESS=2001:db8::1 IF_LOCAL='`IF_V4TUNNEL_`' IF_ENDPOINT=216.66.80.26 IF_TTL=255 IF_X_V4TUNNEL_LOCAL=ec2 \
            strace -f -qq -e trace=execve -o /tmp/trace "$hook"
        number=$(grep -c execve /tmp/trace)
        is 'only itself was started' "$number" 1
        check "$hook and ifup -a" env -i PATH="$PATH" IFACE=--all LOGICAL=--all ADDRFAM=meta METHOD=none MODE=start PHASE=x \
            VERBOSITY=0 strace -f -qq -e trace=execve -o /tmp/trace "$hook"
        number=$(grep -c execve /tmp/trace)
        is 'only itself was started' "$number" 1
    done
    check 'ifup as a whole' strace -f -qq -e trace=execve -o /tmp/trace ifup stock
    holds 'has called the hook' grep -q 'execve("/etc/network/if-up.d/000situp"' /tmp/trace
    holds 'and not situp' not grep -qE 'execve\("[^"]*/bin/situp"' /tmp/trace
    check 'ifdown as a whole' strace -f -qq -e trace=execve -o /tmp/trace ifdown stock
    holds 'has called the hook' grep -q 'execve("/etc/network/if-post-down.d/situp"' /tmp/trace
    holds 'and not situp' not grep -qE 'execve\("[^"]*/bin/situp"' /tmp/trace
}

# The hooks are configuration: they outlive the package, and must then do no harm.
test_hooks_without_the_program() {
    stanza he-ipv6 <<'END'
iface he-ipv6 inet6 v4tunnel
    address 2001:470:1f04:1::2
    netmask 64
    endpoint 216.66.80.26
    local 172.31.14.146
    v4tunnel-ttl 64
END
    snapshot
    mv /usr/bin/situp /usr/bin/situp.away
    check ifup ifup he-ipv6
    is 'and it says nothing' "$OUT$ERR" ''
    has_link he-ipv6
    check ifdown ifdown he-ipv6
    mv /usr/bin/situp.away /usr/bin/situp
    same_as_snapshot
}

# An interface may have stanzas of situp's and stock ones.
test_stock_stanzas_beside_one_of_ours() {
    stanza both <<'END'
iface he-ipv6 inet6 manual
    address 2001:470:1f04:1::2/64
    v4tunnel-endpoint 216.66.80.26
    v4tunnel-local ec2
iface he-ipv6 inet6 static
    address 2001:db8:9::1/64
    dad-attempts 0
    down echo "the second one goes down"
END
    snapshot
    check ifup ifup he-ipv6
    kernel_has 'both have what they said' '[.[0].addr_info[] | select(.scope == "global").local] | sort ==
        ["2001:470:1f04:1::2", "2001:db8:9::1"]' -6 address show dev he-ipv6
    check ifdown ifdown he-ipv6
    stdout_has 'the second one goes down'
    same_as_snapshot
}
