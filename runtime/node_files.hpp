#pragma once

#include <atomic>

#include "actors/environment.hpp"
#include "http/ports.hpp"
#include "imaging/codec_pool.hpp"
#include "runtime/asking.hpp"
#include "runtime/image_info_cache.hpp"
#include "runtime/node_rows.hpp"
#include "runtime/recent_files.hpp"

namespace dip {

// The gateway's view of files: bytes in the object store, rows in the log.
class node_files final : public http::files_port {
public:
  static constexpr milliseconds longest_job{20'000};  // of a codec

  // `probes` read headers of uploads, `infos` decode for `inspect`: the one never waits for the other.
  node_files(const environment& env, asking ask, node_rows& rows, codec_pool& probes, codec_pool& infos,
             const std::atomic<bool>& draining)
      : env_(env), ask_(ask), rows_(rows), probes_(probes), infos_(infos), draining_(draining) {}

  result<std::unique_ptr<http::upload>> begin_upload() override;
  result<object_row> find(const object_name& name) override;
  result<std::shared_ptr<http::opened_object>> open(const object_name& name) override;
  std::shared_ptr<http::opened_object> recall(const object_name& name) override;
  result<image_info> inspect(const object_row& row, bool location) override;
  result<void> remove(const object_name& name) override;
  result<http::page<object_row>> list(bucket in, std::uint32_t limit, std::string_view cursor) override;
  // The file was damaged and is replaced: who asks next gets the new one.
  void forget(const object_name& name) { recent_.forget(name); }

private:
  [[nodiscard]] result<image_info> decode(const object_row& row, bool location);

  const environment& env_;
  asking ask_;
  node_rows& rows_;
  codec_pool& probes_;
  codec_pool& infos_;
  image_info_cache told_{1024};
  const std::atomic<bool>& draining_;
  recent_files recent_{{}};
};

}  // namespace dip
