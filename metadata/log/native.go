//go:build !wasm

package log

import (
	"context"
	"io"

	"github.com/containerd/log"
	"github.com/sirupsen/logrus"
)

// Entry is a logger with fields.
type Entry = log.Entry

// G returns the logger of a context, or the default one.
func G(ctx context.Context) *Entry { return log.G(ctx) }

// Silent returns a context whose logger discards all messages.
func Silent(ctx context.Context) context.Context { return log.WithLogger(ctx, silent) }

// HasLogger reports whether ctx carries a logger.
func HasLogger(ctx context.Context) bool { return log.G(ctx).Logger != log.L.Logger }

var silent = func() *Entry {
	l := logrus.New()
	l.SetOutput(io.Discard)
	l.SetLevel(logrus.PanicLevel)
	return logrus.NewEntry(l)
}()
