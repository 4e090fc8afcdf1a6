// Command holdfast answers questions about a containerd metadata database offline: the objects that a garbage
// collection would remove, the references that keep an object, the roots by retained size, and faults of the database.
// It also simulates nodes and compares policies.
//
//	holdfast plan meta.db
//	holdfast why meta.db image/default/docker.io/library/alpine:3.20
//	holdfast help
//
// The exit code is 0 for success, 1 for findings, 2 for a wrong command line, 3 if a file cannot be read or
// written, and 130 after Ctrl-C.
//
// Each verb has a file of its name: plan.go has the flags, the help text and the printed answer of "holdfast plan". The
// answers come from package metadata/examine, the simulations from package sim, the studies from package
// sim/study/compare. Files in testdata/golden hold the output of each command line in golden_test.go.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// version describes this build, such as "v0.3.0 (commit 4565f12a9c3e, go1.26.6 linux/amd64)". The module's version is
// "(devel)" if the build knows neither a release nor a commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	return describe(info)
}

// describe formats build information.
func describe(info *debug.BuildInfo) string {
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	var parts []string
	if revision := setting["vcs.revision"]; revision != "" {
		parts = append(parts, "commit "+revision[:min(12, len(revision))])
	}
	if setting["vcs.modified"] == "true" {
		parts = append(parts, "modified")
	}
	parts = append(parts, fmt.Sprintf("%s %s/%s", info.GoVersion, setting["GOOS"], setting["GOARCH"]))
	return fmt.Sprintf("%s (%s)", info.Main.Version, strings.Join(parts, ", "))
}
