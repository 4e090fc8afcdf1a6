//go:build !wasm

package server_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	namespacesapi "github.com/containerd/containerd/api/services/namespaces/v1"
	"github.com/containerd/containerd/v2/core/containers"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/core/transfer/archive"
	"github.com/containerd/containerd/v2/core/transfer/image"
	"github.com/containerd/errdefs"
	"github.com/containerd/platforms"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/engine/server"
)

// session uses a server as several clients do: an import with layers, a container, labels, a collection that waits,
// calls beside each other, cancelled calls and the control service. It returns the hashes after the import and at the
// end, which are recorded calls.
func session(t *testing.T, s *server.Server) (hashes []string) {
	t.Helper()
	c, control := dial(t, s), server.NewControl(s.Address())
	app := newLayout(t, "first", "second layer")
	to := image.NewStore("", image.WithNamedPrefix("docker.io/library/app", true), image.WithUnpack(platforms.MustParse("linux/amd64"), "overlayfs"))
	if err := c.Transfer(inDefault, archive.NewImageImportStream(bytes.NewReader(app.archive), ""), to); err != nil {
		t.Fatal(err)
	}
	hashes = append(hashes, hash(t, s))
	if _, err := c.ContainerService().Create(inDefault, containers.Container{ID: "c", Image: "app", Spec: &anypb.Any{TypeUrl: "spec"}, Runtime: containers.RuntimeInfo{Name: "runc"}}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 20 {
				name := fmt.Sprintf("%d-%d", i, j)
				lease, err := c.LeasesService().Create(inDefault, leases.WithID(name))
				if err == nil {
					_, err = c.SnapshotService("overlayfs").Prepare(leases.WithLease(inDefault, name), name, "")
				}
				if err == nil && j%2 == 0 {
					err = c.LeasesService().Delete(inDefault, lease)
				}
				if err != nil {
					t.Error(err)
					return
				}
				cancelled, cancel := context.WithCancel(inDefault)
				go cancel()
				_, _ = c.LeasesService().Create(cancelled, leases.WithID("cancelled"+name))
			}
		})
	}
	all.Go(func() { // several labels in one transaction, beside other writers
		n := namespacesapi.NewNamespacesClient(c.Conn().(grpc.ClientConnInterface))
		for range 20 {
			_, err := n.Update(inDefault, &namespacesapi.UpdateNamespaceRequest{
				Namespace:  &namespacesapi.Namespace{Name: "default", Labels: map[string]string{"a": "1", "b": "2"}},
				UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"labels.a", "labels.b"}},
			})
			if err != nil {
				t.Error(err)
			}
		}
	})
	all.Wait()
	apply(t, control, engine.Op{Name: op.SchedulePass, Args: pass(time.Hour)})
	fault := op.FaultsSetArgs{Name: "f", Fault: op.Fault{On: "content", Call: "delete", Error: op.Unavailable, Times: 1}}
	apply(t, control, engine.Op{Name: op.FaultsSet, Args: fault})
	if err := c.ImageService().Delete(inDefault, "docker.io/library/app:1", images.SynchronousDelete()); err != nil {
		t.Fatal(err)
	}
	apply(t, control, engine.Op{Name: op.NodeCrash})
	if _, err := c.ContainerService().Get(inDefault, "c"); err != nil {
		t.Error("a call after the crash:", err)
	}
	return append(hashes, hash(t, s))
}

// checkReplay replays a trace, and compares the hashes in it. Cancelled calls may have ended after the last one.
func checkReplay(t *testing.T, trace []byte, want []string) {
	t.Helper()
	var hashes []string
	_, err := engine.Replay(t.Context(), bytes.NewReader(trace), func(_ *engine.Engine, _ int, o engine.Op, r engine.Result) error {
		if o.Name == op.Hash {
			hashes = append(hashes, fmt.Sprint(r.Value))
		}
		return nil
	})
	if err != nil || !slices.Equal(hashes, want) {
		t.Errorf("the replay has the hashes %v (%v), want %v", hashes, err, want)
	}
}

// hash returns the hash of a node, as a recorded call.
func hash(t *testing.T, s *server.Server) (hash string) {
	t.Helper()
	if err := apply(t, server.NewControl(s.Address()), engine.Op{Name: op.Hash}).Decode(&hash); err != nil {
		t.Fatal(err)
	}
	return hash
}

// TestRecording compares the node of a recorded session with the replay of the trace.
func TestRecording(t *testing.T) {
	var seconds atomic.Int64
	for name, opts := range map[string][]server.Option{
		"manual clock": nil,
		"real clock": {server.WithClock(func() time.Time {
			return engine.Start.Add(time.Hour + time.Duration(seconds.Add(1))*time.Second)
		})},
	} {
		t.Run(name+", from the start", func(t *testing.T) {
			var trace bytes.Buffer
			s := serve(t, append(opts, server.WithRecording(&trace))...)
			want := session(t, s)
			calls, err := s.StopRecording()
			if lines := bytes.Count(trace.Bytes(), []byte("\n")); err != nil || calls < 300 || calls+1 != lines {
				t.Error(calls, lines, err)
			}
			checkReplay(t, trace.Bytes(), want)
		})
		t.Run(name+", later", func(t *testing.T) {
			s := serve(t, opts...)
			c, control := dial(t, s), server.NewControl(s.Address())
			apply(t, control, engine.Op{Name: op.SchedulePass, Args: pass(time.Hour)})
			if _, err := c.Version(inDefault); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "trace.jsonl")
			if err := control.Record(t.Context(), file); err != nil {
				t.Fatal(err)
			}
			want := session(t, s)
			ended, calls, err := control.StopRecording(t.Context())
			if err != nil || ended != file || calls < 300 {
				t.Error(ended, calls, err)
			}
			trace, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			checkReplay(t, trace, want)
			if _, err := c.LeasesService().Create(inDefault, leases.WithID("after")); err != nil {
				t.Error("a call after the recording:", err)
			}
			if err := control.Record(t.Context(), file+"2"); err == nil || !strings.Contains(err.Error(), "has been used") {
				t.Error("a recording of a node in use:", err)
			}
		})
	}
}

// TestRecordingEnds covers the ends of a recording that a caller must notice.
func TestRecordingEnds(t *testing.T) {
	s := serve(t)
	if _, err := s.StopRecording(); !errdefs.IsFailedPrecondition(err) {
		t.Error("an end without a recording:", err)
	}
	if err := s.Record(failingWriter{}); err != nil {
		t.Fatal(err)
	}
	if err := s.Record(&bytes.Buffer{}); !errdefs.IsFailedPrecondition(err) {
		t.Error("a second recording:", err)
	}
	if _, err := dial(t, s).LeasesService().Create(inDefault, leases.WithID("a")); err != nil {
		t.Error("a full disk fails the call of a client:", err)
	}
	if _, err := s.StopRecording(); err == nil || !strings.Contains(err.Error(), "disk is full") {
		t.Error("a full disk:", err)
	}

	control := server.NewControl(serve(t).Address())
	if err := control.Record(t.Context(), "trace.jsonl"); err == nil || !strings.Contains(err.Error(), "absolute") {
		t.Error("a relative path:", err)
	}
	taken := filepath.Join(t.TempDir(), "taken")
	if err := os.WriteFile(taken, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := control.Record(t.Context(), taken); err == nil || !strings.Contains(err.Error(), "exists") {
		t.Error("an existing file:", err)
	}
	if data, err := os.ReadFile(taken); err != nil || string(data) != "precious" {
		t.Error("the file has changed:", data, err)
	}
}

type failingWriter struct{}

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("the disk is full") }
