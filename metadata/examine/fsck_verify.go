package examine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"sync/atomic"

	"github.com/opencontainers/go-digest"

	"github.com/holdfast-gc/holdfast/metadata"
)

// A BlobOpener is a content store from which whole blobs can be read. The caller closes the reader.
type BlobOpener interface {
	Open(digest string) (io.ReadCloser, error)
}

// verify compares every blob with its digest, if the options ask for it.
func (c *checker) verify(r *imageReader, o FsckOptions) error {
	opener, ok := o.Blobs.(BlobOpener)
	if !o.Verify || !ok {
		c.notChecked("the content of layers: --verify compares every blob with its digest")
		return nil
	}
	ctx := o.Context
	if ctx == nil {
		ctx = context.Background()
	}
	var nodes []string
	seen := map[string]bool{}
	var all int64
	for record := range c.records(metadata.ResourceContent) {
		size, onDisk := r.sizes[record.node.Key]
		if !onDisk || seen[record.node.Key] {
			continue
		}
		seen[record.node.Key] = true
		nodes = append(nodes, record.name())
		all += size
	}
	var done atomic.Int64
	results := make([]error, len(nodes))
	err := eachBlob(ctx, len(nodes), func(i int) {
		n, _ := metadata.ParseNode(nodes[i])
		results[i] = verifyBlob(ctx, opener, digest.Digest(n.Key), func(bytes int64) { done.Add(bytes) })
	}, func() {
		if o.Progress != nil {
			o.Progress(done.Load(), all)
		}
	})
	if err != nil {
		return err
	}
	for i, err := range results {
		switch {
		case err == nil:
		case errors.Is(err, fs.ErrPermission):
			c.notChecked(fmt.Sprintf("the content of %s: %v", nodes[i], err))
		case !errors.Is(err, fs.ErrNotExist):
			c.find(checkBlobDamaged, nodes[i], err.Error())
		}
	}
	return nil
}

// errDigest is the error of a blob whose content does not match its digest.
var errDigest = errors.New("the content does not match the digest")

// verifyBlob reads a blob and compares it with its digest.
func verifyBlob(ctx context.Context, blobs BlobOpener, dgst digest.Digest, read func(bytes int64)) error {
	if err := dgst.Validate(); err != nil {
		return err
	}
	f, err := blobs.Open(dgst.String())
	if err != nil {
		return err
	}
	defer f.Close()
	verifier := dgst.Verifier()
	zeros := true
	buffer := make([]byte, 256<<10)
	for {
		n, err := f.Read(buffer)
		_, _ = verifier.Write(buffer[:n])
		zeros = zeros && !slices.ContainsFunc(buffer[:n], func(b byte) bool { return b != 0 })
		read(int64(n))
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == io.EOF && verifier.Verified():
			return nil
		case err == io.EOF && zeros:
			return errZeros
		case err == io.EOF:
			return errDigest
		case err != nil:
			return err
		}
	}
}

// errZeros is the error of a blob that a power loss has left without its content.
var errZeros = errors.New("the content is all zeros, as after a power loss")
