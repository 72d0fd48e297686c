#pragma once
// Whether this thread multiplies eight-bit integers (Precision::int8 of autocast.h): carried on to threads that work
// for it (in_threads.h).

namespace asterism::nn {

class BytesHere {
 public:
  static bool now();
  explicit BytesHere(bool on);  // until it goes away
  ~BytesHere();
  BytesHere(const BytesHere&) = delete;
  BytesHere& operator=(const BytesHere&) = delete;

 private:
  bool was_;
};

}  // namespace asterism::nn
