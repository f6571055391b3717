#include "net/certificates.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <memory>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ip_address.hpp"
#include "net/freed_by.hpp"

namespace dip::net {
namespace {

void free_certificates(STACK_OF(X509) * all) { sk_X509_pop_free(all, X509_free); }

using bio = std::unique_ptr<BIO, freed_by<BIO_free_all>>;
using certificate_ptr = std::unique_ptr<X509, freed_by<X509_free>>;
using certificate_list = std::unique_ptr<STACK_OF(X509), freed_by<free_certificates>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY_free>>;
using store_ptr = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;
using verification = std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>>;
using extension = std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>>;

constexpr std::time_t a_day = 24 * 60 * 60;

std::string last_words() {
  char text[256] = "";
  ERR_error_string_n(ERR_peek_last_error(), text, sizeof text);
  ERR_clear_error();
  return text;
}

tl::unexpected<error> openssl_failed(const std::string& what) {
  return fail(errc::io, what + ": " + last_words());
}

// Only what is signed is read: a file of this program's own, in one piece.
result<bio> open_pem(const std::string& file) {
  ERR_clear_error();
  bio in{BIO_new_file(file.c_str(), "r")};
  if (!in) {
    const std::string why = std::strerror(errno);
    ERR_clear_error();
    return fail(errc::io, file + " cannot be read: " + why);
  }
  return in;
}

result<certificate_list> read_certificates(const std::string& file) {
  auto in = open_pem(file);
  if (!in) return tl::make_unexpected(in.error());
  certificate_list all{sk_X509_new_null()};
  while (X509* one = PEM_read_bio_X509(in->get(), nullptr, nullptr, nullptr)) sk_X509_push(all.get(), one);
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  if (sk_X509_num(all.get()) == 0) {
    ERR_clear_error();
    return fail(errc::io, file + " holds no certificate in PEM");
  }
  if (!at_end) return openssl_failed(file + " holds a damaged certificate");
  ERR_clear_error();
  return all;
}

int no_passphrase(char* /*out*/, int /*size*/, int /*writing*/, void* /*mine*/) { return -1; }

result<key_ptr> read_key(const std::string& file) {
  auto in = open_pem(file);
  if (!in) return tl::make_unexpected(in.error());
  key_ptr key{PEM_read_bio_PrivateKey(in->get(), nullptr, no_passphrase, nullptr)};
  if (!key) {
    ERR_clear_error();
    return fail(errc::io, file + " holds no private key in PEM, or one with a passphrase");
  }
  return key;
}

std::time_t seconds_of(const ASN1_TIME* t) {
  std::tm parts{};
  return ASN1_TIME_to_tm(t, &parts) == 1 ? ::timegm(&parts) : 0;
}

wall_time wall_of(const ASN1_TIME* t) { return wall_time{std::chrono::seconds{seconds_of(t)}}; }

bool add_extension(X509* to, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, to, nullptr, nullptr, 0);
  const extension e{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  return e && X509_add_ext(to, e.get(), -1) == 1;
}

bool set_name(X509* of, const std::string& name) {
  return X509_NAME_add_entry_by_txt(X509_get_subject_name(of), "CN", MBSTRING_UTF8,
                                    reinterpret_cast<const unsigned char*>(name.data()),
                                    static_cast<int>(name.size()), -1, 0) == 1;
}

bool set_serial(X509* of) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  bytes[0] &= 0x7f;  // positive, as RFC 5280, section 4.1.2.2, has it
  const std::unique_ptr<BIGNUM, freed_by<BN_free>> number{BN_bin2bn(bytes, sizeof bytes, nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(of));
}

// What the value of subjectAltName would take for its own syntax is no name of a host.
std::optional<std::string> alternative_names(const std::vector<std::string>& hosts) {
  std::string out;
  for (const auto& host : hosts) {
    const bool address = parse_ip(host).has_value();
    const auto fits = [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '.' || c == '_'; };
    if (!address && (host.empty() || host.size() > 253 || !std::all_of(host.begin(), host.end(), fits)))
      return std::nullopt;
    out += (out.empty() ? "" : ",") + std::string{address ? "IP:" : "DNS:"} + host;
  }
  return out;
}

struct made {
  certificate_ptr certificate;
  key_ptr key;
};

// All but extensions and signature.
result<made> begin(const certificate_spec& spec, X509* issuer) {
  ERR_clear_error();
  made m{certificate_ptr{X509_new()}, key_ptr{EVP_EC_gen("P-256")}};
  if (!m.certificate || !m.key) return openssl_failed("a key cannot be made");
  auto* c = m.certificate.get();
  const auto now = std::time(nullptr);
  auto end = now + static_cast<std::time_t>(spec.valid.count() / 1000);
  if (issuer) end = std::min(end, seconds_of(X509_get0_notAfter(issuer)));
  const bool good = X509_set_version(c, X509_VERSION_3) == 1 && set_serial(c) && set_name(c, spec.name) &&
                    X509_set_issuer_name(c, X509_get_subject_name(issuer ? issuer : c)) == 1 &&
                    ASN1_TIME_set(X509_getm_notBefore(c), now - a_day) &&
                    ASN1_TIME_set(X509_getm_notAfter(c), end) && X509_set_pubkey(c, m.key.get()) == 1;
  if (!good) return openssl_failed("the certificate of " + spec.name + " cannot be made");
  return m;
}

std::string pem_of(X509* certificate) {
  const bio out{BIO_new(BIO_s_mem())};
  if (!out || PEM_write_bio_X509(out.get(), certificate) != 1) return {};
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

std::string pem_of(EVP_PKEY* key) {
  const bio out{BIO_new(BIO_s_secmem())};
  if (!out || PEM_write_bio_PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr) != 1) return {};
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(out.get(), &bytes);
  return {bytes, static_cast<size_t>(size)};
}

// A file that was not there before, and is not there afterwards unless it is `kept`.
class new_file {
public:
  new_file(std::string path, mode_t mode)
      : path_(std::move(path)),
        fd_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)),
        why_(errno) {}
  new_file(const new_file&) = delete;
  new_file& operator=(const new_file&) = delete;
  ~new_file() {
    if (fd_ < 0) return;
    ::close(fd_);
    if (!kept_) ::unlink(path_.c_str());
  }

  result<void> opened() const {
    if (fd_ >= 0) return {};
    if (why_ == EEXIST) return fail(errc::conflict, path_ + " is there already, and is not overwritten");
    return fail(errc::io, path_ + " cannot be written: " + std::strerror(why_));
  }
  result<void> write(const std::string& bytes) {
    if (::write(fd_, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(fd_) == 0)
      return {};
    return fail(errc::io, path_ + " cannot be written: " + std::strerror(errno));
  }
  result<void> keep() {
    const auto slash = path_.rfind('/');
    const auto directory = slash == std::string::npos ? std::string{"."} : path_.substr(0, slash + 1);
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const bool synced = fd >= 0 && ::fsync(fd) == 0;
    const std::string why = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    if (!synced) return fail(errc::io, directory + " cannot be synced: " + why);
    kept_ = true;
    return {};
  }

private:
  std::string path_;
  int fd_;
  int why_;
  bool kept_ = false;
};

result<void> write_both(const key_pair_files& files, const made& m) {
  const auto certificate = pem_of(m.certificate.get()), key = pem_of(m.key.get());
  if (certificate.empty() || key.empty()) return openssl_failed("a certificate cannot be written");
  new_file key_file{files.key, 0600};
  if (auto r = key_file.opened(); !r) return r;
  new_file certificate_file{files.certificate, 0644};
  if (auto r = certificate_file.opened(); !r) return r;
  if (auto r = key_file.write(key); !r) return r;
  if (auto r = certificate_file.write(certificate); !r) return r;
  if (auto r = key_file.keep(); !r) return r;
  return certificate_file.keep();
}

result<void> check_spec(const certificate_spec& spec) {
  if (spec.name.empty() || spec.name.size() > 64)
    return fail(errc::bad_request, "a certificate's name has 1 to 64 characters");
  if (spec.valid < std::chrono::seconds{1})
    return fail(errc::bad_request, "a certificate is valid for a second or more");
  return {};
}

// Whose certificate it is, for a sentence.
std::string subject_of(X509* c) {
  char name[256] = "";
  X509_NAME_get_text_by_NID(X509_get_subject_name(c), NID_commonName, name, sizeof name);
  return name;
}

std::optional<std::string> outside_validity(const std::string& file, X509* c) {
  const auto now = std::time(nullptr);
  const auto* from = X509_get0_notBefore(c);
  const auto* until = X509_get0_notAfter(c);
  const auto who = file + ": the certificate of \"" + subject_of(c) + "\" ";
  if (seconds_of(until) <= now) return who + "expired at " + to_rfc3339(wall_of(until));
  if (seconds_of(from) > now) return who + "is valid from " + to_rfc3339(wall_of(from)) + " on";
  return std::nullopt;
}

// The chain from the first certificate of `shown` to the authority, as a peer would check it.
std::optional<std::string> distrusted(const node_credentials& files, STACK_OF(X509) * shown,
                                      STACK_OF(X509) * trusted, int purpose) {
  const store_ptr store{X509_STORE_new()};
  for (int i = 0; i < sk_X509_num(trusted); ++i) X509_STORE_add_cert(store.get(), sk_X509_value(trusted, i));
  const verification v{X509_STORE_CTX_new()};
  if (!v || X509_STORE_CTX_init(v.get(), store.get(), sk_X509_value(shown, 0), shown) != 1)
    return files.certificate + " cannot be checked: " + last_words();
  X509_STORE_CTX_set_purpose(v.get(), purpose);
  if (X509_verify_cert(v.get()) == 1) return std::nullopt;
  const auto why = X509_STORE_CTX_get_error(v.get());
  ERR_clear_error();
  if (why == X509_V_ERR_INVALID_PURPOSE || why == X509_V_ERR_INVALID_CA)
    return files.certificate + " may not be used as a " +
           (purpose == X509_PURPOSE_SSL_SERVER ? "server" : "client");
  return files.certificate + " does not come from the authority " + files.authority + ": " +
         X509_verify_cert_error_string(why);
}

std::optional<std::string> readable_by_others(const std::string& file) {
  struct stat s{};
  if (::stat(file.c_str(), &s) != 0 || (s.st_mode & 077) == 0) return std::nullopt;
  return file + " can be read by others than its owner: chmod 600";
}

}  // namespace

result<void> make_authority(const key_pair_files& files, const certificate_spec& spec) {
  if (auto good = check_spec(spec); !good) return good;
  auto m = begin(spec, nullptr);
  if (!m) return tl::make_unexpected(m.error());
  auto* c = m->certificate.get();
  const bool signed_ = add_extension(c, c, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
                       add_extension(c, c, NID_key_usage, "critical,keyCertSign,cRLSign") &&
                       add_extension(c, c, NID_subject_key_identifier, "hash") &&
                       X509_sign(c, m->key.get(), EVP_sha256()) > 0;
  if (!signed_) return openssl_failed("the authority's certificate cannot be made");
  return write_both(files, *m);
}

result<void> make_node_certificate(const key_pair_files& files, const certificate_spec& spec,
                                   const key_pair_files& authority) {
  if (auto good = check_spec(spec); !good) return good;
  const auto names = alternative_names(spec.hosts);
  if (!names)
    return fail(errc::bad_request, "a host of " + spec.name + " is neither a name nor an IP address");
  const auto issuers = read_certificates(authority.certificate);
  if (!issuers) return tl::make_unexpected(issuers.error());
  const auto key = read_key(authority.key);
  if (!key) return tl::make_unexpected(key.error());
  auto* issuer = sk_X509_value(issuers->get(), 0);
  if (X509_check_private_key(issuer, key->get()) != 1) {
    ERR_clear_error();
    return fail(errc::bad_request, authority.key + " is not the key of " + authority.certificate);
  }
  if (const auto wrong = outside_validity(authority.certificate, issuer))
    return fail(errc::bad_request, *wrong);
  auto m = begin(spec, issuer);
  if (!m) return tl::make_unexpected(m.error());
  auto* c = m->certificate.get();
  const bool signed_ = add_extension(c, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
                       add_extension(c, issuer, NID_key_usage, "critical,digitalSignature") &&
                       add_extension(c, issuer, NID_ext_key_usage, "serverAuth,clientAuth") &&
                       add_extension(c, issuer, NID_subject_key_identifier, "hash") &&
                       add_extension(c, issuer, NID_authority_key_identifier, "keyid") &&
                       (names->empty() || add_extension(c, issuer, NID_subject_alt_name, *names)) &&
                       X509_sign(c, key->get(), EVP_sha256()) > 0;
  if (!signed_) return openssl_failed("the certificate of " + spec.name + " cannot be made");
  return write_both(files, *m);
}

std::vector<std::string> check_credentials(const node_credentials& files) {
  std::vector<std::string> wrong;
  const auto shown = read_certificates(files.certificate);
  if (!shown) wrong.push_back(shown.error().detail);
  const auto key = read_key(files.key);
  if (!key) wrong.push_back(key.error().detail);
  const auto trusted = read_certificates(files.authority);
  if (!trusted) wrong.push_back(trusted.error().detail);
  if (key)
    if (auto open = readable_by_others(files.key)) wrong.push_back(std::move(*open));
  if (shown && key && X509_check_private_key(sk_X509_value(shown->get(), 0), key->get()) != 1) {
    ERR_clear_error();
    wrong.push_back(files.key + " is not the key of the certificate " + files.certificate);
  }
  if (!shown || !trusted) return wrong;
  const auto before = wrong.size();
  for (int i = 0; i < sk_X509_num(shown->get()); ++i)
    if (auto late = outside_validity(files.certificate, sk_X509_value(shown->get(), i)))
      wrong.push_back(std::move(*late));
  for (int i = 0; i < sk_X509_num(trusted->get()); ++i)
    if (auto late = outside_validity(files.authority, sk_X509_value(trusted->get(), i)))
      wrong.push_back(std::move(*late));
  if (wrong.size() > before) return wrong;
  for (const int purpose : {X509_PURPOSE_SSL_SERVER, X509_PURPOSE_SSL_CLIENT})
    if (auto not_so = distrusted(files, shown->get(), trusted->get(), purpose)) {
      // The chain's fault is the same for both purposes, and is told once.
      if (wrong.empty() || wrong.back() != *not_so) wrong.push_back(std::move(*not_so));
    }
  return wrong;
}

result<wall_time> expiry_of(const std::string& certificate) {
  const auto all = read_certificates(certificate);
  if (!all) return tl::make_unexpected(all.error());
  return wall_of(X509_get0_notAfter(sk_X509_value(all->get(), 0)));
}

}  // namespace dip::net
