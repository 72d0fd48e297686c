// The kinds of index there are. To add one: a file of its own, and one line here.
#include <array>

#include "search/exact.h"
#include "search/hnsw.h"
#include "search/index.h"

namespace asterism::search {
namespace {

template <class T>
std::unique_ptr<Index> make_one(Metric metric, size_t dimension) {
  return std::make_unique<T>(metric, dimension);
}
template <class T>
std::unique_ptr<Index> open_one(const std::filesystem::path& path) {
  return std::make_unique<T>(path);
}

constexpr std::array kKinds = {
    IndexKind{"exact", make_one<ExactIndex>, open_one<ExactIndex>,
              "compares every row: always right; up to some 10^7 rows a host"},
    IndexKind{"hnsw", make_one<HnswIndex>, open_one<HnswIndex>,
              "walks a graph of neighbours: nearly always right, a hundred times faster on 10^6 rows"},
};

}  // namespace

std::span<const IndexKind> all() { return kKinds; }

}  // namespace asterism::search
