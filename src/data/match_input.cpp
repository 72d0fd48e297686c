#include "data/match_input.h"

#include <arrow/api.h>
#include <arrow/compute/api.h>

#include <algorithm>

#include "base/error.h"
#include "base/threads.h"
#include "data/match_source.h"
#include "io/arrow_status.h"
#include "io/place.h"

namespace asterism::data {
namespace {

using TablePtr = std::shared_ptr<arrow::Table>;

bool ends(const std::filesystem::path& path, const char* ending) {
  const std::string name = path.filename().string();
  return name.ends_with(ending) || name.ends_with(std::string(ending) + ".gz");
}

TablePtr take_from(const TablePtr& table, const std::vector<int64_t>& rows, const std::string& where) {
  return io::guarded(where, [&]() -> TablePtr {
    arrow::Int64Builder indices;
    io::check_arrow(indices.Reserve(int64_t(rows.size())), where);
    for (const int64_t row : rows) {
      if (row < 0) {
        indices.UnsafeAppendNull();
      } else {
        indices.UnsafeAppend(row);
      }
    }
    const auto order = io::need_arrow(indices.Finish(), where);
    return io::need_arrow(arrow::compute::Take(arrow::Datum(table), arrow::Datum(order),
                                               arrow::compute::TakeOptions::NoBoundsCheck()),
                          where)
        .table();
  });
}

void append(std::vector<double>& to, const std::vector<double>& from) { to.insert(to.end(), from.begin(), from.end()); }

}  // namespace

struct MatchInput::State {
  std::filesystem::path path;
  std::unique_ptr<MatchSource> source;
};

MatchInput::MatchInput() : state_(std::make_unique<State>()) {}
MatchInput::~MatchInput() = default;
MatchInput::MatchInput(MatchInput&&) noexcept = default;

MatchInput MatchInput::open(const std::filesystem::path& path, const std::vector<std::string>& columns) {
  MatchInput input;
  input.state_->path = path;
  const bool table = ends(path, ".csv") || ends(path, ".fits") || ends(path, ".fit");
  if (table && io::is_remote(path))
    base::user_error(
        "{}: CSV and FITS tables are read from folders of this machine; fetch it first, or name a dataset or "
        "a Parquet file",
        path.string());
  input.state_->source = table ? table_source(path, columns) : dataset_source(path, columns);
  return input;
}

const std::filesystem::path& MatchInput::path() const { return state_->path; }
const std::string& MatchInput::name() const { return state_->source->name; }
int64_t MatchInput::num_rows() const { return state_->source->chunks.back(); }
bool MatchInput::in_memory() const { return state_->source->in_memory; }
bool MatchInput::has_ids() const { return state_->source->has_ids; }
std::string MatchInput::identity() const { return state_->source->identity(); }
const std::vector<int64_t>& MatchInput::chunks() const { return state_->source->chunks; }
SkyColumns MatchInput::read_sky(size_t begin, size_t end) const { return state_->source->read_sky(begin, end); }
std::shared_ptr<arrow::Schema> MatchInput::schema() const { return state_->source->schema; }

// Chunk by chunk in the order of the file, then into the order asked for, where that is another one.
TablePtr MatchInput::take(const std::vector<int64_t>& rows) const {
  const auto& chunks = state_->source->chunks;
  const std::string where = path().string();
  const size_t count = chunks.size() - 1;
  const auto chunk_of = [&](int64_t row) {
    return row < 0 ? count : size_t(std::upper_bound(chunks.begin(), chunks.end(), row) - chunks.begin()) - 1;
  };
  std::vector<std::vector<int64_t>> wanted(count + 1);  // rows within each chunk; at last those of nulls
  std::vector<int64_t> last_start(count + 1);
  bool in_order = true;
  size_t latest = 0;
  for (const int64_t row : rows) {
    const size_t c = chunk_of(row);
    in_order = in_order && c >= latest;
    latest = c;
    wanted[c].push_back(row < 0 ? -1 : row - chunks[c]);
  }
  std::vector<TablePtr> parts(count + 1);
  base::parallel_for(count, 1, [&](size_t begin, size_t end) {
    for (size_t c = begin; c < end; ++c) {
      if (!wanted[c].empty()) parts[c] = take_from(state_->source->read_columns(c), wanted[c], where);
    }
  });
  const auto none = io::need_arrow(arrow::Table::MakeEmpty(schema()), where);
  parts[count] = take_from(none, wanted[count], where);
  std::erase(parts, nullptr);
  auto all = io::need_arrow(arrow::ConcatenateTables(parts), where);
  if (in_order) return all;
  int64_t start = 0;
  for (size_t c = 0; c <= count; ++c) {
    last_start[c] = start;
    start += int64_t(wanted[c].size());
  }
  std::vector<int64_t> place;
  place.reserve(rows.size());
  for (const int64_t row : rows) place.push_back(last_start[chunk_of(row)]++);
  return take_from(io::need_arrow(all->CombineChunks(), where), place, where);
}

SkyColumns read_all_sky(const MatchInput& input) {
  const size_t chunks = input.chunks().size() - 1;
  const size_t pieces = std::min<size_t>(chunks, size_t(base::threads()) * 4);
  if (pieces == 0) return {};
  std::vector<SkyColumns> parts(pieces);
  base::parallel_for(pieces, 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) parts[i] = input.read_sky(i * chunks / pieces, (i + 1) * chunks / pieces);
  });
  if (pieces == 1) return std::move(parts[0]);
  SkyColumns out;
  const auto rows = size_t(input.num_rows());
  for (auto* column : {&out.ra_deg, &out.dec_deg}) column->reserve(rows);
  for (SkyColumns& part : parts) {
    append(out.ra_deg, part.ra_deg);
    append(out.dec_deg, part.dec_deg);
    append(out.pmra_mas_yr, part.pmra_mas_yr);
    append(out.pmdec_mas_yr, part.pmdec_mas_yr);
    append(out.epoch_yr, part.epoch_yr);
    part = {};
  }
  return out;
}

}  // namespace asterism::data
