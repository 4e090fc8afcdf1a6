#!/usr/bin/env bash
# Uses the module as a consumer does: takes it from a module proxy, and for each front door makes a new
# module with that package's own examples as tests, lets `go mod tidy` find the requirements, and runs the tests.
#
#   .ci/consumer.sh [DOOR...]    all doors, or only these: metadata, engine, engine/client, engine/server, proptest,
#                              wasm/host, command
#
# For each door it prints the modules that a consumer's build list and go.sum name, the modules that its packages come
# from, and the time.
set -euo pipefail
cd "$(dirname "$0")/.."
root=$PWD
module=$(go list -m)
doors=("$@")
[[ $# -gt 0 ]] || doors=(metadata engine engine/client engine/server proptest wasm/host command)

work=$(mktemp -d)
version=$(go run ./.ci/proxy "$work/proxy")
cache=$(go env GOMODCACHE)
# The module's own copy is removed from the shared module cache again.
trap 'rm -rf "$work" "$cache/$module@$version" "$cache/cache/download/$module/@v/$version".* "$cache/cache/download/$module/@v/list"' EXIT
GOPROXY="file://$work/proxy,$(go env GOPROXY)"
GONOSUMDB="$module${GONOSUMDB:+,$GONOSUMDB}"
export GOPROXY GONOSUMDB GOWORK=off GOFLAGS='-mod=mod -modcacherw -buildvcs=false'

test_files() { # DOOR: the files with the tests of the consumer
  case $1 in
  proptest) echo "$root/proptest/tutorial_test.go" ;; # the code of TUTORIAL.md
  engine/client) echo "$root/.ci/consumer/client_test.go" ;;
  wasm/host) echo "$root/.ci/consumer/host_test.go" ;;
  *) echo "$root/$1/example_test.go" ;;
  esac
}

library() { # DOOR: a new module with tests that import the door's package
  local door=$1
  go mod init example.com/consumer
  cp "$(test_files "$door")" .
  go mod tidy
  if [[ $door == wasm/host ]]; then
    GOOS=wasip1 GOARCH=wasm go build -buildmode=c-shared -o holdfast.wasm "$module/wasm/guest"
  fi
  # vet would look for the packages that the examples illustrate in this module
  go test -vet=off -count=1 ./...
}

command() { # installs the command outside any module
  GOBIN="$PWD" go install "$module/sim/cmd/holdfast@$version"
  ./holdfast --help
}

for door in "${doors[@]}"; do
  began=$SECONDS
  mkdir -p "$work/$door"
  cd "$work/$door"
  run=(library "$door")
  [[ $door != command ]] || run=(command)
  # not in a condition, where set -e would not hold
  set +e
  (set -e; "${run[@]}") >log 2>&1
  status=$?
  set -e
  if [[ $status != 0 ]]; then
    echo "consumer of $door: failed"
    cat log
    exit 1
  fi
  if [[ $door == command ]]; then
    printf '%-14s installs and runs, %d s\n' "$door" $((SECONDS - began))
    continue
  fi
  printf '%-14s %3d modules in the build list, %3d in go.sum with content, %3d used by packages, %d s\n' "$door" \
    "$(go list -m all | wc -l)" "$(grep -vc '/go.mod ' go.sum)" \
    "$(go list -test -deps -f '{{with .Module}}{{.Path}}{{end}}' ./... | sort -u | grep -c .)" $((SECONDS - began))
done
