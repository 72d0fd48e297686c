#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/atomic_file.h"
#include "base/error.h"
#include "base/temporary_folder.h"
#include "sample_settings.h"

namespace asterism::config {
namespace {

using testing::AllOf;
using testing::HasSubstr;

// What the reader says about `toml`; empty when it takes it.
std::string refusal(const std::string& toml, const std::vector<std::string>& overrides = {}) {
  try {
    read_sample(toml, overrides);
    return "";
  } catch (const base::UserError& error) {
    return error.what();
  }
}

TEST(Read, EveryKindOfField) {
  const Sample s = read_sample(R"(
    steps = 2_000
    resume = true
    temperature = 3          # a whole number where a number is wanted
    name = "a \"quoted\" name"
    widths = [1, 2, 3]
    betas = [0, 0.5]
    modalities = []
    weights = {image = 4}
    [labels]
    left = "L"
    [optimiser]
    learning_rate = 1e-4
    [codecs.flux_g]
    bins = 16
    unit = "nanomaggy"
  )");
  EXPECT_EQ(s.steps, 2000);
  EXPECT_TRUE(s.resume);
  EXPECT_EQ(s.temperature, 3);
  EXPECT_EQ(s.name, "a \"quoted\" name");
  EXPECT_THAT(s.widths, testing::ElementsAre(1, 2, 3));
  EXPECT_THAT(s.betas, testing::ElementsAre(0, 0.5));
  EXPECT_TRUE(s.modalities.empty());
  EXPECT_EQ(s.weights, (std::map<std::string, double>{{"image", 4}}));  // replaced, not merged
  EXPECT_EQ(s.labels.at("left"), "L");
  EXPECT_EQ(s.optimiser.learning_rate, 1e-4);
  EXPECT_EQ(s.optimiser.schedule, "cosine");
  EXPECT_EQ(s.codecs.at("flux_g").bins, 16);
  EXPECT_EQ(s.codecs.size(), 2u);
}

TEST(Read, RefusalsNameFileLineKeyAndNearest) {
  EXPECT_THAT(refusal("steps = 1\nstep = 2"), AllOf(HasSubstr("x.toml:2"), HasSubstr("'step'"), HasSubstr("'steps'")));
  EXPECT_THAT(
      refusal("[optimiser]\nlearning_rat = 1"),
      AllOf(HasSubstr("x.toml:2"), HasSubstr("'optimiser.learning_rat'"), HasSubstr("'optimiser.learning_rate'")));
  EXPECT_THAT(refusal("learning_rate = 1"),
              HasSubstr("the nearest is 'optimiser.learning_rate'"));  // right word, wrong table
  EXPECT_THAT(refusal("[optimiser]\nsteps = 1"), HasSubstr("the nearest is 'steps'"));
  EXPECT_THAT(refusal("[codecs.flux_g]\n\nbin = 1"), AllOf(HasSubstr("x.toml:3"), HasSubstr("'codecs.flux_g.bins'")));
  EXPECT_THAT(refusal("[optimizer]"), HasSubstr("'optimiser'"));
}

TEST(Read, RefusesWhatIsMistyped) {
  EXPECT_THAT(refusal("steps = 1.5"),
              AllOf(HasSubstr("x.toml:1"), HasSubstr("'steps'"), HasSubstr("whole number"), HasSubstr("1.5")));
  EXPECT_THAT(refusal("steps = 1e6"), HasSubstr("write 1000000"));
  EXPECT_THAT(refusal("steps = \"10\""), HasSubstr("the text '10'"));
  EXPECT_THAT(refusal("resume = 1"), HasSubstr("true or false"));
  EXPECT_THAT(refusal("name = 3"), HasSubstr("text in quotes"));
  EXPECT_THAT(refusal("widths = 3"), HasSubstr("a list"));
  EXPECT_THAT(refusal("widths = [1, \"a\"]"), HasSubstr("whole number"));
  EXPECT_THAT(refusal("weights = [1]"), HasSubstr("table of names"));
  EXPECT_THAT(refusal("optimiser = 3"), HasSubstr("table of settings"));
  EXPECT_THAT(refusal("[codecs]\nflux_g = 3"), HasSubstr("table of settings"));
  EXPECT_THAT(refusal("temperature = 2020-01-01"), HasSubstr("a date"));
}

TEST(Read, RefusesWhatIsOutOfRange) {
  EXPECT_THAT(refusal("steps = 0"), AllOf(HasSubstr("from 1 to 1000000000"), HasSubstr("found 0")));
  EXPECT_THAT(refusal("optimiser.learning_rate = nan"), HasSubstr("found nan"));
  EXPECT_THAT(refusal("optimiser.learning_rate = -0.1"), HasSubstr("'optimiser.learning_rate'"));
  EXPECT_THAT(refusal("widths = [1, 0]"), HasSubstr("found 0"));
  EXPECT_THAT(refusal("weights = {image = 101}"), HasSubstr("found 101"));
  EXPECT_THAT(refusal("[optimiser]\nschedule = \"cosin\""),
              AllOf(HasSubstr("x.toml:2"), HasSubstr("the nearest is 'cosine'")));
  EXPECT_EQ(refusal("temperature = inf"), "");  // a field without a range
}

TEST(Read, RefusesRepeatsAndBrokenText) {
  EXPECT_THAT(refusal("steps = 1\nsteps = 2"), AllOf(HasSubstr("x.toml:2"), HasSubstr("steps")));
  EXPECT_THAT(refusal("steps = 1\n[codecs"), HasSubstr("x.toml:2"));
  EXPECT_THAT(refusal("name = \"\xff\""), HasSubstr("not valid TOML"));
  EXPECT_THAT(refusal("extends = \"a.toml\""), HasSubstr("unknown key"));  // text in memory has no folder
}

TEST(Read, OverridesInTomlOrAsBareWords) {
  const std::vector<std::string> overrides = {"steps=5",
                                              "resume=true",
                                              "name=2024",
                                              "optimiser.schedule=constant",
                                              "widths=[7]",
                                              "labels.path=/data/a b.fits",
                                              "weights.image=9",
                                              "codecs.new.bins=4",
                                              "codecs.\"a.b\".bins=8",
                                              "optimiser.learning_rate=1e-2"};
  const Sample s = read_sample("steps = 4\n[labels]\nkept = \"1\"", overrides);
  EXPECT_EQ(s.steps, 5);
  EXPECT_TRUE(s.resume);
  EXPECT_EQ(s.name, "2024");  // a text field takes an unquoted number as text
  EXPECT_EQ(s.optimiser.schedule, "constant");
  EXPECT_THAT(s.widths, testing::ElementsAre(7));
  EXPECT_EQ(s.labels, (std::map<std::string, std::string>{{"kept", "1"}, {"path", "/data/a b.fits"}}));
  EXPECT_EQ(s.weights, (std::map<std::string, double>{{"image", 9}, {"spectrum", 2}}));  // one key alone
  EXPECT_EQ(s.codecs.at("new").bins, 4);
  EXPECT_EQ(s.codecs.at("a.b").bins, 8);
  EXPECT_EQ(s.optimiser.learning_rate, 1e-2);
  EXPECT_EQ(read_sample("", {"name="}).name, "");
  EXPECT_EQ(read_sample("", {"name='quoted'"}).name, "quoted");
  EXPECT_EQ(read_sample("", {"name=a=b"}).name, "a=b");
}

TEST(Read, RefusedOverridesSayWhichOne) {
  EXPECT_THAT(refusal("", {"steps=10o"}), AllOf(HasSubstr("--set steps=10o"), HasSubstr("whole number")));
  EXPECT_THAT(refusal("", {"steps"}), HasSubstr("name=value"));
  EXPECT_THAT(refusal("", {"=3"}), HasSubstr("empty name"));
  EXPECT_THAT(refusal("", {"a..b=3"}), HasSubstr("empty name"));
  EXPECT_THAT(refusal("", {"\"steps=3"}), HasSubstr("quotation mark"));
  EXPECT_THAT(refusal("", {"stepz=3"}), HasSubstr("'steps'"));
  EXPECT_THAT(refusal("", {"widths=[1,"}), HasSubstr("not valid TOML"));
  EXPECT_THAT(refusal("", {"steps=1\nresume=true"}), HasSubstr("whole number"));  // no second key slips in
  EXPECT_THAT(refusal("", {"name=\"a\"\nresume=true"}), HasSubstr("more than one value"));
}

TEST(Read, TheSameOverrideTwiceIsAnError) {
  EXPECT_THAT(refusal("", {"steps=1", "resume=true", "steps=1"}), HasSubstr("set already"));
  EXPECT_THAT(refusal("", {"optimiser={schedule=\"cosine\"}", "optimiser.learning_rate=0"}), HasSubstr("set already"));
  EXPECT_EQ(refusal("", {"optimiser.schedule=cosine", "optimiser.learning_rate=0"}), "");
}

struct Needy {
  std::string input;
  std::map<std::string, CodecSample> parts;
  void describe(Fields& f) {
    f.add("input", input, "where to read").required();
    f.tables("parts", parts, "");
  }
};

TEST(Read, RequiredKeys) {
  Needy needy;
  Fields fields = fields_of(needy);
  EXPECT_THROW(read_text(fields, "", "n.toml"), base::UserError);
  read_text(fields, "", "n.toml", {"input=a"});
  EXPECT_EQ(needy.input, "a");
  try {
    read_json(fields, "{}", "n.json");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("n.json"), HasSubstr("'input' is missing"), HasSubstr("where to read")));
  }
}

class ReadFile : public testing::Test {
 protected:
  Sample read(const std::string& name, const std::vector<std::string>& overrides = {}) {
    Sample sample;
    Fields fields = fields_of(sample);
    read_file(fields, folder_ / name, overrides);
    return sample;
  }
  base::TemporaryFolder folder_;
};

TEST_F(ReadFile, ExtendsOneOtherFile) {
  base::write_text(folder_ / "under.toml",
                   "steps = 7\nname = \"under\"\nweights = {image = 5, a = 1}\n[optimiser]\nlearning_rate = 0.5");
  base::write_text(
      folder_ / "over.toml",
      "extends = \"under.toml\"\nname = \"over\"\nweights = {image = 6}\n[optimiser]\nschedule = \"constant\"");
  const Sample s = read("over.toml", {"steps=8"});
  EXPECT_EQ(s.steps, 8);
  EXPECT_EQ(s.name, "over");
  EXPECT_EQ(s.optimiser.learning_rate, 0.5);
  EXPECT_EQ(s.optimiser.schedule, "constant");
  EXPECT_EQ(s.weights, (std::map<std::string, double>{{"image", 6}, {"a", 1}}));
}

TEST(Overrides, NameWhatTheySetWhatIsInItAndWhatIsAroundIt) {
  EXPECT_TRUE(overrides_name({"x=1", "data.datasets=['a']"}, "data.datasets"));
  EXPECT_TRUE(overrides_name({"data.mock.objects=3"}, "data.mock"));
  EXPECT_TRUE(overrides_name({"data={}"}, "data.mock"));
  EXPECT_FALSE(overrides_name({"data.mocking=3", "data.limit=1"}, "data.mock"));
  EXPECT_FALSE(overrides_name({}, "data"));
}

TEST_F(ReadFile, PeeksAtOneTextBeforeTheStructIsKnown) {
  base::write_text(folder_ / "under.toml", "[objective]\nkind = 'tokenizer'\nlevel = 3\n[unknown]\nx = 1\n");
  base::write_text(folder_ / "over.toml", "extends = 'under.toml'\n[objective]\nlevel = 4\n");
  EXPECT_EQ(peek_text(folder_ / "over.toml", "objective.kind"), "tokenizer");
  EXPECT_EQ(peek_text(folder_ / "over.toml", "objective.kind", {"objective.kind=contrastive", "a.b=3"}), "contrastive");
  EXPECT_EQ(peek_text(folder_ / "over.toml", "objective.level"), "");
  EXPECT_EQ(peek_text(folder_ / "over.toml", "objective.kind.deeper"), "");
  EXPECT_EQ(peek_text(folder_ / "over.toml", "nowhere"), "");
}

TEST_F(ReadFile, ChainsAndLoopsAreRefused) {
  base::write_text(folder_ / "a.toml", "extends = \"b.toml\"");
  base::write_text(folder_ / "b.toml", "extends = \"a.toml\"");
  base::write_text(folder_ / "self.toml", "extends = \"self.toml\"");
  base::write_text(folder_ / "list.toml", "extends = [\"a.toml\"]");
  base::write_text(folder_ / "lost.toml", "extends = \"nowhere.toml\"");
  for (const char* name : {"a.toml", "self.toml", "list.toml", "lost.toml", "none.toml", "."})
    EXPECT_THROW(read(name), base::UserError) << name;
  try {
    read("lost.toml");
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), testing::AllOf(HasSubstr("lost.toml: it extends"), HasSubstr("nowhere.toml")));
  }
}

TEST_F(ReadFile, AnErrorBelowNamesTheFileBelow) {
  base::write_text(folder_ / "under.toml", "\nstepz = 7");
  base::write_text(folder_ / "over.toml", "extends = \"under.toml\"");
  try {
    read("over.toml");
    FAIL();
  } catch (const base::UserError& error) {
    EXPECT_THAT(error.what(), HasSubstr("under.toml:2"));
  }
}

}  // namespace
}  // namespace asterism::config
