// penstock::Error as a class of Python for each kind.
#include <exception>

#include "bindings.h"
#include "casters.h"
#include "keywords.h"
#include "penstock/error.h"

namespace penstock::python {
namespace {

void translate(const std::exception_ptr& thrown, void* /*payload*/) {
  try {
    std::rethrow_exception(thrown);
  } catch (const Error& e) {
    try {
      const nb::object error = as_exception(e);
      PyErr_SetObject(error.type().ptr(), error.ptr());
    } catch (nb::python_error& failed) {
      failed.restore();
    }
  }
}

}  // namespace

nb::object as_exception(const Error& error) {
  return nb::module_::import_("penstock._errors")
      .attr("error_of")(name_of(error.kind()), to_text(in_keywords(error.what())));
}

void bind_errors() { nb::register_exception_translator(translate); }

}  // namespace penstock::python
