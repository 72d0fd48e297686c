#pragma once
// Pictures with captions, in rows: objects, reconstructions, neighbours of a query.

#include <string>
#include <vector>

#include "io/image_file.h"

namespace asterism::report {

struct Tile {
  std::string image;    // data: URI; see png_uri, jpeg_uri; empty: there is none, and the lines stand alone
  std::string caption;  // a short line below: "z = 0.31"
  std::string detail;   // a second, smaller line
  bool marked = false;  // framed: the query, or the true match
};

struct GalleryRow {
  std::string label;  // at the left: the query's id, or "data", "model", "residual"
  std::vector<Tile> tiles;
};

struct Gallery {
  std::vector<GalleryRow> rows;  // a row wraps when it is alone, and stays one line when there are several
  std::string caption;
  int tile_size = 112;  // pixels across
};

std::string png_uri(const io::Picture8& picture);
std::string jpeg_uri(const io::Picture8& picture, int quality = 88);

std::string gallery_html(const Gallery& gallery);

}  // namespace asterism::report
