// How values of penstock's that are no class of their own appear in Python.
//
// Included by every file that binds: a caster that one file knows and another does not is two meanings of one type.
//
// Threads: the caller has the GIL. Errors: none; an exception of Python's is nanobind's to pass on.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/error_name.h"
#include "penstock/error.h"

namespace penstock::python {

namespace nb = nanobind;

using Keywords = nb::typed<nb::dict, nb::str, nb::any>;

nb::object to_datetime(std::int64_t micros_since_1970);  // aware, UTC
nb::object to_text(std::string_view bytes);              // for people: what is no UTF-8 is escaped

}  // namespace penstock::python

namespace nanobind::detail {

// Text, both ways without a loss: what is no UTF-8 is as in names of files, which Python reads by surrogateescape.
template <>
struct type_caster<std::string> {
  NB_TYPE_CASTER(std::string, const_name("str"))

  bool from_python(handle source, std::uint32_t, cleanup_list*) noexcept {
    if (!PyUnicode_Check(source.ptr())) return false;
    const object bytes = steal(PyUnicode_AsEncodedString(source.ptr(), "utf-8", "surrogateescape"));
    if (!bytes.is_valid()) {
      PyErr_Clear();
      return false;
    }
    value.assign(PyBytes_AS_STRING(bytes.ptr()), static_cast<std::size_t>(PyBytes_GET_SIZE(bytes.ptr())));
    return true;
  }
  static handle from_cpp(const std::string& text, rv_policy, cleanup_list*) noexcept {
    return PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape");
  }
};

// A member of penstock.ErrorKind, which is written in Python.
template <>
struct type_caster<penstock::ErrorKind> {
  NB_TYPE_CASTER(penstock::ErrorKind, const_name("penstock.ErrorKind"))

  bool from_python(handle, std::uint32_t, cleanup_list*) noexcept { return false; }
  static handle from_cpp(penstock::ErrorKind kind, rv_policy, cleanup_list*) noexcept {
    try {
      object kinds = module_::import_("penstock._errors").attr("ErrorKind");
      return object(kinds[penstock::name_of(kind)]).release();
    } catch (python_error& e) {
      e.restore();
      return {};
    }
  }
};

// A datetime in UTC that says so.
template <typename Duration>
struct type_caster<std::chrono::time_point<std::chrono::system_clock, Duration>> {
  using Moment = std::chrono::time_point<std::chrono::system_clock, Duration>;
  NB_TYPE_CASTER(Moment, const_name("datetime.datetime"))

  bool from_python(handle, std::uint32_t, cleanup_list*) noexcept { return false; }
  static handle from_cpp(const Moment& moment, rv_policy, cleanup_list*) noexcept {
    try {
      const auto since = std::chrono::duration_cast<std::chrono::microseconds>(moment.time_since_epoch());
      return penstock::python::to_datetime(since.count()).release();
    } catch (python_error& e) {
      e.restore();
      return {};
    }
  }
};

}  // namespace nanobind::detail
