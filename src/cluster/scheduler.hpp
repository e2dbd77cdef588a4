// The interface between the program and a batch system. A batch system is one folder,
// cluster/<word>/, that fills in a Scheduler, and one row in scheduler.cpp.
#pragma once
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "cluster/job.hpp"

namespace lorahub::cluster {

// One job, or one task of an array, as the batch system tells it now.
struct JobState {
  std::string id;      // "41" or "41_2"
  std::string state;   // in the batch system's own word: RUNNING, PENDING, COMPLETED, ...
  std::string reason;  // why it is pending; "" otherwise
  std::string left;    // to the time limit, while running: D-HH:MM:SS
  std::string nodes;   // "" before it runs
  std::string exit;    // "code:signal", when it has ended and the batch system still knows
  int requeues = 0;
  bool is_active = false;  // in the queue or running
  std::string advice;      // what is to be done where waiting does not help; "" where it does
};

struct JobQueue {
  std::vector<JobState> states;  // sorted by id
  std::string problem;           // why nothing is known; "" when the batch system answered
};

struct JobScript {
  std::filesystem::path file;  // below the results folder, in the folder of Scheduler::word
  std::string text;            // the same job gives the same bytes
};

struct JobScripts {
  // Runs the study, or one shard of it, to its end: starts ranks that died again in place, requeues
  // the job before its time limit and when it is pre-empted, ends when it is cancelled. Its exit
  // code is that of `lorahub run`; 143: cancelled.
  JobScript study;
  // Runs after the study's job: one HDF5 file of all shards, the report, and what is missing.
  JobScript report;
};

struct Scheduler {
  std::string word;             // its name in a site's file and of the folder of scripts: slurm
  std::string name;             // its name for people: Slurm
  std::string submit_command;   // the program that takes the user's own options: sbatch
  std::string native_launcher;  // its command that starts ranks: srun --mpi=pmix; "": it has none

  // The command that starts ranks on this machine, where the site names none.
  std::function<std::string()> default_launcher;

  // Seconds of a time limit as the batch system writes it; the largest int for no limit. Error that
  // names `what` (the option, or the file and line) for anything else.
  std::function<int(const std::string& time, const std::string& what)> seconds;

  // Error for the user's own options that are none, or that the scripts set themselves.
  std::function<void(const std::vector<std::string>& pass)> check_options;

  // Both scripts quote what others named so that the shell reads it back. Error for a name, folder
  // or option with a line break or another control character.
  std::function<JobScripts(const BatchJob& job)> render;

  // Submits a script, to begin when the job `after` has ended in whatever way ("": at once).
  // Returns the job's id. Error when the batch system is not on this machine, or refuses.
  std::function<std::string(const std::filesystem::path& script, const std::string& after)> submit;

  // The states of these jobs (ids of jobs or arrays), as far as they are still known.
  std::function<JobQueue(const std::vector<std::string>& ids)> queue;

  // The command by which the user cancels a job.
  std::function<std::string(const std::string& id)> cancel_command;

  // Whether a text has the form of an id; such a text may become a word of a command.
  std::function<bool(const std::string& text)> is_job_id;
};

// All batch systems that the program knows, one row each. The first is the default of a site.
std::vector<Scheduler> schedulers();

// One fact about each of them: listed(&Scheduler::word).
std::vector<std::string> listed(std::string Scheduler::*fact);

// The scheduler of that word; "": the first. Nothing when there is none.
std::optional<Scheduler> find_scheduler(const std::string& word);

}  // namespace lorahub::cluster
