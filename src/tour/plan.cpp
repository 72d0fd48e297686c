#include "tour/plan.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace asterism::tour {
namespace {

// `at_ten` is for ten minutes; never less than `least`.
int64_t scaled(double at_ten, double minutes, int64_t least) {
  return std::max(least, int64_t(std::llround(at_ten * minutes / 10)));
}

TrainStep codec(const std::string& name, const std::string& sentence, const std::string& recipe,
                const std::string& dataset, const std::string& modality, int64_t steps) {
  TrainStep step;
  step.name = name;
  step.sentence = sentence;
  step.recipe = recipe;
  step.dataset = dataset;
  step.modality = modality;
  step.steps = steps;
  return step;
}

TrainStep pairs(const std::string& recipe, const std::string& dataset, int64_t steps) {
  TrainStep step;
  step.name = "contrastive";
  step.sentence =
      "An image encoder and a spectrum encoder are pulled into one space, so that an image finds its spectrum.";
  step.recipe = recipe;
  step.dataset = dataset;
  step.steps = steps;
  return step;
}

std::vector<DatasetStep> mock_datasets(double m) {
  DatasetStep sky;
  sky.name = "sky";
  sky.sentence =
      "Galaxies, stars and quasars, each with a spectrum of its own, observed as a survey would: images in four bands "
      "with a "
      "point-spread function and noise, a spectrum, fluxes with errors. The truth is kept beside them.";
  sky.mock_surveys = {"legacy", "desi"};
  sky.mock_objects = scaled(1500, m, 300);
  DatasetStep fluxes;
  fluxes.name = "fluxes";
  fluxes.sentence = "Many more objects with fluxes alone, as most of the sky is known.";
  fluxes.mock_surveys = {"legacy"};
  fluxes.mock_objects = scaled(100000, m, 4000);
  fluxes.scalars_only = true;
  return {sky, fluxes};
}

std::vector<DatasetStep> real_datasets(const TourOptions& options) {
  std::vector<DatasetStep> out;
  const auto imported = [&](const std::string& name, const std::string& sentence) {
    DatasetStep step;
    step.name = name;
    step.sentence = sentence;
    step.survey = name;
    step.inputs = {options.data / name};
    if (!std::filesystem::is_directory(step.inputs.front()))
      base::user_error(
          "--data {}: there is no folder '{}' in it; a tour needs boss, sdss_stars, zcosmos and legacy_galaxy_zoo.",
          options.data.string(), name);
    out.push_back(step);
  };
  imported("zcosmos", "17,358 galaxies with photometry in up to twelve bands and a spectroscopic redshift.");
  imported("boss", "80 BOSS and eBOSS spectra, nearly all of quasars, with photometry.");
  imported("sdss_stars", "30 stars with images in ugriz and a spectrum each.");
  DatasetStep mock_stars;
  mock_stars.name = "mock_stars";
  mock_stars.sentence =
      "Thirty stars are too few to learn from: these bright stars of the mock sky, seen as SDSS would, take their "
      "place in training.";
  mock_stars.mock_surveys = {"sdss"};
  mock_stars.mock_objects = scaled(2000, options.minutes, 200);
  mock_stars.population = {"galaxy_weight=0", "quasar_weight=0", "r_spectroscopic=18", "spectroscopic_share=1"};
  out.push_back(mock_stars);
  imported("legacy_galaxy_zoo", "750 galaxies as colour pictures, with the votes of Galaxy Zoo.");
  return out;
}

}  // namespace

Plan mock_plan(const TourOptions& options) {
  const double m = options.minutes;
  Plan plan;
  plan.title = "A tour of Asterism";
  plan.subtitle = "One small model's whole life on a mock sky whose truth is known";
  plan.datasets = mock_datasets(m);

  TrainStep redshift;
  redshift.name = "redshift";
  redshift.sentence =
      "An any-to-any model of fluxes and redshift: give it any of them, it answers with the distribution of the "
      "others.";
  redshift.recipe = "scalars_redshift.toml";
  redshift.dataset = "fluxes";
  redshift.draws_mock = true;
  redshift.steps = scaled(700, m, 40);
  redshift.given = {{"flux_r"}, {"flux_g", "flux_r", "flux_z"}};
  TrainStep all = redshift;
  all.name = "any_to_any";
  all.sentence =
      "One masked encoder-decoder of images, spectra, fluxes and redshift. What goes in are the measured values with "
      "their "
      "errors; what comes out are tokens.";
  all.recipe = "any_to_any_tiny.toml";
  all.dataset = "sky";
  all.draws_mock = false;
  all.steps = scaled(120, m, 10);
  all.codecs = {{"image_legacy", "image_codec"}, {"spectrum_desi", "spectrum_codec"}};
  all.given = {{"image_legacy"}, {"spectrum_desi"}, {"flux_g", "flux_r", "flux_i", "flux_z"}};
  plan.trainings = {
      redshift,
      codec("spectrum_codec",
            "A codec learns to write a spectrum as a few hundred tokens and to read them back, to within the noise.",
            "spectrum_codec_tiny.toml", "sky", "spectrum_desi", scaled(200, m, 10)),
      codec("image_codec", "The same for images.", "image_codec_tiny.toml", "sky", "image_legacy", scaled(200, m, 10)),
      all, pairs("contrastive_tiny.toml", "sky", scaled(150, m, 10))};
  plan.search_model = "contrastive";
  plan.gallery = "sky";
  return plan;
}

Plan real_plan(const TourOptions& options) {
  const double m = options.minutes;
  Plan plan;
  plan.title = "A tour of Asterism on real objects";
  plan.subtitle = "The same life on survey data: zCOSMOS redshifts, BOSS spectra, SDSS stars, Galaxy Zoo";
  plan.datasets = real_datasets(options);

  TrainStep photoz;
  photoz.name = "photoz";
  photoz.sentence =
      "An any-to-any model of nine bands and redshift learns from 8,000 galaxies; missing bands are no trouble to it.";
  photoz.recipe = "zcosmos_photoz.toml";
  photoz.dataset = "zcosmos";
  photoz.steps = scaled(500, m, 10);
  photoz.require = {{"redshift_ok", 1}};
  TrainStep zoo = photoz;
  zoo.require = {};
  zoo.name = "galaxy_zoo";
  zoo.sentence =
      "A model that fills in hidden parts of colour pictures; a linear head on its frozen vectors predicts the votes.";
  zoo.recipe = "galaxy_zoo.toml";
  zoo.dataset = "legacy_galaxy_zoo";
  zoo.steps = scaled(200, m, 10);
  zoo.codecs = {{"rgb_image", "rgb_codec"}};
  TrainStep stars = pairs("sdss_pairs.toml", "sdss_stars", scaled(150, m, 10));
  stars.sentence +=
      " It learns from stars of the mock sky and is judged on the thirty real ones, none of which it has seen.";
  stars.learns_from = "mock_stars";
  stars.batch_size = 64;  // few stars are drawn when minutes are few
  stars.questions = {"retrieval"};
  plan.trainings = {photoz,
                    codec("spectrum_codec", "A codec learns to write BOSS spectra as tokens.", "boss_codec.toml",
                          "boss", "spectrum_sdss", scaled(200, m, 10)),
                    codec("rgb_codec", "The same for colour pictures.", "rgb_codec.toml", "legacy_galaxy_zoo",
                          "rgb_image", scaled(150, m, 10)),
                    zoo, stars};
  plan.search_model = "galaxy_zoo";
  plan.gallery = "legacy_galaxy_zoo";
  return plan;
}

}  // namespace asterism::tour
