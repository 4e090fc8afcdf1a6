#!/usr/bin/env bash
# Installs, builds and tests the package and the page, in Node and in Chromium.
#
#   test/run.sh                            all tests
#   BROWSER=0 test/run.sh                  without Chromium
#   CHROMIUM=/path/to/chromium test/run.sh instead of /usr/bin/chromium
set -euo pipefail
cd "$(dirname "$0")/.."
export CHROMIUM=${CHROMIUM:-/usr/bin/chromium}

part() { # NAME COMMAND...: runs the command and prints its duration
  local name=$1 began=$SECONDS
  shift
  "$@"
  printf -- '--- web %-8s %4d s\n' "$name" $((SECONDS - began))
}

install_packages() {
  if ! command -v npm >/dev/null; then
    echo "npm not found: install Node.js 20 or newer" >&2
    exit 1
  fi
  [[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --no-audit --no-fund --loglevel=error
}

install_chromium() {
  [[ -x $CHROMIUM ]] && return
  echo "$CHROMIUM not found"
  if [[ $(id -u) == 0 ]] && command -v apt-get >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    { apt-get update && apt-get install -y --no-install-recommends chromium; } >"${TMPDIR:-/tmp}/chromium-install.log" 2>&1 || true
  fi
  if [[ ! -x $CHROMIUM ]]; then
    echo "Chromium is required: run \`apt-get install chromium\` as root, or set CHROMIUM to its path, or skip its tests with BROWSER=0" >&2
    exit 1
  fi
}

part install install_packages
part build npm run --silent build
part node npm run --silent test
if [[ ${BROWSER:-1} == 0 ]]; then
  echo "BROWSER=0: skipping the tests in Chromium"
  exit
fi
part chromium install_chromium
part browser npm run --silent test:browser
