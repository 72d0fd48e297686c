// Datasets on web servers: opened, read, cut, matched and loaded as those of a folder, and little of them fetched.

#include <arrow/api.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_write.h"
#include "data/inspect.h"
#include "data/loader.h"
#include "data/match_tables.h"
#include "data/select.h"
#include "io/http_file.h"
#include "io/http_request.h"
#include "io/parquet.h"
#include "io/place.h"
#include "tests/data/match_files.h"
#include "tests/data/sample_batch.h"
#include "tests/io/http_server.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

class WebDatasets : public testing::Test {
 protected:
  WebDatasets() {
    io::http_forget();
    io::set_http_options({.first_pause_s = 0.001});
    HatsOptions options;
    options.partition_rows = 40;
    HatsWriter writer(folder_ / "sky", {.name = "stars"}, options);
    batch_ = sample_batch(200);
    writer.add(batch_);
    writer.finish();
  }
  ~WebDatasets() override {
    io::set_http_options({});
    io::close_http();
  }

  static std::vector<std::string> ids(const HatsReader& dataset) {
    std::vector<std::string> out;
    for (const auto& key : dataset.keys()) out.push_back(key.id);
    return out;
  }

  const base::TemporaryFolder folder_;
  modalities::Batch batch_;
};

TEST_F(WebDatasets, OpenAsThoseOfAFolder) {
  io::HttpServer server(folder_.path());
  const auto here = HatsReader::open(folder_ / "sky"), there = HatsReader::open(server.url() + "/sky");
  EXPECT_EQ(there.num_rows(), 200);
  EXPECT_GT(there.files().size(), 4u);
  EXPECT_EQ(there.files().size(), here.files().size());  // rows without position among them
  EXPECT_EQ(ids(there), ids(here));
  EXPECT_EQ(there.data_hash(), here.data_hash());
  const auto report = inspect(there);
  EXPECT_EQ(report.rows, 200);
  EXPECT_EQ(report.bytes, inspect(here).bytes);
  // The catalogue inside the collection, and one file of it.
  EXPECT_EQ(HatsReader::open(server.url() + "/sky/stars").num_rows(), inspect(here).placed);
  const std::string file = there.files()[0].path.string();
  EXPECT_EQ(HatsReader::open(file).num_rows(), io::ParquetFile::open(here.files()[0].path).num_rows());
  EXPECT_EQ(HatsReader::open(file + "?signed=x.y").name(), HatsReader::open(file).name());
}

TEST_F(WebDatasets, AConeFetchesLittle) {
  io::HttpServer server(folder_.path());
  const auto there = HatsReader::open(server.url() + "/sky");
  const auto& object = *std::find_if(batch_.objects.begin(), batch_.objects.end(),
                                     [](const modalities::ObjectKey& key) { return key.has_position; });
  const std::string cone = fmt::format("{},{},5", object.ra_deg, object.dec_deg);
  const auto report = select_rows(there, folder_ / "far.parquet", {.region = {.cone = parse_cone(cone)}});
  select_rows(HatsReader::open(folder_ / "sky"), folder_ / "near.parquet", {.region = {.cone = parse_cone(cone)}});
  EXPECT_EQ(report.rows, 1);
  EXPECT_TRUE(io::read_parquet(folder_ / "far.parquet")->Equals(*io::read_parquet(folder_ / "near.parquet")));
  EXPECT_LT(report.bytes_read, report.bytes / 2);
  EXPECT_LE(report.files_opened, 2);
  size_t touched = 0;
  for (const auto& file : there.files())
    touched += server.asked("HEAD", file.path.string().substr(server.url().size()));
  EXPECT_LE(int64_t(touched), report.files_opened + 1);  // the last: rows without position, which have no estimate
}

TEST_F(WebDatasets, ByIdAndMatchedAndLoaded) {
  io::HttpServer server(folder_.path());
  const fs::path far = server.url() + "/sky";
  const auto report = select_rows(HatsReader::open(far), folder_ / "x.parquet", {.ids = {batch_.objects[17].id}});
  EXPECT_EQ(report.rows, 1);
  EXPECT_EQ(match_tables(far, folder_ / "sky", folder_ / "m.parquet", {}).pairs, inspect(HatsReader::open(far)).placed);
  EXPECT_THROW(match_tables(server.url() + "/x.csv", far, folder_ / "n.parquet", {}), base::UserError);
  LoaderOptions options{.datasets = {far}, .batch_size = 32, .shuffle = false, .drop_last = false};
  Loader loader(options);
  options.datasets = {folder_ / "sky"};
  Loader near(options);
  int64_t rows = 0;
  while (const auto batch = loader.next()) {
    const auto other = near.next();
    ASSERT_TRUE(other.has_value());
    for (int64_t i = 0; i < batch->size(); ++i) EXPECT_EQ(batch->objects[size_t(i)].id, other->objects[size_t(i)].id);
    rows += batch->size();
  }
  EXPECT_EQ(rows, 200);
}

TEST_F(WebDatasets, WithoutPartitionInfoTheMetadataLists) {
  fs::remove(folder_ / "sky" / "stars" / "partition_info.csv");
  io::HttpServer server(folder_.path());
  EXPECT_EQ(ids(HatsReader::open(server.url() + "/sky")), ids(HatsReader::open(folder_ / "sky")));
  // A list that leads out of the catalogue.
  const auto file = io::ParquetFile::open(HatsReader::open(folder_ / "sky").files()[0].path);
  io::write_parquet_metadata(folder_ / "sky" / "stars" / "dataset" / "_metadata", {{"../../x.parquet", file.footer()}});
  io::http_forget();
  EXPECT_THROW(HatsReader::open(server.url() + "/sky"), base::DataError);
}

// A repository of the hub with the dataset at its root: opened as a catalogue, and a folder of it as plain files.
TEST_F(WebDatasets, FromTheHub) {
  const std::string resolve = "/datasets/survey/stars/resolve/main/", tree = "/api/datasets/survey/stars/tree/main";
  io::HttpServer server(folder_.path(), [&](const io::HttpQuestion& q) -> std::optional<std::string> {
    if (q.target.starts_with(resolve))
      return io::HttpServer::plain("302 Found", "Location: /sky/" + q.target.substr(resolve.size()) + "\r\n");
    if (!q.target.starts_with(tree)) return std::nullopt;
    const std::string below = q.target.substr(tree.size(), q.target.find('?') - tree.size());
    const fs::path place = folder_ / "sky" / (below.empty() ? "" : below.substr(1));
    if (!fs::is_directory(place)) return io::HttpServer::plain("404 Not Found");
    std::string list;
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
      list += fmt::format(R"({}{{"type":"{}","path":"{}"}})", list.empty() ? "" : ",",
                          entry.is_directory() ? "directory" : "file",
                          entry.path().lexically_relative(folder_ / "sky").string());
    }
    return io::HttpServer::plain("200 OK", "", "[" + list + "]");
  });
  setenv("HF_ENDPOINT", server.url().c_str(), 1);
  const auto here = HatsReader::open(folder_ / "sky"), there = HatsReader::open("hf://datasets/survey/stars");
  EXPECT_EQ(ids(there), ids(here));
  EXPECT_EQ(HatsReader::open("hf://datasets/survey/stars/stars/dataset").num_rows(), inspect(here).placed);
  EXPECT_THROW(HatsReader::open("hf://datasets/survey/stars/none"), base::UserError);
  EXPECT_THROW(HatsReader::open("hf://datasets/survey/stars/none.parquet"), base::UserError);
  unsetenv("HF_ENDPOINT");
}

TEST_F(WebDatasets, WhatIsNotThereOrFailsIsSaid) {
  io::HttpServer server(folder_.path(), [](const io::HttpQuestion& q) -> std::optional<std::string> {
    if (q.method == "GET" && q.headers.contains("range") && q.target.ends_with(".parquet"))
      return io::HttpServer::plain("200 OK", "", std::string(1 << 20, 'x'));  // ignores Range
    return std::nullopt;
  });
  for (const char* name : {"/none", "/none.parquet", "/"}) {
    EXPECT_THROW(HatsReader::open(server.url() + name), base::UserError) << name;
  }
  try {
    HatsReader::open(server.url() + "/sky").num_rows();
    FAIL();
  } catch (const base::DataError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find(server.url() + "/sky/stars/dataset/Norder"), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace asterism::data
