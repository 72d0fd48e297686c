#pragma once
// Files that lie in a folder of this machine, in an object store (s3://bucket/..., gs://bucket/... through Arrow's
// filesystems) or on a web server (http(s)://..., hf://datasets/OWNER/NAME/..., through http_file.h). Names are joined
// with '/' as paths are.
//
// S3: AWS_ENDPOINT_URL names another server than Amazon's, AWS_REGION the region; credentials are those of the AWS
// programs, and without any the access is anonymous. GCS: GOOGLE_APPLICATION_CREDENTIALS, else anonymous;
// STORAGE_EMULATOR_HOST names another server. Web servers: see http_request.h and http_url.h.

#include <arrow/io/type_fwd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace asterism::io {

// "s3://..." and the like. UserError for a scheme that cannot be read (ftp), with what can be.
bool is_remote(const std::filesystem::path& path);
// Whether folder_exists and files_below can know: not of http(s)://, where what is in a folder must be known otherwise.
bool has_lists(const std::filesystem::path& path);

bool file_exists(const std::filesystem::path& path);
bool folder_exists(const std::filesystem::path& path);
// In bytes. DataError when there is no such file.
uint64_t file_bytes(const std::filesystem::path& path);
// Every file below a folder, sorted by name; none when there is no such folder. UserError without has_lists.
std::vector<std::filesystem::path> files_below(const std::filesystem::path& folder);

// A whole small file. UserError when it is missing, DataError when longer than `limit`.
std::string read_small_file(const std::filesystem::path& path, size_t limit);
// For reading at any place. UserError when it is missing or no file.
std::shared_ptr<arrow::io::RandomAccessFile> open_for_reading(const std::filesystem::path& path);

// Fetches side by side what opening each of these files takes, where that is an answer from far away each (web servers;
// elsewhere nothing is done). Failures are left to whoever opens the file.
void look_ahead(const std::vector<std::filesystem::path>& paths);

// Closes what was opened of object stores; none can be opened afterwards. To be called before main returns: the
// libraries that S3 rests on take themselves apart at exit in an order of their own, and crash where S3 is still up.
void close_stores();

}  // namespace asterism::io
