#include "workers/worker_loop.hpp"

#include "base/exit_codes.hpp"
#include "base/text.hpp"
#include "workers/backoff.hpp"
#include "workers/heartbeat.hpp"

namespace lorahub::workers {
namespace {

void send(Mailbox& mailbox, const Head& head, const std::string& bytes) {
  mailbox.post({0}, head, bytes);
}

void say_goodbye(Mailbox& mailbox) {
  send(mailbox, {.kind = Kind::goodbye}, "");
  for (const Backoff backoff; !mailbox.sent(); backoff.wait()) mailbox.progress();
}

bool send_outcomes(const LoopState& me) {
  bool any = false;
  while (const std::optional<Outcome> outcome = me.executor.take()) {
    send(*me.mailbox,
         {.ticket = outcome->ticket,
          .seconds = outcome->seconds,
          .kind = Kind::outcome,
          .code = static_cast<int32_t>(outcome->result)},
         outcome->bytes);
    any = true;
  }
  return any;
}

[[noreturn]] void lose_coordinator(const LoopState& me, double seconds) {
  fmt::print(stderr,
             "lorahub: rank {} has not heard of rank 0 on {} for {:.0f} s (it is stopped, or the "
             "network is cut), run the same command to go on\n",
             me.rank, me.hosts[0], seconds);
  leave(base::kExitRunAgain);
}

int serve_requests(const LoopState& me) {
  Mailbox& mailbox = *me.mailbox;
  Silence silence(1);
  Every beat(me.beat());
  for (Backoff backoff;; me.wake_up.wait(backoff.pause())) {
    if (mailbox.progress()) backoff.restart();
    if (send_outcomes(me)) backoff.restart();
    if (beat.due()) send(mailbox, {.kind = Kind::heartbeat}, "");
    std::optional<Message> message = mailbox.take();
    if (!message) {
      if (silence.of(0) > me.service.stall_timeout) lose_coordinator(me, silence.of(0));
      continue;
    }
    silence.note(0);
    if (message->head.kind == Kind::request)
      me.executor.put({.ticket = message->head.ticket, .bytes = std::move(message->bytes)});
    if (message->head.kind == Kind::abandon) leave(message->head.code);
    if (message->head.kind != Kind::dismiss) continue;
    if (message->head.code == base::kExitRunAgain) me.let_requests_end();
    say_goodbye(mailbox);
    if (me.executor.busy()) me.leave_together(message->head.code);
    return message->head.code;
  }
}

}  // namespace

int serve(const LoopState& me) {
  try {
    return serve_requests(me);
  } catch (...) {
    me.leave_alone(std::current_exception());
  }
}

}  // namespace lorahub::workers
