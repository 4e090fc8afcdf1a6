package engine_test

import (
	"runtime"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
)

// step is an Op and the expected code.
type step struct {
	line string
	code op.Code
}

func steps(t *testing.T, e *engine.Engine, all []step) {
	t.Helper()
	for _, s := range all {
		if r := apply(t, e, s.line); r.Code != s.code {
			t.Fatalf("%s: %s, want %s", s.line, r, s.code)
		}
	}
}

// TestHangBlocksOtherCalls makes a backend hang inside a transaction in virtual time while other calls wait for its
// locks. The subtests end the hang in each possible way.
func TestHangBlocksOtherCalls(t *testing.T) {
	setup := []step{
		{`{"op":"faults.set","name":"disk","fault":{"on":"content","call":"writer","times":"1","hang":true}}`, op.OK},
		// The writer is opened inside a transaction, so the call holds the lock of the database while it hangs.
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r","call":"puller","timeout":"1m"}`, op.Pending},
		{`{"op":"images.list","ns":"default"}`, op.OK}, // readers don't wait
		{`{"op":"leases.create","ns":"default","id":"l","call":"other","timeout":"1h"}`, op.Pending},
		{`{"op":"collect","call":"gc"}`, op.Pending},
		{`{"op":"leases.create","ns":"default","id":"m"}`, op.FailedPrecondition}, // a call without a name can't wait
		{`{"op":"calls.resume","name":"puller"}`, op.Pending},
		{`{"op":"calls.resume","name":"other"}`, op.Pending},
	}
	after := []step{
		{`{"op":"calls.resume","name":"gc"}`, op.Pending},  // a transaction is open
		{`{"op":"calls.resume","name":"other"}`, op.OK},    // the database is free
		{`{"op":"calls.resume","name":"gc"}`, op.OK},       // no transaction is open
		{`{"op":"calls.resume","name":"gc"}`, op.NotFound}, // the call has ended
		{`{"op":"leases.create","ns":"default","id":"m"}`, op.OK},
	}
	for name, end := range map[string][]step{
		"the client cancels": {
			{`{"op":"calls.cancel","name":"puller"}`, op.OK},
			{`{"op":"calls.resume","name":"puller"}`, op.Canceled},
		},
		"the client dies": {
			{`{"op":"calls.abandon","name":"puller"}`, op.OK},
			{`{"op":"calls.resume","name":"puller"}`, op.NotFound},
		},
		"the timeout ends": {
			{`{"op":"clock.advance","by":"59s"}`, op.OK},
			{`{"op":"calls.resume","name":"puller"}`, op.Pending},
			{`{"op":"clock.advance","by":"1s"}`, op.OK},
			{`{"op":"calls.resume","name":"puller"}`, op.DeadlineExceeded},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(t, engine.WithTurns())
			steps(t, e, setup)
			steps(t, e, end)
			steps(t, e, after)
			if got := apply(t, e, `{"op":"leases.list","ns":"default"}`).String(); got != `{"code":"ok","value":[{"id":"l","createdAt":"`+stamp(e)+`"},{"id":"m","createdAt":"`+stamp(e)+`"}]}` {
				t.Error(got)
			}
			if at, ok := e.Clock().Next(); ok {
				t.Errorf("a call that has ended still waits for %v", at)
			}
		})
	}
	t.Run("the daemon dies", func(t *testing.T) {
		e := newEngine(t, engine.WithTurns())
		steps(t, e, setup)
		steps(t, e, []step{
			{`{"op":"node.crash"}`, op.OK},
			{`{"op":"leases.create","ns":"default","id":"new"}`, op.OK}, // the new daemon's locks are free
			{`{"op":"calls.resume","name":"puller"}`, op.Down},
			{`{"op":"calls.resume","name":"other"}`, op.Down},
			{`{"op":"calls.resume","name":"gc"}`, op.Down},
			{`{"op":"leases.delete","ns":"default","id":"l"}`, op.NotFound},
		})
	})
}

func stamp(e *engine.Engine) string { return e.Clock().Now().Format("2006-01-02T15:04:05Z07:00") }

// TestDelay delays two calls, and makes other calls meanwhile.
func TestDelay(t *testing.T) {
	e := newEngine(t, engine.WithTurns())
	steps(t, e, []step{
		{`{"op":"faults.set","name":"slow","fault":{"on":"snapshots/native","call":"prepare","delay":"10s"}}`, op.OK},
		{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"a","call":"a"}`, op.Pending},
		{`{"op":"clock.advance","by":"4s"}`, op.OK},
		{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"b","call":"b"}`, op.Pending},
		{`{"op":"leases.create","ns":"default","id":"meanwhile"}`, op.OK},
		{`{"op":"clock.set","to":"2026-01-01T00:00:10Z"}`, op.OK},
		{`{"op":"calls.resume","name":"b"}`, op.Pending},
		{`{"op":"calls.resume","name":"a"}`, op.OK},
	})
	next, ok := e.Clock().Next()
	if want := engine.Start.Add(14e9); !ok || !next.Equal(want) {
		t.Errorf("Next returns %v, %t, want %v", next, ok, want)
	}
	e.Clock().Set(next)
	steps(t, e, []step{{`{"op":"calls.resume","name":"b"}`, op.OK}})
	if _, ok := e.Clock().Next(); ok {
		t.Error("a call still waits for the clock")
	}
}

// TestTransactionsByTurns begins a second writing transaction, which waits for the first.
func TestTransactionsByTurns(t *testing.T) {
	e := newEngine(t, engine.WithTurns())
	steps(t, e, []step{
		{`{"op":"tx.begin","name":"t1","writable":true}`, op.OK},
		{`{"op":"tx.begin","name":"t2","writable":true,"call":"second"}`, op.Pending},
		{`{"op":"leases.create","ns":"default","id":"1","tx":"t1"}`, op.OK},
		{`{"op":"leases.create","ns":"default","id":"2","tx":"t2"}`, op.NotFound},
		{`{"op":"collect","call":"gc"}`, op.Pending},
		{`{"op":"calls.resume","name":"second"}`, op.Pending},
		{`{"op":"tx.commit","name":"t1"}`, op.OK},
		{`{"op":"calls.resume","name":"second"}`, op.OK},
		{`{"op":"leases.create","ns":"default","id":"2","tx":"t2"}`, op.OK},
		{`{"op":"calls.resume","name":"gc"}`, op.Pending},
		{`{"op":"tx.rollback","name":"t2"}`, op.OK},
		{`{"op":"calls.resume","name":"gc"}`, op.OK},
		{`{"op":"leases.delete","ns":"default","id":"1"}`, op.OK},
		{`{"op":"leases.delete","ns":"default","id":"2"}`, op.NotFound},
	})
}

// TestWaitingWithoutTurns makes similar calls on a node without turns, where no other call can run.
func TestWaitingWithoutTurns(t *testing.T) {
	e := newEngine(t)
	steps(t, e, []step{
		{`{"op":"faults.set","name":"disk","fault":{"on":"content","call":"writer","times":"2","hang":true}}`, op.OK},
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r"}`, op.Canceled},
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r","timeout":"1m"}`, op.DeadlineExceeded},
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r"}`, op.OK},
	})
	if want := engine.Start.Add(60e9); !e.Clock().Now().Equal(want) {
		t.Errorf("the clock shows %v, want %v, the end of the timeout", e.Clock().Now(), want)
	}
	steps(t, e, []step{
		{`{"op":"tx.begin","name":"t","writable":true}`, op.OK},
		{`{"op":"leases.create","ns":"default","id":"l"}`, op.FailedPrecondition},
		{`{"op":"collect","tx":"t"}`, op.FailedPrecondition},
		{`{"op":"tx.begin","name":"u","writable":true}`, op.FailedPrecondition},
		{`{"op":"tx.begin","name":"u"}`, op.OK},
		{`{"op":"leases.create","ns":"default","id":"l","tx":"u"}`, op.Unknown},
		{`{"op":"leases.create","ns":"default","id":"l","tx":"t"}`, op.OK},
		{`{"op":"tx.commit","name":"t"}`, op.OK},
		{`{"op":"tx.rollback","name":"u"}`, op.OK},
	})
}

// TestAbandonedTransaction abandons a call that waits to begin a transaction, and closes a node that has waiting calls.
func TestAbandonedTransaction(t *testing.T) {
	e := newEngine(t, engine.WithTurns())
	steps(t, e, []step{
		{`{"op":"tx.begin","name":"t1","writable":true}`, op.OK},
		{`{"op":"tx.begin","name":"t2","writable":true,"call":"second"}`, op.Pending},
		{`{"op":"calls.abandon","name":"second"}`, op.OK},
		{`{"op":"tx.begin","name":"t2","writable":true,"call":"third"}`, op.Pending},
		{`{"op":"tx.rollback","name":"t1"}`, op.OK},
		{`{"op":"calls.resume","name":"third"}`, op.OK},
		{`{"op":"leases.create","ns":"default","id":"l","call":"write"}`, op.Pending},
		{`{"op":"leases.create","ns":"default","id":"l","call":"write"}`, op.AlreadyExists},
		{`{"op":"leases.list","ns":"default"}`, op.OK},
	})
	e.Close()
	if r := apply(t, e, `{"op":"calls.list"}`); r.String() != `{"code":"ok","value":[]}` {
		t.Error(r)
	}
	steps(t, e, []step{
		{`{"op":"node.restart"}`, op.OK},
		{`{"op":"leases.create","ns":"default","id":"l"}`, op.OK},
	})
}

// TestCoroutinesEnd closes a node with turns. No coroutine is left of its calls.
func TestCoroutinesEnd(t *testing.T) {
	before := runtime.NumGoroutine()
	e, err := engine.New(engine.WithTurns())
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		steps(t, e, []step{
			{`{"op":"leases.create","ns":"default","id":"l"}`, op.OK},
			{`{"op":"leases.delete","ns":"default","id":"l"}`, op.OK},
		})
	}
	e.Close()
	if left := runtime.NumGoroutine() - before; left > 50 { // other tests may end goroutines meanwhile
		t.Errorf("%d goroutines are left", left)
	}
}

// TestTransactionInUse ends a transaction, the call that takes part in it, and the daemon, in the wrong order.
func TestTransactionInUse(t *testing.T) {
	const digest = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
	e := newEngine(t, engine.WithTurns())
	steps(t, e, []step{
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r"}`, op.OK},
		{`{"op":"writers.write","name":"w","data":"a"}`, op.OK},
		{`{"op":"writers.commit","ns":"default","name":"w"}`, op.OK},
		{`{"op":"faults.set","name":"disk","fault":{"on":"content","call":"reader","hang":true}}`, op.OK},
		{`{"op":"tx.begin","name":"idle"}`, op.OK},
		{`{"op":"tx.begin","name":"used"}`, op.OK},
		{`{"op":"content.read","ns":"default","digest":"` + digest + `","tx":"used","call":"reader"}`, op.Pending},
	})
	applies(t, e, `{"op":"tx.rollback","name":"used"}`, op.FailedPrecondition, `transaction "used": a call that takes part in it`)
	kv := e.KV()
	for _, s := range []struct {
		step
		open int // read-only transactions
	}{
		{step{`{"op":"tx.begin","name":"other"}`, op.OK}, 3},
		{step{`{"op":"node.crash"}`, op.OK}, 1},
		{step{`{"op":"calls.resume","name":"reader"}`, op.Down}, 0},
	} {
		if steps(t, e, []step{s.step}); kv.Stats().OpenTxN != s.open {
			t.Errorf("after %s: %d open transactions, want %d", s.line, kv.Stats().OpenTxN, s.open)
		}
	}
	steps(t, e, []step{{`{"op":"tx.begin","name":"last"}`, op.OK}})
	e.Kill()
	if open := e.KV().Stats().OpenTxN; open != 0 {
		t.Errorf("after Kill: %d open transactions", open)
	}
}
