#include "local/certificate.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace penstock::local {
namespace {

namespace fs = std::filesystem;

class CertificateTest : public ::testing::Test {
 protected:
  ~CertificateTest() override { fs::remove_all(folder_); }
  fs::path folder_ = [] {
    std::string name = fs::temp_directory_path() / "penstock-certificate-XXXXXX";
    return fs::path(mkdtemp(name.data()));
  }();
};

std::string content(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::shared_ptr<X509> read_certificate(const fs::path& file) {
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> in(BIO_new_file(file.c_str(), "r"), &BIO_free_all);
  return {PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), &X509_free};
}

// As strict as the strictest of clients.
std::string verified(X509* certificate, X509* root, const std::string& address) {
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> trusted(X509_STORE_new(), &X509_STORE_free);
  X509_STORE_add_cert(trusted.get(), root);
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(X509_STORE_CTX_new(),
                                                                              &X509_STORE_CTX_free);
  X509_STORE_CTX_init(check.get(), trusted.get(), certificate, nullptr);
  auto* const how = X509_STORE_CTX_get0_param(check.get());
  X509_VERIFY_PARAM_set_flags(how, X509_V_FLAG_X509_STRICT);
  X509_VERIFY_PARAM_set_purpose(how, X509_PURPOSE_SSL_SERVER);
  if (address.find_first_not_of("0123456789.:") == std::string::npos) {
    X509_VERIFY_PARAM_set1_ip_asc(how, address.c_str());
  } else {
    X509_VERIFY_PARAM_set1_host(how, address.c_str(), address.size());
  }
  return X509_verify_cert(check.get()) == 1 ? "ok"
                                            : X509_verify_cert_error_string(X509_STORE_CTX_get_error(check.get()));
}

TEST_F(CertificateTest, ProvesThisMachineToWhoTrustsTheRoot) {
  const auto files = ensure_certificate(folder_);
  const auto certificate = read_certificate(files.certificate);
  const auto root = read_certificate(files.root);
  for (const auto* address : {"localhost", "127.0.0.1", "::1"}) {
    EXPECT_EQ(verified(certificate.get(), root.get(), address), "ok") << address;
  }
  EXPECT_NE(verified(certificate.get(), root.get(), "example.com"), "ok");
}

TEST_F(CertificateTest, IsAnotherFoldersNever) {
  const auto files = ensure_certificate(folder_);
  fs::create_directory(folder_ / "other");
  const auto other = ensure_certificate(folder_ / "other").root;
  const auto certificate = read_certificate(files.certificate);
  EXPECT_NE(verified(certificate.get(), read_certificate(other).get(), "localhost"), "ok");
}

TEST_F(CertificateTest, IsMadeOnce) {
  const auto files = ensure_certificate(folder_);
  const auto before = content(files.certificate) + content(files.key) + content(files.root);
  ensure_certificate(folder_);
  EXPECT_EQ(content(files.certificate) + content(files.key) + content(files.root), before);
  fs::remove(files.root);
  ensure_certificate(folder_);
  EXPECT_EQ(verified(read_certificate(files.certificate).get(), read_certificate(files.root).get(), "localhost"), "ok")
      << "a part of them is none of them";
}

TEST_F(CertificateTest, ItsKeyIsItsOwnersAlone) {
  const auto files = ensure_certificate(folder_);
  EXPECT_EQ(fs::status(files.key).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

}  // namespace
}  // namespace penstock::local
