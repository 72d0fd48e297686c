#include "models/budget.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "base/error.h"
#include "nn/in_threads.h"

namespace asterism::models {
namespace {

constexpr double kSpecialFirst = 0.5;

bool listed(const std::vector<std::string>& names, const std::string& name) {
  return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
}

// A part of the mixture with its lists looked up once a batch.
struct Part {
  const MixtureSettings* settings;
  std::vector<double> input_weight, target_weight;  // by candidate; 0: not in this part
};

std::vector<Part> parts_of(const std::vector<Candidate>& candidates,
                           const std::map<std::string, MixtureSettings>& mixture) {
  static const MixtureSettings defaults;
  std::vector<Part> parts;
  auto add = [&](const MixtureSettings& settings) {
    Part part{&settings, {}, {}};
    for (const auto& c : candidates) {
      part.input_weight.push_back(!c.usable_NP.empty() && listed(settings.inputs, c.name) ? c.input_weight : 0);
      part.target_weight.push_back(!c.askable_N.empty() && listed(settings.targets, c.name) ? c.target_weight : 0);
    }
    parts.push_back(std::move(part));
  };
  for (const auto& [name, settings] : mixture) add(settings);
  if (parts.empty()) add(defaults);
  return parts;
}

// The first k of the items in random order; items with larger weights come first more often (Efraimidis & Spirakis
// 2006).
void weighted_choice(base::Random& random, std::vector<int64_t>& items, const std::vector<double>& weights, int64_t k) {
  const auto n = int64_t(items.size());
  bool equal = true;
  for (int64_t i = 1; i < n; ++i) equal = equal && weights[items[i]] == weights[items[0]];
  if (equal) {
    for (int64_t i = 0; i < std::min(k, n); ++i) std::swap(items[i], items[i + int64_t(random.below(uint64_t(n - i)))]);
  } else {
    std::vector<std::pair<double, int64_t>> keyed;
    keyed.reserve(items.size());
    for (int64_t item : items) keyed.emplace_back(random.exponential() / weights[item], item);
    std::sort(keyed.begin(), keyed.end());
    for (int64_t i = 0; i < n; ++i) items[i] = keyed[i].second;
  }
  items.resize(std::min(k, n));
}

void choose_positions(base::Random& random, std::vector<int64_t>& positions, int64_t k) {
  const auto n = int64_t(positions.size());
  for (int64_t i = 0; i < std::min(k, n); ++i)
    std::swap(positions[i], positions[i + int64_t(random.below(uint64_t(n - i)))]);
  positions.resize(std::min(k, n));
}

bool fits(const Places& places, const Grid& grid, size_t objects) {
  const size_t columns = places.columns.size(), each = size_t(grid.columns);
  return (columns == 0 || columns == each || columns == each * objects) &&
         (places.rows.empty() || places.rows.size() == size_t(grid.rows));
}

bool overlap(const Stretch& a, const Stretch& b) { return a.low < b.high && b.low < a.high; }

// Part i of n of one field. Exact at shared edges: equal fractions give equal numbers.
Stretch part_of(int64_t i, int64_t n) { return {double(i) / double(n), double(i + 1) / double(n)}; }

// What a budget drawn from [low, high] would be, had the object enough tokens for the range that the settings want.
int64_t wanted_budget(int64_t budget, int64_t low, int64_t high, int64_t wanted_low, int64_t wanted_high) {
  if (high == wanted_high) return budget;
  if (high == low) return std::max(budget, (wanted_low + wanted_high) / 2);
  return wanted_low + (budget - low) * (wanted_high - wanted_low) / (high - low);
}

// Draws for one object at a time; the vectors are scratch, kept between objects.
class ObjectDraw {
 public:
  ObjectDraw(const std::vector<Candidate>& candidates, std::vector<Part> parts, Draw& out)
      : candidates_(candidates), parts_(std::move(parts)), out_(out), covered_(candidates.size()) {
    for (const auto& part : parts_) total_weight_ += part.settings->weight;
  }

  void operator()(int64_t object, base::Random& random) {
    object_ = object;
    const Part& part = choose_part(random);
    if (wants_inputs(part) && !has_inputs(part)) return;
    for (auto& covered : covered_) covered.clear();
    draw_targets(part, random);
    draw_inputs(part, random);
  }

 private:
  const Part& choose_part(base::Random& random) {
    double u = random.uniform() * total_weight_;
    for (const auto& part : parts_)
      if ((u -= part.settings->weight) < 0) return part;
    return parts_.back();
  }

  static bool wants_inputs(const Part& part) { return part.settings->all_inputs || part.settings->input_low > 0; }

  bool has_inputs(const Part& part) const {
    for (size_t c = 0; c < candidates_.size(); ++c) {
      if (part.input_weight[c] <= 0) continue;
      const int64_t count = candidates_[c].input_grid.positions();
      const uint8_t* usable = candidates_[c].usable_NP.data() + object_ * count;
      if (std::any_of(usable, usable + count, [](uint8_t u) { return u != 0; })) return true;
    }
    return false;
  }

  // Members of the Dirichlet draw: the scalars together (if any), then each image or spectrum.
  void share(base::Random& random, int64_t low, int64_t high, double alpha, Slots& slots) {
    capacities_.clear();
    alphas_.clear();
    if (!scalars_.empty()) {
      capacities_.push_back(int64_t(scalars_.size()));
      alphas_.push_back(alpha);
    }
    for (const auto& [c, weight] : grids_) {
      capacities_.push_back(int64_t(positions_[c].size()));
      alphas_.push_back(alpha * weight);
    }
    const int64_t total = std::accumulate(capacities_.begin(), capacities_.end(), int64_t{0});
    const int64_t wanted_low = low, wanted_high = high;
    high = std::min(high, total);
    low = std::min(low, high);
    const int64_t budget = low + int64_t(random.below(uint64_t(high - low + 1)));
    slots.open += wanted_budget(budget, low, high, wanted_low, wanted_high);
    slots.filled += budget;
    if (capacities_.size() == 1) {
      counts_.assign(1, budget);
    } else {
      counts_ = share_out(random, budget, capacities_, alphas_);
    }
  }

  void draw_targets(const Part& part, base::Random& random) {
    scalars_.clear();
    grids_.clear();
    positions_.resize(candidates_.size());
    for (size_t c = 0; c < candidates_.size(); ++c) {
      if (part.target_weight[c] <= 0 || !candidates_[c].askable_N[object_]) continue;
      if (candidates_[c].scalar) {
        scalars_.push_back(int64_t(c));
      } else {
        positions_[c].resize(candidates_[c].target_grid.positions());
        std::iota(positions_[c].begin(), positions_[c].end(), 0);
        grids_.emplace_back(c, part.target_weight[c]);
      }
    }
    share(random, part.settings->target_low, part.settings->target_high, part.settings->target_alpha,
          out_.target_slots);
    size_t member = 0;
    if (!scalars_.empty()) {
      weighted_choice(random, scalars_, part.target_weight, counts_[member++]);
      for (int64_t c : scalars_) {
        push(out_.targets[c], 0, 0);
        covered_[c].assign(1, 1);
      }
    }
    for (const auto& [c, weight] : grids_) ask(c, counts_[member++], random);
  }

  void ask(size_t c, int64_t k, base::Random& random) {
    const auto& candidate = candidates_[c];
    choose_positions(random, positions_[c], k);
    if (k == 0) return;
    if (candidate.target_grid.special > 0 && !candidate.target_grid.of_whole && random.uniform() < kSpecialFirst)
      put_special_first(candidate.target_grid, positions_[c]);
    const double share = std::cos(random.uniform() * std::numbers::pi / 2);
    const auto masked = std::max<int64_t>(1, int64_t(std::ceil(share * double(k))));
    covered_[c].assign(candidate.input_grid.positions(), 0);
    for (int64_t i = 0; i < k; ++i) {
      const int64_t position = positions_[c][i];
      push(out_.targets[c], position, i >= masked);
      cover(candidate, object_, position, covered_[c]);
    }
  }

  // Among those chosen; each takes the place of another that was not special, or its own.
  static void put_special_first(const Grid& grid, std::vector<int64_t>& chosen) {
    for (int64_t special = 0; special < std::min(grid.special, int64_t(chosen.size())); ++special) {
      const auto found = std::find(chosen.begin(), chosen.end(), special);
      if (found != chosen.end())
        std::iter_swap(found, chosen.begin() + special);
      else
        chosen[size_t(special)] = special;
    }
  }

  void draw_inputs(const Part& part, base::Random& random) {
    scalars_.clear();
    grids_.clear();
    for (size_t c = 0; c < candidates_.size(); ++c) {
      if (part.input_weight[c] <= 0) continue;
      const int64_t count = candidates_[c].input_grid.positions();
      const uint8_t* usable = candidates_[c].usable_NP.data() + object_ * count;
      if (candidates_[c].scalar) {
        if (usable[0] && covered_[c].empty()) scalars_.push_back(int64_t(c));
        continue;
      }
      positions_[c].clear();
      for (int64_t p = 0; p < count; ++p)
        if (usable[p] && (covered_[c].empty() || !covered_[c][p])) positions_[c].push_back(p);
      if (!positions_[c].empty()) grids_.emplace_back(c, part.input_weight[c]);
    }
    if (part.settings->all_inputs) {
      for (int64_t c : scalars_) push(out_.inputs[c], 0, 0);
      for (const auto& [c, weight] : grids_)
        for (int64_t p : positions_[c]) push(out_.inputs[c], p, 0);
      return;
    }
    share(random, part.settings->input_low, part.settings->input_high, part.settings->input_alpha, out_.input_slots);
    size_t member = 0;
    if (!scalars_.empty()) {
      weighted_choice(random, scalars_, part.input_weight, counts_[member++]);
      for (int64_t c : scalars_) push(out_.inputs[c], 0, 0);
    }
    for (const auto& [c, weight] : grids_) {
      choose_positions(random, positions_[c], counts_[member++]);
      for (int64_t p : positions_[c]) push(out_.inputs[c], p, 0);
    }
  }

  void push(Rows& rows, int64_t position, uint8_t shown) {
    rows.object.push_back(object_);
    rows.position.push_back(position);
    rows.shown.push_back(shown);
  }

  const std::vector<Candidate>& candidates_;
  std::vector<Part> parts_;
  Draw& out_;
  double total_weight_ = 0;
  int64_t object_ = 0;
  std::vector<int64_t> scalars_, capacities_, counts_;
  std::vector<std::pair<size_t, double>> grids_;
  std::vector<double> alphas_;
  std::vector<std::vector<int64_t>> positions_;
  std::vector<std::vector<uint8_t>> covered_;  // by candidate: empty, or 1 where a target forbids the input position
};

}  // namespace

void cover(const Candidate& candidate, int64_t object, int64_t t, std::vector<uint8_t>& covered) {
  const Grid &input = candidate.input_grid, &target = candidate.target_grid;
  if (target.of_whole && input.of_whole) {  // the same tokens
    covered[size_t(t)] = 1;
    return;
  }
  if (target.of_whole || input.of_whole) {
    std::fill(covered.begin(), covered.end(), uint8_t{1});
    return;
  }
  if (input.summary) covered[size_t(input.special - 1)] = 1;
  if (t < target.special) {
    if (t < input.special) covered[size_t(t)] = 1;
    return;
  }
  t -= target.special;
  const auto &from = candidate.input_places, &to = candidate.target_places;
  const bool by_place = !from.columns.empty() && !to.columns.empty(), by_row = !from.rows.empty() && !to.rows.empty();
  auto of_object = [&](const std::vector<Stretch>& all, const Grid& grid, int64_t column) {
    const bool each = int64_t(all.size()) > grid.columns;
    return all[size_t(each ? object * grid.columns + column : column)];
  };
  const int64_t row = t / target.columns, column = t % target.columns;
  const auto wanted_row = by_row ? to.rows[size_t(row)] : part_of(row, target.rows);
  const auto wanted_column = by_place ? of_object(to.columns, target, column) : part_of(column, target.columns);
  for (int64_t r = 0; r < input.rows; ++r) {
    if (!overlap(by_row ? from.rows[size_t(r)] : part_of(r, input.rows), wanted_row)) continue;
    for (int64_t c = 0; c < input.columns; ++c)
      if (overlap(by_place ? of_object(from.columns, input, c) : part_of(c, input.columns), wanted_column))
        covered[size_t(input.special + r * input.columns + c)] = 1;
  }
}

std::vector<int64_t> share_out(base::Random& random, int64_t budget, const std::vector<int64_t>& capacities,
                               const std::vector<double>& alphas) {
  std::vector<int64_t> counts(capacities.size(), 0);
  std::vector<double> shares(capacities.size(), 0);
  while (budget > 0) {
    double sum = 0;
    size_t last_open = capacities.size();
    for (size_t i = 0; i < capacities.size(); ++i) {
      const bool open = counts[i] < capacities[i] && alphas[i] > 0;
      shares[i] = open ? random.gamma(alphas[i]) : 0;
      sum += shares[i];
      if (open) last_open = i;
    }
    if (last_open == capacities.size()) break;
    if (!(sum > 0)) shares[last_open] = sum = 1;  // every gamma draw of a tiny alpha underflowed
    const double offset = random.uniform();
    double cumulative = 0;
    int64_t before = 0, left = budget;
    for (size_t i = 0; i < capacities.size(); ++i) {
      cumulative += shares[i] / sum;
      const auto after = i == last_open ? budget : std::min(budget, int64_t(cumulative * double(budget) + offset));
      const int64_t take = std::min(std::max<int64_t>(after - before, 0), capacities[i] - counts[i]);
      before = std::max(before, after);
      counts[i] += take;
      left -= take;
    }
    budget = left;
  }
  return counts;
}

namespace {

constexpr size_t kObjectsAtOnce = 32;  // of a thread

void append(Rows& rows, const Rows& more) {
  rows.object.insert(rows.object.end(), more.object.begin(), more.object.end());
  rows.position.insert(rows.position.end(), more.position.begin(), more.position.end());
  rows.shown.insert(rows.shown.end(), more.shown.begin(), more.shown.end());
}

void append(Draw& draw, const Draw& more) {
  for (size_t c = 0; c < draw.inputs.size(); ++c) {
    append(draw.inputs[c], more.inputs[c]);
    append(draw.targets[c], more.targets[c]);
  }
  draw.input_slots.open += more.input_slots.open;
  draw.input_slots.filled += more.input_slots.filled;
  draw.target_slots.open += more.target_slots.open;
  draw.target_slots.filled += more.target_slots.filled;
}

}  // namespace

Draw draw_budgets(const std::vector<Candidate>& candidates, const std::vector<uint64_t>& hashes,
                  const std::map<std::string, MixtureSettings>& mixture, const DrawKey& key) {
  Draw out{std::vector<Rows>(candidates.size()), std::vector<Rows>(candidates.size()), {}, {}};
  for (const auto& c : candidates) {
    ASTERISM_CHECK(c.usable_NP.empty() || c.usable_NP.size() == hashes.size() * size_t(c.input_grid.positions()), "{}",
                   c.name);
    ASTERISM_CHECK(c.askable_N.empty() || c.askable_N.size() == hashes.size(), "{}", c.name);
    ASTERISM_CHECK(fits(c.input_places, c.input_grid, hashes.size()), "{}", c.name);
    ASTERISM_CHECK(fits(c.target_places, c.target_grid, hashes.size()), "{}", c.name);
  }
  const auto parts = parts_of(candidates, mixture);
  const auto chunks = int64_t((hashes.size() + kObjectsAtOnce - 1) / kObjectsAtOnce);
  std::vector<Draw> drawn(size_t(chunks), out);
  nn::in_threads(chunks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t chunk = begin; chunk < end; ++chunk) {
      ObjectDraw draw(candidates, parts, drawn[size_t(chunk)]);
      const size_t first = size_t(chunk) * kObjectsAtOnce;
      for (size_t i = first; i < std::min(first + kObjectsAtOnce, hashes.size()); ++i) {
        base::Random random(key.seed, uint64_t(key.epoch), hashes[i], "budget");
        draw(int64_t(i), random);
      }
    }
  });
  for (const auto& some : drawn) append(out, some);
  return out;
}

std::vector<Rows> all_inputs(const std::vector<Candidate>& candidates, int64_t n, const std::vector<uint8_t>& given) {
  std::vector<Rows> out(candidates.size());
  for (size_t c = 0; c < candidates.size(); ++c) {
    if (!given[c] || candidates[c].usable_NP.empty()) continue;
    const int64_t count = candidates[c].input_grid.positions();
    for (int64_t i = 0; i < n; ++i)
      for (int64_t p = 0; p < count; ++p)
        if (candidates[c].usable_NP[size_t(i * count + p)]) {
          out[c].object.push_back(i);
          out[c].position.push_back(p);
        }
  }
  return out;
}

}  // namespace asterism::models
