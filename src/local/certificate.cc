#include "local/certificate.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <memory>
#include <string>

#include "local/state.h"
#include "penstock/error.h"

namespace penstock::local {
namespace {

namespace fs = std::filesystem;

constexpr long kDay = 24L * 60 * 60;
constexpr long kYears = 10L * 365 * kDay;

template <auto release>
struct Freed {
  template <typename T>
  void operator()(T* thing) const noexcept {
    release(thing);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION_free>>;
using Text = std::unique_ptr<BIO, Freed<BIO_free_all>>;

void require(bool done, const char* act) {
  if (done) return;
  const char* reason = ERR_reason_error_string(ERR_get_error());
  throw Error(ErrorKind::internal,
              fmt::format("OpenSSL could not {} for a certificate: {}", act, reason == nullptr ? "no reason" : reason));
}

Key make_key() {
  Key key(EVP_EC_gen("P-256"));
  require(key != nullptr, "make a key");
  return key;
}

void extend(X509* certificate, X509* issuer, int what, const std::string& value) {
  X509V3_CTX context{};
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, what, value.c_str()));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1, "add an extension");
}

// All that the two certificates have in common, but for the signature.
Certificate draft(const std::string& name, EVP_PKEY* key) {
  Certificate made(X509_new());
  require(made != nullptr, "find memory");
  X509_set_version(made.get(), X509_VERSION_3);
  std::array<unsigned char, 16>
      serial{};  // of an authority's certificates no two may have the same, nor guessable ones
  require(RAND_bytes(serial.data(), serial.size()) == 1, "make a number");
  serial[0] &= 0x7f;
  const std::unique_ptr<BIGNUM, Freed<BN_free>> number(BN_bin2bn(serial.data(), serial.size(), nullptr));
  require(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(made.get())) != nullptr, "set a number");
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -kDay);  // clocks differ
  X509_gmtime_adj(X509_getm_notAfter(made.get()), kYears);
  require(X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0) == 1,
          "set a name");
  require(X509_set_pubkey(made.get(), key) == 1, "set a key");
  return made;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  require(X509_set_issuer_name(certificate, X509_get_subject_name(issuer)) == 1, "name the issuer");
  extend(certificate, issuer, NID_subject_key_identifier, "hash");
  extend(certificate, issuer, NID_authority_key_identifier, "keyid:always");
  require(X509_sign(certificate, key, EVP_sha256()) > 0, "sign");
}

std::string text_of(BIO* bio) {
  char* bytes = nullptr;
  const auto count = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(count)};
}

std::string pem(X509* certificate) {
  const Text out(BIO_new(BIO_s_mem()));
  require(out != nullptr && PEM_write_bio_X509(out.get(), certificate) == 1, "write");
  return text_of(out.get());
}

std::string pem(EVP_PKEY* key) {
  const Text out(BIO_new(BIO_s_secmem()));
  require(out != nullptr && PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1,
          "write the key");
  return text_of(out.get());
}

void make(const CertificateFiles& files) {
  const Key authority_key = make_key();
  const Certificate authority = draft("penstock local, for this folder alone", authority_key.get());
  extend(authority.get(), authority.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  extend(authority.get(), authority.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  sign(authority.get(), authority.get(), authority_key.get());

  const Key key = make_key();
  const Certificate server = draft("localhost", key.get());
  extend(server.get(), authority.get(), NID_basic_constraints, "critical,CA:FALSE");
  extend(server.get(), authority.get(), NID_key_usage, "critical,digitalSignature");
  extend(server.get(), authority.get(), NID_ext_key_usage, "serverAuth");
  extend(server.get(), authority.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
  sign(server.get(), authority.get(), authority_key.get());

  write_private_file(files.key, pem(key.get()));
  write_private_file(files.certificate, pem(server.get()));
  write_private_file(files.root, pem(authority.get()));
}

}  // namespace

CertificateFiles certificate_files(const fs::path& folder) {
  return {.root = folder / "root.crt", .certificate = folder / "server.crt", .key = folder / "server.key"};
}

CertificateFiles ensure_certificate(const fs::path& folder) {
  const auto files = certificate_files(folder);
  // The root is written last: where it is, the others are.
  if (!fs::exists(files.root) || !fs::exists(files.certificate) || !fs::exists(files.key)) make(files);
  return files;
}

}  // namespace penstock::local
