#include "io/hdf5.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/bytes.h"
#include "base/error.h"
#include "base/resources.h"
#include "io/utf8.h"

namespace asterism::io {
namespace {

constexpr size_t kMostPath = 4096, kMostAxes = 32, kMostText = 1 << 24;

// Takes numbers and texts off the front of an answer. Its author may be a broken or hostile process.
class Answer {
 public:
  Answer(std::span<const std::byte> bytes, const std::string& about) : bytes_(bytes), about_(about) {}
  bool done() const { return bytes_.empty(); }
  template <class T>
  T number() {
    T value;
    const auto at = take(sizeof(T));
    std::memcpy(&value, at.data(), sizeof(T));
    return value;
  }
  std::string text(size_t most) {
    const auto length = number<uint32_t>();
    if (length > most) fail();
    const auto at = take(length);
    return {reinterpret_cast<const char*>(at.data()), at.size()};
  }
  [[noreturn]] void fail() const { base::data_error("{}: the process that reads it gave a wrong answer", about_); }

 private:
  std::span<const std::byte> take(size_t n) {
    if (bytes_.size() < n) fail();
    const auto out = bytes_.first(n);
    bytes_ = bytes_.subspan(n);
    return out;
  }
  std::span<const std::byte> bytes_;
  const std::string& about_;
};

size_t element_bytes(Hdf5Kind kind) { return kind == Hdf5Kind::kFloat ? 4 : kind == Hdf5Kind::kBool ? 1 : 8; }

Hdf5Dataset parse_dataset(Answer& answer) {
  Hdf5Dataset out;
  out.path = answer.text(kMostPath);
  if (!is_utf8(out.path)) answer.fail();
  switch (answer.number<char>()) {
    case 'f':
      out.kind = Hdf5Kind::kFloat;
      break;
    case 'd':
      out.kind = Hdf5Kind::kDouble;
      break;
    case 'i':
      out.kind = Hdf5Kind::kInteger;
      break;
    case 'b':
      out.kind = Hdf5Kind::kBool;
      break;
    case 's':
      out.kind = Hdf5Kind::kText;
      break;
    default:
      answer.fail();
  }
  const auto axes = answer.number<uint8_t>();
  if (axes > kMostAxes) answer.fail();
  int64_t elements = 1;
  for (int i = 0; i < int(axes); ++i) {
    const auto axis = answer.number<int64_t>();
    if (axis < 0 || (axis > 0 && elements > std::numeric_limits<int64_t>::max() / 16 / axis)) answer.fail();
    if (axis > 0) elements *= axis;
    out.shape.push_back(axis);
  }
  return out;
}

}  // namespace

int64_t Hdf5Dataset::per_row() const {
  int64_t out = 1;
  for (size_t i = 1; i < shape.size(); ++i) out *= shape[i];
  return out;
}

struct Hdf5File::State {
  State(std::string name, Answers answers) : name(std::move(name)), answers(std::move(answers)) {}

  std::vector<std::byte> ask(std::span<const std::byte> request) { return answers(request); }

  void list() {
    const std::byte request[1] = {std::byte{'L'}};
    const auto bytes = ask(request);
    Answer answer(bytes, name);
    while (!answer.done()) {
      datasets.push_back(parse_dataset(answer));
      places.push_back(uint32_t(places.size()));
      if (int64_t(datasets.size()) > kMostHdf5Datasets) answer.fail();
    }
    std::sort(places.begin(), places.end(),
              [&](uint32_t a, uint32_t b) { return datasets[a].path < datasets[b].path; });
    std::vector<Hdf5Dataset> sorted;
    for (const uint32_t place : places) sorted.push_back(datasets[place]);
    datasets = std::move(sorted);
  }

  // The bytes of rows [first, first + rows) of a dataset; of texts unparsed.
  std::vector<std::byte> rows(const Hdf5Dataset& d, int64_t first, int64_t count) {
    const size_t index = size_t(&d - datasets.data());
    if (first < 0 || count < 0 || first > d.rows() - count)
      base::data_error("{}, {}: rows {} to {} of {}", name, d.path, first, first + count, d.rows());
    const uint64_t elements = uint64_t(count) * uint64_t(d.per_row());
    if (elements > kMostHdf5Answer / 8)
      base::data_error("{}, {}: {} values at a time; {} are allowed", name, d.path, elements, kMostHdf5Answer / 8);
    std::byte request[21];
    request[0] = std::byte{'R'};
    std::memcpy(request + 1, &places[index], 4);
    std::memcpy(request + 5, &first, 8);
    std::memcpy(request + 13, &count, 8);
    auto out = ask(request);
    if (d.kind != Hdf5Kind::kText && out.size() != elements * element_bytes(d.kind))
      base::data_error("{}, {}: {} bytes for {} values", name, d.path, out.size(), elements);
    return out;
  }

  std::string name;
  Answers answers;
  std::vector<Hdf5Dataset> datasets;
  std::vector<uint32_t> places;  // of each dataset in the child's list
};

Hdf5File::Hdf5File(std::unique_ptr<State> state) : state_(std::move(state)) {}
Hdf5File::~Hdf5File() = default;
Hdf5File::Hdf5File(Hdf5File&&) noexcept = default;

Hdf5File Hdf5File::open(const std::filesystem::path& path, const ChildLimits& limits) {
  if (!std::filesystem::is_regular_file(path)) base::user_error("there is no file {}", path.string());
  const std::string name = path.string();
  const std::vector<std::string> arguments = {"hdf5-child", std::filesystem::absolute(path).string()};
  const auto child = std::make_shared<ChildProcess>(base::executable_folder() / "asterism", arguments, name, limits);
  return from_answers(name, [child, name](std::span<const std::byte> request) {
    child->write(request);
    std::byte head[9];
    child->read(head);
    const auto length = base::load_le<uint64_t>(head + 1);
    if (length > kMostHdf5Answer || std::to_integer<int>(head[0]) > 1)
      base::data_error("{}: the process that reads it gave a wrong answer", name);
    std::vector<std::byte> out(static_cast<size_t>(length));
    child->read(out);
    if (head[0] == std::byte{1})
      base::data_error("{}: {}", name,
                       repaired_utf8({reinterpret_cast<const char*>(out.data()), std::min<size_t>(out.size(), 1000)}));
    return out;
  });
}

Hdf5File Hdf5File::from_answers(const std::string& name, Answers answers) {
  auto state = std::make_unique<State>(name, std::move(answers));
  state->list();
  return Hdf5File(std::move(state));
}

const std::string& Hdf5File::name() const { return state_->name; }
const std::vector<Hdf5Dataset>& Hdf5File::datasets() const { return state_->datasets; }

const Hdf5Dataset* Hdf5File::find(const std::string& path) const {
  const auto& all = state_->datasets;
  const auto at =
      std::lower_bound(all.begin(), all.end(), path, [](const auto& d, const auto& p) { return d.path < p; });
  return at != all.end() && at->path == path ? &*at : nullptr;
}

const Hdf5Dataset& Hdf5File::need(const std::string& path) const {
  if (const Hdf5Dataset* found = find(path)) return *found;
  std::vector<std::string> names;
  for (const auto& d : datasets()) names.push_back(d.path);
  base::data_error("{}: there is no dataset '{}'; the nearest is '{}'", name(), path, base::nearest(path, names));
}

template <class T>
std::vector<T> Hdf5File::read(const std::string& path, int64_t first, int64_t rows) {
  const Hdf5Dataset& d = need(path);
  const bool whole = d.kind == Hdf5Kind::kInteger || d.kind == Hdf5Kind::kBool;
  constexpr bool kWantsWhole = std::is_integral_v<T>;
  if (d.kind == Hdf5Kind::kText || (kWantsWhole && !whole))
    base::data_error("{}, {}: {} where {} are wanted", name(), path, d.kind == Hdf5Kind::kText ? "texts" : "fractions",
                     kWantsWhole ? "whole numbers" : "numbers");
  const auto bytes = state_->rows(d, first, rows);
  const size_t n = bytes.size() / element_bytes(d.kind);
  std::vector<T> out(n);
  const auto convert = [&](auto example) {
    using From = decltype(example);
    for (size_t i = 0; i < n; ++i) {
      const auto value = base::load_le<From>(bytes.data() + i * sizeof(From));
      out[i] = std::is_same_v<T, uint8_t> ? T(value != From{}) : static_cast<T>(value);
    }
  };
  if (d.kind == Hdf5Kind::kFloat) convert(float{});
  if (d.kind == Hdf5Kind::kDouble) convert(double{});
  if (d.kind == Hdf5Kind::kInteger) convert(int64_t{});
  if (d.kind == Hdf5Kind::kBool) convert(uint8_t{});
  return out;
}

template std::vector<float> Hdf5File::read<float>(const std::string&, int64_t, int64_t);
template std::vector<double> Hdf5File::read<double>(const std::string&, int64_t, int64_t);
template std::vector<int64_t> Hdf5File::read<int64_t>(const std::string&, int64_t, int64_t);
template std::vector<uint8_t> Hdf5File::read<uint8_t>(const std::string&, int64_t, int64_t);

std::vector<std::string> Hdf5File::read_texts(const std::string& path, int64_t first, int64_t rows) {
  const Hdf5Dataset& d = need(path);
  if (d.kind != Hdf5Kind::kText) base::data_error("{}, {}: numbers where texts are wanted", name(), path);
  const auto bytes = state_->rows(d, first, rows);
  Answer answer(bytes, state_->name);
  std::vector<std::string> out;
  for (int64_t i = 0; i < rows * d.per_row(); ++i) {
    std::string text = answer.text(kMostText);
    text = text.substr(0, text.find('\0'));
    while (!text.empty() && text.back() == ' ') text.pop_back();
    if (!is_utf8(text)) base::data_error("{}, {}, row {}: not UTF-8", name(), path, first + i / d.per_row());
    out.push_back(std::move(text));
  }
  if (!answer.done()) answer.fail();
  return out;
}

}  // namespace asterism::io
