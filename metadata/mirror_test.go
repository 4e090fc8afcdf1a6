package metadata_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/events"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	original "github.com/containerd/containerd/v2/core/metadata"
	originalutil "github.com/containerd/containerd/v2/core/metadata/boltutil"
	"github.com/containerd/containerd/v2/core/sandbox"
	"github.com/containerd/containerd/v2/core/snapshots"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/errdefs"
	bolt "go.etcd.io/bbolt"

	"github.com/holdfast-gc/holdfast/engine/backend"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/metadata"
)

// A side is one of the two implementations in a mirror.
type side struct {
	images     images.Store
	containers containers.Store
	sandboxes  sandbox.Store
	leases     leases.Manager
	content    content.Store
	layers     snapshots.Snapshotter

	collect func() error
	// stored are the backends, which keep data until a collection has cleaned them.
	blobs  *backend.Content
	stored *backend.Snapshotter

	// namespaces calls fn with a namespace store in a new transaction.
	namespaces func(fn func(namespaces.Store) error) error
	// update and view call fn with a context that carries a transaction.
	update, view func(ctx context.Context, fn func(context.Context) error) error
	dirty        func() bool // what the mutation callback was last told
	events       *recorder
	dump         func() string
}

// A mirror has containerd's package on bbolt and ours on memkv. It makes the same calls to both, with the same fake
// clock.
type mirror struct {
	t            *testing.T
	ours, theirs *side
}

// mirrored runs fn with a new mirror.
func mirrored(t *testing.T, fn func(m *mirror)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		fn(&mirror{t, newOurs(t), newTheirs(t)})
	})
}

var inDefault = namespaces.WithNamespace(context.Background(), "default")

// call makes one call on both sides. It compares the results, the classes of the errors, the events and all stored
// bytes.
func (m *mirror) call(name string, fn func(s *side) (any, error)) {
	m.t.Helper()
	time.Sleep(1234567 * time.Microsecond)
	outcome := func(s *side) string {
		result, err := fn(s)
		text, jsonErr := json.MarshalIndent(result, "", " ")
		if jsonErr != nil {
			m.t.Fatal(jsonErr)
		}
		return fmt.Sprintf("%s\n%s\nevents:\n%sdirty: %v\nstored:\n%s",
			text, errorClass(err), s.events.take(), s.dirty(), s.dump())
	}
	if ours, theirs := outcome(m.ours), outcome(m.theirs); ours != theirs {
		m.t.Errorf("%s\n%s", name, difference(ours, theirs))
	}
}

// do is call for functions without a result.
func (m *mirror) do(name string, fn func(s *side) error) {
	m.t.Helper()
	m.call(name, func(s *side) (any, error) { return nil, fn(s) })
}

func errorClass(err error) string {
	for _, class := range []error{
		errdefs.ErrNotFound, errdefs.ErrAlreadyExists, errdefs.ErrInvalidArgument,
		errdefs.ErrFailedPrecondition, errdefs.ErrNotImplemented,
	} {
		if errdefs.Resolve(err) == class {
			return class.Error()
		}
	}
	if err != nil {
		return "another error"
	}
	return "no error"
}

// difference returns both texts from the first line that differs.
func difference(ours, theirs string) string {
	a, b := strings.Split(ours, "\n"), strings.Split(theirs, "\n")
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-3)
	return fmt.Sprintf("line %d\nours:\n%s\ntheirs:\n%s", i,
		strings.Join(a[from:min(len(a), i+12)], "\n"), strings.Join(b[from:min(len(b), i+12)], "\n"))
}

func newOurs(t *testing.T) *side {
	published := &recorder{}
	kv := memkv.New()
	blobs, stored := backend.NewContent(time.Now), backend.NewSnapshotter(time.Now, "/")
	db := metadata.NewDB(kv, blobs, map[string]snapshots.Snapshotter{"layers": stored}, metadata.WithEventsPublisher(published))
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	dirty := false
	db.RegisterMutationCallback(func(d bool) { dirty = d })
	return &side{
		images:     metadata.NewImageStore(db),
		containers: metadata.NewContainerStore(db),
		sandboxes:  metadata.NewSandboxStore(db),
		leases:     metadata.NewLeaseManager(db),
		content:    db.ContentStore(),
		layers:     db.Snapshotter("layers"),
		blobs:      blobs,
		stored:     stored,
		collect: func() error {
			_, err := db.GarbageCollect(t.Context())
			return err
		},
		namespaces: func(fn func(namespaces.Store) error) error {
			return db.Update(func(tx *memkv.Tx) error { return fn(metadata.NewNamespaceStore(tx)) })
		},
		update: func(ctx context.Context, fn func(context.Context) error) error {
			return db.Update(func(tx *memkv.Tx) error { return fn(metadata.WithTransactionContext(ctx, tx)) })
		},
		view: func(ctx context.Context, fn func(context.Context) error) error {
			return db.View(func(tx *memkv.Tx) error { return fn(metadata.WithTransactionContext(ctx, tx)) })
		},
		dirty:  func() bool { return dirty },
		events: published,
		dump: func() (text string) {
			err := kv.View(func(tx *memkv.Tx) error {
				return tx.ForEach(func(name []byte, b *memkv.Bucket) error {
					text += fmt.Sprintf("%q\n", name) + dumpOurs(b, " ")
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			return text
		},
	}
}

func newTheirs(t *testing.T) *side {
	published := &recorder{}
	kv, err := bolt.Open(filepath.Join(t.TempDir(), "meta.db"), 0o600, &bolt.Options{NoSync: true, NoFreelistSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { kv.Close() })
	blobs, stored := backend.NewContent(time.Now), backend.NewSnapshotter(time.Now, "/")
	db := original.NewDB(kv, blobs, map[string]snapshots.Snapshotter{"layers": stored}, original.WithEventsPublisher(published))
	if err := db.Init(t.Context()); err != nil {
		t.Fatal(err)
	}
	dirty := false
	db.RegisterMutationCallback(func(d bool) { dirty = d })
	return &side{
		images:     original.NewImageStore(db),
		containers: original.NewContainerStore(db),
		sandboxes:  original.NewSandboxStore(db),
		leases:     original.NewLeaseManager(db),
		content:    db.ContentStore(),
		layers:     db.Snapshotter("layers"),
		blobs:      blobs,
		stored:     stored,
		collect: func() error {
			_, err := db.GarbageCollect(t.Context())
			return err
		},
		namespaces: func(fn func(namespaces.Store) error) error {
			return db.Update(func(tx *bolt.Tx) error { return fn(original.NewNamespaceStore(tx)) })
		},
		update: func(ctx context.Context, fn func(context.Context) error) error {
			return db.Update(func(tx *bolt.Tx) error { return fn(originalutil.WithTransaction(ctx, tx)) })
		},
		view: func(ctx context.Context, fn func(context.Context) error) error {
			return db.View(func(tx *bolt.Tx) error { return fn(originalutil.WithTransaction(ctx, tx)) })
		},
		dirty:  func() bool { return dirty },
		events: published,
		dump: func() (text string) {
			err := kv.View(func(tx *bolt.Tx) error {
				return tx.ForEach(func(name []byte, b *bolt.Bucket) error {
					text += fmt.Sprintf("%q\n", name) + dumpTheirs(b, " ")
					return nil
				})
			})
			if err != nil {
				t.Fatal(err)
			}
			return text
		},
	}
}

func dumpOurs(b *memkv.Bucket, indent string) (text string) {
	_ = b.ForEach(func(k, v []byte) error {
		if v != nil {
			text += fmt.Sprintf("%s%q %q\n", indent, k, v)
		} else {
			text += fmt.Sprintf("%s%q %d\n", indent, k, b.Bucket(k).Sequence()) + dumpOurs(b.Bucket(k), indent+" ")
		}
		return nil
	})
	return text
}

func dumpTheirs(b *bolt.Bucket, indent string) (text string) {
	_ = b.ForEach(func(k, v []byte) error {
		if v != nil {
			text += fmt.Sprintf("%s%q %q\n", indent, k, v)
		} else {
			text += fmt.Sprintf("%s%q %d\n", indent, k, b.Bucket(k).Sequence()) + dumpTheirs(b.Bucket(k), indent+" ")
		}
		return nil
	})
	return text
}

// A recorder is a publisher that stores the events.
type recorder struct{ text strings.Builder }

func (r *recorder) Publish(ctx context.Context, topic string, event events.Event) error {
	namespace, _ := namespaces.Namespace(ctx)
	text, err := json.Marshal(event)
	fmt.Fprintf(&r.text, "%s %s %s\n", namespace, topic, text)
	return err
}

// take returns the events since the last call.
func (r *recorder) take() string {
	defer r.text.Reset()
	return r.text.String()
}
