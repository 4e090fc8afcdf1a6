//go:build !wasm

package server_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/containerd/containerd/v2/core/content"
	"github.com/containerd/containerd/v2/core/images"
	"github.com/containerd/errdefs"
	digest "github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/engine/server"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

func pass(d time.Duration) op.SchedulePassArgs { return op.SchedulePassArgs{By: d} }

// apply applies an Op that must succeed.
func apply(t *testing.T, c *server.Control, o engine.Op) server.Result {
	t.Helper()
	r, err := c.Apply(context.Background(), o)
	if err != nil || r.Code != op.OK {
		t.Fatal(o, r, err)
	}
	return r
}

// TestControl uses the control service beside a client: it explains, collects, injects a fault, forks and saves.
func TestControl(t *testing.T) {
	s := serve(t)
	c, control := dial(t, s), server.NewControl(s.Address())
	blob := []byte("garbage")
	d := ocispec.Descriptor{MediaType: ocispec.MediaTypeImageManifest, Digest: digest.FromBytes(blob), Size: int64(len(blob))}
	if err := content.WriteBlob(inDefault, c.ContentStore(), "a", bytes.NewReader(blob), d); err != nil {
		t.Fatal(err)
	}

	var plan examine.Plan
	if err := apply(t, control, engine.Op{Name: op.Plan}).Decode(&plan); err != nil {
		t.Fatal(err)
	}
	if want, err := s.Node().Plan(); err != nil || !reflect.DeepEqual(plan.Removed, want.Removed) || len(plan.Removed) != 1 {
		t.Errorf("the plan removes %v, the node's own %v", plan.Removed, want.Removed)
	}

	address, err := control.Fork(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	fork := server.NewControl(address)
	var collected op.Collection
	if err := apply(t, fork, engine.Op{Name: op.Collect}).Decode(&collected); err != nil || len(collected.Removed) != 1 {
		t.Error(collected, err)
	}
	if _, err := c.ContentStore().Info(inDefault, d.Digest); err != nil {
		t.Error("a collection on the fork changed the node:", err)
	}

	fault := op.FaultsSetArgs{Name: "f", Fault: op.Fault{On: "content", Call: "reader", Error: op.Unavailable}}
	apply(t, control, engine.Op{Name: op.FaultsSet, Args: fault})
	if _, err := content.ReadBlob(inDefault, c.ContentStore(), d); !errdefs.IsUnavailable(err) {
		t.Error("an injected fault:", err)
	}
	apply(t, control, engine.Op{Name: op.FaultsClear})

	apply(t, control, engine.Op{Name: op.NodeKill})
	if _, err := c.ListImages(inDefault); !errdefs.IsUnavailable(err) {
		t.Error("a dead daemon:", err)
	}
	apply(t, control, engine.Op{Name: op.NodeRestart})

	before := s.Node().Clock().Now()
	apply(t, control, engine.Op{Name: op.SchedulePass, Args: pass(time.Hour)})
	var now time.Time
	if err := apply(t, control, engine.Op{Name: op.ClockNow}).Decode(&now); err != nil || now.Sub(before) != time.Hour {
		t.Error(now, err)
	}

	if _, err := c.ImageService().Create(inDefault, images.Image{Name: "a", Target: d}); err != nil {
		t.Fatal(err)
	}
	file, err := control.Save(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	saved, err := engine.Read(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	if diff, err := saved.Diff(s.Node()); err != nil || !diff.Empty() {
		t.Error(diff, err)
	}

	r, err := control.Apply(context.Background(), engine.Op{Name: op.ImagesGet, Header: op.Header{NS: "default"}, Args: op.Named{Name: "absent"}})
	if err != nil || r.Code != op.NotFound || r.Error == "" {
		t.Error(r, err)
	}
}

// TestControlRefuses sends bad requests in plain HTTP.
func TestControlRefuses(t *testing.T) {
	s := serve(t)
	client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "unix", s.Address())
	}}}
	for _, test := range []struct {
		name, path, body string
		status           int
		says             string
	}{
		{"no JSON", "Apply", "collect", http.StatusBadRequest, "op:"},
		{"unknown Op", "Apply", `{"op":"explode"}`, http.StatusBadRequest, `no op \"explode\"`},
		{"unknown field", "Apply", `{"op":"collect","fast":true}`, http.StatusBadRequest, "fast"},
		{"unknown method", "Explode", "", http.StatusNotFound, ""},
		{"address of another", "Fork", `{"address":"` + s.Address() + `"}`, http.StatusBadRequest, "another server uses this socket"},
		{"too large", "Apply", strings.Repeat(" ", 25<<20), http.StatusBadRequest, "too large"},
		{"good", "Apply", `{"op":"collect"}`, http.StatusOK, `"code":"ok"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := client.Post("http://holdfast/holdfast.v1.Control/"+test.path, "application/json", strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			defer r.Body.Close()
			var body bytes.Buffer
			if _, err := body.ReadFrom(r.Body); err != nil {
				t.Fatal(err)
			}
			if r.StatusCode != test.status || !strings.Contains(body.String(), test.says) {
				t.Errorf("status %d: %s", r.StatusCode, body.String())
			}
		})
	}
}

// TestGuard sends requests of the control service as web pages, other programs and clients with a token send them.
func TestGuard(t *testing.T) {
	serveTCP := func(opts ...server.Option) *server.Server {
		node, err := engine.New()
		if err != nil {
			t.Fatal(err)
		}
		s, err := server.Listen(node, "tcp://127.0.0.1:0", opts...)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		return s
	}
	unix, tcp, off := serve(t), serveTCP(server.WithToken("secret")), serveTCP()
	good := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer secret"}}
	with := func(name, value string) http.Header {
		h := good.Clone()
		h.Set(name, value)
		return h
	}
	for _, test := range []struct {
		name   string
		s      *server.Server
		host   string
		header http.Header
		status int
	}{
		{"socket", unix, "anything", nil, http.StatusOK},
		{"socket, page", unix, "localhost", http.Header{"Origin": {"https://example.com"}}, http.StatusForbidden},
		{"token", tcp, "localhost", good, http.StatusOK},
		{"token, address as host", tcp, "[::1]:10000", good, http.StatusOK},
		{"no token", tcp, "localhost", http.Header{"Content-Type": {"application/json"}}, http.StatusUnauthorized},
		{"other token", tcp, "localhost", with("Authorization", "Bearer guess"), http.StatusUnauthorized},
		{"page", tcp, "localhost", with("Origin", "null"), http.StatusForbidden},
		{"page, same site", tcp, "localhost", with("Sec-Fetch-Site", "same-origin"), http.StatusForbidden},
		{"page by its own name", tcp, "example.com:10000", good, http.StatusForbidden},
		{"form of a page", tcp, "localhost", with("Content-Type", "text/plain"), http.StatusUnsupportedMediaType},
		{"server without token", off, "localhost", good, http.StatusForbidden},
		{"server without token, empty token", off, "localhost", with("Authorization", "Bearer "), http.StatusForbidden},
	} {
		t.Run(test.name, func(t *testing.T) {
			network, address := "unix", test.s.Address()
			if host, ok := strings.CutPrefix(address, "tcp://"); ok {
				network, address = "tcp", host
			}
			client := http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, address)
			}}}
			defer client.CloseIdleConnections()
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/holdfast.v1.Control/Apply", strings.NewReader(`{"op":"collect"}`))
			if err != nil {
				t.Fatal(err)
			}
			r.Host = test.host
			if test.header != nil {
				r.Header = test.header
			}
			reply, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			reply.Body.Close()
			if reply.StatusCode != test.status {
				t.Errorf("status %d, want %d", reply.StatusCode, test.status)
			}
		})
	}

	control := server.NewControl(tcp.Address())
	if _, err := control.Save(t.Context()); err == nil || !strings.Contains(err.Error(), "token") {
		t.Error("without the token:", err)
	}
	control.Token = "secret"
	if _, err := control.Save(t.Context()); err != nil {
		t.Error("with the token:", err)
	}
}
