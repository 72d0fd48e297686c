#include "models/code_head.h"

#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "models/ordered_codes.h"
#include "nn/device.h"
#include "nn/losses.h"
#include "nn/quantiser.h"
#include "tokenizers/aion/image.h"
#include "tokenizers/image_codec.h"
#include "tokenizers/spectrum_codec.h"

namespace asterism::models {
namespace {

constexpr double kImpossible = -std::numeric_limits<double>::infinity();

// The digits of a code; a learned code book has none.
std::vector<int64_t> levels_of(const nn::QuantiserSettings& s) {
  if (s.quantiser == "fsq") return s.levels;
  if (s.quantiser == "vq") return {};
  return std::vector<int64_t>(size_t(s.bits), 2);
}

}  // namespace

CodeBook code_book(const tokenizers::Tokenizer& codec, int64_t special) {
  CodeBook out;
  out.vocabulary = out.special_codes = out.plain_codes = codec.vocabulary();
  out.special = special;
  if (const auto* spectrum = dynamic_cast<const tokenizers::SpectrumCodec*>(&codec)) {
    out.special_codes = spectrum->settings().norm_bins;
    out.plain_codes = spectrum->code_vocabulary();
    out.levels = levels_of(spectrum->settings());
  } else if (const auto* image = dynamic_cast<const tokenizers::ImageCodec*>(&codec)) {
    if (image->settings().norm_bins > 0) out.special_codes = image->settings().norm_bins;
    out.plain_codes = nn::vocabulary_of(image->settings());
    out.levels = levels_of(image->settings());
  } else if (const auto* published = dynamic_cast<const tokenizers::aion::AionImage*>(&codec)) {
    out.levels = published->settings().quantizer_levels;
  }
  const auto product = std::accumulate(out.levels.begin(), out.levels.end(), int64_t{1}, std::multiplies<>());
  ASTERISM_CHECK(out.levels.empty() || product == out.plain_codes, "levels of {} for {} codes", product,
                 out.plain_codes);
  return out;
}

CodeHead::CodeHead(const nn::Scope& scope, const std::string& modality, CodeBook book, int64_t width, bool by_level,
                   double soft_special)
    : book_(std::move(book)), by_level_(by_level), soft_special_(soft_special) {
  const auto small = nn::Init::normal(0.02);
  if (!by_level) {
    to_logits_ = nn::Linear(scope / "to_logits", width, book_.vocabulary, true, small);
    put_in_order(scope);
    return;
  }
  if (book_.levels.empty())
    base::user_error(
        "'{}': the codes of its tokenizer are no product of levels, so head = \"levels\" cannot predict them; set head "
        "= \"codes\"",
        modality);
  digits_ = nn::Fsq(book_.levels);
  const auto outputs = std::accumulate(book_.levels.begin(), book_.levels.end(), int64_t{0});
  to_levels_ = nn::Linear(scope / "to_levels", width, outputs, true, small);
  if (book_.special > 0) to_special_ = nn::Linear(scope / "to_special", width, book_.special_codes, true, small);
  put_in_order(scope);
}

void CodeHead::put_in_order(const nn::Scope& scope) {
  if (scope.given() || book_.levels.empty()) return;
  const at::NoGradGuard no_grad;
  const int64_t width = (by_level_ ? to_levels_ : to_logits_).weight.size(1);
  const double deviation = 1 / std::sqrt(double(width));
  if (!by_level_) {
    const auto rows = ordered_digits(book_.levels, width, deviation, scope.seed(), scope.name("to_logits"));
    to_logits_.weight.narrow(0, 0, rows.size(0)).copy_(rows);
    return;
  }
  int64_t row = 0;
  for (const int64_t levels : book_.levels) {
    const auto name = scope.name("to_levels#") + std::to_string(row);
    to_levels_.weight.narrow(0, row, levels)
        .copy_(ordered_codes(levels, width, deviation / std::sqrt(double(book_.levels.size())), scope.seed(),
                             name.c_str()));
    row += levels;
  }
  if (to_special_.weight.defined())
    to_special_.weight.copy_(
        ordered_codes(book_.special_codes, width, deviation, scope.seed(), scope.name("to_special").c_str()));
}

at::Tensor CodeHead::allowed(const at::Tensor& logits_RV, const at::Tensor& position_R) const {
  const int64_t v = logits_RV.size(1);
  if (book_.special_codes == v && book_.plain_codes == v) return logits_RV;
  const auto limit =
      nn::onto(logits_RV.device(), at::where(position_R.lt(book_.special), book_.special_codes, book_.plain_codes));
  const auto forbidden = at::arange(v, limit.options()).unsqueeze(0).ge(limit.unsqueeze(1));
  return logits_RV.masked_fill(forbidden, kImpossible);
}

at::Tensor CodeHead::of_levels(const at::Tensor& x_RD) const {
  const auto parts = to_levels_(x_RD).split_with_sizes(book_.levels, 1);
  const auto digits_VL = digits_.digits(at::arange(book_.plain_codes, at::kLong));
  at::Tensor sum;
  for (size_t d = 0; d < parts.size(); ++d) {
    const auto log_p = at::log_softmax(parts[d].scalar_type() == at::kDouble ? parts[d] : parts[d].to(at::kFloat), 1);
    const auto of_code = log_p.index_select(1, nn::onto(log_p.device(), digits_VL.select(1, int64_t(d))));
    sum = sum.defined() ? sum + of_code : of_code;
  }
  return sum;
}

at::Tensor CodeHead::operator()(const at::Tensor& x_RD, const at::Tensor& position_R) const {
  if (!by_level_) return allowed(to_logits_(x_RD), position_R);
  auto plain = at::constant_pad_nd(of_levels(x_RD), {0, book_.vocabulary - book_.plain_codes}, kImpossible);
  if (!to_special_.weight.defined()) return plain;
  const auto special = at::constant_pad_nd(to_special_(x_RD).to(plain.scalar_type()),
                                           {0, book_.vocabulary - book_.special_codes}, kImpossible);
  return at::where(nn::onto(x_RD.device(), position_R.lt(book_.special)).unsqueeze(1), special, plain);
}

at::Tensor CodeHead::special_targets(const at::Tensor& ids_R) const {
  const auto away =
      at::arange(book_.special_codes, ids_R.options().dtype(at::kDouble)).unsqueeze(0) - ids_R.unsqueeze(1);
  return at::softmax(-0.5 * (away / soft_special_).square(), 1);
}

nn::Linear CodeHead::part_of(const nn::Linear& head, int64_t begin, int64_t count) const {
  nn::Linear part;
  part.weight = head.weight.narrow(0, begin, count);
  part.bias = head.bias.narrow(0, begin, count);
  return part;
}

at::Tensor CodeHead::loss(const at::Tensor& x_RD, const at::Tensor& position_R, const at::Tensor& ids_R,
                          int64_t chunk) const {
  const auto rows = double(x_RD.size(0));
  const auto is_special = position_R.lt(book_.special);
  const auto special_rows = is_special.nonzero().squeeze(1), plain_rows = is_special.logical_not().nonzero().squeeze(1);
  const auto there = nn::onto(x_RD.device(), {special_rows, plain_rows, ids_R.index_select(0, special_rows)});
  const auto &at_special = there[0], &at_plain = there[1];
  at::Tensor loss;
  const auto add = [&](const at::Tensor& part, const at::Tensor& which) {
    const auto share = part * (double(which.size(0)) / rows);
    loss = loss.defined() ? loss + share : share;
  };
  const auto sharp = [&](const nn::Linear& head, const at::Tensor& which, const at::Tensor& ids) {
    add(nn::linear_cross_entropy(x_RD.index_select(0, which), head.weight, head.bias, ids, {}, chunk), which);
  };
  if (at_special.size(0) > 0) {
    const auto head = by_level_ ? to_special_ : part_of(to_logits_, 0, book_.special_codes);
    const auto& ids = there[2];
    const auto soft = [&](int64_t start, int64_t count) {
      return special_targets(ids.narrow(0, start, count)).to(x_RD.scalar_type());
    };
    if (soft_special_ > 0)
      add(nn::linear_soft_cross_entropy(x_RD.index_select(0, at_special), head.weight, head.bias, soft, chunk),
          at_special);
    else
      sharp(head, at_special, ids);
  }
  if (at_plain.size(0) == 0) return loss;
  const auto ids = ids_R.index_select(0, plain_rows);
  if (!by_level_) {
    sharp(part_of(to_logits_, 0, book_.plain_codes), at_plain, nn::onto(x_RD.device(), ids));
    return loss;
  }
  const auto digits_RL = nn::onto(x_RD.device(), digits_.digits(ids));
  int64_t begin = 0;
  for (size_t d = 0; d < book_.levels.size(); ++d) {
    sharp(part_of(to_levels_, begin, book_.levels[d]), at_plain, digits_RL.select(1, int64_t(d)));
    begin += book_.levels[d];
  }
  return loss;
}

}  // namespace asterism::models
