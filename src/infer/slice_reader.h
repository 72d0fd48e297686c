#pragma once
// The rows of one file of a dataset, a batch at a time. Where another device than the CPU computes, the next batch is
// read and decoded meanwhile.

#include <arrow/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/hats_read.h"
#include "modalities/block.h"

namespace asterism::infer {

class SliceReader {
 public:
  struct Slice {
    std::shared_ptr<arrow::Table> rows;  // of the columns asked for
    modalities::Batch batch;             // the same rows
  };
  // `file`: place in reader.files(); `columns` that the file lacks are left out. `ahead`: a thread of its own reads one
  // batch in advance. `reader` must outlive this.
  SliceReader(const data::HatsReader& reader, size_t file, const std::vector<std::string>& columns,
              std::vector<std::string> modalities, int64_t batch_size, bool ahead);

  std::optional<Slice> next();  // nullopt at the end; throws what reading throws

 private:
  std::optional<Slice> read();
  const data::HatsReader& reader_;
  std::vector<data::HatsReader::Group> groups_;  // of the file
  std::vector<std::string> columns_, modalities_;
  int64_t batch_size_;
  bool ahead_;
  size_t group_ = 0;
  int64_t row_ = 0;  // in the group
  std::shared_ptr<arrow::Table> table_;
  std::future<std::optional<Slice>> coming_;  // last: it ends before what it reads goes
};

}  // namespace asterism::infer
