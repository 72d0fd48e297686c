#pragma once
// How a step of learning says that it has none: no object of the batch has what the task needs. Training passes such a
// batch over; any other error is one of the settings or the data and ends it.

#include <utility>

#include "base/error.h"

namespace asterism::nn {

class NothingToLearn : public base::UserError {
 public:
  using base::UserError::UserError;
};

// Formats as base::user_error does.
template <class... Args>
[[noreturn]] void nothing_to_learn(fmt::format_string<Args...> text, Args&&... args) {
  throw NothingToLearn(fmt::format(text, std::forward<Args>(args)...));
}

}  // namespace asterism::nn
