/* Benchmark: the Mandelbrot set on a square of points, up to 50 rounds each, in doubles. Argument: points a side. Prints how many points stay. */
#include "guest.h"

int main(int argc, char **argv) {
  u32 side = argument(argc, argv, 1, 100);
  u32 inside = 0, checksum = 0;
  for (u32 row = 0; row < side; row++) {
    double ci = 2.0 * row / side - 1.0;
    for (u32 column = 0; column < side; column++) {
      double cr = 2.0 * column / side - 1.5;
      double zr = 0, zi = 0, rr = 0, ii = 0;
      int rounds = 0;
      while (rounds < 50 && rr + ii <= 4.0) {
        zi = 2.0 * zr * zi + ci;
        zr = rr - ii + cr;
        rr = zr * zr;
        ii = zi * zi;
        rounds++;
      }
      inside += rr + ii <= 4.0;
      checksum = checksum * 31 + rounds;
    }
  }
  print("mandelbrot ");
  print_number(inside);
  put(' ');
  print_hex(checksum, 8);
  put('\n');
  return 0;
}
