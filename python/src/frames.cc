#include "frames.h"

#include <arrow/c/abi.h>

#include <cerrno>
#include <utility>

#include "penstock/error.h"

namespace penstock::python {
namespace {

// The stream of another library, each of its functions called in the thread that the call was made by.
struct Relayed {
  ArrowArrayStream from{};
  Call* call = nullptr;
};

Relayed& relayed(ArrowArrayStream* stream) { return *static_cast<Relayed*>(stream->private_data); }

int schema_of(ArrowArrayStream* stream, ArrowSchema* into) noexcept {
  Relayed& relay = relayed(stream);
  int result = EIO;
  relay.call->in_caller([&] { result = relay.from.get_schema(&relay.from, into); });
  return result;
}

int next_of(ArrowArrayStream* stream, ArrowArray* into) noexcept {
  Relayed& relay = relayed(stream);
  int result = EIO;
  relay.call->in_caller([&] { result = relay.from.get_next(&relay.from, into); });
  return result;
}

const char* last_error_of(ArrowArrayStream* stream) noexcept {
  Relayed& relay = relayed(stream);
  const char* text = nullptr;
  relay.call->in_caller([&] { text = relay.from.get_last_error(&relay.from); });
  return text;
}

void release_in_caller(ArrowArrayStream* stream) noexcept {
  const std::unique_ptr<Relayed> relay(static_cast<Relayed*>(stream->private_data));
  relay->call->in_caller([&] { relay->from.release(&relay->from); });
  stream->release = nullptr;
}

}  // namespace

Frame::Frame() = default;
Frame::Frame(Frame&&) noexcept = default;
Frame& Frame::operator=(Frame&&) noexcept = default;

Frame::Frame(nb::handle object, Call& call) : stream_(std::make_unique<ArrowArrayStream>()) {
  const nb::object capsule = object.attr("__arrow_c_stream__")();
  auto* given = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule.ptr(), "arrow_array_stream"));
  if (given == nullptr) throw nb::python_error();
  if (given->release == nullptr) throw Error(ErrorKind::invalid, "the frame's stream of rows was read before");
  auto relay = std::make_unique<Relayed>();
  relay->from = *given;
  given->release = nullptr;  // it is ours now
  relay->call = &call;
  *stream_ = {.get_schema = schema_of,
              .get_next = next_of,
              .get_last_error = last_error_of,
              .release = release_in_caller,
              .private_data = relay.release()};
}

// Nobody waits for the work any more: what was not taken is released here.
Frame::~Frame() {
  if (!stream_ || stream_->release == nullptr) return;
  const std::unique_ptr<Relayed> relay(static_cast<Relayed*>(stream_->private_data));
  const nb::gil_scoped_release without_gil;
  relay->from.release(&relay->from);
}

ArrowArrayStream* Frame::stream() const noexcept { return stream_.get(); }

}  // namespace penstock::python
