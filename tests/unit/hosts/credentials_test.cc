// SPDX-License-Identifier: GPL-2.0-or-later
#include "hosts/credentials.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <string_view>

using namespace situp;

namespace {

const Broker he{*BrokerName::parse("he"), *TunnelId::parse("123456")};

class SecretFile {
 public:
  explicit SecretFile(std::string_view text, mode_t mode = 0600) {
    const int fd = mkstemp(name_.data());
    REQUIRE(fd >= 0);
    REQUIRE(write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    REQUIRE(fchmod(fd, mode) == 0);
    close(fd);
  }
  ~SecretFile() { unlink(name_.c_str()); }
  SecretFile(const SecretFile&) = delete;
  SecretFile& operator=(const SecretFile&) = delete;
  Credentials read() const { return read_credentials(he, name_, geteuid()); }
  const std::string& name() const { return name_; }

 private:
  std::string name_ = "/tmp/situp-credentials-XXXXXX";
};

std::string error_of(const SecretFile& file, Exit status = Exit::configuration) {
  try {
    static_cast<void>(file.read());
  } catch (const Error& error) {
    CHECK(error.status() == status);
    const std::string line = error.what();
    REQUIRE(line.starts_with(file.name()));
    CHECK(line.find("s3cr3t") == std::string::npos);
    return line.substr(file.name().size());
  }
  return "no error";
}

}  // namespace

TEST_CASE("a tunnel's own section goes before its broker's") {
  const auto both = SecretFile(
      "# keys\n[he]\nuser = one\nkey = k1\n\n[he 123456]\nuser = two\nkey = a=b+/\n[he 7]\nuser = "
      "x\n");
  CHECK(both.read().login.user() == "two");
  CHECK(both.read().login.key() == "a=b+/");
  const auto one = SecretFile("[he 1234567]\nuser=x\nkey=y\n[he]\nuser = one\nkey = k1\n");
  CHECK(one.read().login.user() == "one");
}

TEST_CASE("another text of the same length is another version") {
  const SecretFile file("[he]\nuser = one\nkey = k1\n");
  const auto before = file.read().version;
  CHECK(file.read().version == before);
  const SecretFile other("[he]\nuser = one\nkey = k2\n");
  CHECK(other.read().version != before);
  CHECK(before.find("k1") == std::string::npos);
}

TEST_CASE("whoever else may read it, situp doesn't") {
  for (const mode_t mode : {0644U, 0640U, 0604U, 0620U, 0610U, 0601U}) {
    const SecretFile file("[he]\nuser = one\nkey = s3cr3t\n", mode);
    const auto error = error_of(file);
    CAPTURE(error);
    CHECK(error.find(": has mode 06") == 0);
  }
  const SecretFile strict("[he]\nuser = one\nkey = k1\n", 0400);
  CHECK(strict.read().login.user() == "one");
  CHECK_THROWS_AS(static_cast<void>(read_credentials(he, strict.name(), geteuid() + 1)), Error);
}

TEST_CASE("a URL that has the key in it is refused") {
  const SecretFile file("[he]\nuser = one\nkey = s3cr3t+\n");
  const auto why = [&](const char* url) -> std::string {
    try {
      static_cast<void>(
          read_credentials(he, *UpdateUrl::parse_template(url), file.name(), geteuid()));
    } catch (const Error& error) {
      CHECK(error.status() == Exit::configuration);
      return error.what();
    }
    return "no error";
  };
  CHECK(why("https://b/u/s3cr3t%2b") ==
        "broker he: its URL in situp.conf has the key in it, which every user may read: write "
        "{key} there, and have the broker make a new key");
  CHECK(why("https://b/u/{key}") == "no error");
}

TEST_CASE("what is not a file of keys") {
  CHECK_THROWS_AS(static_cast<void>(read_credentials(he, "/dev/null", geteuid())), Error);
  CHECK_THROWS_AS(static_cast<void>(read_credentials(he, "/nonexistent/x", geteuid())), Error);
}

TEST_CASE("each mistake is named by its line, and never by what stands there") {
  CHECK(error_of(SecretFile("")) == ": has no [he]: add it, with user and key of tunnel 123456");
  CHECK(error_of(SecretFile("[he]\nuser = one\n")) == ": [he] has no key: add the line");
  CHECK(error_of(SecretFile("[he 123456]\nkey = s3cr3t\n")) ==
        ": [he 123456] has no user: add the line");
  CHECK(error_of(SecretFile("[he]\nuser = one\ns3cr3t = x\n")) ==
        ":3: unknown key; [he] has user, key");
  CHECK(error_of(SecretFile("[he]\nuser = one\ns3cr3t\n")) ==
        ":3: neither a [section], KEY = VALUE nor a comment: correct or remove it");
  CHECK(error_of(SecretFile("s3cr3t = x\n")) == ":1: a key stands before any [section]");
  CHECK(error_of(SecretFile("[he]\nkey = s3cr3t s3cr3t\n")).find(":2: key takes 1 to 128") == 0);
  CHECK(error_of(SecretFile("[he]\nuser = a:s3cr3t\n")).find(":2: user takes 1 to 128") == 0);
  CHECK(error_of(SecretFile("[he]\nkey = s3cr3t ;x\n")).find(":2: has a semicolon") == 0);
  CHECK(error_of(SecretFile("[he]\nkey = x\nkey = s3cr3t\n")) ==
        ":3: key is given twice; first on line 2");
  CHECK(error_of(SecretFile("[he x]\nkey = s3cr3t\n")).find(":1: a section is [BROKER]") == 0);
}
