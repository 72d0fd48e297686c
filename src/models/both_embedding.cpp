#include "models/both_embedding.h"

#include "models/code_table.h"
#include "models/token_embedding.h"
#include "nn/device.h"

namespace asterism::models {
namespace {

// true where a position sees a token: [1, P, T], or [N, P, T] where the places of objects differ.
at::Tensor seen_tokens(const InputEmbedding::View& values, const Grid& tokens, const Places& token_places, int64_t n) {
  Candidate c;
  c.input_grid = values.grid;
  c.input_places = values.places;
  c.target_grid = tokens;
  c.target_places = token_places;
  const auto differ = int64_t(values.places.columns.size()) > values.grid.columns ||
                      int64_t(token_places.columns.size()) > tokens.columns;
  const int64_t objects = differ ? n : 1, positions = values.grid.positions(), count = tokens.positions();
  auto out = at::zeros({objects, positions, count}, at::kBool);
  std::vector<uint8_t> covered;
  for (int64_t i = 0; i < objects; ++i)
    for (int64_t t = 0; t < count; ++t) {
      covered.assign(size_t(positions), 0);
      cover(c, i, t, covered);
      for (int64_t p = 0; p < positions; ++p)
        if (covered[size_t(p)]) out.data_ptr<bool>()[(i * positions + p) * count + t] = true;
    }
  return out;
}

}  // namespace

BothEmbedding::BothEmbedding(const nn::Scope& scope, std::unique_ptr<InputEmbedding> values,
                             std::shared_ptr<const tokenizers::Tokenizer> codec, Grid tokens, int64_t width)
    : values_(std::move(values)),
      codec_(std::move(codec)),
      tokens_(tokens),
      token_places_(token_places(*codec_, tokens)),
      codes_(code_table(scope / "codes", *codec_, tokens, width)) {}

InputEmbedding::View BothEmbedding::view(const modalities::Block& block) const {
  auto out = values_->view(block);
  at::NoGradGuard no_grad;
  const auto tokens = codec_->encode(block);
  out.tensors["ids"] = tokens.ids;
  out.tensors["coded"] = tokens.present;
  out.tensors["seen"] = seen_tokens(out, tokens_, token_places_, tokens.ids.size(0));
  return out;
}

at::Tensor BothEmbedding::embed(const View& view, const at::Tensor& object_R, const at::Tensor& position_R) const {
  auto x_RD = values_->embed(view, object_R, position_R);
  const auto& seen = view.tensors.at("seen");
  const auto table = seen.size(0) > 1 ? object_R : at::zeros_like(object_R);
  const auto tokens_RT =
      seen.index({table, position_R}).logical_and(view.tensors.at("coded").index_select(0, object_R).unsqueeze(1));
  const auto pairs = tokens_RT.nonzero();
  if (pairs.size(0) == 0) return x_RD;
  const auto row = pairs.select(1, 0), token = pairs.select(1, 1);
  const auto there =
      nn::onto(x_RD.device(), {view.tensors.at("ids").index({object_R.index_select(0, row), token}), row});
  const auto code = codes_(there[0]);
  const auto sum =
      at::zeros({position_R.size(0), code.size(1)}, code.options().requires_grad(false)).index_add(0, there[1], code);
  return x_RD + sum / nn::onto(x_RD.device(), tokens_RT.sum(1, true).clamp_min(1).to(code.scalar_type()));
}

}  // namespace asterism::models
