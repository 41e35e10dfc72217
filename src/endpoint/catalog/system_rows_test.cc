#include "endpoint/catalog/system_rows.h"

#include <gmock/gmock.h>

namespace penstock::endpoint {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::chrono::system_clock::time_point at(std::int64_t micros) {
  return std::chrono::system_clock::time_point(std::chrono::microseconds(micros));
}

StatementRecord statement(std::string text, Recognised::Kind kind) {
  return {.query = kind == Recognised::Kind::query ? 7 : 0,
          .transaction = 11,
          .session = 13,
          .user = "u",
          .database = "dev",
          .label = "default",
          .text = std::move(text),
          .kind = kind,
          .started = at(1'000'000),
          .finished = at(1'500'000),
          .aborted = false,
          .error = {}};
}

std::vector<std::string> tables(const std::vector<SystemRow>& rows) {
  std::vector<std::string> out;
  for (const SystemRow& row : rows) out.push_back(row.table);
  return out;
}

TEST(SystemRows, ShowAStatementInTheTableOfItsKind) {
  using Kind = Recognised::Kind;
  EXPECT_THAT(tables(statement_rows(statement("select 1", Kind::query), 10)),
              ElementsAre("stl_query", "stl_querytext", "sys_query_history", "sys_query_text"));
  EXPECT_THAT(tables(statement_rows(statement("create table t (a int)", Kind::ddl), 10)),
              ElementsAre("stl_ddltext", "sys_query_history", "sys_query_text"));
  EXPECT_THAT(tables(statement_rows(statement("COMMIT", Kind::utility), 10)),
              ElementsAre("stl_utilitytext", "sys_query_history", "sys_query_text"));
}

TEST(SystemRows, FindACommitByItsTransactionAndText) {
  const auto rows = statement_rows(statement("COMMIT", Recognised::Kind::utility), 10);
  EXPECT_EQ(rows[0].row.dump(),
            R"({"userid":10,"xid":11,"pid":13,"label":"default","starttime":"1970-01-01 00:00:01.000000",)"
            R"("endtime":"1970-01-01 00:00:01.500000","sequence":0,"text":"COMMIT"})");
}

TEST(SystemRows, CutLongTextsIntoNumberedPieces) {
  const auto rows = statement_rows(statement("select '" + std::string(450, 'x') + "'", Recognised::Kind::query), 10);
  EXPECT_THAT(tables(rows), ElementsAre("stl_query", "stl_querytext", "stl_querytext", "stl_querytext",
                                        "sys_query_history", "sys_query_text"));
  EXPECT_EQ(rows[3].row["sequence"], 2);
  EXPECT_EQ(rows[3].row["text"].get<std::string>().size(), 59U);
}

TEST(SystemRows, NoteTheVictimOfAConflict) {
  auto failed = statement("update t set a = 1", Recognised::Kind::query);
  failed.aborted = true;
  failed.error = "1023";
  failed.conflict_table = 100167;
  const auto rows = statement_rows(failed, 10);
  EXPECT_EQ(rows.back().table, "stl_tr_conflict");
  EXPECT_EQ(rows.back().row["xact_id"], 11);
  EXPECT_EQ(rows.back().row["table_id"], 100167);
}

TEST(SystemRows, ShowAnErrorOfTheEngineAndARefusedRequest) {
  auto failed = statement("copy t from 's3://b/k'", Recognised::Kind::query);
  failed.aborted = true;
  const SqlError error =
      redshift_error("S3ServiceException:Access Denied", 8001, "S3 key being read : s3://b/k", 7, "f.cpp");
  failed.error = error.what();
  failed.error_detail = error.detail;
  failed.refused = {.method = "GET", .uri = "s3://b/d/k", .words = "Access Denied"};
  const auto rows = statement_rows(failed, 10);
  ASSERT_THAT(tables(rows), ElementsAre("stl_query", "stl_querytext", "sys_query_history", "sys_query_text",
                                        "stl_error", "stl_s3client_error"));
  EXPECT_EQ(rows[4].row["errcode"], 8001);
  EXPECT_EQ(rows[4].row["file"], "f.cpp");
  EXPECT_EQ(rows[4].row["context"], "S3 key being read : s3://b/k");
  EXPECT_EQ(rows[5].row["bucket"], "b");
  EXPECT_EQ(rows[5].row["key"], "d/k");
  EXPECT_EQ(rows[5].row["error"], "Access Denied");
}

TEST(SystemRows, NameTheTypeOfAQuery) {
  for (const auto& [text, type] :
       std::vector<std::pair<std::string, std::string>>{{"/* x */ select 1", "SELECT"},
                                                        {"with a as (select 1) select 1", "SELECT"},
                                                        {"Copy t from 's3://b/k'", "COPY"},
                                                        {"create table t as select 1", "CTAS"},
                                                        {"delete from t", "OTHER"}}) {
    EXPECT_EQ(statement_rows(statement(text, Recognised::Kind::query), 10).end()[-2].row["query_type"], type) << text;
  }
}

TEST(SystemRows, TellAFailedLoadFromACompletedOne) {
  const CopyObject object{.object = "s3://b/k",
                          .size = 5,
                          .etag = "e",
                          .last_modified = {},
                          .lines = 3,
                          .rows = 2,
                          .errors = 1,
                          .started = at(0),
                          .finished = at(9)};
  const CopyError error{.object = "s3://b/k",
                        .line = 3,
                        .column = "c",
                        .type = "int4",
                        .column_length = "0",
                        .position = 4,
                        .raw_line = "1,x",
                        .raw_field_value = "x",
                        .code = 1207,
                        .reason = "Invalid digit, Value 'x', Pos 0, Type: Integer",
                        .at = at(1),
                        .fields = {{.column = "b", .type = "int4", .column_length = "0", .value = "1"},
                                   {.column = "c", .type = "int4", .column_length = "0", .value = "x"}}};
  const CopyReplacement replacement{.object = "s3://b/k", .line = 1, .column = "s", .raw_line = "0,.", .at = at(1)};
  CopyReport report{
      .failed = true, .loaded_rows = 2, .objects = {object}, .errors = {error}, .replacements = {replacement}};
  CopyStatement copy;
  copy.table = "t";
  copy.source = "s3://b/";
  copy.format = CopyFormat::csv;
  const auto load = [&] {
    return copy_rows(statement("copy", Recognised::Kind::query), 10, copy,
                     {.schema = "s", .name = "t", .oid = 99, .columns = {}}, report);
  };
  auto rows = load();
  EXPECT_THAT(tables(rows), ElementsAre("sys_load_history", "stl_load_commits", "stl_file_scan", "sys_load_detail",
                                        "stl_s3client", "stl_load_errors", "sys_load_error_detail",
                                        "stl_loaderror_detail", "stl_loaderror_detail", "stl_replacements"));
  EXPECT_EQ(rows[0].row["status"], "aborted");
  EXPECT_EQ(rows[0].row["loaded_rows"], 0);
  EXPECT_EQ(rows[0].row["file_format"], "csv");
  EXPECT_EQ(rows[1].row["file_format"], "Text");
  EXPECT_EQ(rows[4].row["bucket"], "b");
  EXPECT_EQ(rows[5].row["err_code"], 1207);
  EXPECT_EQ(rows[8].row["field"], 2);
  EXPECT_EQ(rows[8].row["value"], "x");
  EXPECT_EQ(rows[9].row["raw_line"], "0,.");
  report.failed = false;
  rows = load();
  EXPECT_EQ(rows[0].row["status"], "completed");
  EXPECT_EQ(rows[0].row["loaded_rows"], 2);
}

TEST(SystemRows, ShowWhatAnUnloadWrote) {
  const UnloadedFile file{.object = "s3://b/p0001_part_00.gz",
                          .slice = 1,
                          .rows = 5,
                          .size = 77,
                          .started = at(1'000'000),
                          .finished = at(1'200'000)};
  const UnloadReport report{.rows = 5, .files = {file}};
  UnloadStatement unload;
  unload.target = "s3://b/p";
  unload.codec = UnloadCodec::gzip;
  auto record = statement("unload", Recognised::Kind::query);
  auto rows = unload_rows(record, 10, unload, report);
  EXPECT_THAT(tables(rows), ElementsAre("sys_unload_history", "stl_unload_log", "sys_unload_detail"));
  EXPECT_EQ(rows[0].row["status"], "completed");
  EXPECT_EQ(rows[0].row["unloaded_rows"], 5);
  EXPECT_EQ(rows[0].row["compression_type"], "gzip");
  EXPECT_EQ(rows[1].row.dump(),
            R"({"userid":10,"query":7,"slice":1,"pid":13,"path":"s3://b/p0001_part_00.gz",)"
            R"("start_time":"1970-01-01 00:00:01.000000","end_time":"1970-01-01 00:00:01.200000","line_count":5,)"
            R"("transfer_size":77,"file_format":"Text","user_query_id":7,"transaction_id":11})");
  record.aborted = true;
  record.error = "why";
  rows = unload_rows(record, 10, unload, report);
  EXPECT_EQ(rows[0].row["status"], "aborted");
  EXPECT_EQ(rows[0].row["unloaded_rows"], 0) << "the statement's; what its files hold is theirs";
  EXPECT_EQ(rows[0].row["error_message"], "why");
}

TEST(SystemRows, ShowWhatASessionDoesNow) {
  SessionNow session{.statement = statement("select 1", Recognised::Kind::query), .runs = true, .in_transaction = true};
  EXPECT_THAT(tables(activity_rows(session, 10)), ElementsAre("now_transactions", "stv_recents", "stv_inflight"));
  EXPECT_EQ(activity_rows(session, 10)[2].row["label"], "") << "blank when none is set";
  session.statement.kind = Recognised::Kind::utility;
  EXPECT_THAT(tables(activity_rows(session, 10)), ElementsAre("now_transactions", "stv_recents"));
  session.runs = session.in_transaction = false;
  EXPECT_THAT(activity_rows(session, 10), IsEmpty());
  session.load = LoadState{.query = 7, .progress = {.bytes_loaded = 5, .files = 2, .percent = 50}, .at = at(1)};
  const auto rows = activity_rows(session, 10);
  ASSERT_THAT(tables(rows), ElementsAre("stv_load_state"));
  EXPECT_EQ(rows[0].row["pct_complete"], 50);
}

TEST(Storable, KeepsOnlyWhatPostgresTakes) {
  EXPECT_EQ(storable("aé😀"), "aé😀");
  EXPECT_EQ(storable(std::string_view("a\0b\xE9z\xF0\x9F", 7)), "a.b.z..");
  EXPECT_EQ(storable("aé", 2), "a") << "no half of a character";
  EXPECT_EQ(storable("abc", 2), "ab");
}

TEST(TextPieces, JoinToTheTextWithItsNewlinesShown) {
  EXPECT_THAT(text_pieces("a\nbcd", 3), ElementsAre("a\\n", "bcd"));
  EXPECT_THAT(text_pieces("ab\nc", 3), ElementsAre("ab\\", "nc"));
  EXPECT_THAT(text_pieces("aéb", 2), ElementsAre("a", "é", "b"));
  EXPECT_THAT(text_pieces("", 3), IsEmpty());
}

}  // namespace
}  // namespace penstock::endpoint
