package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// eventsGoldens are command lines of the verb, with the names of the files in testdata/events that hold their output.
// REC stands for the directory of recordings, TMP for a temporary directory.
var eventsGoldens = []struct{ name, args string }{
	{"help", "events --help"},
	{"small", "events REC/small-2.4.2/events.log.gz"},
	{"before", "events REC/small-2.4.2/events.log.gz --before REC/small-2.4.2/before.db.gz -o TMP/trace.jsonl"},
	{"json", "events REC/small-2.4.2/events.log.gz --json"},
	{"older", "events REC/small-1.6.20/events.log.gz --before REC/small-1.6.20/before.db.gz"},
	{"mixed", "events REC/mixed-2.4.2/events.log.gz --before REC/mixed-2.4.2/before.db.gz"},
	{"log", "events REC/small-2.4.2/events.log.gz --before REC/small-2.4.2/before.db.gz --log REC/small-2.4.2/gc.log.gz"},
	{"snapshot", "events REC/small-2.4.2/events.log.gz --before REC/small-2.4.2/before.db.gz --snapshot 2026-11-22T12:02:16Z=REC/small-2.4.2/after.db.gz"},
	{"snapshot-other", "events REC/small-2.4.2/events.log.gz --snapshot 2026-11-22T12:02:16Z=REC/small-1.6.20/after.db.gz --log REC/small-2.4.2/gc.log.gz"},
	{"error-snapshot-node", "events REC/small-2.4.2/events.log.gz --snapshot 2026-11-22T12:02:00Z=../../../metadata/testdata/fixtures/c17-labels/before.db.gz"},
	{"error-snapshot-early", "events REC/small-2.4.2/events.log.gz --snapshot 2026-11-22T12:00:00Z=REC/small-2.4.2/before.db.gz"},
	{"error-snapshot-twice", "events REC/small-2.4.2/events.log.gz --snapshot 2026-11-22T12:02:00Z=REC/small-2.4.2/before.db.gz --snapshot 2026-11-22T12:02:00Z=REC/small-2.4.2/after.db.gz"},
	{"error-snapshot-time", "events REC/small-2.4.2/events.log.gz --snapshot 12:02=REC/small-2.4.2/after.db.gz"},
	{"error-snapshot-form", "events REC/small-2.4.2/events.log.gz --snapshot REC/small-2.4.2/after.db.gz"},
	{"error-snapshot-file", "events REC/small-2.4.2/events.log.gz --snapshot 2026-11-22T12:02:16Z=TMP/wrong.log"},
	{"error-log", "events REC/small-2.4.2/events.log.gz --log TMP/wrong.log"},
	{"error-log-stdin", "events TMP/wrong.log --log -"},
	{"error-line", "events TMP/wrong.log"},
	{"error-empty", "events TMP/empty.log"},
	{"error-no-file", "events TMP/nowhere.log"},
	{"error-before", "events REC/small-2.4.2/events.log.gz --before TMP/wrong.log"},
	{"error-output", "events REC/small-2.4.2/events.log.gz -o TMP/wrong.log/trace.jsonl"},
	{"error-stdin", "events - --before -"},
	{"error-arguments", "events"},
}

func TestEventsGolden(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"wrong.log": "2026-11-22 12:01:14.5 +0000 UTC default /images/create {\"name\":\"a\"}\n" +
			"2026-11-22 12:01:15 +0000 UTC default /content/create {\"digest\":\"sha256:12\",\"size\":3}\n",
		"empty.log": "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	places := strings.NewReplacer("TMP", dir, "REC", "../../study/recorded/testdata")
	for _, g := range eventsGoldens {
		t.Run(g.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			code := run(strings.Fields(places.Replace(g.args)), strings.NewReader(""), &stdout, &stderr)
			got := fmt.Sprintf("$ holdfast %s\n%s", g.args, stdout.String())
			if stderr.Len() > 0 {
				got += "--- standard error\n" + stderr.String()
			}
			got = strings.NewReplacer(dir, "TMP", "../../study/recorded/testdata", "REC").Replace(got + fmt.Sprintf("--- exit code %d\n", code))
			path := filepath.Join("testdata/events", g.name+".txt")
			checkGolden(t, path, got)
		})
	}
}

// TestEventsTrace replays the verb's trace, and compares policies on it.
func TestEventsTrace(t *testing.T) {
	trace := filepath.Join(t.TempDir(), "trace.jsonl")
	recording := "../../study/recorded/testdata/mixed-2.4.2/"
	shared := filepath.Join(t.TempDir(), "shared.jsonl")
	for _, args := range [][]string{
		{"events", recording + "events.log.gz", "--before", recording + "before.db.gz", "-o", trace},
		{"replay", trace},
		{"compare", "--trace", trace, "containerd", "never"},
		{"events", "testdata/shared-blobs.log", "-o", shared}, // the manifest of one image is the config of another
		{"compare", "--trace", shared, "--no-clairvoyant", "--policy", "kubelet"},
	} {
		var stdout, stderr bytes.Buffer
		if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitOK {
			t.Errorf("%v: exit code %d\n%s\n%s", args, code, &stdout, &stderr)
		}
	}
}
