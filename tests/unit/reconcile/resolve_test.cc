// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/resolve.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "unit/world.h"

using namespace situp;

namespace {

using std::chrono::milliseconds;

const char* const primary = "metadata --endpoint http://169.254.169.254 --imds auto primary";

std::vector<Ipv4> list(const std::vector<const char*>& words) {
  std::vector<Ipv4> result;
  for (const char* word : words) result.push_back(*Ipv4::parse(word));
  return result;
}

Ipv4 v4(const char* text) {
  return *Ipv4::parse(text);
}

struct Asking : World {
  Extent extent;
  milliseconds wait{0};
  std::optional<Ipv4> endpoint = v4("216.66.80.26");
  std::optional<InterfaceName> dev;
  Resolver::Way way;

  /// The address, or the Error's text.
  std::string address(const std::vector<const char*>& words) {
    std::vector<Source> chain;
    for (const char* word : words) chain.push_back(parse_source(word).value());
    Resolver resolver = make();
    try {
      return resolver.address(chain, endpoint, dev, &way).str();
    } catch (const Error& error) {
      CHECK(error.status() == Exit::no_answer);
      return error.what();
    }
  }
  std::string resolve(const Stanza& stanza) {
    Resolver resolver = make();
    try {
      const Resolved resolved = resolver.resolve(understand(stanza, hosts::situp_up));
      std::string text = resolved.local.str() + " " + resolved.remote.str();
      for (const Router& router : routers_of(resolved))
        text += " " + router.address.str() + (router.may_be_default ? "" : "!");
      if (resolved.underlay_mtu != 0) text += " mtu " + std::to_string(resolved.underlay_mtu);
      return text;
    } catch (const Error& error) {
      return error.what();
    }
  }
  Resolver make() {
    return {kernel, extent, config, wait,
            [this](const Question& question, Deadline) { return answer(question); }};
  }
};

}  // namespace

TEST_CASE("cloud asks the service of the cloud that the firmware names, and no other one") {
  Asking asking;
  const std::string question =
      "metadata --service gce --endpoint http://169.254.169.254 --imds auto ";
  asking.answers[primary] = list({"172.31.14.146"});
  asking.answers[question + "primary"] = list({"172.31.14.146"});
  asking.answers[question + "mac 02:00:00:00:00:02"] = list({"172.31.14.146"});
  asking.answers[question + "public 3.4.5.6"] = list({"172.31.14.146"});
  CHECK(asking.address({"cloud"}).starts_with(
      "cloud: this machine's firmware (DMI) names none of the clouds that situp knows: write "));
  CHECK(asking.asked.empty());
  CHECK(asking.address({"cloud", "interface:eth0"}) == "172.31.14.146");
  asking.kernel.dmi = {"Google", "Google Compute Engine", ""};
  for (const char* word : {"cloud", "cloud:eth0", "cloud:3.4.5.6"}) {
    CHECK(asking.address({word}) == "172.31.14.146");
    CHECK(asking.way.answered == word);
  }
  CHECK(asking.asked.size() == 3);
  asking.kernel.dmi = {"Hetzner", "vServer", ""};
  CHECK(asking.address({"cloud:eth0", "interface:eth0"}) ==
        "cloud:eth0: the metadata service of Hetzner Cloud does not say the address of one "
        "interface: write interface:eth0");
  CHECK(asking.asked.size() == 3);
  asking.kernel.dmi.product_name = "Google Compute Engine";
  CHECK(
      asking.address({"cloud"}).starts_with("cloud: this machine's firmware (DMI) names several"));
  CHECK(asking.asked.size() == 3);
}

TEST_CASE("a service that does not answer on another one's cloud is told of") {
  Asking asking;
  const std::string alone = asking.address({"ec2"});
  CHECK(alone.find("DMI") == std::string::npos);
  asking.kernel.dmi = {"Amazon EC2", "m7g.medium", ""};
  CHECK(asking.address({"ec2"}) == alone);
  asking.kernel.dmi = {"Hetzner", "vServer", ""};
  CHECK(asking.address({"ec2"}) ==
        alone + "; this machine's firmware (DMI) names Hetzner Cloud: write cloud");
}

TEST_CASE("each source gives its address") {
  Asking asking;
  asking.kernel.addresses4.push_back({v4("172.31.14.147"), 2, true});
  asking.answers[primary] = list({"172.31.14.147"});
  asking.answers["metadata --endpoint http://169.254.169.254 --imds auto mac 02:00:00:00:00:02"] =
      list({"172.31.14.147"});
  asking.answers["metadata --endpoint http://169.254.169.254 --imds auto public 3.4.5.6"] =
      list({"172.31.14.146"});
  CHECK(asking.address({"ec2"}) == "172.31.14.147");
  CHECK(asking.way.answered == "ec2");
  CHECK(asking.way.passed_over.empty());
  CHECK(asking.address({"ec2:eth0"}) == "172.31.14.147");
  CHECK(asking.address({"ec2:3.4.5.6"}) == "172.31.14.146");
  CHECK(asking.address({"interface:eth0"}) == "172.31.14.146");
  CHECK(asking.address({"route"}) == "172.31.14.146");
  CHECK(asking.address({"172.31.14.147"}) == "172.31.14.147");
  CHECK(asking.address({"any"}) == "0.0.0.0");
  asking.config.imds = Imds::v2;
  asking.answers["metadata --endpoint http://169.254.169.254 --imds v2 primary"] =
      list({"172.31.14.146"});
  CHECK(asking.address({"ec2"}) == "172.31.14.146");
}

TEST_CASE("an address that no interface holds is none") {
  Asking asking;
  CHECK(asking.address({"172.31.14.99"}) ==
        "172.31.14.99: no interface of this host holds this address; the kernel would take it and "
        "then drop every packet: write the private address, not the public one, or bring its "
        "interface up first");
  asking.answers[primary] = list({"172.31.14.99"});
  CHECK(asking.address({"ec2"}).find(
            "ec2: the answer was 172.31.14.99, which no interface of this host holds; ") == 0);
  // A bad answer ends the chain.
  CHECK(asking.address({"ec2", "interface:eth0"}).find("ec2: the answer was") == 0);
  // The endpoint's own is none, either.
  asking.endpoint = v4("172.31.14.146");
  CHECK(asking.address({"interface:eth0"}) ==
        "interface:eth0: the answer is the endpoint's own address, 172.31.14.146: correct the "
        "endpoint, or name another source");
}

TEST_CASE("what can't be reached passes on, and what is refused doesn't") {
  Asking asking;
  CHECK(asking.address({"ec2", "interface:eth7", "interface:eth0"}) == "172.31.14.146");
  CHECK(asking.way.answered == "interface:eth0");
  REQUIRE(asking.way.passed_over.size() == 2);
  CHECK(asking.way.passed_over[1].subject() == "interface:eth7");
  const std::string all = asking.address({"ec2", "interface:eth7"});
  CHECK(all.find("none of the sources gave an address: ec2: ") == 0);
  CHECK(all.find("; interface:eth7: there is no interface of this name") != std::string::npos);
  CHECK(asking.address({"ec2"}).find("ec2: ") == 0);
  asking.answers[primary] = FailureAnswer{Failure::service_off, 403};
  CHECK(asking.address({"ec2", "interface:eth0"}) == "172.31.14.146");
  CHECK(asking.address({"ec2"}).find("ec2: ") == 0);
  asking.answers[primary] = FailureAnswer{Failure::bad_status, 302};
  CHECK(asking.address({"ec2", "interface:eth0"}).find("ec2: ") == 0);
  asking.answers[primary] = list({"172.31.14.146", "172.31.14.147"});
  CHECK(asking.address({"ec2", "interface:eth0"}).find("ec2: ") == 0);
}

TEST_CASE("an interface without a hardware address is nothing to metadata") {
  Asking asking;
  CHECK(asking.address({"ec2:lo", "interface:eth0"})
            .find("ec2:lo: the interface has no hardware address") == 0);
  CHECK(asking.address({"ec2:eth7"}).find("ec2:eth7: there is no interface of this name") == 0);
  CHECK(asking.asked.empty());
}

TEST_CASE(
    "an interface gives its first global address, and one that isn't there yet is waited for") {
  Asking asking;
  asking.kernel.addresses4.insert(asking.kernel.addresses4.begin(), {v4("169.254.7.7"), 2, false});
  CHECK(asking.address({"interface:eth0"}) == "172.31.14.146");
  CHECK(asking.address({"interface:lo"})
            .find("interface:lo: the interface has no global IPv4 address (yet)") == 0);
  asking.wait = std::chrono::hours(1);
  asking.kernel.events = {[&] { asking.kernel.add("eth5"); },
                          [&] {
                            asking.kernel.addresses4.push_back({v4("10.0.0.5"), 3, true});
                          }};
  CHECK(asking.address({"interface:eth5"}) == "10.0.0.5");
  CHECK(asking.kernel.events.empty());
  // Nothing more happens: the next one's turn.
  CHECK(asking.address({"interface:eth8", "interface:eth0"}) == "172.31.14.146");
  // What metadata answers may come up later, too.
  asking.answers[primary] = list({"10.0.0.9"});
  asking.kernel.events = {[&] { asking.kernel.addresses4.push_back({v4("10.0.0.9"), 3, true}); }};
  CHECK(asking.address({"ec2"}) == "10.0.0.9");
}

TEST_CASE("a route leads out of the device that the stanza names") {
  Asking asking;
  asking.kernel.add("eth1");
  asking.kernel.addresses4.push_back({v4("10.0.0.3"), 3, true});
  asking.kernel.ways[3] = {v4("10.0.0.3"), 3};
  CHECK(asking.address({"route"}) == "172.31.14.146");
  asking.dev = iface_named("eth1");
  CHECK(asking.address({"route"}) == "10.0.0.3");
  asking.dev = iface_named("eth2");
  CHECK(asking.address({"route"}).find(
            "route: the kernel has no route to 216.66.80.26 out of eth2 (yet): ") == 0);
  asking.dev.reset();
  asking.kernel.ways.clear();
  CHECK(asking.address({"route"}).find("route: the kernel has no route to 216.66.80.26 (yet): ") ==
        0);
  asking.endpoint.reset();
  CHECK(asking.address({"route"}) ==
        "route: a route leads to an endpoint, and there is none here: name another source");
}

TEST_CASE("each question is asked once in a run, unless it failed and there is time left") {
  Asking asking;
  asking.answers[primary] = list({"172.31.14.146"});
  const std::vector<Source> chain{default_source()};
  Resolver resolver = asking.make();
  CHECK(resolver.address(chain, {}, {}).str() == "172.31.14.146");
  CHECK(resolver.address(chain, {}, {}).str() == "172.31.14.146");
  CHECK(asking.asked.size() == 1);
  // No time: the failure is final.
  asking.answers.clear();
  Resolver failing = asking.make();
  CHECK_THROWS_AS(failing.address(chain, {}, {}), Error);
  CHECK_THROWS_AS(failing.address(chain, {}, {}), Error);
  CHECK(asking.asked.size() == 2);
  asking.wait = std::chrono::hours(1);
  Resolver patient = asking.make();
  CHECK_THROWS_AS(patient.address(chain, {}, {}), Error);
  asking.answers[primary] = list({"172.31.14.146"});
  CHECK(patient.address(chain, {}, {}).str() == "172.31.14.146");
  CHECK(asking.asked.size() == 4);
}

TEST_CASE("names become addresses, less those to which no tunnel can lead") {
  Asking asking;
  const Words options{{"v4tunnel-endpoint", "tunnel.example"},
                      {"v4tunnel-local", "interface:eth0"}};
  const Stanza stanza = stanza_of("he", "manual", options);
  CHECK(asking.resolve(stanza).find("tunnel.example: ") == 0);
  asking.answers["resolve tunnel.example"] = list({"127.0.0.1", "216.66.80.30", "216.66.80.31"});
  CHECK(asking.resolve(stanza) == "172.31.14.146 216.66.80.30");
  asking.answers["resolve tunnel.example"] = list({"127.0.0.1"});
  CHECK(asking.resolve(stanza) ==
        "tunnel.example: DNS gives no address that a tunnel can lead to: correct the name's A "
        "record");
}

TEST_CASE("routers are looked up, those that may be the default first") {
  Asking asking;
  asking.answers["resolve r.example"] = list({"10.0.0.1", "10.0.0.2"});
  const Stanza stanza = stanza_of("is0", "manual",
                                  {{"isatap-local", "interface:eth0"},
                                   {"isatap-prefix", "2001:db8::/64"},
                                   {"isatap-routers", "10.0.0.9 r.example"},
                                   {"isatap-routers-nodefault", "10.0.0.1 10.0.0.7"}});
  CHECK(asking.resolve(stanza) == "172.31.14.146 0.0.0.0 10.0.0.9 10.0.0.1 10.0.0.2 10.0.0.7!");
}

TEST_CASE("mtu auto is that of the interface by which the tunnel's packets leave") {
  Asking asking;
  Words options{{"v4tunnel-endpoint", "216.66.80.26"},
                {"v4tunnel-local", "172.31.14.146"},
                {"v4tunnel-mtu", "auto"}};
  CHECK(asking.resolve(stanza_of("he", "manual", options)) ==
        "172.31.14.146 216.66.80.26 mtu 9001");
  asking.kernel.add("eth1", 1400);
  options.emplace_back("v4tunnel-dev", "eth1");
  CHECK(asking.resolve(stanza_of("he", "manual", options)) ==
        "172.31.14.146 216.66.80.26 mtu 1400");
  options.back().second = "eth7";
  CHECK(asking.resolve(stanza_of("he", "manual", options)).find("mtu auto: there is no route") ==
        0);
  options.pop_back();
  asking.kernel.ways.clear();
  CHECK(asking.resolve(stanza_of("he", "manual", options)) ==
        "mtu auto: there is no route to the endpoint yet whose MTU could be taken: write a number");
  const Words isatap{{"isatap-local", "172.31.14.146"},
                     {"isatap-prefix", "2001:db8::/64"},
                     {"isatap-mtu", "auto"}};
  CHECK(asking.resolve(stanza_of("is0", "manual", isatap)) == "172.31.14.146 0.0.0.0 mtu 9001");
}

TEST_CASE("the questions of several tunnels are asked together, each once") {
  World world;
  std::vector<std::vector<std::string>> batches;
  bool fails = false;
  const auto several = [&](const std::vector<Question>& questions, Deadline) {
    std::vector<Answer> answers;
    batches.emplace_back();
    for (const Question& question : questions) {
      batches.back().push_back(str(question));
      answers.push_back(world.answer(question));
    }
    if (fails) throw Error(Exit::no_answer, "situp-net", "was killed");
    return answers;
  };
  const Asker asker([&](const Question& question, Deadline) { return world.answer(question); },
                    several);
  const auto spec_of = [](const std::string& endpoint, const std::string& local) {
    return understand(stanza_of("he", "manual",
                                {{"v4tunnel-endpoint", endpoint},
                                 {"v4tunnel-local", local},
                                 {"address", "2001:db8:1::2/64"}}),
                      hosts::situp_up);
  };
  world.answers[primary] = list({"172.31.14.146"});
  world.answers["resolve a.example"] = list({"216.66.80.26"});
  world.answers["resolve b.example"] = list({"216.66.80.27"});
  const Extent extent;
  const auto ahead = [&](const std::vector<TunnelSpec>& specs, milliseconds wait = {}) {
    std::vector<const TunnelSpec*> pointers;
    for (const TunnelSpec& spec : specs) pointers.push_back(&spec);
    Resolver resolver(world.kernel, extent, world.config, wait, asker);
    batches.clear();
    world.asked.clear();
    resolver.ask_ahead(pointers);
    for (const TunnelSpec& spec : specs) CHECK(resolver.resolve(spec).remote != Ipv4{});
    return batches;
  };
  using Batches = std::vector<std::vector<std::string>>;
  CHECK(ahead({spec_of("a.example", "ec2"), spec_of("b.example", "ec2")}) ==
        Batches{{primary, "resolve a.example", "resolve b.example"}});
  CHECK(world.asked.size() == 3);
  // A source that others follow is asked with its own part of the time, and one question by itself.
  CHECK(
      ahead({spec_of("a.example", "ec2 interface:eth0"), spec_of("b.example", "interface:eth0")}) ==
      Batches{{"resolve a.example", "resolve b.example"}});
  CHECK(ahead({spec_of("a.example", "interface:eth0")}).empty());
  CHECK(ahead({spec_of("216.66.80.26", "172.31.14.146")}).empty());
  // A failure is no reason to ask again at once.
  world.answers["resolve b.example"] = FailureAnswer{Failure::name_unknown};
  Resolver resolver(world.kernel, extent, world.config, milliseconds(5000), asker);
  const TunnelSpec unknown = spec_of("b.example", "ec2");
  world.asked.clear();
  resolver.ask_ahead({&unknown});
  CHECK_THROWS_AS(resolver.resolve(unknown), Error);
  CHECK(world.asked.size() == 2);
  CHECK_THROWS_AS(resolver.resolve(unknown), Error);
  CHECK(world.asked.size() == 3);
  // A helper that ends without all answers: each question by itself.
  fails = true;
  CHECK(ahead({spec_of("a.example", "ec2")}).size() == 1);
  CHECK(world.asked.size() == 4);
  fails = false;
  // No more processes at the same time than a helper may have.
  std::vector<TunnelSpec> many;
  for (int i = 0; i < 40; ++i) {
    const std::string name = "n" + std::to_string(i) + ".example";
    world.answers["resolve " + name] = list({"216.66.80.26"});
    many.push_back(spec_of(name, "172.31.14.146"));
  }
  const auto sizes = [&] {
    std::vector<std::size_t> all;
    for (const auto& batch : ahead(many)) all.push_back(batch.size());
    return all;
  };
  CHECK(sizes() == std::vector<std::size_t>{16, 16, 8});
  many.resize(32);
  CHECK(sizes() == std::vector<std::size_t>{16, 16});
}

TEST_CASE("several answers of a helper are all there, or none is believed") {
  Outcome outcome;
  outcome.exit_status = 0;
  outcome.output = "addresses 10.0.0.1\nfailure bad-status 500\n";
  const auto answers = answers_in(outcome, 2);
  CHECK(answers ==
        std::vector<Answer>{list({"10.0.0.1"}), FailureAnswer{Failure::bad_status, 500}});
  CHECK_THROWS_AS(answers_in(outcome, 1), Error);
  CHECK_THROWS_AS(answers_in(outcome, 3), Error);
  outcome.output = "addresses 10.0.0.1\naddresses 10.0.0.2";  // cut off
  CHECK_THROWS_AS(answers_in(outcome, 2), Error);
  outcome.output = "";
  CHECK_THROWS_AS(answers_in(outcome, 2), Error);
  outcome.output = "addresses 10.0.0.1\naddresses 10.0.0.2\n";
  outcome.signal = 9;
  outcome.exit_status = -1;
  CHECK_THROWS_AS(answers_in(outcome, 2), Error);
}
