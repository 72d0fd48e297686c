#include "infer/shared_modalities.h"

#include <algorithm>

#include "base/error.h"
#include "base/log.h"

namespace asterism::infer {

std::vector<std::string> shared_modalities(const std::vector<std::string>& of_model,
                                           const std::vector<std::string>& of_data,
                                           const std::vector<std::string>& given, const std::string& dataset) {
  auto has = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const auto& name : given) {
    if (!has(of_model, name))
      base::user_error("the model does not read '{}'; the nearest that it reads is '{}'", name,
                       base::nearest(name, of_model));
    if (!has(of_data, name))
      base::user_error("{} has no '{}'; the nearest that it has is '{}'", dataset, name, base::nearest(name, of_data));
    if (std::count(given.begin(), given.end(), name) > 1)
      base::user_error("'{}' is given twice: name each input once", name);
  }
  if (!given.empty()) return given;
  std::vector<std::string> out;
  for (const auto& name : of_model)
    if (has(of_data, name)) out.push_back(name);
  if (out.empty())
    base::user_error("the model reads {}, and {} has {}: nothing in common", base::quoted_list(of_model), dataset,
                     base::quoted_list(of_data));
  std::vector<std::string> absent;
  for (const auto& name : of_model)
    if (!has(out, name)) absent.push_back(name);
  constexpr size_t kNamed = 6;  // of the forty of a published model
  const size_t more = absent.size() > kNamed ? absent.size() - kNamed : 0;
  absent.resize(absent.size() - more);
  if (!absent.empty())
    base::log_info("given {}; the model also reads {}{}, which {} has not", base::quoted_list(out),
                   base::quoted_list(absent), more == 0 ? "" : fmt::format(" and {} more", more), dataset);
  return out;
}

}  // namespace asterism::infer
