#include "models/dino.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "models/augment.h"
#include "models/crop_patches.h"
#include "models/dino_views.h"
#include "models/input_units.h"
#include "models/lone_encoder.h"
#include "models/wrap.h"
#include "nn/device.h"
#include "nn/ema.h"
#include "nn/nothing_to_learn.h"
#include "nn/scope.h"
#include "nn/self_distillation.h"

namespace asterism::models {
namespace {

nn::PrototypeHeadSettings head_of(const DinoSettings& s) {
  nn::PrototypeHeadSettings h;
  h.in = s.encoder.width;
  h.hidden = s.head_hidden;
  h.bottleneck = s.bottleneck;
  h.prototypes = s.prototypes;
  return h;
}

// Which rows are there, and where each then stands among them.
std::vector<int64_t> compacted(const std::vector<int64_t>& rows, std::vector<int64_t>& present) {
  std::vector<int64_t> place;
  for (const int64_t row : rows) {
    place.push_back(row < 0 ? -1 : int64_t(present.size()));
    if (row >= 0) present.push_back(row);
  }
  return place;
}

}  // namespace

// Hidden patches: their rows, and what each counts.
struct Dino::Hidden {
  std::vector<int64_t> student, teacher;
  std::vector<double> weight;
};

Dino::Network::Network(const nn::Scope& scope, const DinoSettings& s)
    : encoder(scope / "backbone", s.encoder), head(scope / "dino_head", head_of(s)) {
  if (!s.shared_head) patch_head = nn::PrototypeHead(scope / "ibot_head", head_of(s));
}

Dino::Dino(DinoSettings settings, Learns learns, at::ScalarType dtype)
    : Dino(std::move(settings), learns, dtype, false) {}

Dino::Dino(DinoSettings settings, Learns learns, at::ScalarType dtype, bool blank) : settings_(std::move(settings)) {
  const auto& s = settings_;
  check_settings(s);
  nn::Parameters student, teacher;
  const nn::Scope first(student, uint64_t(s.seed), "student", dtype);
  student_ = Network(blank ? first.blank() : first, s);
  teacher_ = Network(nn::Scope(teacher, uint64_t(s.seed), "teacher", dtype).blank(), s);
  for (const auto& entry : student.parameters()) student_weights_.push_back(entry.second);
  for (const auto& entry : teacher.parameters()) teacher_weights_.push_back(entry.second);
  if (!blank) begin_alike();
  const bool student_learns = learns == Learns::student || s.weights == "student";
  parameters_.adopt("", student_learns ? student : teacher);
  for (const auto& [name, tensor] : (student_learns ? teacher : student).parameters()) {
    tensor.set_requires_grad(false);
    parameters_.add_buffer(name, tensor);
  }
  if (s.centring == "sinkhorn") return;
  centre_K_ = parameters_.add_buffer("centre.dino", at::zeros({s.prototypes}, dtype));
  patch_centre_K_ = parameters_.add_buffer("centre.ibot", at::zeros({s.prototypes}, dtype));
}

void Dino::begin_alike() {
  const at::NoGradGuard no_grad;
  for (size_t k = 0; k < student_weights_.size(); ++k) teacher_weights_[k].copy_(student_weights_[k]);
}

Dino::Hidden Dino::hidden_of(const DinoViews& views, const CropEncoder::Encoded& student,
                             const CropEncoder::Encoded& teacher) const {
  Hidden out;
  for (size_t m = 0; m < views.images.size(); ++m)
    for (size_t view = 0; view < size_t(kGlobalViews); ++view) {
      const size_t mine = m * size_t(views.sets) + view, theirs = m * size_t(kGlobalViews) + view;
      const auto& hidden = views.student[mine].hidden_NP;
      const size_t P = hidden.size() / size_t(views.images[m]);
      for (size_t i = 0; i < size_t(views.images[m]); ++i) {
        const auto count = std::count(hidden.begin() + int64_t(i * P), hidden.begin() + int64_t((i + 1) * P), 1);
        for (size_t k = i * P; k < (i + 1) * P; ++k) {
          if (hidden[k] == 0) continue;
          out.student.push_back(student.patch_row[mine][k]);
          out.teacher.push_back(teacher.patch_row[theirs][k]);
          out.weight.push_back(1 / double(count) / double(kGlobalViews * views.count));
        }
      }
    }
  return out;
}

// DINO, and KoLeo on the same CLS tokens.
void Dino::add_view_loss(nn::Outcome& out, const DinoViews& views, const CropEncoder::Encoded& student,
                         const CropEncoder::Encoded& teacher, double temperature) {
  std::vector<int64_t> rows, teacher_rows;
  const auto place = compacted(student.cls_row, rows), teacher_place = compacted(teacher.cls_row, teacher_rows);
  ViewPairs pairs;
  std::vector<std::vector<int64_t>> global;
  global.resize(size_t(kGlobalViews));
  for (size_t m = 0, s = 0, t = 0; m < views.images.size(); ++m) {
    const auto n = size_t(views.images[m]), own = n * size_t(views.sets), theirs = n * size_t(kGlobalViews);
    const auto part =
        pair_views({place.begin() + int64_t(s), place.begin() + int64_t(s + own)},
                   {teacher_place.begin() + int64_t(t), teacher_place.begin() + int64_t(t + theirs)}, int64_t(n));
    pairs.student.insert(pairs.student.end(), part.student.begin(), part.student.end());
    pairs.first.insert(pairs.first.end(), part.first.begin(), part.first.end());
    pairs.second.insert(pairs.second.end(), part.second.begin(), part.second.end());
    pairs.terms += part.terms;
    for (size_t k = 0; k < theirs; ++k)
      if (place[s + k] >= 0) global[k / n].push_back(place[s + k]);
    s += own, t += theirs;
  }
  if (pairs.terms == 0)
    nn::nothing_to_learn("none of the {} images of the batch has two views with anything to see", views.count);
  std::vector<at::Tensor> indices{copied(rows), copied(teacher_rows)};
  for (const auto& view : global) indices.push_back(copied(view));
  const auto there = nn::onto(student.rows_RD.device(), indices);
  const auto cls = student.rows_RD.index_select(0, there[0]);
  at::Tensor wanted, wanted_prototypes;
  {
    const at::NoGradGuard no_grad;
    wanted = teacher_.head(teacher.rows_RD.index_select(0, there[1]));
    wanted_prototypes = teacher_.head.prototypes();
  }
  const auto term = view_loss(student_.head(cls), student_.head.prototypes(), settings_.student_temperature, wanted,
                              wanted_prototypes, centre_K_, {settings_.centring == "sinkhorn", temperature}, pairs);
  new_mean_K_ = term.mean_logits_K;
  out.loss = term.loss * settings_.dino_weight;
  out.figures["dino"] = term.loss.detach();
  out.figures["entropy"] = term.entropy;
  if (settings_.koleo_weight <= 0) return;
  auto apart = at::zeros({}, cls.options().dtype(term.loss.scalar_type()).requires_grad(false));
  for (size_t view = 0; view < global.size(); ++view) apart = apart + nn::koleo(cls.index_select(0, there[2 + view]));
  out.loss = out.loss + apart * settings_.koleo_weight;
  out.figures["koleo"] = apart.detach();
}

void Dino::add_patch_loss(nn::Outcome& out, const DinoViews& views, const CropEncoder::Encoded& student,
                          const CropEncoder::Encoded& teacher, double temperature) {
  new_patch_mean_K_ = at::Tensor();
  const auto hidden = hidden_of(views, student, teacher);
  if (hidden.student.empty()) return;  // none was drawn
  const auto device = student.rows_RD.device();
  const auto there = nn::onto(device, std::vector{copied(hidden.student), copied(hidden.teacher)});
  at::Tensor wanted, wanted_prototypes;
  {
    const at::NoGradGuard no_grad;
    const auto& head = teacher_.of_patches(settings_.shared_head);
    wanted = head(teacher.rows_RD.index_select(0, there[1]));
    wanted_prototypes = head.prototypes();
  }
  const auto& head = student_.of_patches(settings_.shared_head);
  const auto term =
      patch_loss(head(student.rows_RD.index_select(0, there[0])), head.prototypes(), settings_.student_temperature,
                 wanted, wanted_prototypes, patch_centre_K_, {settings_.centring == "sinkhorn", temperature},
                 nn::onto(device, at::tensor(hidden.weight, at::kDouble)));
  new_patch_mean_K_ = term.mean_logits_K;
  out.loss = out.loss + term.loss * settings_.ibot_weight;
  out.figures["ibot"] = term.loss.detach();
}

nn::Outcome Dino::loss(const modalities::Batch& batch, const DrawKey& key, double progress) {
  auto views = draw_views(settings_, student_.encoder, teacher_.encoder, parameters_.device(), batch, key);
  if (views.count == 0)
    nn::nothing_to_learn("none of the {} objects of the batch has {}", batch.size(),
                         base::quoted_list(settings_.modalities));
  if (settings_.ibot_weight > 0) hide_patches(views, settings_, key);
  uint64_t mixed = uint64_t(key.epoch);
  for (const auto& object : batch.objects) mixed = mixed * 0x9e3779b97f4a7c15ULL + object.hash();
  const auto student = student_.encoder(views.student, key.training ? nn::DropKey(key.seed, mixed) : nn::DropKey());
  CropEncoder::Encoded teacher;
  {
    const at::NoGradGuard no_grad;
    teacher = teacher_.encoder(views.teacher);
  }
  const double temperature = teacher_temperature(settings_, progress);
  nn::Outcome out;
  add_view_loss(out, views, student, teacher, temperature);
  if (settings_.ibot_weight > 0) add_patch_loss(out, views, student, teacher, temperature);
  out.weight = double(views.count);
  return out;
}

void Dino::after_update(double progress) {
  const at::NoGradGuard no_grad;
  nn::move_averages(teacher_weights_, student_weights_, momentum(settings_, progress));
  const auto move = [&](at::Tensor& centre, at::Tensor& mean) {
    if (centre.defined() && mean.defined())
      nn::move_averages({centre}, {mean.to(centre.scalar_type())}, settings_.centre_momentum);
    mean = at::Tensor();
  };
  move(centre_K_, new_mean_K_);
  move(patch_centre_K_, new_patch_mean_K_);
}

double Dino::rate_factor(const std::string& name, double progress) const {
  if (name.find(".last_layer.") != std::string::npos) return progress < settings_.freeze_last_layer ? 0 : 1;
  const std::string place = "student.backbone.";
  if (!name.starts_with(place)) return 1;
  const auto own = name.substr(place.size());
  const int64_t layers = settings_.encoder.layers, block = std::max<int64_t>(-1, student_.encoder.block_of(own));
  const double decay = std::pow(settings_.layer_decay, double(layers - block));
  return own.starts_with("patch_embed.") ? decay * settings_.patch_rate : decay;
}

void Dino::check_data(const modalities::Batch& sample) const {
  std::vector<const modalities::ImageBlock*> images;
  for (const auto& modality : settings_.modalities) {
    const auto found = sample.blocks.find(modality);
    if (found == sample.blocks.end()) continue;
    const auto* block = std::get_if<modalities::ImageBlock>(&found->second);
    if (block == nullptr)
      base::user_error("model.modalities: '{}' is no image, and this model looks at images alone: take it out",
                       modality);
    images.push_back(block);
  }
  if (images.empty())
    base::user_error("the data have none of {}: name what they have in model.modalities",
                     base::quoted_list(settings_.modalities));
  check_augment(settings_.augment, images);
}

void Dino::learn_units(const modalities::Batch& sample) {
  auto& s = settings_.encoder;
  if (s.input == "picture") return;
  if (s.units.empty()) s.units = units_in(sample, settings_.modalities);
  for (auto* network : {&student_, &teacher_}) network->encoder.expect(s.units);
}

const CropEncoder& Dino::encoder(const std::string& of) const {
  return of == "student" ? student_.encoder : teacher_.encoder;
}

std::map<std::string, at::Tensor> Dino::encoder_weights(const std::string& of) const {
  std::map<std::string, at::Tensor> out;
  const std::string place = of + ".backbone.";
  for (const auto& [name, tensor] : parameters_.all())
    if (name.starts_with(place)) out[name.substr(place.size())] = tensor;
  return out;
}

// Images of every modality that is asked for and there: one set each, of all objects.
CropEncoder::Encoded Dino::look_at(const modalities::Batch& batch, const EmbedRequest& request,
                                   std::vector<int32_t>& sets) const {
  std::vector<CropEncoder::Crops> crops;
  const auto& net = encoder(settings_.weights);
  for (size_t m = 0; m < settings_.modalities.size(); ++m) {
    const auto& modality = settings_.modalities[m];
    const auto found = batch.blocks.find(modality);
    const bool asked =
        request.given.empty() || std::find(request.given.begin(), request.given.end(), modality) != request.given.end();
    if (!asked || found == batch.blocks.end()) continue;
    crops.push_back(net.look(found->second, request.any_instrument));
    sets.push_back(int32_t(m));
  }
  return net(crops, {}, request.layer);
}

Model::Embedded Dino::embed(const modalities::Batch& batch, const EmbedRequest& request) const {
  return vectors_of(batch, request, settings_.vectors);
}

std::map<std::string, int64_t> Dino::pools() const { return {{"cls", token_width()}, {"tokens", token_width()}}; }

Model::Embedded Dino::pooled(const modalities::Batch& batch, const EmbedRequest& request,
                             const std::string& pool) const {
  return pool == "cls" ? vectors_of(batch, request, "cls") : Model::pooled(batch, request, pool);
}

Model::Embedded Dino::vectors_of(const modalities::Batch& batch, const EmbedRequest& request,
                                 const std::string& vectors) const {
  const at::NoGradGuard no_grad;
  check_request(request, settings_.modalities, settings_.encoder.layers);
  const int64_t n = batch.size();
  auto out = nothing_embedded(n, vectors == "cls" ? token_width() : width());
  if (n == 0) return out;
  std::vector<int32_t> sets;
  const auto encoded = look_at(batch, request, sets);
  std::vector<int64_t> cls, object, patch, patch_object;
  for (size_t g = 0; g < encoded.cls_row.size(); ++g) {
    if (encoded.cls_row[g] < 0) continue;
    cls.push_back(encoded.cls_row[g]);
    object.push_back(int64_t(g) % n);
    for (const int64_t row : encoded.patch_rows_of(int64_t(g)))
      patch.push_back(row), patch_object.push_back(int64_t(g));
  }
  if (cls.empty()) return out;
  const auto rows = encoded.rows_RD.to(at::kFloat);
  const auto device = rows.device();
  const auto mean = [&](const at::Tensor& x, const std::vector<int64_t>& group, int64_t groups) {
    const auto index = nn::onto(device, group);
    const auto count = at::zeros({groups}, x.options()).index_add_(0, index, at::ones({x.size(0)}, x.options()));
    return at::zeros({groups, x.size(1)}, x.options()).index_add_(0, index, x) / count.clamp_min(1).unsqueeze(1);
  };
  std::vector<at::Tensor> parts;
  if (vectors != "patches") parts.push_back(rows.index_select(0, nn::onto(device, cls)));
  if (vectors != "cls") {
    const auto images = int64_t(sets.size()) * n;
    const auto each = mean(rows.index_select(0, nn::onto(device, patch)), patch_object, images);
    std::vector<int64_t> there;
    for (size_t g = 0; g < encoded.cls_row.size(); ++g)
      if (encoded.cls_row[g] >= 0) there.push_back(int64_t(g));
    parts.push_back(each.index_select(0, nn::onto(device, there)));
  }
  out.vectors_ND = mean(at::cat(parts, 1), object, n).to(at::kCPU);
  out.present_N.index_fill_(0, copied(object), true);
  if (request.normalise) out.vectors_ND = unit_rows(out.vectors_ND);
  return out;
}

Model::TokenRows Dino::token_rows(const modalities::Batch& batch, const EmbedRequest& request) const {
  if (request.rings > 0 || request.layer >= 0)
    base::user_error("tokens of the last block alone: leave out rings and layer");
  std::vector<int32_t> sets;
  const int64_t n = batch.size();
  if (n == 0) return no_token_rows(0, settings_.encoder.width);
  const auto encoded = look_at(batch, request, sets);
  if (sets.empty()) return no_token_rows(n, settings_.encoder.width);
  TokenRows out{{}, {}, settings_.modalities, {}};
  std::vector<int64_t> rows;
  for (int64_t i = 0; i < n; ++i) {
    const auto before = int64_t(rows.size());
    for (size_t set = 0; set < sets.size(); ++set) {
      const int64_t image = int64_t(set) * n + i, cls = encoded.cls_row[size_t(image)];
      if (cls < 0) continue;
      rows.push_back(cls);
      for (const int64_t row : encoded.patch_rows_of(image)) rows.push_back(row);
      out.modality_R.resize(rows.size(), sets[set]);
    }
    out.objects.add(int64_t(rows.size()) - before);
  }
  out.rows_RD = encoded.rows_RD.index_select(0, nn::onto(encoded.rows_RD.device(), rows));
  return out;
}

std::unique_ptr<PatchEncoder> Dino::patch_encoder(const std::string& modality) const {
  const auto& known = settings_.modalities;
  if (std::find(known.begin(), known.end(), modality) == known.end()) return nullptr;
  return std::make_unique<CropPatches>(encoder(settings_.weights));
}

void Dino::forget(uint64_t seed) {
  auto settings = settings_;
  settings.seed = int64_t(seed);
  const bool teacher = parameters_.buffers().contains("student.backbone.cls_token");
  take_first_weights(parameters_, Dino(settings, teacher ? Learns::vectors : Learns::student).parameters_);
  if (!teacher) begin_alike();
}

void Dino::save(const std::filesystem::path& folder) const {
  auto settings = settings_;
  save_lone_encoder(folder, kind(), config::fields_of(settings), parameters_);
}

std::unique_ptr<Dino> Dino::load(const std::filesystem::path& folder) {
  DinoSettings settings;
  auto fields = config::fields_of(settings);
  read_lone_settings(folder, "dino", fields);
  const nn::ValuesFollow follow(folder / "model.safetensors");
  std::unique_ptr<Dino> model(new Dino(std::move(settings), Learns::vectors, at::kFloat, true));
  read_lone_weights(folder, model->parameters_);
  return model;
}

}  // namespace asterism::models
