package recorded_test

import (
	"bufio"
	"compress/gzip"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

// A recording is a folder of testdata.
type recording struct {
	name     string
	settings schedule.Settings
	events   []recorded.Event
	start    time.Time   // of the daemon
	end      time.Time   // when it was stopped
	real     []time.Time // when it collected
	log      *recorded.Log
	commands []command
	after    map[string]bool // nodes
}

// A command is a command of a client.
type command struct {
	start, end time.Time
	code       string
	client     string
	text       string
	result     string
}

func open(t testing.TB, name string) io.Reader {
	t.Helper()
	f, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	r, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func load(t testing.TB, name string) *recording {
	t.Helper()
	r := &recording{name: name, settings: schedule.Defaults()}
	var err error
	if r.events, err = recorded.Read(open(t, name+"/events.log.gz")); err != nil {
		t.Fatal(err)
	}
	if r.log, err = recorded.ReadLog(open(t, name+"/gc.log.gz")); err != nil {
		t.Fatal(err)
	}
	for _, c := range r.log.Collections {
		r.real = append(r.real, c.End)
	}
	for lines := bufio.NewScanner(open(t, name+"/commands.tsv.gz")); lines.Scan(); {
		f := append(strings.Split(lines.Text(), "\t"), "", "")
		if f[0] != "start" {
			r.commands = append(r.commands, command{moment(t, f[0]), moment(t, f[1]), f[2], f[3], f[4], f[5]})
		}
	}
	if name == "small-1.6.20" {
		r.settings.PauseThreshold = withoutFloor(r.log.Pause())
	}
	r.start = r.real[0].Add(-schedule.Defaults().StartupDelay - r.log.Collections[0].Pause)
	r.end = r.commands[len(r.commands)-1].start
	r.after = nodes(t, r.open(t, "after.db.gz"))
	return r
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// before opens the database from which the recording begins.
func (r *recording) before(t testing.TB) *engine.Engine { return r.open(t, "before.db.gz") }

// open opens a database of the recording at the start of its time.
func (r *recording) open(t testing.TB, file string) *engine.Engine {
	t.Helper()
	e, err := engine.Open("testdata/"+r.name+"/"+file, engine.WithStart(r.start), engine.WithoutSchedule())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// withoutFloor returns the pause threshold with which a schedule has the default interval of containerd 1.6. There the
// interval is computed from the mean pause; later versions compute it from at least 5 ms.
func withoutFloor(pause time.Duration) float64 {
	const floor, threshold = 5 * time.Millisecond, 0.02
	interval := float64(pause)/threshold - float64(pause)
	return float64(floor) / (interval + float64(floor))
}

// nodes returns the names of all objects of a node, each with its kind, and of its namespaces.
func nodes(t testing.TB, e *engine.Engine) map[string]bool {
	t.Helper()
	objects, err := examine.Objects(e.KV())
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]bool{}
	for _, o := range objects {
		all[o.Node] = true
	}
	names, err := e.Namespaces().List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		all["namespace/"+name] = true
	}
	return all
}

// only returns the names of a kind, "" for any, that are in a and not in b.
func only(kind string, a, b map[string]bool) (list []string) {
	for n := range a {
		if (kind == "" || strings.HasPrefix(n, kind+"/")) && !b[n] {
			list = append(list, n)
		}
	}
	slices.Sort(list)
	return list
}
