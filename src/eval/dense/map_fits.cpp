#include "eval/dense/map_fits.h"

#include <limits>
#include <string>
#include <vector>

#include "io/fits_writer.h"

namespace asterism::eval {
namespace {

std::vector<float> floats(const at::Tensor& x) {
  const auto flat = x.to(at::kFloat).contiguous();
  return {flat.const_data_ptr<float>(), flat.const_data_ptr<float>() + flat.numel()};
}

// Cards of a tangent projection whose pixels are cells: north up (or down the rows), east left, the object in the
// middle of its image.
void add_wcs(io::FitsWriter& writer, const modalities::ObjectKey& object, const MapFrame& frame, double spacing) {
  const auto& geometry = frame.geometry;
  if (!object.has_position || geometry.pixel_scale_arcsec <= 0) return;
  const double cell_deg = geometry.pixel_scale_arcsec * spacing / 3600;
  const auto cell = [&](double pixel) { return (pixel - frame.first) / spacing + 1; };  // FITS counts from 1
  writer.card("CTYPE1", std::string("RA---TAN"))
      .card("CTYPE2", std::string("DEC--TAN"))
      .card("CUNIT1", std::string("deg"))
      .card("CUNIT2", std::string("deg"))
      .card("CRVAL1", object.ra_deg)
      .card("CRVAL2", object.dec_deg)
      .card("CRPIX1", cell(geometry.centre_x))
      .card("CRPIX2", cell(geometry.centre_y))
      .card("CD1_1", -cell_deg)
      .card("CD1_2", 0.0)
      .card("CD2_1", 0.0)
      .card("CD2_2", frame.upwards ? cell_deg : -cell_deg)
      .card("RADESYS", std::string("ICRS"));
}

}  // namespace

void write_map_fits(const std::filesystem::path& path, const modalities::ObjectKey& object, const MapFrame& frame,
                    const MapImages& images) {
  const auto no_token = images.is_token_hw.logical_not();
  const auto known = [&](const at::Tensor& x) {
    return x.to(at::kFloat).masked_fill(no_token, std::numeric_limits<double>::quiet_NaN());
  };
  io::FitsWriter writer;
  const auto add = [&](const char* name, const at::Tensor& x, double spacing) {
    writer.card("LAYER", frame.layer, "block of the encoder, from 0");
    add_wcs(writer, object, frame, spacing);
    writer.image(name, x.sizes().vec(), floats(x));
  };
  writer.card("OBJECT", object.id.substr(0, 60));
  add("COMPONENTS", known(images.components_Khw), frame.spacing);
  add("OBJECT", known(images.object_hw), frame.spacing);
  if (images.attention_Hrc.defined()) add("ATTENTION", images.attention_Hrc, double(frame.patch));
  if (images.features_Dhw.defined()) add("FEATURES", known(images.features_Dhw), frame.spacing);
  writer.write(path);
}

}  // namespace asterism::eval
