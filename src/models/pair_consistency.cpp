#include "models/pair_consistency.h"

#include <list>

#include "base/random.h"
#include "models/packing.h"
#include "models/wrap.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

using Network = AnyToAny::Network;
constexpr size_t kNone = size_t(-1);

// Which scalars of each object are paired, by modality.
struct Pairs {
  std::vector<size_t> a, b;      // [N]; kNone: no pair
  std::vector<int64_t> objects;  // that have one
};

Pairs draw_pairs(const Network& net, const Network::Observed& observed, const DrawKey& key) {
  std::vector<size_t> able;
  for (size_t m = 0; m < net.names.size(); ++m) {
    const auto& c = observed.candidates[m];
    if (c.scalar && net.heads[m] && net.heads[m]->bins() && !c.usable_NP.empty() && !c.askable_N.empty())
      able.push_back(m);
  }
  Pairs out{std::vector<size_t>(size_t(observed.objects), kNone), {}, {}};
  out.b = out.a;
  std::vector<size_t> has;
  for (int64_t i = 0; i < observed.objects; ++i) {
    has.clear();
    for (const size_t m : able)
      if (observed.candidates[m].usable_NP[size_t(i)] && observed.candidates[m].askable_N[size_t(i)]) has.push_back(m);
    if (has.size() < 2) continue;
    base::Random random(key.seed, uint64_t(key.epoch), observed.hashes[size_t(i)], "pair");
    const auto first = random.below(has.size()), second = random.below(has.size() - 1);
    out.a[size_t(i)] = has[first];
    out.b[size_t(i)] = has[second + (second >= first ? 1 : 0)];
    out.objects.push_back(i);
  }
  return out;
}

// One row for each object that has a pair, of the modality that `of` names.
std::vector<Rows> rows_of(const Network& net, const std::vector<int64_t>& objects, const std::vector<size_t>& of) {
  std::vector<Rows> rows(net.names.size());
  for (const int64_t i : objects) {
    auto& r = rows[of[size_t(i)]];
    r.object.push_back(i);
    r.position.push_back(0);
    r.shown.push_back(0);
  }
  return rows;
}

std::vector<at::Tensor> answers(const Network& net, const Network::Observed& observed, const std::vector<Rows>& given,
                                const std::vector<Rows>& asked, const std::vector<uint8_t>& keep, const DrawKey& key) {
  const auto in = pack(given, keep, 1), out = pack(asked, keep, 0);
  const auto encoded_LD = net.encode(net.embed_rows(observed, given, key), in, {});
  return net.decode(asked, out, net.decoder->prepare(encoded_LD, in.objects),
                    std::vector<tokenizers::Tokens>(net.names.size()), {});
}

// ln p of the rows' values, [N] with 0 where there is no row. x [R, D] by modality; one row of it may serve all.
at::Tensor log_p_N(const Network& net, const Network::Observed& observed, const std::vector<Rows>& rows,
                   const std::vector<at::Tensor>& x) {
  at::Tensor out;
  for (size_t m = 0; m < rows.size(); ++m) {
    if (rows[m].size() == 0) continue;
    const auto object = copied(rows[m].object);
    const auto value_R = wrap(observed.scalars[m]->value, {observed.objects}).index_select(0, object);
    const auto log_p_R = net.heads[m]->value_log_p(x[m].expand({rows[m].size(), x[m].size(1)}), value_R);
    if (!out.defined()) out = at::zeros({observed.objects}, log_p_R.options().requires_grad(false));
    out = out.index_add(0, nn::onto(log_p_R.device(), object), log_p_R);
  }
  return out;
}

// The batch without errors; the blocks live in `blocks`.
Network::Observed bare(const Network::Observed& observed, std::list<modalities::ScalarBlock>& blocks) {
  auto out = observed;
  for (auto& scalar : out.scalars) {
    if (scalar == nullptr || !scalar->has_error) continue;
    auto& block = blocks.emplace_back(*scalar);
    block.has_error = false;
    block.error.assign(block.error.size(), 0);
    scalar = &block;
  }
  return out;
}

}  // namespace

at::Tensor pair_differences(const Network& net, const Network::Observed& observed, const DrawKey& key) {
  const auto pairs = draw_pairs(net, observed, key);
  if (pairs.objects.empty()) return at::zeros({0}, at::kFloat);
  std::list<modalities::ScalarBlock> blocks;
  const auto seen = bare(observed, blocks);
  std::vector<uint8_t> keep(size_t(observed.objects), 0);
  for (const int64_t i : pairs.objects) keep[size_t(i)] = 1;
  const auto of_a = rows_of(net, pairs.objects, pairs.a), of_b = rows_of(net, pairs.objects, pairs.b);

  // Nothing given: the same answer for every object, so one object asks.
  std::vector<Rows> nothing(net.names.size()), alone(net.names.size());
  std::vector<uint8_t> one(size_t(observed.objects), 0);
  one[size_t(pairs.objects.front())] = 1;
  for (size_t m = 0; m < alone.size(); ++m)
    if (of_a[m].size() + of_b[m].size() > 0) alone[m] = {{pairs.objects.front()}, {0}, {0}};
  const auto marginal = answers(net, seen, nothing, alone, one, key);

  const auto b_given_a = answers(net, seen, of_a, of_b, keep, key),
             a_given_b = answers(net, seen, of_b, of_a, keep, key);
  const auto difference_N = log_p_N(net, seen, of_a, marginal) + log_p_N(net, seen, of_b, b_given_a) -
                            log_p_N(net, seen, of_b, marginal) - log_p_N(net, seen, of_a, a_given_b);
  return difference_N.index_select(0, nn::onto(difference_N.device(), pairs.objects));
}

}  // namespace asterism::models
