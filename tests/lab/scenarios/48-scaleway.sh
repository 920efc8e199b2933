# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 48: the machine's own firmware names the cloud; 44 has the others.
# Firmware: type=1,manufacturer=Scaleway,product=SCW-GP1-S

test_the_firmware_names_it() {
    comes_up_on scaleway 169.254.42.42
}
