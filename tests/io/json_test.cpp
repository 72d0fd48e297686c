#include "io/json.h"

#include <cmath>
#include <limits>

#include "base/atomic_file.h"
#include "base/temporary_folder.h"
#include "tests/io/files.h"

namespace asterism::io {
namespace {

TEST(Json, RoundTripKeepsAllDigits) {
  base::TemporaryFolder folder;
  const nlohmann::json value = {{"pi", 3.141592653589793},
                                {"big", uint64_t{18446744073709551615u}},
                                {"list", {1, -2, nullptr, true}},
                                {"text", "\u03b1 \"q\" \n"}};
  write_json(folder / "a.json", value);
  EXPECT_EQ(read_json(folder / "a.json"), value);
  EXPECT_EQ(parse_json(dump_json(value, -1), "test"), value);
  EXPECT_EQ(dump_json(nlohmann::json{{"x", std::nan("")}, {"y", std::numeric_limits<double>::infinity()}}, -1),
            R"({"x":null,"y":null})");
  EXPECT_EQ(dump_json("a\xff", -1), "\"a\uFFFD\"");
}

TEST(Json, ErrorsNameTheByte) {
  EXPECT_NE(message_of([] { parse_json(R"({"a": 1, "b": })", "'x.json'"); }).find("'x.json': no valid JSON at byte 15"),
            std::string::npos);
}

TEST(Json, RefusesWhatIsNotQuiteJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\":1,}", "NaN", "Infinity", "01", "1 2", "{'a':1}", "\"\xff\"",
                           "\"\\ud800\"", "1e999", "// c\n1", "nul", "\"\t\""}) {
    EXPECT_THROW(parse_json(text, "test"), base::DataError) << text;
  }
}

TEST(Json, RepeatedKeysAndDepth) {
  EXPECT_NE(message_of([] { parse_json(R"({"a": {"k": 1, "k": 2}})", "t"); }).find("'k' is there twice"),
            std::string::npos);
  EXPECT_NO_THROW(parse_json(R"([{"k": 1}, {"k": 2, "j": {"k": 3}}])", "t"));
  EXPECT_NO_THROW(parse_json(std::string(64, '[') + std::string(64, ']'), "t"));
  EXPECT_NE(message_of([] { parse_json(std::string(65, '[') + std::string(65, ']'), "t"); }).find("deeper than 64"),
            std::string::npos);
  EXPECT_THROW(parse_json(std::string(5000000, '['), "t"), base::DataError);
}

TEST(Json, FilesHaveALimit) {
  base::TemporaryFolder folder;
  base::write_text(folder / "a.json", "[1, 2, 3]");
  EXPECT_THROW(read_json(folder / "a.json", 5), base::DataError);
  EXPECT_THROW(read_json(folder / "b.json"), base::UserError);
}

TEST(Json, TextsOfDamagedFilesAreDataErrors) {
  EXPECT_EQ(text_or(parse_json(R"({"kind": "a"})", "t"), "kind", "none", "t"), "a");
  EXPECT_EQ(text_or(parse_json("{}", "t"), "kind", "none", "t"), "none");
  for (const char* text : {"[]", "3", "null", R"("kind")", R"({"kind": 3})", R"({"kind": null})", R"({"kind": ["a"]})"})
    EXPECT_NE(message_of([&] { text_or(parse_json(text, "t"), "kind", "none", "'m/config.json'"); }).find("m/config"),
              std::string::npos)
        << text;
  EXPECT_THROW(text_or(parse_json("[]", "t"), "kind", "none", "t"), base::DataError);
}

}  // namespace
}  // namespace asterism::io
