// Wrong command lines, as a user types them: the exit code, what the message names, and that nothing is left behind.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "tests/house/shell.h"
#include "tests/house/tree.h"
#include "tests/where.h"

namespace asterism::house {
namespace {

namespace fs = std::filesystem;

struct Refused {
  std::string command;  // behind 'asterism', in a folder that holds sky (a mock dataset), kept (a file), torn.fits,
                        // wrong.toml, lost.toml
  int exit_code;
  std::string names;  // what the message must say
};

// What is wrong with a command line, or with what it names.
const std::vector<Refused> kRefused = {
    {"serch", 2, "'search'"},
    {"data mok legacy --objects 10 out", 2, "mock'"},
    {"data mock legcy --objects 10 out", 2, "'legacy'"},
    {"data mock euklid --objects 10 out", 2, "'euclid'"},
    {"data mock legacy --objects 0 out", 2, "--objects: Value 0 is too small"},
    {"data mock legacy desi --objects 10", 2, "./desi"},
    {"data mock legacy --objects ten out", 2, "--objects"},
    {"data mock legacy --objects 10 --sed 4 out", 2, "'--seed'"},
    {"data mock legacy --objects 10 --seed -1 out", 2, "--seed"},
    {"data mock legacy --objects 10 sky", 2, "sky"},
    {"data join sky nowhere out", 2, "nowhere"},
    {"data join sky sky out", 2, "has nothing that"},
    {"data import bos sky out", 2, "'boss'"},
    {"data import boss nowhere out", 2, "nowhere"},
    {"data import sdss_stars nowhere out", 2, "no folder nowhere"},
    {"data import zcosmos torn.fits out", 3, "torn.fits"},
    {"data import zcosmos wrong.toml out --max-bad -1", 2, "--max-bad"},
    {"data inspect nowhere", 2, "nowhere"},
    {"data inspect sky more", 2, "'more' is a word too many: it takes DATASET."},
    {"embed model sky out flux_g", 2, "'flux_g' is a word too many: it takes MODEL DATASET OUT."},
    {"model picture nowhere sky pic.svg more", 2, "it takes MODEL DATASET OUT."},
    {"data inspect sky --object nobody", 2, "nobody"},
    {"data match sky nowhere out.parquet", 2, "nowhere"},
    {"data match sky sky out.parquet --radius -1", 2, "--radius"},
    {"data match sky sky out.parquet --epoch 20160", 2, "--epoch: Value 20160"},
    {"data match sky sky sky/pairs.parquet", 2, "'sky/pairs.parquet' lies inside 'sky'"},
    {"data select sky sky/rows.parquet --ids a", 2, "lies inside 'sky'"},
    {"data match sky sky wrong.toml", 2, "'wrong.toml' is there already"},
    {"data match sky sky torn.fits --replace", 2, ".parquet or .csv"},
    {"data select sky torn.fits --ids a", 2, "'torn.fits' is there already"},
    {"data cache sky --out sky/cache", 2, "lies inside 'sky'"},
    {"data import boss sky sky/boss", 2, "lies inside 'sky'"},
    {"index sky sky --replace", 2, "'sky' is what is read"},
    {"data cache sky --out kept", 2, "'kept' is there and holds no 'rows.arrow'"},
    {"data mock legacy --objects 8 kept --replace", 2, "'kept' is there and holds no 'collection.properties'"},
    {"index sky out", 2, "asterism embed"},
    {"index sky", 2, "OUT"},
    {"index --check nowhere", 2, "nowhere"},
    {"index sky out --check sky", 2, "--check"},
    {"search sky --id a", 2, "asterism index sky OUT"},
    {"search nowhere --id a", 2, "nowhere"},
    {"search nowhere", 2, "--vectors"},
    {"search nowhere --id a -k 0", 2, "-k"},
    {"train wrong.toml --out out", 2, "wrong.toml"},
    {"train nowhere.toml --out out", 2, "nowhere.toml"},
    {"train lost.toml --out out", 2, "lost.toml: it extends"},
    {"embed nowhere sky out", 2, "nowhere"},
    {"embed sky sky out", 2, "sky"},
    {"embed nowhere sky sky/out", 2, "lies inside 'sky'"},
    {"embed nowhere sky/sky sky --resume", 2, "'sky/sky', which is read, lies inside 'sky'"},
    {"predict nowhere sky sky/out --target redshift", 2, "lies inside 'sky'"},
    {"tokenize nowhere sky sky/out", 2, "lies inside 'sky'"},
    {"evaluate nowhere sky --out sky/out", 2, "lies inside 'sky'"},
    {"tour --data sky --out sky/tour", 2, "lies inside 'sky'"},
    {"predict nowhere sky out --target redshift", 2, "nowhere"},
    {"predict nowhere sky out --target redshift --given ''", 2, "empty name"},
    {"predict nowhere sky out --target redshift --given flux_g,,flux_r", 2, "'flux_g,,flux_r'"},
    {"predict nowhere sky out --target redshift --given flux_g,flux_r,flux_g", 2, "--given names 'flux_g' twice"},
    {"predict nowhere sky out --target redshift,flux_z --joint 0", 2, "--joint 0 draws nothing"},
    {"predict nowhere sky out --target image_legacy --guidance-of flux_g", 2, "expected NAME=NUMBER"},
    {"predict nowhere sky out --target image_legacy --guidance-of flux_g=1,flux_g=2", 2, "names 'flux_g' twice"},
    {"embed nowhere sky out --given ''", 2, "empty name"},
    {"embed nowhere sky out --given image_legacy,image_legacy", 2, "--given names 'image_legacy' twice"},
    {"tokenize nowhere sky out --modality redshift", 2, "nowhere"},
    {"tokenize nowhere sky out", 2, "nowhere"},
    {"tokenize nowhere sky out --modality ''", 2, "empty name"},
    {"evaluate nowhere sky --out out", 2, "nowhere"},
    // options first, as the usage lines have it: a list is one word, and what follows is no part of it
    {"train --set train.steps=1 nowhere.toml --out out", 2, "nowhere.toml"},
    {"predict --target redshift --given flux_g,flux_r nowhere sky out -q", 2, "nowhere"},
    {"evaluate --label redshift nowhere sky --out out", 2, "nowhere"},
    {"evaluate nowhere sky --out out --limit -3", 2, "--limit"},
    {"evaluate nowhere sky --out out --pair flux_r,flux_r", 2, "--pair names 'flux_r' twice"},
    // what was given and has no part in what is asked, by name
    {"evaluate nowhere sky --out out --draws 8", 2, "--draws has a part in the question 'drawn'"},
    {"evaluate nowhere sky --out out --question photo_z --joint redshift,flux_g", 2, "--joint"},
    {"evaluate nowhere sky --out out --question photo_z --pair redshift,flux_g", 2, "--pair"},
    {"evaluate nowhere sky --out out --question photo_z --rebuild-limit 400", 2, "--rebuild-limit"},
    {"evaluate nowhere sky --out out --mock-sky 3", 2, "--mock-sky requires --mock"},
    {"evaluate nowhere sky --out out --mock-survey desi", 2, "--mock-survey requires --mock"},
    {"evaluate nowhere sky --out out --mock-scalars", 2, "--mock-scalars requires --mock"},
    {"evaluate nowhere sky --out out --learn-from sky --train train", 2, "--train would change nothing"},
    {"train nowhere.toml --out out --accept-changes", 2, "--accept-changes requires --resume"},
    {"data inspect sky --object mock-0-1 --html out.html", 2, "--object excludes --html"},
    {"data inspect sky --cite --html out.html", 2, "--html excludes --cite"},
    {"data import zcosmos sky out --picture-size 64", 2, "--picture-size"},
    {"data mock legacy --objects 8 --simulator --set star_weight=1 out", 2, "star_weight"},
    {"index --check nowhere --metric l2", 2, "leave --metric away"},
    {"model features nowhere sky out --components 5 --components-from nowhere", 2, "excludes"},
    {"model inspct nowhere", 2, "'model inspect'"},
    {"model", 2, "'verify'"},
    {"tour --out out --minutes 601", 2, "600"},
    {"evaluate nowhere sky --out out --question foto_z", 2, "'photo_z'"},
    {"model inspect nowhere", 2, "nowhere"},
    {"model inspect nowhere --tensor", 2, "'--tensor'"},
    {"model verify sky", 3, "sky"},
    {"model picture nowhere sky pic.png", 2, "'pic.png'"},
    {"model matches nowhere sky pic.png", 2, "'pic.png'"},
    {"tour --minutes 0 --out out", 2, "--minutes"},
    {"tour --data nowhere --out out", 2, "nowhere"},
};

class RefusedCommands : public testing::Test {
 protected:
  RefusedCommands() {
    std::ofstream(folder_.root() / "torn.fits") << "SIMPLE  =                    T";
    std::ofstream(folder_.root() / "wrong.toml") << "[objective\nkind = 3\n";
    std::ofstream(folder_.root() / "lost.toml") << "extends = \"nosuch.toml\"\n[objective]\nkind = \"dino\"\n";
    fs::create_directory(folder_.root() / "kept");
    std::ofstream(folder_.root() / "kept" / "thesis.tex") << "years of work";
    made_ = run("data mock legacy --objects 8 --quiet sky");
  }
  ShellResult run(const std::string& command) const {
    const std::string program = quoted(std::string(asterism::tests::kBuildFolder) + "/bin/asterism");
    return shell("cd " + quoted(folder_.root().string()) + " && OMP_NUM_THREADS=1 " + program + " " + command);
  }
  std::vector<std::string> left() const {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder_.root())) {
      const std::string name = entry.path().filename().string();
      if (name != "sky" && name != "kept" && name != "torn.fits" && name != "wrong.toml" && name != "lost.toml")
        out.push_back(name);
    }
    return out;
  }
  PlantedTree folder_;
  ShellResult made_;
};

TEST_F(RefusedCommands, NameWhatIsWrongAndLeaveNothing) {
  ASSERT_EQ(made_.exit_code, 0) << made_.output;
  const auto before = left();
  for (const auto& one : kRefused) {
    const auto result = run(one.command);
    EXPECT_EQ(result.exit_code, one.exit_code) << one.command << "\n" << result.output;
    EXPECT_NE(result.output.find(one.names), std::string::npos) << one.command << "\n" << result.output;
    EXPECT_EQ(left(), before) << one.command;
  }
}

TEST_F(RefusedCommands, ATrainingLeavesNoFolderAndNothingInOneThatIsNoRun) {
  const std::string recipe = quoted(std::string(asterism::tests::kSourceFolder) + "/recipes/scalars_redshift.toml");
  const auto into_sky = run("train " + recipe + " --out sky --set \"data.datasets=['sky']\"");
  EXPECT_EQ(into_sky.exit_code, 2) << into_sky.output;
  EXPECT_NE(into_sky.output.find("no run"), std::string::npos) << into_sky.output;
  EXPECT_FALSE(fs::exists(folder_.root() / "sky" / "recipe.toml"));
  const auto before = left();
  const auto too_few = run("train " + recipe + " --out out --set \"data.datasets=['sky']\"");
  EXPECT_EQ(too_few.exit_code, 2) << too_few.output;
  EXPECT_EQ(left(), before);
}

// Codecs inside a model folder are whole; what is missing is the model's own.
TEST_F(RefusedCommands, AModelWithoutItsWeightsIsNotWhole) {
  const std::string recipe = quoted(std::string(asterism::tests::kSourceFolder) + "/recipes/scalars_redshift.toml");
  const auto trained = run("train " + recipe +
                           " --out trained --set train.steps=1 --set data.mock.objects=200 --set data.batch_size=16"
                           " --set train.prepare_objects=64 --set train.validate_batches=1");
  ASSERT_EQ(trained.exit_code, 0) << trained.output;
  const auto whole = run("model verify trained/model/");
  EXPECT_EQ(whole.exit_code, 0) << whole.output;
  EXPECT_NE(run("model inspect trained/model").output.find(": any_to_any, "), std::string::npos);
  fs::create_directory(folder_.root() / "published");
  fs::copy(folder_.root() / "trained" / "model" / "model.safetensors", folder_.root() / "published");
  std::ofstream(folder_.root() / "published" / "config.json")
      << R"({"domains_in": ["tok_z"], "domains_out": ["tok_z"]})";
  EXPECT_NE(run("model inspect published").output.find(": aion, "), std::string::npos);
  fs::remove(folder_.root() / "trained" / "model" / "model.safetensors");
  for (const char* command : {"model verify trained/model/", "model inspect trained/model"}) {
    const auto result = run(command);
    EXPECT_EQ(result.exit_code, 3) << command << "\n" << result.output;
    EXPECT_NE(result.output.find("model/model.safetensors"), std::string::npos) << command << "\n" << result.output;
  }
}

// Cases are named one by one, and the folder may follow them.
TEST_F(RefusedCommands, CasesOfFixturesMayBeNamedOneByOne) {
  fs::create_directories(folder_.root() / "fixtures" / "codecs");
  fs::create_directories(folder_.root() / "fixtures" / "io");
  std::ofstream(folder_.root() / "fixtures" / "io" / "first.safetensors") << "no tensors";
  for (const char* command :
       {"model verify fixtures --case first --case frist", "model verify --case first --case frist fixtures"}) {
    const auto result = run(command);
    EXPECT_EQ(result.exit_code, 2) << command << "\n" << result.output;
    EXPECT_NE(result.output.find("no case 'frist'"), std::string::npos) << command << "\n" << result.output;
  }
}

TEST_F(RefusedCommands, AreToldAsJsonWhereJsonWasAskedFor) {
  for (const char* command : {"search nowhere --id a --json", "search nowhere --json --wrong", "embed a b c --json",
                              "model inspect nowhere --json"}) {
    const auto result = run(command);
    EXPECT_EQ(result.exit_code, 2) << command;
    EXPECT_EQ(result.output.substr(0, 1), "{") << command << "\n" << result.output;
    EXPECT_NE(result.output.find("\"exit\":2"), std::string::npos) << command << "\n" << result.output;
    EXPECT_EQ(result.output.find('\n'), result.output.size() - 1) << "one line\n" << result.output;
  }
}

TEST_F(RefusedCommands, StandardOutputThatTakesNoMoreIsBadData) {
  if (!fs::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  for (const char* command : {"data inspect sky --json >/dev/full",
                              "data inspect sky --object mock-0-1 --json >/dev/full", "--help >/dev/full"}) {
    const auto result = run(command);
    EXPECT_EQ(result.exit_code, 3) << command << "\n" << result.output;
    EXPECT_NE(result.output.find("standard output"), std::string::npos) << command << "\n" << result.output;
  }
}

TEST_F(RefusedCommands, JsonWhereJsonWasAskedFor) {
  for (const char* command :
       {"data inspect sky --json", "data inspect sky --cite --json", "data inspect sky --object mock-0-1 --json"}) {
    const auto result = run(command);
    EXPECT_EQ(result.exit_code, 0) << command << "\n" << result.output;
    EXPECT_EQ(result.output.substr(0, 1), "{") << command;
    EXPECT_EQ(result.output[result.output.size() - 2], '}') << command;
  }
}

}  // namespace
}  // namespace asterism::house
