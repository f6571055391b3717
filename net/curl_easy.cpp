#include "net/curl_easy.hpp"

#include <algorithm>
#include <new>
#include <stdexcept>

namespace dip::net {
namespace {

// curl_global_init is not thread-safe with every TLS library: a function's static is made once, whoever comes
// first.
void init_libcurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code != CURLE_OK) throw std::runtime_error("libcurl does not start");
}

}  // namespace

curl_easy::curl_easy() {
  init_libcurl();
  handle_.reset(curl_easy_init());
  if (!handle_) throw std::bad_alloc();
  reset();
}

void curl_easy::reset() {
  curl_easy_reset(handle_.get());
  for (auto& l : lists_) l = {};
  words_ = {};
  refused_ = CURLE_OK;
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_ERRORBUFFER, words_.data());
}

void curl_easy::trust_only(const std::string& ca_file) {
  set(CURLOPT_CAINFO, ca_file.c_str());
  set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
}

void curl_easy::set_list(CURLoption option, const std::string& line) {
  auto& own = option == CURLOPT_HTTPHEADER ? lists_[0] : lists_[1];
  curl_slist* longer = curl_slist_append(own.lines.get(), line.c_str());
  if (!longer) throw std::bad_alloc();
  // The first append makes the list, later ones give back the same head.
  if (longer != own.lines.get()) own.lines.reset(longer);
  own.option = option;
}

CURLcode curl_easy::perform() {
  for (const auto& l : lists_)
    if (l.lines) set(l.option, l.lines.get());
  if (refused_ != CURLE_OK) return refused_;
  return curl_easy_perform(handle_.get());
}

std::string curl_easy::what_failed(CURLcode code) const {
  return words_[0] != '\0' ? std::string(words_.data()) : std::string(curl_easy_strerror(code));
}

long curl_easy::response_code() const {
  long code = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &code);
  return code;
}

long curl_easy::retry_after() const {
  curl_off_t seconds = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &seconds);
  // A date in the past comes as a negative number.
  return static_cast<long>(std::clamp<curl_off_t>(seconds, 0, 7 * 86'400));
}

int curl_easy::last_socket() const {
  curl_socket_t socket = CURL_SOCKET_BAD;
  if (curl_easy_getinfo(handle_.get(), CURLINFO_ACTIVESOCKET, &socket) != CURLE_OK) return -1;
  return socket;
}

long curl_easy::new_connections() const {
  long count = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &count);
  return count;
}

}  // namespace dip::net
