package parity

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Operations on content. Writers stay open across calls and are numbered.
type (
	contentInfo   struct{ Digest digest.Digest }
	contentUpdate struct {
		Digest digest.Digest
		Labels map[string]string
		Fields []string
	}
	contentWalk struct {
		Filters []string
		Stop    int // the number of blobs after which the callback fails; 0 for never
	}
	contentDelete       struct{ Digest digest.Digest }
	contentListStatuses struct{ Filters []string }
	contentStatus       struct{ Ref string }
	contentAbort        struct{ Ref string }
	contentRead         struct{ Digest digest.Digest }

	writerOpen struct {
		Writer int
		Ref    string
		Desc   ocispec.Descriptor
		Fail   bool // pass an option that fails
	}
	writerWrite struct {
		Writer int
		Data   string
	}
	writerCommit struct {
		Writer   int
		Size     int64
		Expected digest.Digest
		Labels   map[string]string
		Fail     bool // pass an option that fails
	}
	writerTruncate struct {
		Writer int
		Size   int64
	}
	writerStatus struct{ Writer int }
	writerDigest struct{ Writer int }
	writerClose  struct{ Writer int }
)

// inNamespace runs an op in another namespace than that of its setting.
type inNamespace struct {
	Namespace string
	Op        op
}

func (o inNamespace) run(ctx context.Context, n *node) (any, error) {
	return o.Op.run(namespaces.WithNamespace(ctx, o.Namespace), n)
}

var (
	errOption   = errors.New("option failed")
	errEnough   = errors.New("enough")
	errNoWriter = errors.New("no such writer")
)

func (o contentInfo) reads() {}
func (o contentInfo) run(ctx context.Context, n *node) (any, error) {
	return n.content.Info(ctx, o.Digest)
}

func (o contentUpdate) run(ctx context.Context, n *node) (any, error) {
	return n.content.Update(ctx, content.Info{Digest: o.Digest, Labels: o.Labels, Size: 77}, o.Fields...)
}

func (o contentWalk) reads() {}
func (o contentWalk) run(ctx context.Context, n *node) (any, error) {
	var all []content.Info
	err := n.content.Walk(ctx, func(info content.Info) error {
		all = append(all, info)
		if len(all) == o.Stop {
			return errEnough
		}
		return nil
	}, o.Filters...)
	return all, err
}

func (o contentDelete) run(ctx context.Context, n *node) (any, error) {
	return nil, n.content.Delete(ctx, o.Digest)
}

func (o contentListStatuses) reads() {}
func (o contentListStatuses) run(ctx context.Context, n *node) (any, error) {
	all, err := n.content.ListStatuses(ctx, o.Filters...)
	// containerd returns the statuses in map order.
	slices.SortFunc(all, func(a, b content.Status) int { return strings.Compare(a.Ref, b.Ref) })
	return all, err
}

func (o contentStatus) reads() {}
func (o contentStatus) run(ctx context.Context, n *node) (any, error) {
	return n.content.Status(ctx, o.Ref)
}

func (o contentAbort) run(ctx context.Context, n *node) (any, error) {
	return nil, n.content.Abort(ctx, o.Ref)
}

func (o contentRead) reads() {}
func (o contentRead) run(ctx context.Context, n *node) (any, error) {
	r, err := n.content.ReaderAt(ctx, ocispec.Descriptor{Digest: o.Digest})
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(io.NewSectionReader(r, 0, r.Size()))
}

func (o writerOpen) run(ctx context.Context, n *node) (any, error) {
	opts := []content.WriterOpt{content.WithRef(o.Ref), content.WithDescriptor(o.Desc)}
	if o.Fail {
		opts = append(opts, func(*content.WriterOpts) error { return errOption })
	}
	w, err := n.content.Writer(ctx, opts...)
	if err != nil {
		return nil, err
	}
	n.writers[o.Writer] = w
	return w.Status()
}

// withWriter calls fn with the writer of a number.
func (n *node) withWriter(number int, fn func(content.Writer) (any, error)) (any, error) {
	w, ok := n.writers[number]
	if !ok {
		return nil, errNoWriter
	}
	return fn(w)
}

func (o writerWrite) run(ctx context.Context, n *node) (any, error) {
	return n.withWriter(o.Writer, func(w content.Writer) (any, error) { return w.Write([]byte(o.Data)) })
}

func (o writerCommit) run(ctx context.Context, n *node) (any, error) {
	return n.withWriter(o.Writer, func(w content.Writer) (any, error) {
		opts := []content.Opt{content.WithLabels(o.Labels)}
		if o.Fail {
			opts = append(opts, func(*content.Info) error { return errOption })
		}
		return nil, w.Commit(ctx, o.Size, o.Expected, opts...)
	})
}

func (o writerTruncate) run(ctx context.Context, n *node) (any, error) {
	return n.withWriter(o.Writer, func(w content.Writer) (any, error) { return nil, w.Truncate(o.Size) })
}

func (o writerStatus) reads() {}
func (o writerStatus) run(ctx context.Context, n *node) (any, error) {
	return n.withWriter(o.Writer, func(w content.Writer) (any, error) { return w.Status() })
}

func (o writerDigest) reads() {}
func (o writerDigest) run(ctx context.Context, n *node) (any, error) {
	return n.withWriter(o.Writer, func(w content.Writer) (any, error) { return w.Digest(), nil })
}

func (o writerClose) reads() {}
func (o writerClose) run(ctx context.Context, n *node) (any, error) {
	return n.withWriter(o.Writer, func(w content.Writer) (any, error) { return nil, w.Close() })
}

var contentRows = []row{
	{"content info", 3, one(func(g *gen) op { return contentInfo{g.digest()} })},
	{"content update", 6, one(func(g *gen) op {
		labels := g.labels()
		return contentUpdate{g.digest(), labels, g.fieldsFor(labels, "labels", "labels.a", "labels."+g.labelKey())}
	})},
	{"content walk", 1, one(func(g *gen) op {
		return contentWalk{g.filters("digest", "size"), pick(g, 0, 0, 1, 2)}
	})},
	{"content delete", 4, one(func(g *gen) op { return contentDelete{g.digest()} })},
	{"content statuses", 2, one(func(g *gen) op { return contentListStatuses{g.filters("ref")} })},
	{"content status", 2, one(func(g *gen) op { return contentStatus{g.ref()} })},
	{"content abort", 2, one(func(g *gen) op { return contentAbort{g.ref()} })},
	{"content read", 2, one(func(g *gen) op { return contentRead{g.digest()} })},
	{"ingest", 14, ingestWhole},
	{"deleted share", 1, deletedShare},
	{"writer open", 5, one(func(g *gen) op {
		return writerOpen{g.writer(), g.ref(), g.descriptor(), g.chance(0.02)}
	})},
	{"writer write", 4, one(func(g *gen) op { return writerWrite{g.writer(), g.data()} })},
	{"writer commit", 5, one(func(g *gen) op {
		o := writerCommit{Writer: g.writer(), Labels: g.labels(), Fail: g.chance(0.02)}
		if g.chance(0.3) {
			o.Size = int64(len(g.data()))
		}
		if g.chance(0.3) {
			o.Expected = g.digest()
		}
		return o
	})},
	{"writer truncate", 2, one(func(g *gen) op {
		return writerTruncate{g.writer(), pick(g, int64(0), 0, 1, 3, -1, 1_000_000)}
	})},
	{"writer status", 2, one(func(g *gen) op { return writerStatus{g.writer()} })},
	{"writer digest", 1, one(func(g *gen) op { return writerDigest{g.writer()} })},
	{"writer close", 3, one(func(g *gen) op { return writerClose{g.writer()} })},
}

// ingestWhole writes one blob, mostly like a client.
func ingestWhole(g *gen) []op {
	w, data := g.writer(), g.data()
	dgst, size := digest.FromString(data), int64(len(data))
	desc := ocispec.Descriptor{}
	if g.chance(0.8) {
		desc = ocispec.Descriptor{MediaType: "application/octet-stream", Digest: dgst, Size: size}
	}
	ops := []op{writerClose{w}, writerOpen{Writer: w, Ref: g.ref(), Desc: desc}, writerTruncate{w, 0}}
	if half := len(data) / 2; half > 0 && g.chance(0.3) {
		ops = append(ops, writerWrite{w, data[:half]}, writerWrite{w, data[half:]})
	} else {
		ops = append(ops, writerWrite{w, data})
	}
	// An ingest of a blob that another namespace has remains shared until something is written. Truncation counts as
	// writing.
	switch g.IntN(6) {
	case 0, 1:
		ops = slices.Delete(ops, 2, len(ops))
	case 2:
		ops = slices.Delete(ops, 2, 3)
	}
	return append(ops, writerCommit{Writer: w, Size: pick(g, 0, size), Expected: pick(g, "", dgst), Labels: g.labels()})
}

// deletedShare opens a writer that shares the blob of another namespace, and deletes that blob before the commit.
func deletedShare(g *gen) []op {
	if !g.once("deleted share") || g.chance(0.8) {
		return nil
	}
	w, ref, data := g.writer(), g.ref(), g.data()
	desc := ocispec.Descriptor{Digest: digest.FromString(data), Size: int64(len(data))}
	other := func(o op) op { return inNamespace{"shared", o} }
	return []op{
		writerClose{w}, other(writerOpen{Writer: w, Ref: ref, Desc: desc}), other(writerWrite{w, data}), other(writerCommit{Writer: w}),
		writerOpen{Writer: w, Ref: ref, Desc: desc}, contentAbort{ref}, other(contentDelete{desc.Digest}), collect{}, writerCommit{Writer: w},
	}
}

func (g *gen) writer() int { return g.IntN(4) }

func (g *gen) ref() string { return g.name("layer-1", "layer-2", "manifest-1", "ref/with/slash") }

// payloads are the contents of all blobs.
var payloads = []string{"", "x", "hello", strings.Repeat("layer ", 100), "config", "manifest", "index", "another layer"}

func (g *gen) data() string { return pick(g, payloads...) }

func (g *gen) digest() digest.Digest { return digest.Digest(g.anyDigest()) }

func (g *gen) anyDigest() string {
	if g.hostile() {
		return pick(g, "", "sha256:short", "nonsense", "md5:d41d8cd98f00b204e9800998ecf8427e", g.overlong(),
			digest.FromString("never written").String(), digest.SHA512.FromString("x").String())
	}
	return digest.FromString(g.data()).String()
}

func (g *gen) descriptor() ocispec.Descriptor {
	data := g.data()
	switch g.IntN(4) {
	case 0:
		return ocispec.Descriptor{}
	case 1:
		return ocispec.Descriptor{Digest: g.digest()}
	case 2:
		return ocispec.Descriptor{Digest: digest.FromString(data), Size: int64(len(data)) + pick(g, int64(0), 1), MediaType: "m"}
	}
	return ocispec.Descriptor{Digest: digest.FromString(data), Size: int64(len(data))}
}
