// SPDX-License-Identifier: GPL-2.0-or-later
// Questions to situp-net, and the answers that one run has.
#pragma once
#include <chrono>
#include <functional>
#include <map>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/child.h"
#include "base/deadline.h"
#include "model/ask/answer.h"
#include "model/ask/question.h"

namespace situp {

/// Gets situp-net's answers, by the deadline. An Error (Exit::no_answer) where it gave none.
class Asker {
 public:
  using One = std::function<Answer(const Question& question, Deadline deadline)>;
  using Several =
      std::function<std::vector<Answer>(const std::vector<Question>& questions, Deadline deadline)>;
  /// `several`: questions of metadata and names, which are asked at the same time; empty: it can't.
  template <typename F, typename = std::enable_if_t<std::is_convertible_v<F, One>>>
  Asker(F one, Several several = {}) : one_(std::move(one)), several_(std::move(several)) {}

  Answer operator()(const Question& question, Deadline deadline) const {
    return one_(question, deadline);
  }
  const Several& several() const { return several_; }

 private:
  One one_;
  Several several_;
};

/// Runs situp-net and waits for it.
Asker helper_asker();
/// The command that asks it, for who doesn't want to wait here.
Command command_for(const Question& question, std::chrono::milliseconds time);
/// Why it gave none, from how it ended.
FailureAnswer without_answer(const Outcome& outcome);
/// The answer in the output of a helper that has ended.
Answer answer_in(const Outcome& outcome);
/// The same for several questions.
std::vector<Answer> answers_in(const Outcome& outcome, std::size_t questions);
TimedAnswer timed_answer_in(const Outcome& outcome);
/// situp-net keeps its own deadline, which begins when its libraries are loaded. This much later it
/// is taken for hung. A busy machine that has just booted takes seconds to load them.
constexpr std::chrono::milliseconds grace{10000};

/// Thrown by an Asker that can't wait: the same run will be made again once the answer is known.
/// Not an Error, so that no source is passed over for it.
struct Unanswered {
  Question question;
};

/// All that one run asks, each question once: a thousand stanzas ask the metadata service once.
class Answers {
 public:
  /// `deadline` is the end of the run.
  Answers(Asker asker, Deadline deadline) : asker_(std::move(asker)), deadline_(deadline) {}

  /// Asks, unless the answer is known. An Error as the Asker's.
  Answer to(const Question& question, Deadline deadline);
  /// Asks several at the same time, for to(), which takes each of these answers once: to start a
  /// situp-net for each would take most of the time.
  void ask_ahead(const std::set<Question>& questions);
  /// How long the answers have been waited for.
  std::chrono::milliseconds waited() const { return waited_; }

 private:
  void remember(const Question& question, const Answer& answer);
  template <typename F>
  auto timed(F&& ask) -> decltype(ask());

  Asker asker_;
  Deadline deadline_;
  std::map<Question, Answer> answers_, ahead_;
  std::chrono::milliseconds waited_{0};
};

}  // namespace situp
