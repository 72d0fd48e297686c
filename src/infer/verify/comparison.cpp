#include "infer/verify/comparison.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <limits>

#include "base/error.h"

namespace asterism::infer {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

at::Tensor as_double(const at::Tensor& x) { return x.detach().to(at::kCPU, at::kDouble).contiguous(); }

// Also true where both are NaN, or the same infinity.
at::Tensor same_value(const at::Tensor& a, const at::Tensor& b) {
  return at::logical_or(a == b, at::logical_and(at::isnan(a), at::isnan(b)));
}

// Where the flat index lies: "2,5,17"
std::string place(int64_t flat, at::IntArrayRef shape) {
  std::vector<int64_t> at(shape.size());
  for (size_t i = shape.size(); i-- > 0;) {
    at[i] = flat % shape[i];
    flat /= shape[i];
  }
  return fmt::format("[{}]", fmt::join(at, ","));
}

}  // namespace

bool Comparison::same_shape(Line& line, const at::Tensor& ours, const at::Tensor& expected) {
  line.count = expected.numel();
  if (!ours.defined()) {
    line.what = "not made";
  } else if (ours.sizes() != expected.sizes()) {
    line.what = fmt::format("shape {} instead of {}", fmt::join(ours.sizes(), "x"), fmt::join(expected.sizes(), "x"));
  } else {
    return true;
  }
  line.passed = false;
  return false;
}

void Comparison::close(const std::string& output, const at::Tensor& ours, const at::Tensor& expected, double absolute,
                       double relative) {
  close_within(output, ours, expected, as_double(expected).abs().nan_to_num(0, 0, 0) * relative + absolute);
}

void Comparison::close_within(const std::string& output, const at::Tensor& ours, const at::Tensor& expected,
                              const at::Tensor& allowed) {
  mostly_within(output, ours, expected, allowed, 1, 1);
}

void Comparison::mostly_within(const std::string& output, const at::Tensor& ours_in, const at::Tensor& expected_in,
                               const at::Tensor& allowed_in, double least_share, double at_most) {
  Line line;
  line.output = output;
  line.has_error = true;
  if (same_shape(line, ours_in, expected_in)) {
    const auto ours = as_double(ours_in), expected = as_double(expected_in), allowed = as_double(allowed_in);
    auto error = (ours - expected).abs().nan_to_num(kInfinity, kInfinity, kInfinity);
    error = error.masked_fill(same_value(ours, expected), 0);
    const auto ratio = at::where(error == 0, error, error / allowed.expand_as(error));  // 0 / 0 is no failure
    line.passed = true;
    line.has_share = !at::isFloatingType(expected_in.scalar_type());
    line.equal_share = error.numel() == 0 ? 1 : (error == 0).to(at::kDouble).mean().item<double>();
    if (error.numel() > 0) {
      line.largest_error = error.max().item<double>();
      line.of_allowed = ratio.max().item<double>();
      const int64_t beyond = (ratio > 1).sum().item<int64_t>();
      line.passed = line.of_allowed <= at_most && double(line.count - beyond) >= least_share * double(line.count);
      if (beyond > 0) {
        const int64_t worst = ratio.argmax().item<int64_t>();
        line.what = fmt::format("{} of {} beyond it; worst at {}: {} instead of {}", beyond, line.count,
                                place(worst, expected.sizes()), ours.flatten()[worst].item<double>(),
                                expected.flatten()[worst].item<double>());
      }
    }
  }
  lines_.push_back(line);
}

void Comparison::exact(const std::string& output, const at::Tensor& ours, const at::Tensor& expected) {
  equal_share(output, ours, expected, 1);
}

void Comparison::equal_share(const std::string& output, const at::Tensor& ours_in, const at::Tensor& expected_in,
                             double least_share, const at::Tensor& must_equal) {
  Line line;
  line.output = output;
  line.has_error = line.has_share = true;
  if (same_shape(line, ours_in, expected_in)) {
    const auto ours = as_double(ours_in), expected = as_double(expected_in);
    const auto same = same_value(ours, expected);
    line.equal_share = line.count == 0 ? 1 : same.to(at::kDouble).mean().item<double>();
    const auto error = (ours - expected).abs().nan_to_num(kInfinity, kInfinity, kInfinity);
    if (line.count > 0) line.largest_error = error.masked_fill(same, 0).max().item<double>();
    auto wrong = at::logical_not(same);
    const bool enough = line.equal_share >= least_share;
    if (enough) wrong = must_equal.defined() ? at::logical_and(wrong, must_equal.to(at::kBool)) : at::zeros_like(wrong);
    const int64_t bad = wrong.sum().item<int64_t>();
    line.passed = bad == 0;
    if (!line.passed) {
      const int64_t first = wrong.flatten().to(at::kByte).argmax().item<int64_t>();
      line.what = fmt::format("{} of {} differ{}; first at {}: {} instead of {}", bad, line.count,
                              enough ? " where there is no doubt" : "", place(first, expected.sizes()),
                              ours.flatten()[first].item<double>(), expected.flatten()[first].item<double>());
    }
  }
  lines_.push_back(line);
}

void Comparison::require(const std::string& output, bool holds, const std::string& what) {
  Line line;
  line.output = output;
  line.passed = holds;
  line.what = what;
  lines_.push_back(line);
}

bool Comparison::compared(const std::string& output) const {
  return std::any_of(lines_.begin(), lines_.end(), [&](const Line& line) { return line.output == output; });
}

bool Comparison::passed() const {
  return !lines_.empty() && std::all_of(lines_.begin(), lines_.end(), [](const Line& line) { return line.passed; });
}

}  // namespace asterism::infer
