#include "penstock/error.h"

namespace penstock {

int exit_code(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::invalid:
      return 2;
    case ErrorKind::in_doubt:
      return 3;
    case ErrorKind::conflict:
      return 4;
    case ErrorKind::busy:
      return 5;
    case ErrorKind::cancelled:
      return 128 + 2;
    case ErrorKind::not_found:
    case ErrorKind::denied:
    case ErrorKind::refused:
    case ErrorKind::unavailable:
    case ErrorKind::internal:
      break;
  }
  return 1;
}

}  // namespace penstock
