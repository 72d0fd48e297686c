#pragma once
// Names of files on web servers, and the addresses they stand for: http(s)://..., and hf://datasets/OWNER/NAME/... on
// the Hugging Face hub.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace asterism::io {

// What to ask for to get at a file.
struct HttpName {
  std::string shown;   // as the user wrote it, for messages; without the query, which may hold a signature
  std::string url;     // percent-encoded
  std::string bearer;  // a token for the host of `url`, never for another; empty: none
  bool hub = false;
  bool root = false;  // of a repository of the hub: no file
};

// "http://...", "https://...", "hf://...".
bool is_http(const std::filesystem::path& path);

// hf://datasets/OWNER/NAME[@REVISION]/PATH becomes ENDPOINT/datasets/OWNER/NAME/resolve/REVISION/PATH, with HF_ENDPOINT
// (default https://huggingface.co), revision "main" unless given, and HF_TOKEN as the bearer token. In a web address
// what may not stand there (blanks, other scripts) is encoded; what is encoded already stays. UserError for a name
// without a host, with a password in it, with control characters, or not of that form.
HttpName http_name(const std::filesystem::path& path);

// The same as the hub's address of a listing: ENDPOINT/api/datasets/OWNER/NAME/tree/REVISION/PATH.
HttpName hub_tree_name(const std::filesystem::path& path);

// A file of the repository that `inside` lies in, by its path there. DataError for a path that leads out of it.
std::filesystem::path hub_file(const std::filesystem::path& inside, const std::string& path);

// "https://host:443": scheme, host and port in lower case, the port always there; empty for what is no web address
// or has a host with unusual characters.
std::string origin_of(std::string_view url);

// An address as messages may show it: without query and fragment.
std::string without_query(std::string_view url);

}  // namespace asterism::io
