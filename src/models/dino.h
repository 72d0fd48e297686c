#pragma once
// A vision transformer that learns from images without labels (DINOv2, Oquab et al. 2023; AstroDINO, Parker et al.
// 2024), on flux. Two networks of the same shape: the student sees all crops of an image (augment.h), patches of the
// global ones hidden (block_mask.h); the teacher, a running average of the student, sees the global crops whole. The
// student is to say what the teacher says: of the image from any crop (DINO), and of what is hidden (iBOT); KoLeo keeps
// objects apart. All crops of a batch go through the network together, without padding (crop_encoder.h).
//
//   Dino model(settings);
//   model.loss(batch, key, progress).loss.backward();   // update the student; then
//   model.after_update(progress);                       // teacher and centres
//
// Letters: N objects, R rows, D width of a token.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "models/crop_encoder.h"
#include "models/dino_loss.h"
#include "models/dino_settings.h"
#include "models/dino_views.h"
#include "models/model.h"
#include "nn/outcome.h"

namespace asterism::models {

class Dino : public Model {
 public:
  // Whose weights are parameters(), the other network's being buffers: the student's while it is pretrained; those that
  // settings.weights names in a finished model, so that it can be trained on.
  enum class Learns { student, vectors };
  explicit Dino(DinoSettings settings, Learns learns = Learns::student, at::ScalarType dtype = at::kFloat);

  // The weighted sum of the three losses over the objects that have an image. Figures "dino", "ibot", "koleo", and
  // "entropy" of the mean target in nats (0: one answer for all). nn::NothingToLearn where there is no pair of views.
  nn::Outcome loss(const modalities::Batch& batch, const DrawKey& key, double progress = 1);
  // Moves the teacher towards the student, and the centres towards the last loss's batch.
  void after_update(double progress);
  // Of the learning rate of a parameter.
  double rate_factor(const std::string& name, double progress) const;
  // UserError naming an augmentation that could change none of these images.
  void check_data(const modalities::Batch& sample) const;
  void learn_units(const modalities::Batch& sample);  // where they are not known

  std::string kind() const override { return "dino"; }
  std::vector<std::string> modalities() const override { return settings_.modalities; }
  int64_t width() const override { return settings_.encoder.width * (settings_.vectors == "both" ? 2 : 1); }
  int64_t token_width() const override { return settings_.encoder.width; }
  bool checks_instrument() const override { return settings_.encoder.input == "picture"; }
  // As settings.weights and .vectors say; of several images of an object the mean. layer: of that block, not normed.
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  std::map<std::string, int64_t> pools() const override;
  // "cls": of several images of an object the mean.
  Embedded pooled(const modalities::Batch& batch, const EmbedRequest& request, const std::string& pool) const override;
  TokenRows token_rows(const modalities::Batch& batch, const EmbedRequest& request) const override;  // CLS and patches
  std::unique_ptr<PatchEncoder> patch_encoder(const std::string& modality) const override;
  void forget(uint64_t seed) override;
  nn::Parameters& parameters() override { return parameters_; }
  const DinoSettings& settings() const { return settings_; }
  void save(const std::filesystem::path& folder) const override;
  static std::unique_ptr<Dino> load(const std::filesystem::path& folder);

  // The two encoders, "student" or "teacher"; and the names of their parameters, without what stands before them.
  const CropEncoder& encoder(const std::string& of) const;
  std::map<std::string, at::Tensor> encoder_weights(const std::string& of) const;

 private:
  struct Network {
    Network() = default;
    Network(const nn::Scope& scope, const DinoSettings& settings);
    CropEncoder encoder;
    nn::PrototypeHead head, patch_head;  // the second where it is not shared
    const nn::PrototypeHead& of_patches(bool shared) const { return shared ? head : patch_head; }
  };
  struct Hidden;
  Dino(DinoSettings settings, Learns learns, at::ScalarType dtype, bool blank);
  void begin_alike();  // the teacher as the student is
  Hidden hidden_of(const DinoViews& views, const CropEncoder::Encoded& student,
                   const CropEncoder::Encoded& teacher) const;
  void add_view_loss(nn::Outcome& out, const DinoViews& views, const CropEncoder::Encoded& student,
                     const CropEncoder::Encoded& teacher, double temperature);
  void add_patch_loss(nn::Outcome& out, const DinoViews& views, const CropEncoder::Encoded& student,
                      const CropEncoder::Encoded& teacher, double temperature);
  // sets: of which of settings_.modalities each set of images is.
  CropEncoder::Encoded look_at(const modalities::Batch& batch, const EmbedRequest& request,
                               std::vector<int32_t>& sets) const;
  Embedded vectors_of(const modalities::Batch& batch, const EmbedRequest& request, const std::string& vectors) const;

  DinoSettings settings_;
  nn::Parameters parameters_;
  Network student_, teacher_;
  std::vector<at::Tensor> student_weights_, teacher_weights_;
  at::Tensor centre_K_, patch_centre_K_;      // buffers, with centring = "centre"
  at::Tensor new_mean_K_, new_patch_mean_K_;  // of the last batch
};

}  // namespace asterism::models
