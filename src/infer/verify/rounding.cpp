#include "infer/verify/rounding.h"

#include <limits>
#include <map>
#include <string>

#include "base/random.h"

namespace asterism::infer {

namespace {

constexpr int kDraws = 6;  // sets of weights: one of them moves nearly every number by what is typical of it

// Puts the weights back, whatever happens.
class Kept {
 public:
  explicit Kept(nn::Parameters& parameters) : now_(parameters.parameters()) {
    for (const auto& [name, tensor] : now_) before_[name] = tensor.detach().clone();
  }
  ~Kept() { back(); }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  void back() const {
    at::NoGradGuard no_grad;
    for (const auto& [name, tensor] : now_) at::Tensor(tensor).copy_(before_.at(name));
  }
  void move(int draw) const {
    at::NoGradGuard no_grad;
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for (const auto& [name, tensor] : now_) {
      const auto& from = before_.at(name);
      auto towards = at::empty(from.sizes(), at::kFloat);
      base::Random random(0, uint64_t(draw), base::stable_hash(name), "moved by a rounding");
      float* values = towards.mutable_data_ptr<float>();
      for (int64_t i = 0, bits = 0; i < towards.numel(); ++i, bits >>= 1) {
        if (i % 32 == 0) bits = random.bits32();
        values[i] = (bits & 1) != 0 ? kInfinity : -kInfinity;
      }
      at::Tensor(tensor).copy_(at::nextafter(from.to(at::kCPU), towards));
    }
  }

 private:
  std::map<std::string, at::Tensor> now_, before_;
};

}  // namespace

std::vector<at::Tensor> moved_by_rounding(nn::Parameters& parameters,
                                          const std::function<std::vector<at::Tensor>()>& outputs) {
  const auto made = [&] {
    std::vector<at::Tensor> out;
    for (const auto& x : outputs()) out.push_back(x.detach().to(at::kCPU, at::kDouble));
    return out;
  };
  const auto first = made();
  std::vector<at::Tensor> out;
  out.reserve(first.size());
  for (const auto& x : first) out.push_back(at::zeros_like(x));
  const Kept weights(parameters);
  for (int draw = 0; draw < kDraws; ++draw) {
    weights.move(draw);
    const auto again = made();
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = at::maximum(out[i], (again[i] - first[i]).abs().nan_to_num(0, 0, 0));
  }
  return out;
}

}  // namespace asterism::infer
