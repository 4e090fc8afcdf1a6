package engine_test

import (
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
)

// step is an Op and the code that it should have.
type step struct {
	line string
	code engine.Code
}

func steps(t *testing.T, e *engine.Engine, all []step) {
	t.Helper()
	for _, s := range all {
		if r := apply(t, e, s.line); r.Code != s.code {
			t.Fatalf("%s: %s, want %s", s.line, r, s.code)
		}
	}
}

// TestHangWhileAnotherWaits has a backend hang inside a transaction, in virtual time,
// while other callers wait for its locks; then the hang is ended in each way there is.
func TestHangWhileAnotherWaits(t *testing.T) {
	setup := []step{
		{`{"op":"faults.set","name":"disk","fault":{"on":"content","call":"writer","times":"1","hang":true}}`, engine.OK},
		// The writer is opened inside a transaction: it hangs with the database's lock.
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r","call":"puller","timeout":"1m"}`, engine.Pending},
		{`{"op":"images.list","ns":"default"}`, engine.OK}, // readers don't wait
		{`{"op":"leases.create","ns":"default","id":"l","call":"other"}`, engine.Pending},
		{`{"op":"collect","call":"gc"}`, engine.Pending},
		{`{"op":"leases.create","ns":"default","id":"m"}`, "failed_precondition"}, // has no name to wait under
		{`{"op":"calls.resume","name":"puller"}`, engine.Pending},
		{`{"op":"calls.resume","name":"other"}`, engine.Pending},
	}
	after := []step{
		{`{"op":"calls.resume","name":"gc"}`, engine.Pending}, // until no transaction is open
		{`{"op":"calls.resume","name":"other"}`, engine.OK},   // the database is free
		{`{"op":"calls.resume","name":"gc"}`, engine.OK},      // nothing is in its way
		{`{"op":"calls.resume","name":"gc"}`, "not_found"},    // it has ended
		{`{"op":"leases.create","ns":"default","id":"m"}`, "ok"},
	}
	for name, end := range map[string][]step{
		"its client gives up": {
			{`{"op":"calls.cancel","name":"puller"}`, engine.OK},
			{`{"op":"calls.resume","name":"puller"}`, "canceled"},
		},
		"its client dies": {
			{`{"op":"calls.abandon","name":"puller"}`, engine.OK},
			{`{"op":"calls.resume","name":"puller"}`, "not_found"},
		},
		"its time is up": {
			{`{"op":"clock.advance","by":"59s"}`, engine.OK},
			{`{"op":"calls.resume","name":"puller"}`, engine.Pending},
			{`{"op":"clock.advance","by":"1s"}`, engine.OK},
			{`{"op":"calls.resume","name":"puller"}`, "deadline_exceeded"},
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
		})
	}
	t.Run("the daemon dies", func(t *testing.T) {
		e := newEngine(t, engine.WithTurns())
		steps(t, e, setup)
		steps(t, e, []step{
			{`{"op":"node.crash"}`, engine.OK},
			{`{"op":"leases.create","ns":"default","id":"new"}`, engine.OK}, // the new one's locks are free
			{`{"op":"calls.resume","name":"puller"}`, engine.Down},
			{`{"op":"calls.resume","name":"other"}`, engine.Down},
			{`{"op":"calls.resume","name":"gc"}`, engine.Down},
			{`{"op":"leases.delete","ns":"default","id":"l"}`, "not_found"},
		})
	})
}

func stamp(e *engine.Engine) string { return e.Clock().Now().Format("2006-01-02T15:04:05Z07:00") }

// TestDelay has a call take its time while others are made.
func TestDelay(t *testing.T) {
	e := newEngine(t, engine.WithTurns())
	steps(t, e, []step{
		{`{"op":"faults.set","name":"slow","fault":{"on":"snapshots/native","call":"prepare","delay":"10s"}}`, engine.OK},
		{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"a","call":"a"}`, engine.Pending},
		{`{"op":"clock.advance","by":"4s"}`, engine.OK},
		{`{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"b","call":"b"}`, engine.Pending},
		{`{"op":"leases.create","ns":"default","id":"meanwhile"}`, engine.OK},
		{`{"op":"clock.set","to":"2026-01-01T00:00:10Z"}`, engine.OK},
		{`{"op":"calls.resume","name":"b"}`, engine.Pending},
		{`{"op":"calls.resume","name":"a"}`, engine.OK},
	})
	next, ok := e.Clock().Next()
	if want := engine.Start.Add(14e9); !ok || !next.Equal(want) {
		t.Errorf("the clock's next is %v, %t, want %v", next, ok, want)
	}
	e.Clock().Set(next)
	steps(t, e, []step{{`{"op":"calls.resume","name":"b"}`, engine.OK}})
	if _, ok := e.Clock().Next(); ok {
		t.Error("somebody still waits for the clock")
	}
}

// TestTransactionsByTurns has two writing transactions, of which the second waits for
// the first.
func TestTransactionsByTurns(t *testing.T) {
	e := newEngine(t, engine.WithTurns())
	steps(t, e, []step{
		{`{"op":"tx.begin","name":"t1","writable":true}`, engine.OK},
		{`{"op":"tx.begin","name":"t2","writable":true,"call":"second"}`, engine.Pending},
		{`{"op":"leases.create","ns":"default","id":"1","tx":"t1"}`, engine.OK},
		{`{"op":"leases.create","ns":"default","id":"2","tx":"t2"}`, "not_found"},
		{`{"op":"collect","call":"gc"}`, engine.Pending},
		{`{"op":"calls.resume","name":"second"}`, engine.Pending},
		{`{"op":"tx.commit","name":"t1"}`, engine.OK},
		{`{"op":"calls.resume","name":"second"}`, engine.OK},
		{`{"op":"leases.create","ns":"default","id":"2","tx":"t2"}`, engine.OK},
		{`{"op":"calls.resume","name":"gc"}`, engine.Pending},
		{`{"op":"tx.rollback","name":"t2"}`, engine.OK},
		{`{"op":"calls.resume","name":"gc"}`, engine.OK},
		{`{"op":"leases.delete","ns":"default","id":"1"}`, engine.OK},
		{`{"op":"leases.delete","ns":"default","id":"2"}`, "not_found"},
	})
}

// TestWaitingWithoutTurns makes the same calls on a node where nobody else can run.
func TestWaitingWithoutTurns(t *testing.T) {
	e := newEngine(t)
	steps(t, e, []step{
		{`{"op":"faults.set","name":"disk","fault":{"on":"content","call":"writer","times":"2","hang":true}}`, engine.OK},
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r"}`, "canceled"},
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r","timeout":"1m"}`, "deadline_exceeded"},
		{`{"op":"writers.open","ns":"default","name":"w","ref":"r"}`, engine.OK},
	})
	if want := engine.Start.Add(60e9); !e.Clock().Now().Equal(want) {
		t.Errorf("it is %v, want %v: the call took its timeout", e.Clock().Now(), want)
	}
	steps(t, e, []step{
		{`{"op":"tx.begin","name":"t","writable":true}`, engine.OK},
		{`{"op":"leases.create","ns":"default","id":"l"}`, "failed_precondition"},
		{`{"op":"collect","tx":"t"}`, "failed_precondition"},
		{`{"op":"tx.begin","name":"u","writable":true}`, "failed_precondition"},
		{`{"op":"tx.begin","name":"u"}`, engine.OK},
		{`{"op":"leases.create","ns":"default","id":"l","tx":"u"}`, engine.Unknown},
		{`{"op":"leases.create","ns":"default","id":"l","tx":"t"}`, engine.OK},
		{`{"op":"tx.commit","name":"t"}`, engine.OK},
		{`{"op":"tx.rollback","name":"u"}`, engine.OK},
	})
}

// TestAbandonedTransaction gives up a call that waits to begin a transaction, and
// closes a node on which calls wait.
func TestAbandonedTransaction(t *testing.T) {
	e := newEngine(t, engine.WithTurns())
	steps(t, e, []step{
		{`{"op":"tx.begin","name":"t1","writable":true}`, engine.OK},
		{`{"op":"tx.begin","name":"t2","writable":true,"call":"second"}`, engine.Pending},
		{`{"op":"calls.abandon","name":"second"}`, engine.OK},
		{`{"op":"tx.begin","name":"t2","writable":true,"call":"third"}`, engine.Pending},
		{`{"op":"tx.rollback","name":"t1"}`, engine.OK},
		{`{"op":"calls.resume","name":"third"}`, engine.OK},
		{`{"op":"leases.create","ns":"default","id":"l","call":"write"}`, engine.Pending},
		{`{"op":"leases.create","ns":"default","id":"l","call":"write"}`, "already_exists"},
	})
	e.Close()
	if r := apply(t, e, `{"op":"calls.list"}`); r.String() != `{"code":"ok","value":[]}` {
		t.Error(r)
	}
	steps(t, e, []step{
		{`{"op":"node.restart"}`, engine.OK},
		{`{"op":"leases.create","ns":"default","id":"l"}`, engine.OK},
	})
}
