#include "bindings.h"
#include "call.h"

namespace nb = nanobind;

namespace penstock::python {
void bind_objects(nb::module_& module);
void bind_query(nb::module_& module);
}  // namespace penstock::python

NB_MODULE(_core, module) {
  using namespace penstock::python;  // NOLINT(google-build-using-namespace): all that is bound
  nb::set_leak_warnings(false);      // results that live until the interpreter ends are no leaks
  bind_errors();
  bind_connection(module);
  bind_load(module);
  bind_upsert(module);
  bind_move(module);
  bind_discover(module);
  bind_drop(module);
  bind_history(module);
  bind_objects(module);
  bind_query(module);
  bind_reconcile(module);
  bind_reconcile_acts(module);
  bind_scan(module);
  bind_staged_write(module);
  bind_sweep(module);
  bind_unload(module);
  nb::module_::import_("atexit").attr("register")(nb::cpp_function(&stop_all_calls));
}
