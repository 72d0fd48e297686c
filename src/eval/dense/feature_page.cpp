#include "eval/dense/feature_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/page.h"
#include "report/stretch.h"

namespace asterism::eval {
namespace {

constexpr int64_t kTile = 144, kNearest = 4, kObjectsShown = 48;
constexpr double kCutOutPatches = 2.5;  // across

}  // namespace

io::Picture8 coloured_picture(const at::Tensor& colours, bool upwards, int64_t side) {
  auto x = colours.dim() == 2 ? colours.unsqueeze(-1).expand({-1, -1, 3}) : colours;
  if (upwards) x = x.flip(0);
  const auto bytes = (x.to(at::kFloat).clamp(0, 1) * 255).round().to(at::kByte).contiguous();
  io::Picture8 out;
  out.height = bytes.size(0);
  out.width = bytes.size(1);
  out.channels = 3;
  out.values.assign(bytes.const_data_ptr<uint8_t>(), bytes.const_data_ptr<uint8_t>() + bytes.numel());
  const auto factor = std::max<int64_t>(1, side / std::max(out.height, out.width));
  return factor == 1 ? out : report::enlarged(out, int(factor));
}

at::Tensor FeaturePage::picture_of(const at::Tensor& image_CHW) const {
  auto x = image_CHW;
  if (!input_.mean.empty()) {
    const auto column = [](const std::vector<double>& v) { return at::tensor(v, at::kFloat).view({-1, 1, 1}); };
    x = x * column(input_.deviation) + column(input_.mean);
  }
  return x.permute({1, 2, 0}).clamp(0, 1);
}

io::Picture8 FeaturePage::cut_out(const at::Tensor& picture, int64_t row, int64_t column) const {
  const auto patch = 2 * grid_.first + 1;
  const auto size = std::min<int64_t>({int64_t(std::lround(kCutOutPatches * patch)), picture.size(0), picture.size(1)});
  const auto start = [&](int64_t cell, int64_t whole) {
    const auto middle = int64_t(std::lround(grid_.first + double(cell) * grid_.spacing));
    return std::clamp<int64_t>(middle - size / 2, 0, whole - size);
  };
  const auto part =
      picture.narrow(0, start(row, picture.size(0)), size).narrow(1, start(column, picture.size(1)), size);
  return coloured_picture(part, upwards_, kTile);
}

void FeaturePage::write(const std::filesystem::path& file, const std::vector<modalities::ObjectKey>& keys,
                        const at::Tensor& images, const at::Tensor& colours, const at::Tensor& objects,
                        const at::Tensor& attention, double brightness_correlation) const {
  const int64_t N = images.size(0), h = colours.size(1), w = colours.size(2), D = grid_.features_NhwD.size(3);
  const auto flat = grid_.features_NhwD.reshape({N, h * w, D});
  const auto unit = flat / at::linalg_vector_norm(flat, 2, {-1}, true).clamp_min(1e-12);
  // attention on the finer grid, to find the cell that is looked at most
  const auto fine = at::upsample_nearest2d(attention.unsqueeze(1), {h, w}).squeeze(1);
  const auto looked_at = at::where(objects, fine, fine * 1e-3).flatten(1).argmax(1);
  report::Page page("What patches have in common", fmt::format("{} images, {} x {} cells", N, h, w));
  page.paragraph(
      "Each row: the image; the leading components of its patches' features as red, green and blue (the same colours "
      "in "
      "all rows; dark: sky); what the image's summary looks at in the last block; the patch that it looks at most, in "
      "a "
      "frame; and the patches of other images that are nearest to that one by the cosine of their features.");
  if (brightness_correlation < 0.3)
    page.note(
        fmt::format("The first component follows brightness with a correlation of {:.2f} only: what is shown as sky "
                    "may be none.",
                    brightness_correlation));
  report::Gallery gallery;
  for (int64_t i = 0; i < std::min(N, kObjectsShown); ++i) {
    const int64_t cell = looked_at[i].item<int64_t>();
    auto likeness = at::matmul(unit, unit[i][cell]);  // [N, h w]
    likeness[i].fill_(-2);                            // elsewhere
    const auto best = likeness.max(1);                // one a picture: neighbours of a cell are alike
    const auto order = std::get<0>(best).argsort(0, true);
    report::GalleryRow row;
    row.label = keys[size_t(i)].id;
    const auto add = [&](const io::Picture8& picture, const std::string& caption, bool marked) {
      row.tiles.push_back({report::png_uri(picture), caption, "", marked});
    };
    const auto least = attention[i].min(), range = (attention[i].max() - least).clamp_min(1e-12);
    add(coloured_picture(picture_of(images[i]), upwards_, kTile), "image", false);
    add(coloured_picture(colours[i], upwards_, kTile), "components", false);
    add(coloured_picture((attention[i] - least) / range, upwards_, kTile), "attention", false);
    add(cut_out(picture_of(images[i]), cell / w, cell % w), "patch", true);
    for (int64_t k = 0; k < std::min(kNearest, N - 1); ++k) {
      const int64_t other = order[k].item<int64_t>(), place = std::get<1>(best)[other].item<int64_t>();
      add(cut_out(picture_of(images[other]), place / w, place % w),
          fmt::format("{:.3f} in {}", std::get<0>(best)[other].item<double>(), keys[size_t(other)].id.substr(0, 12)),
          false);
    }
    gallery.rows.push_back(std::move(row));
  }
  gallery.tile_size = int(kTile);
  page.section("Maps").gallery(gallery);
  page.write(file);
}

}  // namespace asterism::eval
