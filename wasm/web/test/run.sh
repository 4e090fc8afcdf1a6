#!/usr/bin/env bash
# The whole check of the package and the page: installs, builds, then tests in Node, then in Chromium.
#
#   test/run.sh             all
#   BROWSER=0 test/run.sh   without Chromium
#   CHROMIUM=/path/to/it    instead of /usr/bin/chromium
set -euo pipefail
cd "$(dirname "$0")/.."
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}

part() { # NAME COMMAND...: runs it and says how long it took
  local name=$1 began=$SECONDS
  shift
  "$@"
  printf -- '--- web %-8s %4d s\n' "$name" $((SECONDS - began))
}

install_packages() {
  if ! command -v npm >/dev/null; then
    echo "no npm: install Node.js 20 or newer" >&2
    exit 1
  fi
  [[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --no-audit --no-fund --loglevel=error
}

install_chromium() {
  [[ -x $CHROMIUM ]] && return
  echo "no $CHROMIUM"
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update && apt-get install -y --no-install-recommends chromium; } >"${TMPDIR:-/tmp}/chromium-install.log" 2>&1 || true
  fi
  if [[ ! -x $CHROMIUM ]]; then
    echo "Chromium is needed: \`apt-get install chromium\` as root, or CHROMIUM=/path/to/it; BROWSER=0 leaves its tests out" >&2
    exit 1
  fi
}

part install install_packages
part build npm run --silent build
part node npm run --silent test
if [[ ${BROWSER:-1} == 0 ]]; then
  echo "BROWSER=0: the tests in a browser are left out"
  exit
fi
part chromium install_chromium
part browser npm run --silent test:browser
