// Predictions of a model of classes.

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "infer/predict.h"
#include "io/parquet.h"
#include "models/adapted.h"
#include "tests/infer/tiny_sky.h"

namespace asterism::infer {
namespace {

// A model that tells three kinds apart, and the sky that it learned from.
void write_kinds(const base::TemporaryFolder& folder) {
  auto objects = sky_objects();
  auto kind = modalities::make_scalars(kObjects, "", false);
  for (int64_t i = 0; i < kObjects; ++i) {
    kind.present[size_t(i)] = 1;
    kind.value[size_t(i)] = double(i % 3);
  }
  objects.blocks["kind"] = kind;
  data::HatsWriter writer(folder / "sky", {.name = "tiny"}, data::HatsOptions());
  writer.add(objects);
  writer.finish();
  small_model()->save(folder / "backbone");
  models::AdaptedSettings settings;
  settings.backbone = (folder / "backbone").string();
  settings.adapt = "linear";
  settings.target = "kind";
  settings.task = "classification";
  settings.classes = 3;
  models::Adapted model(settings);
  model.fit(objects);
  model.save(folder / "model");
}

// The middle of an interval about class 2 is 1.6, say: no class, and 1 where a program cuts it to a whole number.
TEST(PredictClasses, TheModeIsTheMostProbableClassAndDrawsAreClasses) {
  const base::TemporaryFolder folder;
  write_kinds(folder);
  PredictOptions options;
  options.model = folder / "model";
  options.dataset = folder / "sky";
  options.out = folder / "out";
  options.targets = {"kind"};
  options.draws = 20;
  ASSERT_TRUE(predict(options).complete);
  const auto reader = data::HatsReader::open(folder / "out");
  for (const char* of_numbers :
       {"kind_mean", "kind_std", "kind_median", "kind_q05", "kind_q16", "kind_q84", "kind_q95"})
    EXPECT_FALSE(reader.schema()->GetFieldByName(of_numbers)) << of_numbers << ": classes have no order";
  int64_t seen = 0;
  for (const auto& file : reader.files()) {
    const auto table = io::read_parquet(file.path);
    const auto column = [&](const char* name) { return table->GetColumnByName(name)->chunk(0); };
    const auto& mode = dynamic_cast<const arrow::DoubleArray&>(*column("kind_mode"));
    const auto& posterior = dynamic_cast<const arrow::FixedSizeListArray&>(*column("kind_posterior"));
    const auto& draws = dynamic_cast<const arrow::FixedSizeListArray&>(*column("kind_draws"));
    const auto& p = dynamic_cast<const arrow::FloatArray&>(*posterior.values());
    const auto& drawn = dynamic_cast<const arrow::FloatArray&>(*draws.values());
    for (int64_t row = 0; row < table->num_rows(); ++row) {
      if (mode.IsNull(row)) continue;
      ++seen;
      const float* first = p.raw_values() + posterior.value_offset(row);
      EXPECT_EQ(mode.Value(row), double(std::max_element(first, first + 3) - first));
      for (int64_t s = 0; s < 20; ++s) {
        const double one = drawn.Value(draws.value_offset(row) + s);
        EXPECT_TRUE(one == 0 || one == 1 || one == 2) << one;
      }
    }
  }
  EXPECT_EQ(seen, kObjects - kObjects / 10);
}

}  // namespace
}  // namespace asterism::infer
