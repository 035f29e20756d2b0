#!/usr/bin/env bash
# Brings gcc's c-torture execution tests, from the Debian source package gcc-12, into .cache/torture, without touching this machine's
# packages: a private apt root with its own sources, state and cache. Only that folder of the archive is unpacked. Prints it.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${ISAGEN_TEST_CACHE:-$top/.cache}
target=$cache/torture
if [ -e "$target/complete" ]; then
  echo "$target"
  exit 0
fi
apt=$cache/apt-source
mkdir -p "$target"
. "$(dirname "${BASH_SOURCE[0]}")/apt-root.sh"
uri=$(archive)
apt_root "$apt" "deb-src [signed-by=$keyring] $uri bookworm main"

{
  apt-get update -qq || { sleep 5; apt-get update -qq; }
  cd "$apt/cache"
  apt-get source -qq --download-only --only-source gcc-12
  outer=$(echo gcc-12_*.orig.tar.*)
  # The archive of the package holds the archive of upstream.
  inner=$(tar -tf "$outer" | grep -E '\.tar\.[a-z0-9]+$' | head -n 1)
  tar -xOf "$outer" "$inner" | tar -xJ -C "$target" --strip-components=5 --wildcards '*/gcc/testsuite/gcc.c-torture/execute'
  rm -f gcc-12_*
  touch "$target/complete"
} >&2
echo "$target"
