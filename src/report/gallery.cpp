#include "report/gallery.h"

#include "base/bytes.h"
#include "base/error.h"
#include "io/base64.h"
#include "report/markup.h"

namespace asterism::report {
namespace {

// True for a PNG of fewer pixels across than it is shown with: its pixels are then kept square, not blurred. A PNG
// begins with 16 fixed bytes and its width.
bool is_small_png(const std::string& uri, int shown) {
  constexpr std::string_view kStart = "data:image/png;base64,";
  constexpr size_t kLetters = 32;  // 24 bytes
  if (!uri.starts_with(kStart) || uri.size() < kStart.size() + kLetters) return false;
  const auto bytes = io::decode_base64(std::string_view(uri).substr(kStart.size(), kLetters), "a picture of a gallery");
  return base::load_be<uint32_t>(bytes.data() + 16) < static_cast<uint32_t>(shown);
}

std::string tile_html(const Tile& tile, int size) {
  if (!tile.image.empty() && !tile.image.starts_with("data:image/"))
    base::user_error("a picture of a gallery is no data: URI of an image");
  std::string html = fmt::format("<figure class=\"tile{}\">", tile.marked ? " marked" : "");
  if (!tile.image.empty())
    html += fmt::format("<img{} src=\"{}\" alt=\"{}\">", is_small_png(tile.image, size) ? " class=\"small\"" : "",
                        escaped(tile.image), escaped(tile.caption));
  if (!tile.caption.empty() || !tile.detail.empty()) html += "<figcaption>" + with_powers(tile.caption);
  if (!tile.detail.empty()) html += "<small>" + with_powers(tile.detail) + "</small>";
  if (!tile.caption.empty() || !tile.detail.empty()) html += "</figcaption>";
  return html + "</figure>";
}

}  // namespace

std::string png_uri(const io::Picture8& picture) { return io::data_uri("image/png", io::encode_png(picture)); }
std::string jpeg_uri(const io::Picture8& picture, int quality) {
  return io::data_uri("image/jpeg", io::encode_jpeg(picture, quality));
}

std::string gallery_html(const Gallery& gallery) {
  std::string html = fmt::format("<figure class=\"gallery{}\" style=\"--tile:{}px\">",
                                 gallery.rows.size() > 1 ? " lines" : "", gallery.tile_size);
  bool labelled = false;
  for (const auto& row : gallery.rows) labelled = labelled || !row.label.empty();
  for (const auto& row : gallery.rows) {
    html += "<div class=\"row\">";
    if (labelled) html += "<div class=\"label\">" + with_powers(row.label) + "</div>";
    html += "<div class=\"tiles\">";
    for (const auto& tile : row.tiles) html += tile_html(tile, gallery.tile_size);
    html += "</div></div>\n";
  }
  if (!gallery.caption.empty())
    html += "<figcaption class=\"caption\">" + with_powers(gallery.caption) + "</figcaption>";
  return html + "</figure>\n";
}

}  // namespace asterism::report
