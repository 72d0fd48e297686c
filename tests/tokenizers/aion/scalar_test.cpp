#include "tokenizers/aion/scalar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../example_blocks.h"
#include "astro/units.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/json.h"
#include "tokenizers/all.h"
#include "tokenizers/weights_file.h"

namespace asterism::tokenizers::aion {
namespace {

AionScalar made(ScalarForm form, bool reference = false) {
  ScalarSettings s;
  s.form = form;
  s.codebook_size = 16;
  s.reservoir_size = 100;
  s.modality = "FLUX_G";
  s.reference_behaviour = reference;
  return AionScalar(s);
}

TEST(AionScalar, EqualMassBinsThatRoundUp) {
  auto codec = made(ScalarForm::table);
  auto block = test::scalars(1000);
  codec.fit(block);
  const auto tokens = codec.encode(block);
  const auto counts = at::bincount(tokens.ids.flatten(), {}, 16);
  EXPECT_LT(counts.slice(0, 1).max().item<int64_t>(), 80);  // 1000 / 15
  const auto back = std::get<modalities::ScalarBlock>(codec.decode(tokens, {}));
  for (size_t i = 0; i < 1000; ++i) EXPECT_GE(back.value[i] + 1e-4, std::min(block.value[i], back.value[i]));
  EXPECT_EQ(back.unit, "nanomaggy");
}

TEST(AionScalar, TheLogarithmHasAFloor) {
  auto codec = made(ScalarForm::log_table);
  codec.fit(test::scalars(500));
  const auto ids = codec.ids(at::tensor({-5.0, 0.0, 0.01, 0.0497}, at::kDouble));
  EXPECT_EQ(ids.max().item<int64_t>(), 0);
  EXPECT_NEAR(codec.values(at::zeros({1}, at::kLong))[0].item<double>(), std::exp(-3), 1e-3);
}

// Below the table and without an error: the unit is the first step, whatever repeats before it.
TEST(AionScalar, ValuesBeyondTheTableAreCountedInItsSteps) {
  auto codec = made(ScalarForm::table);
  auto block = test::scalars(400);
  block.has_error = false;
  for (size_t i = 0; i < 400; ++i) block.error[i] = 0, block.value[i] = i < 100 ? 0 : double(i - 100) / 30;
  codec.fit(block);
  auto few = test::scalars(2);
  few.has_error = false;
  few.value = {-1, 11};
  few.error = {0, 0};
  const auto outcome = codec.loss(few);
  EXPECT_EQ(outcome.figures.at("out_of_range").item<double>(), 1);
  const double step = codec.table().diff().masked_select(codec.table().diff() > 0)[0].item<double>();
  EXPECT_GT(outcome.figures.at("quantisation_sigma").item<double>(), 0.5);
  EXPECT_LT(outcome.figures.at("quantisation_sigma").item<double>(), 2 / step);
}

TEST(AionScalar, SeveralBlocksAreOneSample) {
  const auto first = test::scalars(300, 1), second = test::scalars(200, 2);
  const modalities::Block a = first, b = second, both = modalities::concatenate({a, b});
  for (const auto form : {ScalarForm::table, ScalarForm::log_table, ScalarForm::grid}) {
    auto apart = made(form), together = made(form);
    apart.fit_all({{&a, &b}, {}});
    together.fit(both);
    EXPECT_TRUE(at::equal(apart.table(), together.table()));
  }
}

TEST(AionScalar, TheLossOfALogarithmTellsWhatItsFloorTakes) {
  auto codec = made(ScalarForm::log_table);
  auto block = test::scalars(400);
  codec.fit(block);
  int64_t below = 0;
  for (const double value : block.value) below += value <= std::exp(-3);
  EXPECT_GT(below, 10);
  EXPECT_NEAR(codec.loss(block).figures.at("below_floor").item<double>(), double(below) / 400, 1e-6);
  EXPECT_EQ(codec.loss(block).figures.at("out_of_range").item<double>(), 0);
}

TEST(AionScalar, MissingHasItsOwnStateButInTheReference) {
  auto block = test::scalars(3);
  block.value[1] = NAN;
  auto ours = made(ScalarForm::grid), reference = made(ScalarForm::grid, true);
  EXPECT_FALSE(ours.encode(block).present[1].item<bool>());
  const auto tokens = reference.encode(block);
  EXPECT_TRUE(tokens.present[1].item<bool>());
  EXPECT_EQ(tokens.ids[1][0].item<int64_t>(), 15);
  EXPECT_THROW(ours.values(at::full({1}, 16, at::kLong)), base::UserError);
}

TEST(AionScalar, FoldersOfEitherPrefixAndWithoutAReservoir) {
  const base::TemporaryFolder folder;
  auto codec = made(ScalarForm::log_table);
  codec.fit(test::scalars(500));
  codec.save(folder / "new");
  const auto weights = read_weights(folder / "new" / "model.safetensors");
  std::filesystem::create_directory(folder / "old");
  std::filesystem::copy_file(folder / "new" / "config.json", folder / "old" / "config.json");
  write_weights(folder / "old" / "model.safetensors",
                {{"quantizer._index_to_val", weights.at("_quantizer._index_to_val")}});
  const auto block = test::scalars(50, 4);
  for (const char* name : {"new", "old"}) {
    const auto loaded = load_tokenizer(folder / name);
    EXPECT_EQ(loaded->kind(), "aion_log_scalar") << name;
    EXPECT_TRUE(at::equal(loaded->encode(block).ids, codec.encode(block).ids)) << name;
  }
}

// A folder as the package publishes it: a table, and a config.json that tells no unit unless `more` does.
std::unique_ptr<Tokenizer> published(const std::filesystem::path& folder, const std::string& modality,
                                     const std::string& more = "") {
  std::filesystem::create_directories(folder);
  const bool grid = modality == "Z";
  io::write_json(folder / "config.json",
                 io::parse_json(R"({"modality": ")" + modality + R"(", "codebook_size": 64)" +
                                    (grid ? "" : R"(, "reservoir_size": 64, "min_log_value": -3)") + more + "}",
                                "a test"));
  write_weights(folder / "model.safetensors",
                {{grid ? "_quantizer.buckets" : "_quantizer._index_to_val", at::linspace(grid ? 0 : -3, 4, 64)}});
  return load_tokenizer(folder);
}

modalities::Block numbers_in(const std::string& unit, double factor = 1) {
  auto out = test::scalars(60);
  for (auto& value : out.value) value = (std::abs(value) + 0.1) * factor;
  for (auto& error : out.error) error *= factor;
  out.unit = unit;
  return out;
}

TEST(AionScalar, APublishedCodecReadsTheUnitOfItsQuantity) {
  const base::TemporaryFolder folder;
  const auto flux = published(folder / "FLUX_G", "FLUX_G"), redshift = published(folder / "Z", "Z");
  const auto refused = [](const Tokenizer& codec, const std::string& unit) {
    return testing::ThrowsMessage<base::UserError>(
        testing::AllOf(testing::HasSubstr(codec.kind()), testing::HasSubstr(unit)));
  };
  EXPECT_THAT([&] { flux->encode(numbers_in("")); }, refused(*flux, "FLUX_G reads values in 'nanomaggy'"));
  EXPECT_THAT([&] { flux->encode(numbers_in("mag")); }, refused(*flux, "these are in 'mag'"));
  EXPECT_THAT([&] { redshift->encode(numbers_in("km/s")); }, refused(*redshift, "these are in 'km/s'"));
  EXPECT_THAT([&] { redshift->loss(numbers_in("km/s")); }, refused(*redshift, "Z reads values as pure numbers"));
  EXPECT_TRUE(redshift->encode(numbers_in("")).present.all().item<bool>());
  EXPECT_EQ(std::get<modalities::ScalarBlock>(flux->decode(flux->encode(numbers_in("nanomaggy")), {})).unit,
            "nanomaggy");
  // microjanskys are converted; without that a third of the codes would be others
  const auto tokens = flux->encode(numbers_in("nanomaggy")),
             converted = flux->encode(numbers_in("uJy", astro::unit_factor("nanomaggy", "uJy")));
  EXPECT_GT((converted.ids == tokens.ids).to(at::kFloat).mean().item<double>(), 0.97);
  EXPECT_LT((flux->encode(numbers_in("nanomaggy", 3.631)).ids == tokens.ids).to(at::kFloat).mean().item<double>(), 0.5);
}

TEST(AionScalar, AFolderMaySayAnotherUnitOrAny) {
  const base::TemporaryFolder folder;
  const auto microjansky = published(folder / "uJy", "FLUX_G", R"(, "unit": "uJy")");
  EXPECT_THROW(microjansky->encode(numbers_in("mag")), base::UserError);
  EXPECT_EQ(std::get<modalities::ScalarBlock>(microjansky->decode(microjansky->encode(numbers_in("uJy")), {})).unit,
            "uJy");
  for (const char* more : {R"(, "unit": "")", R"(, "reference_behaviour": true)"}) {
    const auto any = published(folder / "any", "FLUX_G", more);
    EXPECT_TRUE(at::equal(any->encode(numbers_in("")).ids, any->encode(numbers_in("mag")).ids)) << more;
    any->save(folder / "again");
    EXPECT_NO_THROW(load_tokenizer(folder / "again")->encode(numbers_in("mag"))) << more;
  }
  EXPECT_NO_THROW(published(folder / "moment", "i_sdssshape_shape11")->encode(numbers_in("arcsec")));
}

// What a reader knows without being told is not written, so that what was published is saved as it was.
TEST(AionScalar, TheUnitIsWrittenWhereItIsAnother) {
  const base::TemporaryFolder folder;
  const auto said = [&](const Tokenizer& codec) {
    codec.save(folder / "saved");
    const auto config = io::read_json(folder / "saved" / "config.json");
    return config.contains("unit") ? config["unit"].get<std::string>() : std::string("none");
  };
  EXPECT_EQ(said(*published(folder / "a", "FLUX_G")), "none");
  EXPECT_EQ(said(*published(folder / "b", "Z")), "none");
  EXPECT_EQ(said(*published(folder / "c", "FLUX_G", R"(, "unit": "uJy")")), "uJy");
  EXPECT_EQ(said(*published(folder / "d", "FLUX_G", R"(, "unit": "")")), "");
}

// A table that the package will read as that of FLUX_G is made of nanomaggies.
TEST(AionScalar, ATableOfAPublishedQuantityIsMadeInItsUnit) {
  auto ours = made(ScalarForm::log_table), converted = made(ScalarForm::log_table);
  ours.fit(numbers_in("nanomaggy"));
  converted.fit(numbers_in("uJy", astro::unit_factor("nanomaggy", "uJy")));
  EXPECT_TRUE(at::allclose(converted.table(), ours.table(), 1e-5, 1e-5));
  EXPECT_THROW(made(ScalarForm::log_table).fit(numbers_in("")), base::UserError);
}

}  // namespace
}  // namespace asterism::tokenizers::aion
