#pragma once
// Our outputs beside the expected ones: collects the largest error of each, the share of equal tokens, and whether all
// are within what was allowed.

#include <ATen/ATen.h>

#include <string>
#include <vector>

namespace asterism::infer {

class Comparison {
 public:
  struct Line {
    std::string output;
    bool passed = false;
    bool has_error = false, has_share = false;
    double largest_error = 0;  // of |ours - expected|; infinite where only one of the two is finite
    double of_allowed = 0;     // largest |ours - expected| / allowed
    double equal_share = 0;    // 0..1
    int64_t count = 0;         // numbers compared
    std::string what;          // why it failed; or a remark
  };

  // |ours - expected| <= absolute + relative |expected| everywhere. NaN and infinities must stand where they are
  // expected. Any types; compared in fp64. Another shape fails.
  void close(const std::string& output, const at::Tensor& ours, const at::Tensor& expected, double absolute,
             double relative = 0);

  // As above with one allowance per number ([like expected], or a shape that broadcasts to it). Of whole numbers the
  // share of equal ones is told as well.
  void close_within(const std::string& output, const at::Tensor& ours, const at::Tensor& expected,
                    const at::Tensor& allowed);

  // At least `least_share` of all are within their allowance, and every one within `at_most` times it: for what a few
  // ill-conditioned numbers amplify, such as a norm of two nearly equal channels.
  void mostly_within(const std::string& output, const at::Tensor& ours, const at::Tensor& expected,
                     const at::Tensor& allowed, double least_share, double at_most);

  // Every number equal (NaN equals NaN).
  void exact(const std::string& output, const at::Tensor& ours, const at::Tensor& expected);

  // At least `least_share` of all are equal, and all of those where `must_equal` (bool, like expected) is true.
  void equal_share(const std::string& output, const at::Tensor& ours, const at::Tensor& expected, double least_share,
                   const at::Tensor& must_equal = {});

  // Something that must hold and is no comparison of tensors.
  void require(const std::string& output, bool holds, const std::string& what);

  void note(const std::string& text) { notes_.push_back(text); }

  const std::vector<Line>& lines() const { return lines_; }
  const std::vector<std::string>& notes() const { return notes_; }
  bool compared(const std::string& output) const;
  bool passed() const;  // false where nothing was compared

 private:
  bool same_shape(Line& line, const at::Tensor& ours, const at::Tensor& expected);

  std::vector<Line> lines_;
  std::vector<std::string> notes_;
};

}  // namespace asterism::infer
