package containerd_test

import (
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/proptest"
	"github.com/holdfast-gc/holdfast/proptest/containerd"
)

// inBubble runs every history in a bubble, in which time passes only while all goroutines sleep.
func inBubble(t *testing.T) proptest.Option {
	return proptest.WithAround(func(run func()) { synctest.Test(t, func(*testing.T) { run() }) })
}

func TestContainerd(t *testing.T) {
	proptest.Run(t, containerd.New(t.TempDir(), time.Now, time.Sleep), inBubble(t), proptest.WithCases(40))
}

// claiming is a system that makes more promises than it keeps.
type claiming struct {
	proptest.Saver
	more []proptest.Promise
}

func (c claiming) Promises() []proptest.Promise {
	return append(c.Saver.(proptest.Promiser).Promises(), c.more...)
}

func (c claiming) Load(r io.Reader) (proptest.System, error) {
	s, err := c.Saver.Load(r)
	if err != nil {
		return nil, err
	}
	return claiming{s.(proptest.Saver), c.more}, nil
}

func claims(new proptest.New, more ...proptest.Promise) proptest.New {
	return func(setup engine.Setup) (proptest.System, error) {
		s, err := new(setup)
		if err != nil {
			return nil, err
		}
		return claiming{s.(proptest.Saver), more}, nil
	}
}

// TestOrphans checks that the laws find containerd's orphans, once it promises to leave none.
func TestOrphans(t *testing.T) {
	new := claims(containerd.New(t.TempDir(), time.Now, time.Sleep), proptest.Tidies)
	r := proptest.Check(new, inBubble(t), proptest.WithLaws(proptest.CrashLeavesSoundState), proptest.WithCases(300))
	if f := r.First(); f == nil || f.Law != proptest.NoOrphans {
		t.Errorf("no failure\n%s", r)
	}
}
