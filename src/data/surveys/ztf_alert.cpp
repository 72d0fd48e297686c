#include "data/surveys/ztf_alert.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include "astro/photometry.h"
#include "base/error.h"
#include "io/file_bytes.h"
#include "io/fits.h"

namespace asterism::data {
namespace {

namespace fs = std::filesystem;
using modalities::LightCurvePoint;
using nlohmann::json;

constexpr double kMjdZero = 2400000.5;
constexpr double kLimitSigmas = 5;  // diffmaglim
constexpr int64_t kStampBytes = 1 << 22;
const char* const kStamps[3] = {"cutoutScience", "cutoutTemplate", "cutoutDifference"};

const ZtfNumber kNumbers[] = {
    {"magpsf", "sigmapsf", "mag", "magnitude of the difference, point-source fit"},
    {"magap", "sigmagap", "mag", "magnitude of the difference, aperture of 8 pixels"},
    {"magapbig", "sigmagapbig", "mag", "magnitude of the difference, aperture of 18 pixels"},
    {"magnr", "sigmagnr", "mag", "magnitude of the nearest source of the reference"},
    {"diffmaglim", "", "mag", "5-sigma limit of the difference image"},
    {"fid", "", "", "filter: 1 g, 2 r, 3 i"},
    {"chipsf", "", "", "reduced chi squared of the point-source fit"},
    {"rb", "", "", "real or bogus, random forest: a classifier's output"},
    {"drb", "", "", "real or bogus, neural network: a classifier's output"},
    {"classtar", "", "", "star or galaxy score of SExtractor"},
    {"fwhm", "", "pixel", "full width at half maximum"},
    {"elong", "", "", "ratio of the axes"},
    {"nneg", "", "", "negative pixels in a stamp of 5 x 5"},
    {"nbad", "", "", "bad pixels in a stamp of 5 x 5"},
    {"distnr", "", "pixel", "distance of the nearest source of the reference"},
    {"chinr", "", "", "chi of the nearest source of the reference"},
    {"sharpnr", "", "", "sharpness of the nearest source of the reference"},
    {"sky", "", "ct", "sky of the difference image"},
    {"magdiff", "", "mag", "magap - magpsf"},
    {"mindtoedge", "", "pixel", "distance to the edge of the detector"},
    {"magfromlim", "", "mag", "diffmaglim - magap"},
    {"seeratio", "", "", "seeing over that of the reference"},
    {"aimage", "", "pixel", "major axis"},
    {"bimage", "", "pixel", "minor axis"},
    {"sumrat", "", "", "sum of pixels over the sum of their absolute values"},
    {"sgmag1", "", "mag", "g of the nearest source of Pan-STARRS"},
    {"srmag1", "", "mag", "r of the nearest source of Pan-STARRS"},
    {"simag1", "", "mag", "i of the nearest source of Pan-STARRS"},
    {"szmag1", "", "mag", "z of the nearest source of Pan-STARRS"},
    {"sgscore1", "", "", "star (1) or galaxy (0) score of the nearest source of Pan-STARRS"},
    {"distpsnr1", "", "arcsec", "distance of the nearest source of Pan-STARRS"},
    {"ndethist", "", "", "detections within 1.5 arcsec so far"},
    {"ncovhist", "", "", "visits of the position so far"},
    {"scorr", "", "", "peak signal to noise"},
    {"dsnrms", "", "", "signal over scatter of the difference"},
    {"ssnrms", "", "", "signal over scatter of the science image"},
    {"magzpsci", "", "mag", "zero point of the science image"},
    {"neargaia", "", "arcsec", "distance of the nearest source of Gaia"},
    {"maggaia", "", "mag", "G of the nearest source of Gaia"},
    {"exptime", "", "s", "exposure time"},
};

std::string text_of(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  return found->is_number_integer() ? std::to_string(found->get<int64_t>()) : "";
}

const json& candidate_of(const json& alert) {
  if (!alert.is_object() || !alert.contains("candidate") || !alert["candidate"].is_object())
    base::data_error("an alert without `candidate`");
  return alert["candidate"];
}

bool lacks(const json& object, const std::string& key) { return !object.contains(key) || object[key].is_null(); }

void fill_up(json& object, const json& other) {
  for (const auto& [key, value] : other.items()) {
    if (lacks(object, key)) object[key] = value;
  }
}

LightCurvePoint point_of(const json& epoch) {
  const auto jd = ztf_number(epoch, "jd"), fid = ztf_number(epoch, "fid");
  if (!jd || !fid || (*fid != 1 && *fid != 2 && *fid != 3)) base::data_error("an epoch without `jd` or `fid`");
  LightCurvePoint p;
  p.time_day = *jd - kMjdZero;
  p.band = int32_t(*fid) - 1;
  const auto mag = ztf_number(epoch, "magpsf"), limit = ztf_number(epoch, "diffmaglim");
  if (mag) {
    const auto flux = astro::nanomaggy_of(astro::Measured{*mag, ztf_number(epoch, "sigmapsf").value_or(0)});
    p.value = float(flux.value * ztf_sign(epoch));
    p.error = float(flux.error);
  } else if (limit) {
    const double flux = astro::nanomaggy_of(*limit);
    p.value = float(flux);
    p.error = float(flux / kLimitSigmas);
    p.upper_limit = true;
  } else {
    p.masked = true;
  }
  if (!std::isfinite(p.value) || !(p.error >= 0)) base::data_error("an impossible magnitude");
  return p;
}

// The bytes of one stamp; empty where there is none.
std::vector<std::byte> stamp_bytes(const json& alert, const char* key, const fs::path& file) {
  if (lacks(alert, key)) return {};
  const json& stamp = alert[key];
  if (stamp.is_object() && stamp.contains("stampData") && stamp["stampData"].is_binary()) {
    const auto& binary = stamp["stampData"].get_binary();
    const auto* begin = reinterpret_cast<const std::byte*>(binary.data());
    return {begin, begin + binary.size()};
  }
  if (!stamp.is_string()) base::data_error("{} is neither a file name nor a stamp", key);
  const std::string name = stamp.get<std::string>();
  if (name.empty() || name.find('/') != std::string::npos || name.starts_with("."))
    base::data_error("{} is '{}'; a file name without a folder is wanted", key, name.substr(0, 60));
  for (const fs::path& folder : {file.parent_path() / "cutouts", file.parent_path()}) {
    if (fs::is_regular_file(folder / name)) return io::read_bytes(folder / name, kStampBytes);
  }
  base::data_error("there is no stamp {} beside {} or in cutouts/", name, file.string());
}

}  // namespace

std::span<const ZtfNumber> ztf_numbers() { return kNumbers; }

std::vector<modalities::Band> ztf_bands() {
  // Mean wavelengths and widths of the ZTF filters, SVO Filter Profile Service (Palomar/ZTF).
  return {{"ztf-g", 4746, 1317}, {"ztf-r", 6366, 1553}, {"ztf-i", 7829, 1489}};
}

std::optional<double> ztf_number(const json& object, const std::string& key) {
  const auto found = object.find(key);
  if (found == object.end()) return std::nullopt;
  double value = NAN;
  if (found->is_number()) value = found->get<double>();
  if (found->is_string()) {  // some brokers write numbers as text
    const auto& text = found->get_ref<const std::string&>();
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  }
  if (!std::isfinite(value) || value == -999 || value == -99) return std::nullopt;
  return value;
}

int ztf_sign(const json& candidate) {
  const std::string sign = text_of(candidate, "isdiffpos");
  if (sign == "t" || sign == "1") return 1;
  if (sign == "f" || sign == "0") return -1;
  base::data_error("isdiffpos is '{}'; t, f, 1 and 0 are known", sign.substr(0, 10));
}

ZtfKey ztf_key(const json& alert) {
  const json& candidate = candidate_of(alert);
  ZtfKey key{text_of(alert, "candid"), text_of(alert, "objectId"), 0, 0};
  if (key.candid.empty() || key.candid.find_first_not_of("0123456789") != std::string::npos || key.object_id.empty())
    base::data_error("an alert with the candid '{}' of the object '{}'", key.candid.substr(0, 40),
                     key.object_id.substr(0, 40));
  const auto ra = ztf_number(candidate, "ra"), dec = ztf_number(candidate, "dec");
  if (!ra || !dec || *ra < 0 || *ra > 360 || std::abs(*dec) > 90)
    base::data_error("the alert {} has no position, or an impossible one", key.candid);
  key.ra_deg = *ra;
  key.dec_deg = *dec;
  return key;
}

void merge_ztf_alert(json& alert, const json& other) {
  const json &a = candidate_of(alert), &b = candidate_of(other);
  const double tolerance = 1e-5;  // brokers round
  for (const char* key : {"jd", "magpsf", "ra", "dec"}) {
    const auto x = ztf_number(a, key), y = ztf_number(b, key);
    if (x && y && std::abs(*x - *y) > tolerance)
      base::data_error("two alerts of the candid {} differ in {}: {} and {}", text_of(alert, "candid"), key, *x, *y);
  }
  if (ztf_sign(a) != ztf_sign(b))
    base::data_error("two alerts of the candid {} differ in isdiffpos", text_of(alert, "candid"));
  const auto history = [](const json& from) {
    return from.contains("prv_candidates") && from["prv_candidates"].is_array() ? from["prv_candidates"].size() : 0;
  };
  if (history(other) > history(alert)) alert["prv_candidates"] = other["prv_candidates"];
  fill_up(alert["candidate"], b);
  fill_up(alert, other);
}

std::vector<LightCurvePoint> ztf_points(const json& alert) {
  std::map<std::pair<double, int32_t>, LightCurvePoint> points;  // by time and band: histories repeat epochs
  const auto add = [&](const json& epoch) {
    if (!epoch.is_object()) base::data_error("an epoch of the history is no object");
    const LightCurvePoint p = point_of(epoch);
    const auto [found, fresh] = points.emplace(std::pair(p.time_day, p.band), p);
    if (!fresh && (found->second.upper_limit || found->second.masked)) found->second = p;
  };
  add(candidate_of(alert));
  if (!lacks(alert, "prv_candidates")) {
    if (!alert["prv_candidates"].is_array()) base::data_error("`prv_candidates` is no list");
    for (const auto& epoch : alert["prv_candidates"]) add(epoch);
  }
  std::vector<LightCurvePoint> out;
  out.reserve(points.size());
  for (const auto& [key, point] : points) out.push_back(point);
  return out;
}

bool read_ztf_stamps(const json& alert, const fs::path& file, int64_t row, modalities::ImageBlock& block) {
  const int64_t plane = kZtfStamp * kZtfStamp;
  ASTERISM_CHECK(block.bands.size() == 3 && block.height == kZtfStamp && block.width == kZtfStamp);
  bool any = false;
  for (int64_t b = 0; b < 3; ++b) {
    auto bytes = stamp_bytes(alert, kStamps[b], file);
    if (bytes.empty()) continue;
    const std::string where = fmt::format("{} of {}", kStamps[b], text_of(alert, "candid"));
    if (io::is_gzip(bytes)) bytes = io::gunzip(bytes, where, kStampBytes);
    const auto fits = io::FitsFile::from_bytes(std::move(bytes), where, {.elements = 1 << 20, .hdus = 4});
    const auto hdu = fits.hdu(0);
    if (hdu.shape().size() != 2 || hdu.shape()[0] > kZtfStamp || hdu.shape()[1] > kZtfStamp)
      base::data_error("{}: not an image of at most {} x {} pixels", where, kZtfStamp, kZtfStamp);
    if (hdu.shape()[0] != kZtfStamp || hdu.shape()[1] != kZtfStamp) continue;
    const float sign = b == 2 ? float(ztf_sign(candidate_of(alert))) : 1.0F;
    const auto image = hdu.image<float>();
    for (int64_t i = 0; i < plane; ++i) {
      if (image.valid[size_t(i)] == 0) continue;
      const size_t at = size_t((row * 3 + b) * plane + i);
      block.flux[at] = sign * image.values[size_t(i)];
      block.mask[at] = 0;
      block.ivar[at] = 1;
    }
    any = true;
  }
  if (any) block.present[size_t(row)] = 1;
  return any;
}

}  // namespace asterism::data
