package recorded_test

import (
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

const loggedCollection = `time="2026-11-22T12:01:14.5Z" level=trace msg="garbage collected" d=1.5ms` + "\n"

func TestReadLog(t *testing.T) {
	const d = "sha256:52781b6698ab230475854db357230bcf253923f857d343ff38c5644af76bb393"
	log, err := recorded.ReadLog(strings.NewReader(
		"Nov 22 12:01:13 node containerd[7]: " + `time="2026-11-22T12:01:14.25Z" level=debug msg="remove content" key="` + d + "\"\n" +
			loggedCollection + `time="2026-11-22T12:01:16Z" level=info msg="starting"` + "\n" +
			`time="2026-11-22T13:01:13+01:00" level=debug msg="garbage collected" d="500µs"`))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 12, 1, 13, 0, time.UTC)
	if len(log.Collections) != 2 || log.Collections[0] != (recorded.LoggedCollection{End: at, Pause: 500 * time.Microsecond}) {
		t.Errorf("collections %v, want two, the first at %s", log.Collections, at)
	}
	if len(log.Blobs) != 1 || log.Blobs[0].Digest != d || !log.Blobs[0].Time.Equal(at.Add(1250*time.Millisecond)) {
		t.Errorf("blobs %v", log.Blobs)
	}
	if log.Pause() != time.Millisecond {
		t.Errorf("mean pause %s", log.Pause())
	}
}

func TestLogErrors(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"no collection": {"level=info\n", "set level in [debug] of config.toml"},
		"time":          {loggedCollection + strings.Replace(loggedCollection, "12:01", "noon", 1), `line 2: time "2026-11-22Tnoon:14.5Z": must be such as`},
		"duration":      {strings.Replace(loggedCollection, "1.5ms", "-3s", 1), `line 1: duration "-3s": must be such as`},
		"digest":        {`time="2026-11-22T12:01:14Z" level=debug msg="remove content" key="sha256:1"`, `line 1: digest "sha256:1"`},
		"long line":     {strings.Repeat("x", 2<<20), "line 1: longer than"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := recorded.ReadLog(strings.NewReader(c.text))
			if err == nil || !errdefs.IsInvalidArgument(err) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

// TestLogOfAnotherTime checks that a log without a collection during the events is refused.
func TestLogOfAnotherTime(t *testing.T) {
	r := load(t, "small-2.4.2")
	log, err := recorded.ReadLog(strings.NewReader(strings.Replace(loggedCollection, "2026", "2025", 1)))
	if err != nil {
		t.Fatal(err)
	}
	_, err = recorded.Interpret(r.events, recorded.Options{Log: log})
	if !errdefs.IsInvalidArgument(err) || !strings.Contains(err.Error(), "pass the log of the same daemon and time") {
		t.Errorf("error %v", err)
	}
}
