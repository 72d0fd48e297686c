// A spectral cube through its tokens and back, as a picture: what was observed, what came back, and the difference in
// errors.
//
//   example_07_cube_through_tokens CODEC DATASET MODALITY OUT.svg
//
// Without arguments: a cube of the mock sky, and a small codec of templates of that one cube and a few beside it.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "base/error.h"
#include "data/hats_read.h"
#include "eval/questions/cube_measures.h"
#include "eval/rebuild.h"
#include "modalities/cube.h"
#include "report/drawing.h"
#include "report/stretch.h"
#include "sky/observe.h"
#include "tokenizers/all.h"

namespace {

using namespace asterism;
using modalities::CubeBlock;

constexpr double kTile = 130, kGap = 14, kLeft = 110, kTop = 36;

CubeBlock read_cube(const std::string& dataset, const std::string& modality) {
  CubeBlock out;
  data::HatsReader::open(dataset).for_each({modality}, 1, [&](modalities::Batch&& batch, int64_t) {
    const auto* cubes = std::get_if<CubeBlock>(&batch.blocks.at(modality));
    if (cubes == nullptr) base::user_error("'{}' is no cube: name a modality of spectral cubes", modality);
    out = *cubes;
    return out.present[0] == 0;  // the first that is there
  });
  return out;
}

modalities::Batch mock_cubes() {
  sky::SkySettings bright;
  bright.star_weight = bright.quasar_weight = 0;
  bright.r_spectroscopic = bright.r_faint = 17;
  bright.spectroscopic_share = 1;
  return sky::observe(1, 0, 16, {"manga"}, bright);
}

std::unique_ptr<tokenizers::Tokenizer> learned_from(const modalities::Batch& sky) {
  auto codec = tokenizers::make_tokenizer("cube_templates", R"({"directions": 8})", 1);
  tokenizers::Lesson lesson{{&sky.blocks.at("cube_manga")}, {}};
  lesson.redshifts = {&std::get<modalities::ScalarBlock>(sky.blocks.at("redshift"))};
  codec->fit_all(lesson);
  return codec;
}

// Planes first .. last - 1 put together: mean fluxes, and the residual over its error. NaN where there is nothing.
struct Slice {
  std::vector<float> observed, rebuilt, residual;
};
Slice slice_of(const CubeBlock& observed, const CubeBlock& rebuilt, int64_t first, int64_t last) {
  Slice out;
  for (int64_t p = 0; p < observed.height * observed.width; ++p) {
    const auto data = eval::spaxel_of(observed, 0, p), model = eval::spaxel_of(rebuilt, 0, p);
    double seen = 0, made = 0, off = 0, n = 0;
    for (auto k = size_t(first); k < size_t(last); ++k) {
      if (data.mask[k] != 0 || model.mask[k] != 0) continue;
      seen += double(data.flux[k]);
      made += double(model.flux[k]);
      off += double(data.flux[k] - model.flux[k]) * std::sqrt(double(data.ivar[k]));
      ++n;
    }
    out.observed.push_back(n > 0 ? float(seen / n) : NAN);
    out.rebuilt.push_back(n > 0 ? float(made / n) : NAN);
    out.residual.push_back(n > 0 ? float(off / std::sqrt(n)) : NAN);
  }
  return out;
}

void draw_slice(report::Drawing& drawing, const CubeBlock& cube, const Slice& slice, double y,
                const std::string& name) {
  report::GreyOptions grey;
  std::vector<float> known;
  for (const float value : slice.observed)
    if (std::isfinite(value)) known.push_back(value);
  std::sort(known.begin(), known.end());
  if (!known.empty()) {
    grey.low = double(known[known.size() / 100]);
    grey.high = double(known[known.size() * 997 / 1000]);
  }
  drawing.text({kLeft - 10, y + kTile / 2}, name, {.anchor = report::Anchor::end});
  const io::Picture8 pictures[] = {report::grey_asinh(slice.observed, cube.height, cube.width, grey),
                                   report::grey_asinh(slice.rebuilt, cube.height, cube.width, grey),
                                   report::sigma_colours(slice.residual, cube.height, cube.width)};
  for (int i = 0; i < 3; ++i) {
    const report::Box box{kLeft + i * (kTile + kGap), y, kTile, kTile};
    drawing.picture(box, pictures[i]).frame(box, "#999");
  }
}

// The brightest spaxel, observed and rebuilt.
void draw_spectrum(report::Drawing& drawing, const CubeBlock& observed, const CubeBlock& rebuilt, const Slice& whole,
                   const report::Box& box) {
  size_t best = 0;
  for (size_t p = 0; p < whole.observed.size(); ++p)
    if (std::isfinite(whole.observed[p]) && !(whole.observed[p] <= whole.observed[best])) best = p;
  const auto data = eval::spaxel_of(observed, 0, int64_t(best)), model = eval::spaxel_of(rebuilt, 0, int64_t(best));
  double low = 0, high = 0;
  for (size_t k = 0; k < data.flux.size(); ++k)
    if (data.mask[k] == 0) {
      low = std::min(low, double(data.flux[k]));
      high = std::max(high, double(data.flux[k]));
    }
  const auto curve = [&](const eval::Spaxel& spaxel) {
    std::vector<report::Point> points;
    for (size_t k = 0; k < spaxel.flux.size(); ++k)
      points.push_back({box.x + box.width * double(k) / double(spaxel.flux.size()),
                        data.mask[k] != 0 || model.mask[k] != 0
                            ? NAN
                            : box.y + box.height * (high - double(spaxel.flux[k])) / (high - low)});
    return points;
  };
  drawing.line(curve(data), "#999").line(curve(model), "#c33").frame(box, "#999");
  drawing.text({box.x - 10, box.y + box.height / 2}, "brightest spaxel", {.anchor = report::Anchor::end});
  drawing.text({box.x, box.y + box.height + 16}, fmt::format("{:.0f} A", observed.wavelength_angstrom.front()));
  drawing.text({box.x + box.width, box.y + box.height + 16},
               fmt::format("{:.0f} A", observed.wavelength_angstrom.back()), {.anchor = report::Anchor::end});
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (!words.empty() && words.size() != 4) {
    fmt::print(stderr, "example_07_cube_through_tokens [CODEC DATASET MODALITY OUT.svg]\n");
    return 2;
  }
  const auto sky = words.empty() ? mock_cubes() : modalities::Batch{};
  const auto observed = words.empty() ? modalities::select(std::get<CubeBlock>(sky.blocks.at("cube_manga")), {0})
                                      : read_cube(words[1], words[2]);
  const auto codec = words.empty() ? learned_from(sky) : tokenizers::load_tokenizer(words[0]);
  tokenizers::Tokens tokens;
  const auto rebuilt = std::get<CubeBlock>(eval::rebuild(*codec, observed, &tokens));
  const std::string out = words.empty() ? "cube.svg" : words[3];

  report::Drawing drawing(kLeft + 3 * (kTile + kGap), kTop + 4 * (kTile + kGap) + 140);
  const char* titles[] = {"observed", "rebuilt", "difference, errors"};
  for (int i = 0; i < 3; ++i)
    drawing.text({kLeft + i * (kTile + kGap) + kTile / 2, kTop - 10}, titles[i], {.anchor = report::Anchor::middle});
  const char* names[] = {"all planes", "blue third", "middle third", "red third"};
  const auto whole = slice_of(observed, rebuilt, 0, observed.length);
  for (int64_t i = 0; i < 4; ++i) {
    const int64_t first = i == 0 ? 0 : (i - 1) * observed.length / 3,
                  last = i == 0 ? observed.length : i * observed.length / 3;
    draw_slice(drawing, observed, slice_of(observed, rebuilt, first, last), kTop + double(i) * (kTile + kGap),
               names[i]);
  }
  draw_spectrum(drawing, observed, rebuilt, whole, {kLeft, kTop + 4 * (kTile + kGap), 3 * kTile + 2 * kGap, 100});
  drawing.write(out);
  fmt::print("{} x {} x {} values, {} tokens: {}\n", observed.length, observed.height, observed.width,
             tokens.ids.size(1), out);
} catch (const std::runtime_error& error) {  // UserError, DataError: what was asked for, or a file, is wrong
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
