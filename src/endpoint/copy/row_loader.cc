#include "endpoint/copy/row_loader.h"

namespace penstock::endpoint {

void ParsedChunk::clear() noexcept {
  rows.clear();
  loaded = rejected = lines = 0;
  errors.clear();
  replacements.clear();
}

void ParsedChunk::note_replacement(const LoadColumn& column, std::int64_t line, std::string raw_line) {
  if (replacements.size() == kReplacementsKept) return;
  replacements.push_back({.object = {},
                          .line = line,
                          .column = column.name,
                          .raw_line = std::move(raw_line),
                          .at = std::chrono::system_clock::now()});
}

RowLoader::RowLoader(const CopyStatement& statement, std::span<const LoadColumn> columns)
    : columns_(columns),
      writer_(statement),
      fill_record_(statement.fill_record),
      trailing_delimiter_allowed_(statement.format == CopyFormat::delimited) {
  for (const LoadColumn& column : columns) fixed_room_ += FieldWriter::room(column);
}

void RowLoader::load(ParsedChunk& out, std::span<const Field> fields, std::string_view record, std::uint64_t line) {
  if (fields.size() == columns_.size() + 1 && trailing_delimiter_allowed_ && fields.back().raw.empty()) {
    fields = fields.first(columns_.size());
  }
  if (fields.size() > columns_.size()) {
    reject(out, LoadErrorCode::extra_columns, "Extra column(s) found", record, line);
    return add_detail(out, columns_.size(), fields);
  }
  if (fields.size() < columns_.size() && !fill_record_) {
    if (record.empty()) return reject(out, LoadErrorCode::empty_line, "Input line has no data", record, line);
    reject(out, LoadErrorCode::bad_delimiter, "Delimiter not found", record, line);
    return add_detail(out, fields.size(), fields);
  }
  std::size_t room = fixed_room_;
  for (const Field& field : fields) room += field.value.size();
  out.rows.begin_row(static_cast<std::int16_t>(columns_.size()), room);
  const LoadColumn* replaced = nullptr;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const bool there = i < fields.size();
    if (there ? put(out.rows, columns_[i], fields[i]) : writer_.put_missing(out.rows, columns_[i])) {
      if (writer_.take_replaced() && replaced == nullptr) replaced = &columns_[i];
      continue;
    }
    out.rows.drop_row();
    return reject_field(out, i, fields, record, line);
  }
  ++out.loaded;
  if (replaced != nullptr) out.note_replacement(*replaced, static_cast<std::int64_t>(line), shown_raw(record));
}

void RowLoader::add_detail(ParsedChunk& out, std::size_t last, std::span<const Field> fields) const {
  if (out.errors.size() > kDetailedErrors) return;
  for (std::size_t i = 0; i < last; ++i) {
    constexpr std::size_t kMost = 1024;
    const Field field = i < fields.size() ? fields[i] : Field{.null = true};
    out.errors.back().fields.push_back({.column = columns_[i].name,
                                        .type = std::string(type_name(columns_[i].type)),
                                        .column_length = length_text(columns_[i]),
                                        .value = std::string(field.value.substr(0, kMost)),
                                        .null = field.null});
  }
}

void RowLoader::reject(ParsedChunk& out, LoadErrorCode code, std::string reason, std::string_view record,
                       std::uint64_t line) {
  ++out.rejected;
  if (out.errors.size() == ParsedChunk::kMostErrors) return;
  out.errors.push_back({.object = {},
                        .line = static_cast<std::int64_t>(line),
                        .column = {},
                        .type = {},
                        .column_length = {},
                        .position = 0,
                        .raw_line = shown_raw(record),
                        .raw_field_value = {},
                        .code = static_cast<std::int32_t>(code),
                        .reason = std::move(reason),
                        .at = std::chrono::system_clock::now()});
}

void RowLoader::reject_object(ParsedChunk& out, const FieldProblem& problem) {
  reject(out, problem.code, problem.reason, {}, 0);
}

void RowLoader::reject_field(ParsedChunk& out, std::size_t at, std::span<const Field> fields, std::string_view record,
                             std::uint64_t line) {
  const LoadColumn& column = columns_[at];
  const Field missing{.value = {}, .raw = {}, .position = static_cast<std::int32_t>(record.size())};
  const Field& field = at < fields.size() ? fields[at] : missing;
  const std::size_t kept = out.errors.size();
  const LoadErrorCode code = writer_.problem().code;
  const bool no_number = code == LoadErrorCode::bad_digit || code == LoadErrorCode::overflow;
  reject(out, column.identity && no_number ? LoadErrorCode::bad_identity : code, writer_.problem().reason, record,
         line);
  if (out.errors.size() == kept) return;
  CopyError& error = out.errors.back();
  error.column = column.name;
  error.type = type_name(column.type);
  error.column_length = length_text(column);
  error.position = field.position;
  error.raw_field_value = shown_raw(field.raw);
  add_detail(out, at + 1, fields);
}

std::string shown_raw(std::string_view bytes) {
  constexpr std::size_t kMost = 1024;
  std::string shown(bytes.substr(0, kMost));
  for (char& c : shown) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == 0 || byte >= 0x80) c = '.';
  }
  return shown;
}

}  // namespace penstock::endpoint
