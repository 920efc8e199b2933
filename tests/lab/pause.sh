# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# pause SECONDS: without a process; but before bash 5.2, an alarm that comes just before the read begins leaves it waiting for ever.
exec {never_readable}<> <(:)
pause() {
    if ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] < 502)); then sleep "$1"; else read -rt "$1" -u "$never_readable" || true; fi
}
