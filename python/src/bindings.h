// What the module `penstock._core` is made of: a function for each header of include/penstock.
//
// Each gives the header's functions under their own names, taking (options as a dict, connection, environment, …), and
// its results as classes. What their users call, with keywords, defaults and docstrings, is in python/penstock/*.py.
//
// To add one: bind_<header>.cc with bind_<header>(module), declared here and called in module.cc.
#pragma once

#include <nanobind/nanobind.h>

namespace penstock::python {

void bind_errors();
void bind_connection(nanobind::module_& module);
void bind_load(nanobind::module_& module);
void bind_upsert(nanobind::module_& module);
void bind_move(nanobind::module_& module);
void bind_discover(nanobind::module_& module);
void bind_drop(nanobind::module_& module);
void bind_history(nanobind::module_& module);
void bind_reconcile(nanobind::module_& module);
void bind_reconcile_acts(nanobind::module_& module);
void bind_scan(nanobind::module_& module);
void bind_staged_write(nanobind::module_& module);
void bind_sweep(nanobind::module_& module);
void bind_unload(nanobind::module_& module);

}  // namespace penstock::python
