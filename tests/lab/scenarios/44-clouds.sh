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

# The virtual router is the DHCP server, and data-server is no name here.
no_leases() {
    rm -rf /run/systemd/netif/leases /var/lib/dhcp /var/lib/dhclient /run/NetworkManager/devices /var/lib/NetworkManager
}
lease() { # lease FILE <TEXT: the only one
    no_leases
    mkdir -p "${1%/*}"
    cat >"$1"
}

test_cloudstack_at_the_server_of_the_lease() {
    firmware product_name 'CloudStack KVM Hypervisor'
    lease /run/systemd/netif/leases/2 <<'END'
# This is private data. Do not parse.
ADDRESS=172.31.14.146
ROUTER=172.31.0.1
SERVER_ADDRESS=10.1.1.1
END
    comes_up_on cloudstack 10.1.1.1 cloudstack
    comes_up_on cloudstack 10.1.1.1
    lease /var/lib/dhcp/dhclient.eth0.leases <<'END'
lease {
  interface "eth0";
  fixed-address 172.31.14.146;
  option dhcp-server-identifier 10.1.1.1;
  expire 1 2999/11/30 15:33:34;
}
lease {
  interface "eth0";
  option dhcp-server-identifier 10.1.1.2;
  expire 1 1999/11/30 15:33:34;
}
END
    comes_up_on cloudstack 10.1.1.1 cloudstack
    comes_up_on cloudstack 10.1.1.1
    lease /run/NetworkManager/devices/2 <<<$'[device]\nmanaged=managed\n\n[dhcp4]\ndhcp_server_identifier=10.1.1.1'
    comes_up_on cloudstack 10.1.1.1
    no_leases
    comes_up_on cloudstack 172.31.0.1
    no_firmware
}

test_cloudstack_with_a_name_server_that_does_not_answer() {
    firmware product_name 'CloudStack KVM Hypervisor'
    cp /etc/resolv.conf /tmp/resolv.conf
    printf 'nameserver 172.31.0.99\noptions timeout:1 attempts:2\n' >/etc/resolv.conf
    lease /run/systemd/netif/leases/2 <<<'SERVER_ADDRESS=10.1.1.1'
    comes_up_on cloudstack 10.1.1.1
    no_leases
    cp /tmp/resolv.conf /etc/resolv.conf
    no_firmware
}

test_cloudstack_by_its_name_before_the_lease() {
    lease /run/systemd/netif/leases/2 <<<'SERVER_ADDRESS=10.1.1.2'
    echo 10.1.1.1 data-server >>/etc/hosts
    comes_up_on cloudstack 10.1.1.1 cloudstack
    sed -i /data-server/d /etc/hosts
    no_leases
}

test_cloudstack_with_a_hostile_lease() {
    local text
    he_ipv6_with 'v4tunnel-local cloudstack'
    snapshot
    for text in "\$(touch /run/lab/pwned)" 127.0.0.1 224.0.0.1 '10.1.1.1;' $'\e[31m'; do
        lease /run/systemd/netif/leases/2 <<<"SERVER_ADDRESS=$text"
        refuse "$text" 4 situp up he-ipv6
        situp_says 'situp: he-ipv6: cloudstack: the metadata service at http://data-server has a name that does not resolve, and a file in /run/systemd/netif/leases is not as a DHCP client writes it: see what is in it, or write endpoint in situp.conf'
    done
    no_leases
    same_as_snapshot
    holds 'nothing ran' test ! -e /run/lab/pwned
    asked 0 .
}
