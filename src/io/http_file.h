#pragma once
// Files of web servers, read by ranges: few and large ones. What is asked of a file once (its length, its last bytes,
// where Parquet keeps its footer) is kept while the program runs; a file that changes meanwhile is an error.

#include <arrow/io/type_fwd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace asterism::io {

// In bytes; nullopt where the server has no such file (404, 410; 403, which stores of objects answer for what is
// missing) or shows a folder. DataError for a server that asks for credentials, fails, or does not say how long it is.
std::optional<uint64_t> http_bytes(const std::filesystem::path& path);

// For reading at any place, from any number of threads. UserError with the server's answer where there is no such file.
std::shared_ptr<arrow::io::RandomAccessFile> http_open(const std::filesystem::path& path);

// Asks for lengths and last bytes of many files side by side; without it each would wait for the one before. What
// fails is left to whoever opens that file.
void http_fetch_ends(std::span<const std::filesystem::path> paths);

// Every file below a folder of the hub (hf://), none where there is no such folder. Other web servers have no lists:
// UserError that says so.
std::vector<std::filesystem::path> http_files_below(const std::filesystem::path& folder);

// Forgets what is kept of all files, as a new process would.
void http_forget();

}  // namespace asterism::io
