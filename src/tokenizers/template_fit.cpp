#include "tokenizers/template_fit.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::tokenizers {

namespace {

constexpr int64_t kChunk = 16;  // spectra at a time
// Of a flux in units of its spectrum's level and noise: no line is so bright, and one pixel that is a mistake would
// else be what the templates are of.
constexpr double kMostFlux = 1e3;
constexpr double kPull = 1;  // towards 0, in units of weight: what a pixel that was hardly seen is worth
// Rounds in which all spectra are read as if they were as sharp as templates: what only wide ones see begins smooth,
// and not as the noise that templates are made of at first, which a blur would hide.
constexpr int64_t kSharpRounds = 2;

// A spectrum, and the set that it was put into.
struct Member {
  int64_t row = 0;
  size_t set = 0;
};

struct Spectra {
  const at::Tensor &flux_ML, &weight_ML;
  const std::vector<double>& redshift_M;
  LineSpreads* spreads;
};

// What maximisation needs of the spectra of a set: at each pixel at rest, sums of weight v_j v_k and weight flux v_j
// with v = (1, u); and the moments of u. P = (K+1)(K+2)/2 pairs j <= k.
class RestSums {
 public:
  RestSums(int64_t directions, int64_t pixels)
      : directions_(directions),
        pairs_(at::triu_indices(directions + 1, directions + 1)),
        left_(at::zeros({pairs_.size(1), pixels})),
        right_(at::zeros({directions + 1, pixels})),
        seen_(at::zeros({pixels})),
        moments_(at::zeros({directions + 1, directions + 1}, at::kDouble)) {}

  // An observed pixel lies between two at rest, and counts to each by its nearness. lost_JL: what a blur takes from
  // the templates as seen, [K+1, L], undefined where there is none: put back, so that what is left of a spectrum is
  // learned beside what the templates were.
  void add(const at::Tensor& u_K, const at::Tensor& spread_KK, double offset, const at::Tensor& flux_L,
           const at::Tensor& weight_L, const at::Tensor& lost_JL) {
    const auto v = at::cat({at::ones({1}, at::kDouble), u_K});
    auto moments = at::outer(v, v);
    moments.narrow(0, 1, directions_).narrow(1, 1, directions_).add_(spread_KK);
    moments_ += moments;
    const auto of_pairs = moments.index({pairs_[0], pairs_[1]}).to(at::kFloat), of_v = v.to(at::kFloat);
    const auto light_L = weight_L * flux_L;
    const auto whole = int64_t(std::floor(offset));
    const double share = offset - double(whole);
    const auto put_back =
        lost_JL.defined() ? at::mm(moments.to(at::kFloat), lost_JL) * weight_L : at::Tensor();  // [K+1, L]
    seen_.narrow(0, whole, flux_L.size(0)).add_(weight_L > 0);
    for (const auto& [at, part] : {std::pair{whole, 1 - share}, {whole + 1, share}}) {
      if (part <= 0) continue;
      left_.narrow(1, at, flux_L.size(0)).addr_(of_pairs, weight_L, 1, part);
      right_.narrow(1, at, flux_L.size(0)).addr_(of_v, light_L, 1, part);
      if (put_back.defined()) right_.narrow(1, at, flux_L.size(0)).add_(put_back, part);
    }
  }

  const at::Tensor& seen() const { return seen_; }  // spectra that have light there

  // The most likely templates [K+1, G], with u uncorrelated and unit normal over the spectra, the largest direction
  // first.
  at::Tensor solved() const {
    const int64_t k = directions_, pixels = right_.size(1);
    auto left_GKK = at::zeros({pixels, k + 1, k + 1}, at::kDouble);
    left_GKK.index_put_({at::Tensor(), pairs_[0], pairs_[1]}, left_.t().to(at::kDouble));
    left_GKK.index_put_({at::Tensor(), pairs_[1], pairs_[0]}, left_.t().to(at::kDouble));
    left_GKK.diagonal(0, 1, 2).add_(kPull);
    const auto found = at::linalg_solve(left_GKK, right_.t().to(at::kDouble).unsqueeze(2)).squeeze(2).t();
    const auto moments = moments_ / moments_[0][0];
    const auto middle_K = moments[0].narrow(0, 1, k);
    const auto spread_KK = moments.narrow(0, 1, k).narrow(1, 1, k) - at::outer(middle_K, middle_K);
    const auto root = at::linalg_cholesky(spread_KK + 1e-9 * at::eye(k, at::kDouble));
    const auto directions_KG = found.narrow(0, 1, k);
    const auto white = at::matmul(root.t(), directions_KG);
    const auto axes = std::get<1>(at::linalg_eigh(at::matmul(white, white.t()))).flip({1});
    const auto mean = found.narrow(0, 0, 1) + at::matmul(middle_K.unsqueeze(0), directions_KG);
    return at::cat({mean, at::matmul(axes.t(), white)});
  }

 private:
  int64_t directions_;
  at::Tensor pairs_, left_, right_, seen_, moments_;  // [2, P], [P, G], [K+1, G], [G], [K+1, K+1]
};

// One round over the members of a set: new templates. Returns how many spectra had light at each pixel at rest.
at::Tensor improve(RestTemplates& templates, size_t set, std::vector<Member*>& members, const Spectra& spectra,
                   bool blurred) {
  RestSums sums(templates.directions(set), templates.templates(set).size(1));
  for (size_t start = 0; start < members.size(); start += size_t(kChunk)) {
    const size_t end = std::min(members.size(), start + size_t(kChunk));
    std::vector<int64_t> rows, places;
    Blurs blurs;
    for (size_t i = start; i < end; ++i) {
      rows.push_back(members[i]->row);
      blurs.push_back(blurred ? spectra.spreads->of(members[i]->row) : nullptr);
      places.push_back(templates.place(set, spectra.redshift_M[size_t(members[i]->row)]));
    }
    const auto chosen = at::tensor(rows, at::kLong);
    const auto flux = spectra.flux_ML.index_select(0, chosen), weight = spectra.weight_ML.index_select(0, chosen);
    const auto fit = templates.fit(set, places, flux, weight, true, blurs);
    for (size_t i = start; i < end; ++i) {
      const auto at = int64_t(i - start);
      at::Tensor lost;
      if (const auto& blur = blurs[size_t(at)]; blur) {
        const auto seen = templates.seen(set, places[size_t(at)]);
        lost = seen - blur->of(seen);
      }
      sums.add(fit.u_MK[at], fit.spread_MKK[at], templates.offset(set, places[size_t(at)]), flux[at], weight[at], lost);
    }
  }
  templates.templates(set).copy_(sums.solved());
  return sums.seen();
}

// Every spectrum goes to the set with more evidence, by the pixels that enough spectra of both saw at rest: templates
// of far quasars end where near ones go on. seen_G: of each set, as improve gives it; undefined: it learned nothing.
void move_to_best(const RestTemplates& templates, std::vector<Member>& members, const Spectra& spectra,
                  const std::vector<at::Tensor>& seen_G) {
  const auto known = [&](size_t set, int64_t place) {
    const auto from = int64_t(templates.offset(set, place));
    return seen_G[set].narrow(0, from, templates.pixels()).ge(double(fewest_to_fit(templates, set))).unsqueeze(0);
  };
  for (auto& m : members) {
    const double redshift = spectra.redshift_M[size_t(m.row)];
    const auto flux = spectra.flux_ML.narrow(0, m.row, 1), weight = spectra.weight_ML.narrow(0, m.row, 1);
    for (size_t set = 0; set < templates.sets(); ++set) {
      const int64_t here = templates.place(m.set, redshift), there = templates.place(set, redshift);
      if (set == m.set || there < 0 || !seen_G[set].defined() || !seen_G[m.set].defined()) continue;
      const auto common = weight * known(m.set, here) * known(set, there);
      const auto blur = spectra.spreads->of(m.row);
      const auto score = [&](size_t of, int64_t place) {
        return templates.fit(of, {place}, flux, common, false, {blur}).score_M.item<double>();
      };
      if (score(set, there) < score(m.set, here)) m.set = set;
    }
  }
}

std::vector<std::vector<Member*>> by_set(const RestTemplates& templates, std::vector<Member>& members) {
  std::vector<std::vector<Member*>> out(templates.sets());
  for (auto& m : members) out[m.set].push_back(&m);
  return out;
}

}  // namespace

int64_t fewest_to_fit(const RestTemplates& templates, size_t set) { return 2 * (templates.directions(set) + 1); }

std::vector<int64_t> fit_templates(RestTemplates& templates, const at::Tensor& flux_in, const at::Tensor& weight_ML,
                                   const std::vector<double>& redshift_M, int64_t rounds, int64_t settle,
                                   LineSpreads spreads) {
  ASTERISM_CHECK(flux_in.size(0) == int64_t(redshift_M.size()), "{} redshifts", redshift_M.size());
  at::NoGradGuard no_grad;
  const auto flux_ML = flux_in.clamp(-kMostFlux, kMostFlux);
  const Spectra spectra{flux_ML, weight_ML, redshift_M, &spreads};
  std::vector<Member> members;
  for (size_t i = 0; i < redshift_M.size(); ++i)
    for (size_t set = 0; set < templates.sets(); ++set)
      if (templates.place(set, redshift_M[i]) >= 0) {
        members.push_back({int64_t(i), set});
        break;
      }
  std::vector<at::Tensor> seen_G(templates.sets());
  for (int64_t round = 0; round < rounds; ++round) {
    auto sets = by_set(templates, members);
    for (size_t set = 0; set < sets.size(); ++set) {
      if (int64_t(sets[set].size()) < fewest_to_fit(templates, set)) continue;
      seen_G[set] = improve(templates, set, sets[set], spectra, round >= kSharpRounds);
    }
    if (round >= settle && (round - settle) % 2 == 0) move_to_best(templates, members, spectra, seen_G);
  }
  std::vector<int64_t> out;
  for (const auto& set : by_set(templates, members)) out.push_back(int64_t(set.size()));
  return out;
}

}  // namespace asterism::tokenizers
