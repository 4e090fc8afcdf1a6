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

// inBubble runs every history where time stands still until somebody sleeps.
func inBubble(t *testing.T) proptest.Option {
	return proptest.WithAround(func(run func()) { synctest.Test(t, func(*testing.T) { run() }) })
}

func TestContainerd(t *testing.T) {
	proptest.Run(t, containerd.New(t.TempDir(), time.Now, time.Sleep), inBubble(t), proptest.WithCases(40))
}

// claiming is a system that claims to promise more than it does.
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

// TestOrphans shows that containerd can't promise that backends keep no orphans: if it claims to, it is found out.
func TestOrphans(t *testing.T) {
	new := claims(containerd.New(t.TempDir(), time.Now, time.Sleep), proptest.Tidies)
	r := proptest.Check(new, inBubble(t), proptest.WithLaws(proptest.CrashLeavesSoundState), proptest.WithCases(300))
	if f := r.First(); f == nil || f.Law != proptest.NoOrphans {
		t.Errorf("nothing found\n%s", r)
	}
}
