#include "train/all.h"

#include "base/error.h"
#include "train/adapted_objective.h"
#include "train/aion_objective.h"
#include "train/any_to_any_objective.h"
#include "train/contrastive_objective.h"
#include "train/dino_objective.h"
#include "train/masked_image_objective.h"
#include "train/masked_spectrum_objective.h"
#include "train/specformer_objective.h"
#include "train/template_redshift_objective.h"
#include "train/tokenizer_objective.h"

namespace asterism::train {
namespace {

template <class S>
std::unique_ptr<ObjectiveSettings> fresh() {
  return std::make_unique<S>();
}

constexpr ObjectiveKind kKinds[] = {
    {"tokenizer", "tokenizer", fresh<TokenizerObjectiveSettings>,
     "a tokenizer that rebuilds one modality from few small integers"},
    {"any_to_any", "model", fresh<AnyToAnyObjectiveSettings>,
     "a masked encoder-decoder that predicts any modality from any others"},
    {"aion", "model", fresh<AionObjectiveSettings>,
     "a model of AION-1's architecture on tokens, saved in the published layout"},
    {"adapted", "model", fresh<AdaptedObjectiveSettings>,
     "a finished model adapted to one labelled scalar: a head, low-rank adapters, or all weights"},
    {"contrastive", "model", fresh<ContrastiveObjectiveSettings>,
     "one space in which an object's modalities lie close together"},
    {"dino", "model", fresh<DinoObjectiveSettings>,
     "a vision transformer that learns from views of images without labels (DINOv2)"},
    {"masked_image", "model", fresh<MaskedImageObjectiveSettings>,
     "a vision transformer that rebuilds hidden patches of images"},
    {"masked_spectrum", "model", fresh<MaskedSpectrumObjectiveSettings>,
     "a spectrum transformer that rebuilds hidden stretches of spectra"},
    {"specformer", "model", fresh<SpecFormerObjectiveSettings>,
     "SpecFormer: overlapping slices of spectra, hidden stretches rebuilt, saved in the published layout"},
    {"template_redshift", "model", fresh<TemplateRedshiftObjectiveSettings>,
     "redshifts of spectra from finished templates at rest, with how sure they are"},
};

}  // namespace

std::span<const ObjectiveKind> objective_kinds() { return kKinds; }

const ObjectiveKind& objective_kind(const std::string& kind) {
  std::vector<std::string> names;
  for (const auto& entry : kKinds) {
    if (kind == entry.kind) return entry;
    names.push_back(entry.kind);
  }
  base::user_error("no objective '{}'; the nearest is '{}', and there are {}", kind, base::nearest(kind, names),
                   base::quoted_list(names));
}

}  // namespace asterism::train
