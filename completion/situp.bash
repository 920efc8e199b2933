# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bash completion for situp(8): commands, options, sources, and the names of stanzas that have options of situp's.

_situp_stanzas() { # FILE [DEPTH]: from the file and what it sources; ifquery would list stanzas that are not situp's as well
    local file=$1 depth=${2-0} name='' word rest path directory=.
    [[ $file != */* ]] || directory=${file%/*}
    [[ -f $file && -r $file && $depth -lt 8 ]] || return 0
    while read -r word rest || [[ $word ]]; do
        case $word in
        iface) name=${rest%%[[:blank:]]*} ;;
        source | source-directory | source-dir)
            name=''
            [[ $rest == /* ]] || rest=$directory/$rest
            [[ $word == source ]] || rest="${rest%/}/*"
            while IFS= read -r path; do
                # Of a folder, ifupdown reads files with such names only.
                [[ $word != source && ${path##*/} == *[!A-Za-z0-9_-]* ]] || _situp_stanzas "$path" $((depth + 1))
            done < <(compgen -G "$rest")
            ;;
        auto | allow-* | mapping | rename | template | no-auto-down | no-scripts) name='' ;;
        v4tunnel-* | isatap-* | sixrd-*)
            [[ ! $name ]] || printf '%s\n' "$name"
            name=''
            ;;
        esac
    done <"$file"
}

_situp_up() { # tunnels that are up, whatever their stanzas say now
    local path
    for path in /run/situp/*; do
        [[ ! -f $path ]] || printf '%s\n' "${path##*/}"
    done
}

_situp_brokers() { # SETTINGS: the one that needs no section, and those of the file
    local line
    echo he
    [[ -f $1 && -r $1 ]] || return 0
    while read -r line || [[ $line ]]; do
        [[ $line == '[broker '*']' && $line != '[broker he]' ]] || continue
        line=${line#'[broker '}
        printf '%s\n' "${line%]}"
    done <"$1"
}

_situp_offer() { # WORD…: those that begin like what is typed. compgen -W would run a command that a file has for a name.
    local word
    for word; do
        [[ $word != "$current"* || $word == *[!A-Za-z0-9_.:-]* ]] || COMPREPLY+=("$word")
    done
}

_situp_clouds=(ec2 gce azure oracle openstack digitalocean hetzner scaleway vultr
    alibaba tencent exoscale upcloud akamai ibm huawei cloudstack)
# Those whose services say the address of an interface.
_situp_clouds_by_interface=(ec2 gce azure oracle digitalocean vultr alibaba tencent upcloud)

_situp() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' file=/etc/network/interfaces
    local settings=/etc/situp/situp.conf
    local words=(--interfaces --config --verbose --help) names=() i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --interfaces) i=$((i + 1)) file=${COMP_WORDS[i]} ;;
        --config) i=$((i + 1)) settings=${COMP_WORDS[i]} ;;
        --name | --local) i=$((i + 1)) ;;
        -*) ;;
        *) [[ $command ]] || command=${COMP_WORDS[i]} ;;
        esac
    done
    case $previous in
    --interfaces | --config)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --name) return ;;
    --local)
        _situp_offer cloud "${_situp_clouds[@]}" route any
        return
        ;;
    esac
    case $command in
    up | down | plan | status | doctor | broker) mapfile -t names < <(_situp_stanzas "$file") ;;
    esac
    case $command in
    down | status | doctor) mapfile -t -O "${#names[@]}" names < <(_situp_up) ;;
    broker | import) mapfile -t -O "${#names[@]}" names < <(_situp_brokers "$settings") ;;
    esac
    case $command in
    '') words=(up down plan check status doctor address broker import --help --version) ;;
    up) words+=(--all --boot --json) ;;
    down) words+=(--all --json) ;;
    plan) words+=(--all --down --json) ;;
    status) words+=(--json --nagios --prometheus --watch) ;;
    doctor) words+=(--json) ;;
    check)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        words+=(--json)
        ;;
    # Not route and any: these have a meaning in a stanza only.
    address) words+=(cloud cloud: "${_situp_clouds[@]}" "${_situp_clouds_by_interface[@]/%/:}" interface: --json) ;;
    broker) words+=(--force) ;;
    import) words+=(--write --name --local) ;;
    *) return ;;
    esac
    _situp_offer "${words[@]}" "${names[@]}"
    [[ $command == address ]] || return 0
    # A source with a colon: what bash takes for a word begins anew behind it.
    if [[ $previous == : || $current == : ]]; then
        local link links=()
        for link in /sys/class/net/*; do links+=("${link##*/}"); done
        [[ $current != : ]] || current=''
        COMPREPLY=()
        _situp_offer "${links[@]}"
    elif [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *: ]]; then
        compopt -o nospace 2>/dev/null # outside of a completion, as in a test, there is nothing to set
    fi
    return 0
}
complete -F _situp situp
