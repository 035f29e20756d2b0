#!/usr/bin/env bash
# Installs what the tests compare with (Debian, as root): llvm-mc 19, qemu-user, compilers for this machine and for riscv64,
# Chromium, assemblers of small machines. Then unpacks riscv64 programs of Debian, and gcc's torture tests, into .cache/. What is there already is left alone.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

packages=()
need() { # need COMMAND PACKAGE…
  command -v "$1" >/dev/null || packages+=("${@:2}")
}
need llvm-mc-19 llvm-19
need qemu-riscv64 qemu-user
need gcc gcc libc6-dev
need riscv64-linux-gnu-gcc gcc-riscv64-linux-gnu libc6-dev-riscv64-cross
need xz xz-utils
need chromium chromium
need ca65 cc65
need z80asm z80asm
need pasmo pasmo
need z80dasm z80dasm
need sdasgb sdcc
need nasm nasm

if [ ${#packages[@]} -gt 0 ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq || { sleep 10; apt-get update -qq; }
  apt-get install -y -qq --no-install-recommends "${packages[@]}" </dev/null >/dev/null
fi
test/oracles/sysroot.sh riscv64 trixie busybox-static bash-static
test/oracles/sysroot.sh riscv64 trixie --closure lua5.4 sqlite3 python3-minimal libpython3.13-stdlib perl-base gzip xz-utils zstd bzip2
# The longer comparisons (ISAGEN_LONG=1) want a compiler too: the same with gcc-14 libc6-dev.
test/oracles/torture.sh
