#include "eval/questions/repeats.h"

#include <algorithm>
#include <map>

#include "base/error.h"
#include "data/split.h"
#include "eval/methods/neighbours.h"
#include "eval/methods/pairing.h"
#include "eval/questions/found.h"
#include "eval/questions/task.h"

namespace asterism::eval {
namespace {

constexpr double kSameObjectArcsec = 2;

// Place of each query's own target, column `own` of the targets, by distance; the query itself is no target.
std::vector<double> ranks_among(const at::Tensor& queries_QD, const at::Tensor& targets_MD,
                                const std::vector<int64_t>& own) {
  const auto distance = at::cdist(queries_QD.to(at::kDouble), targets_MD.to(at::kDouble), 2);
  const auto column = at::tensor(own, at::kLong).unsqueeze(1);
  const auto of_own = distance.gather(1, column);
  const auto nearer = distance.lt(of_own - 1e-9).sum(1), equal = (distance - of_own).abs().le(1e-9).sum(1);
  const auto rank = (1 + nearer.to(at::kDouble) + 0.5 * (equal.to(at::kDouble) - 1)).contiguous();
  return {rank.const_data_ptr<double>(), rank.const_data_ptr<double>() + rank.numel()};
}

at::Tensor unit(const at::Tensor& x_ND) {
  const auto y = x_ND.to(at::kDouble);
  return y / y.norm(2, {1}, true).clamp_min(1e-300);
}

// Standardised by all targets.
std::vector<double> plain_ranks(const at::Tensor& queries_QF, const at::Tensor& targets_MF,
                                const std::vector<int64_t>& own) {
  const auto scaler = Scaler::fit(targets_MF);
  return ranks_among(scaler(queries_QF), scaler(targets_MF), own);
}

}  // namespace

std::vector<std::pair<int64_t, int64_t>> repeated_rows(const Subject& subject, const Vectors& vectors,
                                                       const std::vector<int64_t>& test) {
  std::vector<modalities::ObjectKey> keys;
  std::vector<int64_t> rows;
  for (const int64_t row : test) {
    if (vectors.present[size_t(row)] == 0) continue;
    rows.push_back(row);
    keys.push_back(subject.objects[size_t(row)]);
  }
  const auto group = data::position_groups(keys, kSameObjectArcsec);
  std::map<std::string, std::string> name_of;  // of ids without '#': the name of their group
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto id = keys[i].id.substr(0, keys[i].id.find('#'));
    name_of.emplace(id, keys[size_t(group[i])].id.substr(0, keys[size_t(group[i])].id.find('#')));
  }
  std::map<std::string, std::pair<int64_t, int64_t>> first_last;
  std::vector<std::string> order;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto& name = name_of.at(keys[i].id.substr(0, keys[i].id.find('#')));
    const auto [found, fresh] = first_last.try_emplace(name, rows[i], rows[i]);
    if (fresh) order.push_back(name);
    auto& [first, last] = found->second;
    // numbers are compared as such: "#10" is after "#9"
    const auto after = [&](int64_t a, int64_t b) {
      const auto &x = subject.objects[size_t(a)].id, &y = subject.objects[size_t(b)].id;
      return x.size() != y.size() ? x.size() > y.size() : x > y;
    };
    if (after(first, rows[i])) first = rows[i];
    if (after(rows[i], last)) last = rows[i];
  }
  std::vector<std::pair<int64_t, int64_t>> out;
  for (const auto& name : order) out.push_back(first_last.at(name));
  return out;
}

void ask_repeats(Answer& answer, const Subject& subject, const std::string& modality, const Split& split,
                 const AskOptions& options, int64_t fewest) {
  const auto& vectors = subject.vectors.at(modality);
  auto pairs = repeated_rows(subject, vectors, split.test);
  if (int64_t(pairs.size()) > options.pairs) pairs.resize(size_t(options.pairs));
  std::vector<int64_t> queries, targets, own;
  for (const auto& [first, last] : pairs) {
    if (first != last) {
      queries.push_back(first);
      own.push_back(int64_t(targets.size()));
    }
    targets.push_back(last);
  }
  const std::string direction = modality + " -> another";
  if (queries.empty()) return;
  if (int64_t(queries.size()) < fewest) {
    answer.notes.push_back(
        fmt::format("{}: {} objects that were observed twice are too few", direction, queries.size()));
    return;
  }
  const auto& x = vectors.vectors_ND;
  const auto among = int64_t(targets.size());
  const Ranks ranks{direction, "vectors", false, among,
                    ranks_among(unit(take_rows(x, queries)), unit(take_rows(x, targets)), own)};
  add_found(answer, options, ranks);
  answer.plots.push_back(recall_figure(ranks));
  add_chance(answer, options, direction, among);
  for (const auto& [name, table] : subject.features) {
    if (name != "binned " + modality && name != "aperture colours of " + modality) continue;
    add_found(answer, options,
              {direction, "nearest by " + name, true, among,
               plain_ranks(take_rows(table.values_NF, queries), take_rows(table.values_NF, targets), own)});
    add_gain(answer, options, ranks, answer.ranks.back(), "the nearest by features");
  }
}

void ask_halves(Answer& answer, const std::string& modality, const Halves& halves, const AskOptions& options,
                int64_t fewest) {
  const std::string direction = modality + ", half -> other half";
  const auto n = int64_t(halves.rows.size());
  if (n < fewest) {
    answer.notes.push_back(fmt::format("{}: {} objects are too few", direction, n));
    return;
  }
  const Ranks ranks{direction, "vectors", false, n, pair_ranks(halves.first_MD, halves.second_MD)};
  add_found(answer, options, ranks);
  answer.plots.push_back(recall_figure(ranks));
  add_chance(answer, options, direction, n);
  if (halves.features.empty()) return;
  const auto scaler = Scaler::fit(halves.second_MF);
  std::vector<double> plain;
  const auto targets = scaler(halves.second_MF);
  constexpr int64_t kBlock = 1024;
  for (int64_t begin = 0; begin < n; begin += kBlock) {
    const auto some = scaler(halves.first_MF.slice(0, begin, std::min(n, begin + kBlock)));
    const auto part = ranks_of_own(at::cdist(some, targets, 2), begin);
    plain.insert(plain.end(), part.begin(), part.end());
  }
  add_found(answer, options, {direction, "nearest by " + halves.features, true, n, std::move(plain)});
  add_gain(answer, options, ranks, answer.ranks.back(), "the nearest by features");
}

}  // namespace asterism::eval
