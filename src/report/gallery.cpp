#include "report/gallery.h"

#include "base/error.h"
#include "io/base64.h"
#include "report/markup.h"

namespace asterism::report {
namespace {

std::string tile_html(const Tile& tile) {
  if (!tile.image.starts_with("data:image/")) base::user_error("a picture of a gallery is no data: URI of an image");
  std::string html = fmt::format("<figure class=\"tile{}\"><img src=\"{}\" alt=\"{}\">", tile.marked ? " marked" : "",
                                 escaped(tile.image), escaped(tile.caption));
  if (!tile.caption.empty() || !tile.detail.empty()) html += "<figcaption>" + with_powers(tile.caption);
  if (!tile.detail.empty()) html += "<small>" + with_powers(tile.detail) + "</small>";
  if (!tile.caption.empty() || !tile.detail.empty()) html += "</figcaption>";
  return html + "</figure>";
}

}  // namespace

std::string png_uri(const io::Picture8& picture) { return io::data_uri("image/png", io::encode_png(picture)); }
std::string jpeg_uri(const io::Picture8& picture, int quality) { return io::data_uri("image/jpeg", io::encode_jpeg(picture, quality)); }

std::string gallery_html(const Gallery& gallery) {
  std::string html = fmt::format("<figure class=\"gallery{}\" style=\"--tile:{}px\">", gallery.rows.size() > 1 ? " lines" : "",
                                 gallery.tile_size);
  bool labelled = false;
  for (const auto& row : gallery.rows) labelled = labelled || !row.label.empty();
  for (const auto& row : gallery.rows) {
    html += "<div class=\"row\">";
    if (labelled) html += "<div class=\"label\">" + with_powers(row.label) + "</div>";
    html += "<div class=\"tiles\">";
    for (const auto& tile : row.tiles) html += tile_html(tile);
    html += "</div></div>\n";
  }
  if (!gallery.caption.empty()) html += "<figcaption class=\"caption\">" + with_powers(gallery.caption) + "</figcaption>";
  return html + "</figure>\n";
}

}  // namespace asterism::report
