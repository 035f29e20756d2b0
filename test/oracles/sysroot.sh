#!/usr/bin/env bash
# Unpacks foreign Debian packages into a folder, without touching this machine's packages: a private apt root with its own
# sources, state and cache. Archive address and keyring are taken from the machine's own sources.
#
#   test/oracles/sysroot.sh ARCH SUITE [--closure] PACKAGE…     e.g. riscv64 trixie busybox-static
#
# With --closure, all that the packages depend on comes too (no recommendations). Nothing of a package is run: its scripts are not.
# Prints the folder that the packages were unpacked to (.cache/sysroot-ARCH). What is there already is not fetched again.
set -euo pipefail

arch=${1:?ARCH} suite=${2:?SUITE}
shift 2
closure=
if [ "${1-}" = --closure ]; then
  closure=.closure
  shift
fi
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${ISAGEN_TEST_CACHE:-$top/.cache}
sysroot=$cache/sysroot-$arch
apt=$cache/apt-$arch-$suite
mkdir -p "$sysroot/.unpacked"

missing=()
for package in "$@"; do
  [ -e "$sysroot/.unpacked/$package$closure" ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "$sysroot"
  exit 0
fi

. "$(dirname "${BASH_SOURCE[0]}")/apt-root.sh"
uri=$(archive)
apt_root "$apt" "deb [arch=$arch signed-by=$keyring] $uri $suite main" "APT::Architecture \"$arch\";" "APT::Architectures { \"$arch\"; };"

{
  apt-get update -qq || { sleep 5; apt-get update -qq; }
  cd "$apt/cache/archives"
  packages=("${missing[@]}")
  if [ -n "$closure" ]; then
    # Nothing counts as installed, so a simulated installation names everything.
    mapfile -t needed < <(apt-get install --simulate --no-install-recommends "${missing[@]}" | sed -n 's/^Inst \([^ ]*\).*/\1/p')
    packages=()
    for package in "${needed[@]}"; do
      [ -e "$sysroot/.unpacked/$package" ] || packages+=("$package")
    done
  fi
  [ ${#packages[@]} -eq 0 ] || apt-get download -qq "${packages[@]}"
  # Merged /usr: the folders at the root are links, or dpkg would make real ones.
  for folder in bin lib sbin; do
    mkdir -p "$sysroot/usr/$folder"
    [ -e "$sysroot/$folder" ] || ln -s "usr/$folder" "$sysroot/$folder"
  done
  for package in "${packages[@]}"; do
    dpkg -x "$package"_*.deb "$sysroot"
    touch "$sysroot/.unpacked/$package"
  done
  for package in "${missing[@]}"; do touch "$sysroot/.unpacked/$package$closure"; done
} >&2
echo "$sysroot"
