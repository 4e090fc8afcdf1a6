package main

import (
	"fmt"
	"runtime/debug"
	"strings"
)

// version describes this build, such as "v0.3.0 (commit 4565f12a9c3e, go1.26.6 linux/amd64)". The module's version is
// "(devel)" if the build knows neither a release nor a commit.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	return describe(info)
}

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
