#pragma once
// What the tests of importers share: all rows of one, damaged copies of its files.

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/survey.h"
#include "io/fits.h"
#include "modalities/block.h"
#include "tests/where.h"

namespace asterism::data {

using Opener = std::unique_ptr<SurveyImport> (*)(const std::vector<std::filesystem::path>&, const ImportOptions&,
                                                 BadRows&);

// Every row, joined and checked; fails the test when rows were bad.
inline modalities::Batch all_rows(Opener open, const std::vector<std::filesystem::path>& inputs,
                                  const ImportOptions& options = {}) {
  BadRows bad(0);
  const auto import = open(inputs, options, bad);
  std::vector<modalities::Batch> parts;
  while (auto batch = import->next()) parts.push_back(std::move(*batch));
  auto all = modalities::concatenate(parts);
  modalities::check(all);
  return all;
}

// A small file that another program wrote in a survey's layout (tests/golden).
inline std::filesystem::path golden_file(const std::string& name) {
  return std::filesystem::path(asterism::tests::kSourceFolder) / "tests/golden/surveys" / name;
}

inline const modalities::ImageBlock& image(const modalities::Batch& batch, const std::string& name) {
  return std::get<modalities::ImageBlock>(batch.blocks.at(name));
}

inline const modalities::ScalarBlock& scalar(const modalities::Batch& batch, const std::string& name) {
  return std::get<modalities::ScalarBlock>(batch.blocks.at(name));
}

inline size_t row_of(const modalities::Batch& batch, const std::string& id) {
  for (size_t i = 0; i < batch.objects.size(); ++i) {
    if (batch.objects[i].id == id) return i;
  }
  ADD_FAILURE() << "no object " << id;
  return 0;
}

inline std::string bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_bytes(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), std::streamsize(bytes.size()));
}

// How many rows an importer gives of these inputs, and how many it counts as bad.
struct Counts {
  int64_t rows = 0, bad = 0;
  std::string first;
};
inline Counts counts(Opener open, const std::vector<std::filesystem::path>& inputs, int64_t max_bad = 1000) {
  BadRows bad(max_bad);
  Counts out;
  const auto import = open(inputs, {}, bad);
  while (const auto batch = import->next()) {
    modalities::check(*batch);
    out.rows += batch->size();
  }
  out.bad = bad.count();
  if (out.bad > 0) out.first = bad.first();
  return out;
}

// A folder with one good file and a damaged copy of `source` under `name`: cut at many lengths and with flipped bits
// in its headers, it gives a bad row or, where the flip does not matter, a row; never a crash, and the good file's row
// is always there. Cut files are always bad, and stop an import that allows none.
inline void expect_bad_rows(Opener open, const std::filesystem::path& source, const std::filesystem::path& good,
                            const std::string& name) {
  namespace fs = std::filesystem;
  const std::string bytes = bytes_of(source);
  const base::TemporaryFolder work;
  fs::create_directories(work / "in");
  fs::copy(good, work / "in" / good.filename());
  const int64_t good_rows = counts(open, {work / "in"}).rows;
  ASSERT_GT(good_rows, 0);
  for (const size_t length : {size_t{0}, size_t{100}, size_t{2880}, bytes.size() / 4, bytes.size() / 2}) {
    write_bytes(work / "in" / name, bytes.substr(0, length));
    const Counts found = counts(open, {work / "in"});
    EXPECT_EQ(found.rows, good_rows) << length;
    EXPECT_GE(found.bad, 1) << length;
    EXPECT_NE(found.first.find(name), std::string::npos) << found.first;
    EXPECT_THROW(counts(open, {work / "in"}, 0), base::DataError);
  }
  for (size_t at = 7; at < std::min<size_t>(bytes.size(), 12000); at += 1201) {
    std::string flipped = bytes;
    flipped[at] = char(flipped[at] ^ (1 << (at % 7)));
    write_bytes(work / "in" / name, flipped);
    EXPECT_GE(counts(open, {work / "in"}).rows, good_rows) << at;
  }
}

}  // namespace asterism::data
