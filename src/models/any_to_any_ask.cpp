#include "models/any_to_any_ask.h"

#include "base/error.h"
#include "models/wrap.h"

namespace asterism::models {
namespace {

at::Tensor tokens_NM(const std::vector<Rows>& rows, int64_t objects) {
  const auto modalities = int64_t(rows.size());
  auto out = at::zeros({objects, modalities}, at::kLong);
  auto* count = out.data_ptr<int64_t>();
  for (int64_t m = 0; m < modalities; ++m)
    for (const int64_t i : rows[size_t(m)].object) ++count[i * modalities + m];
  return out;
}

// The one position of a target, for every object.
Rows one_position(int64_t objects) {
  Rows rows;
  for (int64_t i = 0; i < objects; ++i) rows.object.push_back(i);
  rows.position.assign(size_t(objects), 0);
  rows.shown.assign(size_t(objects), 0);
  return rows;
}

}  // namespace

std::vector<uint8_t> everyone(int64_t objects) { return std::vector<uint8_t>(size_t(objects), 1); }

Conditioned condition(const AnyToAny::Network& net, const modalities::Batch& batch, const std::vector<uint8_t>& given,
                      const nn::DropKey& drop) {
  const auto observed = net.observe(batch, given, std::vector<uint8_t>(net.names.size(), 0), nullptr);
  const auto rows = all_inputs(observed.candidates, observed.objects, given);
  Conditioned out;
  out.objects = observed.objects;
  out.hashes = observed.hashes;
  out.given_NM = tokens_NM(rows, observed.objects);
  out.drop = drop;
  if (drop.on) out.drop.own = std::make_shared<const std::vector<uint64_t>>(observed.hashes);
  const auto packing = pack(rows, everyone(out.objects), 1);
  out.context = net.decoder->prepare(net.encode(net.embed_rows(observed, rows, {0, 0, false}), packing, out.drop),
                                     packing.objects);
  return out;
}

std::vector<at::Tensor> ask_scalars(const AnyToAny::Network& net, const Conditioned& from,
                                    const std::vector<uint8_t>& asked) {
  std::vector<Rows> rows(net.names.size());
  for (size_t m = 0; m < rows.size(); ++m)
    if (asked[m] && net.heads[m]->one_token()) rows[m] = one_position(from.objects);
  return net.decode(rows, pack(rows, everyone(from.objects), 0), from.context,
                    std::vector<tokenizers::Tokens>(net.names.size()), from.drop);
}

std::vector<uint8_t> inputs_of(const AnyToAny::Network& net, const std::vector<std::string>& names,
                               const std::vector<uint8_t>& asked) {
  auto given = net.choose_inputs(names);
  for (size_t m = 0; m < given.size(); ++m) {
    if (!given[m] || !asked[m]) continue;
    if (!names.empty()) base::user_error("'{}' is both given and asked for: leave it out of one", net.names[m]);
    given[m] = 0;
  }
  return given;
}

}  // namespace asterism::models
