#pragma once
// Light curves as a process (curve_process.h) reads them: points about a level and over a scale that tokens hold.

#include <cstdint>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "tokenizers/curve_process.h"
#include "tokenizers/light_curve_input.h"
#include "tokenizers/process_header.h"

namespace asterism::tokenizers {

struct ProcessCurve {
  int64_t row = 0;
  ProcessHeader header;         // as its tokens tell it, of the first kind
  ProcessPoints shown, hidden;  // in the order of their times; at least one is shown
};

struct ProcessReading {
  int64_t points = 256;        // shown and hidden ones, at most; of more, evenly spread ones
  double unknown_error = 0.1;  // where no point of an object has one, in the unit; otherwise their median
  HidePoints hide;             // the share is one that each object draws between 0 and twice this
};

// Objects with a good point: neither masked, an upper limit nor anything but finite.
std::vector<ProcessCurve> process_curves(const modalities::LightCurveBlock& block, const LightCurveBands& bands,
                                         const ProcessReading& how, const std::string& reader);

// Places of points `days` after a header's reference.
ProcessPlaces process_places(const std::vector<double>& days, const std::vector<double>& colours);

}  // namespace asterism::tokenizers
