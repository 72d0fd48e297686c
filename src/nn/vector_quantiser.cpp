#include "nn/vector_quantiser.h"

#include "base/error.h"
#include "base/random.h"
#include "nn/autocast.h"
#include "nn/transfer.h"

namespace asterism::nn {
namespace {

constexpr int64_t kChunk = 4096;  // vectors whose distances to all entries are held at once
constexpr double kSmall = 1e-5;

at::Tensor lifted(const at::Tensor& z) { return z.scalar_type() == at::kDouble ? z : z.to(at::kFloat); }

}  // namespace

VectorQuantiser::VectorQuantiser(const Scope& scope, const VqSettings& settings)
    : settings_(settings), seed_(scope.seed()) {
  const int64_t K = settings_.codes, d = settings_.width;
  if (K < 2 || d < 1) base::user_error("a code book of {} entries of {} numbers: at least 2 of 1.", K, d);
  auto start = initial_value({K, d}, Init::normal(1), scope.seed(), scope.name("codebook"), scope.dtype());
  codebook_ = scope.buffer("codebook", on_sphere(start));
  share_ = scope.buffer("share", at::ones({K}, scope.dtype()));
  sum_ = scope.buffer("sum", codebook_.clone());
  batches_ = scope.buffer("batches", at::zeros({}, at::kLong));
}

at::Tensor VectorQuantiser::on_sphere(const at::Tensor& z) const {
  return settings_.cosine ? z / z.norm(2, -1, true).clamp_min(kSmall) : z;
}

at::Tensor VectorQuantiser::nearest(const at::Tensor& z_ND) const {
  // the least |z - e|^2, without |z|^2, which is the same for all entries
  const auto length_K = codebook_.square().sum(1) * 0.5;
  std::vector<at::Tensor> parts{at::empty({0}, z_ND.options().dtype(at::kLong))};
  for (int64_t start = 0; start < z_ND.size(0); start += kChunk) {
    const auto part = z_ND.narrow(0, start, std::min(kChunk, z_ND.size(0) - start));
    const auto score = at::matmul(at::nan_to_num(part).to(codebook_.scalar_type()), codebook_.t()) - length_K;
    parts.push_back(score.argmax(1));
  }
  return at::cat(parts);
}

at::Tensor VectorQuantiser::some_of(const at::Tensor& z_ND, int64_t count) const {
  base::Random random(seed_, uint64_t(batches_.item<int64_t>()), 0, "nn.vector_quantiser");
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < count; ++i) rows.push_back(int64_t(random.below(uint64_t(z_ND.size(0)))));
  return z_ND.index_select(0, sent(at::tensor(rows, at::kLong), z_ND.device())).to(codebook_.scalar_type());
}

int64_t VectorQuantiser::follow(const at::Tensor& z_ND, const at::Tensor& ids_N) const {
  const int64_t K = settings_.codes;
  const double fair = double(z_ND.size(0)) / double(K);
  const auto z = z_ND.to(codebook_.scalar_type());
  const auto count = at::zeros({K}, codebook_.options()).index_add(0, ids_N, at::ones({z.size(0)}, z.options()));
  const auto sum = at::zeros_like(codebook_).index_add(0, ids_N, z);
  batches_.add_(1);
  share_.lerp_(count, 1 - settings_.decay);
  sum_.lerp_(sum, 1 - settings_.decay);
  codebook_.copy_(on_sphere(sum_ / share_.clamp_min(kSmall).unsqueeze(1)));
  const auto dead = at::nonzero(share_ < fair * settings_.restart_share).squeeze(1);
  if (dead.numel() == 0) return 0;
  const auto fresh = some_of(z, dead.size(0));
  codebook_.index_copy_(0, dead, fresh);
  sum_.index_copy_(0, dead, fresh * fair);
  share_.index_fill_(0, dead, fair);
  return dead.size(0);
}

at::Tensor VectorQuantiser::penalty(const at::Tensor& z_in, const at::Tensor& ids) const {
  const auto z = on_sphere(lifted(z_in));
  return (z - codebook_.index_select(0, ids.reshape({-1})).to(z.scalar_type()).view(z.sizes())).square().mean() *
         settings_.commitment;
}

Quantised VectorQuantiser::operator()(const at::Tensor& z_in) const {
  ASTERISM_CHECK(z_in.dim() >= 1 && z_in.size(-1) == settings_.width, "{} numbers for a code book of {}", z_in.size(-1),
                 settings_.width);
  const Autocast exact(Precision::fp32, z_in.device().type());
  const auto z = on_sphere(lifted(z_in));
  const auto flat_ND = z.detach().reshape({-1, settings_.width});
  const bool learns = at::GradMode::is_enabled() && z_in.requires_grad() && flat_ND.size(0) > 0;
  at::Tensor ids, hard;
  int64_t restarted = 0;
  {
    at::NoGradGuard no_grad;
    if (learns && batches_.item<int64_t>() == 0) {
      const double fair = double(flat_ND.size(0)) / double(settings_.codes);
      codebook_.copy_(some_of(flat_ND, settings_.codes));
      sum_.copy_(codebook_ * fair);
      share_.fill_(fair);
    }
    ids = nearest(flat_ND);
    hard = codebook_.index_select(0, ids).to(z.scalar_type()).view(z.sizes());
    ids = ids.view(z.sizes().slice(0, size_t(z.dim()) - 1));
  }
  Quantised out;
  out.ids = ids;
  out.penalty = learns ? (z - hard).square().mean() * settings_.commitment : at::zeros({}, hard.options());
  out.codes = z.requires_grad() ? z + (hard - z).detach() : hard;
  if (learns) {
    at::NoGradGuard no_grad;
    restarted = follow(flat_ND, ids.reshape({-1}));
    out.figures["codes_restarted"] = at::full({}, double(restarted));
  }
  return out;
}

at::Tensor VectorQuantiser::codes(const at::Tensor& ids) const {
  if (ids.numel() > 0) {
    const int64_t low = ids.min().item<int64_t>(), high = ids.max().item<int64_t>();
    if (low < 0 || high >= settings_.codes)
      base::user_error("token {} is outside of the code book 0..{}.", low < 0 ? low : high, settings_.codes - 1);
  }
  auto shape = ids.sizes().vec();
  shape.push_back(settings_.width);
  return codebook_.index_select(0, ids.reshape({-1}).to(at::kLong)).to(at::kFloat).view(shape);
}

}  // namespace asterism::nn
