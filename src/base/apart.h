#pragma once
// That what a command writes does not lie among what it reads.

#include <filesystem>

namespace asterism::base {

// UserError where `output` is `input`, lies inside it or holds it: who reads the input again would find the output in
// it, and an output that takes the place of another would take the input away. Either may not be there yet, links are
// followed; names with a scheme (s3://, https://, hf://) and empty ones pass.
void check_apart(const std::filesystem::path& input, const std::filesystem::path& output);

}  // namespace asterism::base
