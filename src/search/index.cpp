#include "search/index.h"

#include <bit>

#include "base/error.h"
#include "search/index_file.h"

namespace asterism::search {
namespace {

const IndexKind* find(std::string_view name) {
  for (const IndexKind& kind : all())
    if (kind.name == name) return &kind;
  return nullptr;
}

std::vector<std::string> names() {
  std::vector<std::string> found;
  for (const IndexKind& kind : all()) found.emplace_back(kind.name);
  return found;
}

}  // namespace

std::string_view name_of(Metric metric) {
  switch (metric) {
    case Metric::cosine:
      return "cosine";
    case Metric::inner_product:
      return "inner_product";
    case Metric::l2:
      return "l2";
  }
  return "unknown";
}

Metric metric_named(std::string_view name) {
  std::vector<std::string> known;
  for (const Metric metric : {Metric::cosine, Metric::inner_product, Metric::l2}) {
    if (name == name_of(metric)) return metric;
    known.emplace_back(name_of(metric));
  }
  base::user_error("no metric '{}'; the nearest of {} is '{}'", name, base::quoted_list(known),
                   base::nearest(name, known));
}

uint64_t Filter::count() const {
  uint64_t allowed = 0;
  for (uint64_t row = 0; row < rows_; row += 64) {
    const uint64_t inside = rows_ - row < 64 ? (uint64_t{1} << (rows_ - row)) - 1 : ~uint64_t{0};
    allowed += uint64_t(std::popcount(words_[row / 64] & inside));
  }
  return allowed;
}

std::unique_ptr<Index> make(std::string_view kind, Metric metric, size_t dimension) {
  if (const IndexKind* found = find(kind)) return found->make(metric, dimension);
  base::user_error("no index '{}'; the nearest of {} is '{}'", kind, base::quoted_list(names()),
                   base::nearest(kind, names()));
}

std::unique_ptr<Index> build(std::string_view kind, Metric metric, Rows rows) {
  auto index = make(kind, metric, rows.d);
  index->append(rows);
  return index;
}

std::unique_ptr<Index> open(const std::filesystem::path& path) {
  const std::string kind = IndexFile(path).header().kind;
  if (const IndexKind* found = find(kind)) return found->open(path);
  base::data_error("'{}' is an index of a kind this program does not know; it knows {}", path.string(),
                   base::quoted_list(names()));
}

}  // namespace asterism::search
