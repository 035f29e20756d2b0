# A private apt root, so that packages are fetched without touching this machine's: its own sources, state and cache. To be sourced by bash.

keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The first archive that the machine itself uses for its release: `deb [options] URI suite …` or a `URIs:` line.
archive() {
  local uri
  uri=$(
    { sed -nE 's/^URIs:[[:space:]]*([^[:space:]]+).*/\1/p' /etc/apt/sources.list.d/debian.sources 2>/dev/null || true
      sed -nE 's/^deb[[:space:]]+(\[[^]]*\][[:space:]]*)?([^[:space:]]+\/debian\/?)[[:space:]].*/\2/p' \
        /etc/apt/sources.list /etc/apt/sources.list.d/*.list 2>/dev/null || true
    } | head -n 1
  )
  [ -n "$uri" ] || { echo "this machine's apt sources name no Debian archive" >&2; exit 1; }
  echo "$uri"
}

# apt_root FOLDER SOURCE [OPTION…]: makes the folder such a root, with this one source; apt uses it from then on.
apt_root() {
  local root=$1 source=$2
  shift 2
  mkdir -p "$root/state/lists/partial" "$root/cache/archives/partial" "$root"/etc/{apt.conf.d,preferences.d}
  : >"$root/status"
  echo "$source" >"$root/sources.list"
  {
    [ $# -eq 0 ] || printf '%s\n' "$@"
    cat <<CONF
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Dir "$root";
Dir::Etc "$root/etc";
Dir::Etc::sourcelist "$root/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::State "$root/state";
Dir::State::status "$root/status";
Dir::Cache "$root/cache";
CONF
  } >"$root/apt.conf"
  export APT_CONFIG=$root/apt.conf
}
