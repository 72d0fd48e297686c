// The entries of the importers of HDF5 files (mmu, mmu_manga), behind the process that reads HDF5: an input is a table
// (described_table.h) whose columns are the file's datasets, or, when it begins with "raw", the bytes of that process's
// answers. Only DataError and UserError may come out, and every batch that does must keep the promises of its blocks.

#include <cstddef>
#include <cstdint>

#include "base/error.h"
#include "data/surveys/mmu.h"
#include "data/surveys/mmu_manga.h"
#include "described_table.h"
#include "modalities/block.h"

namespace {

using namespace asterism;
using Bytes = std::vector<std::byte>;

template <class T>
void put(Bytes& to, T value) {
  const auto* at = reinterpret_cast<const std::byte*>(&value);
  to.insert(to.end(), at, at + sizeof(T));
}

void put(Bytes& to, const std::string& text) {
  put(to, uint32_t(text.size()));
  for (const char c : text) to.push_back(std::byte(c));
}

int64_t size_at(const fuzz::DescribedColumn& column, size_t axis) { return std::max<int64_t>(column.shape[axis], 1); }

Bytes listed(const fuzz::DescribedTable& table) {
  Bytes out;
  for (const auto& column : table.columns) {
    put(out, column.name);
    const bool whole = column.kind == 'p' || column.kind == 'x' || column.kind == 'y';
    out.push_back(std::byte(whole ? 'i' : column.kind == 'g' ? 'f' : column.kind));
    // MaNGA's groups hold single values beside tables whose first size is their own.
    const bool grouped = column.name.find('/') != std::string::npos;
    const size_t axes = column.shape.size() + (grouped ? 0 : 1);
    put(out, uint8_t(axes));
    if (!grouped) put(out, table.rows);
    for (size_t i = 0; i < column.shape.size(); ++i) put(out, size_at(column, i));
  }
  return out;
}

Bytes values_of(fuzz::DescribedTable& table, const fuzz::DescribedColumn& column, int64_t rows) {
  const bool grouped = column.name.find('/') != std::string::npos;
  int64_t count = rows;
  for (size_t i = grouped ? 1 : 0; i < column.shape.size(); ++i) count *= size_at(column, i);
  Bytes out;
  for (int64_t i = 0; i < count && out.size() < (1 << 20); ++i) {
    if (column.kind == 'f') put(out, table.number<float>());
    if (column.kind == 'd') put(out, table.number<double>());
    if (column.kind == 'p') put(out, int64_t{table.byte()});
    if (column.kind == 'g') put(out, float(4000 + i));
    if (column.kind == 'x' || column.kind == 'y') put(out, column.kind == 'x' ? i % 2 : i / 2);
    if (column.kind == 'i') put(out, column.missing ? table.number<int64_t>() : i);
    if (column.kind == 'b') out.push_back(std::byte(table.byte()));
    if (column.kind == 's') put(out, column.missing ? table.text() : "id" + std::to_string(i));
  }
  return out;
}

Bytes answer(fuzz::DescribedTable& table, std::span<const std::byte> request) {
  if (request.size() == 1) return listed(table);
  uint32_t column = 0;
  int64_t rows = 0;
  std::memcpy(&column, request.data() + 1, 4);
  std::memcpy(&rows, request.data() + 13, 8);
  return values_of(table, table.columns.at(column), rows);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const bool raw = text.starts_with("raw");
  fuzz::DescribedTable table(text);
  size_t at = 3;
  const auto answers = [&](std::span<const std::byte> request) {
    if (!raw) return answer(table, request);
    const size_t left = at < size ? size - at - 1 : 0, n = left > 0 ? std::min<size_t>(data[at], left) : 0;
    at += left > 0 ? 1 : 0;
    const auto* from = reinterpret_cast<const std::byte*>(data + at);
    at += n;
    return Bytes(from, from + n);
  };
  for (const bool manga : {false, true}) {
    try {
      data::BadRows bad(1000);
      at = 3;
      auto file = io::Hdf5File::from_answers(manga ? "manga.hdf5" : table.survey + ".hdf5", answers);
      const auto import = manga ? data::import_mmu_manga(std::move(file), bad) : data::import_mmu(std::move(file), bad);
      while (const auto batch = import->next()) modalities::check(*batch);
    } catch (const base::DataError&) {
    } catch (const base::UserError&) {
    }
  }
  return 0;
}
