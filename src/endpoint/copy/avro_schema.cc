#include "endpoint/copy/avro_schema.h"

#include <nlohmann/json.hpp>

namespace penstock::endpoint {

using Json = nlohmann::json;

// Every function gives nullptr for what is no schema.
class AvroSchemaParser {
 public:
  const AvroType* parse(const Json& json, const std::string& space, int depth = 0) {
    if (depth > kMaxDepth) return nullptr;
    if (json.is_string()) return by_name(json.get_ref<const std::string&>(), space);
    if (json.is_array()) return alternatives(json, space, depth);
    if (!json.is_object()) return nullptr;
    const auto type = json.find("type");
    if (type == json.end()) return nullptr;
    if (!type->is_string()) return parse(*type, space, depth + 1);
    const auto& name = type->get_ref<const std::string&>();
    if (name == "record" || name == "error") return record(json, space, depth);
    if (name == "enum") return enumeration(json, space);
    if (name == "fixed") return fixed(json, space);
    if (name == "array") return of_one(AvroKind::array, json, "items", space, depth);
    if (name == "map") return of_one(AvroKind::map, json, "values", space, depth);
    return by_name(name, space);
  }
  std::vector<std::unique_ptr<AvroType>> types;

 private:
  static constexpr int kMaxDepth = 100;

  AvroType* add(AvroKind kind) {
    types.push_back(std::make_unique<AvroType>(AvroType{.kind = kind}));
    return types.back().get();
  }

  const AvroType* by_name(const std::string& name, const std::string& space) {
    static const std::map<std::string, AvroKind, std::less<>> kPrimitive = {
        {"null", AvroKind::null},    {"boolean", AvroKind::boolean}, {"int", AvroKind::integer},
        {"long", AvroKind::integer}, {"float", AvroKind::single},    {"double", AvroKind::real},
        {"bytes", AvroKind::bytes},  {"string", AvroKind::string}};
    if (const auto primitive = kPrimitive.find(name); primitive != kPrimitive.end()) return add(primitive->second);
    const auto known = named_.find(full_name(name, space));
    if (known != named_.end()) return known->second;
    const auto without_space = named_.find(name);
    return without_space == named_.end() ? nullptr : without_space->second;
  }

  static std::string full_name(const std::string& name, const std::string& space) {
    return space.empty() || name.find('.') != std::string::npos ? name : space + "." + name;
  }

  // Enters the type under its name, and says the space that the names inside of it are in; nullopt: it has none.
  std::optional<std::string> enter(const AvroType* type, const Json& json, const std::string& space) {
    const auto name = json.find("name");
    if (name == json.end() || !name->is_string()) return std::nullopt;
    const auto given = json.find("namespace");
    const std::string own = given != json.end() && given->is_string() ? given->get<std::string>() : space;
    const std::string full = full_name(name->get<std::string>(), own);
    named_[full] = type;
    const auto dot = full.rfind('.');
    return dot == std::string::npos ? "" : full.substr(0, dot);
  }

  const AvroType* record(const Json& json, const std::string& space, int depth) {
    AvroType* const type = add(AvroKind::record);
    const auto inside = enter(type, json, space);
    const auto fields = json.find("fields");
    if (!inside || fields == json.end() || !fields->is_array()) return nullptr;
    for (const Json& field : *fields) {
      const auto name = field.find("name"), of = field.find("type");
      if (!field.is_object() || name == field.end() || !name->is_string() || of == field.end()) return nullptr;
      const AvroType* const field_type = parse(*of, *inside, depth + 1);
      if (field_type == nullptr) return nullptr;
      type->fields.emplace_back(name->get<std::string>(), field_type);
    }
    return type;
  }

  const AvroType* enumeration(const Json& json, const std::string& space) {
    AvroType* const type = add(AvroKind::enumeration);
    const auto symbols = json.find("symbols");
    if (!enter(type, json, space) || symbols == json.end() || !symbols->is_array()) return nullptr;
    for (const Json& symbol : *symbols) {
      if (!symbol.is_string()) return nullptr;
      type->symbols.push_back(symbol.get<std::string>());
    }
    return type;
  }

  const AvroType* fixed(const Json& json, const std::string& space) {
    AvroType* const type = add(AvroKind::fixed);
    const auto size = json.find("size");
    if (!enter(type, json, space) || size == json.end() || !size->is_number_unsigned()) return nullptr;
    type->size = size->get<std::size_t>();
    return type;
  }

  const AvroType* of_one(AvroKind kind, const Json& json, const char* key, const std::string& space, int depth) {
    const auto of = json.find(key);
    if (of == json.end()) return nullptr;
    AvroType* const type = add(kind);
    type->branches.push_back(parse(*of, space, depth + 1));
    return type->branches[0] == nullptr ? nullptr : type;
  }

  const AvroType* alternatives(const Json& json, const std::string& space, int depth) {
    AvroType* const type = add(AvroKind::alternatives);
    for (const Json& branch : json) {
      type->branches.push_back(parse(branch, space, depth + 1));
      if (type->branches.back() == nullptr) return nullptr;
    }
    return type;
  }

  std::map<std::string, const AvroType*, std::less<>> named_;
};

std::optional<AvroSchema> AvroSchema::parse(std::string_view json) {
  const Json document = Json::parse(json, nullptr, false);
  if (document.is_discarded()) return std::nullopt;
  AvroSchemaParser parser;
  AvroSchema schema;
  schema.root_ = parser.parse(document, "");
  schema.types_ = std::move(parser.types);
  if (schema.root_ == nullptr) return std::nullopt;
  return schema;
}

}  // namespace penstock::endpoint
