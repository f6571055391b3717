#include "runtime/running_node.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <thread>
#include <utility>

#include <caf/all.hpp>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "actors/image_stages.hpp"
#include "actors/notify_stage.hpp"
#include "http/record_json.hpp"
#include "runtime/actor_tree.hpp"
#include "runtime/object_links.hpp"
#include "storage/quarantine.hpp"
#include "storage/stored_partition.hpp"

namespace dip {
namespace {

constexpr std::uint32_t probe_children = 2;
// Full after several hundred requests: from then on a node's memory stays as it is.
constexpr std::uint64_t write_buffers = 4 * mebibyte;
// Of one voter: the disk has to sync, and perhaps to recover first.
constexpr std::chrono::seconds longest_election{60};
constexpr std::chrono::seconds longest_hand_over{10};

std::uint32_t or_cores(std::uint32_t configured) {
  return configured != 0 ? configured : std::max(1U, std::thread::hardware_concurrency());
}

std::string sentence(const template_error& e) {
  return e.file + (e.line == 0 ? "" : ":" + std::to_string(e.line)) + ": " + e.text;
}

}  // namespace

running_node::running_node(node_options options) : options_(std::move(options)) {}

running_node::~running_node() {
  stop(milliseconds{0});
  if (failure_fd_ >= 0) ::close(failure_fd_);
}

result<void> running_node::start() {
  const auto& nodes = options_.conf.nodes;
  const auto me =
      std::find_if(nodes.begin(), nodes.end(), [&](const auto& n) { return n.name == options_.node; });
  if (me == nodes.end())
    return fail(errc::not_found, "there is no node " + options_.node + " in the configuration");
  self_ = *me;
  if (options_.data.empty()) options_.data = self_.data.empty() ? "dip-data" : self_.data;
  failure_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (auto ok = open_stores(); !ok) return ok;
  if (nodes.size() > 1)
    if (auto ok = join_others(); !ok) return ok;
  if (auto ok = start_codecs(); !ok) return ok;
  if (auto ok = open_mail(); !ok) return ok;
  if (auto ok = open_webhooks(); !ok) return ok;
  notify_ = make_notify_stage(&env_, {.mail = mail_.get(),
                                      .templates = templates_.get(),
                                      .webhooks = webhooks_.get(),
                                      .public_url = origin(),
                                      .record_json = [origin = origin()](const request_record& r) {
                                        return http::request_json(r, origin);
                                      }});
  if (auto ok = start_actors(); !ok) return ok;
  return start_gateway();
}

result<void> running_node::open_stores() {
  auto objects = open_object_store(options_.data);
  if (!objects) return tl::make_unexpected(objects.error());
  objects_ = std::move(*objects);
  node_store::options o;
  o.partitions = options_.conf.cluster.partitions;
  o.free_disk = options_.conf.limits.free_disk;
  o.write_buffers = write_buffers;
  if (options_.stand_ins.log_keep > 0) o.log_keep = options_.stand_ins.log_keep;
  // What is not on disk must not be acknowledged, and no other write can be trusted: the process ends, and
  // whoever supervises it starts it again.
  o.on_fatal = [this](const error& e) { fail_node("the log cannot be written: " + e.detail); };
  // Where there is one node it has the only copy: a damaged log is never voted, or served, from.
  const bool alone = options_.conf.nodes.size() == 1 || options_.conf.cluster.replicas == 1;
  const auto entered =
      enter_state(options_.data, alone ? other_copies::none : other_copies::replicas, [&]() -> result<void> {
        auto store = open_node_store(options_.data + "/state", o);
        if (!store) return tl::make_unexpected(store.error());
        store_ = std::move(*store);
        return {};
      });
  if (!entered) return tl::make_unexpected(entered.error());
  env_.time = &clock_;
  env_.cfg = &options_.conf;
  env_.store = store_.get();
  env_.objects = objects_.get();
  env_.where = &where_;
  env_.to = &to_;
  look_ = std::make_unique<introspection>(self_.name, clock_);
  env_.look = look_.get();
  env_.node = self_.name;
  env_.holder = self_.name + "#" + ulid::make(clock_.wall(), {0}).text();
  env_.open_partition = [this](partition_id p, const membership& first, node_store::poster post) {
    return store_->open_partition(p, first, std::move(post));
  };
  if (!entered->why.empty())
    spdlog::error("{}{}: this node gets all that it had from the others", entered->why,
                  entered->aside.empty() ? "" : ", and kept as " + entered->aside);
  as_ = entered->as;
  if (options_.conf.nodes.size() == 1)
    if (auto alone_now = begin_alone(); !alone_now) return alone_now;
  env_.on_serves = [this](partition_id p, bool serves) {
    const std::lock_guard lock{led_mutex_};
    if (serves)
      led_.insert(p);
    else
      led_.erase(p);
    led_changed_.notify_all();
  };
  return {};
}

result<void> running_node::begin_alone() {
  if (!as_)
    if (auto written = write_founding(options_.data, {1, {self_.name}}); !written) return written;
  auto began = read_founding(options_.data);
  if (!began) return tl::make_unexpected(began.error());
  env_.seat_of = [me = raft_name(self_.name, as_.value_or(incarnation{})),
                  first = first_members(*began, options_.conf.cluster.partitions)](partition_id p) {
    return seat{me, first.at(p.value)};
  };
  return {};
}

result<void> running_node::join_others() {
  auto began = read_founding(options_.data);
  if (!began) return tl::make_unexpected(began.error());
  credentials_ = node_credentials_of(options_.conf, self_.name);
  channel_ = std::make_unique<object_channel>(*objects_, clock_, credentials_);
  const auto port = channel_->start(self_.host, self_.objects);
  if (!port) return tl::make_unexpected(port.error());
  auto made = peering::make({.conf = &options_.conf,
                             .self = self_,
                             .data = options_.data,
                             .start = env_.holder,
                             .as = as_,
                             .began = std::move(*began),
                             .objects = *port,
                             .tls = credentials_,
                             .unfit = [this]() -> std::string {
                               if (store_->disk_full()) return "the disk is full";
                               return store_->disk_slow() ? "the disk is slow" : "";
                             }},
                            clock_);
  if (!made) return tl::make_unexpected(made.error());
  peers_ = std::move(*made);
  env_.to_peers = peers_.get();
  env_.leads = &peers_->leads();
  env_.linked = &peers_->all();
  env_.place_of = [this](partition_id p) { return peers_->place_of(p); };
  env_.seat_of = [this](partition_id p) { return peers_->seat_of(p); };
  env_.nodes = [this] { return peers_->nodes().now()->wanted.nodes; };
  env_.changes = peers_.get();
  return {};
}

result<void> running_node::start_codecs() {
  codec_options o;
  o.program = options_.codec_program;
  o.limits = options_.conf.limits;
  o.memory_limit = options_.conf.limits.memory;
  o.longest_job = std::max(options_.conf.workers.timeout, node_files::longest_job);
  o.renew_after = options_.conf.workers.renew_after;
  o.sandbox_required = options_.conf.security.sandbox == "required";
  auto launcher = start_codec(std::move(o));
  if (!launcher) return tl::make_unexpected(launcher.error());
  launcher_ = std::move(*launcher);
  const auto slots = or_cores(options_.conf.workers.processors);
  auto stages = codec_pool::make(*launcher_, slots);
  if (!stages) return tl::make_unexpected(stages.error());
  stage_codecs_ = std::move(*stages);
  auto probes = codec_pool::make(*launcher_, probe_children);
  if (!probes) return tl::make_unexpected(probes.error());
  probe_codecs_ = std::move(*probes);
  auto infos = codec_pool::make(*launcher_, 1);
  if (!infos) return tl::make_unexpected(infos.error());
  info_codecs_ = std::move(*infos);
  const auto& stand_ins = options_.stand_ins;
  preprocess_ =
      stand_ins.preprocess ? stand_ins.preprocess(&env_) : make_preprocess_stage(&env_, stage_codecs_.get());
  process_ = stand_ins.process ? stand_ins.process(&env_) : make_process_stage(&env_, stage_codecs_.get());
  return {};
}

result<void> running_node::open_mail() {
  const auto& smtp = options_.conf.smtp;
  if (smtp.url.empty())
    outbox_ = std::filesystem::absolute(options_.data + "/outbox").lexically_normal().string();
  auto mail = smtp.url.empty() ? make_outbox_transport(outbox_) : make_smtp_transport(smtp);
  if (!mail) return tl::make_unexpected(mail.error());
  mail_ = std::move(*mail);
  auto templates = mail_templates::read(smtp.templates, smtp.language);
  if (!templates) return fail(errc::bad_request, sentence(templates.error().front()));
  templates_ = std::move(*templates);
  return {};
}

result<void> running_node::open_webhooks() {
  const auto& file = options_.conf.security.webhook_secret_file;
  if (file.empty()) return {};
  auto secrets = webhook_secrets::read(file);
  if (!secrets) return tl::make_unexpected(secrets.error());
  webhook_secrets_ = std::move(*secrets);
  webhooks_ = make_webhook_transport(options_.conf.webhooks, *webhook_secrets_, clock_);
  return {};
}

std::string origin_of(const config& conf, const node_config& self) {
  if (const auto& configured = conf.cluster.public_url; !configured.empty()) return configured;
  const auto plain = self.origin();
  return conf.security.tls_cert.empty() ? plain : "https" + plain.substr(plain.find("://"));
}

std::string running_node::origin() const { return origin_of(options_.conf, self_); }

result<void> running_node::start_actors() {
  const auto slots = or_cores(options_.conf.workers.processors);
  image_threads_ = std::make_unique<job_pool>(slots);
  notify_threads_ = std::make_unique<job_pool>(std::max(1U, options_.conf.workers.notifiers));
  upkeep_threads_ = std::make_unique<job_pool>(1);
  list_threads_ = std::make_unique<job_pool>(2);
  env_.lists = list_threads_.get();
  actor_config_ = std::make_unique<caf::actor_system_config>();
  actor_config_->set("scheduler.policy", caf::atom("sharing"));
  actor_config_->set("scheduler.max-threads",
                     std::max(size_t{2}, size_t{std::thread::hardware_concurrency()}));
  actor_config_->set("scheduler.max-throughput", size_t{25});
  if (peers_) peers_->prepare(*actor_config_);
  actors_ = std::make_unique<caf::actor_system>(*actor_config_);
  rows_ = std::make_unique<node_rows>(env_, asking{*actors_, where_});
  operator_ = std::make_unique<node_operator>(
      node_operator::parts{.env = env_,
                           .system = *actors_,
                           .ask = asking{*actors_, where_},
                           .rows = *rows_,
                           .look = *look_,
                           .drain = [this] { begin_drain(); },
                           .is_draining = [this] { return draining_.load(); }});
  if (peers_) {
    env_.rows = rows_.get();
    peers_->attach(*actors_, env_);
    copies_ = std::make_unique<object_replication>(
        *objects_, peers_over(*actors_, peers_->all(), peers_->nodes(), self_.name, credentials_.has_value()),
        credentials_, replication_config{}, channel_.get());
    answer_fetches(peers_->all(), *copies_);
    operator_->answer(peers_->all());
    env_.copies = copies_.get();
  }
  tree_plan plan;
  plan.slots = slots;
  plan.preprocessors = or_cores(options_.conf.workers.preprocessors);
  plan.processors = slots;
  plan.notifiers = std::max(1U, options_.conf.workers.notifiers);
  plan.preprocess = preprocess_.get();
  plan.process = process_.get();
  plan.notify = notify_.get();
  plan.image_threads = image_threads_.get();
  plan.notify_threads = notify_threads_.get();
  plan.upkeep_threads = upkeep_threads_.get();
  plan.watch = &watch_;
  plan.alone = !peers_;
  root_ = spawn_tree(*actors_, &env_, plan);
  root_->attach_functor([this](const caf::error& reason) {
    if (!stopping_) fail_node("the supervisors gave up: " + actors_->render(reason));
  });
  // Others may be down, and none of the partitions here may ever be led by this node: /readyz tells.
  if (!peers_) return wait_until_led();
  return peers_->open([this](const std::string& why) {
    if (!stopping_) fail_node(why);
  });
}

// Whoever calls as soon as the node is ready must not be turned away.
result<void> running_node::wait_until_led() {
  std::unique_lock lock{led_mutex_};
  const auto decided = [this] { return led_.size() == store_->partitions() || !failure().empty(); };
  const bool in_time = led_changed_.wait_for(lock, longest_election, decided);
  if (const auto why = failure(); !why.empty()) return fail(errc::internal, why);
  if (!in_time) return fail(errc::no_quorum, "not all partitions have a leader");
  return {};
}

// Before anything else stops: the others go on without a pause.
void running_node::hand_over(milliseconds within) {
  if (!peers_ || within == milliseconds{0}) return;
  peers_->drain();
  std::unique_lock lock{led_mutex_};
  led_changed_.wait_for(lock, std::min<milliseconds>(within, longest_hand_over),
                        [this] { return led_.empty(); });
  if (!led_.empty()) spdlog::warn("{} partitions could not be handed over", led_.size());
}

void running_node::begin_drain() {
  if (draining_.exchange(true)) return;
  spdlog::warn("an operator drains this node: it takes no more until it is started again");
  if (peers_) peers_->drain();
  if (const auto d = where_.dispatcher()) caf::anon_send(*d, drain{});
}

void running_node::drain_workers(milliseconds within) {
  const auto d = where_.dispatcher();
  if (!d || within == milliseconds{0}) return;
  caf::scoped_actor self{*actors_};
  self->request(*d, within, drain{})
      .receive([](bool) {},
               [](const caf::error&) {
                 spdlog::warn("work that did not end in time is given back when the node starts again");
               });
}

void running_node::stop_actors() {
  if (!actors_) return;
  if (root_) caf::anon_send_exit(root_, caf::exit_reason::user_shutdown);
  root_ = nullptr;
  // A job that still runs holds its thread: without its child it ends at once.
  if (launcher_)
    for (const int pid : launcher_->children()) ::kill(pid, SIGKILL);
  if (copies_) copies_->stop();
  image_threads_.reset();
  notify_threads_.reset();
  upkeep_threads_.reset();
  where_.clear();
  if (peers_) peers_->close();
  actors_->await_all_actors_done();
  list_threads_.reset();
  if (peers_) peers_->close();  // of what links have said while they ended
}

void running_node::stop(milliseconds within) {
  if (std::exchange(stopped_, true)) return;
  stopping_ = draining_ = true;
  hand_over(within);
  watch_.close();
  if (server_) server_->stop(within);
  if (actors_) drain_workers(within);
  if (health_) health_->stop(milliseconds{0});
  stop_actors();
  health_.reset();
  server_.reset();
  notifications_.reset();
  operator_.reset();
  requests_.reset();
  if (copies_) copies_->on_replaced(nullptr);
  files_.reset();
  if (peers_) peers_->report_with({});
  rows_.reset();
  copies_.reset();
  if (peers_)
    peers_->outlast([this] { actors_.reset(); });
  else
    actors_.reset();
  if (channel_) channel_->stop();
  env_.open_partition = nullptr;
}

std::string running_node::failure() const {
  const std::lock_guard lock{failure_mutex_};
  return failure_;
}

void running_node::fail_node(const std::string& why) {
  {
    const std::lock_guard lock{failure_mutex_};
    if (failure_.empty()) failure_ = why;
  }
  {
    const std::lock_guard lock{led_mutex_};  // who waits has seen the failure, or is told of it
    led_changed_.notify_all();
  }
  const std::uint64_t one = 1;
  if (::write(failure_fd_, &one, sizeof one) < 0) std::abort();  // an eventfd takes one byte always
}

result<std::unique_ptr<node>> start_node(node_options options) {
  auto n = std::make_unique<running_node>(std::move(options));
  if (auto ok = n->start(); !ok) return tl::make_unexpected(ok.error());
  return n;
}

}  // namespace dip
