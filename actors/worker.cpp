#include "actors/worker.hpp"

#include <algorithm>
#include <utility>

#include "actors/directory.hpp"
#include "actors/introspection.hpp"
#include "core/failpoint.hpp"

namespace dip {
namespace {

using self_ptr = counted_actor<worker_actor, worker_state>*;
using done_atom = caf::atom_constant<caf::atom("done")>;
using renew_atom = caf::atom_constant<caf::atom("renew")>;
using enlist_atom = caf::atom_constant<caf::atom("enlist")>;

// How often a worker looks for a dispatcher while there is none.
constexpr milliseconds look_again{50};

struct context {
  const environment* env;
  job_threads* threads;
  stage* work;
  queue_name queue;
  std::string slot;
};

void report(self_ptr self, const context& c, const dispatcher_actor& to) {
  if (self->state.current)
    self->send(to, at_work{self->id(), c.queue}, worker_actor{self});
  else
    self->send(to, idle{self->id(), c.queue}, worker_actor{self});
}

// A dispatcher that was made again knows nobody.
void enlist(self_ptr self, const context& c) {
  if (const auto d = c.env->where->dispatcher()) {
    self->monitor(*d);
    report(self, c, *d);
  } else {
    self->delayed_send(self, look_again, enlist_atom::value);
  }
}

void free_again(self_ptr self, const context& c) {
  self->counters()->job_since_ns = 0;
  self->state.current.reset();
  self->state.outcome.reset();
  ++self->state.epoch;
  // While there is none, `enlist` looks for it.
  if (const auto d = c.env->where->dispatcher()) report(self, c, *d);
}

// It came from a dispatcher that is gone; the new one has given this worker something else.
void decline(self_ptr self, const context& c, const leased_work& w) {
  if (const auto q = c.env->where->leading(w.message.ref.partition, w.message.ref.queue))
    self->send(*q, not_begun(c.env->node, w));
}

// For those who look: what came of the work, as far as it was this worker's.
done_work work_of(self_ptr self, const context& c) {
  const auto& m = self->state.current->message;
  const auto worked = std::chrono::floor<milliseconds>(c.env->time->steady() - self->state.began);
  const auto began = c.env->time->wall() - worked;
  done_work w;
  w.request = m.request;
  w.run = m.run;
  w.kind = m.kind;
  w.worker = c.slot;
  w.attempt = m.acquired + 1;
  w.at = began;
  w.waited_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, (began - m.visible_at).count()));
  w.worked_ms = static_cast<std::uint64_t>(worked.count());
  return w;
}

void note(const context& c, done_work w) {
  if (c.env->look) c.env->look->note_done(std::move(w));
}

void note_returned(const context& c, done_work w, errc code, const std::string& detail) {
  w.came = done_work::outcome::returned;
  w.code = code;
  w.detail = detail;
  note(c, std::move(w));
}

// What the news will say when the log has them.
void set_outcome(done_work& w, const command& news) {
  if (const auto* f = std::get_if<fail_request>(&news)) {
    w.came = done_work::outcome::failed;
    w.code = f->failure.code;
    w.detail = f->failure.detail;
  } else if (const auto* s = std::get_if<settle_notification>(&news);
             s && s->state == notification_state::failed) {
    w.came = done_work::outcome::failed;
    w.detail = s->detail;
  }
}

void give_back_to_queue(self_ptr self, const context& c, const stage_retry& why) {
  const auto& w = *self->state.current;
  claim by{w.message.ref, w.token, c.env->node, c.slot, 0};
  note_returned(c, work_of(self, c), why.code, why.detail);
  if (why.code == errc::worker_crashed) {
    // The process that works for it went down and is made again: whoever looks for what crashes looks here.
    self->counters()->set_last_error(why.detail);
    census::here().note_restart(c.slot, why.detail);
  }
  if (const auto q = c.env->where->leading(w.message.ref.partition, w.message.ref.queue))
    self->send(*q, give_back{std::move(by), why.code, why.detail, why.counted, why.not_before});
  free_again(self, c);
}

// The lease was lost, or the log would not have it: what was made is nobody's. What cannot be removed now,
// the sweep finds.
void discard(const context& c, const std::vector<object_name>& made) {
  for (const auto& name : made) (void)c.env->objects->remove(name);
}

void publish_news(self_ptr self, const context& c, stage_news news) {
  const auto topic = c.env->where->leading(self->state.current->message.ref.partition, news.topic);
  if (!topic) return free_again(self, c);  // the lease runs out, and the work is done again
  failpoint("before_publish");
  auto done = work_of(self, c);
  set_outcome(done, news.what);
  self->request(*topic, c.env->cfg->workers.visibility, publish{std::move(news.what)})
      .then(
          [=, made = news.made](const answer& a) {
            if (a.ok) {
              note(c, done);
            } else {
              note_returned(c, done, a.code, a.detail);
              self->counters()->set_last_error(a.detail);
              if (!a.maybe_taken) discard(c, made);
            }
            free_again(self, c);
          },
          // It may be in the log all the same: nothing is removed. What no row speaks of, the sweep finds.
          [=](const caf::error&) { free_again(self, c); });
}

// Without the first entry there is no second: the lease runs out, and the work is done again.
void tell(self_ptr self, const context& c, stage_news news) {
  if (!news.before) return publish_news(self, c, std::move(news));
  const auto first = c.env->where->leading(news.before->partition);
  if (!first) return free_again(self, c);
  auto entry = propose{std::move(news.before->what)};
  self->request(*first, c.env->cfg->workers.visibility, std::move(entry))
      .then(
          [=](const answer& a) {
            if (a.ok) return publish_news(self, c, news);
            self->counters()->set_last_error(a.detail);
            free_again(self, c);
          },
          [=](const caf::error&) { free_again(self, c); });
}

milliseconds renewed_every(const context& c) { return c.env->cfg->workers.visibility / 3; }

void renew_later(self_ptr self, const context& c) {
  self->delayed_send(self, renewed_every(c), renew_atom::value, self->state.epoch);
}

void start(self_ptr self, const context& c) {
  auto& s = self->state;
  s.outcome = std::make_shared<stage_outcome>(stage_retry{errc::internal, "the stage gave no outcome"});
  const worker_actor me = self;
  const auto epoch = s.epoch;
  s.began = c.env->time->steady();
  self->counters()->job_may_take_ns =
      std::chrono::duration_cast<std::chrono::nanoseconds>(c.work->longest()).count();
  self->counters()->job_since_ns = std::chrono::steady_clock::now().time_since_epoch().count();
  c.threads->run([c, me, epoch, work = *s.current, out = s.outcome] {
    try {
      *out = c.work->run(work, c.slot);
    } catch (const std::exception& e) {
      *out = stage_retry{errc::internal, e.what()};
    }
    caf::anon_send(me, done_atom::value, epoch);
  });
  renew_later(self, c);
}

}  // namespace

worker_actor::behavior_type worker(counted_actor<worker_actor, worker_state>* self, const environment* env,
                                   job_threads* threads, stage* work, queue_name queue, std::string slot) {
  const context c{env, threads, work, queue, std::move(slot)};
  self->label(c.slot);
  self->set_down_handler([=](const caf::down_msg&) { enlist(self, c); });
  enlist(self, c);
  return {
      [=](leased_work& w) {
        if (self->state.current) return decline(self, c, w);
        self->state.current = std::move(w);
        start(self, c);
      },
      [=](done_atom, std::uint64_t epoch) {
        if (epoch != self->state.epoch || !self->state.current) return;
        auto outcome = std::move(*self->state.outcome);
        if (auto* news = std::get_if<stage_news>(&outcome))
          tell(self, c, std::move(*news));
        else
          give_back_to_queue(self, c, std::get<stage_retry>(outcome));
      },
      [=](renew_atom, std::uint64_t epoch) {
        if (epoch != self->state.epoch || !self->state.current) return;
        // The thread cannot be freed, but the message can: what comes of it late is a stale lease's.
        if (c.env->time->steady() - self->state.began >= c.work->longest())
          return self->counters()->set_last_error("the stage hangs: its lease is left to run out");
        const auto& ref = self->state.current->message.ref;
        if (const auto q = c.env->where->leading(ref.partition, ref.queue))
          self->request(*q, renewed_every(c), renew_lease{ref, self->state.current->token})
              .then([](bool) {}, [](const caf::error&) {});
        renew_later(self, c);
      },
      [=](enlist_atom) { enlist(self, c); },
  };
}

}  // namespace dip
