package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestCompletion completes the last word of command lines. ROOT is the root directory of a node. The last line of each
// output is cobra's directive: 0 completes files, 4 no files, 6 no files and no space, 16 directories.
func TestCompletion(t *testing.T) {
	root := unpackRoot(t, filepath.Join(caseFolder(t, "sizes-from-snapshotter"), "root.tar.gz"))
	dir := t.TempDir()
	writeBrokenFiles(t, dir)
	for _, c := range []struct{ args, want string }{
		{"why testdata/tiny.db.gz container/", "container/default/web :4"},
		{"inspect testdata/tiny.db.gz lease/", "lease/default/hold :4"},
		{"why ROOT container/k8s.io/c", "container/k8s.io/c1 :4"},
		{"why --root ROOT container/", "container/k8s.io/c1 :4"},
		{"why ROOT/none container/", ":4"},
		{"why testdata/tiny.db.gz name", "namespace/ :6"},
		{"why ROOT namespace/", "namespace/k8s.io :4"},
		{"why testdata/tiny.db.gz container/a extra ", ":4"},
		{"why ", ":0"},
		{"why testdata/ti", ":0"},
		{"why testdata/nothing c", ":4"},
		{"why TMP/foreign.db namespace/", ":4"},
		{"why - c", ":4"},

		{"plan testdata/tiny.db.gz --delete image/", "image/default/example.local/scratch:latest :4"},
		{"plan --root ROOT --delete container/", "container/k8s.io/c1 :4"},
		{"plan testdata/tiny.db.gz --delete h", "holder/ :6"},
		{"plan testdata/tiny.db.gz --delete holder/c", "holder/container/default/web :4"},
		{"plan testdata/tiny.db.gz --delete namespace/", "namespace/default :4"},
		{"plan testdata/tiny.db.gz --containerd ", "1.6 1.7 2.0 2.1 2.2 2.3 2.4 :4"},
		{"plan --root ", ":16"},
		{"plan --usage ", ":0"},
		{"plan --at ", ":4"},
		{"plan testdata/tiny.db.gz ", ":4"},
		{"plan --snapshotter overlayfs=testdata/no", "overlayfs=testdata/node :6"},
		{"top --by ", "holder name kind namespace client snapshotter :4"},
		{"top --format ", "table json csv prometheus :4"},
		{"fsck --fail-on ", "error warning :4"},
		{"gc testdata/tiny.db.gz ", ":4"},
		{"gc testdata/tiny.db.gz -o ", ":0"},
		{"collect-files ", ":0"},
		{"diff testdata/tiny.db.gz ", ":0"},

		{"compare kub", "kubelet :6"},
		{"compare interval", "interval :6"},
		{"compare lru never+kubelet:high=70,lo", "never+kubelet:high=70,low= :6"},
		{"compare --policy watermark:hi", "watermark:high= :6"},
		{"compare --policy buildkit:defaults=buildkitd-", "buildkit:defaults=buildkitd-before-2026-06 :6"},
		{"compare --policy @testdata/po", "@testdata/policies.txt :6"},
		{"compare --profile ", "k8s-node ci-runner build-host edge multi-tenant :4"},
		{"compare --csv ", ":16"},
		{"compare --report ", ":0"},
		{"compare --days ", ":4"},
		{"sim --profile ", "calm steady swarm :4"},
		{"sim --schedule ", "random containerd interval after-deletion watermark on-demand :4"},
		{"sim --faults crash=3,de", "crash=3,delay :6"},
		{"sim --faults non", "none :6"},
		{"sim --output ", ":16"},
		{"sim ", ":4"},
	} {
		t.Run(c.args, func(t *testing.T) {
			args := strings.NewReplacer("ROOT", root, "TMP", dir).Replace(c.args)
			got := holdfast(t, append([]string{"__complete"}, strings.Split(args, " ")...)...)
			if got := strings.Join(strings.Fields(got), " "); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// TestCompletionOfBugs completes the names of injected bugs.
func TestCompletionOfBugs(t *testing.T) {
	got := strings.Fields(holdfast(t, "__complete", "sim", "--plant", ""))
	if want := append(plantNames(), ":4"); strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCompletionScripts(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if script := holdfast(t, "completion", shell); !strings.Contains(script, "holdfast") {
			t.Errorf("completion %s: %q", shell, script)
		}
	}
}
