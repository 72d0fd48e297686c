// Bands of images, filters of light curves and columns of catalogues are known by what they are called or by their
// wavelength, never by their place: another order changes nothing but the order of what is drawn.
//
// Not asked here, since nothing of them has a name that could move: scalars, spectra and cubes (one quantity), maps (a
// codec reads one layer) and vectors (a number of a vector is known by its place alone, as published).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/contracts/tokenizer_entries.h"

namespace asterism::tokenizers {
namespace {

using testing::AnyOf;
using testing::HasSubstr;

std::vector<test::TokenizerEntry> entries_with_an_order() {
  std::vector<test::TokenizerEntry> out;
  for (const auto& entry : test::tokenizer_entries())
    if (entry.modality == "image" || entry.modality == "light_curve" || entry.modality == "catalog")
      out.push_back(entry);
  return out;
}

class TokenizerOrder : public test::TokenizerEntryTest {
 protected:
  bool is(const char* modality) const { return GetParam().modality == modality; }
};
INSTANTIATE_TEST_SUITE_P(, TokenizerOrder, testing::ValuesIn(entries_with_an_order()),
                         [](const auto& info) { return info.param.label; });

// Bands or columns, `width` values each, of every object in the opposite order.
template <class Values>
void turn(Values& values, int64_t n, int64_t parts, int64_t width) {
  const auto before = values;
  for (int64_t i = 0; i < n; ++i)
    for (int64_t part = 0; part < parts; ++part)
      std::copy_n(before.begin() + (i * parts + part) * width, width,
                  values.begin() + (i * parts + parts - 1 - part) * width);
}

modalities::Block turned_round(modalities::Block block) {
  if (auto* image = std::get_if<modalities::ImageBlock>(&block)) {
    const int64_t C = int64_t(image->bands.size()), pixels = image->height * image->width;
    turn(image->flux, image->n, C, pixels);
    turn(image->ivar, image->n, C, pixels);
    turn(image->mask, image->n, C, pixels);
    turn(image->psf_fwhm_arcsec, image->n, C, 1);
    std::reverse(image->bands.begin(), image->bands.end());
  } else if (auto* curve = std::get_if<modalities::LightCurveBlock>(&block)) {
    for (int64_t i = 0; i < curve->n; ++i)
      for (int64_t k = 0; k < curve->count[size_t(i)]; ++k) {
        auto& band = curve->band[size_t(i * curve->length + k)];
        band = int32_t(curve->bands.size()) - 1 - band;
      }
    std::reverse(curve->bands.begin(), curve->bands.end());
  } else if (auto* catalog = std::get_if<modalities::CatalogBlock>(&block)) {
    const int64_t C = int64_t(catalog->columns.size());
    turn(catalog->value, catalog->n, C, catalog->length);
    turn(catalog->mask, catalog->n, C, catalog->length);
    std::reverse(catalog->columns.begin(), catalog->columns.end());
  }
  return block;
}

TEST_P(TokenizerOrder, AnotherOrderGivesTheSameTokens) {
  const auto given = block(8), turned = turned_round(given);
  EXPECT_NO_THROW(modalities::check("turned", turned));
  const auto tokens = tokenizer_->encode(given), of_turned = tokenizer_->encode(turned);
  EXPECT_TRUE(at::equal(of_turned.present, tokens.present));
  EXPECT_GT((of_turned.ids == tokens.ids).to(at::kFloat).mean().item<double>(), 0.98);  // sums of another order round
}

// Images and light curves; a catalogue's columns are drawn in one order always.
TEST_P(TokenizerOrder, WhatIsDrawnIsInTheOrderAskedFor) {
  const auto given = block(4), turned = turned_round(given);
  const auto tokens = tokenizer_->encode(given);
  const auto asked = [&](const modalities::Block& block) {
    DecodeRequest out;
    if (const auto* image = std::get_if<modalities::ImageBlock>(&block)) out.bands = image->bands;
    out.points = std::get_if<modalities::LightCurveBlock>(&block);
    return out;
  };
  const auto drawn = tokenizer_->decode(tokens, asked(given)), other = tokenizer_->decode(tokens, asked(turned));
  if (is("image")) {
    const auto& bands = std::get<modalities::ImageBlock>(other).bands;
    const auto& wanted = std::get<modalities::ImageBlock>(turned).bands;
    ASSERT_EQ(bands.size(), wanted.size());
    for (size_t i = 0; i < bands.size(); ++i) EXPECT_EQ(bands[i].name, wanted[i].name);
  }
  const auto values = test::values_of(drawn), far = test::values_of(is("catalog") ? other : turned_round(other));
  ASSERT_EQ(far.sizes(), values.sizes());
  EXPECT_TRUE(at::allclose(far, values, 1e-4, 1e-5 * values.abs().max().item<double>()));
}

// What the second band, or the last column, is called and where its band lies.
void call(modalities::Block& block, const std::string& name, double wavelength_angstrom) {
  std::visit(
      [&](auto& b) {
        if constexpr (requires { b.bands; }) b.bands[1] = {name, wavelength_angstrom, wavelength_angstrom / 5};
        if constexpr (requires { b.columns; }) b.columns.back().name = name;
      },
      block);
}

TEST_P(TokenizerOrder, AWrongNameIsNamed) {
  auto given = block(2);
  call(given, "BAND-OF-NOWHERE", 0);
  EXPECT_THAT(test::user_error_of([&] { tokenizer_->encode(given); }), HasSubstr("BAND-OF-NOWHERE"));
  const auto tokens = tokenizer_->encode(block(2));
  if (const auto* image = std::get_if<modalities::ImageBlock>(&given)) {
    DecodeRequest request;
    request.bands = image->bands;
    EXPECT_THAT(test::user_error_of([&] { tokenizer_->decode(tokens, request); }), HasSubstr("BAND-OF-NOWHERE"));
  }
  if (const auto* curve = std::get_if<modalities::LightCurveBlock>(&given)) {
    DecodeRequest request;
    request.points = curve;
    EXPECT_THAT(test::user_error_of([&] { tokenizer_->decode(tokens, request); }), HasSubstr("BAND-OF-NOWHERE"));
  }
}

// Where bands are known by wavelength, one that nobody trained with is read; where they are known by name it is not.
TEST_P(TokenizerOrder, ANewBandIsReadWhereBandsAreKnownByWavelength) {
  if (is("catalog")) return;  // columns have no wavelength
  auto given = block(2);
  call(given, "BAND-OF-TOMORROW", 6500);
  const bool by_wavelength = is("light_curve") || GetParam().name == "image_scenes" ||
                             GetParam().settings.find(R"("band_embedding": "physical")") != std::string::npos;
  if (by_wavelength)
    EXPECT_TRUE(tokenizer_->encode(given).present.all().item<bool>());
  else
    EXPECT_THAT(test::user_error_of([&] { tokenizer_->encode(given); }), HasSubstr("BAND-OF-TOMORROW"));
}

TEST_P(TokenizerOrder, ABandThatIsThereTwiceIsNamed) {
  if (!is("image")) return;  // points say which band they are of; columns are looked up by name, the first counts
  auto given = block(2);
  auto& image = std::get<modalities::ImageBlock>(given);
  image.bands[2] = image.bands[0];
  EXPECT_THAT(test::user_error_of([&] { tokenizer_->encode(given); }),
              AnyOf(HasSubstr("'des-g'"), HasSubstr("'DES-G'")));  // as the kind writes names
}

}  // namespace
}  // namespace asterism::tokenizers
