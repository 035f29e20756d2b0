/*
 * Benchmark: compression as LZ77 has it, by a table of hashes of the last places of four bytes, then decompression and comparison. 64 KiB of a text that repeats itself as
 * texts do. Argument: rounds. Prints a checksum.
 */
#include "guest.h"

enum { N = 65536, HASHES = 4096, LEAST = 4, MOST = 255 + LEAST };
static u8 plain[N], packed[2 * N], unpacked[N];
static u32 last[HASHES];

static void write_plain(u32 seed) {
  u32 state = seed, at = 0;
  while (at < N) {
    u32 r = xorshift(&state);
    u32 count = 3 + (r >> 8) % 30;
    if (at > 512 && r % 4) { /* something said before */
      u32 from = at - 1 - (r >> 13) % (at < 8192 ? at - 256 : 8000);
      while (count-- && at < N) plain[at++] = plain[from++];
    } else
      while (count-- && at < N) plain[at++] = (u8)(' ' + xorshift(&state) % 64);
  }
}

static u32 word_at(const u8 *p) { return (u32)p[0] | (u32)p[1] << 8 | (u32)p[2] << 16 | (u32)p[3] << 24; }

/* Runs of literals (length, bytes) and copies (0, length - LEAST, distance low, distance high). */
static u32 compress(void) {
  for (u32 i = 0; i < HASHES; i++) last[i] = 0;
  u32 out = 0, literals = 0, at = 0;
  while (at < N) {
    u32 length = 0, from = 0;
    if (at + LEAST <= N) {
      u32 word = word_at(plain + at), hash = word * 2654435761u >> 20;
      from = last[hash];
      last[hash] = at + 1;
      if (from && word_at(plain + from - 1) == word) {
        from--;
        length = LEAST;
        while (length < MOST && at + length < N && plain[from + length] == plain[at + length]) length++;
      }
    }
    if (length == 0) literals++, at++;
    if (literals && (length || literals == 255 || at == N)) {
      packed[out++] = (u8)literals;
      for (u32 i = at - literals; i < at; i++) packed[out++] = plain[i];
      literals = 0;
    }
    if (length) {
      packed[out++] = 0, packed[out++] = (u8)(length - LEAST);
      u32 distance = at - from;
      packed[out++] = (u8)distance, packed[out++] = (u8)(distance >> 8);
      at += length;
    }
  }
  return out;
}

static u32 decompress(u32 bytes) {
  u32 to = 0;
  for (u32 at = 0; at < bytes;) {
    u32 count = packed[at++];
    if (count) while (count--) unpacked[to++] = packed[at++];
    else {
      count = packed[at] + LEAST;
      u32 from = to - (packed[at + 1] | (u32)packed[at + 2] << 8);
      at += 3;
      while (count--) unpacked[to++] = unpacked[from++];
    }
  }
  return to;
}

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 5);
  u32 sum = 2166136261u;
  for (u32 round = 0; round < rounds; round++) {
    if (round % 4 == 0) write_plain(round + 1);
    u32 bytes = compress();
    u32 wrong = decompress(bytes) != N;
    for (u32 i = 0; i < N; i++) wrong += plain[i] != unpacked[i];
    if (wrong) {
      print("lz is wrong\n");
      return 1;
    }
    sum = mix(sum, bytes);
    for (u32 i = 0; i < bytes; i += 64) sum = mix(sum, packed[i]);
    plain[(round * 977) % N] ^= 1;
  }
  print_checksum("lz", sum);
  return 0;
}
