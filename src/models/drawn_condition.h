#pragma once
// Guidance in a chain of draws. Where inputs are weighed one by one, those without a weight are left out, and what is
// drawn next would know nothing of what was drawn before: that counts as it is.

#include <string>

#include "models/guidance.h"

namespace asterism::models {

inline void count_drawn(Guidance& guidance, const std::string& name) {
  if (!guidance.of.empty()) guidance.of.try_emplace(name, 1);
}

}  // namespace asterism::models
