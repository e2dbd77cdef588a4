// Progress on stderr: a bar that redraws itself on a terminal, also on that of the mpirun that has
// started this process; elsewhere a line every few seconds; nothing when quiet.
#pragma once
#include <string_view>

#include "base/clock.hpp"

namespace lorahub::base {

// When the first line is written where there is no terminal: at once, or only once the work has
// lasted a while.
enum class FirstLine { at_once, after_a_while };

// How long work still takes, by its speed since it was first looked at, or since `done` last fell:
// work that goes on from a checkpoint begins in its middle, and a part of the work at its own 0.
class TimeLeft {
 public:
  // Returns the seconds that are left, or a number below 0 while nobody can tell. `done` is the
  // share that is done, in [0, 1], or below 0 where it is not known; `now`: seconds of any clock.
  double seconds(double done, double now);

 private:
  double begun_with_ = 0;  // `done` when it was first looked at
  double begun_at_ = -1;   // and the clock; below 0: never yet
};

class Progress {
 public:
  explicit Progress(bool quiet, FirstLine first = FirstLine::at_once);
  ~Progress();  // leaves the terminal on a fresh line
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `done` in [0, 1], or below 0 where it is not known how much there is; `text` says what is going
  // on. It draws at most 10 times a second, so it may be called often.
  void show(double done, std::string_view text);
  // The same for work that begins now and may show nothing for long: it is drawn at once, and where
  // there is no terminal it takes no later line's turn. Its speed is measured anew.
  void begin(double done, std::string_view text);

 private:
  double pause(double now) const;  // seconds between two drawings
  void draw(double done, std::string_view text, double left);

  bool quiet_;
  bool terminal_;
  bool drawn_ = false;
  TimeLeft left_;
  double last_;  // seconds of `clock_` at the last drawing
  Stopwatch clock_;
};

// Erases the bar of a Progress that is still there, so that a sentence may take its line.
void erase_bar();

// Whether a person sees at once what goes to standard error: it is a terminal, or mpirun, on this
// machine, hands it on to one.
bool stderr_reaches_terminal();

}  // namespace lorahub::base
