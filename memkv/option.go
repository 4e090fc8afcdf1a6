package memkv

import "github.com/holdfast-gc/holdfast/memkv/lock"

// An Option sets something about a database when it is made. Forks inherit it.
type Option func(*options)

type options struct {
	path      string
	readOnly  bool
	strict    bool
	scheduler lock.Scheduler
}

// WithPath sets what DB.Path returns: where a database came from, for instance.
// It is a name; nothing is opened. The default is "".
func WithPath(path string) Option { return func(o *options) { o.path = path } }

// WithReadOnly makes Begin(true), Update and Batch return ErrDatabaseReadOnly.
func WithReadOnly() Option { return func(o *options) { o.readOnly = true } }

// WithStrictMode sets DB.StrictMode.
func WithStrictMode() Option { return func(o *options) { o.strict = true } }

// WithScheduler makes a writer that has to wait for another one be parked by s
// instead of blocking its goroutine. The default, nil, blocks.
func WithScheduler(s lock.Scheduler) Option { return func(o *options) { o.scheduler = s } }
