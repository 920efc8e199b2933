// SPDX-License-Identifier: GPL-2.0-or-later
#include "reconcile/asker.h"

#include <algorithm>

#include "model/ask/failure_text.h"

namespace situp {
namespace {

constexpr const char* helper = SITUP_LIBEXECDIR "/situp-net";

// Questions to one situp-net, which has a process for each.
constexpr std::size_t most_together = 16;

}  // namespace

Command command_for(const Question& question, std::chrono::milliseconds time) {
  return {helper, arguments_of(question, time)};
}

FailureAnswer without_answer(const Outcome& outcome) {
  if (outcome.timed_out) return {Failure::value_timeout};
  if (outcome.signal != 0 && !outcome.too_much)
    return {Failure::killed, static_cast<unsigned>(outcome.signal)};
  return {Failure::broken};
}

Answer answer_in(const Outcome& outcome) {
  return timed_answer_in(outcome).answer;
}

TimedAnswer timed_answer_in(const Outcome& outcome) {
  const auto answer = read_timed_answer(outcome.output);
  if (answer && outcome.ended_by_itself()) return *answer;
  throw Error(Exit::no_answer, helper,
              outcome.timed_out ? "gave no answer in time and was ended: try again"
                                : ended_text(without_answer(outcome)));
}

std::vector<Answer> answers_in(const Outcome& outcome, std::size_t questions) {
  std::vector<Answer> answers;
  std::string_view rest = outcome.output;
  while (!rest.empty()) {
    const auto end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    if (auto answer = read_timed_answer(rest.substr(0, end))) answers.push_back(answer->answer);
    rest.remove_prefix(end);
  }
  if (outcome.ended_by_itself() && answers.size() == questions) return answers;
  throw Error(Exit::no_answer, helper, ended_text(without_answer(outcome)));
}

Asker helper_asker() {
  const auto run = [](std::vector<std::string> arguments, Deadline deadline) {
    return run_unprivileged({helper, std::move(arguments)}, Deadline::in(deadline.left() + grace));
  };
  return {[run](const Question& question, Deadline deadline) {
            return answer_in(run(arguments_of(question, deadline.left()), deadline));
          },
          [run](const std::vector<Question>& questions, Deadline deadline) {
            return answers_in(run(arguments_of(questions, deadline.left()), deadline),
                              questions.size());
          }};
}

Answer Answers::to(const Question& question, Deadline deadline) {
  const auto known = answers_.find(question);
  if (known != answers_.end()) return known->second;
  if (const auto ahead = ahead_.extract(question)) {
    remember(question, ahead.mapped());
    return ahead.mapped();
  }
  const Answer answer = timed([&] { return asker_(question, deadline); });
  remember(question, answer);
  return answer;
}

/// A failure may be over by the next time, unless there is no time left to find out: a thousand
/// stanzas wait once.
void Answers::remember(const Question& question, const Answer& answer) {
  if (std::holds_alternative<std::vector<Ipv4>>(answer) || deadline_.over())
    answers_[question] = answer;
}

void Answers::ask_ahead(const std::set<Question>& questions) {
  if (!asker_.several() || questions.size() < 2) return;
  const std::vector<Question> all(questions.begin(), questions.end());
  for (std::size_t i = 0; i < all.size(); i += most_together) {
    const auto end = std::min(all.size(), i + most_together);
    const std::vector<Question> some(all.begin() + static_cast<std::ptrdiff_t>(i),
                                     all.begin() + static_cast<std::ptrdiff_t>(end));
    try {
      const auto answers = timed([&] { return asker_.several()(some, deadline_); });
      for (std::size_t j = 0; j < some.size(); ++j) ahead_.emplace(some[j], answers.at(j));
    } catch (const Error&) {
      // Who needs an answer asks again, and tells for which tunnel.
    }
  }
}

template <typename F>
auto Answers::timed(F&& ask) -> decltype(ask()) {
  struct Stopwatch {
    std::chrono::milliseconds& waited;
    Deadline::Clock::time_point start = Deadline::Clock::now();
    ~Stopwatch() {
      waited +=
          std::chrono::duration_cast<std::chrono::milliseconds>(Deadline::Clock::now() - start);
    }
  } stopwatch{waited_};
  return ask();
}

}  // namespace situp
