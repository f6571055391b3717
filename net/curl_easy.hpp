// libcurl's easy handle, owned. Only for the sources of this folder: nobody else sees libcurl.
#pragma once

#include <array>
#include <memory>
#include <string>

#include <curl/curl.h>

namespace dip::net {

// One transfer at a time, one thread at a time. libcurl itself is set up when the first one is made.
class curl_easy {
public:
  curl_easy();

  // Forgets all options; open connections are kept.
  void reset();

  // A failure is kept and answered by `perform`, so that a list of options needs no checks.
  template <class T>
  void set(CURLoption option, T value) {
    const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
    if (refused_ == CURLE_OK) refused_ = code;
  }
  // A PEM file, and nothing of the system's.
  void trust_only(const std::string& ca_file);
  void set_list(CURLoption option, const std::string& line);  // adds a line to the option's list
  [[nodiscard]] CURLcode perform();

  // Of the last transfer that failed: libcurl's own sentence, never empty.
  [[nodiscard]] std::string what_failed(CURLcode code) const;
  [[nodiscard]] long response_code() const;
  // Seconds, from either form of the header, a week at most; 0 without one.
  [[nodiscard]] long retry_after() const;
  // Connections that the last transfer had to make; 0: it went over one that was kept.
  [[nodiscard]] long new_connections() const;
  // Of the connection that is kept, -1 when none is. It stays libcurl's.
  [[nodiscard]] int last_socket() const;

private:
  struct handle_end {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct list_end {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  struct list {
    CURLoption option;
    std::unique_ptr<curl_slist, list_end> lines;
  };

  std::array<list, 2> lists_{};  // of headers and recipients
  std::unique_ptr<CURL, handle_end> handle_;
  std::array<char, CURL_ERROR_SIZE> words_{};
  CURLcode refused_ = CURLE_OK;
};

}  // namespace dip::net
