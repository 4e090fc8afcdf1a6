package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/spec"
)

// fault is an active [Fault].
type fault struct {
	Fault
	name  string
	calls uint64 // number of matching calls
}

// SetFault activates a fault under a name, and replaces the fault of that name. Active faults apply in the order of
// names. SetFault fails if the fault has no effect: if it matches no call of the node, or nothing goes wrong in it.
func (e *Engine) SetFault(name string, f Fault) error {
	switch {
	case f.Delay < 0:
		return fmt.Errorf("fault %q: a delay can't be negative: %w", name, errInvalid)
	case f.Error == op.OK || f.Error != "" && f.Error.Err() == nil:
		return fmt.Errorf("fault %q: %q is no code of an error: %w", name, f.Error, errInvalid)
	case f.Delay == 0 && !f.Hang && !f.Kill && f.Error == "":
		return fmt.Errorf("fault %q: nothing goes wrong: set delay, hang, kill or error: %w", name, errInvalid)
	}
	if err := e.matchable(f); err != nil {
		return fmt.Errorf("fault %q: %w", name, err)
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	faults := slices.Clone(e.faults) // a fork may share the slice
	i, found := findFault(faults, name)
	if found {
		faults[i] = fault{Fault: f, name: name}
	} else {
		faults = slices.Insert(faults, i, fault{Fault: f, name: name})
	}
	e.faults = faults
	return nil
}

// ClearFault removes a fault, or all faults if name is empty. A name without a fault is no error.
func (e *Engine) ClearFault(name string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if name == "" {
		e.faults = nil
	} else if i, found := findFault(e.faults, name); found {
		e.faults = slices.Delete(slices.Clone(e.faults), i, i+1)
	}
}

// faultCalls are the calls of each target at which a fault can occur. A target that ends in "/" stands for several.
var faultCalls = []struct {
	on    string
	calls []string
}{
	{"content", []string{"info", "walk", "delete", "status", "list", "abort", "writer", "reader", "write", "truncate", "commit"}},
	{"snapshots/", []string{"stat", "update", "usage", "mounts", "prepare", "view", "commit", "remove", "walk"}},
	{"kv", []string{"view", "update", "commit"}},
	{"collectors/", []string{"start", "cancel", "finish", "remove"}},
}

// matchable returns an error if no call of the node is at the target and the call of a fault.
func (e *Engine) matchable(f Fault) error {
	targets := e.faultTargets()
	if f.On != "" && !slices.Contains(targets, f.On) {
		return spec.Unknown("target", f.On, targets)
	}
	var calls []string // of the target, or of all targets
	for _, target := range faultCalls {
		if strings.HasPrefix(f.On, target.on) || f.On == "" {
			calls = append(calls, target.calls...)
		}
	}
	if f.Call == "" || slices.Contains(calls, f.Call) {
		return nil
	}
	slices.Sort(calls)
	return spec.Unknown("call", f.Call, slices.Compact(calls))
}

// faultTargets returns the targets of the node's faults.
func (e *Engine) faultTargets() (names []string) {
	for _, target := range faultCalls {
		switch target.on {
		case "snapshots/":
			for _, name := range e.options.Snapshotters {
				names = append(names, target.on+name)
			}
		case "collectors/":
			for t := collectorMin; t <= collectorMax; t++ {
				names = append(names, fmt.Sprint(target.on, uint8(t)))
			}
		default:
			names = append(names, target.on)
		}
	}
	return names
}

func findFault(faults []fault, name string) (int, bool) {
	return slices.BinarySearchFunc(faults, name, func(f fault, name string) int { return strings.Compare(f.name, name) })
}

// A site is a place where a fault can occur.
type site struct{ on, call, key string }

func (s site) String() string {
	return strings.TrimSuffix(s.on+" "+s.call+" "+s.key, " ")
}

// matches reports whether the fault applies to the site.
func (f *fault) matches(s site, after bool) bool {
	return f.After == after && (f.On == "" || f.On == s.on) && (f.Call == "" || f.Call == s.call) &&
		(f.Key == "" || f.Key == s.key || strings.HasSuffix(s.key, "/"+f.Key))
}

// hit counts a matching call, and reports whether the fault hits it.
func (f *fault) hit(r *random) bool {
	f.calls++
	first := max(f.Nth, 1)
	return f.calls >= first && (f.Times == 0 || f.calls-first < f.Times) && r.oneIn(f.OneIn)
}

// hits returns the faults that hit a call.
func (e *Engine) hits(s site, after bool) (hits []fault) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i := range e.faults {
		if f := &e.faults[i]; f.matches(s, after) && f.hit(&e.random) {
			hits = append(hits, *f)
		}
	}
	return hits
}

// faulted applies the faults that hit a call, and returns the error of the call.
func (d *daemon) faulted(ctx context.Context, s site, after bool) error {
	if d.dead.Load() {
		return ErrDown
	}
	for _, f := range d.engine.hits(s, after) {
		if err := d.suffer(ctx, s, f); err != nil {
			return fmt.Errorf("%s: fault %q: %w", s, f.name, err)
		}
	}
	if d.dead.Load() { // it died while the call waited
		return ErrDown
	}
	return nil
}

func (d *daemon) suffer(ctx context.Context, s site, f fault) error {
	clock := d.engine.clock
	var err error
	if f.Delay > 0 {
		err = clock.sleep(ctx, f.Delay, d.dead.Load)
	}
	if f.Hang { // returns err if the delay has failed
		err = clock.hang(ctx, d.dead.Load)
	}
	if f.Kill {
		d.dead.Store(true) // its handles are dropped after their last use
		return ErrDown
	}
	if f.Error != "" {
		return f.Error.Err()
	}
	return err
}
