/* Threads of one process: mutexes, conditions, atomics, thread-local values, time-outs, a pipe between two, signals to one of them. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHECK(what) printf("%s: %s\n", #what, (what) ? "yes" : "NO")
#define THREADS 8
#define ROUNDS 20000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static long plain_sum;
static atomic_long atomic_sum;
static __thread long own;

static void *add(void *arg) {
  for (int i = 0; i < ROUNDS; i++) {
    own++;
    atomic_fetch_add(&atomic_sum, 1);
    pthread_mutex_lock(&mutex);
    plain_sum++;
    pthread_mutex_unlock(&mutex);
  }
  pthread_barrier_wait(&barrier);
  return (void *)(own + (long)arg);
}

static int turn;
static char order[64];
static void *alternate(void *arg) {
  int me = (int)(long)arg;
  for (int i = 0; i < 5; i++) {
    pthread_mutex_lock(&mutex);
    while (turn != me) pthread_cond_wait(&changed, &mutex);
    strcat(order, me ? "b" : "a");
    turn = !me;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
  }
  return NULL;
}

static int ends[2];
static void *reader(void *arg) {
  char text[16] = {0};
  long n = read(ends[0], text, sizeof text - 1);
  return (void *)(n + (text[0] == 'h' ? 100 : 0) + (arg != NULL));
}

static volatile sig_atomic_t hit;
static pthread_t hit_in;
static void on_signal(int n) {
  hit = n;
  hit_in = pthread_self();
}
static void *waits(void *arg) {
  (void)arg;
  while (!hit) {}
  return NULL;
}

int main(void) {
  pthread_t threads[THREADS];
  pthread_barrier_init(&barrier, NULL, THREADS);
  for (long i = 0; i < THREADS; i++) pthread_create(&threads[i], NULL, add, (void *)i);
  long sum = 0;
  for (int i = 0; i < THREADS; i++) {
    void *result;
    pthread_join(threads[i], &result);
    sum += (long)result;
  }
  CHECK(plain_sum == THREADS * ROUNDS);
  CHECK(atomic_sum == THREADS * ROUNDS);
  CHECK(sum == THREADS * ROUNDS + 28 && own == 0);

  pthread_create(&threads[0], NULL, alternate, (void *)0);
  pthread_create(&threads[1], NULL, alternate, (void *)1);
  pthread_join(threads[0], NULL);
  pthread_join(threads[1], NULL);
  printf("%s\n", order);

  CHECK(pipe(ends) == 0);
  void *result;
  pthread_create(&threads[0], NULL, reader, NULL);
  nanosleep(&(struct timespec){0, 2000000}, NULL);
  CHECK(write(ends[1], "hello", 5) == 5);
  pthread_join(threads[0], &result);
  CHECK((long)result == 105);

  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 3000000;
  if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
  pthread_mutex_lock(&mutex);
  CHECK(pthread_cond_timedwait(&changed, &mutex, &soon) == ETIMEDOUT);
  pthread_mutex_unlock(&mutex);

  signal(SIGUSR1, on_signal);
  pthread_create(&threads[0], NULL, waits, NULL);
  pthread_kill(threads[0], SIGUSR1);
  pthread_join(threads[0], NULL);
  CHECK(hit == SIGUSR1 && pthread_equal(hit_in, threads[0]));

  /* the process lives as long as its last thread */
  pthread_create(&threads[0], NULL, (void *(*)(void *))exit, (void *)9);
  pthread_exit(NULL);
}
