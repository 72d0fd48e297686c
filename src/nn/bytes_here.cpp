#include "nn/bytes_here.h"

#include <utility>

namespace asterism::nn {
namespace {

thread_local bool multiplies_bytes = false;

}  // namespace

bool BytesHere::now() { return multiplies_bytes; }

BytesHere::BytesHere(bool on) : was_(std::exchange(multiplies_bytes, on)) {}

BytesHere::~BytesHere() { multiplies_bytes = was_; }

}  // namespace asterism::nn
