#include "train/all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/error.h"
#include "train/recipe.h"

namespace asterism::train {
namespace {

using testing::HasSubstr;

TEST(ObjectiveTable, EveryEntryHasSettingsAndASentence) {
  std::set<std::string> kinds;
  for (const auto& entry : objective_kinds()) {
    EXPECT_TRUE(kinds.insert(entry.kind).second) << entry.kind << " twice";
    EXPECT_EQ(&objective_kind(entry.kind), &entry);
    EXPECT_GT(std::string(entry.sentence).size(), 10u) << entry.kind;
    const auto settings = entry.settings();
    EXPECT_FALSE(config::fields_of(*settings).fields.empty()) << entry.kind;
    EXPECT_THAT(recipe_help(), HasSubstr(fmt::format("with objective.kind = \"{}\"", entry.kind)));
  }
}

// Its table is [tokenizer] where tokenizers are made, else [model].
TEST(ObjectiveTable, TheTableOfARecipeIsOneOfTwo) {
  for (const auto& entry : objective_kinds())
    EXPECT_EQ(std::string(entry.table), std::string(entry.kind) == "tokenizer" ? "tokenizer" : "model") << entry.kind;
}

TEST(ObjectiveTable, NamesTheNearest) {
  EXPECT_THAT([] { objective_kind("contrastiv"); },
              testing::ThrowsMessage<base::UserError>(HasSubstr("the nearest is 'contrastive'")));
}

}  // namespace
}  // namespace asterism::train
