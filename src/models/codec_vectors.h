#pragma once
// A tokenizer as a model of one modality: an object's vector is what its tokens say as numbers
// (tokenizers::Tokenizer::vectors), so that the vectors of a codec are written, searched and judged as a model's are.

#include <memory>
#include <string>
#include <vector>

#include "models/model.h"
#include "tokenizers/tokenizer.h"

namespace asterism::models {

class CodecVectors : public Model {
 public:
  // modality: that the tokenizer reads. UserError where tokens of its kind are no numbers.
  CodecVectors(std::shared_ptr<tokenizers::Tokenizer> tokenizer, std::string modality);

  std::string kind() const override { return tokenizer_->kind(); }
  std::vector<std::string> modalities() const override { return {modality_}; }
  int64_t width() const override { return width_; }
  // UserError where a layer or rings are asked for.
  Embedded embed(const modalities::Batch& batch, const EmbedRequest& request) const override;
  nn::Parameters& parameters() override { return tokenizer_->parameters(); }
  void to(const at::Device& device) override { tokenizer_->to(device); }
  void save(const std::filesystem::path& folder) const override { tokenizer_->save(folder); }

 private:
  std::shared_ptr<tokenizers::Tokenizer> tokenizer_;
  std::string modality_;
  int64_t width_ = 0;
};

// Whether the folder is one of a tokenizer: its config.json names a kind of ours, or none, as AION-1 publishes codecs,
// and is not that of a published model.
bool holds_tokenizer(const std::filesystem::path& folder);

}  // namespace asterism::models
