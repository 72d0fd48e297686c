#pragma once
// What a model draws of several scalars together, for questions about their joint distribution.

#include <string>
#include <vector>

#include "data/batch_source.h"
#include "eval/collect.h"
#include "models/model.h"

namespace asterism::eval {

inline constexpr int64_t kJointDraws = 100, kJointObjects = 1000;  // draws of each of at most so many objects

// UserError where these scalars cannot be drawn together (infer/joint_draws.h).
void check_drawn_together(const models::Model& model, const std::vector<std::vector<std::string>>& joint);

// Goes through the source once more, from its beginning, and adds to the subject for each of options.joint a
// DrawnTogether given everything that was observed, and one for each of options.given: of the first test objects that
// have all of the scalars and any of the inputs. UserError as above, and for a scalar that is no label.
void add_drawn_together(const models::Model& model, data::BatchSource& source, const CollectOptions& options,
                        Collected& collected);

}  // namespace asterism::eval
