#include "io/http_file.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>
#include <arrow/util/future.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "io/arrow_status.h"
#include "io/http_request.h"
#include "io/place.h"
#include "tests/io/http_server.h"

namespace asterism::io {
namespace {

namespace fs = std::filesystem;

class HttpFileTest : public testing::Test {
 protected:
  HttpFileTest() {
    http_forget();  // another test's server may have had the same port
    set_http_options({.first_pause_s = 0.001, .longest_pause_s = 0.01, .connect_timeout_s = 2, .stall_timeout_s = 2});
    for (int i = 0; content_.size() < (size_t{1} << 20); ++i) content_ += std::to_string(i) + " ";
    std::ofstream(folder_ / "x.bin", std::ios::binary) << content_;
    std::ofstream(folder_ / "small.txt") << "hello";
    std::ofstream(folder_ / "empty.txt") << "";
  }
  ~HttpFileTest() override { set_http_options({}); }

  template <class Function>
  static std::string fault(Function function) {
    try {
      function();
    } catch (const std::exception& error) {
      return error.what();
    }
    return "no error";
  }

  const base::TemporaryFolder folder_;
  std::string content_;
};

TEST_F(HttpFileTest, ReadsAnywhereWithFewQuestions) {
  HttpServer server(folder_.path());
  const fs::path path = server.url() + "/x.bin";
  EXPECT_TRUE(file_exists(path));
  EXPECT_EQ(file_bytes(path), content_.size());
  const auto file = open_for_reading(path);
  EXPECT_EQ(need_arrow(file->GetSize(), "x"), int64_t(content_.size()));
  EXPECT_EQ(need_arrow(file->ReadAt(1000, 5000), "x")->ToString(), content_.substr(1000, 5000));
  for (const size_t at : {content_.size() - 8, content_.size() - 5000, content_.size() - 100000})
    EXPECT_EQ(need_arrow(file->ReadAt(int64_t(at), 70), "x")->ToString(), content_.substr(at, 70));
  EXPECT_EQ(need_arrow(file->ReadAt(int64_t(content_.size()) - 3, 70), "x")->ToString(),
            content_.substr(content_.size() - 3));
  EXPECT_EQ(need_arrow(file->ReadAt(int64_t(content_.size()) + 3, 70), "x")->size(), 0);
  check_arrow(file->Seek(7), "x");
  EXPECT_EQ(need_arrow(file->Read(3), "x")->ToString(), content_.substr(7, 3));
  EXPECT_EQ(need_arrow(file->Tell(), "x"), 10);
  EXPECT_EQ(server.asked("HEAD", "/x.bin"), 1u);
  EXPECT_EQ(server.asked("GET", "/x.bin"), 3u);  // two places, and the end once
  check_arrow(file->Close(), "x");
  EXPECT_FALSE(file->ReadAt(0, 1).ok());
}

TEST_F(HttpFileTest, SmallFilesComeWhole) {
  HttpServer server(folder_.path());
  EXPECT_EQ(read_small_file(server.url() + "/small.txt", 5), "hello");
  EXPECT_EQ(read_small_file(server.url() + "/empty.txt", 5), "");
  EXPECT_THROW(read_small_file(server.url() + "/small.txt", 4), base::DataError);
  EXPECT_FALSE(file_exists(server.url() + "/none.txt"));
  EXPECT_THROW(file_bytes(server.url() + "/none.txt"), base::DataError);
  const std::string message = fault([&] { open_for_reading(server.url() + "/none.txt"); });
  EXPECT_TRUE(says(message, "404 Not Found") && says(message, server.url() + "/none.txt")) << message;
}

TEST_F(HttpFileTest, EndsOfManyAtOnce) {
  for (int i = 0; i < 40; ++i) std::ofstream(folder_ / (std::to_string(i) + ".txt")) << "file " << i;
  HttpServer server(folder_.path());
  std::vector<fs::path> paths;
  for (int i = 0; i < 41; ++i) paths.push_back(server.url() + "/" + std::to_string(i) + ".txt");  // the last is missing
  look_ahead(paths);
  const size_t before = server.questions().size();
  EXPECT_EQ(before, 81u);
  for (int i = 0; i < 40; ++i) EXPECT_EQ(read_small_file(paths[size_t(i)], 100), "file " + std::to_string(i));
  EXPECT_EQ(server.questions().size(), before);
  EXPECT_FALSE(file_exists(paths[40]));
}

TEST_F(HttpFileTest, AFolderIsNoFile) {
  HttpServer server(folder_.path(), [](const HttpQuestion& q) -> std::optional<std::string> {
    if (q.target == "/sky") return HttpServer::plain("301 Moved Permanently", "Location: /sky/\r\n");
    if (q.target == "/sky/") return HttpServer::plain("200 OK", "Content-Type: text/html\r\n");
    return std::nullopt;
  });
  EXPECT_FALSE(file_exists(server.url() + "/sky"));
  EXPECT_TRUE(says(fault([&] { open_for_reading(server.url() + "/sky"); }), "shows a folder"));
  EXPECT_FALSE(has_lists(server.url()));
  EXPECT_TRUE(says(fault([&] { files_below(server.url() + "/sky"); }), "no lists"));
}

TEST_F(HttpFileTest, AServerWithoutHead) {
  HttpServer server(folder_.path(), [](const HttpQuestion& q) -> std::optional<std::string> {
    if (q.method == "HEAD") return HttpServer::plain("405 Method Not Allowed");
    return std::nullopt;
  });
  EXPECT_EQ(file_bytes(server.url() + "/x.bin"), content_.size());
  EXPECT_EQ(read_small_file(server.url() + "/small.txt", 5), "hello");
  HttpServer silent(folder_.path(), [](const HttpQuestion& q) -> std::optional<std::string> {
    const std::string begin = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    return q.method == "HEAD" ? begin : begin + "hello";
  });
  EXPECT_TRUE(says(fault([&] { file_bytes(silent.url() + "/x.bin"); }), "how long"));
}

TEST_F(HttpFileTest, FailuresOnThreadsOfArrowAreStatuses) {
  HttpServer server(folder_.path(), [](const HttpQuestion& q) -> std::optional<std::string> {
    if (q.method == "GET") return HttpServer::plain("500 Internal Server Error");
    return std::nullopt;
  });
  const auto file = open_for_reading(server.url() + "/x.bin");
  const auto status = file->ReadAsync(0, 100).status();
  EXPECT_TRUE(status.IsIOError() && says(status.ToString(), "500")) << status.ToString();
}

TEST_F(HttpFileTest, RefusedCredentials) {
  HttpServer server(folder_.path(), [](const HttpQuestion&) { return HttpServer::plain("401 Unauthorized"); });
  EXPECT_TRUE(says(fault([&] { file_exists(server.url() + "/x.bin"); }), "credentials are not sent"));
  HttpServer store(folder_.path(), [](const HttpQuestion&) { return HttpServer::plain("403 Forbidden"); });
  EXPECT_FALSE(file_exists(store.url() + "/x.bin"));  // what stores of objects answer for what is missing
  EXPECT_TRUE(says(fault([&] { open_for_reading(store.url() + "/x.bin"); }), "403 Forbidden"));
}

// As the hub does it: the file's address leads to another host, signed for a while.
TEST_F(HttpFileTest, TheHub) {
  HttpServer store(folder_.path(), [](const HttpQuestion& q) -> std::optional<std::string> {
    if (q.headers.contains("authorization")) return HttpServer::plain("400 Bad Request");
    if (q.target == "/x.bin?sign=1" && q.number == 1) return HttpServer::plain("403 Forbidden");  // expired
    return std::nullopt;
  });
  HttpServer hub(folder_.path(), [&](const HttpQuestion& q) -> std::optional<std::string> {
    if (!q.headers.contains("authorization") || q.headers.at("authorization") != "Bearer hf_1")
      return HttpServer::plain("401 Unauthorized");
    const std::string root = "/datasets/sky/stars/resolve/v1/";
    if (q.target == root + "data/x.bin")
      return HttpServer::plain("302 Found", "Location: " + store.url() + "/x.bin?sign=1\r\n");
    const std::string tree = "/api/datasets/sky/stars/tree/v1/data?recursive=true";
    if (q.target == tree)
      return HttpServer::plain(
          "200 OK", "Link: <http://" + q.headers.at("host") + tree + "&cursor=2>; rel=\"next\"\r\n",
          R"([{"type":"file","path":"data/b.parquet","size":1},{"type":"directory","path":"data/c"}])");
    if (q.target == tree + "&cursor=2")
      return HttpServer::plain("200 OK", "", R"([{"type":"file","path":"data/c/a.parquet","size":1}])");
    return std::nullopt;
  });
  setenv("HF_ENDPOINT", hub.url().c_str(), 1);
  setenv("HF_TOKEN", "hf_1", 1);
  const fs::path folder = "hf://datasets/sky/stars@v1/data";
  EXPECT_TRUE(folder_exists(folder));
  EXPECT_FALSE(folder_exists("hf://datasets/sky/stars@v1/none"));
  EXPECT_EQ(files_below(folder), (std::vector<fs::path>{folder / "b.parquet", folder / "c" / "a.parquet"}));
  const auto file = open_for_reading(folder / "x.bin");
  for (const size_t at : {100u, 200u, 300u})
    EXPECT_EQ(need_arrow(file->ReadAt(int64_t(at), 50), "x")->ToString(), content_.substr(at, 50));
  unsetenv("HF_TOKEN");
  http_forget();
  const std::string message = fault([&] { file_exists(folder / "x.bin"); });
  EXPECT_TRUE(says(message, "HF_TOKEN") && says(message, "hf://datasets/sky/stars@v1/data/x.bin")) << message;
  unsetenv("HF_ENDPOINT");
}

}  // namespace
}  // namespace asterism::io
