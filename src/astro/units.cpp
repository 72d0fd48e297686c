#include "astro/units.h"

#include <charconv>
#include <cmath>
#include <map>

#include "astro/photometry.h"
#include "base/error.h"

namespace asterism::astro {
namespace {

enum Dimension { kM, kKg, kS, kK, kA, kRad, kMag, kCt, kPh, kElectron, kAdu, kPixel };

constexpr double kPi = 3.14159265358979323846;
constexpr double kJy = 1e-26;  // W/m^2/Hz = kg/s^2
constexpr size_t kLongest = 200;
constexpr int kMostDepth = 8;

struct Symbol {
  double factor = 1;
  std::array<double, kUnitDimensions> powers{};
  bool prefixes = true;
};

Symbol symbol(double factor, std::initializer_list<std::pair<Dimension, int>> powers, bool prefixes = true) {
  Symbol s{factor, {}, prefixes};
  for (const auto& [dimension, power] : powers) s.powers[size_t(dimension)] = power;
  return s;
}

const std::map<std::string, Symbol, std::less<>>& symbols() {
  static const std::map<std::string, Symbol, std::less<>> table = {
      {"m", symbol(1, {{kM, 1}})},
      {"g", symbol(1e-3, {{kKg, 1}})},
      {"s", symbol(1, {{kS, 1}})},
      {"K", symbol(1, {{kK, 1}})},
      {"A", symbol(1, {{kA, 1}})},
      {"rad", symbol(1, {{kRad, 1}})},
      {"sr", symbol(1, {{kRad, 2}})},
      {"deg", symbol(kPi / 180, {{kRad, 1}}, false)},
      {"arcmin", symbol(kPi / 180 / 60, {{kRad, 1}}, false)},
      {"arcsec", symbol(kPi / 180 / 3600, {{kRad, 1}})},
      {"mas", symbol(kPi / 180 / 3.6e6, {{kRad, 1}}, false)},
      {"min", symbol(60, {{kS, 1}}, false)},
      {"h", symbol(3600, {{kS, 1}}, false)},
      {"d", symbol(86400, {{kS, 1}}, false)},
      {"yr", symbol(365.25 * 86400, {{kS, 1}})},
      {"a", symbol(365.25 * 86400, {{kS, 1}})},
      {"Angstrom", symbol(1e-10, {{kM, 1}}, false)},
      {"micron", symbol(1e-6, {{kM, 1}}, false)},
      {"AU", symbol(149597870700.0, {{kM, 1}}, false)},
      {"pc", symbol(648000 / kPi * 149597870700.0, {{kM, 1}})},
      {"lyr", symbol(9460730472580800.0, {{kM, 1}})},
      {"Hz", symbol(1, {{kS, -1}})},
      {"N", symbol(1, {{kKg, 1}, {kM, 1}, {kS, -2}})},
      {"Pa", symbol(1, {{kKg, 1}, {kM, -1}, {kS, -2}})},
      {"J", symbol(1, {{kKg, 1}, {kM, 2}, {kS, -2}})},
      {"erg", symbol(1e-7, {{kKg, 1}, {kM, 2}, {kS, -2}})},
      {"eV", symbol(1.602176634e-19, {{kKg, 1}, {kM, 2}, {kS, -2}})},
      {"W", symbol(1, {{kKg, 1}, {kM, 2}, {kS, -3}})},
      {"Jy", symbol(kJy, {{kKg, 1}, {kS, -2}})},
      {"maggy", symbol(kMicrojanskyPerNanomaggy * 1e3 * kJy, {{kKg, 1}, {kS, -2}})},
      {"mgy", symbol(kMicrojanskyPerNanomaggy * 1e3 * kJy, {{kKg, 1}, {kS, -2}})},
      {"nanomaggy", symbol(kMicrojanskyPerNanomaggy * 1e-6 * kJy, {{kKg, 1}, {kS, -2}}, false)},
      {"mag", symbol(1, {{kMag, 1}})},
      {"solMass", symbol(1.98841e30, {{kKg, 1}}, false)},
      {"solLum", symbol(3.828e26, {{kKg, 1}, {kM, 2}, {kS, -3}}, false)},
      {"solRad", symbol(6.957e8, {{kM, 1}}, false)},
      {"ct", symbol(1, {{kCt, 1}}, false)},
      {"ph", symbol(1, {{kPh, 1}}, false)},
      {"electron", symbol(1, {{kElectron, 1}}, false)},
      {"adu", symbol(1, {{kAdu, 1}}, false)},
      {"pix", symbol(1, {{kPixel, 1}}, false)},
      {"%", symbol(0.01, {}, false)},
      {"dex", symbol(1, {}, false)},
  };
  return table;
}

// Other ways to write the same.
const std::pair<std::string_view, std::string_view> kAliases[] = {{"hr", "h"},
                                                                  {"hour", "h"},
                                                                  {"day", "d"},
                                                                  {"angstrom", "Angstrom"},
                                                                  {"AA", "Angstrom"},
                                                                  {"au", "AU"},
                                                                  {"Msun", "solMass"},
                                                                  {"ADU", "adu"},
                                                                  {"nanomaggies", "nanomaggy"},
                                                                  {"Lsun", "solLum"},
                                                                  {"Rsun", "solRad"},
                                                                  {"count", "ct"},
                                                                  {"counts", "ct"},
                                                                  {"photon", "ph"},
                                                                  {"pixel", "pix"}};

const std::pair<std::string_view, double> kPrefixes[] = {
    {"da", 10},  {"d", 1e-1},  {"c", 1e-2},  {"m", 1e-3},  {"u", 1e-6}, {"\xc2\xb5", 1e-6},
    {"n", 1e-9}, {"p", 1e-12}, {"f", 1e-15}, {"a", 1e-18}, {"h", 1e2},  {"k", 1e3},
    {"M", 1e6},  {"G", 1e9},   {"T", 1e12},  {"P", 1e15},  {"E", 1e18}};

class UnitParser {
 public:
  explicit UnitParser(std::string_view text) : text_(text), rest_(text) {}

  Unit parse() {
    blanks();
    if (rest_.empty() || rest_ == "-") return {};
    if (text_.size() > kLongest) fail("too long");
    Unit out = product(0);
    if (!rest_.empty()) fail("'" + std::string(rest_.substr(0, 20)) + "'");
    return out;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    base::data_error("the unit '{}' is not understood ({}); write it as VOUnits, \"erg.s**-1.cm**-2\" say",
                     text_.substr(0, 60), what);
  }
  void blanks() {
    while (!rest_.empty() && rest_.front() == ' ') rest_.remove_prefix(1);
  }
  bool take(std::string_view what) {
    if (!rest_.starts_with(what)) return false;
    rest_.remove_prefix(what.size());
    return true;
  }
  static void multiply(Unit& out, const Unit& by, double power) {
    out.factor *= std::pow(by.factor, power);
    for (size_t i = 0; i < out.powers.size(); ++i) out.powers[i] += by.powers[i] * power;
  }
  double number() {
    double value = 0;
    const bool plus = take("+");
    const auto result = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
    if (result.ec != std::errc() || !std::isfinite(value) || (plus && rest_.front() == '-')) fail("a power is missing");
    rest_.remove_prefix(size_t(result.ptr - rest_.data()));
    return value;
  }
  // **2, ^(-1/2), **(0.5), or digits that stand right behind: cm-2.
  double power() {
    const bool written = take("**") || take("^");
    if (written && take("(")) {
      double value = number();
      if (take("/")) value /= number();
      if (!take(")") || !std::isfinite(value)) fail("a power in brackets");
      return value;
    }
    const bool digits =
        !rest_.empty() && (std::string_view("+-0123456789").find(rest_.front()) != std::string_view::npos);
    return written || digits ? number() : 1;
  }
  Unit factor(int depth) {
    if (depth > kMostDepth) fail("nested too deeply");
    if (take("(")) {
      Unit out = product(depth + 1);
      if (!take(")")) fail("a bracket is not closed");
      return out;
    }
    if (take("sqrt(")) {
      Unit out, inner = product(depth + 1);
      if (!take(")")) fail("a bracket is not closed");
      multiply(out, inner, 0.5);
      return out;
    }
    for (const char* name : {"log10(", "log(", "dex("}) {
      if (!take(name)) continue;
      Unit out = product(depth + 1);
      if (!take(")") || depth > 0) fail("a logarithm within a unit");
      out.function = "log";
      return out;
    }
    if (!rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9') {
      Unit out;
      out.factor = number();
      if (!(out.factor > 0)) fail("a factor of 0");
      return out;
    }
    return word();
  }
  Unit word() {
    size_t n = 0;
    while (n < rest_.size() && (std::isalpha(static_cast<unsigned char>(rest_[n])) || rest_[n] == '%' ||
                                static_cast<unsigned char>(rest_[n]) >= 0x80))
      ++n;
    std::string_view name = rest_.substr(0, n);
    rest_.remove_prefix(n);
    for (const auto& [alias, own] : kAliases) {
      if (name == alias) name = own;
    }
    const auto unit_of = [](const Symbol& s, double prefix) {
      Unit out;
      out.factor = s.factor * prefix;
      out.powers = s.powers;
      return out;
    };
    if (const auto found = symbols().find(name); found != symbols().end()) return unit_of(found->second, 1);
    for (const auto& [prefix, factor] : kPrefixes) {
      if (!name.starts_with(prefix)) continue;
      const auto found = symbols().find(name.substr(prefix.size()));
      if (found != symbols().end() && found->second.prefixes) return unit_of(found->second, factor);
    }
    fail("'" + std::string(name.empty() ? rest_.substr(0, 10) : name.substr(0, 20)) + "'");
  }
  Unit product(int depth) {
    Unit out;
    bool divide = false, first = true;
    for (;;) {
      blanks();
      if (rest_.empty() || rest_.front() == ')') break;
      if (!first) {
        divide = take("/");
        if (!divide && !take(".") && !rest_.starts_with("**")) take("*");
        blanks();
      } else if (take("/")) {
        divide = true;
      }
      Unit next = factor(depth);
      if (!next.function.empty()) {
        blanks();
        if (!first || divide || !rest_.empty()) fail("a logarithm within a unit");
        return next;
      }
      multiply(out, next, divide ? -power() : power());
      divide = first = false;
    }
    if (first) fail("nothing there");
    if (!std::isfinite(out.factor) || !(out.factor > 0)) fail("a factor out of range");
    return out;
  }

  std::string_view text_, rest_;
};

}  // namespace

bool Unit::same_quantity(const Unit& other) const {
  if (function != other.function) return false;
  for (size_t i = 0; i < powers.size(); ++i) {
    if (std::abs(powers[i] - other.powers[i]) > 1e-9) return false;
  }
  return true;
}

Unit parse_unit(std::string_view text) { return UnitParser(text).parse(); }

double unit_factor(std::string_view from, std::string_view to) {
  if (from == to) return 1;
  const Unit a = parse_unit(from), b = parse_unit(to);
  const double factor = a.factor / b.factor;
  if (!a.same_quantity(b) || (!a.function.empty() && std::abs(factor - 1) > 1e-12))
    base::data_error("'{}' cannot become '{}': they measure different things", from, to);
  return factor;
}

std::optional<double> find_unit_factor(std::string_view from, std::string_view to) {
  try {
    return unit_factor(from, to);
  } catch (const base::DataError&) {
    return std::nullopt;
  }
}

bool same_unit(std::string_view a, std::string_view b) {
  const auto factor = find_unit_factor(a, b);
  return factor && std::abs(*factor - 1) <= 1e-9;
}

}  // namespace asterism::astro
