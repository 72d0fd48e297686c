#pragma once
// A few steps of AdamW on one block: enough to see a tokenizer learn.

#include "nn/optim.h"
#include "tokenizers/tokenizer.h"

namespace asterism::test {

inline std::map<std::string, double> train_a_little(tokenizers::Tokenizer& tokenizer, const modalities::Block& block,
                                                    int64_t steps, double rate) {
  nn::AdamWSettings settings;
  settings.learning_rate = rate;
  settings.weight_decay = 0;
  nn::AdamW optimiser(tokenizer.parameters(), settings);
  std::map<std::string, double> figures;
  for (int64_t step = 0; step <= steps; ++step) {
    tokenizer.parameters().zero_grad();
    const auto outcome = tokenizer.loss(block);
    if (step == 0 || step == steps)
      for (const auto& entry : outcome.figures)
        figures[(step == 0 ? "first " : "last ") + entry.first] = entry.second.item<double>();
    if (step == steps) break;
    outcome.loss.backward();
    nn::clip_gradients(tokenizer.parameters().trainable(), 1);
    optimiser.step(nn::learning_rate(settings, step, steps));
  }
  return figures;
}

}  // namespace asterism::test
