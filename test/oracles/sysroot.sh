#!/usr/bin/env bash
# Unpacks foreign Debian packages into a folder, without touching this machine's packages: a private apt root with its own
# sources, state and cache. Archive address and keyring are taken from the machine's own sources.
#
#   test/oracles/sysroot.sh ARCH SUITE [--closure] PACKAGE…     e.g. riscv64 trixie busybox-static
#   test/oracles/sysroot.sh ARCH SUITE --lock PACKAGE…          writes ARCH-SUITE.lock anew: paths and hashes of these and all that they depend on
#
# With --closure, all that the packages depend on comes too (no recommendations). Nothing of a package is run: its scripts are not.
# Packages of the lock come by path and hash, all of them at once, so that the archive's index need not be there, or whole; others, or
# when one of those is gone from the archive, by apt. Prints the folder that the packages were unpacked to (.cache/sysroot-ARCH).
# What is there already is not fetched again.
set -euo pipefail

arch=${1:?ARCH} suite=${2:?SUITE}
shift 2
closure='' lock=''
case ${1-} in
  --closure) closure=.closure && shift ;;
  --lock) lock=1 && shift ;;
esac
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
  [ -z "$lock" ] && [ -e "$sysroot/.unpacked/$package$closure" ] || missing+=("$package")
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

# All that the packages depend on, and they: nothing counts as installed, so a simulated installation names everything.
needed_by() {
  apt-get install --simulate --no-install-recommends "$@" | sed -n 's/^Inst \([^ ]*\).*/\1/p'
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
    mapfile -t needed < <(needed_by "${missing[@]}")
    packages=()
    for package in "${needed[@]}"; do
      [ -e "$sysroot/.unpacked/$package" ] || packages+=("$package")
    done
  fi
  [ ${#packages[@]} -eq 0 ] || apt-get download -qq "${packages[@]}"
  for package in "${packages[@]}"; do unpack "$package" "$package"_*.deb; done
}

if [ -n "$lock" ]; then
  apt-get update -qq >&2
  mapfile -t needed < <(needed_by "${missing[@]}")
  apt-get download --print-uris -qq "${needed[@]}" |
    sed -E "s#%2b#+#g; s#%7e#~#g; s#^'[^']*/(pool/[^']*)' [^ ]+ [0-9]+ SHA256:([0-9a-f]+)\$#\\2 \\1#" | sort -k2 >"$locked"
  echo "$locked"
  exit 0
fi

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
