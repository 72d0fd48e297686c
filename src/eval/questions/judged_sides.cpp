#include "eval/questions/judged_sides.h"

#include <fmt/format.h>

#include <map>

namespace asterism::eval {

Sides sides_of(const Reconstruction& made, const Split& split) {
  std::map<int64_t, int64_t> place;
  const auto& observed = modalities::present(made.observed);
  const auto& rebuilt = modalities::present(made.rebuilt);
  for (size_t i = 0; i < made.rows.size(); ++i)
    if (observed[i] != 0 && rebuilt[i] != 0) place[made.rows[i]] = int64_t(i);
  Sides out;
  for (const auto& [from, to] : {std::pair{&split.train, &out.train}, std::pair{&split.test, &out.test}})
    for (const int64_t row : *from)
      if (const auto found = place.find(row); found != place.end()) to->push_back(found->second);
  return out;
}

std::optional<Sides> judged_sides(Answer& answer, const std::string& modality, const Reconstruction& made,
                                  const Split& split, int64_t fewest) {
  auto sides = sides_of(made, split);
  if (int64_t(sides.test.size()) < fewest) {
    answer.notes.push_back(fmt::format("{}: {} on the test side are too few", modality, sides.test.size()));
    return std::nullopt;
  }
  answer.test = int64_t(sides.test.size());
  answer.train = int64_t(sides.train.size());
  return sides;
}

}  // namespace asterism::eval
