#include "io/arrow_status.h"

#include <exception>
#include <new>
#include <stdexcept>

#include "base/error.h"

namespace asterism::io {

void check_arrow(const arrow::Status& status, const std::string& where) {
  if (status.ok()) return;
  std::string message = status.message();
  if (const size_t detail = message.find('\n'); detail != std::string::npos) message.resize(detail);
  // What the system said: "[errno 28] No space left on device".
  if (status.detail() != nullptr) message += ": " + status.detail()->ToString();
  const bool full = message.find("[errno 28]") != std::string::npos;
  base::data_error("{}: {}{}", where, message, full ? "; free some space or write elsewhere" : "");
}

void rethrow_as_data_error(const std::string& where) {
  try {
    throw;
  } catch (const base::DataError&) {
    throw;
  } catch (const base::UserError&) {
    throw;
  } catch (const base::CheckError&) {
    throw;
  } catch (const std::bad_alloc&) {
    base::data_error("{}: asks for more memory than there is", where);
  } catch (const std::exception& error) {
    base::data_error("{}: {}", where, error.what());
  }
}

}  // namespace asterism::io
