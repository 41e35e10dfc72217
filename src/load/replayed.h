// An input that can be read once, of which the beginning is read twice: for what its header says, and with the rest.
//
// Threads: one at a time. Memory: what was read so. Errors: those of the reader below.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "penstock/object_reader.h"

namespace penstock {

// Keeps what is read through it.
class Kept final : public ObjectReader {
 public:
  explicit Kept(ObjectReader& in) : in_(in) {}

  std::size_t read(std::span<std::byte> buffer) override {
    const std::size_t count = in_.read(buffer);
    text_.append(reinterpret_cast<const char*>(buffer.data()), count);
    return count;
  }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  ObjectReader& in_;
  std::string text_;
};

// What was read already, and then the rest.
class Replayed final : public ObjectReader {
 public:
  Replayed(std::string begun, std::shared_ptr<ObjectReader> rest) : begun_(std::move(begun)), rest_(std::move(rest)) {}

  std::size_t read(std::span<std::byte> buffer) override {
    if (at_ == begun_.size()) return rest_->read(buffer);
    const std::size_t count = begun_.copy(reinterpret_cast<char*>(buffer.data()), buffer.size(), at_);
    at_ += count;
    return count;
  }

 private:
  const std::string begun_;
  std::size_t at_ = 0;
  const std::shared_ptr<ObjectReader> rest_;
};

}  // namespace penstock
