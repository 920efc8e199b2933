# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that install the tools which they need. Some are in sbin, which a person's PATH may lack.
PATH=$PATH:/usr/sbin:/sbin

need_tools() { # need_tools PACKAGE:PROGRAM…
    local tool missing=()
    for tool; do command -v "${tool#*:}" >/dev/null || missing+=("${tool%%:*}"); done
    ((${#missing[@]})) || return 0
    echo "${0##*/}: installing ${missing[*]}" >&2
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}
