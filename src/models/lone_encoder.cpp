#include "models/lone_encoder.h"

#include <algorithm>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/json.h"
#include "io/safetensors.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "tokenizers/weights_file.h"

namespace asterism::models {

void check_request(const EmbedRequest& request, const std::vector<std::string>& known, int64_t layers) {
  if (request.rings > 0) base::user_error("this model gives one vector an object: leave out the rings");
  if (request.layer >= layers) base::user_error("no block {}: this model has 0 to {}", request.layer, layers - 1);
  for (const auto& name : request.given)
    if (std::find(known.begin(), known.end(), name) == known.end())
      base::user_error("this model cannot read '{}'; the nearest that it can is '{}'", name,
                       base::nearest(name, known));
}

Model::Embedded nothing_embedded(int64_t objects, int64_t width) {
  return {at::zeros({objects, width}), at::zeros({objects}, at::kBool)};
}

at::Tensor unit_rows(const at::Tensor& vectors) {
  return vectors / at::linalg_vector_norm(vectors, 2, {-1}, true).clamp_min(1e-12);
}

Model::Embedded mean_of_rows(const at::Tensor& rows_RD, const nn::Ranges& objects, bool normalise) {
  const int64_t n = objects.groups(), width = rows_RD.size(1);
  auto out = nothing_embedded(n, width);
  if (objects.rows() == 0) return out;
  std::vector<int64_t> object;
  object.reserve(size_t(objects.rows()));
  for (int64_t i = 0; i < n; ++i) object.insert(object.end(), size_t(objects.length(i)), i);
  const auto index = copied(object);
  const auto count = at::zeros({n}).index_add_(0, index, at::ones({index.size(0)}));
  out.present_N = count.gt(0);
  const auto sum = at::zeros({n, width}, rows_RD.options().dtype(at::kFloat))
                       .index_add_(0, nn::onto(rows_RD.device(), index), rows_RD.to(at::kFloat));
  out.vectors_ND = sum.to(at::kCPU) / count.clamp_min(1).unsqueeze(1);
  if (normalise) out.vectors_ND = unit_rows(out.vectors_ND);
  return out;
}

Model::TokenRows no_token_rows(int64_t objects, int64_t width) {
  Model::TokenRows out{at::zeros({0, width}), {}};
  for (int64_t i = 0; i < objects; ++i) out.objects.add(0);
  return out;
}

void take_first_weights(nn::Parameters& mine, const nn::Parameters& fresh) {
  const at::NoGradGuard no_grad;
  for (const auto& [name, weight] : mine.parameters()) weight.detach().copy_(fresh.parameters().at(name));
}

void save_lone_encoder(const std::filesystem::path& folder, const std::string& kind, const config::Fields& settings,
                       const nn::Parameters& parameters) {
  base::AtomicFolder aside(folder, base::Replace::yes);
  io::write_json(aside.path() / "config.json",
                 {{"kind", kind}, {"settings", nlohmann::json::parse(config::to_json(settings))}});
  tokenizers::write_weights(aside.path() / "model.safetensors", parameters.all(), {{"format", "pt"}});
  aside.commit();
}

void read_lone_settings(const std::filesystem::path& folder, const std::string& kind, config::Fields& settings) {
  const auto path = (folder / "config.json").string();
  const auto json = io::read_json(folder / "config.json");
  if (!json.is_object() || !json.contains("settings"))
    base::data_error("{} has no 'settings': it is no {} model of this program", path, kind);
  config::read_json(settings, json.at("settings").dump(), path);
  io::SafetensorsFile::open(folder / "model.safetensors");  // says what is wrong with it before a model is made
}

void read_lone_weights(const std::filesystem::path& folder, nn::Parameters& parameters) {
  const auto path = folder / "model.safetensors";
  parameters.load(tokenizers::read_weights(path), path.string());
}

}  // namespace asterism::models
