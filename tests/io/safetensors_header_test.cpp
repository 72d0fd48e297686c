#include "io/safetensors_header.h"

#include "tests/io/files.h"

namespace asterism::io {
namespace {

TEST(SafetensorsHeader, ReadsWhatTheFormatHas) {
  const auto header = parse_safetensors_header(
      R"({"__metadata__":{"format":"pt"},"w":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"s":{"shape":[],"data_offsets":[24,26],"dtype":"BF16"}}   )",
      "t");
  ASSERT_EQ(header.tensors.size(), 2u);
  EXPECT_EQ(header.tensors[0].name, "w");
  EXPECT_EQ(header.tensors[0].shape, (std::vector<uint64_t>{2, 3}));
  EXPECT_EQ(header.tensors[1].dtype, "BF16");
  EXPECT_EQ(header.tensors[1].begin, 24u);
  EXPECT_EQ(header.metadata.at("format"), "pt");
  EXPECT_TRUE(parse_safetensors_header("{}", "t").tensors.empty());
}

TEST(SafetensorsHeader, RefusesEverythingElse) {
  const std::string ok = R"("dtype":"F32","shape":[1],"data_offsets":[0,4])";
  const std::pair<std::string, const char*> bad[] = {
      {"", "does not begin"},
      {"[]", "does not begin"},
      {" {}", "does not begin"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]})", "no valid JSON at byte"},
      {"{\"w\":{" + ok + "},\"w\":{" + ok + "}}", "'w' is in the header twice"},
      {"{\"w\":{" + ok + ",\"dtype\":\"F16\"}}", "has the key 'dtype' twice"},
      {"{\"w\":{" + ok + ",\"extra\":1}}", "has the key 'extra'"},
      {R"({"w":{"shape":[1],"data_offsets":[0,4]}})", "lacks 'dtype'"},
      {R"({"w":{"dtype":"F32","data_offsets":[0,4]}})", "lacks 'shape'"},
      {R"({"w":{"dtype":"F32","shape":[1]}})", "lacks 'data_offsets'"},
      {R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "a negative number in its 'shape'"},
      {R"({"w":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}})", "no integer of 64 bits"},
      {R"({"w":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}})", "no integer of 64 bits"},
      {R"({"w":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})", "text in its 'shape'"},
      {R"({"w":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", "a list in its 'shape'"},
      {R"({"w":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", "a number in its 'shape'"},
      {R"({"w":{"dtype":["F32"],"shape":[1],"data_offsets":[0,4]}})", "a list in its 'dtype'"},
      {R"({"w":{"dtype":null,"shape":[1],"data_offsets":[0,4]}})", "null in its 'dtype'"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", "has 1 data_offsets"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}})", "has 3 data_offsets"},
      {R"({"w":{"dtype":"F32","shape":{},"data_offsets":[0,4]}})", "an object in its 'shape'"},
      {R"({"w":3})", "a number for 'w'"},
      {R"({"w":[]})", "a list for 'w'"},
      {R"({"__metadata__":{"a":1}})", "only text is allowed"},
      {R"({"__metadata__":{"a":{"b":"c"}}})", "only text is allowed"},
      {R"({"__metadata__":{"a":"1","a":"2"}})", "'a' is in the metadata twice"},
      {"{\"w\xff\":{" + ok + "}}", "no valid JSON at byte"},
      {"{\"w\":{" + ok + "}} {}", "no valid JSON at byte"},
  };
  for (const auto& [text, says] : bad) {
    const std::string message = message_of([&, &text = text] { parse_safetensors_header(text, "'f'"); });
    EXPECT_NE(message.find(says), std::string::npos) << text << "\n" << message;
    EXPECT_EQ(message.find("'f'"), 0u) << message;
  }
  std::string deep = R"({"w":{"dtype":"F32","shape":[)";
  for (int i = 0; i < 33; ++i) deep += i ? ",1" : "1";
  EXPECT_NE(
      message_of([&] { parse_safetensors_header(deep + R"(],"data_offsets":[0,4]}})", "f"); }).find("more than 32"),
      std::string::npos);
}

}  // namespace
}  // namespace asterism::io
