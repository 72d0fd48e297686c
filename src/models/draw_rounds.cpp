#include "models/draw_rounds.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <numeric>
#include <utility>

#include "base/error.h"
#include "base/random.h"

namespace asterism::models {
namespace {

constexpr double kOnexEnd = 100;  // 4M: 1 / x^power from x = 1 to here

}  // namespace

std::vector<int64_t> tokens_by_round(int64_t tokens, int64_t steps, const std::string& schedule) {
  if (steps < 1) base::user_error("{} sampling steps: choose at least 1", steps);
  if (schedule != "cosine" && schedule != "linear")
    base::user_error("no schedule '{}'; the nearest is '{}'", schedule, base::nearest(schedule, {"cosine", "linear"}));
  std::vector<int64_t> out;
  int64_t left = tokens;
  for (int64_t i = 0; i < steps; ++i) {
    const double n = double(steps), a = double(i) / n, b = double(i + 1) / n;
    int64_t count = left;
    if (schedule == "linear")
      count = tokens * (i + 1) / steps - tokens * i / steps;
    else if (i + 1 < steps)
      count = int64_t(
          std::nearbyint(double(tokens) * 0.5 * (std::cos(std::numbers::pi * a) - std::cos(std::numbers::pi * b))));
    count = std::min(count, left);
    if (count > 0) out.push_back(count);
    left -= count;
  }
  if (schedule == "linear") std::sort(out.rbegin(), out.rend());
  return out;
}

std::vector<double> temperature_by_round(double temperature, const std::string& schedule,
                                         const std::vector<int64_t>& tokens) {
  const double all = double(std::accumulate(tokens.begin(), tokens.end(), int64_t{0}));
  std::vector<double> out;
  if (schedule == "constant") return std::vector<double>(tokens.size(), temperature);
  if (schedule == "linear") {
    double done = 0;
    for (const int64_t count : tokens) {
      out.push_back(std::max(temperature * (1 - done / all), 1e-9));
      done += double(count);
    }
    return out;
  }
  double least = 0, power = 0;
  char rest = 0;
  const bool read = std::sscanf(schedule.c_str(), "onex:%lf:%lf%c", &least, &power, &rest) == 2;
  if (!read || !std::isfinite(least) || least < 0 || !std::isfinite(power) || power <= 0)
    base::user_error("no temperature schedule '{}': choose 'constant', 'linear' or 'onex:MIN:POWER'", schedule);
  const auto y = [&](double token) {  // 1 at the first token, 0 at the last
    const double x = all > 1 ? 1 + (kOnexEnd - 1) * token / (all - 1) : 1, end = 1 / std::pow(kOnexEnd, power);
    return all > 1 ? (1 / std::pow(x, power) - end) / (1 - end) : 1;
  };
  double done = 0;
  for (size_t i = 0; i < tokens.size(); ++i) {
    done += double(tokens[i]);
    out.push_back(std::max(least + (temperature - least) * (1 - done / all) * y(double(i)), 1e-9));
  }
  return out;
}

at::Tensor random_ranks(const std::vector<uint64_t>& objects, int64_t tokens, uint64_t seed, int64_t first) {
  auto out = at::empty({int64_t(objects.size()), tokens}, at::kLong);
  for (size_t i = 0; i < objects.size(); ++i) {
    base::Random random(seed, 0, objects[i], "roar");
    std::vector<std::pair<double, int64_t>> drawn;
    for (int64_t t = 0; t < tokens; ++t) {
      const double u = random.uniform();
      drawn.emplace_back(t < first ? -1 : u, t);
    }
    std::sort(drawn.begin(), drawn.end());
    for (int64_t rank = 0; rank < tokens; ++rank)
      out.data_ptr<int64_t>()[int64_t(i) * tokens + drawn[size_t(rank)].second] = rank;
  }
  return out;
}

void check_drawing(const std::string& target, bool sequence, const std::string& scheme, double temperature,
                   double top_k, double top_p) {
  const std::vector<std::string> schemes{"maskgit", "roar", "autoregressive"};
  if (std::find(schemes.begin(), schemes.end(), scheme) == schemes.end())
    base::user_error("no sampler '{}'; the nearest is '{}'", scheme, base::nearest(scheme, schemes));
  if (sequence != (scheme == "autoregressive"))
    base::user_error("'{}' is a {} and cannot be drawn by '{}': choose {}", target, sequence ? "sequence" : "grid",
                     scheme, sequence ? "'autoregressive'" : "'maskgit' or 'roar'");
  if (!(std::isfinite(temperature) && temperature >= 0 && top_k >= 0 && top_p >= 0 && top_p <= 1))
    base::user_error("temperature {}, top_k {}, top_p {}: numbers that are not negative, top_p not above 1",
                     temperature, top_k, top_p);
}

}  // namespace asterism::models
