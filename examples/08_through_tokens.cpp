// A star's image and spectrum through their tokens and back, as one picture: of each what was observed, what came back,
// and the difference in units of the noise.
//
//   example_08_through_tokens DATASET OUT.svg [OBJECT [IMAGE_TOKENIZER SPECTRUM_TOKENIZER]]
//
// DATASET has an image and a spectrum of its objects, as `asterism data import sdss_stars DIR DATASET` makes; OBJECT is
// the id of one, "any" that whose spectrum has the most good pixels. Tokenizers are folders (of runs of
// recipes/scenes_physical.toml and recipes/sdss_templates.toml, say); without them small ones learn here, in seconds,
// from mock stars that SDSS observed. Without arguments: a real star, where ASTERISM_SHARED names the folder that holds
// realdata/sdss_stars, else a mock one.

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <stdexcept>

#include "base/error.h"
#include "base/temporary_folder.h"
#include "data/hats_read.h"
#include "data/import.h"
#include "eval/rebuild.h"
#include "eval/shown/rebuilt_curve.h"
#include "eval/shown/rebuilt_pictures.h"
#include "eval/source_measures.h"
#include "models/all.h"
#include "report/drawing.h"
#include "sky/observe.h"
#include "tokenizers/all.h"

namespace {

using namespace asterism;
namespace fs = std::filesystem;
using modalities::ImageBlock;
using modalities::SpectrumBlock;

constexpr double kTile = 120, kGap = 8, kLeft = 64, kTop = 56, kFlux = 190, kResidual = 80, kBottom = 40;
constexpr const char *kObserved = "#999", *kRebuilt = "#c33", *kFrame = "#999";

struct Star {
  std::string id;
  modalities::Block image, spectrum;
};

Star star_of(const modalities::Batch& batch, int64_t row, const std::string& image, const std::string& spectrum) {
  return {batch.objects[size_t(row)].id, modalities::select(batch.blocks.at(image), {row}),
          modalities::select(batch.blocks.at(spectrum), {row})};
}

int64_t good_pixels(const modalities::Block& spectra, int64_t row) {
  const auto& block = std::get<SpectrumBlock>(spectra);
  const auto first = block.mask.begin() + row * block.length;
  return std::count(first, first + block.length, uint8_t{0});
}

Star read_star(const fs::path& dataset, const std::string& id) {
  const auto reader = data::HatsReader::open(dataset);
  const auto first_of = [&](const char* kind) {
    for (const auto& column : reader.layout().modalities)
      if (column.kind == kind) return column.modality;
    base::user_error("{} has no column of kind {}: an image and a spectrum of one object are drawn", dataset.string(),
                     kind);
  };
  const std::string image = first_of("image"), spectrum = first_of("spectrum");
  Star out;
  int64_t most = 0;
  reader.for_each({image, spectrum}, 64, [&](const modalities::Batch& batch, int64_t) {
    const auto &images = batch.blocks.at(image), &spectra = batch.blocks.at(spectrum);
    for (int64_t row = 0; row < batch.size(); ++row) {
      const auto good = good_pixels(spectra, row);
      if (modalities::present(images)[size_t(row)] == 0 || good <= most) continue;
      if (id != "any" && batch.objects[size_t(row)].id != id) continue;
      out = star_of(batch, row, image, spectrum);
      most = good;
    }
    return id == "any" || most == 0;
  });
  if (most == 0)
    base::user_error("{}: no object '{}' that has both {} and {}; `asterism data inspect` shows some", dataset.string(),
                     id, image, spectrum);
  return out;
}

// Bright stars of the mock sky with this seed.
modalities::Batch mock_stars(uint64_t seed, int64_t n) {
  sky::SkySettings stars;
  stars.galaxy_weight = stars.quasar_weight = 0;
  stars.r_spectroscopic = stars.r_faint = 18;
  stars.spectroscopic_share = 1;
  return sky::observe(seed, 0, n, {"sdss"}, stars);
}

struct Codecs {
  std::unique_ptr<tokenizers::Tokenizer> image, spectrum;
};

Codecs learned_from(const modalities::Batch& sky) {
  Codecs out;
  out.image = tokenizers::make_tokenizer(
      "image_scenes", R"({"point_directions": 8, "galaxy_directions": 8, "tokens": 8, "fit_rounds": 8, "posing": []})",
      1);
  out.image->fit(sky.blocks.at("image_sdss"));
  out.spectrum = tokenizers::make_tokenizer(
      "spectrum_templates",
      R"({"pixels": 4690, "redshift_low": [-0.003], "redshift_high": [0.003], "directions": [10], "fit_rounds": 8})",
      1);
  tokenizers::Lesson lesson{{&sky.blocks.at("spectrum_sdss")}, {}};
  lesson.redshifts = {&std::get<modalities::ScalarBlock>(sky.blocks.at("redshift"))};
  out.spectrum->fit_all(lesson);
  return out;
}

// A star where no argument names one.
Star star_at_hand() {
  const char* shared = std::getenv("ASTERISM_SHARED");
  const fs::path stars = fs::path(shared != nullptr ? shared : "") / "realdata" / "sdss_stars";
  if (shared == nullptr || !fs::exists(stars)) return star_of(mock_stars(2, 1), 0, "image_sdss", "spectrum_sdss");
  const base::TemporaryFolder folder;
  data::import_survey("sdss_stars", {stars}, folder / "stars");
  return read_star(folder / "stars", "any");
}

void centred(report::Drawing& drawing, double x, double y, const std::string& text) {
  drawing.text({x, y}, text, {.size = 11, .anchor = report::Anchor::middle});
}

void draw_images(report::Drawing& drawing, const ImageBlock& observed, const ImageBlock& rebuilt) {
  const auto pictures = eval::rebuilt_pictures(observed, rebuilt, 0);
  double x = kLeft;
  const auto add = [&](const io::Picture8& picture, const std::string& above, const std::string& below) {
    const report::Box box{x, kTop, kTile, kTile};
    drawing.picture(box, picture).frame(box, kFrame);
    centred(drawing, x + kTile / 2, kTop - 6, above);
    centred(drawing, x + kTile / 2, kTop + kTile + 14, below);
    x += kTile + kGap;
  };
  add(pictures.observed, "observed", "");
  add(pictures.rebuilt, "from tokens", "");
  for (size_t band = 0; band < observed.bands.size(); ++band)
    add(pictures.residual[band], "residual, " + observed.bands[band].name,
        pictures.chi2[band].count > 0 ? fmt::format("chi² {:.2f} a pixel", pictures.chi2[band].per_value) : "masked");
}

// Between which fluxes nearly all of both curves lies.
std::pair<double, double> flux_range(const eval::RebuiltCurve& curve) {
  std::vector<double> known;
  for (const auto* values : {&curve.observed, &curve.rebuilt})
    std::copy_if(values->begin(), values->end(), std::back_inserter(known), [](double v) { return std::isfinite(v); });
  if (known.empty()) return {0, 1};
  std::sort(known.begin(), known.end());
  const double low = known[known.size() / 200], high = known[known.size() - 1 - known.size() / 500];
  const double margin = std::max(0.08 * (high - low), 1e-6 * std::abs(high));
  return {low - margin, high + std::max(margin, 1e-30)};
}

// A part of the drawing in which wavelengths and values have their places.
struct Plot {
  report::Box box;
  double first = 0, last = 1, low = 0, high = 1;
  double x(double wavelength) const { return box.x + box.width * (wavelength - first) / (last - first); }
  double y(double value) const { return box.y + box.height * (high - std::clamp(value, low, high)) / (high - low); }
  std::vector<report::Point> points(const std::vector<double>& wavelength, const std::vector<double>& values) const {
    std::vector<report::Point> out;
    for (size_t i = 0; i < values.size(); ++i)
      out.push_back({x(wavelength[i]), std::isfinite(values[i]) ? y(values[i]) : NAN});
    return out;
  }
};

void draw_axes(report::Drawing& drawing, const Plot& flux, const Plot& residual) {
  const double foot = residual.box.y + residual.box.height;
  for (double tick = std::ceil(flux.first / 1000) * 1000; tick <= flux.last; tick += 1000) {
    drawing.line({{flux.x(tick), foot}, {flux.x(tick), foot + 4}}, kFrame);
    centred(drawing, flux.x(tick), foot + 17, fmt::format("{:.0f} Å", tick));
  }
  const auto left = [&](double y, const std::string& text) {
    drawing.text({kLeft - 6, y}, text, {.size = 10, .anchor = report::Anchor::end});
  };
  left(flux.box.y + 9, fmt::format("{:.3g}", flux.high));
  left(flux.box.y + flux.box.height, fmt::format("{:.3g}", flux.low));
  for (const double sigma : {-residual.high, 0.0, residual.high})
    left(residual.y(sigma) + 4, sigma == 0 ? "0" : fmt::format("{:+.0f} σ", sigma));
}

void draw_spectrum(report::Drawing& drawing, const SpectrumBlock& observed, const SpectrumBlock& rebuilt,
                   const report::Box& box) {
  const auto curve = eval::rebuilt_curve(observed, rebuilt, 0, 1200);
  if (curve.wavelength_angstrom.size() < 2)
    base::user_error("the spectrum has fewer than two pixels: name another one");
  const double reach = eval::residual_reach(curve), below = box.y + kFlux + kGap;
  const double first = curve.wavelength_angstrom.front(), last = curve.wavelength_angstrom.back();
  const auto [low, high] = flux_range(curve);
  const Plot flux{{box.x, box.y, box.width, kFlux}, first, last, low, high},
      residual{{box.x, below, box.width, kResidual}, first, last, -reach, reach};
  for (const auto& [from, to] : curve.masked)
    for (const auto* plot : {&flux, &residual})
      drawing.area({plot->x(std::max(from, first)), plot->x(std::min(to, last))},
                   {plot->box.y + plot->box.height, plot->box.y + plot->box.height}, {plot->box.y, plot->box.y}, "#888",
                   0.25);
  drawing.line(flux.points(curve.wavelength_angstrom, curve.observed), kObserved, 0.8);
  drawing.line(flux.points(curve.wavelength_angstrom, curve.rebuilt), kRebuilt, 1);
  drawing.line({{residual.x(first), residual.y(0)}, {residual.x(last), residual.y(0)}}, kFrame, 0.6);
  drawing.line(residual.points(curve.wavelength_angstrom, curve.residual), "#222", 0.6);
  drawing.frame(flux.box, kFrame).frame(residual.box, kFrame);
  draw_axes(drawing, flux, residual);
  drawing.text(
      {box.x, box.y - 6},
      fmt::format("observed (grey) and from tokens (red), means of {} pixels, {}", curve.pixels, observed.unit),
      {.size = 11});
  const auto chi2 = curve.chi2.count > 0 ? fmt::format("chi² {:.2f} a pixel", curve.chi2.per_value) : "masked";
  drawing.text({box.x + box.width - 6, below + 13}, chi2, {.size = 10, .anchor = report::Anchor::end});
}

void draw_star(const Star& star, const Codecs& codecs, const fs::path& out) {
  const auto image = eval::rebuild_as(*codecs.image, star.image, {}),
             spectrum = eval::rebuild_as(*codecs.spectrum, star.spectrum, {});
  const auto images = eval::covered(std::get<ImageBlock>(image.observed), std::get<ImageBlock>(image.rebuilt));
  const auto& observed = images.observed;
  const double width = double(2 + observed.bands.size()) * (kTile + kGap) - kGap, below = kTop + kTile + 36;
  report::Drawing drawing(kLeft + width + 16, below + kFlux + kGap + kResidual + kBottom);
  const auto words = fmt::format("{}: image in {} tokens ({:.0f} bits), spectrum in {} ({:.0f} bits)", star.id,
                                 image.tokens.ids.size(1), eval::bits_of(*codecs.image, image.tokens),
                                 spectrum.tokens.ids.size(1), eval::bits_of(*codecs.spectrum, spectrum.tokens));
  drawing.text({kLeft, 24}, words, {.size = 14, .bold = true});
  draw_images(drawing, observed, images.rebuilt);
  draw_spectrum(drawing, std::get<SpectrumBlock>(spectrum.observed), std::get<SpectrumBlock>(spectrum.rebuilt),
                {kLeft, below, width, kFlux});
  drawing.write(out);
  fmt::print("{}; {}\n", words, out.string());
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 || words.size() == 4 || words.size() > 5) {
    fmt::print(stderr, "example_08_through_tokens [DATASET OUT.svg [OBJECT [IMAGE_TOKENIZER SPECTRUM_TOKENIZER]]]\n");
    return 2;
  }
  const auto star = words.empty() ? star_at_hand() : read_star(words[0], words.size() > 2 ? words[2] : "any");
  Codecs codecs;
  if (words.size() == 5) {
    codecs.image = tokenizers::load_tokenizer(models::model_folder(words[3]));
    codecs.spectrum = tokenizers::load_tokenizer(models::model_folder(words[4]));
  } else {
    codecs = learned_from(mock_stars(1, 240));
  }
  draw_star(star, codecs, words.empty() ? "through_tokens.svg" : words[1]);
} catch (const std::runtime_error& error) {  // UserError, DataError: what was asked for, or a file, is wrong
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
