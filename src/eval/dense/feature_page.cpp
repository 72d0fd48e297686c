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
constexpr double kSkyCounts = 1e-3;     // what a patch of sky counts beside one of an object

// The surroundings of a cell in a picture [H, W, 3].
at::Tensor surroundings(const at::Tensor& picture, const PatchGrid& grid, int64_t cell) {
  const int64_t w = grid.features_NhwD.size(2);
  const auto size =
      std::min<int64_t>({int64_t(std::lround(kCutOutPatches * double(grid.patch))), picture.size(0), picture.size(1)});
  const auto start = [&](int64_t place, int64_t whole) {
    const auto middle = int64_t(std::lround(grid.first + double(place) * grid.spacing));
    return std::clamp<int64_t>(middle - size / 2, 0, whole - size);
  };
  return picture.narrow(0, start(cell / w, picture.size(0)), size).narrow(1, start(cell % w, picture.size(1)), size);
}

// Of every image the cell that is looked at most, or where nothing tells that the brightest, of objects before sky:
// int64 [N].
at::Tensor foremost_cells(const FeaturePage& page, const PatchGrid& grid) {
  const auto weight =
      grid.attention_NHrc.defined() ? attention_of_cells(grid).to(at::kDouble) : page.brightness_Nhw.to(at::kDouble);
  const auto counted = at::where(page.objects_Nhw, weight, weight * kSkyCounts);
  return counted.masked_fill(grid.is_token_Nhw.logical_not(), -1).flatten(1).argmax(1);
}

at::Tensor shown(const at::Tensor& attention_rc) {
  const auto least = attention_rc.min();
  return (attention_rc - least) / (attention_rc.max() - least).clamp_min(1e-12);
}

void explain(report::Page& out, const FeaturePage& page, bool attention) {
  out.paragraph(
      fmt::format("Each row: the image; the leading components of its patches' features after block {} as red, green "
                  "and blue (the same colours in all rows; dark: sky; black: nothing observed); {} in a frame; and the "
                  "patches of other images that are nearest to that one by the cosine of their features.",
                  page.layer,
                  attention ? fmt::format("what {} looks at in the image, the mean over heads; the patch that it looks "
                                          "at most,",
                                          page.looks)
                            : std::string("the brightest patch of what is told from sky,")));
  if (page.brightness_correlation < 0.3)
    out.note(
        fmt::format("The first component follows brightness with a correlation of {:.2f} only: what is shown as "
                    "sky may be none.",
                    page.brightness_correlation));
}

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

void FeaturePage::write(const std::filesystem::path& file, const std::vector<modalities::ObjectKey>& keys,
                        const PatchGrid& grid) const {
  const int64_t N = pictures_NHW3.size(0), h = colours_Nhw3.size(1), w = colours_Nhw3.size(2);
  const auto flat = grid.features_NhwD.flatten(1, 2);
  const auto unit = flat / at::linalg_vector_norm(flat, 2, {-1}, true).clamp_min(1e-12);
  const auto no_token = grid.is_token_Nhw.logical_not().flatten(1);
  const auto foremost = foremost_cells(*this, grid);
  const bool attention = grid.attention_NHrc.defined();
  report::Page page("What patches have in common", fmt::format("{} images, {} x {} cells", N, h, w));
  explain(page, *this, attention);
  report::Gallery gallery;
  for (int64_t i = 0; i < std::min(N, kObjectsShown); ++i) {
    report::GalleryRow row;
    row.label = keys[size_t(i)].id;
    const auto add = [&](const at::Tensor& picture, const std::string& caption, bool marked) {
      row.tiles.push_back({report::png_uri(coloured_picture(picture, upwards, kTile)), caption, "", marked});
    };
    add(pictures_NHW3[i], "image", false);
    add(colours_Nhw3[i], "components", false);
    if (attention) add(shown(grid.attention_NHrc[i].mean(0)), "attention", false);
    const int64_t cell = foremost[i].item<int64_t>();
    if (!no_token[i][cell].item<bool>()) {
      add(surroundings(pictures_NHW3[i], grid, cell), "patch", true);
      auto likeness = at::matmul(unit, unit[i][cell]).masked_fill(no_token, -2);  // [N, h w]
      likeness[i].fill_(-3);                                                      // elsewhere
      const auto best = likeness.max(1);  // one a picture: neighbours of a cell are alike
      const auto order = std::get<0>(best).argsort(0, true);
      for (int64_t k = 0; k < std::min(kNearest, N - 1); ++k) {
        const int64_t other = order[k].item<int64_t>(), place = std::get<1>(best)[other].item<int64_t>();
        const double cosine = std::get<0>(best)[other].item<double>();
        if (cosine < -1.5) break;  // no tokens there
        add(surroundings(pictures_NHW3[other], grid, place),
            fmt::format("{:.3f} in {}", cosine, keys[size_t(other)].id.substr(0, 12)), false);
      }
    }
    gallery.rows.push_back(std::move(row));
  }
  gallery.tile_size = int(kTile);
  page.section("Maps").gallery(gallery);
  page.write(file);
}

}  // namespace asterism::eval
