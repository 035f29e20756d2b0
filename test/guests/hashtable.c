/*
 * Benchmark: a hash table with open addressing and byte strings as keys: FNV-1a, linear probing, entries that are deleted by moving others up. Argument: rounds of 8,192
 * operations. Prints a checksum.
 */
#include "guest.h"

enum { SLOTS = 8192, KEYS = 16384, KEY = 12, OPERATIONS = 8192 };
struct entry {
  const u8 *key; /* 0: free */
  u32 hash, value;
};
static struct entry table[SLOTS];
static u8 keys[KEYS][KEY];
static u32 used;

static u32 hash_of(const u8 *key) {
  u32 h = 2166136261u;
  for (int i = 0; i < KEY; i++) h = (h ^ key[i]) * 16777619u;
  return h;
}
static int same(const u8 *a, const u8 *b) {
  for (int i = 0; i < KEY; i++)
    if (a[i] != b[i]) return 0;
  return 1;
}

/* The key's entry, or the free one where it would go. */
static struct entry *find(const u8 *key, u32 hash) {
  u32 at = hash % SLOTS;
  while (table[at].key && !(table[at].hash == hash && same(table[at].key, key))) at = (at + 1) % SLOTS;
  return &table[at];
}

static void delete(struct entry *entry) {
  u32 hole = (u32)(entry - table);
  for (u32 at = (hole + 1) % SLOTS; table[at].key; at = (at + 1) % SLOTS) {
    u32 home = table[at].hash % SLOTS;
    if ((at - home) % SLOTS < (at - hole) % SLOTS) continue;
    table[hole] = table[at];
    hole = at;
  }
  table[hole].key = 0;
  used--;
}

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 10);
  u32 state = 1, sum = 0;
  for (u32 i = 0; i < KEYS; i++)
    for (u32 j = 0; j < KEY; j++) keys[i][j] = (u8)(j < 8 ? 'a' + j : xorshift(&state) >> 8);
  for (u32 round = 0; round < rounds; round++) {
    for (u32 i = 0; i < OPERATIONS; i++) {
      u32 r = xorshift(&state);
      const u8 *key = keys[r % KEYS];
      u32 hash = hash_of(key);
      struct entry *entry = find(key, hash);
      if (entry->key) {
        sum = mix(sum, entry->value);
        if (r >> 28 < 5) delete(entry);
        else entry->value += r;
      } else if (used < SLOTS * 3 / 4) {
        *entry = (struct entry){key, hash, r};
        used++;
      }
    }
    sum = mix(sum, used);
  }
  print_checksum("hashtable", sum);
  return 0;
}
