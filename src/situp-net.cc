// SPDX-License-Identifier: GPL-2.0-or-later
// The one program that talks to the network. situp runs it without any privilege and believes only
// its one line of output, after read_answer() has checked it. situp-net never prints text from the
// network, only its checked meaning.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <string>
#include <string_view>
#include <vector>

#include "base/deadline.h"
#include "base/error.h"
#include "base/fd.h"
#include "base/file.h"
#include "model/ask/answer.h"
#include "model/ask/question.h"
#include "model/broker/answer.h"
#include "model/broker/tunnel_info.h"
#include "net/broker.h"
#include "net/confine.h"
#include "net/dhcp_servers.h"
#include "net/dns.h"
#include "net/metadata.h"

namespace situp {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view usage =
    "usage: situp-net metadata [--service NAME] --endpoint URL --imds auto|v2 --wait MS\n"
    "           [--try MS] KEY\n"
    "           KEY: primary | mac AA:BB:CC:DD:EE:FF | public A.B.C.D | public-of A.B.C.D\n"
    "       situp-net resolve [--ttl] --wait MS [--try MS] NAME\n"
    "       situp-net broker [--protocol NAME] --url URL [--ca-file FILE] [--local A.B.C.D]\n"
    "           [--myip A.B.C.D] [--done TEXTS] [--refused TEXTS] [--later TEXTS] --wait MS\n"
    "           TUNNEL-ID\n"
    "       situp-net record [--protocol NAME] --url URL [--ca-file FILE] [--local A.B.C.D]\n"
    "           --wait MS TUNNEL-ID\n"
    "           stdin of both: a line with the user, a line with the update key\n"
    "       several of metadata and resolve, with -- between them: a line for each\n"
    "Run by situp(8). Prints one line: \"addresses A.B.C.D…\", \"broker WORD [A.B.C.D]\",\n"
    "\"sentence|done|refused|later STATUS TEXT\" or\n"
    "\"record SERVERV4 CLIENTV4 SERVERV6/LEN CLIENTV6/LEN ROUTED64 ROUTED48\" (status 0), or\n"
    "\"failure WORD NUMBER\" (status 1).\n";

/// False if it did not go out whole.
bool print(int descriptor, std::string_view text) {
  return write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

/// A wrong command line, or a login that is none.
struct Usage {};

std::string late_line;  // written before the alarm is set
int late_status = 1;

extern "C" void end_late(int /*signal*/) {
  print(STDOUT_FILENO, late_line);
  _exit(late_status);
}

/// getaddrinfo() can't be interrupted, and libcurl may have been built to call it directly.
/// Everything else keeps its time by itself; for the day when it doesn't, this holds for it too.
void end_after(milliseconds time, Failure failure) {
  late_line = write_answer(FailureAnswer{failure});
  struct sigaction action {};
  action.sa_handler = end_late;
  sigaction(SIGALRM, &action, nullptr);
  itimerval timer{};
  timer.it_value.tv_sec = static_cast<time_t>(time.count() / 1000);
  timer.it_value.tv_usec = static_cast<suseconds_t>(time.count() % 1000) * 1000 + 1;
  setitimer(ITIMER_REAL, &timer, nullptr);
}

/// Sets the line for an end by the timer.
void end_with(const std::string& line) {
  sigset_t alarm;
  sigset_t before;
  sigemptyset(&alarm);
  sigaddset(&alarm, SIGALRM);
  sigprocmask(SIG_BLOCK, &alarm, &before);
  late_line = line;
  late_status = 0;
  sigprocmask(SIG_SETMASK, &before, nullptr);
}

/// The answer is known: no second line may follow, however long printing and the exit take.
void end_no_more() {
  struct sigaction action {};
  action.sa_handler = SIG_IGN;
  sigaction(SIGALRM, &action, nullptr);
}

/// The result of a verb.
struct Line {
  std::string text;
  bool failed = false;
};

Line line_of(const Answer& answer) {
  return {write_answer(answer), std::holds_alternative<FailureAnswer>(answer)};
}

Line ask(const MetadataQuestion& question, const TimedQuestion& timed) {
  const auto one_try = timed.one_try.value_or(milliseconds(1000));
  // Well behind the deadline, or on a slow host it would hide the failures of the tries: it ends
  // only a call that does not keep the deadline.
  end_after(std::max(timed.wait, one_try) + milliseconds(1000), Failure::value_timeout);
  std::optional<DhcpServers> servers;
  if (falls_back_on_dhcp(*question.service, question.service_url)) servers.emplace();
  confine(servers ? Files::leases : Files::etc, "");
  return line_of(Metadata(question, timed.wait, one_try, servers ? &*servers : nullptr).answer());
}

Line ask(const NameQuestion& question, const TimedQuestion& timed) {
  const bool only_once = timed.wait.count() == 0;
  const auto time = only_once ? timed.one_try.value_or(milliseconds(2000)) : timed.wait;
  end_after(time, Failure::name_timeout);
  confine(Files::etc, "");
  TimedAnswer answer{resolve(question.name, Deadline::in(time), only_once), std::nullopt};
  auto line = line_of(answer.answer);
  if (line.failed || !question.ttl) return line;
  // DNS may be asked once more for this, and the addresses are there already.
  end_with(line.text);
  answer.ttl = time_to_live(question.name, answer.answer);
  return {write_timed_answer(answer), false};
}

/// From here on, the time runs, and the process can do only the work of the call.
Login begin_call(const BrokerQuestion& question, const TimedQuestion& timed) {
  end_after(timed.wait + milliseconds(1000), Failure::value_timeout);
  // A pipe that situp has filled.
  constexpr std::size_t most_input = 4096;
  const auto login = Login::from_lines(read_all(STDIN_FILENO, most_input).text);
  if (!login) throw Usage();
  confine(Files::as_they_are, question.ca_file);
  return *login;
}

Line ask(const UpdateQuestion& question, const TimedQuestion& timed) {
  const auto deadline = Deadline::in(timed.wait);
  const auto answer = tell_broker(question, begin_call(question.broker, timed), deadline);
  return {write_broker_answer(answer), std::holds_alternative<FailureAnswer>(answer)};
}

Line ask(const TunnelInfoQuestion& question, const TimedQuestion& timed) {
  const auto deadline = Deadline::in(timed.wait);
  const auto answer = ask_for_tunnel_info(question, begin_call(question.broker, timed), deadline);
  return {write_tunnel_info_answer(answer), std::holds_alternative<FailureAnswer>(answer)};
}

/// Keeps received data, a broker's key above all, in memory that other programs of the same user
/// can't read. Where situp-net is installed with its mode, 0711, the kernel does that from execve()
/// on. This call is for other modes, and comes late: the libraries are loaded. situp sets more
/// limits than this one, but a person may run us by hand, and then even stdout may be a file.
void keep_to_ourselves() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int answer(const TimedQuestion& timed) {
  const auto line =
      std::visit([&](const auto& question) { return ask(question, timed); }, timed.question);
  end_no_more();
  if (!print(STDOUT_FILENO, line.text)) return static_cast<int>(Exit::system);
  return line.failed ? 1 : 0;
}

/// The process of one of several questions.
struct Answering {
  pid_t pid = -1;
  Fd line;
};

/// It has the libraries already, and confines itself to its own question. `others` have begun.
Answering start_answering(const TimedQuestion& timed, std::vector<Answering>& others) {
  std::array<int, 2> ends{-1, -1};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return {};
  const Fd in(ends[1]);
  Answering answering{-1, Fd(ends[0])};
  const pid_t parent = getpid();
  answering.pid = fork();
  if (answering.pid != 0) return answering;
  others.clear();
  // The caller's limit of time is on its parent.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent ||
      dup2(in.get(), STDOUT_FILENO) < 0)
    _exit(static_cast<int>(Exit::system));
  _exit(answer(timed));
}

/// Its line; a failure if it did not end by itself.
std::string line_from(const Answering& answering) {
  const std::string text = answering.line ? read_all(answering.line.get(), 4096).text : "";
  int status = 0;
  const bool ended =
      answering.pid > 0 && waitpid(answering.pid, &status, 0) == answering.pid && WIFEXITED(status);
  return ended && read_timed_answer(text) ? text : write_answer(FailureAnswer{Failure::broken});
}

int answer_all(const std::vector<TimedQuestion>& questions) {
  std::vector<Answering> all;
  all.reserve(questions.size());
  for (const TimedQuestion& timed : questions) all.push_back(start_answering(timed, all));
  std::string lines;
  for (const Answering& answering : all) lines += line_from(answering);
  return static_cast<int>(print(STDOUT_FILENO, lines) ? Exit::done : Exit::system);
}

int run(const std::vector<std::string>& words) {
  if (words.size() == 1 && words[0] == "--help") {
    print(STDOUT_FILENO, usage);
    return static_cast<int>(Exit::done);
  }
  const auto questions = read_questions(words);
  if (questions.empty()) throw Usage();
  return questions.size() == 1 ? answer(questions.front()) : answer_all(questions);
}

}  // namespace
}  // namespace situp

int main(int argc, char** argv) {
  try {
    situp::keep_to_ourselves();
    return situp::run({argv + std::min(argc, 1), argv + argc});
  } catch (const situp::Usage&) {
    situp::print(STDERR_FILENO, situp::usage);
    return static_cast<int>(situp::Exit::usage);
  } catch (const std::exception& error) {
    // None of these carries anything that was received; situp sees only that there is no answer.
    situp::print(STDERR_FILENO, std::string("situp-net: ") + error.what() + '\n');
    return static_cast<int>(situp::Exit::system);
  }
}
