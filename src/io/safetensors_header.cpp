#include "io/safetensors_header.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "base/error.h"

namespace asterism::io {
namespace {

using nlohmann::json;

constexpr size_t kMaxRank = 32;
constexpr size_t kLengthBytes = 8;

// Follows the header through the parser's events. `place_` says what is open; anything unforeseen is refused.
class HeaderEvents {
 public:
  explicit HeaderEvents(const std::string& source) : source_(source) {}
  HeaderEntries take() { return std::move(entries_); }

  bool start_object(size_t) {
    if (place_ == Place::kOutside) return enter(Place::kTop);
    if (place_ != Place::kTop) refuse("an object");
    if (key_ == kMetadataKey) return enter(Place::kMetadata);
    entries_.tensors.push_back({.name = key_, .dtype = "", .shape = {}, .begin = 0, .end = 0});
    seen_dtype_ = seen_shape_ = seen_offsets_ = false;
    return enter(Place::kTensor);
  }

  bool key(std::string& key) {
    if (place_ == Place::kTop) {
      if (!names_.insert(key).second) base::data_error("{}: '{}' is in the header twice", source_, key);
    } else if (place_ == Place::kMetadata) {
      if (entries_.metadata.contains(key)) base::data_error("{}: '{}' is in the metadata twice", source_, key);
    } else {
      bool& seen = key == "dtype" ? seen_dtype_ : key == "shape" ? seen_shape_ : seen_offsets_;
      if (key != "dtype" && key != "shape" && key != "data_offsets") {
        base::data_error("{}: tensor '{}' has the key '{}'; allowed are 'dtype', 'shape' and 'data_offsets'", source_,
                         tensor().name, key);
      }
      if (seen) base::data_error("{}: tensor '{}' has the key '{}' twice", source_, tensor().name, key);
      seen = true;
    }
    (place_ == Place::kTensor ? tensor_key_ : key_) = key;
    return true;
  }

  bool end_object() {
    if (place_ == Place::kTop) return enter(Place::kOutside);
    if (place_ == Place::kTensor && !(seen_dtype_ && seen_shape_ && seen_offsets_)) {
      base::data_error("{}: tensor '{}' lacks '{}'", source_, tensor().name,
                       !seen_dtype_   ? "dtype"
                       : !seen_shape_ ? "shape"
                                      : "data_offsets");
    }
    return enter(Place::kTop);
  }

  bool start_array(size_t) {
    if (place_ != Place::kTensor || tensor_key_ == "dtype") refuse("a list");
    num_offsets_ = 0;
    return enter(tensor_key_ == "shape" ? Place::kShape : Place::kOffsets);
  }

  bool end_array() {
    if (place_ == Place::kOffsets && num_offsets_ != 2) {
      base::data_error("{}: tensor '{}' has {} data_offsets, not 2", source_, tensor().name, num_offsets_);
    }
    return enter(Place::kTensor);
  }

  bool number_unsigned(uint64_t value) {
    if (place_ == Place::kShape) {
      if (tensor().shape.size() == kMaxRank) {
        base::data_error("{}: tensor '{}' has more than {} dimensions", source_, tensor().name, kMaxRank);
      }
      tensor().shape.push_back(value);
    } else if (place_ == Place::kOffsets) {
      if (num_offsets_ == 0) tensor().begin = value;
      if (num_offsets_ == 1) tensor().end = value;
      ++num_offsets_;
    } else {
      refuse("a number");
    }
    return true;
  }

  bool string(std::string& value) {
    if (place_ == Place::kMetadata) {
      entries_.metadata.emplace(key_, value);
    } else if (place_ == Place::kTensor && tensor_key_ == "dtype") {
      tensor().dtype = value;
    } else {
      refuse("text");
    }
    return true;
  }

  bool number_integer(int64_t) { return refuse("a negative number"); }
  bool number_float(double, const std::string&) { return refuse("a number that is no integer of 64 bits"); }
  bool boolean(bool) { return refuse("true or false"); }
  bool null() { return refuse("null"); }
  bool binary(json::binary_t&) { return refuse("binary data"); }

  bool parse_error(size_t position, const std::string&, const json::exception& error) {
    std::string_view reason = error.what();
    if (const size_t colon = reason.find(": "); colon != std::string_view::npos) reason.remove_prefix(colon + 2);
    base::data_error("{}: the header is no valid JSON at byte {} of the file: {}", source_, position + kLengthBytes,
                     reason);
  }

 private:
  enum class Place { kOutside, kTop, kMetadata, kTensor, kShape, kOffsets };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  HeaderEntry& tensor() { return entries_.tensors.back(); }

  bool refuse(const char* what) {
    switch (place_) {
      case Place::kOutside:
        base::data_error("{}: the header is {}, not an object", source_, what);
      case Place::kTop:
        base::data_error("{}: the header has {} for '{}', not an object", source_, what, key_);
      case Place::kMetadata:
        base::data_error("{}: the metadata have {} for '{}'; only text is allowed", source_, what, key_);
      default:
        base::data_error("{}: tensor '{}' has {} in its '{}'", source_, tensor().name, what, tensor_key_);
    }
  }

  const std::string& source_;
  HeaderEntries entries_;
  std::unordered_set<std::string> names_;
  Place place_ = Place::kOutside;
  std::string key_, tensor_key_;
  bool seen_dtype_ = false, seen_shape_ = false, seen_offsets_ = false;
  int num_offsets_ = 0;
};

}  // namespace

HeaderEntries parse_safetensors_header(std::string_view text, const std::string& source) {
  if (!text.starts_with('{'))
    base::data_error("{}: the header does not begin with an object at byte {}", source, kLengthBytes);
  HeaderEvents events(source);
  json::sax_parse(text.begin(), text.end(), &events);
  return events.take();
}

}  // namespace asterism::io
