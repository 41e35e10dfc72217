#include "store/faulty.h"

#include <utility>

namespace penstock {
namespace {

void run(const std::vector<Fault>& due) {
  for (const Fault& fault : due) {
    if (!fault.act) throw Error(fault.kind, fault.message);
    fault.act();
  }
}

class FaultyListing final : public ObjectListing {
 public:
  FaultyListing(std::unique_ptr<ObjectListing> inner, FaultPlan& plan, std::string prefix)
      : inner_(std::move(inner)), plan_(plan), prefix_(std::move(prefix)) {}
  std::optional<ObjectInfo> next() override {
    plan_.before(StoreCall::list_next, prefix_);
    auto object = inner_->next();
    plan_.after(StoreCall::list_next, prefix_);
    return object;
  }
  bool is_ready() override { return plan_.is_ready(*inner_); }
  void end_at(std::string_view key) override { inner_->end_at(key); }

 private:
  std::unique_ptr<ObjectListing> inner_;
  FaultPlan& plan_;
  const std::string prefix_;
};

class FaultyReader final : public ObjectReader {
 public:
  FaultyReader(std::unique_ptr<ObjectReader> inner, FaultPlan& plan, std::string key)
      : inner_(std::move(inner)), plan_(plan), key_(std::move(key)) {}
  std::size_t read(std::span<std::byte> buffer) override {
    plan_.before(StoreCall::read, key_);
    const std::size_t got = inner_->read(buffer);
    plan_.after(StoreCall::read, key_);
    return got;
  }

 private:
  std::unique_ptr<ObjectReader> inner_;
  FaultPlan& plan_;
  const std::string key_;
};

class FaultyWriter final : public ObjectWriter {
 public:
  FaultyWriter(std::unique_ptr<ObjectWriter> inner, FaultPlan& plan, std::string key)
      : inner_(std::move(inner)), plan_(plan), key_(std::move(key)) {}
  void write(std::span<const std::byte> bytes) override {
    plan_.before(StoreCall::write, key_);
    inner_->write(bytes);
    plan_.after(StoreCall::write, key_);
  }
  ObjectInfo commit() override {
    plan_.before(StoreCall::commit, key_);
    ObjectInfo object = inner_->commit();
    plan_.after(StoreCall::commit, key_);
    return object;
  }

 private:
  std::unique_ptr<ObjectWriter> inner_;
  FaultPlan& plan_;
  const std::string key_;
};

class FaultyStore final : public ObjectStore {
 public:
  FaultyStore(std::unique_ptr<ObjectStore> inner, FaultPlan& plan) : inner_(std::move(inner)), plan_(plan) {}

  [[nodiscard]] std::string uri_of(std::string_view key) const override { return inner_->uri_of(key); }

  std::optional<ObjectInfo> head(std::string_view key) override {
    return with_faults(StoreCall::head, key, [&] { return inner_->head(key); });
  }
  std::unique_ptr<ObjectListing> list(std::string_view prefix, std::string_view start_after) override {
    return with_faults(StoreCall::list, prefix, [&] {
      return std::make_unique<FaultyListing>(inner_->list(prefix, start_after), plan_, std::string(prefix));
    });
  }
  std::unique_ptr<ObjectReader> open(const ObjectInfo& object, std::optional<ByteRange> range) override {
    return with_faults(StoreCall::open, object.key,
                       [&] { return std::make_unique<FaultyReader>(inner_->open(object, range), plan_, object.key); });
  }
  std::unique_ptr<ObjectWriter> create(std::string key, CreateOptions options) override {
    return with_faults(StoreCall::create, key, [&] {
      return std::make_unique<FaultyWriter>(inner_->create(key, std::move(options)), plan_, key);
    });
  }
  ObjectInfo copy(const ObjectInfo& from, const ObjectStore& source, std::string key, CreateOptions options) override {
    const auto* faulty = dynamic_cast<const FaultyStore*>(&source);
    const ObjectStore& real_source = faulty != nullptr ? *faulty->inner_ : source;
    return with_faults(StoreCall::copy, key, [&] { return inner_->copy(from, real_source, key, std::move(options)); });
  }
  void remove(std::span<const std::string> keys, RemoveOptions options) override {
    const std::string first = keys.empty() ? std::string() : keys.front();
    with_faults(StoreCall::remove, first, [&] { inner_->remove(keys, options); });
  }
  bool remove_if_unchanged(const ObjectInfo& object) override {
    return with_faults(StoreCall::remove_if_unchanged, object.key, [&] { return inner_->remove_if_unchanged(object); });
  }
  bool removes_in_one_step(const std::string& key_to_try) override {
    return with_faults(StoreCall::removes_in_one_step, key_to_try,
                       [&] { return inner_->removes_in_one_step(key_to_try); });
  }
  std::vector<OpenUpload> open_uploads(std::string_view prefix) override {
    return with_faults(StoreCall::open_uploads, prefix, [&] { return inner_->open_uploads(prefix); });
  }
  void abort_upload(const OpenUpload& upload) override {
    with_faults(StoreCall::abort_upload, upload.key, [&] { inner_->abort_upload(upload); });
  }

 private:
  template <typename F>
  auto with_faults(StoreCall call, std::string_view key, F&& act) -> decltype(act()) {
    plan_.before(call, key);
    if constexpr (std::is_void_v<decltype(act())>) {
      std::forward<F>(act)();
      plan_.after(call, key);
    } else {
      auto result = std::forward<F>(act)();
      plan_.after(call, key);
      return result;
    }
  }

  std::unique_ptr<ObjectStore> inner_;
  FaultPlan& plan_;
};

class FaultyBuckets final : public Buckets {
 public:
  FaultyBuckets(std::unique_ptr<Buckets> inner, FaultPlan& plan) : inner_(std::move(inner)), plan_(plan) {}
  std::unique_ptr<ObjectStore> open(std::string_view bucket) override {
    return std::make_unique<FaultyStore>(inner_->open(bucket), plan_);
  }
  void create_bucket(std::string_view bucket) override {
    plan_.before(StoreCall::create_bucket, bucket);
    inner_->create_bucket(bucket);
    plan_.after(StoreCall::create_bucket, bucket);
  }

 private:
  std::unique_ptr<Buckets> inner_;
  FaultPlan& plan_;
};

bool fits(const Fault& fault, StoreCall call, std::string_view key) {
  return (fault.call == StoreCall::any || fault.call == call) && key.find(fault.key_contains) != std::string_view::npos;
}

}  // namespace

void FaultPlan::add(Fault fault) {
  state_.with([&](State& state) { state.faults.push_back({.fault = std::move(fault)}); });
}

std::vector<FaultPlan::Call> FaultPlan::calls() const {
  return state_.with([](State& state) { return state.calls; });
}

void FaultPlan::clear() {
  state_.with([](State& state) { state = {}; });
}

void FaultPlan::set_ready(std::function<bool()> ready) {
  state_.with([&](State& state) { state.ready = std::move(ready); });
}

bool FaultPlan::is_ready(ObjectListing& listing) const {
  const auto ready = state_.with([](State& state) { return state.ready; });
  return ready ? ready() : listing.is_ready();
}

void FaultPlan::before(StoreCall call, std::string_view key) {
  const auto due = state_.with([&](State& state) {
    state.calls.push_back({.call = call, .key = std::string(key)});
    std::vector<Fault> now;
    for (Planned& planned : state.faults) {
      if (!fits(planned.fault, call, key)) continue;
      ++planned.seen;
      if (planned.fault.nth != 0 && planned.fault.nth != planned.seen) continue;
      if (planned.fault.when == Fault::When::before) {
        now.push_back(planned.fault);
      } else {
        planned.due = true;
      }
    }
    return now;
  });
  run(due);
}

void FaultPlan::after(StoreCall call, std::string_view key) {
  const auto due = state_.with([&](State& state) {
    std::vector<Fault> now;
    for (Planned& planned : state.faults) {
      if (planned.due && fits(planned.fault, call, key)) {
        planned.due = false;
        now.push_back(planned.fault);
      }
    }
    return now;
  });
  run(due);
}

std::unique_ptr<Buckets> make_faulty(std::unique_ptr<Buckets> inner, FaultPlan& plan) {
  return std::make_unique<FaultyBuckets>(std::move(inner), plan);
}

}  // namespace penstock
