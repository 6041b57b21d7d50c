// OpenSSL's part of `vigild init`. The certificate shows what any operator's own would show: no word of Vigil in it.
#include "server/tls_files.hpp"

#include <arpa/inet.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

namespace vigil::server {
namespace {

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* made) const {
    Free(made);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<&EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freed<&X509_free>>;
using Memory = std::unique_ptr<BIO, Freed<&BIO_free_all>>;
using Big = std::unique_ptr<BIGNUM, Freed<&BN_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Freed<&X509_EXTENSION_free>>;

std::string content(BIO* memory) {
  char* data = nullptr;
  const long length = BIO_get_mem_data(memory, &data);
  return length > 0 ? std::string(data, static_cast<std::size_t>(length)) : std::string();
}

bool is_ip(const std::string& host) {
  std::array<unsigned char, 16> out{};
  return inet_pton(AF_INET, host.c_str(), out.data()) == 1 || inet_pton(AF_INET6, host.c_str(), out.data()) == 1;
}

bool extend(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  const Big serial(BN_new());
  return serial && BN_rand(serial.get(), 159, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
         BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::string& host, std::uint64_t now_s) {
  constexpr std::int64_t ten_years_s = 3650LL * 86'400;
  const auto now = static_cast<std::int64_t>(now_s);
  X509_NAME* name = X509_get_subject_name(certificate);
  const auto* text = reinterpret_cast<const unsigned char*>(host.data());
  // A common name holds at most 64 bytes; longer hosts stand in the alternative name only.
  const int length = static_cast<int>(std::min<std::size_t>(host.size(), 64));
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), now) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), now + ten_years_s) != nullptr &&
         X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, text, length, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         extend(certificate, NID_subject_key_identifier, "hash") &&
         extend(certificate, NID_authority_key_identifier, "keyid:always") &&
         extend(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         extend(certificate, NID_subject_alt_name, (is_ip(host) ? "IP:" : "DNS:") + host) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

std::expected<std::string, std::string> make_tls_key() {
  const Key key(EVP_EC_gen("P-256"));
  const Memory out(BIO_new(BIO_s_secmem()));
  if (!key || !out || PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return std::unexpected("OpenSSL cannot make a TLS key here.");
  return content(out.get());
}

std::expected<std::string, std::string> make_certificate(const std::string& key_pem, const std::string& host,
                                                         std::uint64_t now_s) {
  const Memory in(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  const Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr));
  const Certificate certificate(X509_new());
  const Memory out(BIO_new(BIO_s_mem()));
  if (!key || !certificate || !out || !fill(certificate.get(), key.get(), host, now_s) ||
      PEM_write_bio_X509(out.get(), certificate.get()) != 1)
    return std::unexpected("OpenSSL cannot make a certificate for this host name.");
  return content(out.get());
}

std::expected<CertificateFacts, std::string> certificate_facts(const std::filesystem::path& file) {
  const Memory in(BIO_new_file(file.c_str(), "re"));
  if (!in) return std::unexpected(file.string() + " cannot be read.");
  const Certificate certificate(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  std::tm from{}, until{};
  if (!certificate || ASN1_TIME_to_tm(X509_get0_notBefore(certificate.get()), &from) != 1 ||
      ASN1_TIME_to_tm(X509_get0_notAfter(certificate.get()), &until) != 1)
    return std::unexpected(file.string() + " holds no certificate in PEM form.");
  const bool itself = X509_NAME_cmp(X509_get_issuer_name(certificate.get()), X509_get_subject_name(certificate.get())) == 0;
  return CertificateFacts{itself, ::timegm(&from), ::timegm(&until)};
}

}  // namespace vigil::server
