#include "tokenizers/in_unit.h"

#include "astro/units.h"
#include "base/error.h"

namespace asterism::tokenizers {
namespace {

std::optional<std::string> unit_of(const modalities::Block& block) {
  return std::visit(
      [](const auto& b) -> std::optional<std::string> {
        if constexpr (
            requires { b.ivar, b.flux, b.unit; } || requires { b.error, b.has_error, b.unit; })
          return b.unit;
        return std::nullopt;
      },
      block);
}

double factor_of(const std::string& from, const std::string& to, const std::string& reader) {
  try {
    return astro::unit_factor(from, to);
  } catch (const base::DataError& error) {
    base::user_error("{} reads values in '{}', these are in '{}', which are not the same quantity: {}", reader, to,
                     from, error.what());
  }
}

template <class T>
void multiply(base::AlignedVector<T>& values, double factor) {
  for (T& value : values) value = T(double(value) * factor);
}

}  // namespace

InUnit::InUnit(const modalities::Block& block, const std::string& kind, const std::string& unit,
               const std::string& reader)
    : block_(block) {
  if (modalities::kind(block) != kind) return;
  const auto found = unit_of(block);
  if (unit.empty() || !found || *found == unit) return;
  const double factor = factor_of(*found, unit, reader);
  converted_ = block;
  std::visit(
      [&](auto& b) {
        if constexpr (requires { b.ivar, b.flux, b.unit; }) {
          multiply(b.flux, factor);
          multiply(b.ivar, 1 / (factor * factor));
          b.unit = unit;
        } else if constexpr (requires { b.error, b.has_error, b.unit; }) {
          multiply(b.value, factor);
          multiply(b.error, factor);
          b.unit = unit;
        }
      },
      *converted_);
}

}  // namespace asterism::tokenizers
