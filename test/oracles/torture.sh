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
mkdir -p "$target" "$apt/state/lists/partial" "$apt/cache/archives/partial" "$apt"/etc/{apt.conf.d,preferences.d}

# The first archive that the machine itself uses for its release: `deb [options] URI suite …` or a `URIs:` line.
uri=$(
  { sed -nE 's/^URIs:[[:space:]]*([^[:space:]]+).*/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true
    sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^[:space:]]+\/debian\/?)[[:space:]].*/\2/p' \
      /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true
  } | head -n 1
)
[ -n "$uri" ] || { echo "torture.sh: this machine's apt sources name no Debian archive" >&2; exit 1; }
echo "deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri bookworm main" >"$apt/sources.list"
: >"$apt/status"
cat >"$apt/apt.conf" <<CONF
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Dir "$apt";
Dir::Etc "$apt/etc";
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$apt/state";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
CONF
export APT_CONFIG=$apt/apt.conf

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
