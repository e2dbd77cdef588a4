// Items of work shared between threads: whoever is free takes the next whole one.
#pragma once
#include <functional>

namespace lorahub::base {

// What a thread does, put around it: for example the choice of a GPU's stream.
using ThreadBody = std::function<void()>;
using AroundThread = std::function<ThreadBody(ThreadBody)>;

// Calls work(0), ..., work(count - 1), each once, from up to `threads` threads, of which the
// calling one is one. An exception ends the taking of further items; that of the lowest item
// reached is thrown here, after all have stopped. A signal that asks for the end is one, too.
void share_work(int threads, int count, const std::function<void(int)>& work,
                const AroundThread& around = {});

}  // namespace lorahub::base
