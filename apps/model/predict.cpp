#include "infer/predict.h"

#include "apps/commands.h"
#include "apps/model/map_options.h"
#include "base/apart.h"
#include "base/error.h"
#include "base/signals.h"

namespace asterism::apps {
namespace {

// How tokens of images and spectra are drawn: refused where all targets are scalars.
void add_sampler_options(CommandLine& line, models::Sampler& sampler, std::vector<std::string>& guidance_of) {
  line.app.add_option("--samples", sampler.samples, "of each image, spectrum or list of sources")
      ->capture_default_str();
  line.app.add_option("--steps", sampler.steps, "rounds of unmasking, at most one a token")->capture_default_str();
  line.app.add_option("--temperature", sampler.temperature, "0: the most probable code")->capture_default_str();
  line.app
      .add_option("--schedule", sampler.schedule,
                  "tokens a round: cosine (of AION-1 few, many, few; of our own models few, then many) or linear")
      ->check(CLI::IsMember({"cosine", "linear"}))
      ->capture_default_str();
  line.app
      .add_option(
          "--sampler", sampler.scheme,
          "maskgit (the surest draws of a round stay), roar (a random order) or autoregressive (lists of sources)")
      ->check(CLI::IsMember({"maskgit", "roar", "autoregressive"}))
      ->capture_default_str();
  line.app
      .add_option(
          "--temperature-schedule", sampler.temperature_schedule,
          "constant, linear (falls with the tokens that are left) or onex:MIN:POWER (as 1 / x^POWER down to MIN)")
      ->capture_default_str();
  line.app.add_option("--top-k", sampler.top_k, "only so many of the most probable codes; below 1: a share; 0: all")
      ->capture_default_str();
  line.app.add_option("--top-p", sampler.top_p, "only the most probable codes up to this probability; 0: all")
      ->capture_default_str();
  line.app
      .add_option("--guidance", sampler.guidance.weight, "weight of what is given; 1: as it is; 0: as if it were not")
      ->capture_default_str();
  line.app.add_option("--guidance-of", guidance_of,
                      "weights of single inputs instead, a=2,b=0.5,...: so many times what each of them changes is "
                      "added to the logits of nothing given; below 0: away from it");
}

void read_guidance(const std::vector<std::string>& texts, models::Guidance& guidance) {
  for (const auto& text : split_commas(texts)) {
    const auto [name, weight] = split_assignment("--guidance-of", text);
    if (!guidance.of.emplace(name, weight).second)
      base::user_error("--guidance-of names '{}' twice: once is enough", name);
  }
}

}  // namespace

int predict_command(const Arguments& arguments) {
  CommandLine line(
      "predict", "Writes a dataset with posteriors of what was not observed, given what was; joint draws; likelihoods.",
      "asterism predict runs/redshift/model out/sky out/redshifts --given flux_g,flux_r,flux_z --target redshift\n"
      "  asterism predict runs/sky/model out/sky out/draws --given flux_g,flux_r --target redshift,flux_z --joint 100\n"
      "  asterism predict runs/sky/model out/sky out/strange --given flux_g,flux_r --target flux_z --likelihood\n"
      "  asterism predict runs/sky/model out/sky out/spectra --given flux_g,image_legacy --target spectrum_desi "
      "--guidance-of flux_g=2,image_legacy=1 --samples 8 --decoded");
  infer::PredictOptions options;
  int64_t seed = 0;
  std::vector<std::string> guidance_of;
  line.app.add_option("MODEL", options.model, "folder of an any-to-any or AION-1 model")->required();
  line.app.add_option("DATASET", options.dataset, "dataset to read")->required();
  line.app.add_option("OUT", options.out, "dataset to make")->required();
  line.app.add_option("--given", options.given,
                      "inputs, a,b,...; default: all that model and data share, except the targets");
  line.app.add_option("--target", options.targets, "what to predict, a,b,...")->required();
  line.app.add_flag("!--no-posterior", options.posterior, "leave the whole histograms away");
  line.app.add_option("--draws", options.draws, "of each scalar's posterior")->capture_default_str();
  line.app.add_option("--joint", options.joint,
                      "draws of all targets together, each given those before it: lists T_joint, of images and spectra "
                      "T_joint_0, ...; place i of a list and column i are one draw");
  line.app.add_flag("--likelihood", options.likelihood,
                    "ln p(what the data record of each target | what is given), nats: low is strange");
  line.app.add_flag("--decoded", options.decoded,
                    "every sample of an image, spectrum or list as such, T_sample_0, ..., not only its tokens");
  add_sampler_options(line, options.sampler, guidance_of);
  line.app.add_option("--seed", seed, "of the draws")->capture_default_str()->check(CLI::NonNegativeNumber);
  line.app
      .add_option("--passes", options.passes, "average posteriors of scalars over so many passes with dropout left on")
      ->capture_default_str();
  add_precision_option(line.app, options.precision,
                       "posteriors differ in the third digit, draws where they were close");
  add_map_options(line, options);
  if (!line.parse(arguments)) return 0;
  base::check_apart(options.dataset, options.out);
  if (line.app.count("--joint") > 0 && options.joint == 0)
    base::user_error("--joint 0 draws nothing: say how many draws, or leave it out");
  options.given = split_names("--given", options.given);
  options.targets = split_names("--target", options.targets);
  options.told = told_options(line.app);
  options.sampler.seed = uint64_t(seed);
  read_guidance(guidance_of, options.sampler.guidance);
  base::install_stop_signals();
  return report_map(infer::predict(options), options.out, line.json);
}

}  // namespace asterism::apps
