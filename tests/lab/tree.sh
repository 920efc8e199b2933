# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# For scripts that compile in a tree of a Debian release of their own.

make_tree() { # make_tree DIR RELEASE [OPTION]… -- PACKAGE…: with options of mmdebstrap's; stays until the release or a package changes
    local tree=$1 release=$2 options=()
    shift 2
    while [[ $1 != -- ]]; do options+=("$1"); shift; done
    shift
    local stamp="$release $*"
    [[ ! -f $tree/stamp || $(<"$tree/stamp") != "$stamp" ]] || return 0
    rm -rf --one-file-system "$tree"
    mkdir -p "${tree%/*}"
    # shellcheck source=tests/lab/mirror.sh
    . "$(dirname "${BASH_SOURCE[0]}")/mirror.sh"
    mmdebstrap --quiet --mode=root --variant=essential --format=directory "${options[@]}" "${aptopts[@]}" --dpkgopt=force-unsafe-io \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/info/*' \
        --include="$(IFS=,; echo "$*")" "$release" "$tree" "$mirror" >&2
    echo "$stamp" >"$tree/stamp"
}

in_tree() { # in_tree DIR COMMAND…: without a network
    local tree=$1
    shift
    # shellcheck disable=SC2016  # that shell expands it
    unshare --net --mount sh -c 'tree=$1; shift
        ip link set dev lo up; mount -t proc proc "$tree/proc"; mount --bind /dev "$tree/dev"; mount -t tmpfs tmpfs "$tree/run"
        exec chroot "$tree" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 "$@"' sh "$tree" "$@"
}
