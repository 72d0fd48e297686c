#include "io/http_file.h"

#include <arrow/buffer.h>
#include <arrow/io/interfaces.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <cstring>
#include <deque>
#include <map>
#include <mutex>
#include <thread>

#include "base/error.h"
#include "io/http_request.h"
#include "io/json.h"

namespace asterism::io {
namespace {

namespace fs = std::filesystem;
using BufferPtr = std::shared_ptr<arrow::Buffer>;

constexpr uint64_t kEndBytes = uint64_t{256} << 10;  // footers of Parquet are seldom longer
constexpr uint64_t kEndsKept = uint64_t{256} << 20;  // of all files together
constexpr uint64_t kLongestFile = uint64_t{1} << 50;
constexpr size_t kSideBySide = 16;
constexpr uint64_t kListBytes = uint64_t{32} << 20;  // one page of a listing
constexpr int kMostPages = 10000;

// What a server said of a file.
struct Look {
  long status = 0;
  bool there = false;
  uint64_t bytes = 0;
  std::string version, url;  // url: after redirects
};

// What is known of files by their address, and their last bytes, the oldest forgotten first.
struct Known {
  std::mutex mutex;
  std::map<std::string, Look> looks;
  std::map<std::string, BufferPtr> ends;
  std::deque<std::string> order;
  uint64_t kept = 0;
};

Known& known() {
  static auto* held = new Known;
  return *held;
}

std::optional<uint64_t> whole_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

// Folders are shown under an address that ends in a slash, as a page of links or not at all.
bool shows_folder(const HttpAnswer& answer) { return without_query(answer.url).ends_with('/'); }

[[noreturn]] void refuse_credentials(const HttpName& name, long status) {
  if (name.hub)
    base::data_error(
        "{}: the hub answers {}: there is no such data set, or it is private or asks you to accept its "
        "terms on its page; then set HF_TOKEN to a token that may read it",
        name.shown, http_status_words(status));
  base::data_error(
      "{}: the server answers {}; credentials are not sent to web servers: fetch the file first, or use a "
      "signed address",
      name.shown, http_status_words(status));
}

// Servers that refuse HEAD (405, 501; 403 of addresses signed for GET) are asked for the file, and left at once.
Look ask_for_look(const HttpName& name) {
  HttpRequest request{.name = name, .head = true};
  HttpAnswer answer = http_ask(request);
  auto bytes = whole_number(answer.header("content-length"));
  const bool refused = answer.status == 403 || answer.status == 405 || answer.status == 400 || answer.status == 501;
  if (refused || (answer.status == 200 && !bytes && !shows_folder(answer))) {
    request.head = false;
    request.limit = 1;
    answer = http_ask(request);
    bytes = whole_number(answer.header("content-length"));
  }
  Look look{.status = answer.status, .url = answer.url};
  if (answer.status == 401 || (answer.status == 403 && name.hub)) refuse_credentials(name, answer.status);
  if (answer.status == 404 || answer.status == 410 || answer.status == 403) return look;
  if (answer.status != 200) base::data_error("{}: the server answers {}", name.shown, http_status_words(answer.status));
  if (shows_folder(answer)) return look;
  if (!bytes || *bytes > kLongestFile)
    base::data_error("{}: the server does not say how long the file is; fetch it first: curl -L -O '{}'", name.shown,
                     without_query(name.url));
  look.there = true;
  look.bytes = *bytes;
  look.version = http_version(answer);
  return look;
}

Look look_at(const HttpName& name) {
  {
    const std::scoped_lock lock(known().mutex);
    if (const auto found = known().looks.find(name.url); found != known().looks.end()) return found->second;
  }
  Look look = ask_for_look(name);
  if (look.there) {
    const std::scoped_lock lock(known().mutex);
    known().looks[name.url] = look;
  }
  return look;
}

// Bytes [first, end) of a file. The address that a redirect led to is asked first; it may have expired.
BufferPtr fetch(const HttpName& name, const Look& look, uint64_t first, uint64_t end) {
  HttpRequest request{.name = name, .url = look.url};
  request.range = HttpRange{first, end, look.bytes, look.version};
  HttpAnswer answer = http_ask(request);
  if (answer.status >= 400 && look.url != name.url) {
    request.url.clear();
    answer = http_ask(request);
  }
  if (answer.status == 401 || answer.status == 403) refuse_credentials(name, answer.status);
  if (answer.status != 206 && answer.status != 200)
    base::data_error(
        "{}: bytes {} to {} of {}: the server answers {}; the file may have changed meanwhile: run this "
        "again",
        name.shown, first, end - 1, look.bytes, http_status_words(answer.status));
  return arrow::Buffer::FromString(std::move(answer.body));
}

uint64_t end_begins(const Look& look) { return look.bytes - std::min(look.bytes, kEndBytes); }

// The last bytes, from end_begins() on.
BufferPtr end_of(const HttpName& name, const Look& look) {
  Known& k = known();
  {
    const std::scoped_lock lock(k.mutex);
    if (const auto found = k.ends.find(name.url); found != k.ends.end()) return found->second;
  }
  BufferPtr bytes = fetch(name, look, end_begins(look), look.bytes);
  const std::scoped_lock lock(k.mutex);
  if (!k.ends.emplace(name.url, bytes).second) return bytes;  // another thread was faster
  k.order.push_back(name.url);
  k.kept += uint64_t(bytes->size());
  while (k.kept > kEndsKept && k.order.size() > 1) {
    const auto oldest = k.ends.find(k.order.front());
    k.kept -= uint64_t(oldest->second->size());
    k.ends.erase(oldest);
    k.order.pop_front();
  }
  return bytes;
}

class HttpFile : public arrow::io::RandomAccessFile {
 public:
  HttpFile(HttpName name, Look look) : name_(std::move(name)), look_(std::move(look)) {}

  using arrow::io::RandomAccessFile::ReadAt;

  arrow::Result<std::shared_ptr<arrow::Buffer>> ReadAt(int64_t position, int64_t nbytes) override {
    if (closed_) return arrow::Status::Invalid("the file is closed");
    if (position < 0 || nbytes < 0) return arrow::Status::Invalid("a negative place or number of bytes");
    const uint64_t first = std::min(uint64_t(position), look_.bytes);
    const uint64_t end = first + std::min(uint64_t(nbytes), look_.bytes - first);
    if (first == end) return arrow::Buffer::FromString("");
    try {
      if (first < end_begins(look_)) return fetch(name_, look_, first, end);
      return arrow::SliceBuffer(end_of(name_, look_), int64_t(first - end_begins(look_)), int64_t(end - first));
    } catch (const std::bad_alloc&) {
      return arrow::Status::OutOfMemory(nbytes, " bytes");
    } catch (const std::exception& error) {  // may run on a thread of Arrow's, where nobody would catch it
      const std::string text = error.what();
      return arrow::Status::IOError(text.starts_with(name_.shown + ": ") ? text.substr(name_.shown.size() + 2) : text);
    }
  }

  arrow::Result<int64_t> ReadAt(int64_t position, int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const auto buffer, ReadAt(position, nbytes));
    if (buffer->size() > 0) std::memcpy(out, buffer->data(), size_t(buffer->size()));
    return buffer->size();
  }

  arrow::Result<int64_t> Read(int64_t nbytes, void* out) override {
    ARROW_ASSIGN_OR_RAISE(const int64_t n, ReadAt(at_, nbytes, out));
    at_ += n;
    return n;
  }
  arrow::Result<std::shared_ptr<arrow::Buffer>> Read(int64_t nbytes) override {
    ARROW_ASSIGN_OR_RAISE(auto buffer, ReadAt(at_, nbytes));
    at_ += buffer->size();
    return buffer;
  }
  arrow::Status Seek(int64_t position) override {
    if (position < 0) return arrow::Status::Invalid("a negative place");
    at_ = position;
    return arrow::Status::OK();
  }
  arrow::Result<int64_t> Tell() const override { return at_.load(); }
  arrow::Result<int64_t> GetSize() override { return int64_t(look_.bytes); }
  arrow::Status Close() override {
    closed_ = true;
    return arrow::Status::OK();
  }
  bool closed() const override { return closed_; }

 private:
  const HttpName name_;
  const Look look_;
  std::atomic<int64_t> at_ = 0;
  std::atomic<bool> closed_ = false;
};

// The address in a header Link: <...>; rel="next"; empty on the last page.
std::string next_page(const std::string& link) {
  size_t at = 0;
  while ((at = link.find('<', at)) != std::string::npos) {
    const size_t end = link.find('>', at);
    if (end == std::string::npos) return {};
    const size_t stop = std::min(link.find('<', end), link.size());
    if (link.substr(end, stop - end).find("rel=\"next\"") != std::string::npos)
      return link.substr(at + 1, end - at - 1);
    at = end;
  }
  return {};
}

}  // namespace

std::optional<uint64_t> http_bytes(const fs::path& path) {
  const HttpName name = http_name(path);
  if (name.root) return std::nullopt;
  const Look look = look_at(name);
  return look.there ? std::optional(look.bytes) : std::nullopt;
}

std::shared_ptr<arrow::io::RandomAccessFile> http_open(const fs::path& path) {
  const HttpName name = http_name(path);
  const Look look = look_at(name);
  if (!look.there)
    base::user_error("there is no file {}: the server {}", name.shown,
                     look.status == 200 ? "shows a folder there" : "answers " + http_status_words(look.status));
  return std::make_shared<HttpFile>(name, look);
}

void http_fetch_ends(std::span<const fs::path> paths) {
  std::atomic<size_t> next = 0;
  const auto work = [&] {
    for (size_t i; (i = next++) < paths.size();) {
      try {
        const HttpName name = http_name(paths[i]);
        if (const Look look = look_at(name); look.there && look.bytes > 0) end_of(name, look);
      } catch (const std::exception&) {
        return;  // the server fails: no more from this thread
      }
    }
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < std::min(kSideBySide, paths.size()); ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
}

std::vector<fs::path> http_files_below(const fs::path& folder) {
  if (!http_name(folder).hub)
    base::user_error(
        "{}: web servers have no lists of their files; name one Parquet file, or a HATS catalogue, which "
        "lists its own",
        http_name(folder).shown);
  HttpRequest request{.name = hub_tree_name(folder), .limit = kListBytes};
  std::vector<fs::path> out;
  request.url = request.name.url + "?recursive=true";
  for (int page = 0; page < kMostPages; ++page) {
    const HttpAnswer answer = http_ask(request);
    if (answer.status == 404) return out;
    if (answer.status == 401 || answer.status == 403) refuse_credentials(request.name, answer.status);
    if (answer.status != 200 || answer.cut)
      base::data_error("{}: the hub's list of files: {}", request.name.shown,
                       answer.cut ? "a page has no end" : "the answer is " + http_status_words(answer.status));
    const auto entries = parse_json(answer.body, request.name.shown + ": the hub's list of files");
    if (!entries.is_array()) base::data_error("{}: the hub's list of files is no list", request.name.shown);
    for (const auto& entry : entries) {
      if (text_or(entry, "type", "", request.name.shown) != "file") continue;
      out.push_back(hub_file(folder, text_or(entry, "path", "", request.name.shown)));
    }
    request.url = next_page(answer.header("link"));
    if (request.url.empty()) return out;
    if (origin_of(request.url) != origin_of(request.name.url))
      base::data_error("{}: the hub's list of files goes on at another host, {}", request.name.shown,
                       without_query(request.url));
  }
  base::data_error("{}: the hub's list of files has more than {} pages", request.name.shown, kMostPages);
}

void http_forget() {
  const std::scoped_lock lock(known().mutex);
  known().looks.clear();
  known().ends.clear();
  known().order.clear();
  known().kept = 0;
}

}  // namespace asterism::io
