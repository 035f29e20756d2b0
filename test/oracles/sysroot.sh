#!/usr/bin/env bash
# Unpacks foreign Debian packages into a folder, without touching this machine's packages: a private apt root with its own
# sources, state and cache. Archive address and keyring are taken from the machine's own sources.
#
#   test/oracles/sysroot.sh ARCH SUITE [--closure] PACKAGE…     e.g. riscv64 trixie busybox-static
#
# With --closure, all that the packages depend on comes too (no recommendations). Nothing of a package is run: its scripts are not.
# Packages of the lock (ARCH-SUITE.lock beside this) come by path and hash, all of them at once, so that the archive's index need not be
# there, or whole; others, or when one of those is gone from the archive, by apt, which adds them to .cache/apt-ARCH-SUITE/lock in the
# lock's own form. Prints the folder that the packages were unpacked to (.cache/sysroot-ARCH).
# What is there already is not fetched again.
set -euo pipefail

arch=${1:?ARCH} suite=${2:?SUITE}
shift 2
closure=
if [ "${1-}" = --closure ]; then
  closure=.closure
  shift
fi
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${ISAGEN_TEST_CACHE:-$here/../../.cache}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
sysroot=$cache/sysroot-$arch
apt=$cache/apt-$arch-$suite
locked=$here/$arch-$suite.lock
mkdir -p "$sysroot/.unpacked"

missing=()
for package in "$@"; do
  [ -e "$sysroot/.unpacked/$package$closure" ] || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "$sysroot"
  exit 0
fi

. "$here/apt-root.sh"
uri=$(archive)
apt_root "$apt" "deb [arch=$arch signed-by=$keyring] $uri $suite main" "APT::Architecture \"$arch\";" "APT::Architectures { \"$arch\"; };"
cd "$apt/cache/archives"

# unpack PACKAGE FILE: once.
unpack() {
  dpkg -x "$2" "$sysroot"
  touch "$sysroot/.unpacked/$1"
}

from_lock() {
  [ -e "$locked" ] || return 1
  local package hash path
  for package in "${missing[@]}"; do grep -q "/${package}_[^/]*$" "$locked" || return 1; done
  while read -r hash path; do
    package=$(basename "$path") && package=${package%%_*}
    [ ! -e "$sysroot/.unpacked/$package" ] || continue
    /usr/lib/apt/apt-helper download-file "$uri/$path" "$package.deb" "SHA256:$hash" >/dev/null || return 1
    unpack "$package" "$package.deb" || return 1
  done <"$locked"
}

from_apt() {
  local packages=("${missing[@]}") needed package
  apt-get update -qq || { sleep 5; apt-get update -qq; }
  if [ -n "$closure" ]; then
    # Nothing counts as installed, so a simulated installation names everything.
    mapfile -t needed < <(apt-get install --simulate --no-install-recommends "${missing[@]}" | sed -n 's/^Inst \([^ ]*\).*/\1/p')
    packages=()
    for package in "${needed[@]}"; do
      [ -e "$sysroot/.unpacked/$package" ] || packages+=("$package")
    done
  fi
  [ ${#packages[@]} -gt 0 ] || return 0
  apt-get download -qq "${packages[@]}"
  apt-cache show --no-all-versions "${packages[@]}" | awk '$1 == "Filename:" { path = $2 } $1 == "SHA256:" { print $2, path }' >>"$apt/lock"
  for package in "${packages[@]}"; do unpack "$package" "$package"_*.deb; done
}

{
  # Merged /usr: the folders at the root are links, or dpkg would make real ones.
  for folder in bin lib sbin; do
    mkdir -p "$sysroot/usr/$folder"
    [ -e "$sysroot/$folder" ] || ln -s "usr/$folder" "$sysroot/$folder"
  done
  from_lock || from_apt
  for package in "${missing[@]}"; do touch "$sysroot/.unpacked/$package$closure"; done
} >&2
echo "$sysroot"
