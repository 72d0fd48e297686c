#include "train/loop.h"

#include <ATen/Parallel.h>

#include <limits>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/progress.h"
#include "base/sha256.h"
#include "base/signals.h"
#include "nn/device.h"
#include "nn/ema.h"
#include "nn/nothing_to_learn.h"
#include "nn/optim.h"
#include "nn/thread_choice.h"
#include "train/ahead_source.h"
#include "train/checkpoint.h"
#include "train/figure_sums.h"
#include "train/fresh_weights.h"
#include "train/metrics_log.h"
#include "train/prepare.h"
#include "train/unread_steps.h"
#include "train/update.h"

namespace asterism::train {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostEmptyBatches = 20;

class Session {
 public:
  Session(Objective& objective, data::BatchSource& train, data::BatchSource* validation, const TrainSettings& settings,
          const RunOptions& options, const at::Device& device)
      : objective_(objective),
        source_(train),
        validation_(validation),
        settings_(settings),
        options_(options),
        device_(device),
        checkpoints_(options.folder / "checkpoints", settings.keep),
        identity_(base::sha256_hex(objective.kind() + "\n" + resume_identity(settings) + "\n" + options.identity)),
        judged_by_(base::sha256_hex(judging_identity(settings) + "\n" + options.identity)) {}

  RunResult run();

 private:
  void begin();
  std::optional<Checkpoint> checkpoint_to_go_on_from() const;
  void start_training_state(int64_t step);
  void restore(Checkpoint checkpoint);
  void one_step(base::Progress& progress);
  at::Tensor check_finite(const BatchGradient& gradient, const at::Tensor& norm, const modalities::Batch& batch,
                          const data::BatchSource::Position& position, const StepContext& now);
  void look_back();
  void write_line();
  void run_validation();
  void save_checkpoint();
  void calibrate();
  void save_model();  // with the weights as they are
  StepContext context(int64_t epoch) const {
    return {.seed = uint64_t(settings_.seed), .epoch = epoch, .step = step_, .total_steps = settings_.steps};
  }

  Objective& objective_;
  data::BatchSource& source_;
  data::BatchSource* validation_;
  const TrainSettings& settings_;
  const RunOptions& options_;
  at::Device device_;
  Checkpoints checkpoints_;
  std::string identity_, judged_by_;
  std::unique_ptr<nn::AdamW> optimiser_;
  std::unique_ptr<FreshWeights> fresh_;  // while only they learn
  std::unique_ptr<nn::WeightAverage> average_;
  std::unique_ptr<MetricsLog> log_;
  nn::Precision precision_ = nn::Precision::fp32;
  std::unique_ptr<nn::ThreadChoice> threads_;
  FigureSums sums_;
  data::ValueRanges ranges_;  // of what the objective was prepared with
  UnreadSteps unread_;        // of another device than the CPU
  base::Stopwatch line_watch_, run_watch_;
  int64_t step_ = 0, empty_in_a_row_ = 0, line_objects_ = 0, run_objects_ = 0, last_saved_ = -1;
  int64_t validated_ = -1;  // the step that an earlier process wrote the last validation of
  double last_loss_ = 0, last_norm_ = 0;
  RunResult result_;
};

void Session::begin() {
  std::error_code error;
  fs::create_directories(options_.folder, error);
  if (error) base::user_error("{}: cannot be made: {}", options_.folder.string(), error.message());
  if (!options_.resume && !checkpoints_.list().empty())
    base::user_error("{} already holds a run; give another folder, or --resume to go on with it",
                     options_.folder.string());
  check(settings_, objective_);
  auto checkpoint = checkpoint_to_go_on_from();
  ranges_ = prepare(objective_, source_, settings_.prepare_objects);
  start_training_state(checkpoint ? checkpoint->state.step : 0);
  result_.resumed = checkpoint.has_value();
  if (checkpoint)
    restore(std::move(*checkpoint));
  else
    precision_ = nn::choose_precision(settings_.precision, device_);
  result_.precision = nn::name(precision_);
  result_.device = nn::describe(device_);
  if (!device_.is_cpu()) base::log_info("computing on {} in {}", result_.device, result_.precision);
  result_.steps = result_.first_step = step_;
  if (options_.on_begin) options_.on_begin(result_);
  const fs::path metrics = options_.folder / "metrics.jsonl";
  log_ = std::make_unique<MetricsLog>(metrics, result_.resumed ? step_ : -1);
  const auto lines = read_metrics(metrics);
  if (const auto losses = curve_of(lines, "loss").values; !losses.empty()) result_.loss = losses.back();
  if (const auto steps = curve_of(lines, "validation/loss").steps; !steps.empty() && !options_.accept_changes)
    validated_ = int64_t(steps.back());
}

// First weights, on the device; the optimiser's state and averages beside them. step: that the run goes on from.
void Session::start_training_state(int64_t step) {
  const auto start = start_from_another(objective_, settings_, step);
  if (!device_.is_cpu()) objective_.to(device_);
  if (start) fresh_ = std::make_unique<FreshWeights>(objective_.parameters(), *start);
  optimiser_ = std::make_unique<nn::AdamW>(objective_.parameters(), settings_.optimiser);
  if (settings_.weight_average > 0)
    average_ = std::make_unique<nn::WeightAverage>(objective_.parameters(), settings_.weight_average);
  result_.best_validation = std::numeric_limits<double>::infinity();
  const int64_t most = at::get_num_threads(), wanted = settings_.threads;  // a GPU's steps tell nothing of threads
  threads_ = std::make_unique<nn::ThreadChoice>(most, wanted == 0 && !device_.is_cpu() ? most : wanted);
}

std::optional<Checkpoint> Session::checkpoint_to_go_on_from() const {
  const auto latest = options_.resume ? checkpoints_.latest() : std::nullopt;
  if (!latest) return std::nullopt;
  auto checkpoint = Checkpoints::load(*latest);
  if (checkpoint.state.identity != identity_ && !options_.accept_changes)
    base::user_error(
        "{}: was trained with other settings, model or data than are given now; give those of recipe.toml in the "
        "run's folder, another folder, or --accept-changes",
        latest->string());
  return checkpoint;
}

void Session::restore(Checkpoint checkpoint) {
  const auto& state = checkpoint.state;
  const std::string source = checkpoint.folder.string();
  objective_.parameters().load(checkpoint.tensors["weights"], source + "/weights.safetensors");
  optimiser_->load_state(checkpoint.tensors["optimiser"], source + "/optimiser.safetensors");
  if (auto* statistics = objective_.statistics(); statistics && !statistics->all().empty()) {
    if (checkpoint.tensors.contains("statistics"))
      statistics->load(checkpoint.tensors["statistics"], source + "/statistics.safetensors");
    else
      base::log_warning("{}: older than the keeping of bins: they are learned again from the data given now", source);
  }
  if (average_) average_->load_state(checkpoint.tensors["average"], source + "/average.safetensors");
  source_.seek(state.position);
  step_ = state.step;
  last_saved_ = step_;
  precision_ = nn::choose_precision(state.precision, device_);
  if (settings_.threads == 0 && device_.is_cpu())
    threads_ = std::make_unique<nn::ThreadChoice>(at::get_num_threads(), state.threads);
  // losses of other data or another model cannot be compared with those to come
  if (state.has_best && (state.judged_by.empty() ? state.identity == identity_ : state.judged_by == judged_by_)) {
    result_.best_validation = state.best_validation;
    result_.best_step = state.best_step;
  }
  base::log_info("resumed from step {} of {}", step_, settings_.steps);
}

void Session::one_step(base::Progress& progress) {
  const auto position = source_.position();
  const auto batch = source_.next();
  if (!batch) base::user_error("the training side ran dry after step {}: its source must shuffle without end", step_);
  const auto now = context(position.epoch);
  objective_.parameters().zero_grad();
  const auto gradient = gradient_of(objective_, *batch, now, settings_.micro_batches, precision_);
  if (gradient.weight <= 0) {
    ++result_.skipped_batches;
    if (++empty_in_a_row_ >= kMostEmptyBatches)
      base::user_error("{} batches in a row had nothing to learn from: {}", empty_in_a_row_, gradient.why_nothing);
    return;
  }
  empty_in_a_row_ = 0;
  const bool new_alone = fresh_ && step_ < settings_.new_first;
  if (new_alone) fresh_->before_update();
  const auto norm = nn::clip_gradients(objective_.parameters().trainable(), settings_.optimiser.clip_norm);
  const auto leave = check_finite(gradient, norm, *batch, position, now);
  if (const auto factors = objective_.rate_factors(now)) optimiser_->set_rate_factor(factors);
  optimiser_->step(nn::learning_rate(settings_.optimiser, step_, settings_.steps),
                   nn::weight_decay(settings_.optimiser, step_, settings_.steps), leave);
  if (new_alone) fresh_->after_update();
  objective_.after_update(now);
  if (average_) average_->update();
  sums_.add(gradient);
  ++step_;
  line_objects_ += batch->size();
  run_objects_ += batch->size();
  progress.note(fmt::format("loss {:.4g}", last_loss_));
  progress.add(1);
}

// Ends the run where loss or gradient is not finite: at once on a CPU, by look_back() on a device, until when the
// update is left out there. Returns what says so (see AdamW::step).
at::Tensor Session::check_finite(const BatchGradient& gradient, const at::Tensor& norm, const modalities::Batch& batch,
                                 const data::BatchSource::Position& position, const StepContext& now) {
  if (!gradient.loss.is_cpu()) {
    auto leave = unread_.add({position, now, gradient.loss, norm});
    if (unread_.full()) look_back();
    return leave;
  }
  last_loss_ = gradient.loss.item<double>();
  last_norm_ = norm.item<double>();
  for (const auto& [what, value] : {std::pair("loss", last_loss_), std::pair("norm of the gradient", last_norm_)})
    if (!std::isfinite(value))
      fail_not_finite(objective_, batch, now, precision_, what, value, options_.folder / "nonfinite.json");
  return {};
}

// Waits for the device, and ends the run where a step since the last look was not finite.
void Session::look_back() {
  if (unread_.empty()) return;
  if (const auto wrong = unread_.read()) {
    source_.seek(wrong->position);
    fail_not_finite(objective_, *source_.next(), wrong->context, precision_, wrong->what, wrong->value,
                    options_.folder / "nonfinite.json");
  }
  last_loss_ = unread_.last_loss();
  last_norm_ = unread_.last_norm();
}

void Session::write_line() {
  if (sums_.empty()) return;
  look_back();
  auto values = sums_.take();
  result_.loss = values["loss"];
  values["epoch"] = double(source_.position().epoch);
  values["learning_rate"] = nn::learning_rate(settings_.optimiser, step_ - 1, settings_.steps);
  values["gradient_norm"] = last_norm_;
  values["objects_per_s"] = double(line_objects_) / std::max(1e-9, line_watch_.seconds());
  values["seconds"] = run_watch_.seconds();
  log_->write(step_, values);
  line_objects_ = 0;
  line_watch_.restart();
}

void Session::run_validation() {
  look_back();
  if (!validation_) return;
  std::unique_ptr<nn::WeightAverage::Swap> swap;
  if (average_) swap = std::make_unique<nn::WeightAverage::Swap>(*average_);
  try {
    result_.validation = validate(objective_, *validation_, settings_.validate_batches, uint64_t(settings_.seed));
  } catch (const base::UserError& error) {  // hours of training must not be lost to it
    base::log_warning("step {}: the run goes on without validation: {}", step_, error.what());
    validation_ = nullptr;
    return;
  }
  std::map<std::string, double> values;
  for (const auto& [name, value] : result_.validation) values["validation/" + name] = value;
  if (step_ != validated_) log_->write(step_, values);
  const double loss = result_.validation.at("loss");
  if (std::isfinite(loss) && loss < result_.best_validation) {
    result_.best_validation = loss;
    result_.best_step = step_;
    last_saved_ = -1;  // a checkpoint of this step would not know
    if (settings_.keep_best && options_.save_model) save_model();
  }
  line_watch_.restart();
}

void Session::calibrate() {
  if (!validation_ || !settings_.calibrate) return;
  std::vector<modalities::Batch> batches;
  try {
    validation_->seek({0, 0});
    while (int64_t(batches.size()) < std::min(settings_.validate_batches, validation_->batches_per_epoch())) {
      auto batch = validation_->next();
      if (!batch) break;
      if (batch->size() > 0) batches.push_back(std::move(*batch));
    }
    objective_.calibrate(batches);
  } catch (const base::UserError& error) {
    base::log_warning("step {}: the model is saved without (further) calibration: {}", step_, error.what());
  }
}

void Session::save_model() {
  calibrate();
  objective_.save(options_.folder / "model");
  data::write_ranges(options_.folder / "model", ranges_);
}

void Session::save_checkpoint() {
  if (last_saved_ == step_) return;
  look_back();
  CheckpointState state;
  state.step = step_;
  state.position = source_.position();
  state.seed = uint64_t(settings_.seed);
  state.precision = nn::name(precision_);
  state.threads = device_.is_cpu() ? threads_->settled() : 0;
  state.identity = identity_;
  state.version = ASTERISM_VERSION;
  state.has_best = std::isfinite(result_.best_validation);
  if (state.has_best) {
    state.best_validation = result_.best_validation;
    state.best_step = result_.best_step;
    state.judged_by = judged_by_;
  }
  TensorGroups tensors = {{"weights", objective_.parameters().all()}, {"optimiser", optimiser_->state()}};
  if (average_) tensors["average"] = average_->state();
  if (auto* statistics = objective_.statistics(); statistics && !statistics->all().empty())
    tensors["statistics"] = statistics->all();
  checkpoints_.save(state, tensors);
  last_saved_ = step_;
}

RunResult Session::run() {
  begin();
  {
    base::Progress progress("training " + objective_.kind(), uint64_t(settings_.steps), "steps", uint64_t(step_));
    while (step_ < settings_.steps && !base::stop_requested()) {
      const int64_t before = step_;
      const base::Stopwatch step_watch;
      threads_->begin();
      one_step(progress);
      if (step_ == before) continue;
      threads_->end(step_watch.seconds());
      if (step_ % settings_.log_every == 0) write_line();
      if (settings_.validate_every > 0 && step_ % settings_.validate_every == 0 && step_ < settings_.steps)
        run_validation();
      if (step_ % settings_.checkpoint_every == 0 && step_ < settings_.steps) save_checkpoint();
    }
  }
  write_line();
  result_.interrupted = step_ < settings_.steps;
  save_checkpoint();  // first: whatever befalls the validation, the run can be resumed
  if (!result_.interrupted) run_validation();
  save_checkpoint();
  if (!result_.interrupted && options_.save_model && !(settings_.keep_best && std::isfinite(result_.best_validation))) {
    std::unique_ptr<nn::WeightAverage::Swap> swap;
    if (average_) swap = std::make_unique<nn::WeightAverage::Swap>(*average_);
    save_model();
  }
  result_.steps = step_;
  result_.threads = threads_->settled();
  result_.seconds = run_watch_.seconds();
  if (run_objects_ > 0) result_.objects_per_s = double(run_objects_) / std::max(1e-9, result_.seconds);
  return result_;
}

}  // namespace

std::map<std::string, double> validate(Objective& objective, data::BatchSource& source, int64_t batches,
                                       uint64_t seed) {
  at::NoGradGuard no_grad;
  std::map<std::string, std::pair<at::Tensor, double>> sums;  // value x weight where it was computed, weight
  std::string why_nothing = "the validation side has no objects";
  source.seek({0, 0});
  for (int64_t b = 0; b < batches && b < source.batches_per_epoch(); ++b) {
    const auto batch = source.next();
    if (!batch) break;
    if (batch->size() == 0) continue;
    try {
      const auto outcome =
          objective.step(*batch, {.seed = seed, .epoch = 0, .step = b, .total_steps = batches, .training = false});
      auto add = [&](const std::string& name, const at::Tensor& value) {
        auto& sum = sums[name];
        const auto share = value.detach().to(at::kDouble) * outcome.weight;
        sum.first = sum.first.defined() ? sum.first + share : share;
        sum.second += outcome.weight;
      };
      add("loss", outcome.loss);
      for (const auto& [name, value] : outcome.figures) add(name, value);
    } catch (const nn::NothingToLearn& error) {
      why_nothing = error.what();
    }
  }
  if (sums.empty()) base::user_error("nothing to validate with: {}", why_nothing);
  std::map<std::string, double> out;
  for (const auto& [name, sum] : sums) out[name] = sum.first.item<double>() / sum.second;
  return out;
}

RunResult train(Objective& objective, data::BatchSource& train, data::BatchSource* validation,
                const TrainSettings& settings, const RunOptions& options) {
  const auto device = options.device ? *options.device : nn::choose_device(settings.device);
  if (device.is_cpu()) return Session(objective, train, validation, settings, options, device).run();
  AheadSource ahead(train);
  return Session(objective, ahead, validation, settings, options, device).run();
}

}  // namespace asterism::train
