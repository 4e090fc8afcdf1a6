#!/usr/bin/env bash
# Builds everything that a release publishes, in dist/:
#
#   holdfast_VERSION_OS_ARCH.tar.gz   the command for linux, darwin and windows on amd64 and arm64, with LICENSE
#   holdfast_VERSION.wasm             the WebAssembly module; the npm package has the same bytes
#   holdfast-VERSION.tgz              the npm package
#   holdfast_VERSION.cdx.json         software bills of materials in CycloneDX form: of the command,
#   holdfast-web_VERSION.cdx.json       and of the npm packages that build the page and the npm package
#   SHA256SUMS                        of all these
#
# VERSION is the tag of HEAD; without one it is a snapshot's name, such as 0.1.0-12-g4565f12. At a tag the script fails
# if files are modified or untracked, or if package.json or CHANGELOG.md have another version. It needs Go, Node.js and
# GNU tar.
set -euo pipefail
cd "$(dirname "$0")/.."

sbom=github.com/CycloneDX/cyclonedx-gomod/cmd/cyclonedx-gomod@v1.10.0

described=$(git describe --tags --match 'v[0-9]*' --dirty 2>/dev/null ||
  git describe --always --dirty --exclude '*' | sed 's/^/v0.0.0-g/')
version=${described#v}
packaged=$(node -p 'require("./wasm/web/package.json").version')
if tag=$(git describe --tags --match 'v[0-9]*' --exact-match 2>/dev/null); then
  # Untracked files count too: the go command marks a build beside them as modified.
  [[ -z $(git status --porcelain) ]] || { echo "files differ from $tag: commit or remove them" >&2; exit 1; }
  [[ v$packaged == "$tag" ]] || { echo "wasm/web/package.json has version $packaged, the tag is $tag" >&2; exit 1; }
  grep -q "^## \[\?$version\]\?" CHANGELOG.md || { echo "CHANGELOG.md has no section $version" >&2; exit 1; }
fi

export CGO_ENABLED=0 GOFLAGS='-trimpath -buildvcs=true'
rm -rf dist
mkdir dist
date=$(git log -1 --format=%cI)
host=$(go env GOHOSTOS)/$(go env GOHOSTARCH)

for platform in {linux,darwin,windows}/{amd64,arm64}; do
  os=${platform%/*} arch=${platform#*/}
  folder=dist/build/holdfast_${version}_${os}_$arch
  mkdir -p "$folder"
  GOOS=$os GOARCH=$arch go build -ldflags='-s -w' -o "$folder/" ./sim/cmd/holdfast
  cp LICENSE "$folder/"
  tar --sort=name --mtime="$date" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -C dist/build -c "${folder##*/}" |
    gzip -n >"dist/${folder##*/}.tar.gz"
  # Programs of other systems are only built. QEMU runs linux programs for other processors.
  program=("$folder/holdfast")
  case $platform in
  "$host") ;;
  linux/arm64) program=(qemu-aarch64-static "${program[@]}") ;;
  linux/amd64) program=(qemu-x86_64-static "${program[@]}") ;;
  *) program=(false) ;;
  esac
  if [[ ${program[0]} != false ]] && command -v "${program[0]}" >/dev/null; then
    echo "built and run: $platform: $("${program[@]}" --version)"
  else
    echo "built only:    $platform"
  fi
done
rm -r dist/build

(
  cd wasm/web
  [[ node_modules/.package-lock.json -nt package-lock.json ]] || npm ci --no-audit --no-fund --loglevel=error
  BROTLI_QUALITY=11 npm run --silent build
  npm pack --silent --pack-destination ../../dist >/dev/null
  npm sbom --sbom-format cyclonedx >"../../dist/holdfast-web_$version.cdx.json"
)
cp wasm/web/dist/holdfast.wasm "dist/holdfast_$version.wasm"
[[ $packaged == "$version" ]] || mv "dist/holdfast-$packaged.tgz" "dist/holdfast-$version.tgz"
echo "built:         the WebAssembly module and the npm package"

go run "$sbom" app -json -licenses -main sim/cmd/holdfast -output "dist/holdfast_$version.cdx.json" . 2>dist/sbom.log ||
  { cat dist/sbom.log >&2; exit 1; }
rm dist/sbom.log

(cd dist && sha256sum -- * >../SHA256SUMS.part && mv ../SHA256SUMS.part SHA256SUMS)
ls -l dist
