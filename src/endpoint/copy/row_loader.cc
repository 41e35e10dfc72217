#include "endpoint/copy/row_loader.h"

namespace penstock::endpoint {

void ParsedChunk::clear() noexcept {
  rows.clear();
  loaded = rejected = lines = 0;
  errors.clear();
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
    return reject(out, LoadErrorCode::extra_columns, "Extra column(s) found", record, line);
  }
  if (fields.size() < columns_.size() && !fill_record_) {
    if (record.empty()) return reject(out, LoadErrorCode::empty_line, "Input line has no data", record, line);
    return reject(out, LoadErrorCode::bad_delimiter, "Delimiter not found", record, line);
  }
  std::size_t room = fixed_room_;
  for (const Field& field : fields) room += field.value.size();
  out.rows.begin_row(static_cast<std::int16_t>(columns_.size()), room);
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const bool there = i < fields.size();
    if (there ? put(out.rows, columns_[i], fields[i]) : writer_.put_missing(out.rows, columns_[i])) continue;
    out.rows.drop_row();
    const Field missing{.value = {}, .raw = {}, .position = static_cast<std::int32_t>(record.size())};
    return reject_field(out, columns_[i], there ? fields[i] : missing, record, line);
  }
  ++out.loaded;
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

void RowLoader::reject_field(ParsedChunk& out, const LoadColumn& column, const Field& field, std::string_view record,
                             std::uint64_t line) {
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
