#include "models/make_summary.h"

#include "models/image_summary.h"
#include "models/light_curve_summary.h"
#include "models/spectrum_summary.h"

namespace asterism::models {

std::unique_ptr<Summary> make_summary(const nn::Scope& scope, const std::string& name, const ModalitySettings& modality,
                                      int64_t width, bool linear) {
  if (modality.kind == "image")
    return std::make_unique<ImageSummary>(scope, name, modality.size, modality.bands, width, linear);
  if (modality.kind == "spectrum") return std::make_unique<SpectrumSummary>(scope, name, width, linear);
  if (modality.kind == "light_curve")
    return std::make_unique<LightCurveSummary>(scope, name, modality.bands, width, linear);
  return nullptr;
}

}  // namespace asterism::models
