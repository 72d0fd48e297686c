#include "io/place.h"

#include <arrow/buffer.h>
#include <arrow/filesystem/filesystem.h>
#include <arrow/filesystem/gcsfs.h>
#include <arrow/filesystem/s3fs.h>
#include <arrow/io/file.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <mutex>

#include "base/atomic_file.h"
#include "base/error.h"
#include "io/arrow_status.h"
#include "io/http_file.h"
#include "io/http_request.h"
#include "io/open_file.h"

namespace asterism::io {
namespace {

namespace fs = std::filesystem;
using arrow::fs::FileType;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool has_aws_credentials() {
  const fs::path home = environment("HOME");
  return !environment("AWS_ACCESS_KEY_ID").empty() || !environment("AWS_PROFILE").empty() ||
         !environment("AWS_WEB_IDENTITY_TOKEN_FILE").empty() || fs::exists(home / ".aws" / "credentials");
}

// The stores by scheme, each opened once. Never destroyed: close_stores() empties it while all libraries still stand.
std::map<std::string, std::shared_ptr<arrow::fs::FileSystem>>& stores() {
  static auto* open = new std::map<std::string, std::shared_ptr<arrow::fs::FileSystem>>;
  return *open;
}

std::shared_ptr<arrow::fs::FileSystem> open_s3() {
  check_arrow(arrow::fs::EnsureS3Initialized(), "S3");
  auto options = has_aws_credentials() ? arrow::fs::S3Options::Defaults() : arrow::fs::S3Options::Anonymous();
  if (const auto region = environment("AWS_REGION"); !region.empty()) options.region = region;
  std::string endpoint = environment("AWS_ENDPOINT_URL");
  if (const size_t at = endpoint.find("://"); at != std::string::npos) {
    options.scheme = endpoint.substr(0, at);
    endpoint.erase(0, at + 3);
  }
  while (endpoint.ends_with('/')) endpoint.pop_back();
  options.endpoint_override = endpoint;
  if (!endpoint.empty() && options.region.empty()) options.region = "us-east-1";
  return need_arrow(arrow::fs::S3FileSystem::Make(options), "S3");
}

std::shared_ptr<arrow::fs::FileSystem> open_gcs() {
  auto options = environment("GOOGLE_APPLICATION_CREDENTIALS").empty() ? arrow::fs::GcsOptions::Anonymous()
                                                                       : arrow::fs::GcsOptions::Defaults();
  std::string endpoint = environment("STORAGE_EMULATOR_HOST");
  if (const size_t at = endpoint.find("://"); at != std::string::npos) {
    options.scheme = endpoint.substr(0, at);
    endpoint.erase(0, at + 3);
  }
  options.endpoint_override = endpoint;
  options.retry_limit_seconds = 30;
  return need_arrow(arrow::fs::GcsFileSystem::Make(options), "Google Cloud Storage");
}

std::string scheme_of(const fs::path& path) {
  const std::string text = path.string();
  const size_t at = text.find(":/");
  const bool plain =
      at == std::string::npos || at < 2 ||
      !std::all_of(text.begin(), text.begin() + long(at), [](unsigned char c) { return std::isalnum(c); });
  return plain ? "" : text.substr(0, at);
}

// The store of a remote name, opened once, and the name inside it.
struct Remote {
  std::shared_ptr<arrow::fs::FileSystem> store;
  std::string name;
};

Remote remote(const fs::path& path) {
  static std::mutex mutex;
  const std::string scheme = scheme_of(path), text = path.string();
  const std::scoped_lock lock(mutex);
  auto& store = stores()[scheme];
  if (store == nullptr) store = scheme == "s3" ? open_s3() : open_gcs();
  size_t from = scheme.size() + 1;
  while (from < text.size() && text[from] == '/') ++from;
  std::string name = text.substr(from);
  while (name.ends_with('/')) name.pop_back();
  return {store, name};
}

arrow::fs::FileInfo info_of(const fs::path& path) {
  return guarded(path.string(), [&] {
    const auto [store, name] = remote(path);
    return need_arrow(store->GetFileInfo(name), path.string());
  });
}

}  // namespace

void close_stores() {
  stores().clear();  // none may outlive the library
  if (arrow::fs::IsS3Initialized()) (void)arrow::fs::EnsureS3Finalized();
  close_http();
}

bool is_remote(const fs::path& path) {
  const std::string scheme = scheme_of(path);
  if (scheme.empty() || scheme == "file") return false;
  if (scheme != "s3" && scheme != "gs" && !is_http(path))
    base::user_error(
        "{}: '{}' cannot be read from; there are s3://, gs://, https://, http://, hf:// and folders of this machine. "
        "Fetch it first.",
        path.string(), scheme);
  return true;
}

bool has_lists(const fs::path& path) { return !is_http(path) || scheme_of(path) == "hf"; }

bool file_exists(const fs::path& path) {
  if (is_http(path)) return http_bytes(path).has_value();
  return is_remote(path) ? info_of(path).type() == FileType::File : fs::is_regular_file(path);
}

bool folder_exists(const fs::path& path) {
  if (is_http(path)) return !http_files_below(path).empty();
  return is_remote(path) ? info_of(path).type() == FileType::Directory : fs::is_directory(path);
}

uint64_t file_bytes(const fs::path& path) {
  if (is_http(path)) {
    const auto bytes = http_bytes(path);
    if (!bytes) base::data_error("{}: the file is missing", path.string());
    return *bytes;
  }
  if (is_remote(path)) {
    const auto info = info_of(path);
    if (info.type() != FileType::File) base::data_error("{}: the file is missing", path.string());
    return uint64_t(info.size());
  }
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) base::data_error("{}: the file is missing", path.string());
  return size;
}

std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> out;
  if (is_http(folder)) {
    out = http_files_below(folder);
  } else if (is_remote(folder)) {
    guarded(folder.string(), [&] {
      const auto [store, name] = remote(folder);
      arrow::fs::FileSelector all;
      all.base_dir = name;
      all.recursive = true;
      all.allow_not_found = true;
      for (const auto& info : need_arrow(store->GetFileInfo(all), folder.string())) {
        if (info.type() == FileType::File) out.push_back(folder / info.path().substr(name.size() + 1));
      }
    });
  } else if (fs::is_directory(folder)) {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) out.push_back(entry.path());
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::string read_small_file(const fs::path& path, size_t limit) {
  if (!is_remote(path)) return base::read_text(path, limit);
  const auto file = open_for_reading(path);
  return guarded(path.string(), [&] {
    const auto size = need_arrow(file->GetSize(), path.string());
    if (size_t(size) > limit) base::data_error("{}: {} bytes; at most {} are allowed here", path.string(), size, limit);
    return need_arrow(file->ReadAt(0, size), path.string())->ToString();
  });
}

void look_ahead(const std::vector<fs::path>& paths) {
  if (!paths.empty() && is_http(paths[0])) http_fetch_ends(paths);
}

std::shared_ptr<arrow::io::RandomAccessFile> open_for_reading(const fs::path& path) {
  if (is_http(path)) return http_open(path);
  if (!is_remote(path)) {
    OpenFile check(path);  // refuses folders and pipes
    return guarded(path.string(),
                   [&] { return need_arrow(arrow::io::ReadableFile::Open(path.string()), path.string()); });
  }
  if (info_of(path).type() != FileType::File) base::user_error("there is no file {}", path.string());
  return guarded(path.string(), [&] {
    const auto [store, name] = remote(path);
    return need_arrow(store->OpenInputFile(name), path.string());
  });
}

}  // namespace asterism::io
