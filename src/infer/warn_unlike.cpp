#include "infer/warn_unlike.h"

#include <fmt/ranges.h>

#include "base/log.h"

namespace asterism::infer {

void warn_of(const data::UnlikeObjects& unlike) {
  constexpr size_t kShown = 5;
  auto lines = unlike.lines();
  if (lines.empty()) return;
  const size_t more = lines.size() > kShown ? lines.size() - kShown : 0;
  lines.resize(lines.size() - more);
  base::log_warning("these data are not like what the model learned from, and its answers may mean little:\n  {}{}",
                    fmt::join(lines, "\n  "), more == 0 ? "" : fmt::format("\n  and {} more of the kind", more));
}

}  // namespace asterism::infer
