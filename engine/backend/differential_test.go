package backend_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/errdefs"
)

// A step is one call on one side. It returns the result of the call without the parts that are meant to differ.
type step[S any] func(side S) (any, error)

// differ makes the calls of draw on both sides, under one fake clock, and compares the results. draw may look at our
// side to choose existing names.
func differ[S any](t *testing.T, seed uint64, calls int, start func(t *testing.T) (ours, theirs S),
	draw func(r *rand.Rand, ours S) (name string, call step[S])) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := start(t)
		r := rand.New(rand.NewPCG(seed, 0))
		var history []string
		for range calls {
			time.Sleep(time.Duration(r.IntN(int(time.Minute))))
			name, call := draw(r, ours)
			history = append(history, name)
			if a, b := outcome(call(ours)), outcome(call(theirs)); a != b {
				t.Fatalf("seed %d, the last calls:\n  %s\nours:   %s\ntheirs: %s", seed,
					strings.Join(history[max(0, len(history)-20):], "\n  "), a, b)
			}
		}
	})
}

func outcome(result any, err error) string {
	text, jsonErr := json.Marshal(result)
	if jsonErr != nil {
		panic(jsonErr)
	}
	return fmt.Sprintf("%s, %s", text, errorClass(err))
}

func errorClass(err error) string {
	for _, class := range []error{
		errdefs.ErrNotFound, errdefs.ErrAlreadyExists, errdefs.ErrInvalidArgument,
		errdefs.ErrFailedPrecondition, errdefs.ErrUnavailable, fs.ErrNotExist,
	} {
		if errors.Is(err, class) {
			return class.Error()
		}
	}
	if err != nil {
		return "an error without class"
	}
	return "no error"
}

// inMemory returns a directory on a memory file system, if the system has one.
func inMemory(t *testing.T) string {
	dir, err := os.MkdirTemp("/dev/shm", "holdfast-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func pick[T any](r *rand.Rand, from ...T) T { return from[r.IntN(len(from))] }
