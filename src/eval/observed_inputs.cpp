#include "eval/observed_inputs.h"

#include <algorithm>

namespace asterism::eval {

std::vector<std::string> observed_inputs(const models::Model& model, const modalities::Batch& batch,
                                         const Collected& collected) {
  const auto& left_out = collected.subject.not_asked;
  std::vector<std::string> out;
  for (const auto& name : model.modalities())
    if (batch.blocks.contains(name) && !collected.labels.contains(name) &&
        std::find(left_out.begin(), left_out.end(), name) == left_out.end())
      out.push_back(name);
  return out;
}

}  // namespace asterism::eval
