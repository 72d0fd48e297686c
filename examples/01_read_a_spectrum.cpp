// Reads a spectrum from a dataset and says where its light is.
//
//   example_01_read_a_spectrum [DATASET]      (without one, two objects of the mock sky are made and read)

#include <fmt/core.h>

#include <cmath>
#include <stdexcept>

#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "data/mock.h"

int main(int argc, char** argv) try {
  using namespace asterism;
  const base::TemporaryFolder folder;
  std::filesystem::path dataset = folder / "sky";
  if (argc > 1) {
    dataset = argv[1];
  } else {
    data::MockOptions mock;
    mock.surveys = {"desi"};
    mock.objects = 2;
    data::write_mock(mock, dataset);
  }
  const auto reader = data::HatsReader::open(dataset);
  for (const auto& column : reader.layout().modalities) {
    if (column.kind != "spectrum") continue;
    reader.for_each({column.modality}, 16, [&](modalities::Batch&& batch, int64_t) {
      const auto& spectrum = std::get<modalities::SpectrumBlock>(batch.blocks.at(column.modality));
      for (int64_t row = 0; row < spectrum.n; ++row) {
        // Mean flux weighted by inverse variance: masked pixels have none.
        double sum = 0, weight = 0;
        int64_t good = 0;
        for (int64_t i = row * spectrum.length; i < (row + 1) * spectrum.length; ++i) {
          sum += double(spectrum.ivar[size_t(i)]) * double(spectrum.flux[size_t(i)]);
          weight += spectrum.ivar[size_t(i)];
          good += spectrum.mask[size_t(i)] == 0;
        }
        const auto& key = batch.objects[size_t(row)];
        if (weight > 0)
          fmt::print("{}: {} good pixels, mean flux {:.3g} +- {:.1g} {}\n", key.id, good, sum / weight,
                     1 / std::sqrt(weight), spectrum.unit);
        else
          fmt::print("{}: no spectrum\n", key.id);
      }
      return true;
    });
  }
} catch (const std::runtime_error& error) {  // UserError, DataError: what was asked for, or a file, is wrong
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
