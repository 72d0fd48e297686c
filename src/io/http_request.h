#pragma once
// One question to a web server, by libcurl: redirects followed, failures that may pass tried again, answers checked.
//
// Proxies are those of http_proxy, https_proxy, all_proxy and no_proxy; the authorities trusted are the system's, or
// those of SSL_CERT_FILE (also CURL_CA_BUNDLE) and SSL_CERT_DIR. An address that begins with https is never followed
// to one without.

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "io/http_url.h"

namespace asterism::io {

struct HttpOptions {
  int tries = 6;                // of one question, when the network or the server (408, 425, 429, 5xx) fails
  int tries_to_connect = 2;     // when there is no server at all
  double first_pause_s = 0.25;  // before the second try; twice as long before each other one
  double longest_pause_s = 60;  // a server's Retry-After is heeded up to this
  long connect_timeout_s = 15;
  long stall_timeout_s = 60;  // without one byte
};
void set_http_options(const HttpOptions& options);

// Bytes [first, end) of a file that is known to have `total` bytes and this version; both are checked in the answer.
struct HttpRange {
  uint64_t first = 0, end = 0, total = 0;
  std::string version;  // ETag or Last-Modified as http_version() gives it; empty: not known
};

struct HttpRequest {
  HttpName name;
  std::string url;                 // where to ask, when an earlier redirect is known; empty: name.url
  bool head = false;               // no body
  std::optional<HttpRange> range;  // what to get of the file; empty: all
  uint64_t limit = 0;              // most bytes of body without `range`; what is longer is cut off there
};

struct HttpAnswer {
  long status = 0;
  std::string url;                             // after redirects
  std::map<std::string, std::string> headers;  // of the last answer, names in lower case
  std::string body;
  bool cut = false;  // there was more body than `limit`

  std::string header(const std::string& name) const;  // empty where there is none
};

// The answer, whatever its status, but those that stand for a passing failure. With `range` the status is 206 or 200
// and the body those bytes exactly, or it is a refusal (4xx). DataError naming the address and what to do: no server,
// TLS, silence, failures to the last try, a range that is ignored, a file that changed in between, a body cut short.
HttpAnswer http_ask(const HttpRequest& request);

// What tells one state of a file from another: the ETag, unless weak, else the time of change.
std::string http_version(const HttpAnswer& answer);

// "404 Not Found".
std::string http_status_words(long status);

// Closes the connections kept open. Not while another thread asks.
void close_http();

}  // namespace asterism::io
