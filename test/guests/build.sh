#!/bin/sh
# Builds the guest programs from their sources; the results are checked in, so only a change of a source needs this.
# Wants Debian's gcc-riscv64-linux-gnu (its compiler serves both word sizes, for no library is linked).
set -eu
cd "$(dirname "$0")"
CC=${CC:-riscv64-linux-gnu-gcc}
FLAGS='-std=gnu11 -O2 -Wall -Wextra -ffreestanding -fno-tree-loop-distribute-patterns -fno-asynchronous-unwind-tables -fno-stack-protector
  -nostdlib -Wl,--build-id=none -Wl,-z,max-page-size=4096 -Wl,-z,separate-code'

# build OUTPUT SOURCE FLAG…
build() {
  out=$1 source=$2
  shift 2
  # shellcheck disable=SC2086
  "$CC" $FLAGS "$@" -o "$out" start.S guest.c "$source"
  riscv64-linux-gnu-strip --strip-debug --discard-locals "$out"
}

for name in hello sieve matmul fib interpreter coremix virtual strings sha256 hashtable sort pointers bigswitch lz jit; do
  build "$name.rv64.elf" "$name.c" -march=rv64imac -mabi=lp64 -static -fno-pie -no-pie
done
build hello.rv32.elf hello.c -march=rv32imac -mabi=ilp32 -static -fno-pie -no-pie
build hello.rv64.pie.elf hello.c -march=rv64imac -mabi=lp64 -fpie -pie -Wl,-static,--no-dynamic-linker,-z,text
# With the float ABI of distributions, by which the engine is chosen.
build doubles.rv64.elf doubles.c -march=rv64gc -mabi=lp64d -static -fno-pie -no-pie
build float.rv64.elf float.c -march=rv64gc -mabi=lp64d -static -fno-pie -no-pie
build float.rv32.elf float.c -march=rv32gc -mabi=ilp32d -static -fno-pie -no-pie

for name in nbody mandelbrot spectral linear rounding; do
  build "$name.rv64.elf" "$name.c" -march=rv64gc -mabi=lp64d -static -fno-pie -no-pie -fno-math-errno
done

# The 6502 program, by the assembler made from its spec.
if [ -f ../../dist/generator/cli.js ]; then
  node ../../dist/generator/cli.js asm sieve.6502.s --isa mos6502 -o sieve.6502.bin >/dev/null
fi
