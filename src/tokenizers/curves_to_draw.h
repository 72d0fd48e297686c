#pragma once
// Which points of which bands are drawn from tokens of light curves: those that were asked for, or a grid.

#include <functional>
#include <string>

#include "modalities/block.h"
#include "tokenizers/light_curve_settings.h"
#include "tokenizers/tokenizer.h"

namespace asterism::tokenizers {

struct CurveSpan {
  double first_day = 0, last_day = 0;  // in the time system of what was encoded
};

// request.points with every band and time looked at (UserError, in the name of `reader`); without them, 64 times from
// the first point to the last, which `span_of` reads from the tokens of an object, in the settings' bands (without any,
// in one, "reference"). What decode fills in: values are 0, masks 1.
modalities::LightCurveBlock curves_to_draw(const Tokens& tokens, const DecodeRequest& request,
                                           const LightCurveBands& settings,
                                           const std::function<CurveSpan(const at::Tensor& ids_T)>& span_of,
                                           const std::string& reader);

}  // namespace asterism::tokenizers
