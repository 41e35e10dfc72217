#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings.h"
#include "penstock/error.h"
#include "penstock/query.h"
#include "session.h"

namespace penstock::python {
namespace {

// As databases.py makes it: (kind, text or items, type).
QueryValue value_of(nb::handle given) {
  static constexpr std::array<std::pair<std::string_view, QueryValue::Kind>, 5> kKinds = {
      {{"null", QueryValue::Kind::null},
       {"number", QueryValue::Kind::number},
       {"text", QueryValue::Kind::text},
       {"list", QueryValue::Kind::list},
       {"array", QueryValue::Kind::array}}};
  static constexpr std::array<std::pair<std::string_view, QueryValue::Type>, 8> kTypes = {
      {{"none", QueryValue::Type::none},
       {"date", QueryValue::Type::date},
       {"time", QueryValue::Type::time},
       {"timestamp", QueryValue::Type::timestamp},
       {"timestamptz", QueryValue::Type::timestamptz},
       {"interval", QueryValue::Type::interval},
       {"numeric", QueryValue::Type::numeric},
       {"float8", QueryValue::Type::float8}}};
  const auto named = [](const auto& all, nb::handle name) {
    const auto text = nb::cast<std::string>(name);
    for (const auto& [known, value] : all) {
      if (known == text) return value;
    }
    throw Error(ErrorKind::internal, "there is no such value in a statement");
  };
  const auto parts = nb::cast<nb::tuple>(given);
  QueryValue value{.kind = named(kKinds, parts[0]), .type = named(kTypes, parts[2])};
  if (value.kind == QueryValue::Kind::list || value.kind == QueryValue::Kind::array) {
    for (const nb::handle item : nb::iter(parts[1])) value.items.push_back(value_of(item));
  } else {
    value.text = nb::cast<std::string>(parts[1]);
  }
  return value;
}

// None; a list; or a dict.
std::optional<QueryValues> values_of(nb::handle given) {
  if (given.is_none()) return std::nullopt;
  QueryValues values;
  if (nb::isinstance<nb::dict>(given)) {
    for (const auto& [name, value] : nb::borrow<nb::dict>(given)) {
      values.by_name.emplace(nb::cast<std::string>(name), value_of(value));
    }
  } else {
    for (const nb::handle value : nb::iter(given)) values.by_place.push_back(value_of(value));
  }
  return values;
}

// Rows as the server said them, until they are made Python's.
struct TextRows {
  struct Value {
    std::size_t start = 0;
    std::size_t length = 0;
    bool is_null = false;
  };
  std::string text;
  std::vector<Value> values;
  std::size_t rows = 0;
  bool is_end = false;
};

// What a value of a column is made.
class Converters {
 public:
  explicit Converters(nb::dict by_type) : by_type_(std::move(by_type)) {}

  [[nodiscard]] nb::object made(const QueryColumn& column, std::string_view text) const {
    switch (column.type) {
      case 16:
        return nb::bool_(text == "t");
      case 20:
      case 21:
      case 23:
      case 26:
        if (const auto number = read<std::int64_t>(text)) return nb::int_(*number);
        break;
      case 700:
      case 701:
        return nb::float_(nb::str(text.data(), text.size()));
      default:
        break;
    }
    nb::object as_text = nb::str(text.data(), text.size());
    const nb::object type = nb::int_(column.type);
    if (!by_type_.contains(type)) return as_text;
    try {
      return by_type_[type](as_text);
    } catch (nb::python_error& e) {
      if (!e.matches(PyExc_ValueError) && !e.matches(PyExc_ArithmeticError)) throw;
      throw Error(ErrorKind::refused, "column " + column.name + ": Python has no value for '" + std::string(text) +
                                          "': cast it to varchar in the query to have it as text");
    }
  }

 private:
  template <typename Number>
  static std::optional<Number> read(std::string_view text) {
    Number number{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
  }

  nb::dict by_type_;
};

// A session, from its opening to its close.
class Statements {
 public:
  Statements(const std::string& uri, nb::dict converters) : converters_(std::move(converters)) {
    Problems problems;
    QueryServer server;
    collect(problems, [&] {
      if (uri.starts_with("redshift:")) {
        server = connection_config(uri, process_environment);
      } else {
        server = parse_server_uri(uri);
      }
    });
    require_none(problems);
    call_.run([&] { session_ = std::make_unique<QuerySession>(server, call_.log(), call_.stop()); });
  }

  std::string execute(const std::string& text, nb::handle values) {
    const auto bound = values_of(values);
    return call_.run([&] { return session().execute(text, bound); });
  }

  void execute_together(const nb::list& texts) {
    std::vector<QuerySession::BoundText> all;
    for (const nb::handle one : texts) {
      const auto pair = nb::cast<nb::tuple>(one);
      all.push_back({nb::cast<std::string>(pair[0]), values_of(pair[1])});
    }
    call_.run([&] { session().execute_together(all); });
  }

  void query(const std::string& text, nb::handle values) {
    const auto bound = values_of(values);
    at_end_ = false;
    call_.run([&] { session().query(text, bound); });
  }

  // None at the end of all. Of one statement's rows only, should several give some.
  nb::object fetch_some(std::size_t most) {
    if (at_end_) return nb::none();
    const TextRows some = call_.run([&] { return taken(most); });
    at_end_ = some.is_end;
    if (some.rows == 0) return nb::none();
    nb::list rows;
    std::size_t at = 0;
    for (std::size_t r = 0; r < some.rows; ++r) {
      const auto row = nb::steal<nb::tuple>(PyTuple_New(static_cast<Py_ssize_t>(columns_.size())));
      for (std::size_t c = 0; c < columns_.size(); ++c, ++at) {
        const auto& value = some.values[at];
        nb::object made =
            value.is_null
                ? nb::none()
                : converters_.made(columns_[c], std::string_view(some.text).substr(value.start, value.length));
        PyTuple_SET_ITEM(row.ptr(), static_cast<Py_ssize_t>(c), made.release().ptr());
      }
      rows.append(row);
    }
    return rows;
  }

  [[nodiscard]] nb::list columns() const {
    nb::list all;
    for (const QueryColumn& column : columns_) all.append(nb::make_tuple(column.name, column.type));
    return all;
  }
  [[nodiscard]] std::size_t results() const noexcept { return results_; }

  void close() {
    if (!session_) return;
    const nb::gil_scoped_release without_gil;
    session_.reset();
  }

 private:
  QuerySession& session() {
    if (!session_) throw Error(ErrorKind::invalid, "the session was closed");
    return *session_;
  }

  TextRows taken(std::size_t most) {
    constexpr std::size_t kMostBytes = std::size_t{16} << 20;
    TextRows some;
    if (ahead_) {
      begin_result();
      add(some);
    }
    ahead_ = false;
    while (some.rows < most && some.text.size() < kMostBytes) {
      if (!session().next()) {
        if (some.rows == 0) begin_result();  // of none, too, there are columns
        some.is_end = session().results() == results_;
        break;
      }
      if (some.rows == 0) {
        begin_result();
      } else if (session().results() != results_) {
        ahead_ = true;
        break;
      }
      add(some);
    }
    return some;
  }

  void begin_result() {
    results_ = session().results();
    columns_ = session().columns();
  }

  void add(TextRows& some) {
    for (std::size_t c = 0; c < columns_.size(); ++c) {
      const auto value = session().value(c);
      some.values.push_back({.start = some.text.size(), .length = value ? value->size() : 0, .is_null = !value});
      if (value) some.text += *value;
    }
    ++some.rows;
  }

  Call call_;
  Converters converters_;
  std::unique_ptr<QuerySession> session_;  // after the call, which it logs to
  std::vector<QueryColumn> columns_;
  std::size_t results_ = 0;
  bool ahead_ = false;  // the session stands at a row that was not taken
  bool at_end_ = true;
};

}  // namespace

void bind_query(nb::module_& module) {
  nb::class_<Statements>(module, "Statements", "A session on a Redshift cluster or a PostgreSQL server.")
      .def(
          nb::init<const std::string&, nb::dict>(), nb::arg("uri"), nb::arg("converters"),
          nb::sig("def __init__(self, uri: str, converters: dict[int, collections.abc.Callable[[str], typing.Any]]) -> "
                  "None"))
      .def("execute", &Statements::execute, nb::arg("text"), nb::arg("values").none(),
           nb::sig("def execute(self, text: str, values: typing.Any) -> str"))
      .def("execute_together", &Statements::execute_together, nb::arg("texts"),
           nb::sig("def execute_together(self, texts: list[tuple[str, typing.Any]]) -> None"))
      .def("query", &Statements::query, nb::arg("text"), nb::arg("values").none(),
           nb::sig("def query(self, text: str, values: typing.Any) -> None"))
      .def("fetch_some", &Statements::fetch_some, nb::arg("most"),
           nb::sig("def fetch_some(self, most: int) -> list[tuple[typing.Any, ...]] | None"))
      .def_prop_ro("columns", &Statements::columns, nb::sig("def columns(self) -> list[tuple[str, int]]"))
      .def_prop_ro("results", &Statements::results)
      .def("close", &Statements::close)
      .def(
          "__enter__", [](nb::handle self) { return nb::borrow(self); }, nb::sig("def __enter__(self) -> Statements"))
      .def(
          "__exit__", [](Statements& self, const nb::args&) { self.close(); },
          nb::sig("def __exit__(self, *exception: object) -> None"));
}

}  // namespace penstock::python
