#include "eval/questions/single_modalities.h"

namespace asterism::eval {

std::vector<std::string> single_modalities(const Subject& subject) {
  std::vector<std::string> out;
  for (const auto& entry : subject.vectors)
    if (entry.first != "all" && entry.first.find(' ') == std::string::npos) out.push_back(entry.first);
  return out;
}

std::vector<std::pair<std::string, std::string>> comparable_pairs(const Subject& subject) {
  std::vector<std::pair<std::string, std::string>> out;
  const auto names = single_modalities(subject);
  for (const auto& from : names)
    for (const auto& to : names)
      if (from != to && subject.vectors.at(from).vectors_ND.size(1) == subject.vectors.at(to).vectors_ND.size(1))
        out.emplace_back(from, to);
  return out;
}

}  // namespace asterism::eval
