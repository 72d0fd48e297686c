#include "models/segment_decoder.h"

#include <gtest/gtest.h>

namespace asterism::models {
namespace {

nn::TransformerSettings decoder_shape() {
  nn::TransformerSettings s;
  s.width = 8;
  s.heads = 2;
  s.depth = 2;
  return s;
}

Rows decoder_rows(const std::vector<int64_t>& objects) {
  Rows r;
  r.object = objects;
  r.position.assign(objects.size(), 0);
  r.shown.assign(objects.size(), 0);
  return r;
}

struct SegmentDecoderFixture {
  SegmentDecoderFixture() : decoder(nn::Scope(parameters, 1), decoder_shape(), true) {
    for (size_t m = 1; m < rows.size(); ++m) add_segments(segments, rows[m], packing.placed[m]);
  }
  at::Tensor operator()(const at::Tensor& queries_RD, const at::Tensor& encoded_RD) const {
    const auto context = decoder.prepare(encoder.scatter(encoded_RD), encoder.objects);
    return decoder(packing.scatter(queries_RD), packing.objects, segments, context).index_select(0, packing.places_R());
  }
  nn::Parameters parameters;
  SegmentDecoder decoder;
  std::vector<Rows> encoder_rows{decoder_rows({0, 0, 1, 2, 2, 2})};
  std::vector<Rows> rows{decoder_rows({0, 1}), decoder_rows({0, 0, 2, 2, 2}),
                         decoder_rows({0, 0})};  // a scalar, two grids
  Packing encoder = pack(encoder_rows, {1, 1, 1}, 1), packing = pack(rows, {1, 1, 1}, 0);
  Segments segments;
};

// Which outputs move when one query moves: those of its own object and modality, and only itself for a scalar.
TEST(SegmentDecoder, TokensSeeTheirOwnSegment) {
  const SegmentDecoderFixture f;
  const auto generator = at::detail::createCPUGenerator(3);
  const auto queries = at::randn({9, 8}, generator), encoded = at::randn({6, 8}, generator);
  const auto before = f(queries, encoded);
  const std::vector<int64_t> segment{0, 1, 2, 2, 3, 3, 3, 4, 4};
  for (int64_t moved = 0; moved < 9; ++moved) {
    auto changed = queries.clone();
    changed[moved] += at::randn({8}, generator);
    const auto after = f(changed, encoded);
    for (int64_t r = 0; r < 9; ++r)
      EXPECT_EQ(at::allclose(before[r], after[r], 1e-6, 1e-6), segment[size_t(r)] != segment[size_t(moved)])
          << moved << " " << r;
  }
}

TEST(SegmentDecoder, TokensSeeTheirOwnObjectsContext) {
  const SegmentDecoderFixture f;
  const auto generator = at::detail::createCPUGenerator(3);
  const auto queries = at::randn({9, 8}, generator), encoded = at::randn({6, 8}, generator);
  auto changed = encoded.clone();
  changed[4] += at::randn({8}, generator);  // a token of object 2
  const auto before = f(queries, encoded), after = f(queries, changed);
  for (int64_t r = 0; r < 9; ++r) EXPECT_EQ(at::allclose(before[r], after[r], 1e-6, 1e-6), !(r >= 4 && r <= 6)) << r;
}

TEST(SegmentDecoder, WithoutSegmentsThereIsNoSelfAttention) {
  nn::Parameters parameters;
  const SegmentDecoder decoder(nn::Scope(parameters, 1), decoder_shape(), false);
  for (const auto& [name, tensor] : parameters.parameters()) EXPECT_EQ(name.find("self_attn"), std::string::npos);
}

}  // namespace
}  // namespace asterism::models
