# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 45: the machine's own firmware names the cloud; 44 has the others.
# Firmware: type=1,manufacturer=Google,product=Google Compute Engine

test_the_firmware_names_it() {
    comes_up_on gce 169.254.169.254
}
