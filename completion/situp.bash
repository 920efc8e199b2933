# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Bash completion for situp(8): commands, options, sources, and the names of stanzas that have options of situp's.

_situp_stanzas() { # from the file and what lies in interfaces.d; ifquery would list stanzas that are not situp's as well
    local file=$1 name='' word rest
    shift
    cat -- "$file" /etc/network/interfaces.d/* 2>/dev/null | while read -r word rest; do
        case $word in
        iface) name=${rest%%[[:blank:]]*} ;;
        auto | allow-* | mapping | source*) name='' ;;
        v4tunnel-* | isatap-*)
            [[ ! $name ]] || printf '%s\n' "$name"
            name=''
            ;;
        esac
    done
}

_situp() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command='' file=/etc/network/interfaces
    local words='--interfaces --config --verbose --help' i
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --interfaces) i=$((i + 1)) file=${COMP_WORDS[i]} ;;
        --config) i=$((i + 1)) ;;
        -*) ;;
        *) [[ $command ]] || command=${COMP_WORDS[i]} ;;
        esac
    done
    case $previous in
    --interfaces | --config)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    esac
    case $command in
    '') words='up down plan check status address broker --help --version' ;;
    up | down) words+=" --all $(_situp_stanzas "$file")" ;;
    plan) words+=" --all --down $(_situp_stanzas "$file")" ;;
    status) words+=" --json $(_situp_stanzas "$file")" ;;
    check)
        mapfile -t COMPREPLY < <(compgen -W "$words --json" -- "$current"; compgen -f -- "$current")
        return
        ;;
    address) words+=' ec2' ;;
    broker) words+=" --force $(_situp_stanzas "$file")" ;;
    *) return ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
    # A source with a colon: what bash takes for a word begins anew behind it.
    if [[ $command == address && $previous == : || $current == : ]]; then
        local link links=()
        for link in /sys/class/net/*; do links+=("${link##*/}"); done
        [[ $current == : ]] && current=''
        mapfile -t COMPREPLY < <(compgen -W "${links[*]}" -- "$current")
    elif [[ $command == address && interface == "$current"* && $current ]]; then
        COMPREPLY+=('interface:')
        compopt -o nospace
    fi
}
complete -F _situp situp
