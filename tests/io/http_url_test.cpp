#include "io/http_url.h"

#include <gtest/gtest.h>

#include <cstdlib>

#include "base/error.h"

namespace asterism::io {
namespace {

TEST(HttpUrl, WebAddresses) {
  EXPECT_TRUE(is_http("http://h/x"));
  EXPECT_TRUE(is_http("HTTPS://h/x"));
  EXPECT_TRUE(is_http("hf://datasets/a/b"));
  EXPECT_FALSE(is_http("s3://b/x"));
  EXPECT_FALSE(is_http("http"));
  EXPECT_FALSE(is_http("/http://x"));
  const HttpName name = http_name("HTTP://Host:8080/a b/%20/Npix=1.parquet?sign=secret");
  EXPECT_EQ(name.url, "http://Host:8080/a%20b/%20/Npix=1.parquet?sign=secret");
  EXPECT_EQ(name.shown.find("secret"), std::string::npos);
  EXPECT_EQ(http_name(std::filesystem::path("https://h/x").lexically_normal()).url, "https://h/x");
  EXPECT_EQ(http_name("http://h/\xc3\xa9#1").url, "http://h/%C3%A9%231");
}

TEST(HttpUrl, RefusesWhatIsNoAddress) {
  for (const char* bad : {"http://", "https:///", "http://user:word@h/x", "http://h/a\r\nHost: other",
                          "hf://models/a/b/x", "hf://datasets/a", "hf://datasets/a/../x", "hf://datasets//b/x",
                          "hf://datasets/a/b@/x", "hf://datasets/a/b c/x"}) {
    EXPECT_THROW(http_name(bad), base::UserError) << bad;
  }
  try {
    http_name("http://user:word@h/x");
  } catch (const base::UserError& error) {
    EXPECT_EQ(std::string(error.what()).find("word@"), std::string::npos);
  }
}

TEST(HttpUrl, NamesInTheHub) {
  unsetenv("HF_ENDPOINT");
  setenv("HF_TOKEN", "t", 1);
  const HttpName name = http_name("hf://datasets/Owner/my.set/train/a b.parquet");
  EXPECT_EQ(name.url, "https://huggingface.co/datasets/Owner/my.set/resolve/main/train/a%20b.parquet");
  EXPECT_EQ(name.bearer, "t");
  EXPECT_EQ(http_name("https://huggingface.co/x").bearer, "");
  setenv("HF_ENDPOINT", "http://127.0.0.1:9/hub/", 1);
  EXPECT_EQ(http_name("hf://datasets/a/b@v1/x").url, "http://127.0.0.1:9/hub/datasets/a/b/resolve/v1/x");
  EXPECT_EQ(http_name("hf://datasets/a/b@refs/convert/parquet/x").url,
            "http://127.0.0.1:9/hub/datasets/a/b/resolve/refs%2Fconvert%2Fparquet/x");
  EXPECT_EQ(http_name("hf://datasets/a/b@refs%2Fpr%2F1/x/").url,
            "http://127.0.0.1:9/hub/datasets/a/b/resolve/refs%2Fpr%2F1/x");
  EXPECT_EQ(hub_tree_name("hf://datasets/a/b/x").url, "http://127.0.0.1:9/hub/api/datasets/a/b/tree/main/x");
  setenv("HF_ENDPOINT", "hub", 1);
  EXPECT_THROW(http_name("hf://datasets/a/b/x"), base::UserError);
  unsetenv("HF_ENDPOINT");
  unsetenv("HF_TOKEN");
  EXPECT_EQ(hub_file("hf://datasets/a/b/x", "x/y.parquet"), "hf://datasets/a/b/x/y.parquet");
  EXPECT_EQ(hub_file("hf://datasets/a/b@v1", "y.parquet"), "hf://datasets/a/b@v1/y.parquet");
  EXPECT_EQ(http_name(hub_file("hf://datasets/a/b@refs/pr/1", "y.parquet")).url,
            "https://huggingface.co/datasets/a/b/resolve/refs%2Fpr%2F1/y.parquet");
  EXPECT_THROW(hub_file("hf://datasets/a/b", "../../c/d/y.parquet"), base::DataError);
  EXPECT_THROW(hub_file("hf://datasets/a/b", "/y.parquet"), base::DataError);
}

TEST(HttpUrl, Origins) {
  EXPECT_EQ(origin_of("https://Hub.co/x?y"), "https://hub.co:443");
  EXPECT_EQ(origin_of("http://h:81?x"), "http://h:81");
  EXPECT_EQ(origin_of("http://[::1]/x"), "http://[::1]:80");
  EXPECT_EQ(origin_of("http://[::1]:5/x"), "http://[::1]:5");
  // Not the host that stands before the '@'.
  EXPECT_EQ(origin_of("https://huggingface.co@evil.org/"), "https://evil.org:443");
  EXPECT_EQ(origin_of("https://huggingface.co\\@evil.org/"), "https://evil.org:443");
  EXPECT_EQ(origin_of("https://evil.org\\huggingface.co/"), "");
  EXPECT_EQ(origin_of("https://huggingface.co evil.org/"), "");
  EXPECT_EQ(origin_of("ftp://h/x"), "");
  EXPECT_EQ(origin_of("/x"), "");
  EXPECT_EQ(without_query("http://h/x?y#z"), "http://h/x");
}

}  // namespace
}  // namespace asterism::io
