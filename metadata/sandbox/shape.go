//go:build wasm

package sandbox

import (
	"context"
	"fmt"
	"time"

	"github.com/containerd/errdefs"
	"github.com/containerd/typeurl/v2"
)

// Sandbox is a record of the sandbox store.
type Sandbox struct {
	ID         string // unique in its namespace
	Labels     map[string]string
	Runtime    RuntimeOpts
	Spec       typeurl.Any
	Sandboxer  string // the controller that manages it
	CreatedAt  time.Time
	UpdatedAt  time.Time
	Extensions map[string]typeurl.Any
}

// RuntimeOpts says which runtime a sandbox has, and its options.
type RuntimeOpts struct {
	Name    string
	Options typeurl.Any
}

// Store keeps sandbox records.
type Store interface {
	Create(ctx context.Context, sandbox Sandbox) (Sandbox, error)
	Update(ctx context.Context, sandbox Sandbox, fieldpaths ...string) (Sandbox, error)
	Get(ctx context.Context, id string) (Sandbox, error)
	List(ctx context.Context, filters ...string) ([]Sandbox, error)
	Delete(ctx context.Context, id string) error
}

// AddExtension stores obj, encoded, under name.
func (s *Sandbox) AddExtension(name string, obj any) error {
	encoded, err := typeurl.MarshalAny(obj)
	if err != nil {
		return fmt.Errorf("extension %q: %w", name, err)
	}
	if s.Extensions == nil {
		s.Extensions = map[string]typeurl.Any{}
	}
	s.Extensions[name] = encoded
	return nil
}

// GetExtension decodes into obj what is stored under name.
func (s *Sandbox) GetExtension(name string, obj any) error {
	encoded, ok := s.Extensions[name]
	if !ok {
		return errdefs.ErrNotFound
	}
	if err := typeurl.UnmarshalTo(encoded, obj); err != nil {
		return fmt.Errorf("extension %q: %w", name, err)
	}
	return nil
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
