// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/services.h"

#include <algorithm>

namespace situp {
namespace {

constexpr std::array usual_statuses{
    ServiceStatus{403, Failure::service_off},
    ServiceStatus{404, Failure::no_such_key},
    ServiceStatus{503, Failure::unavailable, true},
};

constexpr std::array rows{
    // EC2 User Guide, "Instance metadata". The token's life is long enough for one run, and no
    // more.
    Service{.name = "ec2",
            .title = "EC2",
            .url = "http://169.254.169.254",
            .token = {.path = "/latest/api/token",
                      .request = "X-aws-ec2-metadata-token-ttl-seconds: 300",
                      .header = "X-aws-ec2-metadata-token: ",
                      .without = {404, 405},
                      .advice = "inside a container the hop limit is the usual reason: raise "
                                "HttpPutResponseHopLimit to 2"},
            .statuses = usual_statuses,
            .primary = {"/latest/meta-data/local-ipv4"},
            .of_interface = {"/latest/meta-data/network/interfaces/macs/{mac}/local-ipv4s",
                             Form::first},
            .private_of_public = {"/latest/meta-data/network/interfaces/macs/{mac}/"
                                  "ipv4-associations/{public}"},
            .public_address = "ELASTIC-IP",
            .public_of_primary = {"/latest/meta-data/public-ipv4"},
            .public_addresses = {"/latest/meta-data/network/interfaces/macs/{mac}/public-ipv4s",
                                 Form::all},
            .interfaces = "/latest/meta-data/network/interfaces/macs/"},
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

}  // namespace situp
