#include "tokenizers/in_unit.h"

#include "astro/photometry.h"
#include "astro/units.h"
#include "base/error.h"

namespace asterism::tokenizers {
namespace {

std::optional<std::string> unit_of(const modalities::Block& block) {
  return std::visit(
      [](const auto& b) -> std::optional<std::string> {
        if constexpr (
            requires { b.ivar, b.flux, b.unit; } || requires { b.error, b.has_error, b.unit; } ||
            requires { b.error, b.upper_limit, b.unit; })
          return b.unit;
        return std::nullopt;
      },
      block);
}

std::string said(const std::string& unit) {
  return unit.empty() || unit == "-" ? "as pure numbers" : "in '" + unit + "'";
}

double factor_of(const std::string& from, const std::string& to, const std::string& reader) {
  try {
    return astro::unit_factor(from, to);
  } catch (const base::DataError& error) {
    base::user_error("{} reads values {}, these are {}, which are not the same quantity: {}{}", reader, said(to),
                     said(from), error.what(), from.empty() ? "; a column says its unit in its metadata" : "");
  }
}

template <class T>
void multiply(base::AlignedVector<T>& values, double factor) {
  for (T& value : values) value = T(double(value) * factor);
}

// Magnitudes on the AB system as a flux; that of an unknown zero point comes out in a unit of its own, which is as good
// to a reader that takes out the level.
void magnitudes_as_flux(modalities::LightCurveBlock& curve, double per_nanomaggy) {
  for (size_t i = 0; i < curve.value.size(); ++i) {
    if (i % size_t(curve.length) >= size_t(curve.count[i / size_t(curve.length)])) continue;
    const auto flux = astro::nanomaggy_of(astro::Measured{curve.value[i], curve.error[i]});
    curve.value[i] = float(flux.value * per_nanomaggy);
    curve.error[i] = float(flux.error * per_nanomaggy);
  }
}

}  // namespace

InUnit::InUnit(const modalities::Block& block, const std::string& kind, const std::string& unit,
               const std::string& reader)
    : block_(block) {
  if (modalities::kind(block) != kind) return;
  const auto found = unit_of(block);
  if (unit.empty() || !found || *found == unit) return;
  const bool as_flux = *found == "mag" && std::holds_alternative<modalities::LightCurveBlock>(block);
  const double factor = factor_of(as_flux ? "nanomaggy" : *found, unit, reader);
  converted_ = block;
  if (as_flux) {
    auto& curve = std::get<modalities::LightCurveBlock>(*converted_);
    magnitudes_as_flux(curve, factor);
    curve.unit = unit;
    return;
  }
  std::visit(
      [&](auto& b) {
        if constexpr (requires { b.ivar, b.flux, b.unit; }) {
          multiply(b.flux, factor);
          multiply(b.ivar, 1 / (factor * factor));
          b.unit = unit;
        } else if constexpr (
            requires { b.error, b.has_error, b.unit; } || requires { b.error, b.upper_limit, b.unit; }) {
          multiply(b.value, factor);
          multiply(b.error, factor);
          b.unit = unit;
        }
      },
      *converted_);
}

}  // namespace asterism::tokenizers
