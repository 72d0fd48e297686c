#include "eval/conditionals/drawing.h"

#include <fmt/format.h>

#include <algorithm>

#include "eval/conditionals/column.h"
#include "eval/conditionals/image_column.h"
#include "eval/conditionals/scalar_column.h"
#include "eval/conditionals/spectrum_column.h"

namespace asterism::eval {
namespace {

constexpr double kLeft = 128, kTop = 74, kCellWidth = 196, kCellHeight = 92, kGap = 16, kBelow = 30;
constexpr double kLeastWidth = 560;  // that the title takes

report::Box box_of(size_t row, size_t column) {
  return {kLeft + double(column) * (kCellWidth + kGap), kTop + double(row) * (kCellHeight + kBelow + 6), kCellWidth,
          kCellHeight};
}

// A name in at most `length` letters.
std::string shortened(const std::string& name, size_t length) {
  return name.size() <= length ? name : name.substr(0, length - 1) + "…";
}

void write_below(report::Drawing& out, const report::Box& box, const std::string& text) {
  out.text({box.x + box.width / 2, box.y + box.height + 21}, text,
           {.size = 10, .anchor = report::Anchor::middle, .colour = "#444444"});
}

void write_row_name(report::Drawing& out, size_t row, const std::string& above, const std::string& name) {
  const auto box = box_of(row, 0);
  const double middle = box.y + box.height / 2;
  out.text({10, middle - 5}, above, {.size = 10, .colour = "#888888"});
  out.text({10, middle + 10}, shortened(name, 17), {.size = 11.5, .bold = true});
}

}  // namespace

std::unique_ptr<ConditionalColumn> make_column(const Conditionals& table, size_t column) {
  const auto& group = table.columns[column];
  const auto& block = table.object.blocks.at(group.modalities[0]);
  if (std::holds_alternative<modalities::ImageBlock>(block)) return std::make_unique<ImageColumn>(table, column);
  if (std::holds_alternative<modalities::SpectrumBlock>(block)) return std::make_unique<SpectrumColumn>(table, column);
  if (group.modalities.size() > 1) return std::make_unique<ValuesColumn>(table, column);
  return std::make_unique<PosteriorColumn>(table, column);
}

std::vector<const models::Prediction*> predictions_of(const Conditionals& table, size_t column) {
  std::vector<const models::Prediction*> out;
  for (const auto& row : table.cells)
    if (!row[column].given) out.push_back(&row[column].prediction);
  return out;
}

report::Drawing draw(const Conditionals& table) {
  const size_t rows = table.rows.size() + 1, columns = table.columns.size();
  const auto last = box_of(rows - 1, columns - 1);
  report::Drawing out(std::max(kLeastWidth, last.x + last.width + 12), last.y + last.height + kBelow + 4);
  const auto& key = table.object.objects[0];
  out.text({10, 24}, fmt::format("{}: each observation predicted from each other", shortened(key.id, 24)),
           {.size = 15, .bold = true});
  out.text({10, 41}, "grey, red: observed; blue: predicted (median and 68%, or posterior)",
           {.size = 10, .colour = "#666666"});
  for (size_t c = 0; c < columns; ++c) {
    const auto top = box_of(0, c);
    out.text({top.x + top.width / 2, kTop - 12}, shortened(table.columns[c].name, 30),
             {.size = 11.5, .anchor = report::Anchor::middle, .bold = true});
    const auto column = make_column(table, c);
    write_below(out, top, column->draw_observed(out, top));
    for (size_t r = 0; r < table.rows.size(); ++r) {
      const auto box = box_of(r + 1, c);
      const auto& cell = table.cells[r][c];
      if (cell.given)
        out.text({box.x + box.width / 2, box.y + box.height / 2 + 4}, "given",
                 {.size = 11, .anchor = report::Anchor::middle, .colour = "#b5b5b5"});
      else
        write_below(out, box, column->draw_predicted(out, box, cell.prediction));
    }
  }
  write_row_name(out, 0, "", "observed");
  for (size_t r = 0; r < table.rows.size(); ++r) write_row_name(out, r + 1, "given", table.rows[r]);
  return out;
}

}  // namespace asterism::eval
