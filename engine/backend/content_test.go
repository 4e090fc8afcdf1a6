package backend_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/content/testsuite"
	"github.com/containerd/containerd/v2/plugins/content/local"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine/backend"
)

// TestContentSuite runs containerd's own test suite.
func TestContentSuite(t *testing.T) {
	testsuite.ContentSuite(t, "memory", func(ctx context.Context, _ string) (context.Context, content.Store, func() error, error) {
		return ctx, backend.NewContent(time.Now), func() error { return nil }, nil
	})
}

// TestContentAgainstLocal runs random histories on this store and on containerd's local content store, and compares the
// results. It does not compare times that the original takes from the file system, and the differences that the package
// documentation lists.
func TestContentAgainstLocal(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			differ(t, seed, 400, startContents, drawContentCall)
		})
	}
}

// contents is a store with the writers that a history has opened.
type contents struct {
	content.Store
	writers map[string]content.Writer // by reference
	labels  labelStore                // where they are, if not in the store
}

func startContents(t *testing.T) (ours, theirs *contents) {
	labels := labelStore{}
	original, err := local.NewLabeledStore(inMemory(t), labels)
	if err != nil {
		t.Fatal(err)
	}
	ours = &contents{backend.NewContent(time.Now), map[string]content.Writer{}, nil}
	theirs = &contents{original, map[string]content.Writer{}, labels}
	for _, s := range []*contents{ours, theirs} {
		// The original creates its directories with the first file in them.
		w := open(t, s, "first")
		if err := errors.Join(w.Commit(t.Context(), 0, ""), s.Delete(t.Context(), digest.FromString(""))); err != nil {
			t.Fatal(err)
		}
	}
	return ours, theirs
}

var contentRefs = []string{"layer", "config", "ünïcode/ref"}

func drawContentCall(r *rand.Rand, ours *contents) (string, step[*contents]) {
	ctx := context.Background()
	ref := pick(r, contentRefs...)
	data := bytes.Repeat([]byte{'a'}, r.IntN(3))
	blob := pick(r, digest.FromString(""), digest.FromString("a"), digest.FromString("aa"), digest.SHA512.FromString("aa"), "sha256:12", "none")
	if ours.writers[ref] != nil && r.IntN(2) == 0 {
		return drawWriterCall(r, ref, data, blob)
	}
	switch r.IntN(9) {
	case 0, 1:
		desc := ocispec.Descriptor{Size: pick[int64](r, 0, 4), Digest: pick(r, "", "", blob)}
		if st, err := ours.Status(ctx, ref); err == nil && st.Total != desc.Size {
			desc.Size = 0 // meant to differ
		}
		return fmt.Sprintf("Writer %q %v", ref, desc), func(s *contents) (any, error) {
			w, err := s.Writer(ctx, content.WithRef(ref), content.WithDescriptor(desc))
			if err == nil {
				s.writers[ref] = w
			}
			return nil, err
		}
	case 2:
		return "Status " + ref, func(s *contents) (any, error) {
			st, err := s.Status(ctx, ref)
			return comparable(st), err
		}
	case 3:
		filters := pick(r, nil, []string{"ref==layer"}, []string{"ref~=^c"}, []string{"="})
		return fmt.Sprintf("ListStatuses %q", filters), func(s *contents) (any, error) {
			statuses, err := s.ListStatuses(ctx, filters...)
			byRef := map[string]content.Status{}
			for _, st := range statuses {
				byRef[st.Ref] = comparable(st)
			}
			return byRef, err
		}
	case 4:
		return "Abort " + ref, func(s *contents) (any, error) { return nil, s.Abort(ctx, ref) }
	case 5:
		return "Info " + blob.String(), func(s *contents) (any, error) {
			info, err := s.Info(ctx, blob)
			return withoutUpdate(info), err
		}
	case 6:
		labels := pick(r, nil, map[string]string{"a": "1"}, map[string]string{"b": "2", "c": "3"})
		paths := pick(r, nil, []string{"labels"}, []string{"labels.a"}, []string{"labels.a", "labels.b"}, []string{"size"})
		return fmt.Sprintf("Update %s %v %q", blob, labels, paths), func(s *contents) (any, error) {
			info, err := s.Update(ctx, content.Info{Digest: blob, Labels: copied(labels)}, paths...)
			return withoutUpdate(info), err
		}
	case 7:
		return "ReaderAt, Delete " + blob.String(), func(s *contents) (any, error) {
			delete(s.labels, blob) // the original forgets them here
			return readAndDelete(ctx, s, blob)
		}
	}
	filters := pick(r, nil, []string{"labels.a==1"}, []string{"digest~=^sha512"}, []string{"!"})
	return fmt.Sprintf("Walk, WalkStatusRefs %q", filters), func(s *contents) (any, error) {
		var infos []content.Info
		err := s.Walk(ctx, func(info content.Info) error {
			infos = append(infos, withoutUpdate(info))
			return nil
		}, filters...)
		refs := map[string]bool{}
		walker := s.Store.(interface {
			WalkStatusRefs(context.Context, func(string) error) error
		})
		refErr := walker.WalkStatusRefs(ctx, func(ref string) error { refs[ref] = true; return nil })
		return []any{infos, refs}, errors.Join(err, refErr)
	}
}

func drawWriterCall(r *rand.Rand, ref string, data []byte, blob digest.Digest) (string, step[*contents]) {
	ctx := context.Background()
	switch r.IntN(6) {
	case 0, 1:
		return fmt.Sprintf("Write %q %q", ref, data), func(s *contents) (any, error) { return s.writers[ref].Write(data) }
	case 2:
		size := pick[int64](r, 0, 0, 0, 1)
		return fmt.Sprintf("Truncate %q %d", ref, size), func(s *contents) (any, error) { return nil, s.writers[ref].Truncate(size) }
	case 3:
		return fmt.Sprintf("Close %q", ref), func(s *contents) (any, error) {
			err := s.writers[ref].Close()
			delete(s.writers, ref)
			return nil, err
		}
	case 4:
		return fmt.Sprintf("Status, Digest, Sync %q", ref), func(s *contents) (any, error) {
			w := s.writers[ref]
			st, err := w.Status()
			return []any{comparable(st), w.Digest(), w.(content.Syncer).Sync()}, err
		}
	}
	size := pick[int64](r, 0, 0, 1, 2)
	if blob == "none" {
		blob = "" // meant to differ
	}
	expected := pick(r, "", blob)
	labels := pick(r, nil, map[string]string{"a": "1"})
	return fmt.Sprintf("Commit %q %d %q %v", ref, size, expected, labels), func(s *contents) (any, error) {
		w := s.writers[ref]
		delete(s.writers, ref)
		err := w.Commit(ctx, size, expected, content.WithLabels(copied(labels)))
		_, writeErr := w.Write([]byte("late"))
		return []any{w.Digest(), writeErr != nil, w.Close()}, err
	}
}

// comparable removes the time of a file from a result.
func comparable(st content.Status) content.Status {
	st.StartedAt, st.UpdatedAt = st.StartedAt.UTC(), time.Time{}
	return st
}

func withoutUpdate(info content.Info) content.Info {
	info.CreatedAt, info.UpdatedAt = info.CreatedAt.UTC(), time.Time{}
	if len(info.Labels) == 0 {
		info.Labels = nil
	}
	return info
}

// readAndDelete reads a blob after its deletion.
func readAndDelete(ctx context.Context, s content.Store, blob digest.Digest) (string, error) {
	ra, err := s.ReaderAt(ctx, ocispec.Descriptor{Digest: blob})
	if err != nil {
		return "", errors.Join(err, s.Delete(ctx, blob))
	}
	if err := s.Delete(ctx, blob); err != nil {
		return "", err
	}
	beyond, err := ra.ReadAt(make([]byte, 2), ra.Size())
	if beyond != 0 || err != io.EOF {
		return "", fmt.Errorf("beyond the end: %d, %v", beyond, err)
	}
	data, err := io.ReadAll(io.NewSectionReader(ra, 0, ra.Size()))
	if err == nil {
		err = ra.Close()
	}
	if _, late := ra.ReadAt(make([]byte, 1), 0); !errors.Is(late, os.ErrClosed) {
		return "", fmt.Errorf("after Close: %v", late)
	}
	return string(data), err
}

// labelStore stores the labels for the original.
type labelStore map[digest.Digest]map[string]string

func (s labelStore) Get(dgst digest.Digest) (map[string]string, error) { return copied(s[dgst]), nil }

func (s labelStore) Set(dgst digest.Digest, labels map[string]string) error {
	s[dgst] = copied(labels)
	return nil
}

func (s labelStore) Update(dgst digest.Digest, labels map[string]string) (map[string]string, error) {
	updated := maps.Clone(s[dgst])
	if updated == nil {
		updated = map[string]string{}
	}
	maps.Copy(updated, labels)
	maps.DeleteFunc(updated, func(_, value string) bool { return value == "" })
	s[dgst] = updated
	return copied(updated), nil
}

func copied(labels map[string]string) map[string]string { return maps.Clone(labels) }

// TestContentFork writes on both sides of a fork that shares an open ingest.
func TestContentFork(t *testing.T) {
	ctx := t.Context()
	base := backend.NewContent(time.Now)
	w := open(t, base, "ref")
	write(t, w, "shared ")
	fork := base.Fork(nil)
	v := open(t, fork, "ref")
	write(t, w, "original")
	write(t, v, "copy")
	second := fork.Fork(nil)
	write(t, v, "!")

	for _, side := range []struct {
		store *backend.Content
		w     content.Writer
		want  string
	}{{base, w, "shared original"}, {fork, v, "shared copy!"}, {second, open(t, second, "ref"), "shared copy"}} {
		if err := side.w.Commit(ctx, 0, digest.FromString(side.want)); err != nil {
			t.Errorf("%q: %v", side.want, err)
			continue
		}
		data, err := content.ReadBlob(ctx, side.store, ocispec.Descriptor{Digest: digest.FromString(side.want)})
		if err != nil || string(data) != side.want {
			t.Errorf("read %q, %v, want %q", data, err, side.want)
		}
		if size := side.store.Size(); size != int64(len(side.want)) {
			t.Errorf("size %d, want %d", size, len(side.want))
		}
	}
}

// TestContentKeepsNothing overwrites the arguments and the results of calls.
func TestContentKeepsNothing(t *testing.T) {
	ctx := t.Context()
	s := backend.NewContent(time.Now)
	w := open(t, s, "ref")
	data, labels := []byte("text"), map[string]string{"a": "1"}
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	dgst := digest.FromString("text")
	if err := w.Commit(ctx, 0, dgst, content.WithLabels(labels)); err != nil {
		t.Fatal(err)
	}
	scribble := func(data []byte, labels map[string]string) {
		copy(data, "XXXX")
		labels["a"] = "X"
	}
	scribble(data, labels)
	for range 2 {
		info, err := s.Info(ctx, dgst)
		if err != nil {
			t.Fatal(err)
		}
		got, err := content.ReadBlob(ctx, s, ocispec.Descriptor{Digest: dgst})
		if err != nil {
			t.Fatal(err)
		}
		if string(got) != "text" || info.Labels["a"] != "1" {
			t.Fatalf("%q with labels %v", got, info.Labels)
		}
		scribble(got, info.Labels)
	}
}

// TestContentMeantToDiffer tests the differences that the package documentation lists.
func TestContentMeantToDiffer(t *testing.T) {
	ctx := t.Context()
	s := backend.NewContent(time.Now)
	w := open(t, s, "ref")
	write(t, w, "text")
	if err := w.Commit(ctx, 0, "none"); !errdefs.IsFailedPrecondition(err) {
		t.Errorf("an expected digest without algorithm: %v", err)
	}
	again := open(t, s, "ref")
	if err := w.Commit(ctx, 0, ""); !errdefs.IsFailedPrecondition(err) {
		t.Errorf("second commit: %v", err)
	}
	if _, err := s.Writer(ctx, content.WithRef("ref")); !errdefs.IsUnavailable(err) {
		t.Errorf("the second commit gave the reference away: %v", err)
	}
	again.Close()

	withTotal := func(total int64) content.Writer {
		w, err := s.Writer(ctx, content.WithRef("total"), content.WithDescriptor(ocispec.Descriptor{Size: total}))
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w = withTotal(10)
	write(t, w, "0123456789")
	w.Close()
	w = withTotal(2)
	write(t, w, "ab")
	if err := w.Commit(ctx, 2, digest.FromString("ab")); err != nil {
		t.Errorf("an ingest begun again with another total: %v", err)
	}
}

func TestContentPlace(t *testing.T) {
	ctx := t.Context()
	s := backend.NewContent(time.Now)
	info := content.Info{Digest: digest.FromString("somewhere else"), Size: 14}
	s.Place(info)
	s.PlaceIngest("ref", time.Unix(1, 0))
	if got, err := s.Info(ctx, info.Digest); err != nil || got.Size != 14 {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := s.ReaderAt(ctx, ocispec.Descriptor{Digest: info.Digest}); !errdefs.IsFailedPrecondition(err) {
		t.Errorf("read bytes that are not there: %v", err)
	}
	if s.Size() != 14 {
		t.Errorf("size %d", s.Size())
	}
	w := open(t, s, "ref")
	write(t, w, "resumed")
	if err := w.Commit(ctx, 7, digest.FromString("resumed")); err != nil {
		t.Error(err)
	}
	if err := s.Delete(ctx, info.Digest); err != nil || s.Size() != 7 {
		t.Errorf("size %d after %v", s.Size(), err)
	}
}

func open(t *testing.T, s content.Store, ref string) content.Writer {
	t.Helper()
	w, err := s.Writer(t.Context(), content.WithRef(ref))
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}
