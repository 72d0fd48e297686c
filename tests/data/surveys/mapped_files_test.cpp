#include "data/surveys/mapped_files.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "io/fits_writer.h"

namespace asterism::data {
namespace {

// A spectrum that two objects of three have: the third is absent, whatever comes first.
TEST(MappedFiles, WhatAnObjectLacksIsAbsentInItsBatch) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "1.csv", "wave,flux\n5000,1\n5001,2\n");
  base::write_text(folder / "3.csv", "wave,flux\n5000,1\n5001,2\n5002,3\n");
  Mapping mapping;
  auto& spectrum = mapping.spectra["spectrum_mine"];
  spectrum.file = "{id}.csv";
  spectrum.wavelength = "wave";
  spectrum.flux = "flux";
  spectrum.optional = true;
  MappedFiles files(mapping, folder.path());
  EXPECT_FALSE(files.empty());
  EXPECT_EQ(files.columns(), std::vector<std::string>{"id"});
  EXPECT_EQ(files.unknown(), std::vector<std::string>{"[spectra.spectrum_mine]"});
  std::vector<std::map<std::string, modalities::Block>> rows;
  modalities::Batch batch;
  for (const char* id : {"2", "1", "3"}) {
    batch.objects.push_back({"mine", id, false, 0, 0});
    rows.push_back(files.read([&](const std::string&) { return id; }, batch.objects.back(), folder.path()));
    files.learn(rows.back());
  }
  EXPECT_TRUE(files.unknown().empty());
  ASSERT_EQ(files.notes().size(), 1U);
  EXPECT_NE(files.notes()[0].find("spectrum_mine: neither files nor mapping say"), std::string::npos);
  files.add(std::move(rows), batch);
  modalities::check(batch);
  const auto& block = std::get<modalities::SpectrumBlock>(batch.blocks.at("spectrum_mine"));
  EXPECT_EQ(block.present, (base::AlignedVector<uint8_t>{0, 1, 1}));
  EXPECT_EQ(block.length, 3);
}

TEST(MappedFiles, WhatImagesLackIsTold) {
  const base::TemporaryFolder folder;
  io::FitsWriter().image("", {2, 2}, std::vector<float>{1, 2, 3, 4}, "uJy").write(folder / "1.fits");
  Mapping mapping;
  auto& image = mapping.images["image_mine"];
  image.file = "{id}.fits";
  image.scale = 0.3;
  image.description = "stamps";
  image.bands["mine-g"] = {};
  MappedFiles files(mapping, folder.path());
  files.learn(files.read([](const std::string&) { return "1"; }, {"mine", "1", false, 0, 0}, folder.path()));
  ASSERT_EQ(files.notes().size(), 2U);
  EXPECT_NE(files.notes()[0].find("image_mine: no ivar, variance or error"), std::string::npos);
  EXPECT_NE(files.notes()[1].find("image_mine: bands without a wavelength"), std::string::npos);
  EXPECT_EQ(files.descriptions().at("image_mine"), "stamps");
}

}  // namespace
}  // namespace asterism::data
