#include "io/http_request.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"

namespace asterism::io {
namespace {

constexpr int kMostRedirects = 10;
constexpr size_t kMostHeaderBytes = size_t{1} << 20;

HttpOptions& options() {
  static HttpOptions held;
  return held;
}

// Handles keep their connections; each serves one thread at a time.
struct Pool {
  std::mutex mutex;
  std::vector<CURL*> idle;
};

Pool& pool() {
  static auto* held = [] {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    return new Pool;
  }();
  return *held;
}

class Handle {
 public:
  Handle() {
    {
      const std::scoped_lock lock(pool().mutex);
      if (!pool().idle.empty()) {
        curl_ = pool().idle.back();
        pool().idle.pop_back();
      }
    }
    if (curl_ == nullptr) curl_ = curl_easy_init();
    if (curl_ == nullptr) base::data_error("libcurl cannot be started; is there memory left?");
    curl_easy_reset(curl_);
  }
  ~Handle() {
    if (failed_) {
      curl_easy_cleanup(curl_);
      return;
    }
    const std::scoped_lock lock(pool().mutex);
    pool().idle.push_back(curl_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  template <class T>
  void set(CURLoption option, T value) {
    ASTERISM_CHECK(curl_easy_setopt(curl_, option, value) == CURLE_OK, "libcurl's option {}", int(option));
  }
  CURLcode perform() {
    const auto code = curl_easy_perform(curl_);
    failed_ = code != CURLE_OK;
    return code;
  }
  CURL* get() const { return curl_; }

 private:
  CURL* curl_ = nullptr;
  bool failed_ = false;  // libcurl 7.88 refuses options of a handle that did not find its host, even after a reset
};

// What one try has brought.
struct Trial {
  HttpAnswer answer;
  CURLcode code = CURLE_OK;
  std::string said;          // by libcurl, of a failure
  double retry_after_s = 0;  // as the server asks
  uint64_t limit = 0;        // of the body
  size_t header_bytes = 0;
  bool redirected_down = false;  // from https to http
};

size_t take_header(char* text, size_t size, size_t count, void* user) {
  auto& trial = *static_cast<Trial*>(user);
  const std::string_view line(text, size * count);
  trial.header_bytes += line.size();
  if (trial.header_bytes > kMostHeaderBytes) return 0;
  if (line.starts_with("HTTP/")) trial.answer.headers.clear();
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return line.size();
  std::string name(line.substr(0, colon));
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  const size_t from = line.find_first_not_of(" \t", colon + 1), to = line.find_last_not_of(" \t\r\n");
  trial.answer.headers[name] = from == std::string_view::npos || to < from ? "" : line.substr(from, to + 1 - from);
  return line.size();
}

size_t take_body(char* bytes, size_t size, size_t count, void* user) {
  auto& trial = *static_cast<Trial*>(user);
  const size_t n = size * count;
  const size_t room = size_t(trial.limit - std::min<uint64_t>(trial.limit, trial.answer.body.size()));
  trial.answer.body.append(bytes, std::min(n, room));
  trial.answer.cut = trial.answer.cut || n > room;
  return trial.answer.cut ? 0 : n;
}

const char* environment(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : nullptr;
}

void set_trust(Handle& handle) {
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {  // the last that is there
    if (const char* file = environment(name)) handle.set(CURLOPT_CAINFO, file);
  }
  if (const char* folder = environment("SSL_CERT_DIR")) handle.set(CURLOPT_CAPATH, folder);
}

// One answer, no redirect followed.
void ask_once(const HttpRequest& request, const std::string& url, uint64_t from, Trial& trial) {
  Handle handle;
  char error[CURL_ERROR_SIZE] = {};
  handle.set(CURLOPT_URL, url.c_str());
  handle.set(CURLOPT_PROTOCOLS_STR, "http,https");
  handle.set(CURLOPT_NOSIGNAL, 1L);
  handle.set(CURLOPT_ERRORBUFFER, error);
  handle.set(CURLOPT_USERAGENT, "asterism/" ASTERISM_VERSION);
  handle.set(CURLOPT_CONNECTTIMEOUT, options().connect_timeout_s);
  handle.set(CURLOPT_LOW_SPEED_LIMIT, 1L);
  handle.set(CURLOPT_LOW_SPEED_TIME, options().stall_timeout_s);
  handle.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  handle.set(CURLOPT_BUFFERSIZE, 256L << 10);
  handle.set(CURLOPT_HEADERFUNCTION, &take_header);
  handle.set(CURLOPT_HEADERDATA, &trial);
  handle.set(CURLOPT_WRITEFUNCTION, &take_body);
  handle.set(CURLOPT_WRITEDATA, &trial);
  set_trust(handle);
  if (request.head) handle.set(CURLOPT_NOBODY, 1L);
  if (request.range) {
    handle.set(CURLOPT_RANGE, fmt::format("{}-{}", from, request.range->end - 1).c_str());
    trial.limit = request.range->end - from;
  } else {
    trial.limit = request.limit;
  }
  if (!request.name.bearer.empty() && origin_of(url) == origin_of(request.name.url)) {
    handle.set(CURLOPT_HTTPAUTH, CURLAUTH_BEARER);
    handle.set(CURLOPT_XOAUTH2_BEARER, request.name.bearer.c_str());
  }
  // Ranges are of the file, not of a compressed form of it.
  curl_slist* headers = curl_slist_append(nullptr, "Accept-Encoding: identity");
  handle.set(CURLOPT_HTTPHEADER, headers);
  trial.answer.body.reserve(size_t(trial.limit));
  trial.code = handle.perform();
  curl_slist_free_all(headers);
  if (trial.code == CURLE_WRITE_ERROR && trial.answer.cut) trial.code = CURLE_OK;
  trial.said = *error != '\0' ? error : curl_easy_strerror(trial.code);
  curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &trial.answer.status);
  curl_off_t wait = 0;
  if (curl_easy_getinfo(handle.get(), CURLINFO_RETRY_AFTER, &wait) == CURLE_OK) trial.retry_after_s = double(wait);
  trial.answer.url = url;
  char* next = nullptr;  // relative addresses are made whole
  curl_easy_getinfo(handle.get(), CURLINFO_REDIRECT_URL, &next);
  if (next != nullptr) trial.answer.headers["location"] = next;
}

bool is_redirect(long status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// The place for messages: the user's name and, where it is another, the address asked.
std::string place(const HttpRequest& request, const std::string& url) {
  const std::string asked = without_query(url);
  return asked == request.name.shown ? asked : fmt::format("{} ({})", request.name.shown, asked);
}

Trial ask_and_follow(const HttpRequest& request, uint64_t from) {
  std::string url = request.url.empty() ? request.name.url : request.url;
  for (int hop = 0; hop <= kMostRedirects; ++hop) {
    Trial trial;
    ask_once(request, url, from, trial);
    if (trial.code != CURLE_OK || !is_redirect(trial.answer.status)) return trial;
    const std::string next = trial.answer.header("location");
    if (origin_of(next).empty())
      base::data_error("{}: the server sends on to '{}', which is no web address", place(request, url),
                       without_query(next));
    if (origin_of(url).starts_with("https:") && origin_of(next).starts_with("http:"))
      base::data_error(
          "{}: the server sends on to {} without encryption, which is not followed; if you trust it, name "
          "that address",
          place(request, url), without_query(next));
    url = next;
  }
  base::data_error("{}: sent on more than {} times; the last address was {}", request.name.shown, kMostRedirects,
                   without_query(url));
}

bool may_pass(CURLcode code) {
  return code == CURLE_PARTIAL_FILE || code == CURLE_OPERATION_TIMEDOUT || code == CURLE_GOT_NOTHING ||
         code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM ||
         code == CURLE_AGAIN;
}

bool is_unreachable(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY;
}

bool may_pass(long status) {
  return status == 408 || status == 425 || status == 429 || (status >= 500 && status != 501 && status != 505);
}

[[noreturn]] void fail(const HttpRequest& request, const Trial& trial, int tries, uint64_t got) {
  const std::string where = place(request, trial.answer.url);
  if (trial.code == CURLE_OK)
    base::data_error("{}: the server answers {} after {} tries; try again later", where,
                     http_status_words(trial.answer.status), tries);
  if (is_unreachable(trial.code))
    base::data_error("{}: there is no answer: {}; check the address, the network and the proxy (https_proxy, no_proxy)",
                     where, trial.said);
  if (trial.code == CURLE_PARTIAL_FILE || (trial.code == CURLE_RECV_ERROR && got > 0))
    base::data_error(
        "{}: the answer ends after {} bytes of those it announces, {} times; try again later, or fetch the "
        "file first",
        where, got, tries);
  if (may_pass(trial.code)) base::data_error("{}: {}, {} times; try again later", where, trial.said, tries);
  if (trial.code == CURLE_WRITE_ERROR || trial.header_bytes > kMostHeaderBytes)
    base::data_error("{}: the headers of the answer have no end", where);
  const bool tls = trial.code == CURLE_PEER_FAILED_VERIFICATION || trial.code == CURLE_SSL_CONNECT_ERROR ||
                   trial.code == CURLE_SSL_CACERT_BADFILE || trial.code == CURLE_SSL_CIPHER ||
                   trial.code == CURLE_SSL_ISSUER_ERROR;
  if (tls)
    base::data_error(
        "{}: no encrypted connection: {}; if the server is right, name the file of its authority in "
        "SSL_CERT_FILE (and see that the address should begin with https)",
        where, trial.said);
  base::data_error("{}: {}", where, trial.said);
}

uint64_t number_in(std::string_view& text) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return ~uint64_t{0};
  text.remove_prefix(size_t(end - text.data()));
  return value;
}

// An answer to a question for [from, end) of a known file: is it that?
void check_range(const HttpRequest& request, const HttpAnswer& answer, uint64_t from) {
  const HttpRange& range = *request.range;
  const std::string where = place(request, answer.url);
  const std::string version = http_version(answer);
  if (!range.version.empty() && !version.empty() && version != range.version)
    base::data_error("{}: the file changed on the server while it was read ({}, before {}); run this again", where,
                     version, range.version);
  if (answer.status == 200) {
    const bool whole = from == 0 && range.end == range.total;
    if (!whole)
      base::data_error(
          "{}: the server sends the whole file where bytes {} to {} were asked for (it ignores Range); "
          "fetch the file first: curl -L -O '{}'",
          where, from, range.end - 1, without_query(request.name.url));
    if (answer.cut)
      base::data_error("{}: the file is longer than the {} bytes announced before; it changed, run this again", where,
                       range.total);
    return;
  }
  std::string_view text;
  const std::string header = answer.header("content-range");
  text = header;
  const bool bytes = text.starts_with("bytes ");
  if (bytes) text.remove_prefix(6);
  const uint64_t first = number_in(text);
  if (text.starts_with('-')) text.remove_prefix(1);
  number_in(text);
  if (text.starts_with('/')) text.remove_prefix(1);
  const uint64_t total = text == "*" ? range.total : number_in(text);
  if (!bytes || first != from)
    base::data_error("{}: bytes from {} were asked for, and the answer's Content-Range is '{}'", where, from, header);
  if (total != range.total)
    base::data_error("{}: the file has {} bytes, and had {} before: it changed on the server; run this again", where,
                     total, range.total);
  if (answer.cut) base::data_error("{}: the server sends more than the {} bytes asked for", where, range.end - from);
}

void pause(int tries, double retry_after_s) {
  const HttpOptions& o = options();
  double seconds = o.first_pause_s * double(uint64_t{1} << std::min(tries - 1, 30));
  seconds = std::min(std::max(seconds, retry_after_s), o.longest_pause_s);
  std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
}

}  // namespace

void set_http_options(const HttpOptions& given) { options() = given; }

std::string HttpAnswer::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

HttpAnswer http_ask(const HttpRequest& request) {
  std::string got;  // of a range, by the tries so far
  for (int tries = 1;; ++tries) {
    const uint64_t from = request.range ? request.range->first + got.size() : 0;
    Trial trial = ask_and_follow(request, from);
    HttpAnswer& answer = trial.answer;
    const bool of_range = request.range && (answer.status == 206 || answer.status == 200);
    if (of_range && (trial.code == CURLE_OK || may_pass(trial.code))) {
      check_range(request, answer, from);
      const bool whole = answer.status == 200;
      if (whole) got.clear();
      got.append(answer.body);
      // A body that ends early without the server noticing is no better than a broken line.
      if (got.size() == request.range->end - (whole ? 0 : request.range->first)) {
        answer.body = std::move(got);
        return std::move(answer);
      }
      if (whole) got.clear();
      if (trial.code == CURLE_OK) trial.code = CURLE_PARTIAL_FILE;
    }
    const bool passing = trial.code == CURLE_OK ? may_pass(answer.status) : may_pass(trial.code);
    if (trial.code == CURLE_OK && !passing) return std::move(answer);
    const int most = is_unreachable(trial.code) ? options().tries_to_connect : passing ? options().tries : 1;
    if (tries >= most) fail(request, trial, tries, got.size());
    pause(tries, trial.retry_after_s);
  }
}

std::string http_version(const HttpAnswer& answer) {
  const std::string tag = answer.header("etag");
  return tag.empty() || tag.starts_with("W/") ? answer.header("last-modified") : tag;
}

std::string http_status_words(long status) {
  static const std::map<long, const char*> words = {
      {400, "Bad Request"},        {401, "Unauthorized"},          {403, "Forbidden"},   {404, "Not Found"},
      {405, "Method Not Allowed"}, {408, "Request Timeout"},       {410, "Gone"},        {416, "Range Not Satisfiable"},
      {429, "Too Many Requests"},  {500, "Internal Server Error"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
      {504, "Gateway Timeout"}};
  const auto found = words.find(status);
  return found == words.end() ? std::to_string(status) : fmt::format("{} {}", status, found->second);
}

void close_http() {
  const std::scoped_lock lock(pool().mutex);
  for (CURL* curl : pool().idle) curl_easy_cleanup(curl);
  pool().idle.clear();
}

}  // namespace asterism::io
