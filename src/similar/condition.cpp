#include "similar/condition.h"

#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/error.h"

namespace asterism::similar {
namespace {

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text), rest_(text) { skip_space(); }
  bool at_end() const { return rest_.empty(); }

  std::string column() {
    size_t n = 0;
    while (n < rest_.size() && (std::isalnum(static_cast<unsigned char>(rest_[n])) || rest_[n] == '_')) ++n;
    if (n == 0) complain("the name of a column");
    return std::string(take(n));
  }

  Comparison comparison() {
    static constexpr std::array<std::pair<std::string_view, Comparison>, 7> kSigns = {
        {{"<=", Comparison::less_equal},
         {">=", Comparison::greater_equal},
         {"==", Comparison::equal},
         {"!=", Comparison::not_equal},
         {"<", Comparison::less},
         {">", Comparison::greater},
         {"=", Comparison::equal}}};
    for (const auto& [sign, comparison] : kSigns)
      if (rest_.starts_with(sign)) return take(sign.size()), comparison;
    complain("one of < <= > >= == !=");
  }

  double number() {
    double value = 0;
    const char* begin = rest_.data() + (rest_.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(begin, rest_.data() + rest_.size(), value);
    if (error != std::errc{} || !std::isfinite(value)) complain("a number");
    take(static_cast<size_t>(end - rest_.data()));
    return value;
  }

  void joint() {
    if (rest_.starts_with(',')) {
      take(1);
    } else if (rest_.starts_with("and") && (rest_.size() == 3 || std::isspace(static_cast<unsigned char>(rest_[3])))) {
      take(3);
    } else {
      complain("'and' or a comma");
    }
    if (at_end()) complain("another condition");
  }

 private:
  std::string_view take(size_t n) {
    const auto taken = rest_.substr(0, n);
    rest_.remove_prefix(n);
    skip_space();
    return taken;
  }
  void skip_space() {
    while (!rest_.empty() && std::isspace(static_cast<unsigned char>(rest_.front()))) rest_.remove_prefix(1);
  }
  [[noreturn]] void complain(std::string_view wanted) const {
    base::user_error("condition '{}': expected {} at '{}'. Write for example 'redshift < 0.1 and flux_r >= 20'.", text_,
                     wanted, rest_.empty() ? "the end" : rest_);
  }
  std::string_view text_, rest_;
};

}  // namespace

bool Condition::holds(double x) const {
  if (std::isnan(x)) return false;
  switch (comparison) {
    case Comparison::less:
      return x < value;
    case Comparison::less_equal:
      return x <= value;
    case Comparison::greater:
      return x > value;
    case Comparison::greater_equal:
      return x >= value;
    case Comparison::equal:
      return x == value;
    case Comparison::not_equal:
      return x != value;
  }
  return false;
}

std::vector<Condition> parse_conditions(std::string_view text) {
  std::vector<Condition> conditions;
  Reader reader(text);
  while (!reader.at_end()) {
    if (!conditions.empty()) reader.joint();
    Condition condition;
    condition.column = reader.column();
    condition.comparison = reader.comparison();
    condition.value = reader.number();
    conditions.push_back(std::move(condition));
  }
  return conditions;
}

}  // namespace asterism::similar
