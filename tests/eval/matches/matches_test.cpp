#include "eval/matches/matches.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "eval/methods/pairing.h"
#include "models/contrastive.h"
#include "nn/optim.h"
#include "tests/eval/matches/taught_pairs.h"

namespace asterism::eval {
namespace {

struct MatchesFixture {
  modalities::Batch sky = models::tiny::sky(12);
  models::Contrastive model = planted::taught_pairs(sky);
  MatchesOptions options = planted::image_to_spectrum();

  Matches ask(int64_t row, const modalities::Batch& among) {
    return matches(model, modalities::select(sky, {row}), planted::in_pieces(among, 5), options);
  }
};

TEST(Matches, TheNearestAreThoseOfThePairRanks) {
  MatchesFixture f;
  const auto vectors = [&](const char* name) {
    models::EmbedRequest request;
    request.given = {name};
    return f.model.embed(f.sky, request).vectors_ND;
  };
  const auto ranks = pair_ranks(vectors("image_legacy"), vectors("spectrum_desi"));
  double own = 0;
  for (int64_t i = 0; i < 12; ++i) {
    const auto found = f.ask(i, f.sky);
    EXPECT_EQ(found.among, 12);
    EXPECT_EQ(found.own_rank, ranks[size_t(i)]) << i;
    ASSERT_EQ(found.nearest.size(), 3U);
    for (size_t k = 0; k < 3; ++k) {
      EXPECT_EQ(found.nearest[k].own, found.own_rank == double(k + 1));
      EXPECT_EQ(found.nearest[k].object.size(), 1);
      if (k > 0) {
        EXPECT_LE(found.nearest[k].cosine, found.nearest[k - 1].cosine);
      }
    }
    own += found.nearest[0].own;
  }
  EXPECT_GE(own, 9) << "the model learned these pairs by heart";
}

TEST(Matches, WhatIsAbsentIsNotAmongThem) {
  MatchesFixture f;
  auto among = f.sky;
  models::tiny::remove(among, "spectrum_desi", 2);
  models::tiny::remove(among, "spectrum_desi", 7);
  const auto found = f.ask(2, among);
  EXPECT_EQ(found.among, 10);
  EXPECT_EQ(found.own_rank, 0) << "its own is not there";
  for (const auto& match : found.nearest) EXPECT_FALSE(match.own);
  f.options.nearest = 32;
  EXPECT_EQ(f.ask(3, among).nearest.size(), 10U);
}

TEST(Matches, AloneItIsTheNearest) {
  MatchesFixture f;
  EXPECT_EQ(f.ask(4, modalities::select(f.sky, {4})).own_rank, 1);
}

TEST(Matches, ErrorsSayWhatToDo) {
  MatchesFixture f;
  models::tiny::remove(f.sky, "image_legacy", 1);
  EXPECT_THROW(f.ask(1, f.sky), base::UserError);
  MatchesOptions nowhere;
  nowhere.model = "no/such/model";
  EXPECT_THROW(matches(nowhere), base::UserError);
}

}  // namespace
}  // namespace asterism::eval
