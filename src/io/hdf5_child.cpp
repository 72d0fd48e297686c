#include "io/hdf5_child.h"

#include <hdf5.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "io/lzf.h"

namespace asterism::io {
namespace {

constexpr int kDeepest = 8;
constexpr size_t kMostDatasets = 200000, kMostChunk = size_t{1} << 30;
constexpr H5Z_filter_t kLzf = 32000;  // as registered with the HDF Group

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// An HDF5 identifier of any kind, closed at the end.
class Id {
 public:
  Id(hid_t id, const char* what) : id_(id) {
    if (id_ < 0) throw Failure(std::string("damaged: ") + what);
  }
  ~Id() {
    if (H5Iis_valid(id_) > 0) H5Idec_ref(id_);
  }
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
};

struct Dataset {
  std::string file_path, column;  // column of a compound type; "" for a plain dataset
  char kind = 'd';
  std::vector<hsize_t> shape;
};

std::vector<Dataset> all_datasets;

char kind_of(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_FLOAT:
      return H5Tget_size(type) <= 4 ? 'f' : 'd';
    case H5T_INTEGER:
      return 'i';
    case H5T_ENUM:
      return H5Tget_size(type) == 1 ? 'b' : 'i';  // h5py's booleans
    case H5T_STRING:
      return 's';
    default:
      return 0;
  }
}

// Data in other files, and datasets put together of others, are not read.
bool is_plain(hid_t dataset) {
  const Id properties(H5Dget_create_plist(dataset), "a dataset's properties");
  const H5D_layout_t layout = H5Pget_layout(properties);
  return (layout == H5D_CONTIGUOUS || layout == H5D_CHUNKED || layout == H5D_COMPACT) &&
         (layout != H5D_CONTIGUOUS || H5Pget_external_count(properties) == 0);
}

void add_dataset(hid_t group, const char* name, const std::string& path) {
  const Id dataset(H5Dopen2(group, name, H5P_DEFAULT), "a dataset");
  if (!is_plain(dataset)) return;
  const Id space(H5Dget_space(dataset), "a dataspace"), type(H5Dget_type(dataset), "a type");
  const int axes = H5Sget_simple_extent_ndims(space);
  if (axes < 0 || axes > 32) return;
  Dataset out{path, "", 0, std::vector<hsize_t>(size_t(axes))};
  H5Sget_simple_extent_dims(space, out.shape.data(), nullptr);
  if (H5Tget_class(type) == H5T_COMPOUND) {
    const int members = H5Tget_nmembers(type);
    for (int i = 0; i < members && i < 4096; ++i) {
      char* member = H5Tget_member_name(type, unsigned(i));
      if (member == nullptr) throw Failure("damaged: a table's columns");
      Dataset column = out;
      column.column = member;
      H5free_memory(member);
      const Id member_type(H5Tget_member_type(type, unsigned(i)), "a column's type");
      Id base(H5Tcopy(member_type), "a column's type");
      if (H5Tget_class(member_type) == H5T_ARRAY) {
        const int inner = H5Tget_array_ndims(member_type);
        if (inner < 1 || inner > 16) continue;
        std::vector<hsize_t> dims(static_cast<size_t>(inner));
        H5Tget_array_dims2(member_type, dims.data());
        column.shape.insert(column.shape.end(), dims.begin(), dims.end());
        const Id element(H5Tget_super(member_type), "a column's type");
        column.kind = kind_of(element);
      } else {
        column.kind = kind_of(member_type);
      }
      if (column.kind != 0) all_datasets.push_back(column);
    }
    return;
  }
  out.kind = kind_of(type);
  if (out.kind != 0) all_datasets.push_back(out);
}

struct Walk {
  std::string path;
  int depth = 0;
  std::string failure;
};

herr_t visit(hid_t group, const char* name, const H5L_info_t* info, void* data) {
  auto& walk = *static_cast<Walk*>(data);
  try {
    if (info->type != H5L_TYPE_HARD || all_datasets.size() >= kMostDatasets) return 0;
    H5O_info_t object;
    if (H5Oget_info_by_name2(group, name, &object, H5O_INFO_BASIC, H5P_DEFAULT) < 0)
      throw Failure("damaged: an object");
    const std::string path = walk.path.empty() ? name : walk.path + "/" + name;
    if (path.size() > 2000) return 0;
    if (object.type == H5O_TYPE_DATASET) add_dataset(group, name, path);
    if (object.type == H5O_TYPE_GROUP && walk.depth < kDeepest) {
      Walk inner{path, walk.depth + 1, ""};
      const Id child(H5Gopen2(group, name, H5P_DEFAULT), "a group");
      if (H5Literate(child, H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &inner) < 0)
        throw Failure(inner.failure.empty() ? "damaged: a group" : inner.failure);
    }
    return 0;
  } catch (const std::exception& error) {
    walk.failure = error.what();
    return -1;
  }
}

// ---- LZF, which h5py writes and libhdf5 does not know

size_t lzf_filter(unsigned flags, size_t count, const unsigned* values, size_t bytes, size_t* size, void** buffer) {
  if ((flags & H5Z_FLAG_REVERSE) == 0) return 0;
  const auto* in = static_cast<const std::byte*>(*buffer);
  size_t room = count >= 3 && values[2] != 0 ? values[2] : *size;
  for (; room > 0 && room <= kMostChunk; room *= 2) {
    void* out = H5allocate_memory(room, false);
    if (out == nullptr) return 0;
    if (const auto written = lzf_decompress({in, bytes}, {static_cast<std::byte*>(out), room})) {
      H5free_memory(*buffer);
      *buffer = out;
      *size = room;
      return *written;
    }
    H5free_memory(out);
    if (room > bytes * 300) return 0;  // LZF cannot do better than 264 to 1
  }
  return 0;
}

// ---- answers

void send(int out, char status, const std::string& bytes) {
  std::string all(1, status);
  const uint64_t length = bytes.size();
  all.append(reinterpret_cast<const char*>(&length), 8);
  all += bytes;
  for (size_t at = 0; at < all.size();) {
    const ssize_t n = write(out, all.data() + at, all.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) _exit(1);
    at += size_t(n);
  }
}

bool receive(int in, void* to, size_t size) {
  for (size_t at = 0; at < size;) {
    const ssize_t n = read(in, static_cast<char*>(to) + at, size - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    at += size_t(n);
  }
  return true;
}

template <class T>
void put(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string listing(hid_t file) {
  Walk walk;
  const Id root(H5Gopen2(file, "/", H5P_DEFAULT), "the root group");
  if (H5Literate(root, H5_INDEX_NAME, H5_ITER_INC, nullptr, visit, &walk) < 0)
    throw Failure(walk.failure.empty() ? "damaged: the root group" : walk.failure);
  std::string out;
  for (const auto& d : all_datasets) {
    const std::string path = d.column.empty() ? d.file_path : d.file_path + "." + d.column;
    put(out, uint32_t(path.size()));
    out += path;
    put(out, d.kind);
    put(out, uint8_t(d.shape.size()));
    for (const hsize_t axis : d.shape) put(out, int64_t(axis));
  }
  return out;
}

// The type in memory of one element: what its kind says, in this machine's byte order.
hid_t memory_element(const Dataset& d, hid_t stored) {
  if (d.kind == 'f') return H5Tcopy(H5T_NATIVE_FLOAT);
  if (d.kind == 'd') return H5Tcopy(H5T_NATIVE_DOUBLE);
  if (d.kind == 'i') return H5Tcopy(H5T_NATIVE_INT64);
  if (d.kind == 'b') return H5Tcopy(H5T_NATIVE_UINT8);
  return H5Tcopy(stored);
}

struct Texts {
  bool variable = false;
  size_t size = 0;  // of one fixed text
};

std::string packed_texts(const std::vector<char>& buffer, size_t count, const Texts& texts) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    const char* at = nullptr;
    size_t length = 0;
    if (texts.variable) {
      std::memcpy(&at, buffer.data() + i * sizeof(char*), sizeof at);
      length = at == nullptr ? 0 : std::strlen(at);
    } else {
      at = buffer.data() + i * texts.size;
      length = strnlen(at, texts.size);
    }
    put(out, uint32_t(length));
    out.append(at == nullptr ? "" : at, length);
    if (out.size() > kMostChunk) throw Failure("texts of more than 1 GiB");
  }
  return out;
}

std::string read_rows(hid_t file, const Dataset& d, int64_t first, int64_t rows) {
  const Id dataset(H5Dopen2(file, d.file_path.c_str(), H5P_DEFAULT), "a dataset");
  const Id space(H5Dget_space(dataset), "a dataspace"), type(H5Dget_type(dataset), "a type");
  const int axes = H5Sget_simple_extent_ndims(space);
  size_t count = 1;
  if (axes > 0) {
    std::vector<hsize_t> start(size_t(axes), 0), extent(d.shape.begin(), d.shape.begin() + axes);
    start[0] = hsize_t(first);
    extent[0] = hsize_t(rows);
    if (H5Sselect_hyperslab(space, H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr) < 0)
      throw Failure("damaged: a dataspace");
  }
  const hssize_t selected = H5Sget_select_npoints(space);
  if (selected < 0) throw Failure("damaged: a dataspace");
  count = size_t(selected);
  const hsize_t flat[1] = {hsize_t(count)};
  const Id memory_space(H5Screate_simple(1, flat, nullptr), "memory");
  // The stored type of one column or element.
  Id stored(d.column.empty() ? H5Tcopy(type)
                             : H5Tget_member_type(type, unsigned(H5Tget_member_index(type, d.column.c_str()))),
            "a column's type");
  std::vector<hsize_t> inner;
  const bool array = H5Tget_class(stored) == H5T_ARRAY;
  if (array) inner.assign(d.shape.begin() + axes, d.shape.end());
  const Id element_stored(array ? H5Tget_super(stored) : H5Tcopy(stored), "a type");
  const Id element(memory_element(d, element_stored), "a type");
  const Id value(array ? H5Tarray_create2(element, unsigned(inner.size()), inner.data()) : H5Tcopy(element), "a type");
  const size_t bytes = H5Tget_size(value);
  if (bytes == 0 || count > (size_t{2} << 30) / bytes) throw Failure("more than 2 GiB at a time");
  Id memory(d.column.empty() ? H5Tcopy(value) : H5Tcreate(H5T_COMPOUND, bytes), "a type");
  if (!d.column.empty() && H5Tinsert(memory, d.column.c_str(), 0, value) < 0) throw Failure("damaged: a column");
  std::vector<char> buffer(count * bytes);
  if (count > 0 && H5Dread(dataset, memory, memory_space, space, H5P_DEFAULT, buffer.data()) < 0)
    throw Failure("the data of " + d.file_path + " are damaged, or compressed in a way that is not read");
  if (d.kind != 's') return {buffer.data(), buffer.size()};
  const Texts texts{H5Tis_variable_str(element) > 0, H5Tget_size(element)};
  const size_t per_value = texts.variable ? sizeof(char*) : texts.size;
  std::string out = packed_texts(buffer, per_value == 0 ? 0 : buffer.size() / per_value, texts);
  if (texts.variable && count > 0) H5Dvlen_reclaim(memory, memory_space, H5P_DEFAULT, buffer.data());
  return out;
}

}  // namespace

int serve_hdf5(const std::string& path, int in, int out) {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);  // no plugins: their code would come from the environment
  const H5Z_class2_t lzf = {H5Z_CLASS_T_VERS, kLzf, 0, 1, "lzf", nullptr, nullptr, lzf_filter};
  H5Zregister(&lzf);
  const hid_t file = H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT);
  for (char what = 0; receive(in, &what, 1);) {
    try {
      if (file < 0) throw Failure("no HDF5 file, or damaged");
      if (what == 'L') {
        all_datasets.clear();
        send(out, 0, listing(file));
      } else if (what == 'R') {
        uint32_t index = 0;
        int64_t first = 0, rows = 0;
        if (!receive(in, &index, 4) || !receive(in, &first, 8) || !receive(in, &rows, 8)) return 1;
        if (index >= all_datasets.size()) throw Failure("no such dataset");
        send(out, 0, read_rows(file, all_datasets[index], first, rows));
      } else {
        return 1;
      }
    } catch (const std::exception& error) {
      send(out, 1, error.what());
    }
  }
  return 0;
}

}  // namespace asterism::io
