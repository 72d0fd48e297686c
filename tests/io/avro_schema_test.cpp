#include "io/avro_schema.h"

#include <gtest/gtest.h>

#include "tests/io/files.h"

namespace asterism::io {
namespace {

AvroSchema schema(const std::string& text) { return {parse_json(text, "schema"), "file"}; }

TEST(AvroSchema, NamesLiveInTheirNamespaces) {
  const auto s = schema(R"({"type":"record","name":"alert","namespace":"ztf","fields":[
    {"name":"a","type":{"type":"record","name":"cutout","namespace":"ztf.alert","fields":[{"name":"x","type":"int"}]}},
    {"name":"b","type":["null","ztf.alert.cutout"]},
    {"name":"c","type":{"type":"fixed","name":"sixteen","size":16}},
    {"name":"d","type":["null","sixteen"]}]})");
  ASSERT_EQ(s.root().fields.size(), 4U);
  EXPECT_EQ(s.root().name, "ztf.alert");
  EXPECT_EQ(s.root().fields[1].second->branches[1], s.root().fields[0].second);
  EXPECT_EQ(s.root().fields[3].second->branches[1]->size, 16);
}

TEST(AvroSchema, WhatIsNoneIsRefused) {
  for (const char* text :
       {"1", "[]", "{}", "\"strng\"", R"({"type":"record","fields":[]})", R"({"type":"record","name":"a"})",
        R"({"type":"array"})", R"({"type":"fixed","name":"a","size":-1})", R"([["null"]])",
        R"({"type":"enum","name":"a","symbols":[1]})", R"({"type":"record","name":"int","fields":[]})",
        R"({"type":"record","name":"a","fields":[{"name":"b","type":{"type":"fixed","name":"a","size":1}}]})"})
    EXPECT_THROW(schema(text), base::DataError) << text;
}

}  // namespace
}  // namespace asterism::io
