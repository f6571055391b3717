#pragma once

namespace dip::net {

// Deletes what a C library made, with the function that it has for that: std::unique_ptr<X509,
// freed_by<X509_free>>.
template <auto F>
struct freed_by {
  template <class T>
  void operator()(T* p) const {
    F(p);
  }
};

}  // namespace dip::net
