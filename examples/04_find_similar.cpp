// Finds the objects most like one, by their colours: any vectors will do, a model's or one's own.

#include <fmt/core.h>

#include <cmath>
#include <stdexcept>

#include "search/index.h"
#include "sky/observe.h"

int main() try {
  using namespace asterism;
  const auto sky = sky::observe_scalars(/*seed=*/1, 0, 20000, {"legacy"});
  const auto flux = [&](const char* name, int64_t row) {
    return std::max(1e-3, std::get<modalities::ScalarBlock>(sky.blocks.at(name)).value[size_t(row)]);
  };
  constexpr size_t kColours = 3;
  std::vector<float> colours;
  for (int64_t row = 0; row < sky.size(); ++row)
    for (const auto& [a, b] :
         {std::pair("flux_g", "flux_r"), std::pair("flux_r", "flux_i"), std::pair("flux_i", "flux_z")})
      colours.push_back(float(-2.5 * std::log10(flux(a, row) / flux(b, row))));

  const auto index = search::build("exact", search::Metric::l2, {colours.data(), size_t(sky.size()), kColours});
  const auto found = index->search({colours.data(), 1, kColours}, 6);
  const auto& redshift = std::get<modalities::ScalarBlock>(sky.blocks.at("redshift"));
  for (const uint64_t row : found.rows_of(0))
    fmt::print("{}: g-r {:.2f}, r-i {:.2f}, z = {:.3f}\n", sky.objects[row].id, colours[row * kColours],
               colours[row * kColours + 1], redshift.value[row]);
} catch (const std::runtime_error& error) {  // UserError, DataError: what was asked for, or a file, is wrong
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
