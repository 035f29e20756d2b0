/*
 * Benchmark: memory-bound walks: a list through 32 MiB in random order, whose every step waits for the one before, and look-ups in a binary tree of 8 MiB. Argument: rounds of
 * 65,536 steps and 4,096 look-ups. Prints a checksum.
 */
#include "guest.h"

enum { NODES = 1 << 19, TREE = 1 << 17, STEPS = 65536, LOOKUPS = 4096 };
struct node { /* a cache line */
  struct node *next;
  u32 value, visits;
  u32 pad[12];
};
struct leaf {
  struct leaf *child[2];
  u32 key, pad[11];
};
static struct node nodes[NODES];
static struct leaf leaves[TREE];
static u32 free_leaf;

/* One cycle through all of them: Sattolo's shuffle. */
static void build_list(u32 *state) {
  for (u32 i = 0; i < NODES; i++) nodes[i].next = &nodes[i], nodes[i].value = xorshift(state);
  for (u32 i = NODES - 1; i > 0; i--) {
    u32 j = xorshift(state) % i;
    struct node *swapped = nodes[i].next;
    nodes[i].next = nodes[j].next, nodes[j].next = swapped;
  }
}

static void insert(u32 key) {
  struct leaf **at = 0, *p = free_leaf ? &leaves[0] : 0;
  while (p) {
    if (p->key == key) return;
    at = &p->child[key > p->key];
    p = *at;
  }
  struct leaf *made = &leaves[free_leaf++];
  made->key = key;
  if (at) *at = made;
}
/* Gives the depth at which the key is, or would be. */
static u32 depth(u32 key) {
  u32 depth = 0;
  for (const struct leaf *p = &leaves[0]; p && p->key != key; p = p->child[key > p->key]) depth++;
  return depth;
}

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 4);
  u32 state = 1, sum = 0;
  build_list(&state);
  while (free_leaf < TREE) insert(xorshift(&state));
  struct node *at = &nodes[0];
  for (u32 round = 0; round < rounds; round++) {
    for (u32 i = 0; i < STEPS; i++) {
      sum += at->value ^ at->visits++;
      at = at->next;
    }
    for (u32 i = 0; i < LOOKUPS; i++) sum = mix(sum, depth(xorshift(&state)));
  }
  print_checksum("pointers", sum);
  return 0;
}
