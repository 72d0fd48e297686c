#include "nn/quantise.h"

#include <cmath>

#include "base/error.h"
#include "nn/autocast.h"
#include "nn/transfer.h"

namespace asterism::nn {

namespace {

at::Tensor in_fp32(const at::Tensor& z) { return z.scalar_type() == at::kDouble ? z : z.to(at::kFloat); }

// The value of `hard` with the gradient of `soft`.
at::Tensor straight_through(const at::Tensor& soft, const at::Tensor& hard) {
  return soft.requires_grad() ? soft + (hard - soft).detach() : hard;
}

void check_ids(const at::Tensor& ids, int64_t vocabulary) {
  if (ids.numel() == 0) return;
  const int64_t low = ids.min().item<int64_t>(), high = ids.max().item<int64_t>();
  if (low < 0 || high >= vocabulary)
    base::user_error("token {} is outside of the code book 0..{}.", low < 0 ? low : high, vocabulary - 1);
}

at::Tensor doubles(const std::vector<double>& values, const at::Tensor& like) {
  return sent(at::tensor(values, at::kDouble).to(like.scalar_type()), like.device());
}

void check_bits(int64_t bits) {
  if (bits < 1 || bits > 30) base::user_error("{} bits of a code: choose from 1 to 30.", bits);
}

// [...] -> [..., d] of +-1, the first most significant.
at::Tensor signs_of(const at::Tensor& ids, int64_t bits) {
  check_ids(ids, int64_t(1) << bits);
  const auto shift = at::arange(bits - 1, -1, -1, ids.options().dtype(at::kLong));
  const auto bit = at::bitwise_and(at::bitwise_right_shift(ids.to(at::kLong).unsqueeze(-1), shift), 1);
  return bit.to(at::kFloat) * 2 - 1;
}

at::Tensor ids_of(const at::Tensor& bit) {
  const int64_t bits = bit.size(-1);
  const auto options = bit.options().dtype(at::kLong);
  const auto place = at::bitwise_left_shift(at::ones({bits}, options), at::arange(bits - 1, -1, -1, options));
  return (bit.to(at::kLong) * place).sum(-1);
}

// Weights of the vectors z [N, d], of sum 1.
at::Tensor shares_of(const at::Tensor& weight, const at::Tensor& z) {
  const auto w = weight.defined() ? weight.to(z.scalar_type()).reshape({-1}) : at::ones({z.size(0)}, z.options());
  return w / w.sum().clamp_min(1e-30);
}

// x [N, d]: p(bit = +1) = sigmoid(x). Certain of each vector, even over all.
at::Tensor entropy_terms(const at::Tensor& x, const at::Tensor& w, const LfqSettings& s) {
  const auto size = x.abs();
  const auto bit_entropy = at::log1p(at::exp(-size)) + size * at::sigmoid(-size);
  auto total = (bit_entropy.sum(-1) * w).sum() * s.entropy;
  const auto up = at::sigmoid(x), down = at::sigmoid(-x);
  for (int64_t first = 0; first < s.bits; first += s.group_bits) {
    auto joint = at::ones({x.size(0), 1}, x.options());
    for (int64_t i = first; i < std::min(first + s.group_bits, s.bits); ++i)
      joint = at::cat({joint * down.narrow(1, i, 1), joint * up.narrow(1, i, 1)}, 1);
    const auto mean = at::matmul(w.unsqueeze(0), joint).squeeze(0);
    total = total + (mean * at::log(mean.clamp_min(1e-20))).sum() * (s.entropy * s.diversity);
  }
  return total;
}

}  // namespace

Fsq::Fsq(std::vector<int64_t> levels, Form form) : levels_(std::move(levels)), form_(form), vocabulary_(1) {
  if (levels_.empty()) base::user_error("finite scalar quantisation needs at least one number of levels.");
  for (const int64_t level : levels_) {
    if (level < 2 || level > 65536) base::user_error("{} quantiser levels: choose from 2 to 65536.", level);
    vocabulary_ *= level;
    if (vocabulary_ > (int64_t(1) << 31)) base::user_error("quantiser levels multiply to more than 2^31 codes.");
  }
}

Fsq::Form Fsq::form(const std::string& name) {
  if (name == "tanh") return Form::tanh;
  if (name == "symmetric") return Form::symmetric;
  if (name == "sigmoid") return Form::sigmoid;
  base::user_error("no quantiser form '{}'; the nearest is '{}'.", name,
                   base::nearest(name, {"tanh", "symmetric", "sigmoid"}));
}

at::Tensor Fsq::smooth(const at::Tensor& z) const {
  std::vector<double> half, offset, shift, top;
  for (const int64_t level : levels_) {
    half.push_back(double(level - 1) * 1.001 / 2);
    offset.push_back(level % 2 == 0 ? 0.5 : 0);
    shift.push_back(std::atanh(offset.back() / half.back()));
    top.push_back(double(level - 1) / 2);
  }
  if (form_ == Form::tanh) return at::tanh(z + doubles(shift, z)) * doubles(half, z) - doubles(offset, z);
  // 2 sigmoid(1.6 z) - 1 = tanh(0.8 z)
  const auto inside = form_ == Form::symmetric ? at::tanh(z) : at::tanh(z * 0.8);
  return (inside + 1) * doubles(top, z);
}

at::Tensor Fsq::bounded(const at::Tensor& z_in) const {
  const Autocast exact(Precision::fp32, z_in.device().type());
  const auto z = in_fp32(z_in);
  std::vector<double> scale, centre;
  for (const int64_t level : levels_) {
    const int64_t half = level / 2;
    scale.push_back(form_ == Form::tanh ? 1.0 / double(half) : 2.0 / double(level - 1));
    centre.push_back(form_ == Form::tanh ? 0 : -1);
  }
  return smooth(z) * doubles(scale, z) + doubles(centre, z);
}

Quantised Fsq::operator()(const at::Tensor& z_in) const {
  ASTERISM_CHECK(z_in.dim() >= 1 && z_in.size(-1) == dimensions(), "{} numbers for {} levels", z_in.size(-1),
                 dimensions());
  const Autocast exact(Precision::fp32, z_in.device().type());
  const auto z = in_fp32(z_in);
  const auto soft = bounded(z);
  std::vector<double> bottom, last;
  for (const int64_t level : levels_) {
    const int64_t half = level / 2;
    bottom.push_back(form_ == Form::tanh ? double(half) : 0);
    last.push_back(double(level - 1));
  }
  at::Tensor ids_out, hard;
  {
    at::NoGradGuard no_grad;
    const auto level = smooth(z.detach());
    // ties: to even as the published quantisers do (tanh), up where the formula says floor(x + 1/2)
    const auto rounded = form_ == Form::tanh ? at::round(level) + doubles(bottom, z) : at::floor(level + 0.5);
    const auto digit = at::minimum(at::nan_to_num(rounded).clamp_min(0), doubles(last, z)).to(at::kLong);
    ids_out = ids(digit);
    hard = codes_of(digit).to(z.scalar_type());
  }
  return {straight_through(soft, hard), ids_out, at::zeros({}, z.options().requires_grad(false)), {}};
}

at::Tensor Fsq::digits(const at::Tensor& ids) const {
  std::vector<at::Tensor> out;
  auto rest = ids.to(at::kLong);
  for (const int64_t level : levels_) {
    out.push_back(at::remainder(rest, level));
    rest = at::floor_divide(rest, level);
  }
  return at::stack(out, -1);
}

at::Tensor Fsq::ids(const at::Tensor& digits) const {
  ASTERISM_CHECK(digits.size(-1) == dimensions(), "{} digits for {} levels", digits.size(-1), dimensions());
  auto sum = digits.select(-1, 0).to(at::kLong);
  int64_t basis = levels_[0];
  for (int64_t i = 1; i < dimensions(); ++i) {
    sum = sum + digits.select(-1, i).to(at::kLong) * basis;
    basis *= levels_[size_t(i)];
  }
  return sum;
}

at::Tensor Fsq::codes(const at::Tensor& ids) const {
  check_ids(ids, vocabulary_);
  return codes_of(digits(ids));
}

at::Tensor Fsq::codes_of(const at::Tensor& digits) const {
  const auto digit = digits.to(at::kFloat);
  std::vector<double> middle, scale;
  for (const int64_t level : levels_) {
    const int64_t half = level / 2;
    middle.push_back(form_ == Form::tanh ? double(half) : double(level - 1) / 2);
    scale.push_back(middle.back());
  }
  return (digit - doubles(middle, digit)) / doubles(scale, digit);
}

Lfq::Lfq(LfqSettings settings) : settings_(settings) { check_bits(settings_.bits); }

at::Tensor Lfq::codes(const at::Tensor& ids) const { return signs_of(ids, settings_.bits); }

at::Tensor Lfq::penalty(const at::Tensor& z_in, const at::Tensor& weight) const {
  const Autocast exact(Precision::fp32, z_in.device().type());
  const auto z = in_fp32(z_in).reshape({-1, settings_.bits});
  if (z.size(0) == 0) return z.sum();
  const auto w = shares_of(weight, z);
  const auto code = at::where(z > 0, at::ones({}, z.options()), -at::ones({}, z.options())).detach();
  auto total = ((z - code).square().mean(-1) * w).sum() * settings_.commitment;
  if (settings_.entropy == 0) return total;
  return total + entropy_terms(z * (4 * settings_.inverse_temperature), w, settings_);
}

Quantised Lfq::operator()(const at::Tensor& z_in, const at::Tensor& weight) const {
  ASTERISM_CHECK(z_in.dim() >= 1 && z_in.size(-1) == settings_.bits, "{} numbers for {} bits", z_in.size(-1),
                 settings_.bits);
  const Autocast exact(Precision::fp32, z_in.device().type());
  const auto z = in_fp32(z_in);
  const auto bit = z.detach() > 0;
  const auto hard = bit.to(z.scalar_type()) * 2 - 1;
  return {
      straight_through(z, hard), ids_of(bit), z.requires_grad() ? penalty(z, weight) : at::zeros({}, z.options()), {}};
}

Bsq::Bsq(LfqSettings settings) : settings_(settings) { check_bits(settings_.bits); }

at::Tensor Bsq::codes(const at::Tensor& ids) const {
  return signs_of(ids, settings_.bits) * (1 / std::sqrt(double(settings_.bits)));
}

at::Tensor Bsq::bounded(const at::Tensor& z_in) const {
  const Autocast exact(Precision::fp32, z_in.device().type());
  const auto z = in_fp32(z_in);
  return z / z.norm(2, -1, true).clamp_min(1e-12);
}

at::Tensor Bsq::penalty(const at::Tensor& z_in, const at::Tensor& weight) const {
  const Autocast exact(Precision::fp32, z_in.device().type());
  const auto u = bounded(z_in).reshape({-1, settings_.bits});
  if (u.size(0) == 0 || settings_.entropy == 0) return u.sum() * 0;
  const double steepness = 4 * settings_.inverse_temperature / std::sqrt(double(settings_.bits));
  return entropy_terms(u * steepness, shares_of(weight, u), settings_);
}

Quantised Bsq::operator()(const at::Tensor& z_in, const at::Tensor& weight) const {
  ASTERISM_CHECK(z_in.dim() >= 1 && z_in.size(-1) == settings_.bits, "{} numbers for {} bits", z_in.size(-1),
                 settings_.bits);
  const Autocast exact(Precision::fp32, z_in.device().type());
  const auto u = bounded(z_in);
  const auto bit = u.detach() > 0;
  const auto hard = (bit.to(u.scalar_type()) * 2 - 1) * (1 / std::sqrt(double(settings_.bits)));
  return {straight_through(u, hard),
          ids_of(bit),
          u.requires_grad() ? penalty(z_in, weight) : at::zeros({}, u.options()),
          {}};
}

std::map<std::string, at::Tensor> codebook_use(const at::Tensor& ids, int64_t vocabulary) {
  at::NoGradGuard no_grad;
  const auto flat = ids.reshape({-1});
  const auto floats = flat.options().dtype(at::kFloat);
  const auto count = flat.is_cpu()
                         ? at::bincount(flat, {}, vocabulary).to(at::kFloat)  // asks for the largest
                         : at::zeros({vocabulary}, floats).index_add_(0, flat, at::ones(flat.sizes(), floats));
  const auto share = count / count.sum().clamp_min(1);
  const auto entropy = -(share * at::log(share.clamp_min(1e-30))).sum();
  return {{"codes_used", (count > 0).to(at::kFloat).mean()}, {"perplexity", at::exp(entropy)}};
}

}  // namespace asterism::nn
