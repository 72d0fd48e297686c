#include "train/source.h"

#include <algorithm>
#include <cmath>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/mapped_file.h"
#include "base/sha256.h"
#include "data/hats_read.h"
#include "data/loader.h"
#include "data/memory_source.h"
#include "data/split.h"
#include "sky/observe.h"
#include "train/alike_source.h"
#include "train/filtered_source.h"
#include "train/turned_source.h"

namespace asterism::train {
namespace {

namespace fs = std::filesystem;

constexpr size_t kEndBytes = size_t{1} << 20, kSampleBytes = size_t{64} << 10, kSampleEvery = size_t{4} << 20;

// The share of ids on a side of the split, of 100 numbers.
double share_of(const data::Split& split) {
  int inside = 0;
  for (int number = 0; number < 100; ++number) inside += split.contains(number);
  return inside / 100.0;
}

// `end`: there are no objects from this index on; 0: without end.
data::Generator mock_generator(const MockSettings& mock, const std::vector<std::string>& modalities,
                               const std::string& side, int64_t end) {
  const data::Split split(side);
  return [=](int64_t first, int64_t n) {
    if (end > 0) n = std::min(n, end - first);
    auto batch = mock.scalars_only ? sky::observe_scalars(uint64_t(mock.sky), first, n, mock.surveys, mock.population)
                                   : sky::observe(uint64_t(mock.sky), first, n, mock.surveys, mock.population);
    for (auto it = batch.blocks.begin(); !modalities.empty() && it != batch.blocks.end();)
      it = std::find(modalities.begin(), modalities.end(), it->first) == modalities.end() ? batch.blocks.erase(it)
                                                                                          : std::next(it);
    if (split.all()) return batch;
    std::vector<int64_t> rows;
    for (int64_t row = 0; row < batch.size(); ++row)
      if (split.contains(data::split_number(batch.objects[size_t(row)].id))) rows.push_back(row);
    return modalities::select(batch, rows);
  };
}

std::unique_ptr<data::BatchSource> plain_source(const DataSettings& settings,
                                                const std::vector<std::string>& modalities, const std::string& side,
                                                bool endless, uint64_t seed) {
  const auto split = data::of_fold(side, settings.fold);
  if (settings.mock.objects > 0) {
    data::GeneratedOptions options;
    const double share = share_of(data::Split(split));
    options.batch_size = int64_t(std::llround(double(settings.batch_size) / share));
    // Whole batches alone are made: the last one is asked for whole, and the generator stops at the last object.
    options.num_objects = (settings.mock.objects + options.batch_size - 1) / options.batch_size * options.batch_size;
    options.seed = seed;
    options.fresh = endless && settings.mock.fresh;
    options.endless = endless;
    const int64_t end = options.fresh ? 0 : settings.mock.objects;
    return std::make_unique<data::GeneratedSource>(mock_generator(settings.mock, modalities, split, end), options);
  }
  data::LoaderOptions options;
  for (const auto& folder : settings.datasets) options.datasets.emplace_back(folder);
  if (endless) options.repeats = settings.repeats;
  options.modalities = modalities;
  options.split = split;
  options.batch_size = settings.batch_size;
  options.seed = seed;
  options.shuffle = options.drop_last = endless;
  options.limit = endless ? settings.limit : 0;
  options.limit_seed = settings.limit_seed;
  options.allow_empty = !endless;
  return std::make_unique<data::Loader>(std::move(options));
}

// CRC-32C of a file: of all of it, or of both ends (Parquet says at the end where everything lies, and between which
// values) and of samples in between.
uint32_t content_sum(const fs::path& path, bool sampled) {
  const base::MappedFile file(path);
  if (!sampled || file.size() <= 2 * kEndBytes) return base::crc32c(file.data(), file.size());
  const size_t tail = file.size() - kEndBytes;
  uint32_t sum = base::crc32c(file.data(), kEndBytes);
  for (size_t at = kSampleEvery; at < tail; at += kSampleEvery)
    sum = base::crc32c(file.data() + at, std::min(kSampleBytes, tail - at), sum);
  return base::crc32c(file.data() + tail, kEndBytes, sum);
}

// UserError naming the key of the recipe: the loader would speak of a modality that nobody asked for.
void check_required(const DataSettings& settings) {
  std::vector<std::string> known;
  for (const auto& folder : settings.datasets)
    for (const auto& name : data::HatsReader::open(folder).layout().names()) known.push_back(name);
  for (const auto& entry : settings.require)
    if (!settings.datasets.empty() && std::find(known.begin(), known.end(), entry.first) == known.end())
      base::user_error(
          "data.require wants '{}', which no dataset has (the nearest is '{}'); --set \"data.require={{}}\" takes all "
          "objects",
          entry.first, base::nearest(entry.first, known));
}

// UserError where nothing that is read can be turned.
void check_turned(const DataSettings& settings, const std::vector<std::string>& modalities) {
  if (settings.mock.objects > 0) {
    const auto one = mock_generator(settings.mock, modalities, "all", 0)(0, 1);
    for (const auto& [name, block] : one.blocks)
      if (modalities::kind(block) == "image" || modalities::kind(block) == "map") return;
  }
  for (const auto& folder : settings.datasets) {
    const auto reader = data::HatsReader::open(folder);
    for (const auto& column : reader.layout().modalities) {
      const bool read =
          modalities.empty() || std::find(modalities.begin(), modalities.end(), column.modality) != modalities.end();
      if (read && (column.kind == "image" || column.kind == "picture" || column.kind == "map")) return;
    }
  }
  base::user_error("data.image_symmetries turns images and maps, and none is read ({}); take it out",
                   modalities.empty() ? "all of the data" : base::quoted_list(modalities));
}

}  // namespace

std::unique_ptr<data::BatchSource> make_source(const DataSettings& settings, const std::vector<std::string>& modalities,
                                               const std::string& split, bool endless, uint64_t seed) {
  if (endless && settings.image_symmetries) {
    auto still = settings;
    still.image_symmetries = false;
    auto source = make_source(still, modalities, split, endless, seed);
    check_turned(settings, modalities);
    return std::make_unique<TurnedSource>(std::move(source), seed);
  }
  if (endless && !settings.hard_negatives.empty()) {
    auto any = settings;
    any.hard_negatives.clear();
    auto read = modalities;
    if (!read.empty() && std::find(read.begin(), read.end(), settings.hard_negatives) == read.end())
      read.push_back(settings.hard_negatives);
    return std::make_unique<AlikeSource>(make_source(any, read, split, endless, seed), settings.hard_negatives,
                                         settings.hard_negative_pool, seed, modalities);
  }
  if (settings.require.empty()) return plain_source(settings, modalities, split, endless, seed);
  auto read = modalities;
  check_required(settings);
  for (const auto& entry : settings.require)
    if (!read.empty() && std::find(read.begin(), read.end(), entry.first) == read.end()) read.push_back(entry.first);
  return std::make_unique<FilteredSource>(plain_source(settings, read, split, endless, seed), settings.require,
                                          modalities);
}

std::string dataset_fingerprint(const fs::path& folder, uintmax_t most_bytes) {
  if (!fs::is_directory(folder)) base::user_error("{}: no such folder", folder.string());
  std::vector<std::pair<std::string, uintmax_t>> files;
  uintmax_t total = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files.emplace_back(entry.path().lexically_relative(folder).generic_string(), entry.file_size());
    total += files.back().second;
  }
  std::sort(files.begin(), files.end());
  base::Sha256 hash;
  for (const auto& [name, bytes] : files)
    hash.update(fmt::format("{}\n{}\n{:08x}\n", name, bytes, content_sum(folder / name, total > most_bytes)));
  return hash.hex();
}

}  // namespace asterism::train
