package boltfile

import (
	"errors"
	"io"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

// A file that changes during the read is read again a limited number of times. Other errors cause no second read.
func TestAttempts(t *testing.T) {
	for _, c := range []struct {
		fails int
		with  error
		tries int
		want  error
	}{
		{0, nil, 1, nil},
		{attempts - 1, ErrChanged, attempts, nil},
		{attempts + 1, ErrChanged, attempts, ErrChanged},
		{1, io.ErrUnexpectedEOF, 1, io.ErrUnexpectedEOF},
	} {
		tries := 0
		err := withFile(osFile("testdata/meta.db.gz"), "testdata/meta.db.gz", nil, func(*bolt.File, *readOptions) error {
			tries++
			if tries <= c.fails {
				return c.with
			}
			return nil
		})
		if !errors.Is(err, c.want) || tries != c.tries {
			t.Errorf("%d times %v: %v after %d tries", c.fails, c.with, err, tries)
		}
	}
}
