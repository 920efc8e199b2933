# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 46: the machine's own firmware names the cloud; 44 has the others.
# Firmware: type=3,asset=7783-7084-3265-9085-8269-3286-77

test_the_firmware_names_it() {
    comes_up_on azure 169.254.169.254
}
