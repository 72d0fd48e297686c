// The commands of the documents beside the option tables of the programs of this build.

#include "tests/house/document_commands.h"

#include <gtest/gtest.h>

#include "tests/where.h"

namespace asterism::house {
namespace {

std::string built_program() { return std::string(asterism::tests::kBuildFolder) + "/bin/asterism"; }

TEST(DocumentCommands, OfThisTreeParse) {
  EXPECT_GT(document_commands(this_tree()).size(), 80u);
  const auto faults = parse_faults(this_tree(), built_program());
  EXPECT_TRUE(faults.empty()) << listed(faults);
}

TEST(DocumentCommands, AreFoundInBlocksAndInTheText) {
  PlantedTree planted;
  planted.file("docs/log.md", "    asterism old\n")
      .file("docs/a.md",
            "Text `asterism embed`, and `./run peers\nmock_sky`, not asterism alone, nor `train`.\n"
            "    asterism is no code behind a line of text\n\n    $ OMP_NUM_THREADS=1 ./run tour  # all\n"
            "    python3 bench/figures.py\n\n```sh\nasterism data match A B \\\n  --radius 1 > out && "
            "build/bin/asterism index IN...\nls\n```\n| `asterism model verify DIR [--case NAME] ...` |\n");
  std::vector<std::string> found;
  for (const auto& one : document_commands(planted.tree()))
    found.push_back(one.where + (one.in_text ? " text " : " block ") + one.program + " " + one.arguments);
  EXPECT_EQ(found,
            (std::vector<std::string>{
                "docs/a.md:1 text asterism embed", "docs/a.md:1 text ./run peers mock_sky",
                "docs/a.md:5 block ./run tour", "docs/a.md:9 block asterism data match A B   --radius 1",
                "docs/a.md:9 block asterism index IN", "docs/a.md:13 text asterism model verify DIR --case NAME "}));
}

// Each line of `text` is a command in a block; the lines that are found wrong, without what is said of them.
std::vector<std::string> wrong_lines(const std::string& text, bool in_block) {
  PlantedTree planted;
  planted.file("run", this_tree().text("run")).file("apps/data/main.cpp", this_tree().text("apps/data/main.cpp"));
  planted.file("recipes/a.toml", "").file("bench/peers/match.py", "");
  planted.file("README.md", in_block ? "```\n" + text + "```\n" : text);
  std::vector<std::string> out;
  for (const auto& fault : parse_faults(planted.tree(), built_program())) {
    const auto end = fault.find("': ");
    out.push_back(fault.substr(fault.find('\'') + 1, end - fault.find('\'') - 1));
    EXPECT_GT(fault.size(), end + 3) << fault;
  }
  return out;
}

TEST(DocumentCommands, PlantedMistakesInBlocksAreFound) {
  const std::string right =
      "asterism predict M D OUT --target redshift --given flux_g\nasterism data select D OUT --cone 150.1,2.2,600\n"
      "./run tests -R base\n./run peers match\nasterism train recipes/a.toml --out R --set train.steps=2\n"
      "asterism data import --help\nasterism evaluate R D --out O --counts-as \"1e-19 erg/s/cm^2/Angstrom\"\n";
  EXPECT_EQ(wrong_lines(right, true), std::vector<std::string>{});
  const std::vector<std::string> wrong = {"asterism predict M D OUT --target redshift --gvien flux_g",
                                          "asterism model verify DIR --cases a",
                                          "asterism train recipes/b.toml --out R",
                                          "asterism train recipes/a.toml --out R --set train.step=2",
                                          "asterism data selct D OUT --cone 150.1,2.2,600",
                                          "asterism data match A B",
                                          "asterism data select D OUT MORE",
                                          "asterism data match A B OUT --radius near",
                                          "asterism data match A B OUT --radius",
                                          "asterism search INDEX --idd a",
                                          "asterism data select D OUT --cone \"150.1,2.2,600",
                                          "./run peers macht",
                                          "./run toor"};
  std::string text;
  for (const auto& line : wrong) text += line + "\n";
  EXPECT_EQ(wrong_lines(text, true), wrong);
}

TEST(DocumentCommands, PlantedMistakesInTheTextAreFound) {
  EXPECT_EQ(wrong_lines("`asterism predict --given flux_g` `asterism data select`\n`asterism data match --radius 1`\n"
                        "`asterism index --check INDEX`\n",
                        false),
            std::vector<std::string>{});
  EXPECT_EQ(wrong_lines("`asterism ebmed` `asterism data improt`\nand `asterism data match --raduis 1` and "
                        "`asterism index --chekc INDEX`\n",
                        false),
            (std::vector<std::string>{"asterism ebmed", "asterism data improt", "asterism data match --raduis 1",
                                      "asterism index --chekc INDEX"}));
}

}  // namespace
}  // namespace asterism::house
