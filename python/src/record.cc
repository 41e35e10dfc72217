#include "record.h"

#include <fmt/format.h>

namespace penstock::python {
namespace {

constexpr std::size_t kShown = 3;  // of a list, in a repr

bool is_record(nb::handle value) { return nb::hasattr(value, "_fields") && nb::hasattr(value, "as_dict"); }

std::string repr_of(nb::handle value) {
  if (!nb::isinstance<nb::list>(value)) return nb::cast<std::string>(nb::repr(value));
  std::string text;
  const std::size_t size = nb::len(value);
  for (std::size_t i = 0; i < std::min(size, kShown); ++i) {
    text += (i == 0 ? "" : ", ") + repr_of(nb::borrow<nb::list>(value)[i]);
  }
  if (size > kShown) text += fmt::format(", and {} more", size - kShown);
  return "[" + text + "]";
}

nb::object plain(nb::handle value) {
  if (is_record(value)) return dict_of_record(value);
  if (nb::isinstance<nb::list>(value)) {
    nb::list all;
    for (const nb::handle one : nb::borrow<nb::list>(value)) all.append(plain(one));
    return all;
  }
  if (nb::isinstance<nb::dict>(value)) {
    nb::dict all;
    for (const auto& [key, one] : nb::borrow<nb::dict>(value)) all[key] = plain(one);
    return all;
  }
  if (nb::isinstance(value, nb::module_::import_("enum").attr("Enum"))) return value.attr("name");
  return nb::borrow(value);
}

}  // namespace

std::string repr_of_record(nb::handle record) {
  std::string text;
  for (const nb::handle name : nb::iter(record.attr("_fields"))) {
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", nb::cast<std::string>(nb::str(name)),
                        repr_of(nb::getattr(record, name)));
  }
  return fmt::format("{}({})", nb::cast<std::string>(record.type().attr("__name__")), text);
}

nb::dict dict_of_record(nb::handle record) {
  nb::dict all;
  for (const nb::handle name : nb::iter(record.attr("_fields"))) all[name] = plain(nb::getattr(record, name));
  return all;
}

}  // namespace penstock::python
