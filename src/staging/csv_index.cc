#include "staging/csv_index.h"

#include <algorithm>
#include <array>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace penstock::staging {
namespace {

using State = CsvIndexer::State;

void index_scalar(const char* bytes, std::span<CsvBlock> blocks, const CsvDialect& dialect, State& state) {
  for (CsvBlock& block : blocks) {
    block = {};
    for (std::size_t i = 0; i < kCsvBlockBytes; ++i) {
      const char c = *bytes++;
      const std::uint64_t bit = std::uint64_t{1} << i;
      if (c == '\n') block.newlines |= bit;
      if (state.is_escaped) {
        state.is_escaped = false;
      } else if (dialect.escape && c == *dialect.escape && c != dialect.quote) {
        state.is_escaped = true;
      } else if (c == dialect.quote) {
        block.quotes |= bit;
        state.is_inside = !state.is_inside;
      } else if (!state.is_inside) {
        if (c == '\n') block.record_ends |= bit;
        if (c == dialect.delimiter) block.field_ends |= bit;
      }
      if (state.is_inside) block.inside |= bit;
    }
  }
}

#if defined(__x86_64__)

__attribute__((target("avx2"))) std::uint64_t equal(__m256i low, __m256i high, __m256i wanted) {
  const auto first = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted)));
  const auto second = static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted)));
  return (std::uint64_t{second} << 32) | first;
}

// Without escapes, what is inside quotes is the prefix sum of the quotes modulo 2: a multiplication without carries.
__attribute__((target("avx2,pclmul"))) void index_avx2(const char* bytes, std::span<CsvBlock> blocks,
                                                       const CsvDialect& dialect, State& state) {
  const __m256i newline = _mm256_set1_epi8('\n');
  const __m256i delimiter = _mm256_set1_epi8(dialect.delimiter);
  const __m256i quote = _mm256_set1_epi8(dialect.quote);
  const __m128i ones = _mm_set1_epi8(static_cast<char>(0xFF));
  std::uint64_t carry = state.is_inside ? ~std::uint64_t{0} : 0;
  for (CsvBlock& block : blocks) {
    const __m256i low = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes));
    const __m256i high = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + 32));
    bytes += kCsvBlockBytes;
    block.quotes = equal(low, high, quote);
    const __m128i quotes = _mm_set_epi64x(0, static_cast<long long>(block.quotes));
    block.inside = static_cast<std::uint64_t>(_mm_cvtsi128_si64(_mm_clmulepi64_si128(quotes, ones, 0))) ^ carry;
    carry = static_cast<std::uint64_t>(static_cast<std::int64_t>(block.inside) >> 63);
    block.newlines = equal(low, high, newline);
    block.record_ends = block.newlines & ~block.inside;
    block.field_ends = equal(low, high, delimiter) & ~block.inside;
  }
  state.is_inside = carry != 0;
}

bool has_avx2() { return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("pclmul") != 0; }

#endif

}  // namespace

CsvIndexer::CsvIndexer(const CsvDialect& dialect, Kernel kernel) : dialect_(dialect), function_(index_scalar) {
#if defined(__x86_64__)
  if (kernel == Kernel::fastest && !dialect.escape && has_avx2()) function_ = index_avx2;
#else
  static_cast<void>(kernel);
#endif
}

void CsvIndexer::index(std::string_view bytes, std::span<CsvBlock> blocks) noexcept {
  const std::size_t whole = bytes.size() / kCsvBlockBytes;
  function_(bytes.data(), blocks.first(whole), dialect_, state_);
  if (bytes.size() == whole * kCsvBlockBytes) return;
  // Behind the last byte: what is neither newline, delimiter nor quote, nor makes a state of its own.
  std::array<char, kCsvBlockBytes> last{};
  constexpr std::array<char, 4> kCandidates{'x', 'y', 'z', 'w'};
  const auto is_plain = [&](char c) { return c != dialect_.delimiter && c != dialect_.quote && c != dialect_.escape; };
  last.fill(*std::ranges::find_if(kCandidates, is_plain));
  const std::string_view rest = bytes.substr(whole * kCsvBlockBytes);
  std::ranges::copy(rest, last.begin());
  function_(last.data(), blocks.subspan(whole, 1), dialect_, state_);
  blocks[whole].inside &= (std::uint64_t{1} << rest.size()) - 1;  // not the filling, where the text ends inside
}

}  // namespace penstock::staging
