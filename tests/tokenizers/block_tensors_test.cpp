#include "tokenizers/block_tensors.h"

#include <gmock/gmock.h>

#include "base/error.h"
#include "example_blocks.h"
#include "example_cubes.h"

namespace asterism::tokenizers {
namespace {

using testing::HasSubstr;

template <class F>
std::string tensor_error_of(F&& f) {
  try {
    f();
  } catch (const base::UserError& e) {
    return e.what();
  }
  return "no UserError";
}

TEST(BlockTensors, WrapsWithoutACopy) {
  const auto b = test::scalars(4);
  const auto t = wrap(b.value, {4});
  EXPECT_EQ(t.const_data_ptr<double>(), b.value.data());
  EXPECT_EQ(wrap(base::AlignedVector<float>(), {0, 3}).sizes(), at::IntArrayRef({0, 3}));
}

TEST(BlockTensors, NamesWhatIsWrong) {
  const modalities::Block scalar = test::scalars(4);
  EXPECT_THAT(tensor_error_of([&] { image_of(scalar, "reader"); }), HasSubstr("'image'"));
  EXPECT_THAT(tensor_error_of([&] { spectrum_of(scalar, "reader"); }), HasSubstr("'scalar'"));
  auto image = test::images(2, 8);
  image.ivar.pop_back();
  EXPECT_THAT(tensor_error_of([&] { image_of(modalities::Block(image), "reader"); }), HasSubstr("ivar"));
  EXPECT_THAT(tensor_error_of([&] { cube_of(scalar, "reader"); }), HasSubstr("'cube'"));
  auto cube = test::cubes(2, 10);
  cube.lsf_sigma_angstrom.pop_back();
  EXPECT_THAT(tensor_error_of([&] { cube_of(modalities::Block(cube), "reader"); }), HasSubstr("lsf_sigma_angstrom"));
  cube.pixel_scale_arcsec = NAN;
  EXPECT_THAT(tensor_error_of([&] { cube_of(modalities::Block(cube), "reader"); }), HasSubstr("pixel scale"));
  auto spectrum = test::spectra(2, 10);
  spectrum.mask.push_back(0);
  EXPECT_THAT(tensor_error_of([&] { spectrum_of(modalities::Block(spectrum), "reader"); }), HasSubstr("mask"));
  auto bad = test::scalars(3);
  bad.present.pop_back();
  EXPECT_THAT(tensor_error_of([&] { scalar_of(modalities::Block(bad), "reader"); }), HasSubstr("present"));
}

TEST(BlockTensors, WidthsOfThePsfAreOneABandAndImage) {
  auto image = test::images(2, 8);
  EXPECT_EQ(psf_of(image, "reader").sizes(), at::IntArrayRef({2, 3}));
  image.psf_fwhm_arcsec.pop_back();
  EXPECT_THAT(tensor_error_of([&] { psf_of(image, "reader"); }), HasSubstr("psf_fwhm_arcsec"));
  EXPECT_NO_THROW(image_of(modalities::Block(image), "reader")) << "of a reader that does not ask";
}

TEST(BlockTensors, ASpectrumThatIsThereHasAPixel) {
  auto spectrum = test::spectra(3, 10);
  test::hide(spectrum, 1);
  EXPECT_NO_THROW(spectrum_of(modalities::Block(spectrum), "reader"));
  spectrum.present[1] = 1;
  EXPECT_THAT(tensor_error_of([&] { spectrum_of(modalities::Block(spectrum), "reader"); }),
              HasSubstr("object 1 has 0 pixels"));
}

TEST(BlockTensors, TokensAreChecked) {
  const auto present = at::ones({2}, at::kBool);
  EXPECT_NO_THROW(check_tokens({at::zeros({2, 3}, at::kLong), present}, 3, 5, "reader"));
  EXPECT_THROW(check_tokens({at::zeros({2, 4}, at::kLong), present}, 3, 5, "reader"), base::UserError);
  EXPECT_THROW(check_tokens({at::zeros({2, 3}, at::kInt), present}, 3, 5, "reader"), base::UserError);
  EXPECT_THROW(check_tokens({at::full({2, 3}, 5, at::kLong), present}, 3, 5, "reader"), base::UserError);
  EXPECT_THROW(check_tokens({at::full({2, 3}, -1, at::kLong), present}, 3, 5, "reader"), base::UserError);
  EXPECT_THROW(check_tokens({at::zeros({2, 3}, at::kLong), at::ones({3}, at::kBool)}, 3, 5, "reader"), base::UserError);
}

TEST(BlockTensors, CopiesBack) {
  base::AlignedVector<float> out;
  copy_into(out, at::arange(6).view({2, 3}).t());
  EXPECT_EQ(std::vector<float>(out.begin(), out.end()), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  base::AlignedVector<uint8_t> flags;
  copy_into(flags, at::tensor({1, 0}, at::kLong) > 0);
  EXPECT_EQ(flags[0], 1);
}

}  // namespace
}  // namespace asterism::tokenizers
