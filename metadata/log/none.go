//go:build wasm

package log

import "context"

// Entry is what would be logged.
type Entry struct{}

// G returns the logger of a context.
func G(context.Context) *Entry { return nil }

// Silent returns a context in which nothing is logged.
func Silent(ctx context.Context) context.Context { return ctx }

// HasLogger reports whether a context has a logger of its own.
func HasLogger(context.Context) bool { return false }

// WithError adds an error to what is logged.
func (e *Entry) WithError(error) *Entry { return e }

// WithField adds a field to what is logged.
func (e *Entry) WithField(string, any) *Entry { return e }

// Debug logs a message.
func (e *Entry) Debug(...any) {}

// Warn logs a message.
func (e *Entry) Warn(...any) {}

// Error logs a message.
func (e *Entry) Error(...any) {}
