# SPDX-License-Identifier: GPL-2.0-or-later
"""Metadata services other than EC2's, one fake each, as strict as the real ones: what the vendors' documents and the recorded
answers in the tests of cloud-init (tests/unittests/sources) and afterburn say."""

import json

from service import TOKEN, Service, reply

PRIMARY = "10.1.2.3"
SECOND = "10.1.2.4"
PUBLIC = "198.51.100.7"
OTHER_PUBLIC = "198.51.100.8"
ON_NIC = "192.0.2.20"
MAC = "0a:1b:2c:3d:4e:5f"
OTHER_MAC = "0a:1b:2c:3d:4e:60"
BARE_MAC, OTHER_BARE_MAC = ("0A1B2C3D4E5F", "0A1B2C3D4E60")
META = "/latest/meta-data/"


class Token:
    """A token by PUT: the path, the request's header, which says how long it is to be good, and the header of the GETs."""

    def __init__(self, path, request, header, optional=False, wrong=401):
        """`optional`: a GET without the header is answered, too. `wrong`: the status of any other one without a good token."""
        self.path, self.request, self.header, self.optional, self.wrong = path, request, header, optional, wrong

    def give(self, request):
        ttl = request.headers.get(self.request, "")
        return reply(200, TOKEN) if ttl.isdigit() and 1 <= int(ttl) <= 21600 and not request.body else reply(400)

    def good(self, request):
        given = request.headers.get(self.header)
        return given == TOKEN.decode() or given is None and self.optional


class IbmToken(Token):
    """The same in JSON, both ways."""

    def __init__(self, path, header):
        super().__init__(path, None, header)

    def give(self, request):
        if request.headers.get("metadata-flavor") != "ibm" or not 5 <= json.loads(request.body or "{}").get("expires_in", 300) <= 3600:
            return reply(400)
        return reply(200, json.dumps({"access_token": TOKEN.decode(), "created_at": "2022-08-08T11:08:39.363Z", "expires_in": 300}))

    def good(self, request):
        return request.headers.get(self.header) == "Bearer " + TOKEN.decode()


class Fake:
    """`values` has bodies by path, query and all. `headers`: what each GET has to have, else `without`. `answers`: questions of
    situp-net, and the addresses; None where the service has no answer. `address`: the text in the bodies that `primary` is about."""

    def __init__(self, values, answers, *, headers=None, without=400, answer_headers=(), token=None, refused=(),
                 address=PRIMARY):
        self.values, self.answers, self.headers, self.without = values, answers, headers or {}, without
        self.answer_headers, self.token, self.refused = answer_headers, token, refused
        self.address = address

    def with_body(self, change):
        """The same with other bodies."""
        return Fake({path: change(body) for path, body in self.values.items()}, self.answers, headers=self.headers,
                    without=self.without, answer_headers=self.answer_headers, token=self.token,
                    refused=self.refused, address=self.address)

    def serve(self, get=None, put=None):
        """`get` and `put` may answer in its place."""
        return Service(lambda request: ((put if request.method == "PUT" else get) or (lambda _: None))(request)
                       or self.answer(request))

    def answer(self, request):
        if any(name in request.headers for name in self.refused):
            return reply(403)
        if request.method == "PUT" and self.token and request.path == self.token.path:
            return self.token.give(request)
        if request.method != "GET":
            return reply(405, headers=self.answer_headers)
        if self.token and not self.token.good(request):
            return reply(self.token.wrong)
        if any(request.headers.get(name) != value for name, value in self.headers.items()):
            return reply(self.without, headers=self.answer_headers)
        body = self.values.get(request.path)
        if body is None:
            return reply(404, "<html>Not Found</html>", self.answer_headers)
        return reply(200, body, self.answer_headers)


def mac(of=MAC):
    return ("mac", of)


def private(of=PUBLIC):
    return ("public", of)


def public(of=PRIMARY):
    return ("public-of", of)


GCE = [{"accessConfigs": [{"externalIp": PUBLIC, "type": "ONE_TO_ONE_NAT"}], "dnsServers": ["169.254.169.254"],
        "forwardedIps": [], "gateway": "10.1.2.1", "ip": PRIMARY, "ipAliases": [], "mac": MAC, "mtu": 1460,
        "network": "projects/1234567890/networks/default", "subnetmask": "255.255.240.0", "targetInstanceIps": []},
       {"accessConfigs": [{"externalIp": "", "type": "ONE_TO_ONE_NAT"}], "ip": SECOND, "mac": OTHER_MAC}]


def azure_nic(address, of, **public_address):
    return {"ipv4": {"ipAddress": [{"privateIpAddress": address, **public_address}],
                     "subnet": [{"address": "10.1.2.0", "prefix": "24"}]},
            "ipv6": {"ipAddress": []}, "macAddress": of}


AZURE = [azure_nic(PRIMARY, BARE_MAC, publicIpAddress=PUBLIC), azure_nic(SECOND, OTHER_BARE_MAC, publicIpAddress=""),
         {"ipv4": {"ipAddress": [], "subnet": []}, "ipv6": {"ipAddress": []}, "macAddress": "220D3A047598"}]
ORACLE = [{"vnicId": "ocid1.vnic.oc1.phx.a", "privateIp": PRIMARY, "vlanTag": 1039, "macAddr": MAC.upper(),
           "virtualRouterIp": "10.1.2.1", "subnetCidrBlock": "10.1.2.0/24", "nicIndex": 0},
          {"vnicId": "ocid1.vnic.oc1.phx.b", "privateIp": SECOND, "vlanTag": 1041, "macAddr": OTHER_MAC.upper()},
          {"vnicId": "ocid1.vnic.oc1.phx.c", "subnetCidrBlock": "<null>", "macAddr": "02:00:17:18:F6:FF"}]
DIGITALOCEAN = {"droplet_id": 27223699, "hostname": "smtest1", "user_data": "#!/bin/sh\n[[[[[[[[[[[",
                "interfaces": {"private": [{"ipv4": {"ip_address": SECOND, "netmask": "255.255.0.0", "gateway": "10.1.0.1"},
                                            "mac": OTHER_MAC, "type": "private"}],
                               "public": [{"ipv4": {"ip_address": ON_NIC, "netmask": "255.255.192.0", "gateway": "192.0.2.1"},
                                           "anchor_ipv4": {"ip_address": "10.17.0.5"}, "mac": MAC, "type": "public"}]},
                "floating_ip": {"ipv4": {"active": True, "ip_address": PUBLIC}}, "tags": None}
SCALEWAY = {"id": "b6bd2a0a", "hostname": "scw-test", "tags": [], "private_ip": PRIMARY,
            "public_ip": {"id": "b6bd2a0b", "address": PUBLIC, "dynamic": False},
            "public_ips": [{"address": PUBLIC, "family": "inet"}], "ipv6": None, "timeout": 300.5}
VULTR = {"bgp": {"ipv4": {"my-address": ""}}, "instanceid": "42872224", "user-data": [],
         "interfaces": [{"ipv4": {"additional": [], "address": ON_NIC, "gateway": "192.0.2.1", "netmask": "255.255.254.0"},
                         "ipv6": {"additional": [], "address": "2001:db8::1"}, "mac": MAC, "network-type": "public"},
                        {"ipv4": {"additional": [], "address": SECOND, "gateway": "", "netmask": "255.255.240.0"},
                         "mac": OTHER_MAC, "network-type": "private"}]}


def upcloud_address(address, family="IPv4", floating=False):
    return {"address": address, "dhcp": True, "dns": None, "family": family, "floating": floating, "gateway": ""}


UPCLOUD = {"cloud_name": "upcloud", "network": {"dns": ["94.237.127.9"], "interfaces": [
    {"index": 2, "ip_addresses": [upcloud_address(SECOND)], "mac": OTHER_MAC, "type": "utility"},
    {"index": 3, "ip_addresses": [upcloud_address("2001:db8::1", "IPv6")], "mac": "0a:1b:2c:3d:4e:61", "type": "public"},
    {"index": 1, "ip_addresses": [upcloud_address(OTHER_PUBLIC, floating=True), upcloud_address(ON_NIC)], "mac": MAC,
     "type": "public"}]}, "user_data": ""}
AKAMAI = {"interfaces": [], "ipv4": {"public": [ON_NIC + "/32", OTHER_PUBLIC + "/32"], "private": ["192.168.1.2/32"], "shared": []},
          "ipv6": {"slaac": "2001:db8::1/128", "link_local": "fe80::1/128", "ranges": []}}

IBM = {"id": "eb1b7391", "name": "my-instance", "memory": 8, "disks": [],
       "network_interfaces": [{"id": "7ca88dfb", "primary_ip": {"address": PRIMARY}}, {"id": "7ca88dfc", "primary_ip": {"address": SECOND}}],
       "primary_network_interface": {"id": "7ca88dfb", "name": "my-network-interface", "resource_type": "network_interface",
                                     "primary_ip": {"address": PRIMARY, "id": "0717-1", "resource_type": "subnet_reserved_ip"},
                                     "subnet": {"id": "bea6a632", "name": "my-subnet"}},
       "vcpu": {"architecture": "amd64", "count": 2}, "zone": {"name": "us-south-1"}}

V1 = {META + "local-ipv4": PRIMARY, META + "public-ipv4": PUBLIC}
MACS = META + "network/interfaces/macs/"

FAKES = {
    "gce": Fake({"/computeMetadata/v1/instance/network-interfaces/?recursive=true": json.dumps(GCE)},
                {("primary",): PRIMARY, mac(): PRIMARY, mac(OTHER_MAC): SECOND, private(): PRIMARY, public(): PUBLIC,
                 public(SECOND): None, private(OTHER_PUBLIC): None},
                headers={"metadata-flavor": "Google"}, without=403, refused=("x-forwarded-for",),
                answer_headers=("metadata-flavor:Google",)),
    "azure": Fake({"/metadata/instance/network/interface?api-version=2021-02-01": json.dumps(AZURE)},
                  {("primary",): PRIMARY, mac(): PRIMARY, mac(OTHER_MAC): SECOND, mac("22:0d:3a:04:75:98"): None, private(): PRIMARY,
                   public(): PUBLIC, public(SECOND): None},
                  headers={"metadata": "true"}, refused=("x-forwarded-for",)),
    "oracle": Fake({"/opc/v2/vnics/": json.dumps(ORACLE, indent=2)},
                   {("primary",): PRIMARY, mac(): PRIMARY, mac(OTHER_MAC): SECOND, mac("02:00:17:18:f6:ff"): None, private(): None},
                   headers={"authorization": "Bearer Oracle"}, without=403,
                   refused=("forwarded", "x-forwarded-for", "x-forwarded-host")),
    "openstack": Fake(V1, {("primary",): PRIMARY, public(): PUBLIC, mac(): None, private(): None}),
    "digitalocean": Fake({"/metadata/v1.json": json.dumps(DIGITALOCEAN),
                          "/metadata/v1/interfaces/public/0/ipv4/address": ON_NIC},
                         {("primary",): ON_NIC, mac(): ON_NIC, mac(OTHER_MAC): SECOND, private(): None}, address=ON_NIC),
    "hetzner": Fake({"/hetzner/v1/metadata/public-ipv4": ON_NIC, "/hetzner/v1/metadata/local-ipv4": ""},
                    {("primary",): ON_NIC, mac(): None, private(): None}, address=ON_NIC),
    "scaleway": Fake({"/conf?format=json": json.dumps(SCALEWAY)},
                     {("primary",): PRIMARY, public(): PUBLIC, mac(): None, private(): None}),
    "vultr": Fake({"/v1.json": json.dumps(VULTR), "/v1/interfaces/0/ipv4/address": ON_NIC},
                  {("primary",): ON_NIC, mac(): ON_NIC, mac(OTHER_MAC): SECOND, private(): None}, address=ON_NIC),
    "alibaba": Fake({META + "private-ipv4": PRIMARY, META + "eipv4": PUBLIC,
                     f"{MACS}{OTHER_MAC}/primary-ip-address": SECOND},
                    {("primary",): PRIMARY, mac(OTHER_MAC): SECOND, mac(): None, private(): PRIMARY, private(OTHER_PUBLIC): None,
                     public(): PUBLIC},
                    token=Token("/latest/api/token", "x-aliyun-ecs-metadata-token-ttl-seconds", "x-aliyun-ecs-metadata-token",
                                wrong=403)),
    "tencent": Fake(V1 | {MACS: f"{MAC}/\n{OTHER_MAC}/", f"{MACS}{MAC}/primary-local-ipv4": PRIMARY,
                          f"{MACS}{OTHER_MAC}/primary-local-ipv4": SECOND,
                          f"{MACS}{MAC}/local-ipv4s/{PRIMARY}/public-ipv4": PUBLIC,
                          f"{MACS}{OTHER_MAC}/local-ipv4s/{SECOND}/public-ipv4": OTHER_PUBLIC},
                    {("primary",): PRIMARY, mac(OTHER_MAC): SECOND, private(): PRIMARY, private(OTHER_PUBLIC): SECOND,
                     private("198.51.100.9"): None, public(): PUBLIC, public(SECOND): OTHER_PUBLIC}),
    "exoscale": Fake({META + "local-ipv4": ON_NIC, META + "public-ipv4": ON_NIC},
                     {("primary",): ON_NIC, mac(): None, private(): None}, address=ON_NIC),
    "upcloud": Fake({"/metadata/v1.json": json.dumps(UPCLOUD)},
                    {("primary",): ON_NIC, mac(): ON_NIC, mac(OTHER_MAC): SECOND, mac("0a:1b:2c:3d:4e:61"): None, private(): None},
                    address=ON_NIC),
    "akamai": Fake({"/v1/network": json.dumps(AKAMAI)}, {("primary",): ON_NIC, mac(): None, private(): None},
                   headers={"accept": "application/json"}, without=406, address=ON_NIC,
                   token=Token("/v1/token", "metadata-token-expiry-seconds", "metadata-token")),
    "ibm": Fake({"/metadata/v1/instance?version=2022-08-08": json.dumps(IBM)},
                {("primary",): PRIMARY, mac(): None, private(): None, public(): None},
                token=IbmToken("/instance_identity/v1/token?version=2022-08-08", "authorization")),
    "huawei": Fake(V1, {("primary",): PRIMARY, public(): PUBLIC, mac(): None, private(): None}),
    "cloudstack": Fake(V1, {("primary",): PRIMARY, public(): PUBLIC, mac(): None, private(): None}),
}
