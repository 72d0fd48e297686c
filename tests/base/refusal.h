#pragma once
// What a call is refused with.

#include <string>

#include "base/error.h"

namespace asterism::test {

// The message of the UserError that call() ends with; "" where it ends well.
template <class Call>
std::string refusal(Call&& call) {
  try {
    call();
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

}  // namespace asterism::test
