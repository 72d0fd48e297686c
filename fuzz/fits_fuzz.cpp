// Any bytes as a FITS file: every header, image and column of it is read, or refused with a DataError.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "io/fits.h"

namespace {

using asterism::io::FitsFile;
using asterism::io::FitsHdu;
using asterism::io::FitsKind;
using asterism::io::FitsLimits;
using asterism::io::FitsType;

template <class Body>
void attempt(Body body) {
  try {
    body();
  } catch (const asterism::base::DataError&) {
  }
}

void read_everything(const FitsHdu& hdu) {
  attempt([&] { hdu.cards(); });
  if (hdu.kind() == FitsKind::kImage) {
    attempt([&] { hdu.image<float>(); });
    attempt([&] { hdu.image<int32_t>(); });
  }
  for (const auto& column : hdu.columns()) {
    if (column.type == FitsType::kText) {
      attempt([&] { hdu.text_column(column.name); });
    } else if (column.variable_length) {
      attempt([&] { hdu.list_column<float>(column.name); });
    } else {
      attempt([&] { hdu.column<double>(column.name); });
      attempt([&] { hdu.column<int64_t>(column.name); });
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::vector<std::byte> bytes(size);
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(data[i]);
  FitsLimits limits;
  limits.gunzip_bytes = 1 << 20;
  limits.elements = 1 << 18;
  limits.hdus = 50;
  attempt([&] {
    const FitsFile file = FitsFile::from_bytes(std::move(bytes), "fuzz", limits);
    for (int i = 0; i < file.num_hdus(); ++i) attempt([&] { read_everything(file.hdu(i)); });
  });
  return 0;
}
