#include "data/surveys/mapping.h"

#include <gtest/gtest.h>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"

namespace asterism::data {
namespace {

Mapping parsed(const std::string& toml) {
  const base::TemporaryFolder folder;
  base::write_text(folder / "map.toml", toml);
  return read_mapping(folder / "map.toml");
}

TEST(Mapping, WhatItSaysIsRead) {
  const auto m = parsed(
      "name = 'x'\nid = 'i'\nra = 'a'\ndec = 'd'\nmissing = [-99, -99.9]\n"
      "[scalars.redshift]\ncolumn = 'z'\nlow = 0.002\n[vectors.v]\ncolumns = ['p', 'q']\n");
  EXPECT_EQ(m.survey, "x");
  EXPECT_EQ(m.scalars.at("redshift").low, 0.002);
  EXPECT_EQ(m.vectors.at("v").columns.size(), 2U);
  EXPECT_EQ(m.missing, (std::vector<double>{-99, -99.9}));
}

TEST(Mapping, WhatCannotWorkIsRefused) {
  const std::string scalar = "[scalars.z]\ncolumn = 'z'\n";
  for (const std::string& toml :
       {"id = 'i'\n" + scalar, "name = 'x'\n" + scalar, std::string("name = 'x'\nid = 'i'\n"),
        "name = 'a/b'\nid = 'i'\n" + scalar, "name = 'x'\nid = 'i'\nra = 'a'\n" + scalar,
        "name = 'x'\nid = 'i'\n" + scalar + "error = 'e'\nivar = 'w'\n",
        "name = 'x'\nid = 'i'\n" + scalar + "low = 2\nhigh = 1\n",
        std::string("name = 'x'\nid = 'i'\n[scalars.z]\nunit = 'm'\n"),
        "name = 'x'\nid = 'i'\n" + scalar + "colour = 1\n", std::string("name = 'x'\nid = 'i'\n[vectors.v]\n"),
        "name = 'x'\nid = 'i'\nposition = 'radians'\n" + scalar,
        "name = 'x'\nid = 'i'\n[vectors.z]\ncolumn = 'z'\n" + scalar})
    EXPECT_THROW(parsed(toml), base::UserError) << toml;
}

}  // namespace
}  // namespace asterism::data
