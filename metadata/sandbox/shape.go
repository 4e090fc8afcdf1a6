//go:build wasm

package sandbox

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/metadata/message"
)

// Sandbox is a record of the sandbox store.
type Sandbox struct {
	ID         string // unique in its namespace
	Labels     map[string]string
	Runtime    RuntimeOpts
	Spec       message.Any
	Sandboxer  string // the controller that manages it
	CreatedAt  time.Time
	UpdatedAt  time.Time
	Extensions map[string]message.Any
}

// RuntimeOpts is the name and the options of a sandbox's runtime.
type RuntimeOpts struct {
	Name    string
	Options message.Any
}

// Store stores sandbox records.
type Store interface {
	Create(ctx context.Context, sandbox Sandbox) (Sandbox, error)
	Update(ctx context.Context, sandbox Sandbox, fieldpaths ...string) (Sandbox, error)
	Get(ctx context.Context, id string) (Sandbox, error)
	List(ctx context.Context, filters ...string) ([]Sandbox, error)
	Delete(ctx context.Context, id string) error
}

// AddExtension stores an Any under name. It fails with NotImplemented for other values, which wasm can't encode.
func (s *Sandbox) AddExtension(name string, obj any) error {
	encoded, ok := obj.(message.Any)
	if !ok {
		return fmt.Errorf("extension %q: a %T is not encoded: pass an Any: %w", name, obj, errdefs.ErrNotImplemented)
	}
	if s.Extensions == nil {
		s.Extensions = map[string]message.Any{}
	}
	s.Extensions[name] = encoded
	return nil
}

// GetExtension fails with NotFound if there is no extension of that name, and otherwise with NotImplemented: wasm can't
// decode extensions. Their encoded form is in Extensions.
func (s *Sandbox) GetExtension(name string, obj any) error {
	if _, ok := s.Extensions[name]; !ok {
		return errdefs.ErrNotFound
	}
	return fmt.Errorf("extension %q: not decoded to a %T: take it from Extensions: %w", name, obj, errdefs.ErrNotImplemented)
}

// AddLabel sets a label.
func (s *Sandbox) AddLabel(name string, value string) {
	if s.Labels == nil {
		s.Labels = map[string]string{}
	}
	s.Labels[name] = value
}

// GetLabel returns the value of a label.
func (s *Sandbox) GetLabel(name string) (string, error) {
	value, ok := s.Labels[name]
	if !ok {
		return "", fmt.Errorf("label %q: %w", name, errdefs.ErrNotFound)
	}
	return value, nil
}
