#include "data/surveys/flux_unit.h"

#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <map>

#include "base/error.h"

namespace asterism::data {
namespace {

// Reads one number at the front; moves `text` on. Nothing when there is none.
std::optional<double> number_at(std::string_view& text) {
  double value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc()) return std::nullopt;
  text.remove_prefix(size_t(result.ptr - text.data()));
  return value;
}

// "1e-17", "10**-17", "10^(-17)" at the front of a unit; 1 when it begins with a letter.
double leading_power(std::string_view& text) {
  const auto base = number_at(text);
  if (!base) return 1;
  if (text.starts_with("**")) {
    text.remove_prefix(2);
  } else if (text.starts_with("^")) {
    text.remove_prefix(1);
  } else {
    return *base;
  }
  const bool bracket = text.starts_with("(");
  if (bracket) text.remove_prefix(1);
  const auto exponent = number_at(text);
  if (bracket && text.starts_with(")")) text.remove_prefix(1);
  return exponent ? std::pow(*base, *exponent) : std::nan("");
}

}  // namespace

std::optional<double> flux_density_scale(const std::string& unit) {
  std::string lower;
  for (const char c : unit) lower += char(std::tolower(static_cast<unsigned char>(c)));
  std::string_view rest = lower;
  while (rest.starts_with(" ")) rest.remove_prefix(1);
  const double scale = leading_power(rest);
  // What is left: names with powers, times and over.
  static const std::map<std::string, int> powers = {{"erg", 1}, {"s", -1}, {"cm", -2}, {"a", -1}};
  std::map<std::string, int> found;
  int sign = 1, inside = 1;
  while (!rest.empty()) {
    const char c = rest.front();
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      size_t n = 0;
      while (n < rest.size() && std::isalpha(static_cast<unsigned char>(rest[n])) != 0) ++n;
      std::string name(rest.substr(0, n));
      rest.remove_prefix(n);
      if (name == "ang" || name == "angstrom" || name == "angstroms") name = "a";
      if (name == "sec") name = "s";
      int power = 1;
      if (rest.starts_with("**")) rest.remove_prefix(2);
      if (rest.starts_with("^")) rest.remove_prefix(1);
      if (rest.starts_with("(-") || rest.starts_with("(")) rest.remove_prefix(1);
      if (const auto p = number_at(rest)) {
        if (std::abs(*p) > 99) return std::nullopt;
        power = int(*p);
      }
      if (name != "spaxel") found[name] += sign * power;
      if (inside == 1) sign = 1;
    } else {
      if (c == '/') sign = -1;
      if (c == '(' && sign == -1) inside = -1;
      if (c == ')') inside = 1, sign = 1;
      rest.remove_prefix(1);
    }
  }
  if (found != powers || !(scale > 0)) return std::nullopt;
  return scale;
}

void need_flux_unit(const std::optional<std::string>& unit, double scale, const std::string& where) {
  if (!unit || unit->empty()) return;
  const auto found = flux_density_scale(*unit);
  if (!found || std::abs(std::log10(*found / scale)) > 1e-6)
    base::data_error("{}: fluxes in '{}' (BUNIT); {} erg/s/cm^2/Angstrom is wanted", where, *unit, scale);
}

}  // namespace asterism::data
