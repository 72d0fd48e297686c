#include "infer/bins_file.h"

#include <arrow/api.h>
#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"

namespace asterism::infer {
namespace {

std::shared_ptr<arrow::Schema> with_edges(const std::string& json) {
  return arrow::schema(
      {arrow::field("id", arrow::utf8()), arrow::field("z_posterior", arrow::float32())
                                              ->WithMetadata(arrow::key_value_metadata({{"asterism:edges", json}}))});
}

TEST(BinsFile, ARowABin) {
  const base::TemporaryFolder folder;
  write_bins(*with_edges("[0, 0.1, 2.5]"), folder.path());
  EXPECT_EQ(base::read_text(folder / "z_posterior_bins.csv"), "low,high\n0,0.1\n0.1,2.5\n");
  write_bins(*with_edges("[0, 1e300, null]"), folder.path());
  EXPECT_EQ(base::read_text(folder / "z_posterior_bins.csv"), "low,high\n0,1e+300\n1e+300,\n");
  const base::TemporaryFolder other;
  write_bins(*arrow::schema({arrow::field("id", arrow::utf8())}), other.path());
  EXPECT_TRUE(std::filesystem::is_empty(other.path()));
}

}  // namespace
}  // namespace asterism::infer
