#include "infer/slice_reader.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "tests/infer/tiny_sky.h"

namespace asterism::infer {
namespace {

// Ids and fluxes in the order in which they come, and the largest batch.
struct Read {
  std::vector<std::string> ids;
  std::vector<double> fluxes;
  int64_t largest = 0;
  bool operator==(const Read&) const = default;
};

Read all_of(const data::HatsReader& reader, bool ahead) {
  Read out;
  auto columns = reader.layout().columns_for({"flux_g"});
  columns.push_back("no_such_column");
  for (size_t file = 0; file < reader.files().size(); ++file) {
    SliceReader slices(reader, file, columns, {"flux_g"}, 7, ahead);
    while (const auto slice = slices.next()) {
      EXPECT_EQ(slice->rows->num_rows(), slice->batch.size());
      out.largest = std::max(out.largest, slice->batch.size());
      for (const auto& object : slice->batch.objects) out.ids.push_back(object.id);
      const auto& flux = std::get<modalities::ScalarBlock>(slice->batch.blocks.at("flux_g"));
      out.fluxes.insert(out.fluxes.end(), flux.value.begin(), flux.value.end());
    }
    EXPECT_FALSE(slices.next()) << "the end stays the end";
  }
  return out;
}

TEST(SliceReader, GivesEveryRowOnceAheadOrNot) {
  const base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto reader = data::HatsReader::open(folder / "sky");
  const auto now = all_of(reader, false);
  EXPECT_EQ(int64_t(now.ids.size()), reader.num_rows());
  EXPECT_EQ(now.largest, 7);
  EXPECT_EQ(all_of(reader, true), now);
}

TEST(SliceReader, MayBeLeftHalfWay) {
  const base::TemporaryFolder folder;
  write_sky(folder / "sky");
  const auto reader = data::HatsReader::open(folder / "sky");
  SliceReader slices(reader, 0, reader.layout().columns_for({"flux_g"}), {"flux_g"}, 1, true);
  EXPECT_TRUE(slices.next());
}

}  // namespace
}  // namespace asterism::infer
