// Bad records put aside: as they came, in a file that can be upserted as its source was, once they are mended; and
// beside it, in <file>.reasons, why: a CSV with a line for each bad value.
//
//     Rejects    neither file is there yet; they are written under names of their own
//     add()      in the order of the source
//     finish()   both are there, whole and on disk; neither, where nothing was added
//     keep()     they stay; without it they are gone again with this
//
// Threads: one at a time. Errors: Error: refused (one of the files is there: nothing is overwritten), and those of the
// file system, with its words.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staging/inspection.h"
#include "store/file.h"

namespace penstock {

class Rejects {
 public:
  // header: what the file begins with, whole lines. columns: names of the fields. id: for the names meanwhile.
  Rejects(const std::string& path, std::string header, std::vector<std::string> columns, const std::string& id);
  ~Rejects();
  Rejects(const Rejects&) = delete;
  Rejects& operator=(const Rejects&) = delete;

  void add(const staging::BadRecord& record);
  void finish();
  void keep() noexcept;

 private:
  // Written under another name until it is whole.
  class File {
   public:
    File(std::string path, const std::string& id);
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    void write(std::string_view text);
    void finish();
    void keep() noexcept { is_kept_ = true; }

   private:
    void flush();

    const std::string path_;
    const std::string meanwhile_;
    Fd fd_;
    std::string text_;  // not written yet
    bool is_finished_ = false;
    bool is_kept_ = false;
  };

  const std::string header_;
  const std::vector<std::string> columns_;
  File records_;
  File reasons_;
  std::uint64_t lines_ = 0;  // of the records' file so far
};

// Refuses, before anything is read, a path at which something is.
void refuse_to_overwrite(const std::string& path);

}  // namespace penstock
