#include "tokenizers/aion/scalar_table.h"

#include <limits>
#include <map>

#include "base/error.h"
#include "tokenizers/aion/table_search.h"

namespace asterism::tokenizers::aion {

namespace {

using Function = at::Tensor (*)(const at::Tensor&);

const std::map<std::string, Function>& functions() {
  static const std::map<std::string, Function> table = {
      {"abs", [](const at::Tensor& x) { return at::abs(x); }},
      {"absolute", [](const at::Tensor& x) { return at::abs(x); }},
      {"acos", [](const at::Tensor& x) { return at::acos(x); }},
      {"acosh", [](const at::Tensor& x) { return at::acosh(x); }},
      {"arccos", [](const at::Tensor& x) { return at::acos(x); }},
      {"arccosh", [](const at::Tensor& x) { return at::acosh(x); }},
      {"arcsin", [](const at::Tensor& x) { return at::asin(x); }},
      {"arcsinh", [](const at::Tensor& x) { return at::asinh(x); }},
      {"arctan", [](const at::Tensor& x) { return at::atan(x); }},
      {"arctanh", [](const at::Tensor& x) { return at::atanh(x); }},
      {"asin", [](const at::Tensor& x) { return at::asin(x); }},
      {"asinh", [](const at::Tensor& x) { return at::asinh(x); }},
      {"atan", [](const at::Tensor& x) { return at::atan(x); }},
      {"atanh", [](const at::Tensor& x) { return at::atanh(x); }},
      {"cos", [](const at::Tensor& x) { return at::cos(x); }},
      {"cosh", [](const at::Tensor& x) { return at::cosh(x); }},
      {"deg2rad", [](const at::Tensor& x) { return at::deg2rad(x); }},
      {"erf", [](const at::Tensor& x) { return at::erf(x); }},
      {"erfinv", [](const at::Tensor& x) { return at::erfinv(x); }},
      {"exp", [](const at::Tensor& x) { return at::exp(x); }},
      {"exp2", [](const at::Tensor& x) { return at::exp2(x); }},
      {"expm1", [](const at::Tensor& x) { return at::expm1(x); }},
      {"log", [](const at::Tensor& x) { return at::log(x); }},
      {"log10", [](const at::Tensor& x) { return at::log10(x); }},
      {"log1p", [](const at::Tensor& x) { return at::log1p(x); }},
      {"log2", [](const at::Tensor& x) { return at::log2(x); }},
      {"logit", [](const at::Tensor& x) { return at::logit(x); }},
      {"neg", [](const at::Tensor& x) { return at::neg(x); }},
      {"negative", [](const at::Tensor& x) { return at::neg(x); }},
      {"positive", [](const at::Tensor& x) { return at::positive(x); }},
      {"rad2deg", [](const at::Tensor& x) { return at::rad2deg(x); }},
      {"reciprocal", [](const at::Tensor& x) { return at::reciprocal(x); }},
      {"rsqrt", [](const at::Tensor& x) { return at::rsqrt(x); }},
      {"sigmoid", [](const at::Tensor& x) { return at::sigmoid(x); }},
      {"sin", [](const at::Tensor& x) { return at::sin(x); }},
      {"sinh", [](const at::Tensor& x) { return at::sinh(x); }},
      {"sqrt", [](const at::Tensor& x) { return at::sqrt(x); }},
      {"square", [](const at::Tensor& x) { return at::square(x); }},
      {"tan", [](const at::Tensor& x) { return at::tan(x); }},
      {"tanh", [](const at::Tensor& x) { return at::tanh(x); }},
  };
  return table;
}

}  // namespace

void check_functions(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (functions().contains(name)) continue;
    std::vector<std::string> known;
    for (const auto& entry : functions()) known.push_back(entry.first);
    base::user_error("no function '{}' of a range; the nearest is '{}'.", name, base::nearest(name, known));
  }
}

at::Tensor apply_functions(const std::vector<std::string>& names, const at::Tensor& x) {
  auto out = x;
  for (const auto& name : names) out = functions().at(name)(out);
  return out;
}

at::Tensor quantile_table(const at::Tensor& sample, int64_t K) {
  ASTERISM_CHECK(sample.dim() == 1 && sample.size(0) > 0, "a sample of {} numbers", sample.numel());
  const auto sorted = std::get<0>(at::sort(sample.to(at::kDouble)));
  const int64_t R = sorted.size(0);
  const auto place = at::arange(K, at::kDouble) * (double(R - 1) / double(std::max<int64_t>(1, K - 1)));
  const auto left = at::floor(place).to(at::kLong).clamp(0, R - 1), right = (left + 1).clamp_max(R - 1);
  const auto share = place - left.to(at::kDouble);
  return at::lerp(sorted.index_select(0, left), sorted.index_select(0, right), share).to(at::kFloat);
}

at::Tensor table_steps(const at::Tensor& table) {
  const auto rise = table.diff();
  const auto there = rise.masked_select(rise > 0);
  const auto first = there.numel() > 0 ? there[0] : at::ones({}, table.options());
  return at::cat({first.reshape({1}), at::where(rise > 0, rise, first)});
}

at::Tensor table_codes(const at::Tensor& x, const at::Tensor& table) {
  return TableSearch(table.unsqueeze(0))(x.reshape({-1, 1})).view(x.sizes());
}

at::Tensor near_an_edge(const at::Tensor& x_in, const at::Tensor& table) {
  const auto x = x_in.to(at::kFloat);
  const auto infinity = at::full({}, std::numeric_limits<float>::infinity());
  return table_codes(at::nextafter(x, infinity), table) != table_codes(at::nextafter(x, -infinity), table);
}

}  // namespace asterism::tokenizers::aion
