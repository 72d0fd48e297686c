#pragma once
// The commands under `asterism data`.

#include "apps/commands.h"
#include "data/hats_write.h"

namespace asterism::apps {

int data_import(const Arguments& arguments);
int data_mock(const Arguments& arguments);
int data_inspect(const Arguments& arguments);
int data_match(const Arguments& arguments);
int data_join(const Arguments& arguments);
int data_select(const Arguments& arguments);
int data_cache(const Arguments& arguments);

// What was written, as a sentence or as a JSON line, on stdout.
void print_written(const data::WrittenDataset& written, int64_t bad_rows, const std::vector<std::string>& notes,
                   bool json);

}  // namespace asterism::apps
