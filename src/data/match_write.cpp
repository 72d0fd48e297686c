#include "data/match_write.h"

#include <arrow/api.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <queue>

#include "base/error.h"
#include "io/csv.h"
#include "io/parquet.h"

namespace asterism::data {
namespace {

using TablePtr = std::shared_ptr<arrow::Table>;

// The rows of the result, in order, some at a time.
class Rows {
 public:
  Rows(std::vector<std::span<const Match>> lists, Join join, int64_t rows_a, int64_t rows_b)
      : lists_(std::move(lists)), join_(join), rows_a_(rows_a), rows_b_(rows_b) {
    if (join == Join::kOuter) met_.assign(size_t(rows_b), false);
    for (size_t i = 0; i < lists_.size(); ++i) {
      if (!lists_[i].empty()) heads_.emplace(lists_[i].front().a, i);
    }
  }

  // `most` rows more, and the rest of the last row of a among them; none at the end. -1: no row.
  std::vector<Match> next(int64_t most) {
    std::vector<Match> out;
    while (int64_t(out.size()) < most) {
      const int64_t row = heads_.empty() ? rows_a_ : heads_.top().first;
      if (join_ != Join::kInner && a_ < row) {
        out.push_back({a_++, -1, 0});
      } else if (row < rows_a_) {
        add_pairs(out);
      } else if (join_ == Join::kOuter && b_ < rows_b_) {
        if (!met_[size_t(b_)]) out.push_back({-1, b_, 0});
        ++b_;
      } else {
        break;
      }
    }
    return out;
  }

 private:
  // Those of the row of a that comes next.
  void add_pairs(std::vector<Match>& out) {
    const auto [row, place] = heads_.top();
    heads_.pop();
    auto& list = lists_[place];
    size_t n = 0;
    for (; n < list.size() && list[n].a == row; ++n) {
      if (join_ == Join::kOuter) met_[size_t(list[n].b)] = true;
      out.push_back(list[n]);
    }
    list = list.subspan(n);
    a_ = row + 1;
    if (!list.empty()) heads_.emplace(list.front().a, place);
  }

  using Head = std::pair<int64_t, size_t>;  // the next row of a in a list, and the list
  std::vector<std::span<const Match>> lists_;
  Join join_;
  int64_t rows_a_, rows_b_, a_ = 0, b_ = 0;
  std::vector<bool> met_;
  std::priority_queue<Head, std::vector<Head>, std::greater<>> heads_;
};

TablePtr table_of(const MatchInput& a, const MatchInput& b, const std::vector<Match>& rows,
                  const std::shared_ptr<arrow::Schema>& schema) {
  std::vector<int64_t> rows_a, rows_b;
  arrow::DoubleBuilder separation;
  io::check_arrow(separation.Reserve(int64_t(rows.size())), "separations");
  for (const Match& m : rows) {
    rows_a.push_back(m.a);
    rows_b.push_back(m.b);
    if (m.a < 0 || m.b < 0) {
      separation.UnsafeAppendNull();
    } else {
      separation.UnsafeAppend(m.separation_arcsec);
    }
  }
  const auto of_a = a.take(rows_a), of_b = b.take(rows_b);
  std::vector<std::shared_ptr<arrow::ChunkedArray>> columns = {
      of_a->column(0), of_b->column(0),
      std::make_shared<arrow::ChunkedArray>(io::need_arrow(separation.Finish(), "separations"))};
  for (const auto& side : {of_a, of_b})
    for (int i = 1; i < side->num_columns(); ++i) columns.push_back(side->column(i));
  return arrow::Table::Make(schema, columns, int64_t(rows.size()));
}

std::shared_ptr<arrow::Schema> schema_of(const MatchInput& a, const MatchInput& b) {
  const auto words = [](const char* unit, const char* ucd, const char* text) {
    return arrow::key_value_metadata({"unit", "ucd", "description"}, {unit, ucd, text});
  };
  const auto with_name = [](const arrow::Field& field, const std::string& name) {
    return arrow::field(name, field.type(), true, field.metadata());
  };
  arrow::FieldVector fields = {with_name(*a.schema()->field(0), "object_id_a"),
                               with_name(*b.schema()->field(0), "object_id_b"),
                               arrow::field("separation_arcsec", arrow::float64(), true,
                                            words("arcsec", "pos.angDistance", "great-circle distance of the pair"))};
  for (const auto& [side, suffix] : {std::pair{&a, "_a"}, {&b, "_b"}}) {
    for (int i = 1; i < side->schema()->num_fields(); ++i) {
      const auto& field = *side->schema()->field(i);
      fields.push_back(with_name(field, field.name() + suffix));
    }
  }
  return arrow::schema(fields);
}

}  // namespace

int64_t write_matches(const MatchInput& a, const MatchInput& b, const std::vector<std::span<const Match>>& lists,
                      Join join, int64_t slice_rows, const std::filesystem::path& out) {
  Rows rows(lists, join, a.num_rows(), b.num_rows());
  const auto schema = schema_of(a, b);
  const bool csv = out.extension() == ".csv";
  std::optional<io::ParquetWriter> writer;
  if (!csv) writer.emplace(out, schema, io::ParquetOptions{.rows_per_group = 1 << 20, .zstd_level = 1});
  std::vector<TablePtr> slices = {io::need_arrow(arrow::Table::MakeEmpty(schema), "an empty table")};
  int64_t written = 0;
  while (true) {
    const auto next = rows.next(slice_rows);
    if (next.empty()) break;
    const auto table = table_of(a, b, next, schema);
    written += table->num_rows();
    if (csv) {
      slices.push_back(table);
    } else {
      writer->write(*table);
    }
  }
  if (csv) {
    io::write_csv(out, *io::need_arrow(arrow::ConcatenateTables(slices), out.string()));
  } else {
    writer->close();
  }
  return written;
}

}  // namespace asterism::data
