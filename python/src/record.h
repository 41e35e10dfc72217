// A result: a class of Python with attributes that can be read, a __repr__ of them, and as_dict().
//
//     Record<Leftover>(module, "Leftover", "All that one run left.")
//         .field("uri", &Leftover::uri, "``s3://bucket/prefix/``: of all of it.")
//
// Threads: the caller has the GIL. Lifetime: while the module is made.
#pragma once

#include <string>
#include <vector>

#include "casters.h"

namespace penstock::python {

// Of an object whose class has `_fields`.
std::string repr_of_record(nb::handle record);
nb::dict dict_of_record(nb::handle record);

template <typename Struct>
class Record {
 public:
  Record(nb::module_& module, const char* name, const char* doc) : class_(module, name, doc) {
    class_.def("__repr__", [](nb::handle self) { return repr_of_record(self); });
    class_.def(
        "as_dict", [](nb::handle self) { return dict_of_record(self); },
        nb::sig("def as_dict(self) -> dict[str, typing.Any]"),
        "All of it as a dict, what is in it too: of plain values, and datetimes.");
  }
  ~Record() { class_.attr("_fields") = nb::tuple(names_); }
  Record(const Record&) = delete;
  Record& operator=(const Record&) = delete;

  template <typename Value>
  Record& field(const char* name, Value Struct::* member, const char* doc) {
    class_.def_ro(name, member, doc);
    names_.append(name);
    return *this;
  }

  // made(const Struct&)
  template <typename Made, typename... Extra>
  Record& field(const char* name, Made made, const Extra&... extra)
    requires(!std::is_member_object_pointer_v<Made>)
  {
    class_.def_prop_ro(name, made, extra...);
    names_.append(name);
    return *this;
  }

  // What is no part of what it is: methods, and properties that are worked out.
  nb::class_<Struct>& also() { return class_; }

 private:
  nb::class_<Struct> class_;
  nb::list names_;
};

}  // namespace penstock::python
