#include "data/citation.h"

#include <gtest/gtest.h>

namespace asterism::data {
namespace {

TEST(Bibtex, ReferencesInWordsBecomeEntries) {
  EXPECT_EQ(bibtex({.name = "boss",
                    .licence = "public, 100% of it",
                    .citation = "Dawson et al. 2013, AJ 145, 10; Dawson et al. 2013, A&A 151, A44.; a poster",
                    .acknowledgement = "Funding by the Alfred P. Sloan Foundation"}),
            "@article{Dawson2013,\n  author = {Dawson and others},\n  year = {2013},\n  journal = {\\aj},\n"
            "  volume = {145},\n  pages = {10}\n}\n"
            "@article{Dawson2013b,\n  author = {Dawson and others},\n  year = {2013},\n  journal = {\\aap},\n"
            "  volume = {151},\n  pages = {A44}\n}\n"
            "@misc{aposter,\n  note = {a poster}\n}\n"
            "% licence: public, 100\\% of it\n% acknowledgement: Funding by the Alfred P. Sloan Foundation\n");
  EXPECT_NE(bibtex({.citation = "Eisenstein & Hu 1998, ApJ 496, 605"}).find("author = {Eisenstein and Hu}"),
            std::string::npos);
}

TEST(Bibtex, BibtexStaysAndADatasetWithoutCitationNamesItself) {
  const std::string given = "@article{x,\n  title = {a; b}\n}";
  EXPECT_EQ(bibtex({.citation = given}), given + "\n");
  EXPECT_EQ(bibtex({.name = "mock", .title = "A {mock} sky", .provenance = "asterism 0.1, seed 1"}),
            "@misc{mock,\n  title = {A mock sky},\n  note = {asterism 0.1, seed 1}\n}\n");
}

}  // namespace
}  // namespace asterism::data
