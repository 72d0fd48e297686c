// What no tokenizer reads, and what it says of it; and of what there is nothing to read, that it is nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/contracts/tokenizer_entries.h"

namespace asterism::tokenizers {
namespace {

using test::user_error_of;
using testing::AllOf;
using testing::HasSubstr;

class TokenizerRefusals : public test::TokenizerEntryTest {};
INSTANTIATE_TEST_SUITE_P(, TokenizerRefusals, testing::ValuesIn(test::tokenizer_entries()),
                         [](const auto& info) { return info.param.label; });

// A tile of which a filter left no row, or objects that none was observed of: a run over a whole survey meets both, and
// stops for neither. So neither is an error (docs/formats/model.md).
TEST_P(TokenizerRefusals, NoObjectsAndAbsentOnesHaveNoTokens) {
  auto given = block(2);
  test::hide(given, 0);
  test::hide(given, 1);
  EXPECT_FALSE(tokenizer_->encode(given).present.any().item<bool>());
  const auto none = tokenizer_->encode(modalities::select(given, {}));
  EXPECT_EQ(none.ids.sizes(), at::IntArrayRef({0, tokenizer_->num_tokens()}));
  EXPECT_EQ(modalities::rows(tokenizer_->decode(none, {})), 0);
}

TEST_P(TokenizerRefusals, WrongBlocksAreUserErrorsThatSaySo) {
  for (const char* other : {"scalar", "spectrum", "image", "vector", "catalog", "map", "light_curve", "cube"}) {
    if (other == GetParam().modality) continue;
    EXPECT_THAT(user_error_of([&] { tokenizer_->encode(test::example_for(other, 2)); }),
                HasSubstr(GetParam().modality));
  }
  auto unit = block(2);
  std::visit(
      [](auto& b) {
        if constexpr (requires { b.unit; }) b.unit = "furlong";
        if constexpr (requires { b.columns; }) b.columns.back().unit = "furlong";
        if constexpr (requires { b.layers; }) b.layers[0].unit = "furlong";
      },
      unit);
  if (!std::holds_alternative<modalities::VectorBlock>(unit)) {  // vectors have none
    EXPECT_THAT(user_error_of([&] { tokenizer_->encode(unit); }), HasSubstr("furlong"));
  }
  auto shape = block(2);
  std::visit([](auto& b) { b.n = 3; }, shape);
  EXPECT_THAT(user_error_of([&] { tokenizer_->encode(shape); }), HasSubstr("present"));
  const Tokens wrong{at::zeros({2, tokenizer_->num_tokens() + 1}, at::kLong), at::ones({2}, at::kBool)};
  EXPECT_THAT(user_error_of([&] { tokenizer_->decode(wrong, {}); }), HasSubstr(GetParam().name));
  const Tokens large{at::full({2, tokenizer_->num_tokens()}, tokenizer_->vocabulary(), at::kLong),
                     at::ones({2}, at::kBool)};
  EXPECT_THAT(user_error_of([&] { tokenizer_->decode(large, {}); }), HasSubstr("outside"));
}

// The block holds objects that are there, but its observations have no size. False: the kind has none that could be 0.
bool make_empty(modalities::Block& block) {
  return std::visit(
      [](auto& b) {
        const auto none = [](auto&... values) { (values.clear(), ...); };
        if constexpr (requires { b.length; })
          b.length = 0;
        else if constexpr (requires { b.height; })
          b.height = 0;
        else if constexpr (requires { b.width; })
          b.width = 0;
        else
          return false;
        if constexpr (requires { b.count; }) std::fill(b.count.begin(), b.count.end(), 0);
        if constexpr (requires { b.flux; }) none(b.flux);
        if constexpr (requires { b.value; }) none(b.value);
        if constexpr (requires { b.ivar; }) none(b.ivar);
        if constexpr (requires { b.mask; }) none(b.mask);
        if constexpr (requires { b.wavelength_angstrom; }) none(b.wavelength_angstrom, b.lsf_sigma_angstrom);
        if constexpr (requires { b.time_day; }) none(b.time_day, b.band, b.error, b.upper_limit);
        return true;
      },
      block);
}

TEST_P(TokenizerRefusals, AnObservationOfNoSizeIsNamed) {
  auto given = block(2);
  if (!make_empty(given)) return;  // a number has no size
  const auto& modality = GetParam().modality;
  if (modality == "light_curve" || modality == "catalog") {  // a field without a source, a night without a point
    EXPECT_FALSE(tokenizer_->encode(given).present.any().item<bool>());
    return;
  }
  EXPECT_THAT(user_error_of([&] { tokenizer_->encode(given); }), AllOf(HasSubstr(GetParam().name), HasSubstr(" 0")));
}

// One value of the array is lost. False: the block has no such array, or it is empty.
bool shorten(modalities::Block& block, const std::string& array) {
  const auto lose = [](auto& values) {
    if (values.empty()) return false;
    values.pop_back();
    return true;
  };
  return std::visit(
      [&](auto& b) {
        if (array == "present") return lose(b.present);
        if constexpr (requires { b.flux; })
          if (array == "flux") return lose(b.flux);
        if constexpr (requires { b.value; })
          if (array == "value") return lose(b.value);
        if constexpr (requires { b.ivar; })
          if (array == "ivar") return lose(b.ivar);
        if constexpr (requires { b.mask; })
          if (array == "mask") return lose(b.mask);
        if constexpr (requires { b.error; })
          if (array == "error") return lose(b.error);
        if constexpr (requires { b.count; })
          if (array == "count") return lose(b.count);
        if constexpr (requires { b.wavelength_angstrom; })
          if (array == "wavelength_angstrom") return lose(b.wavelength_angstrom);
        if constexpr (requires { b.psf_fwhm_arcsec; })
          if (array == "psf_fwhm_arcsec") return lose(b.psf_fwhm_arcsec);
        if constexpr (requires { b.time_day; }) {
          if (array == "time_day") return lose(b.time_day);
          if (array == "band") return lose(b.band);
          if (array == "upper_limit") return lose(b.upper_limit);
        }
        return false;
      },
      block);
}

// Of what a kind does not read it need not know the size.
bool is_read(const test::TokenizerEntry& entry, const std::string& array) {
  if (array == "psf_fwhm_arcsec")
    return entry.name == "image_scenes" || entry.settings.find(R"("band_embedding": "physical")") != std::string::npos;
  return !(array == "ivar" && entry.modality == "map");  // the published codec has no variances
}

TEST_P(TokenizerRefusals, AnArrayOfAnotherSizeIsNamed) {
  int64_t looked_at = 0;
  for (const char* array : {"present", "flux", "value", "ivar", "mask", "error", "count", "wavelength_angstrom",
                            "psf_fwhm_arcsec", "time_day", "band", "upper_limit"}) {
    auto given = block(2);
    if (!is_read(GetParam(), array) || !shorten(given, array)) continue;
    ++looked_at;
    EXPECT_THAT(user_error_of([&] { tokenizer_->encode(given); }), AllOf(HasSubstr(GetParam().name), HasSubstr(array)));
  }
  EXPECT_GE(looked_at, 2);
}

}  // namespace
}  // namespace asterism::tokenizers
