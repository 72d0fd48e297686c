#pragma once
// One alert of the Zwicky Transient Facility (schema 3), as JSON: a line of a broker's file, or a record of an Avro
// packet (io/avro.h).

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <vector>

#include "modalities/block.h"
#include "modalities/light_curve.h"

namespace asterism::data {

inline constexpr int64_t kZtfStamp = 63;  // pixels across

// A number of `candidate` that becomes a scalar.
struct ZtfNumber {
  const char *name, *error, *unit, *description;  // error: the column of its standard deviation, or ""
};
std::span<const ZtfNumber> ztf_numbers();

struct ZtfKey {
  std::string candid, object_id;  // of the alert and of the object it belongs to; digits and text
  double ra_deg = 0, dec_deg = 0;
};

// DataError where candid, objectId, candidate or a position are missing or impossible.
ZtfKey ztf_key(const nlohmann::json& alert);

// Fills up what `alert` lacks (absent or null, in the alert and in its candidate) from another copy of the same alert;
// the longer history stays. DataError when the two measured something else (brightness, time or sign differ).
void merge_ztf_alert(nlohmann::json& alert, const nlohmann::json& other);

// A number of an object of JSON; nothing where absent, null, no number (or text of one), not finite, or one of the
// survey's marks for missing values (-999, -99).
std::optional<double> ztf_number(const nlohmann::json& object, const std::string& key);

// +1 where the candidate is brighter than the reference ("t" or "1"), -1 where fainter ("f" or "0"). DataError else.
int ztf_sign(const nlohmann::json& candidate);

// The history and the candidate itself in difference flux, nanomaggies: signed by isdiffpos; where nothing was seen,
// the 5-sigma limit diffmaglim as an upper limit whose error is a fifth of it. One point an epoch and filter. Bands 0,
// 1, 2: ztf-g, ztf-r, ztf-i. DataError for a filter that ZTF does not have.
std::vector<modalities::LightCurvePoint> ztf_points(const nlohmann::json& alert);
std::vector<modalities::Band> ztf_bands();

// Science, reference and difference stamps as the planes of row `row` of an image block of 3 planes of 63 x 63 pixels;
// NaN becomes a mask. A stamp comes as bytes in the alert (Avro) or as a file beside `file` or in its folder cutouts/.
//
// The archive stores a difference stamp so that the candidate is always positive; here it is turned back (times -1
// where isdiffpos is false), so that difference = science - reference for every alert.
//
// Stamps smaller than 63 x 63 (at the edge of a detector; on which side is not told) are left masked. False when no
// stamp is there at all. DataError for damaged ones.
bool read_ztf_stamps(const nlohmann::json& alert, const std::filesystem::path& file, int64_t row,
                     modalities::ImageBlock& block);

}  // namespace asterism::data
