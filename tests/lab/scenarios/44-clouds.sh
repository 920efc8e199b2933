# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 44: the cloud that the firmware names, its metadata service, and no other one.

cloud() { # cloud NAME ADDRESS: its service listens there, on this instance itself
    ip address add "$2/32" dev lo
    python3 -SE /lab/fake-cloud "$1" 172.31.14.146 0e:1f:00:00:14:92 "$2" >/tmp/lab.cloud 2>&1 &
    fake=$! fake_at=$2
    wait_until 20 grep -q listens /tmp/lab.cloud
}
no_cloud() {
    kill "$fake" 2>/dev/null
    wait "$fake" 2>/dev/null
    ip address delete "$fake_at/32" dev lo 2>/dev/null
}
comes_up() { # comes_up NAME ADDRESS FIELD TEXT
    firmware "$3" "$4"
    cloud "$1" "$2"
    he_ipv6_with 'v4tunnel-local cloud'
    check "$1: ifup" ifup he-ipv6
    kernel_has "$1: its address" '.[0].linkinfo.info_data.local == "172.31.14.146"' -d link show he-ipv6
    check "$1: down" ifdown he-ipv6
    holds "$1 was asked" grep -q '^GET ' /tmp/lab.cloud
    no_cloud
    no_firmware
    asked 0 .
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
