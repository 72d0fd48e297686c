#include "nn/linear.h"

namespace asterism::nn {

Linear::Linear(const Scope& scope, int64_t in, int64_t out, bool has_bias)
    : Linear(scope, in, out, has_bias, Init::xavier(in, out)) {}

Linear::Linear(const Scope& scope, int64_t in, int64_t out, bool has_bias, const Init& init)
    : weight(scope.parameter("weight", {out, in}, init)) {
  if (has_bias) bias = scope.parameter("bias", {out}, Init::zeros());
}

}  // namespace asterism::nn
