/* Signals with handlers: sent by the program to itself, raised by its instructions, by its timers. Prints what every Linux must do alike. */
#define _GNU_SOURCE
#include <errno.h>
#include <fenv.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#define CHECK(what) printf("%s: %s\n", #what, (what) ? "yes" : "NO")

static volatile int count, last, last_code;
static void *volatile last_address;
static void plain(int n) { last = n; count++; }
static void with_info(int n, siginfo_t *info, void *context) {
  last = n;
  last_code = info->si_code;
  last_address = info->si_addr;
  count++;
  (void)context;
}

static void on(int n, void (*f)(int, siginfo_t *, void *), int flags) {
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_sigaction = f;
  a.sa_flags = SA_SIGINFO | flags;
  sigaction(n, &a, NULL);
}

/* Goes on after the instruction that faulted, with a register and the rounding mode changed in the context. */
static void skip(int n, siginfo_t *info, void *context) {
  ucontext_t *u = context;
  with_info(n, info, context);
  uint16_t low;
  memcpy(&low, (void *)u->uc_mcontext.__gregs[REG_PC], 2);
  u->uc_mcontext.__gregs[REG_PC] += (low & 3) == 3 ? 4 : 2;
  u->uc_mcontext.__gregs[REG_A0] = 0x1234;
  u->uc_mcontext.__fpregs.__d.__f[10] = 0x4045000000000000; /* fa0 = 42.0 */
}

static sigjmp_buf back;
static void jump(int n, siginfo_t *info, void *context) {
  with_info(n, info, context);
  siglongjmp(back, n);
}

static int depth(int n) {
  volatile char room[4096];
  room[0] = (char)n;
  return depth(n + 1) + room[0];
}

static int inner_seen, outer_mask;
static void nested(int n) {
  sigset_t now;
  sigprocmask(SIG_BLOCK, NULL, &now);
  if (n == SIGUSR1) {
    outer_mask = sigismember(&now, SIGUSR1) | sigismember(&now, SIGUSR2) << 1;
    raise(SIGUSR2); /* blocked by sa_mask: comes after this handler */
    inner_seen = count;
  } else count += 100;
}

int main(void) {
  signal(SIGUSR1, plain);
  raise(SIGUSR1);
  CHECK(count == 1 && last == SIGUSR1);
  kill(getpid(), SIGUSR1);
  CHECK(count == 2);

  /* siginfo of a signal sent by tgkill and by sigqueue */
  on(SIGUSR2, with_info, 0);
  syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR2);
  CHECK(last == SIGUSR2 && last_code == SI_TKILL);
  on(SIGRTMIN + 1, with_info, 0);
  sigqueue(getpid(), SIGRTMIN + 1, (union sigval){.sival_int = 5});
  CHECK(last == SIGRTMIN + 1 && last_code == SI_QUEUE);

  /* blocked, pending, unblocked; real-time signals queue, others do not */
  sigset_t set, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 1);
  sigprocmask(SIG_BLOCK, &set, NULL);
  count = 0;
  for (int i = 0; i < 3; i++) raise(SIGUSR1), raise(SIGRTMIN + 1);
  sigpending(&pending);
  CHECK(count == 0 && sigismember(&pending, SIGUSR1) && !sigismember(&pending, SIGUSR2));
  sigprocmask(SIG_UNBLOCK, &set, NULL);
  CHECK(count == 4);
  sigprocmask(SIG_BLOCK, &set, NULL);
  raise(SIGUSR1);
  siginfo_t info;
  CHECK(sigtimedwait(&set, &info, &(struct timespec){1, 0}) == SIGUSR1 && info.si_signo == SIGUSR1);
  errno = 0;
  CHECK(sigtimedwait(&set, &info, &(struct timespec){0, 1000}) == -1 && errno == EAGAIN);
  sigprocmask(SIG_UNBLOCK, &set, NULL);

  /* masks of nested handlers */
  struct sigaction a;
  memset(&a, 0, sizeof a);
  a.sa_handler = nested;
  sigaddset(&a.sa_mask, SIGUSR2);
  sigaction(SIGUSR1, &a, NULL);
  a.sa_flags = SA_RESETHAND;
  sigaction(SIGUSR2, &a, NULL);
  count = 0;
  raise(SIGUSR1);
  CHECK(outer_mask == 3);
  CHECK(inner_seen == 0);
  CHECK(count == 100);
  struct sigaction now;
  sigaction(SIGUSR2, NULL, &now);
  CHECK(now.sa_handler == SIG_DFL);

  /* faults: no mapping, no permission, skipped or left by a jump */
  char *page = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(page + 4096, 4096);
  on(SIGSEGV, skip, 0);
  double f = 0;
  register long a0 __asm__("a0") = (long)page;
  register double fa0 __asm__("fa0") = 1.5;
  __asm__ volatile("sd zero, 16(%0)" : "+r"(a0), "+f"(fa0)::"memory");
  long changed = a0;
  f = fa0;
  CHECK(changed == 0x1234 && f == 42.0);
  CHECK(last_code == SEGV_ACCERR && last_address == page + 16);
  on(SIGSEGV, jump, SA_NODEFER);
  if (sigsetjmp(back, 1) == 0) *(volatile int *)(page + 4096 + 8) = 1;
  CHECK(last_code == SEGV_MAPERR && last_address == page + 4096 + 8);
  if (sigsetjmp(back, 1) == 0) ((void (*)(void))page)();
  CHECK(last_code == SEGV_ACCERR && last_address == page);
  char name[] = "/tmp/isagen-signals-XXXXXX";
  int file = mkstemp(name);
  CHECK(file >= 0 && write(file, "text", 4) == 4 && unlink(name) == 0);
  char *mapped = mmap(NULL, 8192, PROT_READ, MAP_PRIVATE, file, 0);
  on(SIGBUS, jump, SA_NODEFER);
  if (sigsetjmp(back, 1) == 0) count = mapped[4096];
  CHECK(mapped[3] == 't' && last == SIGBUS && last_code == BUS_ADRERR && last_address == mapped + 4096);
  on(SIGILL, skip, 0);
  count = 0;
  __asm__ volatile("1: .2byte 0x0000" ::: "a0", "fa0");
  CHECK(count == 1 && last == SIGILL && last_code == ILL_ILLOPC);
  on(SIGTRAP, skip, 0);
  __asm__ volatile("ebreak" ::: "a0", "fa0");
  CHECK(last == SIGTRAP && last_code == TRAP_BRKPT);

  /* the rounding mode is the handler's own, and the program's again after it */
  fesetround(FE_UPWARD);
  signal(SIGUSR1, plain);
  raise(SIGUSR1);
  CHECK(fegetround() == FE_UPWARD);
  fesetround(FE_TONEAREST);

  /* an overflowing stack, handled on another */
  stack_t other = {.ss_sp = malloc(65536), .ss_size = 65536}, old;
  sigaltstack(&other, NULL);
  on(SIGSEGV, jump, SA_ONSTACK);
  int came = sigsetjmp(back, 1);
  if (came == 0) depth(0);
  CHECK(came == SIGSEGV);
  sigaltstack(NULL, &old);
  CHECK(old.ss_sp == other.ss_sp && old.ss_flags == 0);

  /* timers; calls that they interrupt */
  memset(&a, 0, sizeof a);
  a.sa_handler = plain; /* without SA_RESTART */
  sigaction(SIGALRM, &a, NULL);
  count = 0;
  struct itimerval every = {{0, 5000}, {0, 5000}}, off = {{0, 0}, {0, 0}};
  setitimer(ITIMER_REAL, &every, NULL);
  while (count < 3) {}
  setitimer(ITIMER_REAL, &off, NULL);
  CHECK(last == SIGALRM);
  /* again and again: on a slow machine the first comes before the call that it is to interrupt */
  struct itimerval soon = {{0, 20000}, {0, 2000}};
  setitimer(ITIMER_REAL, &soon, NULL);
  errno = 0;
  struct timespec left;
  CHECK(nanosleep(&(struct timespec){5, 0}, &left) == -1 && errno == EINTR && left.tv_sec == 4);
  setitimer(ITIMER_REAL, &soon, NULL);
  errno = 0;
  CHECK(poll(NULL, 0, 5000) == -1 && errno == EINTR);
  int ends[2];
  CHECK(pipe(ends) == 0);
  setitimer(ITIMER_REAL, &soon, NULL);
  errno = 0;
  char byte;
  CHECK(read(ends[0], &byte, 1) == -1 && errno == EINTR);
  sigset_t none;
  sigemptyset(&none);
  setitimer(ITIMER_REAL, &soon, NULL);
  errno = 0;
  CHECK(sigsuspend(&none) == -1 && errno == EINTR);
  setitimer(ITIMER_REAL, &off, NULL);

  /* a pipe that nobody reads any more */
  close(ends[0]);
  signal(SIGPIPE, plain);
  errno = 0;
  CHECK(write(ends[1], "x", 1) == -1 && errno == EPIPE && last == SIGPIPE);
  signal(SIGPIPE, SIG_IGN);
  CHECK(write(ends[1], "x", 1) == -1);

  fflush(stdout);
  signal(SIGABRT, SIG_DFL);
  abort();
}
