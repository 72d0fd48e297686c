// The entry of the FITS importers: bytes as a `spec` file, its spectrum and its catalogue row. Only DataError may come
// out.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/error.h"
#include "data/surveys/sdss_spectrum.h"
#include "io/fits.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace asterism;
  std::vector<std::byte> bytes(size);
  if (size > 0) std::memcpy(bytes.data(), data, size);
  try {
    const auto file =
        io::FitsFile::from_bytes(std::move(bytes), "fuzz", {.gunzip_bytes = 1 << 24, .elements = 1 << 22, .hdus = 32});
    for (int i = 0; i < file.num_hdus(); ++i) {
      const auto hdu = file.hdu(i);
      if (hdu.kind() != io::FitsKind::kTable) continue;
      try {
        modalities::check("spectrum", data::read_sdss_spectrum(hdu, "fuzz"));
      } catch (const base::DataError&) {
      }
      try {
        data::read_sdss_row(hdu, "fuzz");
        data::read_sdss_fluxes(hdu, "PSFFLUX");
      } catch (const base::DataError&) {
      }
    }
  } catch (const base::DataError&) {
  }
  return 0;
}
