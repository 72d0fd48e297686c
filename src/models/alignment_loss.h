#pragma once
// Bringing an object's vectors from different encoders together, and those of different objects apart.
// Letters: N objects of the batch, M of them that have both of two modalities, E width of the common space.

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <vector>

#include "nn/outcome.h"

namespace asterism::models {

// Symmetric InfoNCE (Radford et al. 2021): mean over rows and columns of -log softmax(cosine / temperature)[own].
// twin [M, M], bool: the same object in another row, which is not its negative. M >= 1; a row without negatives adds 0.
at::Tensor info_nce_loss(const at::Tensor& cosine_MM, const at::Tensor& twin_MM, const at::Tensor& temperature);

// SigLIP (Zhai et al. 2023, eq. 1 and algorithm 1): every pair is a yes or no of its own, -1/M sum_ij log sigmoid(z_ij
// (cosine_ij / temperature + bias)), z = 1 where i = j, else -1. Twins, which are neither, are left out.
at::Tensor sigmoid_loss(const at::Tensor& cosine_MM, const at::Tensor& twin_MM, const at::Tensor& temperature,
                        const at::Tensor& bias);

// How similarities become a loss.
struct Alignment {
  std::string loss = "infonce";    // or "siglip"
  at::Tensor temperature, bias;    // scalars; bias for siglip alone
  std::vector<std::string> pairs;  // "a-b", names of towers; empty: every pair
};

// One modality's vectors of the batch.
struct Aligned {
  std::string name;                // of its tower
  at::Tensor vectors_NE;           // unit length; zero where absent
  std::vector<uint8_t> present_N;  // 1: there
};

// Mean of the loss over the pairs of modalities. Objects that lack one of the two are left out of that pair; pairs
// without two different objects are left out of the mean. hashes [N]: ObjectKey::hash. nn::NothingToLearn where no pair
// is left. Figures: "accuracy/<a>-<b>" (nearest is the right one, mean of both ways), "temperature", with siglip
// "bias". weight: objects of the largest pair. Products are made in float32 at least, whatever surrounds it computes
// in: bfloat16 knows a cosine to 0.004, and a temperature of 0.01 makes that 0.4.
nn::Outcome align(const std::vector<Aligned>& towers, const std::vector<uint64_t>& hashes_N, const Alignment& how);

}  // namespace asterism::models
