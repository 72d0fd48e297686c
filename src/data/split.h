#pragma once
// Which side of the train/validation/test split an object is on: a function of its id alone, the same for every task,
// whatever the rows are sorted by.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "modalities/block.h"

namespace asterism::data {

// The split number of an object, 0..99: the first 8 hexadecimal digits of sha256(id), modulo 100.
int split_number(std::string_view object_id);

inline constexpr int kTestBelow = 20;        // test: u < 20
inline constexpr int kValidationBelow = 30;  // validation: 20 <= u < 30; train: the rest

inline constexpr int kFolds = 5;  // of as many numbers as the test side

// "train", "validation", "test" or "all"; "train+validation" is the whole training side of published baselines. With
// "@K" behind it, K of 0 to 4, that side of fold K: the same sides, 20 K numbers on ("test@3" is 60 to 79), so that
// five models judge every object once, each those that it never saw. UserError naming the nearest valid name otherwise.
class Split {
 public:
  explicit Split(const std::string& name);
  bool contains(int number) const {
    const int own = (number + 100 - first_) % 100;
    return own >= low_ && own < high_;
  }
  bool all() const { return low_ == 0 && high_ == 100; }
  // Does it hold objects that a model of the same fold may learn from?
  bool learns() const { return high_ > kValidationBelow; }
  int fold() const { return first_ / kTestBelow; }

 private:
  int low_ = 0, high_ = 100, first_ = 0;
};

// "train" of fold 2 is "train@2"; of fold 0 just "train".
std::string of_fold(const std::string& side, int64_t fold);

// "train", "validation" or "test": the side of fold 0 that a split number, 0 to 99, is on.
const char* side_of(int number);

// A scalar of this name carries the split number of objects that must not be judged by their own id: repeats of one
// object, which all take the number of one of them. It is used by the loader and left out of batches unless asked for.
inline constexpr const char* kSplitColumn = "split_u";

// The split numbers of a batch: from its kSplitColumn where present, else from the ids.
std::vector<uint8_t> split_numbers(const modalities::Batch& batch);

// Split numbers under which observations of one object stay together: positions closer than `radius_arcsec` (and chains
// of such) form a group, and a group takes the number of the id that sorts first. Objects without position stand alone.
std::vector<uint8_t> grouped_split_numbers(const std::vector<modalities::ObjectKey>& objects, double radius_arcsec);

// The groups themselves: group[i] is the lowest row of the group that row i belongs to.
std::vector<int64_t> position_groups(const std::vector<modalities::ObjectKey>& objects, double radius_arcsec);

}  // namespace asterism::data
