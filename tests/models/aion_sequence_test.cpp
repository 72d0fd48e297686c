#include "models/aion_sequence.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "tiny_aion.h"

namespace asterism::models {
namespace {

// What comes later changes nothing before it; what came before matters.
TEST(AionSequence, SeesWhatWentBefore) {
  Aion model(tiny::aion_config(), 3);
  tiny::shake(model.parameters());
  const std::vector<AionTokens> given{{"tok_ebv", at::tensor({4, 5})}};
  const auto logits = [&](const std::vector<int64_t>& ids) {
    SequenceDecoder decoder(model, given, "catalog", 2);
    at::Tensor last;
    for (const int64_t id : ids) last = decoder.next(at::full({2}, id, at::kLong));
    return last;
  };
  const auto out = logits({2, 300, 40});
  EXPECT_EQ(out.sizes(), at::IntArrayRef({2, 3468}));
  EXPECT_TRUE(at::equal(out, logits({2, 300, 40})));
  EXPECT_FALSE(at::allclose(out, logits({2, 301, 40}), 1e-3, 1e-3));
  EXPECT_FALSE(at::allclose(out[0], out[1], 1e-3, 1e-3)) << "objects with other inputs";
}

TEST(AionSequence, HasAnEnd) {
  Aion model(tiny::aion_config(), 3);
  SequenceDecoder decoder(model, {}, "catalog", 1);
  EXPECT_EQ(decoder.length(), 50);
  EXPECT_THROW(SequenceDecoder(model, {}, "tok_z", 1), base::UserError);
  EXPECT_THROW(SequenceDecoder(model, {{"tok_ebv", at::tensor({4, 5})}}, "catalog", 1), base::UserError);
}

}  // namespace
}  // namespace asterism::models
