#include "search/exact.h"

#include "base/error.h"
#include "search/scan.h"

namespace asterism::search {

ExactIndex::ExactIndex(const std::filesystem::path& path) : store_(IndexFile(path)) {
  const IndexHeader& header = store_.file().header();
  if (header.kind != kind())
    base::data_error("'{}' is an index of kind '{}', not '{}'", path.string(), header.kind, kind());
  if (header.extra_bytes != 0)
    base::data_error("'{}': {} bytes that an exact index does not have", path.string(), header.extra_bytes);
}

Neighbours ExactIndex::search(Rows queries, size_t k, const Filter* filter) const {
  return scan(store_, queries, k, filter);
}

void ExactIndex::save(const std::filesystem::path& path) const {
  IndexFileWriter writer(path, {kind(), metric(), size(), dimension(), 0});
  store_.write(writer);
  writer.commit();
}

}  // namespace asterism::search
