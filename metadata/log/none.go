//go:build wasm

package log

import "context"

// Entry is a logger that discards all messages.
type Entry struct{}

// G returns the logger of a context.
func G(context.Context) *Entry { return nil }

// Silent returns a context whose logger discards all messages.
func Silent(ctx context.Context) context.Context { return ctx }

// HasLogger reports whether ctx carries a logger.
func HasLogger(context.Context) bool { return false }

// WithError returns e.
func (e *Entry) WithError(error) *Entry { return e }

// WithField returns e.
func (e *Entry) WithField(string, any) *Entry { return e }

// Debug does nothing.
func (e *Entry) Debug(...any) {}

// Warn does nothing.
func (e *Entry) Warn(...any) {}

// Error does nothing.
func (e *Entry) Error(...any) {}
