#pragma once
// A web server on 127.0.0.1 and a free port, for tests: the files of a folder, with HEAD, ranges and ETags; a function
// of the test's own may answer instead.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"

namespace asterism::io {

inline bool says(const std::string& message, const std::string& words) {
  return message.find(words) != std::string::npos;
}

struct HttpQuestion {
  std::string method, target;                  // "GET", "/sky/x.parquet"
  std::map<std::string, std::string> headers;  // names in lower case
  int number = 0;                              // how many with this method and target came before
};

class HttpServer {
 public:
  // What a test answers itself: the whole answer, after which the connection is closed; nullopt: the file.
  using Answer = std::function<std::optional<std::string>(const HttpQuestion&)>;

  explicit HttpServer(std::filesystem::path folder, Answer answer = {})
      : folder_(std::move(folder)),
        answer_(std::move(answer)),
        listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ASTERISM_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&address), size) == 0 && listen(listener_, 64) == 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_all(); });
  }

  ~HttpServer() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    {
      const std::scoped_lock lock(mutex_);
      for (const int open : connections_) shutdown(open, SHUT_RDWR);
    }
    for (auto& thread : threads_) thread.join();
    for (const int open : connections_) close(open);
    close(listener_);
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // All questions so far, and the bytes of bodies that went out.
  std::vector<HttpQuestion> questions() {
    const std::scoped_lock lock(mutex_);
    return questions_;
  }
  size_t asked(const std::string& method, const std::string& target) {
    const auto all = questions();
    return size_t(std::count_if(all.begin(), all.end(),
                                [&](const HttpQuestion& q) { return q.method == method && q.target == target; }));
  }
  uint64_t bytes_sent() {
    const std::scoped_lock lock(mutex_);
    return bytes_;
  }

  static std::string plain(const std::string& status, const std::string& headers = "", const std::string& body = "") {
    return "HTTP/1.1 " + status + "\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
           headers + "\r\n" + body;
  }

 private:
  void accept_all() {
    for (;;) {
      const int open = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      if (open < 0) return;
      const std::scoped_lock lock(mutex_);
      connections_.push_back(open);
      threads_.emplace_back([this, open] { serve(open); });
    }
  }

  static bool read_question(int open, HttpQuestion& question) {
    std::string text;
    while (!text.ends_with("\r\n\r\n")) {
      char byte = 0;
      if (recv(open, &byte, 1, 0) != 1) return false;
      text += byte;
      if (text[0] < 'A' || text[0] > 'Z') return false;  // not HTTP: somebody wants encryption
    }
    question.method = text.substr(0, text.find(' '));
    question.target = text.substr(question.method.size() + 1);
    question.target.resize(question.target.find(' '));
    for (size_t at = text.find("\r\n") + 2; at + 2 < text.size();) {
      const size_t end = text.find("\r\n", at), colon = text.find(':', at);
      std::string name = text.substr(at, colon - at);
      std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return char(tolower(c)); });
      question.headers[name] = text.substr(colon + 2, end - colon - 2);
      at = end + 2;
    }
    return true;
  }

  static bool send_all(int open, const std::string& bytes) {
    for (size_t sent = 0; sent < bytes.size();) {
      const auto n = send(open, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return false;
      sent += size_t(n);
    }
    return true;
  }

  std::string file_answer(const HttpQuestion& question, bool head) {
    const std::string target = question.target.substr(0, question.target.find('?'));
    const std::filesystem::path path = folder_ / target.substr(1);
    if (!std::filesystem::is_regular_file(path)) return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    std::ifstream file(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const size_t total = bytes.size();
    std::string headers = "ETag: \"" + std::to_string(std::hash<std::string>{}(bytes)) + "\"\r\n", status = "200 OK";
    if (const auto range = question.headers.find("range"); range != question.headers.end()) {
      size_t first = 0, last = 0;
      sscanf(range->second.c_str(), "bytes=%zu-%zu", &first, &last);
      last = std::min(last, total - 1);
      status = "206 Partial Content";
      headers += "Content-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
                 std::to_string(total) + "\r\n";
      bytes = bytes.substr(first, last + 1 - first);
    }
    headers += "Content-Length: " + std::to_string(bytes.size()) + "\r\n";
    if (head) bytes.clear();
    const std::scoped_lock lock(mutex_);
    bytes_ += bytes.size();
    return "HTTP/1.1 " + status + "\r\n" + headers + "\r\n" + bytes;
  }

  void serve(int open) {
    for (;;) {
      HttpQuestion question;
      if (!read_question(open, question)) break;
      {
        const std::scoped_lock lock(mutex_);
        question.number = int(std::count_if(questions_.begin(), questions_.end(), [&](const HttpQuestion& q) {
          return q.method == question.method && q.target == question.target;
        }));
        questions_.push_back(question);
      }
      if (const auto own = answer_ ? answer_(question) : std::nullopt) {
        send_all(open, *own);
        break;
      }
      if (!send_all(open, file_answer(question, question.method == "HEAD"))) break;
    }
    shutdown(open, SHUT_RDWR);
  }

  const std::filesystem::path folder_;
  const Answer answer_;
  int listener_ = -1, port_ = 0;
  std::mutex mutex_;
  std::vector<HttpQuestion> questions_;
  uint64_t bytes_ = 0;
  std::vector<int> connections_;
  std::vector<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace asterism::io
