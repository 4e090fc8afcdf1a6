package main

import (
	"runtime/debug"
	"testing"
)

func TestVersion(t *testing.T) {
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	platform := []debug.BuildSetting{setting("GOOS", "linux"), setting("GOARCH", "arm64")}
	revision := setting("vcs.revision", "4565f12a9c3e8d7b6a5f4e3d2c1b0a9f8e7d6c5b")
	for _, c := range []struct {
		name     string
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"installed as a module", "v0.3.0", platform, "v0.3.0 (go1.26.6 linux/arm64)"},
		{"built at a tag", "v0.3.0", append(platform, revision), "v0.3.0 (commit 4565f12a9c3e, go1.26.6 linux/arm64)"},
		{"built with changes", "v0.3.0+dirty", append(platform, revision, setting("vcs.modified", "true")),
			"v0.3.0+dirty (commit 4565f12a9c3e, modified, go1.26.6 linux/arm64)"},
		{"built without version control", "(devel)", platform, "(devel) (go1.26.6 linux/arm64)"},
	} {
		t.Run(c.name, func(t *testing.T) {
			info := &debug.BuildInfo{GoVersion: "go1.26.6", Main: debug.Module{Version: c.version}, Settings: c.settings}
			if got := describe(info); got != c.want {
				t.Errorf("version is %q, want %q", got, c.want)
			}
		})
	}
}
