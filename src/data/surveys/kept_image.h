#pragma once
// Images of FITS files that are read again and again: by the cutouts of a large image, by the bands of one file. The
// last few stay decoded.

#include <algorithm>
#include <filesystem>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "data/surveys/file_pattern.h"
#include "io/fits.h"

namespace asterism::data {

template <class T>
struct ImagePlane {
  int64_t height = 0, width = 0;
  const T* values = nullptr;
  const uint8_t* valid = nullptr;
};

template <class T>
struct KeptImage {
  std::string path, name, where;  // name: of the HDU, as it was asked for
  std::unique_ptr<io::FitsHdu> hdu;
  io::FitsValues<T> pixels;

  int64_t width() const { return pixels.shape.back(); }
  int64_t height() const { return pixels.shape[pixels.shape.size() - 2]; }
  int64_t planes() const {
    const int64_t one = height() * width();
    return one == 0 ? 0 : int64_t(pixels.values.size()) / one;
  }

  // Of an image with more than two axes the plane that is asked for (counted from 0); of one with two the whole.
  ImagePlane<T> plane(int64_t asked) const {
    if (planes() != 1 && asked < 0)
      base::data_error("{}: {} planes: `plane` says which one a band is", where, planes());
    if (asked >= planes()) base::data_error("{}: plane {} of {}", where, asked, planes());
    const size_t at = size_t(std::max<int64_t>(asked, 0) * height() * width());
    return {height(), width(), pixels.values.data() + at, pixels.valid.data() + at};
  }
  // The plane of weights or flags that belongs to a plane of fluxes: an image with one plane belongs to all.
  template <class U>
  ImagePlane<T> plane_like(const ImagePlane<U>& other, int64_t asked) const {
    const auto out = plane(planes() == 1 ? -1 : asked);
    if (out.height != other.height || out.width != other.width)
      base::data_error("{}: {} x {} pixels; its image has {} x {}", where, out.height, out.width, other.height,
                       other.width);
    return out;
  }
};

template <class T>
class KeptImages {
 public:
  void keep(size_t most) { most_ = std::max<size_t>(most, 1); }

  // HDU by name or number; "": the first image with two axes or more. DataError naming the file.
  const KeptImage<T>& at(const std::filesystem::path& path, const std::string& hdu) {
    for (auto one = kept_.begin(); one != kept_.end(); ++one) {
      if (one->path != path.string() || one->name != hdu) continue;
      kept_.splice(kept_.begin(), kept_, one);
      return kept_.front();
    }
    const auto file = io::FitsFile::open(path);
    KeptImage<T> fresh;
    fresh.path = path.string();
    fresh.name = hdu;
    fresh.hdu = std::make_unique<io::FitsHdu>(find(file, hdu));
    fresh.where = path.string() + ", HDU " + (hdu.empty() ? std::to_string(fresh.hdu->index()) : hdu);
    if (fresh.hdu->shape().size() < 2) base::data_error("{}: no image of two axes or more", fresh.where);
    fresh.pixels = fresh.hdu->template image<T>();
    kept_.push_front(std::move(fresh));
    while (kept_.size() > most_) kept_.pop_back();
    return kept_.front();
  }

 private:
  static io::FitsHdu find(const io::FitsFile& file, const std::string& hdu) {
    if (!hdu.empty()) return hdu_of(file, hdu);
    int at = 0;
    while (at < file.num_hdus() && file.hdu(at).shape().size() < 2) ++at;
    if (at == file.num_hdus()) base::data_error("{}: no image of two axes or more", file.name());
    return file.hdu(at);
  }

  size_t most_ = 1;
  std::list<KeptImage<T>> kept_;  // last used first
};

}  // namespace asterism::data
