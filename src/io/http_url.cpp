#include "io/http_url.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "base/error.h"

namespace asterism::io {
namespace {

std::string environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr || *value == '\0' ? otherwise : value;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return out;
}

// Paths forget one of two slashes when they are normalised: any number is taken.
std::string_view after_scheme(std::string_view text) {
  text.remove_prefix(text.find(':') + 1);
  while (text.starts_with('/')) text.remove_prefix(1);
  return text;
}

// RFC 3986: letters, digits and these stand for themselves or have a meaning; '%' may begin what is encoded already.
std::string encoded(std::string_view text, std::string_view also_encoded) {
  constexpr std::string_view kAllowed = "-._~:/?[]@!$&'()*+,;=%";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte < 0x80 && (std::isalnum(byte) || kAllowed.find(c) != std::string_view::npos);
    if (plain && also_encoded.find(c) == std::string_view::npos) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", byte);
    }
  }
  return out;
}

// A name in the hub, in its parts.
struct HubName {
  std::string owner, name, revision = "main", path;
};

[[noreturn]] void refuse_hub_name(const std::string& text) {
  base::user_error(
      "{}: a name in the hub is hf://datasets/OWNER/NAME/PATH, or hf://datasets/OWNER/NAME@REVISION/PATH; other kinds "
      "of repository hold no data sets",
      text);
}

// The next part up to '/', taken off.
std::string next_part(std::string_view& text) {
  const size_t end = std::min(text.find('/'), text.size());
  std::string out(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return out;
}

HubName hub_name(const std::string& text) {
  std::string_view rest = after_scheme(text);
  HubName out;
  if (next_part(rest) != "datasets") refuse_hub_name(text);
  out.owner = next_part(rest);
  out.name = next_part(rest);
  if (const size_t at = out.name.find('@'); at != std::string::npos) {
    out.revision = out.name.substr(at + 1);
    out.name.resize(at);
    // refs/convert/parquet and refs/pr/1 are the only revisions with slashes that need no encoding.
    if (out.revision == "refs") {
      for (int part = 0; part < 2; ++part) out.revision += "/" + next_part(rest);
    }
  }
  const auto good = [](const std::string& word) {
    return !word.empty() && word != "." && word != ".." && std::all_of(word.begin(), word.end(), [](unsigned char c) {
      return c < 0x80 && (std::isalnum(c) || c == '-' || c == '_' || c == '.');
    });
  };
  if (!good(out.owner) || !good(out.name) || out.revision.empty()) refuse_hub_name(text);
  out.path = rest;
  while (out.path.ends_with('/')) out.path.pop_back();
  return out;
}

// Slashes and '?' inside a revision or a path of the hub are part of the name, not of the address.
std::string hub_url(const HubName& hub, const char* before, const char* verb) {
  std::string endpoint = environment("HF_ENDPOINT", "https://huggingface.co");
  while (endpoint.ends_with('/')) endpoint.pop_back();
  if (origin_of(endpoint).empty())
    base::user_error("HF_ENDPOINT is '{}'; it is the address of a hub, such as https://huggingface.co", endpoint);
  std::string url = fmt::format("{}/{}datasets/{}/{}/{}/{}", endpoint, before, hub.owner, hub.name, verb,
                                encoded(hub.revision, "/?"));
  if (!hub.path.empty()) url += "/" + encoded(hub.path, "?");
  return url;
}

void check_characters(const std::string& text) {
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    base::user_error("a web address holds a control character: {}", encoded(text, ""));
}

HttpName hub_request(const std::string& text, const char* before, const char* verb) {
  check_characters(text);
  const HubName hub = hub_name(text);
  return {text, hub_url(hub, before, verb), environment("HF_TOKEN", ""), true, hub.path.empty()};
}

}  // namespace

bool is_http(const std::filesystem::path& path) {
  const std::string text = path.string();
  const size_t colon = text.find(":/");
  const std::string scheme = colon == std::string::npos ? "" : lower(text.substr(0, colon));
  return scheme == "http" || scheme == "https" || scheme == "hf";
}

HttpName http_name(const std::filesystem::path& path) {
  const std::string text = path.string();
  if (lower(text.substr(0, 3)) == "hf:") return hub_request(text, "", "resolve");
  check_characters(text);
  const std::string rest(after_scheme(text));
  const std::string url = lower(text.substr(0, text.find(':'))) + "://" + encoded(rest, "");
  if (origin_of(url).empty()) base::user_error("{}: there is no host in this address", without_query(text));
  if (rest.substr(0, rest.find_first_of("/?#")).find('@') != std::string::npos)
    base::user_error(
        "a web address with a user or password in it is not taken; fetch the file with a program that asks "
        "for them, or use an address that is signed");
  return {without_query(text), url, "", false, false};
}

HttpName hub_tree_name(const std::filesystem::path& path) { return hub_request(path.string(), "api/", "tree"); }

std::filesystem::path hub_file(const std::filesystem::path& inside, const std::string& path) {
  const HubName hub = hub_name(inside.string());
  const std::filesystem::path relative(path);
  if (path.empty() || relative.is_absolute() || std::find(relative.begin(), relative.end(), "..") != relative.end())
    base::data_error("{}: the hub lists '{}', which is no file of this repository", inside.string(), path);
  const std::string revision = hub.revision == "main" ? "" : "@" + hub.revision;
  return fmt::format("hf://datasets/{}/{}{}/{}", hub.owner, hub.name, revision, path);
}

std::string origin_of(std::string_view url) {
  const size_t colon = url.find("://");
  if (colon == std::string_view::npos) return {};
  const std::string scheme = lower(url.substr(0, colon));
  if (scheme != "http" && scheme != "https") return {};
  std::string host = lower(url.substr(colon + 3, url.find_first_of("/?#", colon + 3) - (colon + 3)));
  if (const size_t at = host.rfind('@'); at != std::string::npos) host.erase(0, at + 1);
  const size_t port = host.rfind(':');
  const bool has_port = port != std::string::npos && host.find(']', port) == std::string::npos;
  // What other programs might read in another way has no origin, and is followed by nobody.
  const bool plain = std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return c < 0x80 && (std::isalnum(c) || std::string_view("-._:[]").find(char(c)) != std::string_view::npos);
  });
  if (host.empty() || port == 0 || !plain) return {};
  if (!has_port) host += scheme == "https" ? ":443" : ":80";
  return scheme + "://" + host;
}

std::string without_query(std::string_view url) { return std::string(url.substr(0, url.find_first_of("?#"))); }

}  // namespace asterism::io
