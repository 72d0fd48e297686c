#include "io/npz.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/io/files.h"
#include "tests/io/tables_golden.h"

namespace asterism::io {
namespace {

TEST(Npz, EveryKindAsNumpyReadsIt) {
  const auto file = NpzFile::open(tables_path("kinds.npz"));
  const auto& want = tables_golden()["npz"];
  for (const char* name : {"float", "half", "double_big", "small", "long", "flag", "column_major"}) {
    const auto array = file.read(name);
    EXPECT_EQ(nlohmann::json(array.shape), want[name]["shape"]) << name;
    EXPECT_EQ(nlohmann::json(array.values<double>()), want[name]["values"]) << name;
  }
  EXPECT_EQ(nlohmann::json(file.read("text").texts()), want["text"]["values"]);
  EXPECT_EQ(nlohmann::json(file.read("bytes").texts()), want["bytes"]["values"]);
  const auto rows = file.read("rows");
  EXPECT_EQ(nlohmann::json(rows.values<int64_t>("id")), want["rows"]["id"]);
  EXPECT_EQ(nlohmann::json(rows.values<float>("pair")), want["rows"]["pair"]);
  EXPECT_EQ(nlohmann::json(rows.texts("name")), want["rows"]["name"]);
  EXPECT_EQ(rows.field("pair").per_item, 2);
}

TEST(Npz, WhatCannotBeIsRefused) {
  const auto file = NpzFile::open(tables_path("kinds.npz"));
  EXPECT_NE(message_of([&] { file.read("objects"); }).find("pickled objects are not read"), std::string::npos);
  EXPECT_NE(message_of([&] { file.read("complex"); }).find("allowed are"), std::string::npos);
  EXPECT_NE(message_of([&] { file.read("flaot"); }).find("'float'"), std::string::npos);
  EXPECT_THROW(file.read("float").values<int32_t>(), base::DataError);
  EXPECT_THROW(file.read("long").values<uint8_t>(), base::DataError);  // 2^40 does not fit
  EXPECT_THROW(file.read("text").values<double>(), base::DataError);
  EXPECT_THROW(file.read("float").texts(), base::DataError);
}

TEST(Npz, TheSupernovaSpectra) {
  ASTERISM_NEED_REAL_DATA();
  const auto file = NpzFile::open(real_path("supernovae/spectra.npz"));
  const auto offset = file.read("offset").values<int64_t>();
  const auto wave = file.read("wave").values<float>();
  ASSERT_EQ(offset.size(), 701U);
  EXPECT_EQ(offset.back(), 1292420);
  EXPECT_EQ(wave.size(), 1292420U);
}

TEST(Npz, TheSimulatedBlends) {
  ASTERISM_NEED_REAL_DATA();
  const auto file = NpzFile::open(real_path("hsc_sim_blends/43160169307177141.npz"));
  const auto images = file.read("images");
  ASSERT_EQ(images.shape.size(), 3U);
  EXPECT_EQ(images.shape[0], 5);
  EXPECT_EQ(images.values<float>().size(), size_t(images.num_items()));
  EXPECT_GT(file.read("matched").fields.size(), 20U);
}

}  // namespace
}  // namespace asterism::io
