# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 44: the cloud that the firmware names, its metadata service, and no other one.

comes_up() { # comes_up NAME ADDRESS FIELD TEXT: where the firmware says so
    firmware "$3" "$4"
    comes_up_on "$1" "$2"
    no_firmware
}

test_six_platforms() {
    comes_up gce 169.254.169.254 product_name 'Google Compute Engine'
    comes_up azure 169.254.169.254 chassis_asset_tag 7783-7084-3265-9085-8269-3286-77
    comes_up oracle 169.254.169.254 chassis_asset_tag OracleCloud.com
    comes_up hetzner 169.254.169.254 sys_vendor Hetzner
    comes_up scaleway 169.254.42.42 sys_vendor Scaleway
    comes_up alibaba 100.100.100.200 product_name 'Alibaba Cloud ECS'
}

test_by_interface_and_behind_a_public_address() {
    firmware product_name 'Google Compute Engine'
    cloud gce 169.254.169.254
    check 'by MAC' situp address cloud:eth0
    stdout_is 172.31.14.146
    check 'behind a public one' situp address cloud:198.51.100.7
    stdout_is 172.31.14.146
    check 'the same by its own word' situp address gce:eth0
    stdout_is 172.31.14.146
    refuse 'another one' 4 situp address gce:198.51.100.9
    situp_says 'situp: gce:198.51.100.9: the metadata service at http://169.254.169.254 knows no such interface or address'
    no_cloud
}

test_no_service_is_asked_that_the_firmware_does_not_name() {
    he_ipv6_with 'v4tunnel-local cloud'
    snapshot
    # The lab's metadata service would answer.
    refuse 'no cloud' 4 situp up he-ipv6
    situp_says 'situp: he-ipv6: cloud: this machine'\''s firmware (DMI) names none of the clouds that situp knows: write '
    firmware product_name 'Google Compute Engine'
    firmware sys_vendor Hetzner
    refuse 'two clouds' 4 situp up he-ipv6
    situp_says 'situp: he-ipv6: cloud: this machine'\''s firmware (DMI) names several clouds, gce, hetzner: write the right one instead'
    no_firmware
    same_as_snapshot
    asked 0 .
    firmware sys_vendor 'Amazon EC2'
    check 'EC2' situp address cloud
    stdout_is 172.31.14.146
    asked 2 .
}
