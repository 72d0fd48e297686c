#include "tokenizers/aion/magvit.h"

#include "nn/autocast.h"
#include "nn/product.h"

namespace asterism::tokenizers::aion {

namespace {

std::vector<nn::ResidualUnit> units(const nn::Scope& scope, int64_t count, int64_t channels) {
  std::vector<nn::ResidualUnit> out;
  for (int64_t i = 0; i < count; ++i) out.emplace_back(scope / i, channels, true);
  return out;
}

at::Tensor through(const std::vector<nn::ResidualUnit>& row, at::Tensor x) {
  for (const auto& unit : row) x = unit(x);
  return x;
}

// conv(mix x) has the weight sum_e conv[o, e] mix[e, c]: in fp64, since it stands for two roundings
at::Tensor composed_in(const at::Tensor& conv_OEkk, const at::Tensor& mix_EC) {
  return at::einsum("oekl,ec->ockl", {conv_OEkk.to(at::kDouble), mix_EC.to(at::kDouble)}).to(at::kFloat);
}

// Tensor cores read channels by eights; zeros with weights of zero change nothing.
at::Tensor by_eights(const at::Tensor& x_BCHW) {
  const int64_t more = (8 - x_BCHW.size(1) % 8) % 8;
  return x_BCHW.is_cpu() || more == 0 ? x_BCHW : at::constant_pad_nd(x_BCHW, {0, 0, 0, 0, 0, more});
}

at::Tensor composed_out(const at::Tensor& mix_KE, const at::Tensor& conv_EIkk) {
  return at::einsum("ke,eixy->kixy", {mix_KE.to(at::kDouble), conv_EIkk.to(at::kDouble)}).to(at::kFloat);
}

}  // namespace

MagVit::MagVit(const nn::Scope& scope, const MagVitSettings& s) {
  const int64_t n = s.compressions;
  int64_t width = s.hidden >> n;
  conv_in_ = nn::Conv2d(scope / "conv_in.conv", s.bands, width, nn::ConvSettings::same(7));
  conv_out_ = nn::Conv2d(scope / "conv_out.conv", width, s.bands, nn::ConvSettings::same(3));
  const nn::Scope in = scope / "encoder_layers", out = scope / "decoder_layers";
  const int64_t last = 2 * n + 2;  // of the decoder's layers, which begin with those of the lowest resolution
  encoder_units_.push_back({nn::ResidualUnit(in / int64_t(0), width, true)});
  decoder_units_.push_back({nn::ResidualUnit(out / last, width, true)});
  nn::ConvSettings halving;
  halving.stride = 2;
  halving.padding = 1;
  for (int64_t i = 0; i < n; ++i) {
    downs_.emplace_back(in / (2 * i + 1) / "conv", width, 2 * width, halving);
    ups_.emplace_back(out / (last - 1 - 2 * i), 2 * width, width);
    width *= 2;
    encoder_units_.push_back(units(in / (2 * i + 2), s.consecutive, width));
    decoder_units_.push_back(units(out / (last - 2 - 2 * i), s.consecutive, width));
  }
  encoder_conv_ = nn::Conv2d(in / (2 * n + 1) / "conv", width, width, nn::ConvSettings::same(7));
  decoder_conv_ = nn::Conv2d(out / int64_t(1) / "conv", width, width, nn::ConvSettings::same(3));
  encoder_units_.push_back(units(in / (2 * n + 2), s.consecutive, width));
  decoder_units_.push_back(units(out / int64_t(0), s.consecutive, width));
  norm_ = nn::LayerNorm(in / (2 * n + 3) / "1", width, nn::NormBias::learned, 1e-5);
}

at::Tensor MagVit::encode(const at::Tensor& x, const at::Tensor& mix, const at::Tensor& bias) const {
  const auto weight = by_eights(composed_in(conv_in_.weight, at::cat({mix, bias.unsqueeze(1)}, 1)));
  const auto ones = at::ones({x.size(0), 1, x.size(2), x.size(3)}, x.options());
  const auto with_ones = by_eights(at::cat({x, ones}, 1)).contiguous(at::MemoryFormat::ChannelsLast);
  auto y = at::conv2d(with_ones, weight, conv_in_.bias, {1, 1}, {conv_in_.settings.padding, conv_in_.settings.padding});
  for (size_t i = 0; i < downs_.size(); ++i) y = nn::convolution(downs_[i], through(encoder_units_[i], y));
  y = nn::convolution(encoder_conv_, through(encoder_units_[downs_.size()], y));
  y = through(encoder_units_.back(), y);
  const nn::Autocast exact(nn::Precision::fp32, y.device().type());
  return norm_.channels_first(y.to(at::kFloat));
}

at::Tensor MagVit::decode(const at::Tensor& z, const at::Tensor& mix, const at::Tensor& bias) const {
  auto y = nn::convolution(decoder_conv_, through(decoder_units_.back(), z));
  for (size_t i = ups_.size(); i-- > 0;) y = ups_[i](through(decoder_units_[i + 1], y));
  y = through(decoder_units_[0], y).to(at::kFloat).contiguous(at::MemoryFormat::ChannelsLast);
  const nn::Autocast exact(nn::Precision::fp32, y.device().type());  // what comes out is the argument of a sinh
  const auto all_bias = at::matmul(mix.to(at::kDouble), conv_out_.bias.to(at::kDouble)).to(at::kFloat) + bias;
  return at::conv2d(y, composed_out(mix, conv_out_.weight), all_bias, {1, 1},
                    {conv_out_.settings.padding, conv_out_.settings.padding});
}

}  // namespace asterism::tokenizers::aion
