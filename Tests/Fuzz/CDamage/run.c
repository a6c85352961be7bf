#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "CDamage.h"

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

frieze_outcome frieze_run(
    const char *const *arguments, const char *folder, const char *output, const char *errors, double limit,
    int64_t address_space, double kill_after, int kill_signal) {
  frieze_outcome outcome = {.status = -1, .memory = 0, .seconds = 0, .processor_seconds = 0};
  double start = now();
  int out = open(output, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int err = open(errors, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  int none = open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_t child = fork();
  if (child == 0) {
    dup2(none, 0);
    dup2(out, 1);
    dup2(err, 2);
    if (chdir(folder) != 0) _exit(127);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    struct rlimit core = {0, 0};
    setrlimit(RLIMIT_CORE, &core);
    if (address_space > 0) {
      struct rlimit space = {address_space, address_space};
      setrlimit(RLIMIT_AS, &space);
    }
    execv(arguments[0], (char *const *)arguments);
    _exit(127);
  }
  if (out >= 0) close(out);
  if (err >= 0) close(err);
  if (none >= 0) close(none);
  if (child < 0) return outcome;
  int status = 0, sent = 0;
  struct rusage usage;
  useconds_t pause = 500;
  while (1) {
    pid_t ended = wait4(child, &status, WNOHANG, &usage);
    if (ended == child) break;
    double t = now() - start;
    if (!sent && kill_after >= 0 && t >= kill_after) {
      kill(child, kill_signal);
      sent = 1;
    }
    if (t > limit) kill(child, SIGKILL);
    usleep(pause);
    if (pause < 4000) pause += 250;
  }
  outcome.seconds = now() - start;
  outcome.processor_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                              1e-6 * (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  outcome.memory = (int64_t)usage.ru_maxrss * 1024;
  outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
  return outcome;
}
