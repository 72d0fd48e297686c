#pragma once
// Where networks compute. A GPU is a matter of what is installed: libtorch_cuda.so is loaded when it is first asked
// for, so that one program serves machines with and without one.
//
// Blocks of observations and everything that is drawn or prepared from them are the CPU's. A network's weights are
// where Parameters::to put them, and its inputs follow them (`.to(device)`, nothing on the CPU) where the network
// begins. Losses stay there; vectors, tokens and posteriors come back to the CPU.

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace asterism::nn {

// "cpu", "cuda" (the first GPU), "cuda:1" or "auto": a GPU where one is to be had, else the CPU. UserError for another
// word, and for a GPU that is not to be had: it says what is missing (the library, the driver, the card).
at::Device choose_device(const std::string& setting);

// How many GPUs there are: 0 without libtorch_cuda.so, its CUDA libraries, or a driver.
int64_t gpus();

// Whether fp32 products and convolutions on a GPU may keep ten bits of each factor (TF32), several times as fast. Off,
// unless asked for, once a GPU was chosen: fp32 then means on a GPU what it means on a CPU.
void set_tf32(bool on);

// x there. Nothing is copied where it is there already; else nobody waits, and the CPU's tensor may change or go at
// once: to a GPU it goes by way of pinned memory.
at::Tensor onto(const at::Device& device, const at::Tensor& x);

// Vectors of one type, there in one copy.
std::vector<at::Tensor> onto(const at::Device& device, const std::vector<at::Tensor>& vectors);
// Whole numbers there: indices, mostly.
at::Tensor onto(const at::Device& device, const std::vector<int64_t>& values);

// A source of random numbers of that device that starts from a seed: the same device draws the same.
at::Generator generator_on(const at::Device& device, uint64_t seed);

// Waits until everything asked of the device is done: for clocks. Nothing to do on the CPU.
void synchronise(const at::Device& device);

// "cpu", or the GPU's name and memory where the program can tell: for reports.
std::string describe(const at::Device& device);

}  // namespace asterism::nn
