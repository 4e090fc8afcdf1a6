package parity

import (
	"flag"
	"io"
	"os"
	"runtime"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/containerd/log"
)

var (
	seedFlag  = flag.Uint64("parity.seed", 0, "run only the history of `seed`")
	firstFlag = flag.Uint64("parity.first", 1, "start with the history of `seed`")
	callsFlag = flag.Int("parity.calls", 0, "run at least `n` calls")
	forFlag   = flag.Duration("parity.for", 0, "run for `duration`")
)

const (
	// historyLength is the number of calls in a history.
	historyLength = 500
	// checkEvery is the number of calls between two comparisons of the whole trees.
	checkEvery = 50
	// shrinkAttempts is the maximum number of attempts to reduce a failure.
	shrinkAttempts = 500
	// mostFailures is the maximum number of reported kinds of failures.
	mostFailures = 5
)

func TestMain(m *testing.M) {
	flag.Parse()
	// containerd logs errors that it cannot return.
	log.L.Logger.SetOutput(io.Discard)
	_ = log.SetLevel("panic")
	os.Exit(m.Run())
}

// TestParity runs histories through both packages: 200,000 calls, or 20,000 under the race detector or with -short,
// unless flags change that.
func TestParity(t *testing.T) {
	p := pair{original, ours}
	if *seedFlag != 0 {
		if found := p.test(t, *seedFlag, newCensus()); found != nil {
			t.Error(p.report(*found, p.shrink(t, *found, shrinkAttempts)))
		}
		return
	}
	seen := p.campaign(t, campaignEnd())
	t.Log(seen)
	if !t.Failed() && seen.calls >= fullRun {
		seen.check(t)
	}
}

// fullRun is the number of calls after which every situation must have been reached.
const fullRun = 200_000

// campaignEnd returns a function that reports whether a campaign is over after a number of calls.
func campaignEnd() func(calls int) bool {
	calls := *callsFlag
	switch {
	case *forFlag > 0:
		end := time.Now().Add(*forFlag)
		return func(made int) bool { return time.Now().After(end) && made >= calls }
	case calls == 0 && (raceEnabled || testing.Short()):
		calls = fullRun / 10
	case calls == 0:
		calls = fullRun
	}
	return func(made int) bool { return made >= calls }
}

// campaign tests one seed after another, on all processors, until it is over or has found mostFailures kinds of
// failures. It reports the first failure of each kind.
func (p pair) campaign(t *testing.T, over func(calls int) bool) *census {
	var (
		mu    sync.Mutex
		next  = *firstFlag
		seen  = newCensus()
		found = map[string]bool{} // kinds of failures
	)
	// take adds the census of a finished history and returns the next seed. It returns false if the campaign is over.
	take := func(done *census) (uint64, bool) {
		mu.Lock()
		defer mu.Unlock()
		seen.add(done)
		seed := next
		next++
		return seed, len(found) < mostFailures && !over(seen.calls)
	}
	// isNew reports whether a failure is the first of its kind.
	isNew := func(f failure) bool {
		mu.Lock()
		defer mu.Unlock()
		known := found[f.kind()]
		found[f.kind()] = true
		return !known
	}
	t.Run("workers", func(t *testing.T) {
		for i := range runtime.GOMAXPROCS(0) {
			t.Run(strconv.Itoa(i), func(t *testing.T) {
				t.Parallel()
				done := newCensus()
				for seed, more := take(done); more; seed, more = take(done) {
					done = newCensus()
					if f := p.test(t, seed, done); f != nil && isNew(*f) {
						t.Error(p.report(*f, p.shrink(t, *f, shrinkAttempts)))
					}
				}
			})
		}
	})
	return seen
}

// test runs the history of one seed and returns its failure, or nil.
func (p pair) test(t *testing.T, seed uint64, seen *census) *failure {
	h := generate(seed, historyLength)
	seen.histories++
	m := p.run(t, h, checkEvery, seen)
	if m == nil {
		return nil
	}
	h.Calls = h.Calls[:min(m.Step+1, len(h.Calls))]
	return &failure{h, *m}
}
