#pragma once
// Draws of several scalars together.

#include <string>
#include <vector>

#include "data/layout.h"
#include "data/value_ranges.h"
#include "infer/map_dataset.h"
#include "models/any_to_any.h"

namespace asterism::infer {

// UserError where these targets cannot be drawn together: a model of another kind, fewer than two, one that is no
// scalar, one before the last that the model cannot read.
const models::AnyToAny& check_joint(const models::Predictor& model, const std::vector<std::string>& targets);

// Of the targets that go in when the next is drawn, those that had errors where the model learned (`learned`, the
// ranges in its folder; where they tell nothing: in these data) and that training never showed without one (hide_error
// and pair_consistency are 0): what follows them is drawn from an input of a kind that the model does not know.
std::vector<std::string> never_bare(const models::AnyToAny& model, const std::vector<std::string>& targets,
                                    const data::ValueRanges& learned, const data::Layout& layout);

// Draws of all targets of the request, one after the other (AnyToAny::sample_joint): what stands at one place is one
// draw of the joint distribution given the inputs. An object's draws depend on nothing but the seed and itself.
struct JointDraws {
  at::Tensor value_NSD;           // float64: objects, draws, targets
  std::vector<std::string> unit;  // of each target
};
JointDraws draw_together(const models::AnyToAny& model, const modalities::Batch& batch,
                         const models::PredictRequest& request, int64_t draws);

// The column <target>_joint of one target: fixed-size lists of the draws of each object. Null where present_N is false.
void add_joint_list(const std::string& target, const std::string& unit, const at::Tensor& value_NS,
                    const at::Tensor& present_N, NewColumns& out);

// Columns <target>_joint, fixed-size lists of `draws` numbers: what stands at one place of the lists of an object is
// one draw of draw_together. Null where present_N (bool) is false.
void add_joint_draws(const models::AnyToAny& model, const modalities::Batch& batch,
                     const models::PredictRequest& request, int64_t draws, const at::Tensor& present_N,
                     NewColumns& out);

}  // namespace asterism::infer
