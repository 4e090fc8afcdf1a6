package bench

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/bench/figures"
)

// A worker is a process with one aged database in one implementation. So the memory of a process is that of one
// implementation, and Go's garbage collector does not scan the other one's heap. Workers take turns: each waits
// while the other one measures.
type worker struct {
	process *exec.Cmd
	input   io.WriteCloser
	output  io.Reader
	replies *json.Decoder
}

// values are the result of one measurement, by unit, in nanoseconds or bytes.
type values map[string]int64

var (
	workerOf   = flag.String("worker", "", "set by this package in its child process: the implementation")
	workerSize = flag.Int("worker-size", 0, "set by this package in its child process: the number of objects")
)

// startWorker starts a process, which builds its database at its first request.
func startWorker(tb testing.TB, impl figures.Implementation, objects int) *worker {
	tb.Helper()
	w := &worker{process: exec.Command(os.Args[0], "-test.run", "^TestWorker$", "-test.timeout", "0",
		"-worker", string(impl), "-worker-size", strconv.Itoa(objects))}
	w.process.Stderr = os.Stderr
	var err error
	w.input, err = w.process.StdinPipe()
	must(tb, err)
	w.output, err = w.process.StdoutPipe()
	must(tb, err)
	w.replies = json.NewDecoder(w.output)
	must(tb, w.process.Start())
	tb.Cleanup(func() { w.input.Close() }) // ends the process, if stop has not
	return w
}

// ask makes the worker measure. Requests are "collect SITUATION", "waits SITUATION WINDOW", "pins PINNER" (this
// module only), or, as the only request, "heap".
func (w *worker) ask(tb testing.TB, request string) (v values) {
	tb.Helper()
	_, err := fmt.Fprintln(w.input, request)
	must(tb, err)
	if err := w.replies.Decode(&v); err != nil {
		output, _ := io.ReadAll(io.MultiReader(w.replies.Buffered(), w.output))
		tb.Fatalf("%s: %v: %s", request, err, output)
	}
	return v
}

// stop waits for the end of the process.
func (w *worker) stop(tb testing.TB) {
	tb.Helper()
	w.input.Close()
	io.Copy(io.Discard, w.output)
	must(tb, w.process.Wait())
}

// TestWorker is the child process of [startWorker].
func TestWorker(t *testing.T) {
	if *workerOf == "" {
		t.Skip("it is a part of other tests")
	}
	open := func() *side { return holdfast(t) }
	if *workerOf == string(figures.Containerd) {
		open = func() *side { return original(t) }
	}
	var db *agedDB
	replies := json.NewEncoder(os.Stdout)
	for {
		var request, situation, window string
		switch n, err := fmt.Scanln(&request, &situation, &window); {
		case n == 0 && errors.Is(err, io.EOF):
			return
		case n == 0:
			t.Fatal(err)
		}
		if db == nil && request != "heap" {
			var err error
			db, err = newAgedDB(open(), *workerSize)
			must(t, err)
		}
		v := values{}
		switch request {
		case "collect":
			s, err := situationOf(situation)
			must(t, err)
			c, err := db.sample(s)
			must(t, err)
			for _, q := range quantities {
				v[q.name] = int64(q.get(c))
			}
			v[removedUnit] = int64(c.removed)
		case "waits":
			length, err := time.ParseDuration(window)
			must(t, err)
			w, err := db.measureWaits(situation, length)
			must(t, err)
			for _, q := range waitQuantities {
				v[q.name] = int64(q.get(w))
			}
		case "heap":
			u, err := measureHeap(open, *workerSize)
			must(t, err)
			for _, q := range heapQuantities {
				v[q.name] = q.get(u)
			}
		case "pins":
			var err error
			v, err = db.measurePin(situation)
			must(t, err)
		default:
			t.Fatalf("no request %q", request)
		}
		must(t, replies.Encode(v))
	}
}

// TestWorkers makes a small worker of each implementation answer all requests.
func TestWorkers(t *testing.T) {
	for _, impl := range implementations {
		t.Run(string(impl), func(t *testing.T) {
			w := startWorker(t, impl, 3*groupObjects)
			for _, s := range situations {
				v := w.ask(t, "collect "+s.name)
				if s.name == "deleted" && v[removedUnit] == 0 {
					t.Error("a collection after deletions removes nothing")
				}
				if v["locked-ns"] <= 0 || v["wall-ns"] < v["locked-ns"] {
					t.Errorf("%s: %v", s.name, v)
				}
			}
			for _, name := range waitSituations() {
				v := w.ask(t, "waits "+name+" 20ms")
				for _, call := range []string{"read", "write"} {
					p50, p999, longest := v[call+"-p50-ns"], v[call+"-p99.9-ns"], v[call+"-max-ns"]
					if p50 <= 0 || p999 < p50 || longest < p999 {
						t.Errorf("waits beside %s: %v", name, v)
					}
				}
			}
			w.stop(t)
			w = startWorker(t, impl, 3*groupObjects)
			records := "heap-B"
			if impl == figures.Containerd {
				records = "shared-B" // bbolt maps its file, so the records are not in the heap
			}
			if v := w.ask(t, "heap"); v[records] <= 0 || v["backends-B"] <= 0 {
				t.Errorf("heap: %v", v)
			}
			w.stop(t)
		})
	}
}

// TestWorkerFails asks for an unknown situation: the failure of the process has a reason.
func TestWorkerFails(t *testing.T) {
	w := startWorker(t, implementations[0], groupObjects)
	fmt.Fprintln(w.input, "collect nonsense")
	output, err := io.ReadAll(w.output)
	if err != nil || !strings.Contains(string(output), `no situation "nonsense"`) {
		t.Errorf("%v: %s", err, output)
	}
	if w.process.Wait() == nil {
		t.Error("the process ended without an error")
	}
}
