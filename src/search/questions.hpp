// A coroutine that asks for one value after another, so that such an algorithm is a plain loop:
//   Questions search(VectorXd x) { ...; const double f = co_yield x; ...; }
#pragma once
#include <Eigen/Core>
#include <cassert>
#include <coroutine>
#include <utility>

namespace lorahub::search {

class Questions {
 public:
  struct promise_type;
  using CoroutineHandle = std::coroutine_handle<promise_type>;

  struct AnswerAwaiter {  // what `co_yield x` waits for
    const promise_type& promise;
    bool await_ready() const noexcept { return false; }
    void await_suspend(CoroutineHandle /*asker*/) const noexcept {}
    double await_resume() const noexcept { return promise.answer; }
  };
  struct promise_type {
    Eigen::VectorXd question;
    double answer = 0;

    Questions get_return_object() { return Questions(CoroutineHandle::from_promise(*this)); }
    std::suspend_never initial_suspend() noexcept { return {}; }  // runs to its first question
    std::suspend_always final_suspend() noexcept { return {}; }
    AnswerAwaiter yield_value(const Eigen::VectorXd& x) {
      question = x;
      return {*this};
    }
    void return_void() {}
    void unhandled_exception() { throw; }  // std::bad_alloc, say; answer() throws it
  };

  Questions(Questions&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Questions& operator=(Questions&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;
  ~Questions() {
    if (handle_) handle_.destroy();
  }

  bool done() const { return handle_.done(); }
  const Eigen::VectorXd& question() const {
    assert(!done());
    return handle_.promise().question;
  }
  void answer(double value) {  // runs to the next question, or to the end
    assert(!done());
    handle_.promise().answer = value;
    handle_.resume();
  }

 private:
  explicit Questions(CoroutineHandle handle) : handle_(handle) {}
  CoroutineHandle handle_;
};

}  // namespace lorahub::search
