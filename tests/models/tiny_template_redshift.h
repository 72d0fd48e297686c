#pragma once
// Templates that learned nothing, on the pixels of the tiny sky.

#include <memory>

#include "models/template_redshift.h"

namespace asterism::models::tiny {

inline std::shared_ptr<tokenizers::SpectrumTemplates> spectrum_templates() {
  tokenizers::SpectrumTemplatesSettings s;
  s.wavelength_low = 3980;
  s.wavelength_high = 7820;
  s.pixels = 96;
  s.redshift_low = {0};
  s.redshift_high = {1.2};
  s.directions = {3};
  return std::make_shared<tokenizers::SpectrumTemplates>(s, 1);
}

inline std::unique_ptr<TemplateRedshift> template_redshift() {
  return std::make_unique<TemplateRedshift>(TemplateRedshiftSettings{.codec = "given", .modality = "spectrum_desi"},
                                            spectrum_templates());
}

}  // namespace asterism::models::tiny
