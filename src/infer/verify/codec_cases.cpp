#include "infer/verify/codec_cases.h"

#include <functional>

#include "base/error.h"
#include "infer/verify/rounding.h"
#include "tokenizers/aion/catalog.h"
#include "tokenizers/aion/image.h"
#include "tokenizers/aion/multi_scalar.h"
#include "tokenizers/aion/published_codec.h"
#include "tokenizers/aion/scalar.h"
#include "tokenizers/aion/scalar_table.h"
#include "tokenizers/aion/segmentation_map.h"
#include "tokenizers/aion/spectrum.h"

namespace asterism::infer {

namespace aion = tokenizers::aion;

namespace {

constexpr double kLatent = 2e-4, kLatentRelative = 1e-4;  // fp32 sums in another order; latents are of order 1
constexpr double kSure = 1e-3;                            // a code this far from an edge cannot flip
constexpr double kLeastEqual = 0.995;                     // of tokens of square grids
constexpr double kLastBits = 3e-7;                        // of the value of one exp or sinh, relative
constexpr double kTransformed = 2e-6;  // of values that went through exp or sinh, whose last bits are the processor's
// Where a norm of two nearly equal channels, as the published decoder of spectra ends in, or a sinh amplifies the last
// bits, as many times the change that a rounding of every weight makes is allowed besides; the package differs from
// itself as much from one machine to the next. A handful of numbers may go beyond, since that change is itself a draw.
constexpr double kOfRounding = 30, kWithin = 0.9995, kAtMost = 10;

// The first rows of ours, as many as were kept of the expected output.
at::Tensor first_rows(const at::Tensor& ours, const at::Tensor& expected) {
  return ours.dim() > 0 && expected.dim() > 0 && expected.size(0) < ours.size(0) ? ours.narrow(0, 0, expected.size(0))
                                                                                 : ours;
}

using Outputs = std::vector<at::Tensor>;

// The allowances of a codec's outputs: the stated ones, and what roundings do to each number.
Outputs with_rounding(Outputs stated, nn::Parameters& parameters, const std::function<Outputs()>& outputs) {
  const auto moved = moved_by_rounding(parameters, outputs);
  for (size_t i = 0; i < stated.size(); ++i)  // outputs of another shape have failed anyway
    if (moved[i].sizes() == stated[i].sizes()) stated[i] = stated[i] + kOfRounding * moved[i];
  return stated;
}

// As Comparison::close_within, with that much more.
void close_but_for_rounding(const std::string& output, const at::Tensor& expected, const at::Tensor& stated,
                            nn::Parameters& parameters, const std::function<at::Tensor()>& ours,
                            Comparison& comparison) {
  const auto outputs = [&] { return Outputs{first_rows(ours(), expected)}; };
  comparison.close_within(output, outputs()[0], expected, with_rounding({stated}, parameters, outputs)[0]);
}

// Tokens and margin of an FSQ grid, and its latent [B, d, h, w] as `latent` makes it.
template <class Codec>
void compare_grid(const FixtureCase& fixture, Codec& codec, const std::function<at::Tensor()>& latent,
                  Comparison& comparison) {
  const auto made = latent();
  if (fixture.contains("out.pre_quant")) {
    const auto& expected = fixture.at("out.pre_quant");
    close_but_for_rounding(
        "out.pre_quant", expected, expected.to(at::kDouble).abs() * kLatentRelative + kLatent, codec.parameters(),
        [&] { return latent().flatten(2); }, comparison);
  }
  const bool has_margin = fixture.contains("out.fsq_margin");
  if (fixture.contains("out.tokens"))
    comparison.equal_share("out.tokens", first_rows(codec.ids(made), fixture.at("out.tokens")),
                           fixture.at("out.tokens"), kLeastEqual,
                           has_margin ? fixture.at("out.fsq_margin") > kSure : at::Tensor());
  if (has_margin)
    comparison.close("out.fsq_margin", first_rows(codec.margin(made), fixture.at("out.fsq_margin")),
                     fixture.at("out.fsq_margin"), kSure);
}

// abs 1e-4 + rel 1e-3; where sinh(u) is drawn for a large u, an error of 1e-4 in u counts as much in the value.
at::Tensor image_allowance(const aion::AionImage& codec, const at::Tensor& expected_in) {
  const auto expected = expected_in.to(at::kDouble).abs().nan_to_num(0, 0, 0);
  const auto u = at::asinh(expected / codec.settings().range_compression_factor);
  return expected * (u * 1e-4).clamp_min(1e-3) + 1e-4;
}

void verify_image(const FixtureCase& fixture, aion::AionImage& codec, Comparison& comparison) {
  if (fixture.contains("in.flux")) {
    const auto before = fixture.at("in.flux").clone();
    compare_grid(
        fixture, codec, [&] { return codec.latent(fixture.at("in.flux"), fixture.texts("bands")); }, comparison);
    const bool same = at::equal(at::nan_to_num(before), at::nan_to_num(fixture.at("in.flux")));
    comparison.require("in.flux is unchanged", same, same ? "" : "encoding changed its input");
  }
  const auto& tokens = fixture.at("out.tokens");
  if (fixture.contains("out.decoded_all9_ls_nmgy")) {
    const auto& expected = fixture.at("out.decoded_all9_ls_nmgy");
    close_but_for_rounding(
        "out.decoded_all9_ls_nmgy", expected, image_allowance(codec, expected), codec.parameters(),
        [&] { return codec.decode_all(tokens.narrow(0, 0, expected.size(0))); }, comparison);
  }
  if (!fixture.contains("out.decoded")) {
    comparison.note("the reference could not decode its own bands: " + fixture.text("decode_error", "no reason given"));
    return;
  }
  auto bands = fixture.texts("decode_bands");
  if (bands.empty())
    for (const auto& known : aion::known_bands()) bands.emplace_back(known.name);
  const auto& expected = fixture.at("out.decoded");
  close_but_for_rounding(
      "out.decoded", expected, image_allowance(codec, expected), codec.parameters(),
      [&] { return codec.decode(tokens.narrow(0, 0, expected.size(0)), bands); }, comparison);
}

void encode_spectrum(const FixtureCase& fixture, const aion::AionSpectrum& codec, Comparison& comparison) {
  const auto latent = codec.latent(
      {fixture.at("in.flux"), fixture.at("in.ivar"), fixture.at("in.mask"), fixture.at("in.wavelength"), {}});
  const auto ids = codec.ids(latent);
  at::Tensor sure = at::ones_like(ids, at::kBool);
  if (fixture.contains("out.pre_quant")) {
    const auto& expected = fixture.at("out.pre_quant");
    comparison.close("out.pre_quant", first_rows(latent.z_BdT, expected), expected, kLatent);
    if (expected.size(0) == ids.size(0) && expected.size(2) + 1 == ids.size(1))
      sure.narrow(1, 1, expected.size(2)).copy_((codec.bits_of(expected).abs() > kSure).all(-1));
  }
  if (fixture.contains("out.norm_quantised_log10"))
    comparison.close("out.norm_quantised_log10", first_rows(latent.level_B, fixture.at("out.norm_quantised_log10")),
                     fixture.at("out.norm_quantised_log10"), 1e-6);
  if (!fixture.contains("out.tokens")) return;
  const auto& expected = fixture.at("out.tokens");
  comparison.equal_share("out.tokens", first_rows(ids, expected), expected, 0, first_rows(sure, expected));
}

// Flux relative to the level of the spectrum: abs 1e-4 max(1, |x|), times that level.
at::Tensor flux_allowance(const aion::AionSpectrum& codec, const at::Tensor& tokens, const at::Tensor& expected) {
  const auto level = codec.level(tokens.narrow(0, 0, expected.size(0)).select(1, 0)).unsqueeze(1).to(at::kDouble);
  return (at::maximum(level, expected.to(at::kDouble).abs().nan_to_num(0, 0, 0))) * 1e-4;
}

// Flux and mask on one grid of wavelengths, where the fixture has them. undefined wavelengths: the latent grid
void compare_drawn(const FixtureCase& fixture, aion::AionSpectrum& codec, const at::Tensor& wavelength,
                   const std::string& flux, const std::string& mask, Comparison& comparison) {
  if (!fixture.contains(flux) && !fixture.contains(mask)) return;
  const auto& tokens = fixture.at("out.tokens");
  const auto& like = fixture.at(fixture.contains(flux) ? flux : mask);
  const auto draw = [&] {
    const auto drawn = codec.draw(tokens, wavelength);
    return Outputs{first_rows(drawn.flux_BM, like), first_rows(drawn.logit_BM, like), first_rows(drawn.mask_BM, like)};
  };
  const auto ours = draw();
  const auto allowed = with_rounding(
      {fixture.contains(flux) ? flux_allowance(codec, tokens, like) : at::zeros(like.sizes(), at::kDouble),
       at::full(like.sizes(), 1e-4, at::kDouble)},
      codec.parameters(), draw);
  if (fixture.contains(flux)) comparison.mostly_within(flux, ours[0], fixture.at(flux), allowed[0], kWithin, kAtMost);
  if (!fixture.contains(mask)) return;
  const auto& logit = ours[1];
  at::Tensor sure;  // of another shape the comparison says so
  if (logit.sizes() == fixture.at(mask).sizes() && allowed[1].sizes() == logit.sizes())
    sure = at::logical_or(at::isnan(logit), logit.abs() > kAtMost * allowed[1]);
  comparison.equal_share(mask, ours[2], fixture.at(mask), kWithin, sure);
}

void decode_spectrum(const FixtureCase& fixture, aion::AionSpectrum& codec, Comparison& comparison) {
  if (fixture.contains("out.decoder_raw")) {
    const auto& expected = fixture.at("out.decoder_raw");
    const auto draw = [&] { return Outputs{first_rows(codec.draw(fixture.at("out.tokens")).raw_BCL, expected)}; };
    const auto allowed = with_rounding({expected.to(at::kDouble).abs().clamp_min(1) * 1e-4}, codec.parameters(), draw);
    comparison.mostly_within("out.decoder_raw", draw()[0], expected, allowed[0], kWithin, kAtMost);
  }
  compare_drawn(fixture, codec, {}, "out.decoded_flux", "out.decoded_mask", comparison);
  if (fixture.contains("in.out_wavelength"))
    compare_drawn(fixture, codec, fixture.at("in.out_wavelength"), "out.decoded_obs_flux", "out.decoded_obs_mask",
                  comparison);
}

// Tokens of a table: exact, but for values within one rounding of an edge, which may be one beside.
void compare_codes(const at::Tensor& ours, const at::Tensor& expected, const at::Tensor& doubtful,
                   Comparison& comparison) {
  comparison.close_within("out.tokens", ours, expected, doubtful.to(at::kDouble));
}

void verify_scalar(const FixtureCase& fixture, const aion::AionScalar& codec, Comparison& comparison) {
  const auto& value = fixture.at("in.value");
  const auto& tokens = fixture.at("out.tokens");
  const bool log = codec.settings().form == aion::ScalarForm::log_table;
  const auto squeezed = codec.squeezed(value);
  compare_codes(codec.ids(value), tokens,
                log ? aion::near_an_edge(squeezed, codec.table()) : at::zeros_like(value, at::kBool), comparison);
  if (fixture.contains("out.decoded"))
    comparison.close("out.decoded", codec.values(tokens), fixture.at("out.decoded"), 0, log ? kTransformed : 0);
  if (fixture.contains("out.codebook"))
    comparison.close("out.codebook", codec.values(at::arange(codec.vocabulary(), at::kLong)),
                     fixture.at("out.codebook"), 0, log ? kTransformed : 0);
}

// What functions one after the other may make of the last bits of each: a sinh of 60 amplifies those of the 60.
at::Tensor decompression_allowance(const aion::AionMultiScalar& codec, const at::Tensor& tokens) {
  const auto& f = codec.settings().decompression_fns;
  auto x = at::gather(at::stack(codec.tables()), 1, tokens.to(at::kLong).t().contiguous()).t().to(at::kDouble);
  auto off = at::zeros_like(x);
  for (size_t i = f.size(); i-- > 0;) {
    const auto of = [&](const at::Tensor& v) { return aion::apply_functions({f[i]}, v); };
    const auto y = of(x);
    off = at::maximum((of(x + off) - y).abs(), (of(x - off) - y).abs()) + y.abs() * kLastBits;
    x = y;
  }
  return at::maximum(off, x.abs() * kTransformed).nan_to_num(0, 0, 0);
}

void verify_multi_scalar(const FixtureCase& fixture, const aion::AionMultiScalar& codec, Comparison& comparison) {
  const auto& value = fixture.at("in.value");
  const auto& tokens = fixture.at("out.tokens");
  const auto ids = codec.ids(value), squeezed = codec.squeezed(value);
  std::vector<at::Tensor> doubtful;
  for (int64_t i = 0; i < codec.num_tokens(); ++i)
    doubtful.push_back(aion::near_an_edge(squeezed.select(1, i), codec.tables()[size_t(i)]));
  compare_codes(ids, tokens, at::stack(doubtful, 1), comparison);
  if (fixture.contains("out.decoded")) {
    const auto ours = codec.values(tokens);
    comparison.close_within("out.decoded", ours, fixture.at("out.decoded"), decompression_allowance(codec, tokens));
  }
  if (fixture.contains("out.codebook")) comparison.exact("out.codebook", codec.tables()[0], fixture.at("out.codebook"));
}

void verify_catalog(const FixtureCase& fixture, const aion::AionCatalog& codec, Comparison& comparison) {
  aion::AionCatalog::Columns columns;
  for (const auto& field : aion::AionCatalog::fields())
    if (fixture.contains("in." + field)) columns[field] = fixture.at("in." + field);
  if (!columns.empty()) comparison.exact("out.tokens", codec.ids(columns), fixture.at("out.tokens"));
  const std::pair<std::string, std::string> decoded[] = {{"out.tokens", "out.decoded."},
                                                         {"in.any_tokens", "out.any_decoded."}};
  for (const auto& [tokens, prefix] : decoded) {
    if (!fixture.contains(tokens) || fixture.names_under(prefix).empty()) continue;
    const auto values = codec.values(fixture.at(tokens));
    for (const auto& field : fixture.names_under(prefix))
      comparison.exact(prefix + field, values.contains(field) ? values.at(field) : at::Tensor(),
                       fixture.at(prefix + field));
  }
}

void verify_segmentation_map(const FixtureCase& fixture, aion::AionSegmentationMap& codec, Comparison& comparison) {
  if (fixture.contains("in.field"))
    compare_grid(
        fixture, codec, [&] { return codec.latent(fixture.at("in.field")); }, comparison);
  if (!fixture.contains("out.decoded")) return;
  const auto& expected = fixture.at("out.decoded");
  close_but_for_rounding(
      "out.decoded", expected, at::full(expected.sizes(), 1e-5, at::kDouble), codec.parameters(),
      [&] { return codec.decode(fixture.at("out.tokens").narrow(0, 0, expected.size(0))); }, comparison);
}

void verify_tokenizer(const FixtureCase& fixture, tokenizers::Tokenizer& codec, Comparison& comparison) {
  if (auto* image = dynamic_cast<aion::AionImage*>(&codec)) return verify_image(fixture, *image, comparison);
  if (auto* spectrum = dynamic_cast<aion::AionSpectrum*>(&codec)) {
    if (fixture.contains("in.flux")) encode_spectrum(fixture, *spectrum, comparison);
    return decode_spectrum(fixture, *spectrum, comparison);
  }
  if (const auto* scalar = dynamic_cast<const aion::AionScalar*>(&codec))
    return verify_scalar(fixture, *scalar, comparison);
  if (const auto* multi = dynamic_cast<const aion::AionMultiScalar*>(&codec))
    return verify_multi_scalar(fixture, *multi, comparison);
  if (const auto* catalog = dynamic_cast<const aion::AionCatalog*>(&codec))
    return verify_catalog(fixture, *catalog, comparison);
  if (auto* map = dynamic_cast<aion::AionSegmentationMap*>(&codec))
    return verify_segmentation_map(fixture, *map, comparison);
  ASTERISM_CHECK(false, "no replay of a codec of kind '{}'", codec.kind());
}

}  // namespace

bool is_codec_case(const FixtureCase& fixture) { return fixture.info.contains("codec"); }

void verify_codec_case(const FixtureCase& fixture, Comparison& comparison) {
  at::NoGradGuard no_grad;
  aion::CodecSet codecs(fixture.folder / "codecs", true);
  verify_tokenizer(fixture, *codecs.codec(fixture.text("codec")), comparison);
}

}  // namespace asterism::infer
