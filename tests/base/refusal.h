#pragma once
// What a call is refused with.

#include <exception>
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

// The message of whatever call() throws; "" where it ends well.
template <class Call>
std::string complaint(Call&& call) {
  try {
    call();
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace asterism::test
