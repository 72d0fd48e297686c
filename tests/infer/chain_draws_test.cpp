#include "infer/chain_draws.h"

#include <arrow/api.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "data/batch_table.h"
#include "data/layout.h"
#include "modalities/scalar.h"
#include "models/aion_joint.h"
#include "models/any_to_any.h"
#include "tests/models/tiny_aion_sky.h"

namespace asterism::infer {
namespace {

using testing::HasSubstr;

models::PredictRequest chain_request(std::vector<std::string> targets) {
  models::PredictRequest request;
  request.given = {"flux_g"};
  request.targets = std::move(targets);
  request.sampler.steps = 2;
  request.sampler.seed = 3;
  return request;
}

std::shared_ptr<arrow::Array> column_of(const NewColumns& columns, const std::string& name) {
  for (const auto& [field, array] : columns)
    if (field->name() == name) return array;
  ADD_FAILURE() << "no column " << name;
  return nullptr;
}

// Place `draw` of the list of row i.
float listed(const NewColumns& columns, const std::string& name, int64_t i, int64_t draw) {
  const auto array = column_of(columns, name);
  const auto& list = dynamic_cast<const arrow::FixedSizeListArray&>(*array);
  return dynamic_cast<const arrow::FloatArray&>(*list.values()).Value(list.value_offset(i) + draw);
}

// A column of blocks as the loader reads it.
modalities::Block block_of(const NewColumns& columns, const std::string& name,
                           const std::vector<modalities::ObjectKey>& objects) {
  for (const auto& [field, array] : columns) {
    if (field->name() != name) continue;
    modalities::Batch keys;
    keys.objects = objects;
    keys.blocks["anchor"] = modalities::make_scalars(int64_t(objects.size()), "", false);
    const auto table = data::to_table(keys, data::schema_for(keys, {}));
    auto fields = table->schema()->fields();
    auto arrays = table->columns();
    fields.push_back(field);
    arrays.push_back(std::make_shared<arrow::ChunkedArray>(array));
    const auto schema = arrow::schema(fields);
    return data::from_table(*arrow::Table::Make(schema, arrays), data::layout_of(*schema, "columns"), {}, "columns")
        .blocks.at(name);
  }
  ADD_FAILURE() << "no column " << name;
  return modalities::ScalarBlock{};
}

// What is written at place and in column i is chain i: `chains[i]` holds its blocks.
void expect_chains(const NewColumns& columns, const std::vector<modalities::Batch>& chains) {
  for (size_t s = 0; s < chains.size(); ++s) {
    const auto& wanted = chains[s];
    const auto& redshift = std::get<modalities::ScalarBlock>(wanted.blocks.at("redshift"));
    EXPECT_FLOAT_EQ(listed(columns, "redshift_joint", 3, int64_t(s)), float(redshift.value[3]));
    const auto image = block_of(columns, "image_legacy_joint_" + std::to_string(s), wanted.objects);
    const auto mine = modalities::select(image, {0, 3}),
               theirs = modalities::select(wanted.blocks.at("image_legacy"), {0, 3});
    EXPECT_EQ(std::get<modalities::ImageBlock>(mine).flux, std::get<modalities::ImageBlock>(theirs).flux);
    EXPECT_EQ(modalities::present(image)[1], 0) << "nothing was given";
  }
  EXPECT_TRUE(column_of(columns, "redshift_joint")->IsNull(1));
  EXPECT_NE(listed(columns, "redshift_joint", 3, 0), listed(columns, "redshift_joint", 3, 1));
}

TEST(ChainDraws, OfOurModelAreItsChains) {
  const auto sky = models::tiny::sky(6);
  models::AnyToAny model(models::tiny::sky_model(), models::tiny::codecs(sky));
  model.fit(sky);
  auto request = chain_request({"image_legacy", "spectrum_desi", "redshift"});
  check_chain(model, request.targets, 2);
  auto present = at::ones({6}, at::kBool);
  present[1] = false;
  NewColumns columns;
  add_chain_draws(model, sky, request, 2, present, columns);
  EXPECT_EQ(columns.size(), 5u);
  request.sampler.samples = 2;
  expect_chains(columns, model.sample_joint(sky, request));
}

TEST(ChainDraws, OfAionAreItsChains) {
  const auto sky = models::tiny::sky(6);
  const auto model = models::tiny::aion_of(sky);
  auto request = chain_request({"image_legacy", "flux_r", "redshift"});
  check_chain(*model, request.targets, 2);
  auto present = at::ones({6}, at::kBool);
  present[1] = false;
  NewColumns columns;
  add_chain_draws(*model, sky, request, 3, present, columns);
  EXPECT_EQ(columns.size(), 5u);
  request.sampler.samples = 3;
  expect_chains(columns, models::sample_aion_joint(*model, sky, request));
}

// Says what `Predictor` alone must.
class Drawer : public models::Predictor {
 public:
  std::vector<std::string> targets() const override { return {"redshift"}; }
  const tokenizers::Tokenizer& codec(const std::string&) const override { throw base::UserError("none"); }
  models::Prediction predict(const modalities::Batch&, const models::PredictRequest&) const override { return {}; }
};

TEST(ChainDraws, RefuseWhatIsNoChain) {
  const auto sky = models::tiny::sky(6);
  auto settings = models::tiny::sky_model();
  settings.modalities["redshift"].input = "none";
  const models::AnyToAny model(settings, models::tiny::codecs(sky));
  const auto refusal = [&](const models::Predictor& predictor, const std::vector<std::string>& targets,
                           int64_t draws) -> std::string {
    try {
      check_chain(predictor, targets, draws);
      return "";
    } catch (const base::UserError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(refusal(model, {"image_legacy", "redshift"}, 1000), "");
  EXPECT_EQ(refusal(model, {"flux_r", "redshift"}, 100000), "");
  EXPECT_THAT(refusal(model, {"redshift"}, 3), HasSubstr("two or more"));
  EXPECT_THAT(refusal(model, {"redshift", "image_legacy"}, 3), HasSubstr("name it last"));
  EXPECT_THAT(refusal(model, {"image_legacy", "redshift"}, 1001), HasSubstr("choose at most 1000"));
  EXPECT_THAT(refusal(Drawer(), {"redshift", "flux_g"}, 3), HasSubstr("which reads what it draws"));
}

}  // namespace
}  // namespace asterism::infer
