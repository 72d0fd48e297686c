#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/sha256.h"
#include "data/match.h"

namespace asterism::data {

int split_number(std::string_view object_id) {
  const auto digest = base::Sha256().update(object_id).digest();
  const uint32_t head = uint32_t(digest[0]) << 24 | uint32_t(digest[1]) << 16 | uint32_t(digest[2]) << 8 | digest[3];
  return int(head % 100);
}

Split::Split(const std::string& whole) {
  const auto at = whole.find('@');
  const std::string name = whole.substr(0, at);
  if (at != std::string::npos) {
    const std::string fold = whole.substr(at + 1);
    if (fold.size() != 1 || fold[0] < '0' || fold[0] >= '0' + kFolds)
      base::user_error("'{}': there is no fold '{}'; after the @ stands one of 0 to {}", whole, fold.substr(0, 20),
                       kFolds - 1);
    first_ = kTestBelow * (fold[0] - '0');
  }
  if (name == "test") {
    high_ = kTestBelow;
  } else if (name == "validation") {
    low_ = kTestBelow;
    high_ = kValidationBelow;
  } else if (name == "train") {
    low_ = kValidationBelow;
  } else if (name == "train+validation") {
    low_ = kTestBelow;
  } else if (name != "all") {
    base::user_error("there is no split '{}'; the nearest is '{}'", name,
                     base::nearest(name, {"train", "validation", "test", "all", "train+validation"}));
  }
}

const char* side_of(int number) {
  return number < kTestBelow ? "test" : number < kValidationBelow ? "validation" : "train";
}

std::string of_fold(const std::string& side, int64_t fold) {
  return fold == 0 ? side : fmt::format("{}@{}", side, fold);
}

std::vector<uint8_t> split_numbers(const modalities::Batch& batch) {
  std::vector<uint8_t> out(batch.objects.size());
  const auto found = batch.blocks.find(kSplitColumn);
  const auto* given = found == batch.blocks.end() ? nullptr : std::get_if<modalities::ScalarBlock>(&found->second);
  for (size_t i = 0; i < out.size(); ++i) {
    if (given != nullptr && given->present[i] != 0) {
      const double u = given->value[i];
      if (!(u >= 0 && u < 100) || u != std::floor(u))
        base::data_error("object '{}': {} is {}; allowed are the whole numbers 0 to 99", batch.objects[i].id,
                         kSplitColumn, u);
      out[i] = uint8_t(u);
    } else {
      out[i] = uint8_t(split_number(batch.objects[i].id));
    }
  }
  return out;
}

std::vector<int64_t> position_groups(const std::vector<modalities::ObjectKey>& objects, double radius_arcsec) {
  std::vector<double> ra, dec;
  for (const auto& object : objects) {
    ra.push_back(object.has_position ? object.ra_deg : std::numeric_limits<double>::quiet_NaN());
    dec.push_back(object.dec_deg);
  }
  std::vector<int64_t> group(objects.size());
  std::iota(group.begin(), group.end(), 0);
  const auto root = [&](int64_t i) {
    while (group[size_t(i)] != i) i = group[size_t(i)] = group[size_t(group[size_t(i)])];
    return i;
  };
  for (const Match& m : match({ra, dec}, {ra, dec}, {.radius_arcsec = radius_arcsec, .nearest = false})) {
    const int64_t x = root(m.a), y = root(m.b);
    group[size_t(std::max(x, y))] = std::min(x, y);
  }
  for (size_t i = 0; i < group.size(); ++i) group[i] = root(int64_t(i));
  return group;
}

std::vector<uint8_t> grouped_split_numbers(const std::vector<modalities::ObjectKey>& objects, double radius_arcsec) {
  const auto group = position_groups(objects, radius_arcsec);
  std::vector<std::string> first(objects.size());
  for (size_t i = 0; i < objects.size(); ++i) {
    std::string& least = first[size_t(group[i])];
    if (least.empty() || objects[i].id < least) least = objects[i].id;
  }
  std::vector<uint8_t> out(objects.size());
  for (size_t i = 0; i < objects.size(); ++i) out[i] = uint8_t(split_number(first[size_t(group[i])]));
  return out;
}

}  // namespace asterism::data
