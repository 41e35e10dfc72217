// A file descriptor that is closed with its owner.
#pragma once

#include <unistd.h>

namespace penstock::pq {

class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }  // negative: it could not be opened

 private:
  int number_;
};

}  // namespace penstock::pq
