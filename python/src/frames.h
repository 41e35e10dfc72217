// Rows that a Python object has, as a stream that the library may read: what has __arrow_c_stream__.
//
// Whatever makes the rows runs in the thread that made the call, as Python's generators and many drivers' cursors must.
//
// Threads: made by a thread that has the GIL; the stream is read by the call's work. Lifetime: within the Call's.
// Errors: Error invalid: the object gives no stream.
#pragma once

#include <memory>

#include "call.h"

struct ArrowArrayStream;

namespace penstock::python {

class Frame {
 public:
  Frame();
  Frame(nb::handle object, Call& call);
  ~Frame();  // releases what nobody took
  Frame(Frame&&) noexcept;
  Frame& operator=(Frame&&) noexcept;

  [[nodiscard]] ArrowArrayStream* stream() const noexcept;  // nullptr of none; whoever takes it releases it

 private:
  std::unique_ptr<ArrowArrayStream> stream_;
};

}  // namespace penstock::python
