/*
 * Benchmark: calls through pointers: methods of six kinds of objects in no order that could be guessed, filters chained at run time, and a table of operations. Argument:
 * rounds. Prints a checksum.
 */
#include "guest.h"

struct shape;
struct methods {
  u32 (*area)(const struct shape *);
  u32 (*grow)(struct shape *, u32);
  u32 (*compare)(const struct shape *, const struct shape *);
};
struct shape {
  const struct methods *methods;
  u32 a, b, c;
};

static u32 larger(const struct shape *x, const struct shape *y) { return x->methods->area(x) > y->methods->area(y); }
static u32 wider(const struct shape *x, const struct shape *y) { return x->a > y->a; }

static u32 square_area(const struct shape *s) { return s->a * s->a; }
static u32 square_grow(struct shape *s, u32 by) { return s->a = (s->a + by) & 1023; }
static u32 rectangle_area(const struct shape *s) { return s->a * s->b; }
static u32 rectangle_grow(struct shape *s, u32 by) { return s->a = (s->a + by) & 1023, s->b ^= by; }
static u32 triangle_area(const struct shape *s) { return s->a * s->b / 2; }
static u32 triangle_grow(struct shape *s, u32 by) { return s->b = (s->b + by) & 1023; }
static u32 box_area(const struct shape *s) { return 2 * (s->a * s->b + s->b * s->c + s->a * s->c); }
static u32 box_grow(struct shape *s, u32 by) { return s->a ^= by, s->b ^= by, s->c ^= by; }
static u32 circle_area(const struct shape *s) { return s->a * s->a * 355 / 113; }
static u32 circle_grow(struct shape *s, u32 by) { return s->a = (s->a * 3 + by) & 1023; }
static u32 ring_area(const struct shape *s) { return (s->a * s->a - s->b * s->b) * 355 / 113; }
static u32 ring_grow(struct shape *s, u32 by) { return s->b = (s->b + by) & 511, s->a = s->b + 512; }

static const struct methods kinds[] = {
    {square_area, square_grow, larger}, {rectangle_area, rectangle_grow, wider}, {triangle_area, triangle_grow, larger},
    {box_area, box_grow, wider},        {circle_area, circle_grow, larger},      {ring_area, ring_grow, larger},
};
enum { KINDS = sizeof kinds / sizeof *kinds, SHAPES = 1024 };
static struct shape shapes[SHAPES];

typedef u32 (*filter)(u32);
static u32 negate(u32 x) { return ~x; }
static u32 twist(u32 x) { return x << 7 | x >> 25; }
static u32 scale(u32 x) { return x * 2654435761u; }
static u32 fold(u32 x) { return x ^ x >> 15; }
static filter chain[8] = {negate, twist, scale, fold, scale, twist, fold, negate};

int main(int argc, char **argv) {
  u32 rounds = argument(argc, argv, 1, 10);
  u32 state = 1, sum = 0;
  for (u32 i = 0; i < SHAPES; i++) {
    u32 r = xorshift(&state);
    shapes[i] = (struct shape){&kinds[r % KINDS], r >> 8 & 1023, r >> 16 & 1023, r >> 22};
  }
  for (u32 round = 0; round < rounds; round++) {
    for (u32 i = 0; i < SHAPES; i++) {
      struct shape *s = &shapes[i], *t = &shapes[(i * 7 + round) % SHAPES];
      sum += s->methods->area(s);
      sum ^= s->methods->grow(s, sum & 255);
      if (s->methods->compare(s, t)) sum = mix(sum, t->a);
      for (u32 k = 0; k < 4; k++) sum = chain[(k + i) % 8](sum);
    }
    /* What a site calls changes slowly, as it does in programs. */
    filter first = chain[round % 8];
    chain[round % 8] = chain[(round * 3 + 1) % 8], chain[(round * 3 + 1) % 8] = first;
  }
  print_checksum("virtual", sum);
  return 0;
}
