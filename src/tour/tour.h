#pragma once
// `asterism tour`: the whole life of a small model, ending in one self-contained HTML report.

#include <cstdint>
#include <filesystem>

namespace asterism::tour {

inline constexpr double kLeastMinutes = 0.1, kMostMinutes = 600;

struct TourOptions {
  std::filesystem::path out = "tour";  // folder to make; report.html is in it
  std::filesystem::path
      data;              // folder of real sets (boss, sdss_stars, zcosmos, legacy_galaxy_zoo); empty: the mock sky
  bool replace = false;  // a tour that is at `out`
  double minutes = 10;   // of two cores, about: objects and steps grow with it
  int64_t seed = 0;
};

// Says step by step what it does and why: on standard output, or, where JSON lines are asked for, as events on standard
// error and the report's path as a line on standard output. Returns the report's path. UserError where `out` exists
// or `data` lacks the sets; a stop signal ends it with UserError, what was made so far stays.
std::filesystem::path tour(const TourOptions& options);

}  // namespace asterism::tour
