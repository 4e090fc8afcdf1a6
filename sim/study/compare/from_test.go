package compare_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

const fixtures = "../../../metadata/testdata/fixtures"

func open(t *testing.T, name string) *engine.Engine {
	t.Helper()
	e, err := engine.Open(filepath.Join(fixtures, name, "before.db.gz"), engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// A study can start from the database of any real daemon, with any labels, and does not change it.
func TestFrom(t *testing.T) {
	dirs, err := os.ReadDir(fixtures)
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if dir.Name() == "c242-large" {
			continue
		}
		e := open(t, dir.Name())
		before := e.Hash()
		s := compare.Study{Profile: "edge", From: e, FromName: dir.Name(), Days: 1, Seeds: 2, Policies: policies(t, "kubelet:maxage=1h", "never+none", "interval:1h+ttl:after=1h")}
		r := run(t, s)
		if r.Load.Kind != "database" || r.Load.Name != dir.Name() || !r.Start.Equal(e.Clock().Now()) {
			t.Errorf("%s: load %+v from %s on", dir.Name(), r.Load, r.Start)
		}
		if e.Hash() != before {
			t.Errorf("%s: the node was changed", dir.Name())
		}
		if first := r.Policies[1].Series[0]; !(first.Used >= float64(e.ContentBackend().Size())) {
			t.Errorf("%s: begins with %.0f bytes, of which %d are blobs", dir.Name(), first.Used, e.ContentBackend().Size())
		}
		if bytesOf(t, run(t, s)) != bytesOf(t, r) {
			t.Errorf("%s: another result", dir.Name())
		}
	}
}

// Images of one name in two namespaces have versions of their own. The database has such images.
func TestFromNamesakes(t *testing.T) {
	s := compare.Study{Profile: "k8s-node", From: open(t, "c242-basic"), Days: 12, Seed: 1, Seeds: 1, Policies: policies(t, "kubelet"), NoClairvoyant: true}
	if r := run(t, s); r.Policies[0].Void != "" {
		t.Error(r.Policies[0].Void)
	}
}

// The load requests the node's images again. Images without requests are evicted, with the bytes that they alone held.
func TestFromIsUsed(t *testing.T) {
	e := open(t, "c242-basic")
	r := run(t, compare.Study{Profile: "edge", From: e, Days: 20, Seeds: 3, Policies: policies(t, "none", "kubelet:maxage=1d"), NoClairvoyant: true})
	var found bool
	for _, h := range r.Policies[0].Holders {
		found = found || !strings.HasPrefix(h.Name, "image app-")
	}
	if !found {
		t.Errorf("nothing of the node holds anything: %+v", r.Policies[0].Holders)
	}
	if figure(t, r, 1, "evictions") == 0 {
		t.Error("nothing was evicted")
	}
}

// A trace's images and containers changeKind load; its deletions do not.
func TestReadTrace(t *testing.T) {
	f, err := os.Open("../../cmd/holdfast/testdata/load.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	l, err := compare.ReadTrace(f, "load")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range l.Events {
		at := e.At.Sub(l.Start).String() + " "
		switch {
		case e.Pull != nil:
			got = append(got, at+"pull "+e.Pull.Name)
		case e.Run != nil:
			got = append(got, at+"run "+e.Run.ID+" of "+e.Run.Image.Name)
		case e.Remove != nil:
			got = append(got, at+"remove "+e.Remove.ID)
		}
	}
	want := []string{
		"0s pull web:1", "0s run web-1 of web:1", "24h0m0s pull job:1", "24h0m0s run job-1 of job:1", "24h10m0s remove job-1",
		"48h10m0s pull web:2", "48h10m0s run web-2 of web:2", "48h10m0s remove web-1", "72h10m0s run job-2 of job:1", "72h20m0s remove job-2",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
	web, job := l.Events[0].Pull, l.Events[2].Pull
	if len(web.Layers) != 2 || web.Layers[0] != job.Layers[0] || web.Layers[1] == job.Layers[1] || web.Layers[0].Size != 540 || web.Family != "web" {
		t.Errorf("%+v\n%+v", web, job)
	}
	if !l.End.Equal(l.Start.Add(73*time.Hour + 20*time.Minute)) {
		t.Errorf("ends %s", l.End)
	}
	r := run(t, compare.Study{Load: l, Policies: policies(t, "none", "lru:high=50,low=10"), Disk: 15_000})
	if r.Seeds != 1 || r.Load.Kind != "trace" || r.Load.Name != "load" || figure(t, r, 0, "bytes pulled") == 0 || figure(t, r, 1, "bytes pulled again") == 0 {
		t.Errorf("%+v", r.Load)
	}
}

func TestReadTraceRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "{}": "", `{"holdfast":99}`: "",
		`{"holdfast":1}`: "creates no image and no container",
		"{\"holdfast\":1}\n{\"op\":\"nothing\"}\n": "line 2",
	} {
		if _, err := compare.ReadTrace(strings.NewReader(text), "x"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}
