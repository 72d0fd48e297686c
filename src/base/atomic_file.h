#pragma once
// Files and folders that exist whole or not at all. Written aside in the same folder as `.name.tmp-XXXXXX`, synced,
// then renamed into place; what was not committed is removed. A process that is killed leaves at most such a hidden
// leftover; the next writer of the same name clears it away, those of living processes stay.
//
// Full disk, quota and I/O errors are DataErrors; a missing or unwritable folder, or a name taken, is a UserError. Both
// name the file.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

namespace asterism::base {

enum class Replace { no, yes };  // may an existing file or folder of that name be replaced?
// What need not outlive the system, only this process: it is not waited for until it is on the disk. After a loss of
// power the file may hold anything, so that whoever finds it there must check it.
enum class Sync { no, yes };

class AtomicFile {
 public:
  // Opens the temporary file beside `path`; the folder must exist.
  explicit AtomicFile(std::filesystem::path path, Replace replace = Replace::yes);
  ~AtomicFile();  // not committed: removed
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void write_at(std::size_t offset, const void* data, std::size_t bytes);  // overwrite, e.g. a header known at the end
  std::size_t size() const { return size_; }                               // bytes written so far

  // For libraries that open files by name: they may write and close this name before commit().
  const std::filesystem::path& temporary_path() const { return temporary_; }
  int descriptor() const { return descriptor_; }

  void commit(Sync sync = Sync::yes);  // sync, rename, sync the folder; at most once

 private:
  std::filesystem::path path_, temporary_;
  Replace replace_;
  int descriptor_ = -1;
  std::size_t size_ = 0;
};

// A whole folder at once. Put files into path(); commit() syncs every one of them and renames the folder into place.
// With Replace::yes an existing folder is exchanged in one step and then removed; of a link to one, that which it
// points to. Folders above it that are missing are made, and go again where it is not committed.
class AtomicFolder {
 public:
  explicit AtomicFolder(std::filesystem::path path, Replace replace = Replace::no);
  ~AtomicFolder();
  AtomicFolder(const AtomicFolder&) = delete;
  AtomicFolder& operator=(const AtomicFolder&) = delete;

  const std::filesystem::path& path() const { return temporary_; }   // where to write
  const std::filesystem::path& final_path() const { return path_; }  // where it will be
  void commit();

 private:
  std::filesystem::path path_, temporary_;
  void make_above();
  void remove_above() const;          // as far as nobody else put anything there
  std::filesystem::path made_above_;  // the uppermost folder that was made for this one; "" for none
  Replace replace_;
  int descriptor_ = -1;
};

// Before an AtomicFolder that may replace: UserError where a folder is there that holds something, and no `sign`, the
// file by which its kind is known. A name given by mistake would cost somebody that folder.
void check_replaces(const std::filesystem::path& folder, std::string_view sign);

// Removes what killed writers left of `path` (`.name.tmp-XXXXXX`), as the next writer would. Returns how many.
int remove_leftovers(const std::filesystem::path& path);

// A whole file as bytes. UserError when it is missing or unreadable, DataError when larger than `max_bytes`.
std::string read_text(const std::filesystem::path& path, std::size_t max_bytes = std::size_t{1} << 30);

// An AtomicFile of exactly this text.
void write_text(const std::filesystem::path& path, std::string_view text, Replace replace = Replace::yes);

}  // namespace asterism::base
