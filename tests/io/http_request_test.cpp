#include "io/http_request.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "tests/io/http_server.h"

namespace asterism::io {
namespace {

class HttpRequestTest : public testing::Test {
 protected:
  HttpRequestTest() {
    set_http_options({.first_pause_s = 0.001, .longest_pause_s = 0.01, .connect_timeout_s = 2, .stall_timeout_s = 2});
    for (int i = 0; i < 1000; ++i) content_ += std::to_string(i) + " ";
    std::ofstream(folder_ / "x.bin", std::ios::binary) << content_;
  }
  ~HttpRequestTest() override { set_http_options({}); }

  HttpRequest ask_for(const HttpServer& server, uint64_t first, uint64_t end, const std::string& version = "") const {
    HttpRequest request{.name = http_name(server.url() + "/x.bin")};
    request.range = HttpRange{first, end, content_.size(), version};
    return request;
  }

  // The message of the DataError that asking ends in.
  static std::string fault(const HttpRequest& request) {
    try {
      http_ask(request);
    } catch (const base::DataError& error) {
      return error.what();
    }
    return "no error";
  }

  // As long as announced, but for the last bytes.
  std::string cut(size_t first, size_t end, size_t sent) const {
    return "HTTP/1.1 206 Partial Content\r\nContent-Length: " + std::to_string(end - first) +
           "\r\nContent-Range: bytes " + std::to_string(first) + "-" + std::to_string(end - 1) + "/" +
           std::to_string(content_.size()) + "\r\n\r\n" + content_.substr(first, sent);
  }

  const base::TemporaryFolder folder_;
  std::string content_;
};

TEST_F(HttpRequestTest, HeadAndRanges) {
  HttpServer server(folder_.path());
  const HttpAnswer head = http_ask({.name = http_name(server.url() + "/x.bin"), .head = true});
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("content-length"), std::to_string(content_.size()));
  EXPECT_FALSE(http_version(head).empty());
  EXPECT_EQ(http_ask(ask_for(server, 0, content_.size(), http_version(head))).body, content_);
  EXPECT_EQ(http_ask(ask_for(server, 17, 18)).body, content_.substr(17, 1));
  const HttpAnswer some = http_ask({.name = http_name(server.url() + "/x.bin"), .limit = 100});
  EXPECT_EQ(some.body, content_.substr(0, 100));
  EXPECT_TRUE(some.cut);
  EXPECT_EQ(http_ask({.name = http_name(server.url() + "/none"), .head = true}).status, 404);
  for (const auto& question : server.questions()) EXPECT_EQ(question.headers.at("accept-encoding"), "identity");
}

TEST_F(HttpRequestTest, AServerThatRecovers) {
  HttpServer server(folder_.path(), [](const HttpQuestion& q) -> std::optional<std::string> {
    if (q.number == 0) return HttpServer::plain("503 Service Unavailable", "Retry-After: 1\r\n");
    if (q.number == 1) return HttpServer::plain("429 Too Many Requests");
    if (q.number == 2) return "";  // hangs up
    return std::nullopt;
  });
  EXPECT_EQ(http_ask(ask_for(server, 5, 50)).body, content_.substr(5, 45));
  EXPECT_EQ(server.questions().size(), 4u);
}

TEST_F(HttpRequestTest, AServerThatDoesNotRecover) {
  HttpServer server(folder_.path(), [](const HttpQuestion&) { return HttpServer::plain("503 Service Unavailable"); });
  const std::string message = fault(ask_for(server, 5, 50));
  EXPECT_TRUE(says(message, server.url() + "/x.bin") && says(message, "503") && says(message, "later")) << message;
  EXPECT_EQ(server.questions().size(), size_t(HttpOptions{}.tries));
}

TEST_F(HttpRequestTest, ABodyThatBreaksOffIsTakenUpWhereItEnded) {
  HttpServer server(folder_.path(), [&](const HttpQuestion& q) -> std::optional<std::string> {
    if (q.number == 0) return cut(10, 1010, 300);
    return std::nullopt;
  });
  EXPECT_EQ(http_ask(ask_for(server, 10, 1010)).body, content_.substr(10, 1000));
  ASSERT_EQ(server.questions().size(), 2u);
  EXPECT_EQ(server.questions()[1].headers.at("range"), "bytes=310-1009");
}

TEST_F(HttpRequestTest, ABodyThatAlwaysBreaksOff) {
  HttpServer server(folder_.path(), [&](const HttpQuestion&) { return cut(10, 1010, 0); });
  const std::string message = fault(ask_for(server, 10, 1010));
  EXPECT_TRUE(says(message, "ends after 0 bytes") && says(message, "/x.bin")) << message;
}

TEST_F(HttpRequestTest, AServerThatIgnoresRanges) {
  HttpServer server(folder_.path(), [&](const HttpQuestion&) { return HttpServer::plain("200 OK", "", content_); });
  const std::string message = fault(ask_for(server, 10, 20));
  EXPECT_TRUE(says(message, "ignores Range") && says(message, "curl -L -O")) << message;
  EXPECT_EQ(server.questions().size(), 1u);
  EXPECT_EQ(http_ask(ask_for(server, 0, content_.size())).body, content_);  // all of it was wanted
}

TEST_F(HttpRequestTest, AFileThatChanges) {
  HttpServer server(folder_.path());
  EXPECT_TRUE(says(fault(ask_for(server, 10, 20, "\"other\"")), "changed on the server"));
  HttpRequest longer = ask_for(server, 10, 20);
  longer.range->total += 1;
  EXPECT_TRUE(says(fault(longer), "changed on the server"));
  HttpServer grown(folder_.path(),
                   [&](const HttpQuestion&) { return HttpServer::plain("200 OK", "", content_ + "1"); });
  EXPECT_TRUE(says(fault(ask_for(grown, 0, content_.size())), "longer than"));
}

TEST_F(HttpRequestTest, AnAnswerForOtherBytes) {
  HttpServer server(folder_.path(), [&](const HttpQuestion&) { return cut(11, 21, 10); });
  EXPECT_TRUE(says(fault(ask_for(server, 10, 20)), "Content-Range"));
  HttpServer none(folder_.path(),
                  [&](const HttpQuestion&) { return HttpServer::plain("206 Partial Content", "", "x"); });
  EXPECT_TRUE(says(fault(ask_for(none, 10, 20)), "Content-Range"));
  HttpServer more(folder_.path(), [&](const HttpQuestion&) {
    return HttpServer::plain("206 Partial Content",
                             "Content-Range: bytes 10-19/" + std::to_string(content_.size()) + "\r\n", content_);
  });
  EXPECT_TRUE(says(fault(ask_for(more, 10, 20)), "more than"));
}

TEST_F(HttpRequestTest, RedirectsKeepTheTokenAtItsHost) {
  HttpServer other(folder_.path());
  HttpServer server(folder_.path(), [&](const HttpQuestion& q) -> std::optional<std::string> {
    if (q.target == "/x.bin") return HttpServer::plain("302 Found", "Location: /y.bin\r\n", "elsewhere");
    return HttpServer::plain("307 Temporary Redirect", "Location: " + other.url() + "/x.bin?signed\r\n");
  });
  HttpRequest request = ask_for(server, 10, 20);
  request.name.bearer = "secret";
  const HttpAnswer answer = http_ask(request);
  EXPECT_EQ(answer.body, content_.substr(10, 10));
  EXPECT_EQ(answer.url, other.url() + "/x.bin?signed");
  for (const auto& q : server.questions()) EXPECT_EQ(q.headers.at("authorization"), "Bearer secret");
  for (const auto& q : other.questions()) EXPECT_EQ(q.headers.count("authorization"), 0u);
}

TEST_F(HttpRequestTest, RedirectsWithoutEnd) {
  HttpServer server(folder_.path(), [](const HttpQuestion&) {
    return HttpServer::plain("301 Moved Permanently", "Location: /x.bin\r\n");
  });
  EXPECT_TRUE(says(fault(ask_for(server, 1, 2)), "more than"));
  HttpServer away(folder_.path(), [](const HttpQuestion&) {
    return HttpServer::plain("301 Moved Permanently", "Location: file:///etc/passwd\r\n");
  });
  EXPECT_TRUE(says(fault(ask_for(away, 1, 2)), "no web address"));
}

TEST_F(HttpRequestTest, NoServerAndNoEncryption) {
  std::string gone;
  {
    HttpServer server(folder_.path());
    gone = server.url();
  }
  const std::string message = fault({.name = http_name(gone + "/x.bin"), .head = true});
  EXPECT_TRUE(says(message, "there is no answer") && says(message, gone)) << message;
  HttpServer server(folder_.path(), [](const HttpQuestion&) { return ""; });
  const std::string plain = fault({.name = http_name("https" + server.url().substr(4) + "/x.bin"), .head = true});
  EXPECT_TRUE(says(plain, "SSL_CERT_FILE")) << plain;
}

// Twice, since what the first question leaves behind is used again.
TEST_F(HttpRequestTest, AHostThatThereIsNot) {
  set_http_options({.tries = 1});
  for (int time = 0; time < 2; ++time) {
    const std::string message = fault({.name = http_name("http://nowhere.invalid/x.bin"), .head = true});
    EXPECT_TRUE(says(message, "there is no answer") && says(message, "nowhere.invalid")) << message;
  }
}

TEST_F(HttpRequestTest, ASilentServer) {
  set_http_options({.tries = 1, .stall_timeout_s = 1});
  HttpServer server(folder_.path(), [](const HttpQuestion&) -> std::optional<std::string> {
    std::this_thread::sleep_for(std::chrono::milliseconds(1600));
    return "";
  });
  EXPECT_TRUE(says(fault(ask_for(server, 1, 2)), "try again later"));
}

TEST_F(HttpRequestTest, ProxiesOfTheEnvironment) {
  HttpServer proxy(folder_.path(), [](const HttpQuestion& q) { return HttpServer::plain("200 OK", "", q.target); });
  setenv("http_proxy", proxy.url().c_str(), 1);
  const HttpAnswer answer = http_ask({.name = http_name("http://sky.invalid/x"), .limit = 100});
  unsetenv("http_proxy");
  EXPECT_EQ(answer.body, "http://sky.invalid/x");
}

}  // namespace
}  // namespace asterism::io
