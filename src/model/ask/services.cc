// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/services.h"

#include <algorithm>

namespace situp {
namespace {

constexpr std::array statuses_of_ec2{
    ServiceStatus{403, Failure::service_off},
    ServiceStatus{404, Failure::no_such_key},
    ServiceStatus{503, Failure::unavailable, true},
};

// Azure's documents name the most of those that pass; cloud-init retries them, too.
constexpr std::array statuses{
    ServiceStatus{204, Failure::no_such_key},       ServiceStatus{403, Failure::service_off},
    ServiceStatus{404, Failure::no_such_key},       ServiceStatus{410, Failure::unavailable, true},
    ServiceStatus{429, Failure::unavailable, true}, ServiceStatus{500, Failure::unavailable, true},
    ServiceStatus{503, Failure::unavailable, true},
};

// Huawei's instances are OpenStack's, too; and an UUID may begin so by chance.
constexpr unsigned weak = 1;
constexpr unsigned weakest = 2;

constexpr std::string_view link_local = "http://169.254.169.254";

// Of services in the form of EC2's first version.
constexpr ServiceValues local_ipv4{{{"/latest/meta-data/local-ipv4"}}};
constexpr ServiceValues public_ipv4{{{"/latest/meta-data/public-ipv4"}}};

constexpr std::array rows{
    // EC2 User Guide, "Instance metadata". The token's life is long enough for one run, and no
    // more.
    Service{.name = "ec2",
            .title = "EC2",
            .url = link_local,
            .recognised = {{{&Dmi::sys_vendor, "Amazon EC2"},
                            {&Dmi::hypervisor_uuid, "ec2*"},
                            {&Dmi::product_uuid, "ec2*", weakest},
                            {&Dmi::product_uuid, "????2?ec-*", weakest}}},
            .token = {.path = "/latest/api/token",
                      .request = "X-aws-ec2-metadata-token-ttl-seconds: 300",
                      .header = "X-aws-ec2-metadata-token: ",
                      .without = {404, 405},
                      .advice = "inside a container the hop limit is the usual reason: raise "
                                "HttpPutResponseHopLimit to 2"},
            .statuses = statuses_of_ec2,
            .primary = local_ipv4,
            .of_interface = {"/latest/meta-data/network/interfaces/macs/{mac}/local-ipv4s",
                             Form::first},
            .private_of_public = {"/latest/meta-data/network/interfaces/macs/{mac}/"
                                  "ipv4-associations/{public}"},
            .public_address = "ELASTIC-IP",
            .public_of_primary = public_ipv4,
            .public_addresses = {"/latest/meta-data/network/interfaces/macs/{mac}/public-ipv4s",
                                 Form::all},
            .interfaces = "/latest/meta-data/network/interfaces/macs/",
            .protocol41 = {Passes::by_rule, Passes::by_rule,
                           "let custom protocol 41 in from {from}/32 in the security group"}},

    // cloud.google.com/compute/docs/metadata: "recursive=true" is JSON, and each answer has the
    // header of the request.
    Service{
        .name = "gce",
        .title = "Google Compute Engine",
        .url = link_local,
        .recognised = {{{&Dmi::product_name, "Google Compute Engine"},
                        {&Dmi::product_serial, "GoogleCloud-*"}}},
        .headers = {"Metadata-Flavor: Google"},
        .answer_header = "Metadata-Flavor: Google",
        .statuses = statuses,
        .json = {.path = "/computeMetadata/v1/instance/network-interfaces/?recursive=true",
                 .interfaces = "*",
                 .mac = "mac",
                 .private_address = {"ip"},
                 .public_address = "accessConfigs/*/externalIp"},
        .public_address = "EXTERNAL-IP",
        .protocol41 =
            {Passes::by_rule, Passes::never,
             "let protocol 41 in from {from}/32 in the VPC firewall (gcloud compute firewall-rules "
             "create NAME --network NETWORK --allow 41 --source-ranges {from}/32)"}},

    // learn.microsoft.com, "Azure Instance Metadata Service". The public address of a Standard SKU
    // is an empty text.
    Service{.name = "azure",
            .title = "Azure",
            .url = link_local,
            .recognised = {{{&Dmi::chassis_asset_tag, "7783-7084-3265-9085-8269-3286-77"}}},
            .headers = {"Metadata: true"},
            .statuses = statuses,
            .json = {.path = "/metadata/instance/network/interface?api-version=2021-02-01",
                     .interfaces = "*",
                     .mac = "macAddress",
                     .addresses = "ipv4/ipAddress/*",
                     .private_address = {"privateIpAddress"},
                     .public_address = "publicIpAddress"},
            .public_address = "PUBLIC-IP",
            .protocol41 = {Passes::never, Passes::never}},

    // docs.oracle.com, "Getting Instance Metadata": version 2 wants the header.
    Service{.name = "oracle",
            .title = "Oracle Cloud Infrastructure",
            .url = link_local,
            .recognised = {{{&Dmi::chassis_asset_tag, "OracleCloud.com"}}},
            .headers = {"Authorization: Bearer Oracle"},
            .statuses = statuses,
            .json = {.path = "/opc/v2/vnics/",
                     .interfaces = "*",
                     .mac = "macAddr",
                     .private_address = {"privateIp"}},
            .protocol41 = {Passes::by_rule, Passes::by_rule,
                           "let IP protocol 41 in from {from}/32 in the security list or the "
                           "network security group (oci network nsg rules add)"}},

    // docs.openstack.org/nova, "Metadata service". Networks with DHCP have no address in
    // network_data.json. A public address is a floating IP.
    Service{.name = "openstack",
            .title = "OpenStack",
            .url = link_local,
            .recognised = {{{&Dmi::product_name, "OpenStack *", weak},
                            {&Dmi::chassis_asset_tag, "OpenStack *", weak},
                            {&Dmi::chassis_asset_tag, "SAP CCloud VM"},
                            {&Dmi::chassis_asset_tag, "Samsung Cloud Platform"}}},
            .statuses = statuses,
            .primary = local_ipv4,
            .public_of_primary = public_ipv4,
            .protocol41 =
                {Passes::by_rule, Passes::by_rule,
                 "let protocol 41 in from {from}/32 in the security group (openstack security "
                 "group rule create --protocol ipv6-encap --remote-ip {from}/32 GROUP)"}},

    // docs.digitalocean.com/reference/api/metadata. A Droplet's public address is on its interface.
    // The document holds user data, too.
    Service{.name = "digitalocean",
            .title = "DigitalOcean",
            .url = link_local,
            .recognised = {{{&Dmi::sys_vendor, "DigitalOcean"}}},
            .statuses = statuses,
            .json = {.path = "/metadata/v1.json",
                     .interfaces = "interfaces/*/*",
                     .mac = "mac",
                     .private_address = {"ipv4/ip_address"}},
            .primary = {{{"/metadata/v1/interfaces/public/0/ipv4/address"},
                         {"/metadata/v1/interfaces/private/0/ipv4/address"}}},
            .protocol41 =
                {Passes::not_documented, Passes::not_documented,
                 "take this Droplet out of its Cloud Firewall, which has no word for protocol 41 "
                 "(doctl compute firewall remove-droplets FIREWALL --droplet-ids DROPLET)"}},

    // docs.hetzner.cloud, "Server metadata". The public address is on the interface; private
    // networks are YAML.
    Service{.name = "hetzner",
            .title = "Hetzner Cloud",
            .url = link_local,
            .recognised = {{{&Dmi::sys_vendor, "Hetzner"}}},
            .statuses = statuses,
            .primary = {{{"/hetzner/v1/metadata/public-ipv4"}}},
            .protocol41 =
                {Passes::not_documented, Passes::not_documented,
                 "take this server out of its Cloud Firewall, which has no word for protocol 41 "
                 "(hcloud firewall remove-from-resource --type server --server SERVER FIREWALL)"}},

    // cloud-init's and scaleway-cli's source. Where addresses are routed, private_ip is null, and
    // the
    // public one is on the interface.
    Service{.name = "scaleway",
            .title = "Scaleway",
            .url = "http://169.254.42.42",
            .recognised = {{{&Dmi::sys_vendor, "Scaleway"}}},
            .statuses = statuses,
            .json = {.path = "/conf?format=json",
                     .interfaces = "",
                     .private_address = {"private_ip", "public_ip/address"},
                     .public_address = "public_ip/address"},
            .protocol41 = {Passes::by_rule, Passes::by_rule,
                           "let protocol ANY in from {from}/32 in the security group (scw instance "
                           "security-group create-rule security-group-id=GROUP protocol=ANY "
                           "direction=inbound action=accept ip-range={from}/32)"}},

    // vultr.com/metadata. The first interface is the public one; its address is on it.
    Service{
        .name = "vultr",
        .title = "Vultr",
        .url = link_local,
        .recognised = {{{&Dmi::sys_vendor, "Vultr"}}},
        .statuses = statuses,
        .json = {.path = "/v1.json",
                 .interfaces = "interfaces/*",
                 .mac = "mac",
                 .private_address = {"ipv4/address"}},
        .primary = {{{"/v1/interfaces/0/ipv4/address"}}},
        .protocol41 =
            {Passes::not_documented, Passes::not_documented,
             "take this instance out of its firewall group, which has no word for protocol 41"}},

    // alibabacloud.com/help/en/ecs/user-guide/view-instance-metadata: the token is optional or
    // enforced.
    Service{.name = "alibaba",
            .title = "Alibaba Cloud",
            .url = "http://100.100.100.200",
            .recognised = {{{&Dmi::product_name, "Alibaba Cloud ECS"}}},
            .token = {.path = "/latest/api/token",
                      .request = "X-aliyun-ecs-metadata-token-ttl-seconds: 300",
                      .header = "X-aliyun-ecs-metadata-token: ",
                      .without = {404, 405},
                      .advice = "see whether a firewall lets the answer through"},
            .statuses = statuses,
            .primary = {{{"/latest/meta-data/private-ipv4"}}},
            .of_interface = {"/latest/meta-data/network/interfaces/macs/{mac}/primary-ip-address"},
            .public_address = "EIP",
            .public_of_primary = {{{"/latest/meta-data/eipv4"}, {"/latest/meta-data/public-ipv4"}}},
            .protocol41 = {Passes::by_rule, Passes::by_rule,
                           "let protocol \"all\" in from {from}/32 in the security group (aliyun "
                           "ecs AuthorizeSecurityGroup --IpProtocol all --PortRange -1/-1 "
                           "--SourceCidrIp {from}/32)"}},

    // tencentcloud.com/document/product/213/4934. No document says how its firmware is named.
    Service{.name = "tencent",
            .title = "Tencent Cloud",
            .url = "http://metadata.tencentyun.com",
            .statuses = statuses,
            .primary = local_ipv4,
            .of_interface = {"/latest/meta-data/network/interfaces/macs/{mac}/primary-local-ipv4"},
            .public_address = "PUBLIC-IP",
            .public_of_primary = public_ipv4,
            .public_of_private = {"/latest/meta-data/network/interfaces/macs/{mac}/local-ipv4s/"
                                  "{private}/public-ipv4"},
            .interfaces = "/latest/meta-data/network/interfaces/macs/"},

    // cloud-init's and afterburn's source. The public address is on the interface.
    Service{.name = "exoscale",
            .title = "Exoscale",
            .url = link_local,
            .recognised = {{{&Dmi::product_name, "Exoscale*"}}},
            .statuses = statuses,
            .primary = local_ipv4,
            .protocol41 = {Passes::by_rule, Passes::by_rule,
                           "let protocol ALL in from {from}/32 in the security group"}},

    // upcloud.com/docs, "Metadata service". A public address is on its interface.
    Service{.name = "upcloud",
            .title = "UpCloud",
            .url = link_local,
            .recognised = {{{&Dmi::sys_vendor, "UpCloud"}}},
            .statuses = statuses,
            .json = {.path = "/metadata/v1.json",
                     .interfaces = "network/interfaces/*",
                     .mac = "mac",
                     .addresses = "ip_addresses/*",
                     .only = {"family", "IPv4"},
                     .unless = "floating",
                     .private_address = {"address"},
                     .primary = {"type", "public"}},
            .protocol41 =
                {Passes::by_rule, Passes::by_rule,
                 "let packets in from {from}/32 in the firewall by a rule without a protocol"}},

    // techdocs.akamai.com/cloud-computing/docs/metadata-service-api. The public address is on the
    // interface.
    Service{.name = "akamai",
            .title = "Akamai (Linode)",
            .url = link_local,
            .recognised = {{{&Dmi::sys_vendor, "Linode"}, {&Dmi::sys_vendor, "Akamai"}}},
            .headers = {"Accept: application/json"},
            .token = {.path = "/v1/token",
                      .request = "Metadata-Token-Expiry-Seconds: 300",
                      .header = "Metadata-Token: ",
                      .advice = "see whether a firewall lets the answer through"},
            .statuses = statuses,
            .json = {.path = "/v1/network",
                     .interfaces = "",
                     .private_address = {"ipv4/public/*", "ipv4/private/*"},
                     .has_length = true},
            .protocol41 = {Passes::not_documented, Passes::not_documented,
                           "take this instance out of its Cloud Firewall, which has no word for "
                           "protocol 41 (IPENCAP is 4)"}},

    // github.com/ibm-cloud-docs/vpc, "Use the instance metadata service": off by default; some
    // instances have it by HTTPS only. Older dates have the address itself as the field.
    Service{.name = "ibm",
            .title = "IBM Cloud VPC",
            .url = link_local,
            .recognised = {{{&Dmi::chassis_vendor, "IBM:Cloud Compute Server*"}}},
            .token = {.path = "/instance_identity/v1/token?version=2022-08-08",
                      .request = "Metadata-Flavor: ibm",
                      .header = "Authorization: Bearer ",
                      .body = "{\"expires_in\":300}",
                      .field = "access_token",
                      .advice = "see whether a firewall lets the answer through"},
            .statuses = statuses,
            .json = {.path = "/metadata/v1/instance?version=2022-08-08",
                     .interfaces = "primary_network_interface",
                     .private_address = {"primary_ip/address", "primary_ipv4_address"}},
            .protocol41 = {Passes::by_rule, Passes::by_rule,
                           "let protocol any, and not icmp_tcp_udp, in from {from}/32 in the "
                           "security group"}},

    // support.huaweicloud.com/intl/en-us/usermanual-ecs, "Obtaining Metadata": OpenStack's form.
    Service{
        .name = "huawei",
        .title = "Huawei Cloud",
        .url = link_local,
        .recognised = {{{&Dmi::chassis_asset_tag, "HUAWEICLOUD"},
                        {&Dmi::chassis_asset_tag, "OpenTelekomCloud"}}},
        .statuses = statuses,
        .primary = local_ipv4,
        .public_of_primary = public_ipv4,
        .protocol41 =
            {Passes::by_rule, Passes::by_rule,
             "let packets in from {from}/32 in the security group by a rule without a protocol"}},

    // docs.cloudstack.apache.org, "User-Data and Meta-Data": the name leads to the virtual router,
    // which is the DHCP server. cloud-init seeks it in the same order.
    Service{.name = "cloudstack",
            .title = "CloudStack",
            .url = "http://data-server",
            .is_dhcp_server = true,
            .recognised = {{{&Dmi::product_name, "CloudStack*"}}},
            .statuses = statuses,
            .primary = local_ipv4,
            .public_of_primary = public_ipv4},
};

}  // namespace

std::span<const Service> services() {
  return rows;
}

const Service* service_named(std::string_view name) {
  const auto* const found = std::find_if(
      rows.begin(), rows.end(), [name](const Service& service) { return service.name == name; });
  return found == rows.end() ? nullptr : found;
}

ServiceUrl url_of(const Service& service) {
  return ServiceUrl::parse(service.url).value();
}

bool falls_back_on_dhcp(const Service& service, const ServiceUrl& url) {
  return service.is_dhcp_server && url == url_of(service);
}

}  // namespace situp
