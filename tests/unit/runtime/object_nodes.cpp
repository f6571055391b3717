#include "tests/unit/runtime/object_nodes.hpp"

#include <algorithm>
#include <cstdlib>

#include <catch2/catch_test_macros.hpp>
#include <fcntl.h>
#include <unistd.h>

#include "http/byte_range.hpp"
#include "storage/object_bytes.hpp"
#include "tests/support/stored_object.hpp"

namespace dip::test {
namespace {

class cut_bytes final : public http::body_source {
public:
  cut_bytes(std::string bytes, std::size_t cut) : bytes_(std::move(bytes)), cut_(cut) {}
  result<size_t> read(std::uint64_t offset, std::span<char> out) override {
    if (offset >= cut_) return fail(errc::io, "cut");
    const auto n = std::min<std::size_t>(out.size(), std::min(cut_, bytes_.size()) - offset);
    std::copy_n(bytes_.data() + offset, n, out.data());
    return n;
  }

private:
  const std::string bytes_;
  const std::size_t cut_;
};

http::router one_route(odd_server::answer a) {
  http::router to;
  to.add({.method = "GET", .pattern = "/objects/{bucket}/{key...}", .answer = std::move(a)});
  return to;
}

}  // namespace

node_certificates::node_certificates() : authority_{folder_ / "ca.pem", folder_ / "ca.key"} {
  REQUIRE(net::make_authority(authority_, {"dip", {}, std::chrono::hours{48}}));
}

net::node_credentials node_certificates::of(const std::string& node) const {
  const net::key_pair_files files{folder_ / (node + ".pem"), folder_ / (node + ".key")};
  REQUIRE(net::make_node_certificate(files, {node, {"127.0.0.1"}, std::chrono::hours{24}}, authority_));
  return {files.certificate, files.key, authority_.certificate};
}

// Made by openssl: ours makes none that is of no use.
net::node_credentials node_certificates::expired(const std::string& node) const {
  const auto files = of(node);
  folder_.write("use", "extendedKeyUsage=serverAuth,clientAuth\n");
  const auto command = "cd '" + folder_.text() + "' && openssl req -new -subj /CN=" + node + " -key " + node +
                       ".key -out csr 2>out && openssl x509 -req -in csr -CA ca.pem -CAkey ca.key " +
                       "-CAcreateserial -days 0 -extfile use -out " + node + ".pem 2>out";
  REQUIRE(std::system(command.c_str()) == 0);
  return files;
}

object_name some_upload(partition_id p) {
  return make_upload_name(bucket::request_files, ulid::make(system_clock{}.wall(), p), image_format::jpeg);
}

object_row store_file(object_store& in, const object_name& name, std::string_view bytes) {
  return testing::put(in, name, bytes,
                      name.in == bucket::preprocessed_files ? checksum::xxh3 : checksum::sha256);
}

object_row row_of(const object_name& name, std::string_view bytes) {
  return store_file(*make_memory_object_store(), name, bytes);
}

std::string some_bytes(std::size_t size, char first) {
  std::string out(size, first);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<char>(out[i] + (i * 31 + i / 4096) % 97);
  return out;
}

std::string bytes_of(object_reader& file) {
  std::string out(file.size() + 1, '\0');
  const auto got = file.read(0, out);
  REQUIRE(got);
  out.resize(*got);
  return out;
}

std::optional<std::string> bytes_in(object_store& store, const object_name& name) {
  const auto file = store.open(name);
  if (!file) return std::nullopt;
  return bytes_of(**file);
}

std::size_t files_in(object_store& store) {
  std::size_t n = 0;
  for (const auto b : {bucket::request_files, bucket::preprocessed_files, bucket::processed_files})
    REQUIRE(store.each(b, [&](const object_name&, wall_time) { return ++n > 0; }));
  return n;
}

void damage(object_store& store, const object_name& name) {
  const auto reader = store.open(name);
  REQUIRE(reader);
  const auto self = "/proc/self/fd/" + std::to_string((*reader)->descriptor());
  const file_descriptor file(::open(self.c_str(), O_RDWR | O_CLOEXEC));
  REQUIRE(file);
  REQUIRE(::pwrite(file.get(), "\xff", 1, 0) == 1);
}

odd_server::odd_server(answer a) : server_(one_route(std::move(a)), time_, {}) {
  url_ = "http://127.0.0.1:" + std::to_string(server_.start("127.0.0.1", 0).value());
}

http::http_response cut_answer(const http::http_request& r, std::string bytes, std::size_t cut) {
  http::http_response out{.content_type = "application/octet-stream", .source_length = bytes.size()};
  if (const auto range = *http::parse_range(r.header("Range").value_or(""), bytes.size())) {
    out.status = 206;
    out.source_offset = range->first;
    out.source_length = range->length;
  }
  out.source = std::make_shared<cut_bytes>(std::move(bytes), cut);
  return out;
}

object_node::object_node(std::string its_name, object_peers peers,
                         const std::optional<net::node_credentials>& tls, replication_config config)
    : name(std::move(its_name)),
      channel(*store, time, tls),
      copies(*store, std::move(peers), tls, config, &channel) {
  const auto port = channel.start("127.0.0.1", 0);
  REQUIRE(port);
  url = (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(*port);
}

object_cluster::object_cluster(unsigned nodes, bool tls, replication_config config) {
  if (tls) certificates_.emplace();
  for (unsigned i = 1; i <= nodes; ++i) names_.push_back("n" + std::to_string(i));
  for (const auto& name : names_) {
    const auto tls_of = tls ? std::optional{certificates_->of(name)} : std::nullopt;
    auto node = std::make_unique<object_node>(name, peers_of(name), tls_of, config);
    urls_[name] = node->url;
    nodes_[name] = std::move(node);
  }
}

void object_cluster::cut_off(unsigned number) {
  const std::lock_guard lock{mutex_};
  urls_.erase("n" + std::to_string(number));
}

std::vector<std::string> object_cluster::replicas_of(partition_id p) const {
  if (p.value > 1 || names_.size() < 3) return {};
  const auto first = p.value == 0 ? names_.begin() : names_.end() - 3;
  return {first, first + 3};
}

object_peers object_cluster::peers_of(const std::string& node) {
  object_peers out;
  out.node = node;
  out.quorums_of = [this](partition_id p) {
    const auto all = replicas_of(p);
    auto each = before_;
    if (!all.empty()) each.push_back(all);
    return each;
  };
  out.url_of = [this](const std::string& of) -> std::optional<std::string> {
    const std::lock_guard lock{mutex_};
    const auto found = urls_.find(of);
    return found == urls_.end() ? std::nullopt : std::optional{found->second};
  };
  // On the test's thread alone.
  out.ask = [this, url_of = out.url_of](const std::string& whom, const fetch_files& what, milliseconds,
                                        object_peers::answered then) {
    if (!url_of(whom)) return then(fail(errc::no_quorum, whom + " is down"));
    nodes_.at(whom)->copies.fetch(what, std::move(then));
  };
  return out;
}

}  // namespace dip::test
