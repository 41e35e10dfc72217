#include <arrow/c/abi.h>

#include <cerrno>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "bindings.h"
#include "keywords.h"
#include "penstock/scan.h"
#include "record.h"
#include "session.h"

namespace penstock::python {
namespace {

const Options<ScanOptions>& options() {
  static const auto kOptions = Options<ScanOptions>()
                                   .add("source", &ScanOptions::source)
                                   .add("query", &ScanOptions::query)
                                   .add("format", &ScanOptions::format)
                                   .add("sample", &ScanOptions::sample)
                                   .add("columns", &ScanOptions::columns)
                                   .add("delimiter", &ScanOptions::delimiter)
                                   .add("null_as", &ScanOptions::null_as)
                                   .add("staging_bucket", &ScanOptions::staging_bucket)
                                   .add("memory", &ScanOptions::memory);
  return kOptions;
}

// One reading of the source: its stream, and all that it works with. Who takes the rows may have the GIL or not.
class Reading {
 public:
  Reading(const ScanOptions& options, const Environment& environment)
      : environment_(environment), buckets_(environment_, call_) {
    call_.run([&] { end_ = scan(options, {*buckets_, environment_, call_.log(), call_.stop()}, rows_); });
  }
  ~Reading() {
    if (rows_.release != nullptr) rows_.release(&rows_);
  }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

  [[nodiscard]] const std::shared_ptr<const ScanEnd>& end() const noexcept { return end_; }

  static int schema(ArrowArrayStream* stream, ArrowSchema* out) noexcept {
    Reading& self = of(stream);
    return self.rows_.get_schema(&self.rows_, out);
  }

  static int next(ArrowArrayStream* stream, ArrowArray* out) noexcept {
    Reading& self = of(stream);
    const nb::gil_scoped_acquire gil;
    try {
      return self.call_.run([&] { return self.rows_.get_next(&self.rows_, out); });
    } catch (nb::python_error& e) {
      self.raised_ = e.what();
      if (e.matches(PyExc_KeyboardInterrupt)) {
        PyErr_SetInterrupt();  // C knows no exceptions: it is raised again once who reads the stream returns
      } else {
        e.discard_as_unraisable("reading rows of penstock.scan");
      }
      return ECANCELED;
    } catch (const std::exception& e) {
      self.raised_ = e.what();
      return EIO;
    }
  }

  static const char* last_error(ArrowArrayStream* stream) noexcept {
    Reading& self = of(stream);
    return self.raised_.empty() ? self.rows_.get_last_error(&self.rows_) : self.raised_.c_str();
  }

  static void release(ArrowArrayStream* stream) noexcept {
    const std::unique_ptr<Reading> self(&of(stream));
    stream->release = nullptr;
    if (PyGILState_Check() == 0) {
      self->rows_.release(&self->rows_);
      return;
    }
    const nb::gil_scoped_release without_gil;
    self->rows_.release(&self->rows_);
  }

 private:
  static Reading& of(ArrowArrayStream* stream) noexcept { return *static_cast<Reading*>(stream->private_data); }

  const Environment environment_;
  Call call_;
  const OpenBuckets buckets_;
  ArrowArrayStream rows_{};
  std::shared_ptr<const ScanEnd> end_;
  std::string raised_;
};

void delete_stream(PyObject* capsule) noexcept {
  auto* stream = static_cast<ArrowArrayStream*>(PyCapsule_GetPointer(capsule, "arrow_array_stream"));
  if (stream->release != nullptr) stream->release(stream);
  delete stream;
}

// What penstock.scan() gives: rows that are read anew by each who takes them.
class Scan {
 public:
  Scan(const Keywords& keywords, nb::handle connection, nb::handle environment) {
    Problems problems;
    options_ = options().read(keywords, problems);
    const Place place(connection, environment, problems);
    for (std::string& problem : problems_of(options_)) problems.push_back(std::move(problem));
    require_none(problems);
    environment_ = place.environment();
  }

  nb::object stream() {
    auto reading = std::make_unique<Reading>(options_, environment_);
    end_ = reading->end();
    auto stream = std::make_unique<ArrowArrayStream>(ArrowArrayStream{.get_schema = Reading::schema,
                                                                      .get_next = Reading::next,
                                                                      .get_last_error = Reading::last_error,
                                                                      .release = Reading::release,
                                                                      .private_data = reading.release()});
    PyObject* const capsule = PyCapsule_New(stream.get(), "arrow_array_stream", delete_stream);
    if (capsule == nullptr) {
      stream->release(stream.get());
      throw nb::python_error();
    }
    static_cast<void>(stream.release());  // the capsule's
    return nb::steal(capsule);
  }

  [[nodiscard]] nb::object error() const {
    const auto failure = end_ ? end_->failure() : std::nullopt;
    return failure ? as_exception(*failure) : nb::none();
  }

  [[nodiscard]] const std::string& source() const noexcept { return options_.source; }

 private:
  ScanOptions options_;
  Environment environment_;
  std::shared_ptr<const ScanEnd> end_;
};

}  // namespace

void bind_scan(nb::module_& module) {
  nb::class_<Scan>(module, "Scan", "Rows of what ``scan`` names, for whoever takes a stream of Arrow's.")
      .def(nb::init<const Keywords&, nb::handle, nb::handle>(), nb::arg("options"), nb::arg("connection").none(),
           nb::arg("environment").none())
      .def(
          "__arrow_c_stream__", [](Scan& self, nb::handle /*requested_schema*/) { return self.stream(); },
          nb::arg("requested_schema") = nb::none(),
          "The rows, read anew each time, a little ahead of who takes them. The schema is what the source has.")
      .def_prop_ro("error", &Scan::error,
                   "The penstock.Error that the last reading ended in; None: it did not. Who reads a stream raises an "
                   "error of their own, with its text.");
  module.def("scan_defaults", [] { return Keywords(options().defaults()); });
}

}  // namespace penstock::python
