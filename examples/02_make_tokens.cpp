// Turns redshifts into tokens and back: a tokenizer is fitted, used, saved and loaded.

#include <fmt/core.h>

#include <stdexcept>

#include "base/temporary_folder.h"
#include "sky/observe.h"
#include "tokenizers/all.h"

int main() try {
  using namespace asterism;
  const auto sky = sky::observe_scalars(/*seed=*/1, /*first_index=*/0, /*n=*/4096, {"legacy"});
  const auto& redshift = sky.blocks.at("redshift");

  auto bins = tokenizers::make_tokenizer("scalar_bins", R"({"bins": 64})");
  bins->fit(redshift);
  const base::TemporaryFolder folder;
  bins->save(folder / "redshift");
  const auto loaded = tokenizers::load_tokenizer(folder / "redshift");

  const auto tokens = loaded->encode(redshift);
  const auto back = loaded->decode(tokens, {});
  const auto& in = std::get<modalities::ScalarBlock>(redshift);
  const auto& out = std::get<modalities::ScalarBlock>(back);
  fmt::print("{} objects, {} codes\n", in.n, loaded->vocabulary());
  for (int64_t row = 0; row < 5; ++row)
    fmt::print("{}: z = {:.4f} -> token {} -> {:.4f}\n", sky.objects[size_t(row)].id, in.value[size_t(row)],
               tokens.ids[row][0].item<int64_t>(), out.value[size_t(row)]);
} catch (const std::runtime_error& error) {  // UserError, DataError: what was asked for, or a file, is wrong
  fmt::print(stderr, "{}\n", error.what());
  return 1;
}
