# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 47: the machine's own firmware names the cloud; 44 has the others.
# Firmware: type=3,asset=OracleCloud.com

test_the_firmware_names_it() {
    comes_up_on oracle 169.254.169.254
}
