// SPDX-License-Identifier: GPL-2.0-or-later
#include "model/ask/services.h"

#include <doctest/doctest.h>

using namespace situp;

TEST_CASE("an endpoint is a scheme, a host and perhaps a port") {
  CHECK(ServiceUrl::parse("http://169.254.169.254") == url_of(*service_named("ec2")));
  CHECK(ServiceUrl::parse("http://169.254.169.254/") == url_of(*service_named("ec2")));
  CHECK(ServiceUrl::parse("http://127.0.0.1:8080/")->str() == "http://127.0.0.1:8080");
  CHECK(ServiceUrl::parse("http://metadata.example.net:80")->str() ==
        "http://metadata.example.net:80");
  CHECK(ServiceUrl::parse("http://[fd00:ec2::254]")->str() == "http://[fd00:ec2::254]");
  CHECK(ServiceUrl::parse("http://[fd00:ec2::]")->str() == "http://[fd00:ec2::]");
  CHECK(ServiceUrl::parse("http://[fd00:ec2::254]:80/")->str() == "http://[fd00:ec2::254]:80");
}

TEST_CASE("and nothing else") {
  for (const char* text : {"",
                           "/",
                           "http:",
                           "http:/",
                           "http://",
                           "http:///",
                           "http://a//",
                           "HTTP://a",
                           " http://a",
                           "http://a ",
                           "https://a",
                           "ftp://a",
                           "file:///etc/passwd",
                           "//a",
                           "a",
                           "http://a/b",
                           "http://a/?",
                           "http://a?b",
                           "http://a#b",
                           "http://u@a",
                           "http://u:p@a",
                           "http://a:",
                           "http://a:0",
                           "http://a:080",
                           "http://a:65536",
                           "http://a:80:80",
                           "http://a:b",
                           "http://:80",
                           "http://[::1",
                           "http://::1",
                           "http://[fe80::1%eth0]",
                           "http://[127.0.0.1]",
                           "http://[]",
                           "http://[]:80",
                           "http://[",
                           "http://]",
                           "http://::1]",
                           "http://x::1]",
                           "http://[::1x:80",
                           "http://a]",
                           "http://[::1]:80]",
                           "http://[::1]:",
                           "http://[::1]a",
                           "http://[::1]80",
                           "http://127.1",
                           "http://0x7f.0.0.1",
                           "http://2130706433",
                           "http://127.0.0.01",
                           "http://a\nb",
                           "http://a\r",
                           "http://a%00",
                           "http://\xc3\xa4"}) {
    CAPTURE(text);
    CHECK_FALSE(ServiceUrl::parse(text));
  }
}
