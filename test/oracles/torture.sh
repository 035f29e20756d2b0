#!/usr/bin/env bash
# Brings gcc's c-torture execution tests, from the Debian source package gcc-12 (by path and hash, so that no index of the archive is needed), into
# .cache/torture. Only that folder of it is unpacked. Prints it.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${ISAGEN_TEST_CACHE:-$top/.cache}
target=$cache/torture
if [ -e "$target/complete" ]; then
  echo "$target"
  exit 0
fi
outer=$target/gcc-12.tar.gz
mkdir -p "$target"
. "$(dirname "${BASH_SOURCE[0]}")/apt-root.sh"

{
  /usr/lib/apt/apt-helper download-file "$(archive)/pool/main/g/gcc-12/gcc-12_12.2.0.orig.tar.gz" "$outer" \
    SHA256:b8298be16aeeb96a889c6afed0a8e2241b47452e89cc81fe65ea849d5c740fcb
  # The archive of the package holds the archive of upstream.
  inner=$(tar -tf "$outer" | grep -E '\.tar\.[a-z0-9]+$' | head -n 1)
  tar -xOf "$outer" "$inner" | tar -xJ -C "$target" --strip-components=5 --wildcards '*/gcc/testsuite/gcc.c-torture/execute'
  rm -f "$outer"
  touch "$target/complete"
} >&2
echo "$target"
