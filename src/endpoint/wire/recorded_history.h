// History in the system tables, through the endpoint's Recorder.
#pragma once

#include "endpoint/wire/history.h"

namespace penstock::endpoint {

class RecordedHistory : public History {
 public:
  explicit RecordedHistory(Recorder& recorder) : recorder_(recorder) {}
  std::int64_t next_query() override { return recorder_.next_query(); }
  std::int64_t next_transaction() override { return recorder_.next_transaction(); }
  std::int64_t table_number(const std::string& schema, const std::string& table) override {
    return recorder_.table_number(schema, table);
  }
  void record(StatementRecord statement) override { recorder_.record(std::move(statement)); }
  void record_copy(const StatementRecord& statement, const CopyStatement& copy, const TargetTable& target,
                   const CopyReport& report) override {
    recorder_.record_copy(statement, copy, target, report);
  }
  void record_unload(const StatementRecord& statement, const UnloadStatement& unload,
                     const UnloadReport& report) override {
    recorder_.record_unload(statement, unload, report);
  }
  Activity& activity() override { return recorder_.activity(); }
  void publish_activity() override { recorder_.publish_activity(); }
  void flush() override { recorder_.flush(); }

 private:
  Recorder& recorder_;
};

}  // namespace penstock::endpoint
