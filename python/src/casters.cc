#include "casters.h"

namespace penstock::python {

nb::object to_datetime(std::int64_t micros_since_1970) {
  const nb::module_ datetime = nb::module_::import_("datetime");
  const nb::object epoch = datetime.attr("datetime")(1970, 1, 1, 0, 0, 0, 0, datetime.attr("timezone").attr("utc"));
  return epoch + datetime.attr("timedelta")(0, 0, micros_since_1970);
}

nb::object to_text(std::string_view bytes) {
  nb::object text =
      nb::steal(PyUnicode_DecodeUTF8(bytes.data(), static_cast<Py_ssize_t>(bytes.size()), "backslashreplace"));
  if (!text.is_valid()) throw nb::python_error();
  return text;
}

}  // namespace penstock::python
