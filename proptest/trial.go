package proptest

import (
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/proptest/generate"
)

// A violation is a broken law.
type violation struct {
	law    LawName // "" for the law that was checked
	rule   string  // the way in which it is broken, the same when the history is shortened
	detail string
}

// newViolation returns a violation of the law that is being checked.
func newViolation(rule, format string, args ...any) *violation {
	return &violation{rule: rule, detail: fmt.Sprintf(format, args...)}
}

// A trial checks laws on histories, one after the other.
type trial struct {
	new      New
	promises map[Promise]bool
	missing  map[string]bool // the stores that the systems lack
	mark     func(string)    // called for each interesting situation
	around   func(func())
	open     []System // closed after each history
}

// probe finds out the promises and the missing stores of the systems. It returns an error if no system can be made, or
// if a promise is unknown.
func (t *trial) probe() (err error) {
	t.around(func() {
		var s System
		if s, err = t.new(generate.NewSetup()); err == nil {
			if t.promises, err = promisesOf(s); err == nil {
				t.missing = missingStores(s)
				t.promises[Collects] = !t.missing[collectStore]
			}
			closeSystem(s)
		}
	})
	return err
}

// try checks a law on a history.
func (t *trial) try(l Law, h generate.History) (b *violation) {
	t.around(func() {
		defer t.close()
		h = t.supported(h)
		b = recoverPanic(func() *violation { return l.check(t, h) })
	})
	if b != nil && b.law == "" {
		b.law = l.Name
	}
	return b
}

// recoverPanic calls fn. A panic of the system, or an error outside of a call, breaks a law.
func recoverPanic(fn func() *violation) (b *violation) {
	defer func() {
		switch v := recover().(type) {
		case nil:
		case systemError:
			b = newViolation("the system failed", "%v", v.error)
		default:
			b = newViolation("a panic", "%v\n%s", v, firstLines(string(debug.Stack()), 40))
		}
	}()
	return fn()
}

// close closes the systems of the last history.
func (t *trial) close() {
	for _, s := range t.open {
		closeSystem(s)
	}
	t.open = nil
}

func closeSystem(s System) {
	defer func() { _ = recover() }()
	_ = s.Close()
}

func firstLines(text string, n int) string {
	lines := strings.SplitAfterN(text, "\n", n+1)
	return strings.Join(lines[:min(n, len(lines))], "")
}

// A systemError is an error of a system outside of a call, for example of State.
type systemError struct{ error }

// start makes a system. It is closed when the trial ends.
func (t *trial) start(setup engine.Setup) System {
	s, err := t.new(setup)
	return t.own(s, err)
}

func (t *trial) own(s System, err error) System {
	if err != nil {
		panic(systemError{err})
	}
	t.open = append(t.open, s)
	return s
}

func stateOf(s System) State {
	state, err := s.State()
	if err != nil {
		panic(systemError{err})
	}
	if state.Content == nil {
		state.Content = backend.NewContent(func() time.Time { return state.Now })
	}
	return state
}

func objectsOf(s System) map[object]memkv.Frozen { return objects(stateOf(s).Metadata) }

// replay makes a system and applies Ops to it.
func (t *trial) replay(setup engine.Setup, ops []engine.Op) System {
	s := t.start(setup)
	for _, op := range ops {
		s.Apply(op)
	}
	return s
}

var collect = engine.Op{Name: op.Collect}

// thenCollect returns Ops followed by a collection.
func thenCollect(ops []engine.Op) []engine.Op { return append(slices.Clip(ops), collect) }

// collect collects and returns the records that disappeared. A failed collection breaks the law.
func (t *trial) collect(s System) ([]object, *violation) {
	before := objectsOf(s)
	if r := s.Apply(collect); r.Code != op.OK {
		return nil, newViolation("a collection failed", "%s: %s", r.Code, r.Error)
	}
	return gone(before, objectsOf(s)), nil
}

// dump returns a database as text.
func dump(db *memkv.DB) string {
	var text strings.Builder
	_ = db.View(func(tx *memkv.Tx) error { return tx.Dump(&text) })
	return text.String()
}

// difference describes the first line in which two texts differ.
func difference(a, b string) string {
	as, bs := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(as), len(bs)) {
		if x, y := lineAt(as, i), lineAt(bs, i); x != y {
			return fmt.Sprintf("line %d: %s and not %s", i+1, y, x)
		}
	}
	return "nothing"
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return strings.TrimSpace(lines[i])
	}
	return "(end)"
}
