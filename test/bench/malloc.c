/* The yardstick of slab.ts: the same sequence of sizes through malloc and free. Arguments: pairs, live objects (a power of 2). Prints ns of CPU time a pair. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv) {
  long pairs = argc > 1 ? atol(argv[1]) : 10000000;
  long live = argc > 2 ? atol(argv[2]) : 1024;
  void **objects = calloc((size_t)live, sizeof *objects);
  uint32_t state = 1;
  struct timespec start, end;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
  for (long i = 0; i < pairs; i++) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    long slot = (long)(state & (uint32_t)(live - 1));
    free(objects[slot]);
    objects[slot] = malloc(1 + (state >> 16 & 255));
  }
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
  printf("%.3f\n", ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) / (double)pairs);
  return 0;
}
