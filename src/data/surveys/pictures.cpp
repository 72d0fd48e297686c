#include "data/surveys/pictures.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <set>

#include "base/error.h"
#include "base/log.h"
#include "data/surveys/legacy_galaxy_zoo.h"
#include "data/surveys/row_import.h"
#include "data/surveys/sdss_spectrum.h"
#include "data/surveys/text_table.h"
#include "io/image_file.h"
#include "modalities/image.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostWords = 100;  // different words of a column that becomes classes

std::string lower(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    out += std::isalnum(u) != 0 ? char(std::tolower(u)) : '_';
  }
  return out;
}

// The first of the names that a table has: as it is written here, or else in other letters.
std::string find_column(const TextTable& table, const std::vector<std::string>& wanted) {
  for (const auto& name : wanted) {
    if (table.has(name)) return name;
    for (const auto& column : table.names()) {
      if (lower(column) == name) return column;
    }
  }
  return "";
}

struct Label {
  std::string column, modality;
  std::vector<std::string> words;  // in order; {}: numbers
};

class PicturesImport : public RowImport {
 public:
  PicturesImport(const fs::path& table, const ImportOptions& options, BadRows& bad)
      : RowImport(bad, 16), path_(table), table_(TextTable::whole(table, {})), size_(options.picture_size) {
    file_ = find_column(table_, {"file", "path", "filename", "image", "picture", "jpg", "png"});
    id_ = find_column(table_, {"object_id", "id", "name", "objid"});
    ra_ = find_column(table_, {"ra"});
    dec_ = find_column(table_, {"dec"});
    if (file_.empty())
      base::data_error("{}: no column names the pictures: file, path, filename, image, picture, jpg or png",
                       path_.string());
    for (const auto& column : table_.names()) add_label(column);
    set_rows(table_.num_rows());
  }

  DatasetInfo info() const override {
    DatasetInfo out{
        .name = "pictures",
        .title = "Pictures with labels",
        .description = "Colour pictures as they are shown to the eye; they have no flux scale.",
        .provenance = "pictures and " + path_.filename().string() + ", imported by asterism " ASTERISM_VERSION,
        .licence = "not stated",
        .citation = "",
        .acknowledgement = "",
        .columns = {}};
    for (const auto& label : labels_) {
      std::string text = "column " + label.column + " of the table";
      for (size_t i = 0; i < label.words.size(); ++i)
        text += fmt::format("{} {} {}", i == 0 ? ":" : ",", i, label.words[i]);
      out.columns[label.modality] = {text, label.words.empty() ? "" : "meta.code.class"};
    }
    return out;
  }

 protected:
  modalities::Batch read_row(int64_t row) override {
    const std::string where = fmt::format("{}, line {}", path_.string(), table_.line(row));
    const fs::path picture = file_inside(path_.parent_path(), table_.text(row, file_), where);
    modalities::ObjectKey key{"pictures", id_.empty() ? picture.stem().string() : plain_id(table_.text(row, id_)),
                              false, 0, 0};
    if (key.id.empty()) base::data_error("{}, column {}: no id", where, id_);
    const auto ra = ra_.empty() ? std::nullopt : table_.number(row, ra_);
    const auto dec = dec_.empty() ? std::nullopt : table_.number(row, dec_);
    if (ra.has_value() != dec.has_value()) base::data_error("{}: one of ra and dec without the other", where);
    if (ra) {
      const auto position = checked_position(*ra, *dec, where);
      key.has_position = true;
      key.ra_deg = position.ra_deg;
      key.dec_deg = position.dec_deg;
    }
    modalities::Batch batch;
    batch.objects.push_back(key);
    auto block = read_picture_block(picture, size_);
    if (height_ == 0) height_ = block.height, width_ = block.width;
    if (block.height != height_ || block.width != width_)
      base::data_error("{}: {} x {} pixels; the others have {} x {} (--picture-size makes them alike)",
                       picture.string(), block.height, block.width, height_, width_);
    batch.blocks.emplace("rgb_image", std::move(block));
    for (const auto& label : labels_) add_scalar(batch, label.modality, value_of(label, row));
    return batch;
  }
  Place place_of(int64_t row) const override { return {path_.string(), std::to_string(table_.line(row))}; }

 private:
  std::optional<double> value_of(const Label& label, int64_t row) const {
    if (label.words.empty()) return table_.number(row, label.column);
    const std::string word = table_.text(row, label.column);
    if (word.empty()) return std::nullopt;
    return double(std::lower_bound(label.words.begin(), label.words.end(), word) - label.words.begin());
  }

  // Numbers when most filled cells are (one bad cell is a bad row), words when there are few different ones.
  void add_label(const std::string& column) {
    if (column == file_ || column == id_ || column == ra_ || column == dec_) return;
    std::set<std::string> words;
    int64_t numbers = 0, filled = 0;
    for (int64_t row = 0; row < table_.num_rows(); ++row) {
      const std::string word = table_.text(row, column);
      if (word.empty()) continue;
      ++filled;
      try {
        numbers += table_.number(row, column).has_value();
      } catch (const base::DataError&) {
        // no number
      }
      if (words.size() <= kMostWords) words.insert(word);
    }
    Label label{column, lower(column), {}};
    if (label.modality == "rgb_image" || label.modality == "image") label.modality += "_label";
    const bool fits = numbers * 10 > filled * 9;
    if (filled == 0 || (!fits && words.size() > kMostWords)) {
      base::log_warning("{}: column '{}' is neither numbers nor at most {} different words; it is left out",
                        path_.string(), column, kMostWords);
      return;
    }
    if (!fits) label.words.assign(words.begin(), words.end());
    labels_.push_back(label);
  }

  fs::path path_;
  TextTable table_;
  int64_t size_, height_ = 0, width_ = 0;
  std::string file_, id_, ra_, dec_;
  std::vector<Label> labels_;
};

}  // namespace

modalities::ImageBlock read_picture_block(const fs::path& path, int64_t size) {
  const io::Picture8 picture = io::read_picture(path);
  if (picture.channels != 3) base::data_error("{}: a grey picture; colour is wanted", path.string());
  auto block = modalities::make_images(1, {{"red", 0, 0}, {"green", 0, 0}, {"blue", 0, 0}}, picture.height,
                                       picture.width, "display", 0, false);
  const int64_t plane = picture.height * picture.width;
  for (int64_t c = 0; c < 3; ++c) {
    for (int64_t i = 0; i < plane; ++i)
      block.flux[size_t(c * plane + i)] = float(picture.values[size_t(i * 3 + c)]) / 255;
  }
  block.present[0] = 1;
  std::fill(block.mask.begin(), block.mask.end(), uint8_t{0});
  std::fill(block.ivar.begin(), block.ivar.end(), 1.0f);
  return size > 0 ? reduced(block, size) : block;
}

std::unique_ptr<SurveyImport> open_pictures(const std::vector<fs::path>& inputs, const ImportOptions& options,
                                            BadRows& bad) {
  if (inputs.size() != 1) base::user_error("pictures takes one CSV table, or a folder that holds labels.csv");
  const fs::path table = fs::is_directory(inputs[0]) ? inputs[0] / "labels.csv" : inputs[0];
  if (!fs::is_regular_file(table)) base::user_error("there is no {}", table.string());
  return std::make_unique<PicturesImport>(table, options, bad);
}

}  // namespace asterism::data
