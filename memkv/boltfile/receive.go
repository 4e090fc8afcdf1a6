package boltfile

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/holdfast-gc/holdfast/memkv/internal/bolt"
)

const gzipMagic = "\x1f\x8b"

func isGzip(head []byte) bool {
	return len(head) >= len(gzipMagic) && string(head[:len(gzipMagic)]) == gzipMagic
}

// The default maximum of the unpacked size is unpackedFree bytes plus unpackedRatio times the compressed size.
const (
	unpackedFree  = 64 << 20
	unpackedRatio = 100
)

// receive reads a bolt file, gzip'd or not, from a stream.
func receive(r io.Reader, o *readOptions) (*bolt.File, error) {
	packed := &countingReader{r: r}
	in := bufio.NewReaderSize(packed, chunkSize)
	head, err := in.Peek(len(gzipMagic))
	if err != nil && err != io.EOF {
		return nil, err
	}
	if !isGzip(head) {
		return collect(in, "read", o, func() int64 { return math.MaxInt64 })
	}
	unpacked, err := gzip.NewReader(in)
	if err != nil {
		return nil, err
	}
	return collect(unpacked, "unpacked", o, func() int64 {
		if o.maxSize > 0 {
			return o.maxSize
		}
		return unpackedFree + unpackedRatio*packed.n
	})
}

// A countingReader counts the bytes read through it.
type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// chunks is a stream in memory, in pieces of equal size, so that growing copies nothing. It implements io.ReaderAt.
type chunks struct {
	list [][]byte // chunkSize bytes each; the last one may be shorter
	size int64
}

const (
	chunkSize = 64 << 10

	// metaChunks is the number of chunks that contain both meta pages for any page size.
	metaChunks = 2
)

// collect reads all of r and opens it as a bolt file. It fails as soon as the size exceeds the current result of limit,
// or as the first chunks cannot belong to a bolt file. Error messages contain done, the operation on r: read or
// unpacked.
func collect(r io.Reader, done string, o *readOptions, limit func() int64) (*bolt.File, error) {
	c := &chunks{}
	for {
		more, err := c.grow(r)
		if err != nil {
			return nil, fmt.Errorf("%s %d bytes, then: %w", done, c.size, err)
		}
		if !more {
			return bolt.Open(c, c.size, o.open...)
		}
		if most := limit(); c.size > most {
			return nil, fmt.Errorf("gzip: %w: more than %d bytes", ErrTooLarge, most)
		}
		if len(c.list) == metaChunks {
			if _, err := bolt.Open(c, c.size); errors.Is(err, ErrNotBolt) {
				return nil, err
			}
		}
	}
}

// grow adds the next chunk of r and reports whether more may follow.
func (c *chunks) grow(r io.Reader) (more bool, err error) {
	chunk, n := make([]byte, chunkSize), 0
	for n < len(chunk) && err == nil {
		var read int
		read, err = r.Read(chunk[n:])
		n += read
	}
	if n > 0 {
		c.list = append(c.list, chunk[:n:n])
		c.size += int64(n)
	}
	if err == io.EOF {
		return false, nil
	}
	return true, err
}

func (c *chunks) ReadAt(p []byte, at int64) (n int, err error) {
	for n < len(p) && at < c.size {
		copied := copy(p[n:], c.list[at/chunkSize][at%chunkSize:])
		n, at = n+copied, at+int64(copied)
	}
	if n < len(p) {
		err = io.EOF
	}
	return n, err
}
