#pragma once
// `asterism model matches`: one observation of an object and its nearest of another kind, as a picture.

#include <filesystem>

#include "apps/options.h"
#include "eval/matches/matches.h"

namespace asterism::apps {

struct MatchesRequest {
  eval::MatchesOptions matches;
  std::filesystem::path out;
};

void add_matches_options(CLI::App& app, MatchesRequest& request);
int draw_matches(const MatchesRequest& request, bool json);

}  // namespace asterism::apps
