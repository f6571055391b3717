#pragma once

#include <atomic>

#include "actors/environment.hpp"
#include "http/ports.hpp"
#include "imaging/codec_pool.hpp"
#include "runtime/asking.hpp"
#include "runtime/recent_files.hpp"

namespace dip {

// The gateway's view of files: bytes in the object store, rows in the log.
class node_files final : public http::files_port {
public:
  node_files(const environment& env, asking ask, codec_pool& probes, const std::atomic<bool>& draining)
      : env_(env), ask_(ask), probes_(probes), draining_(draining) {}

  result<std::unique_ptr<http::upload>> begin_upload() override;
  result<object_row> find(const object_name& name) override;
  result<std::shared_ptr<http::opened_object>> open(const object_name& name) override;
  std::shared_ptr<http::opened_object> recall(const object_name& name) override;
  result<void> remove(const object_name& name) override;
  result<http::page<object_row>> list(bucket in, std::uint32_t limit, std::string_view cursor) override;

private:
  const environment& env_;
  asking ask_;
  codec_pool& probes_;
  const std::atomic<bool>& draining_;
  recent_files recent_{{}};
};

}  // namespace dip
