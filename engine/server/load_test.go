//go:build !wasm

package server_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/containerd/containerd/api/events"
	contentapi "github.com/containerd/containerd/api/services/content/v1"
	eventsapi "github.com/containerd/containerd/api/services/events/v1"
	imagesapi "github.com/containerd/containerd/api/services/images/v1"
	leasesapi "github.com/containerd/containerd/api/services/leases/v1"
	streamingapi "github.com/containerd/containerd/api/services/streaming/v1"
	"github.com/containerd/containerd/v2/core/leases"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/engine/server"
)

// connect returns a connection of its own to a server, without the limits of containerd's client.
func connect(t testing.TB, s *server.Server) *grpc.ClientConn {
	t.Helper()
	conn, err := grpc.NewClient(s.Target(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// TestLoad makes 1,000 calls from each of 50 clients while 250 collections run. No write may be lost.
func TestLoad(t *testing.T) {
	clients, rounds := 50, 250 // four calls in a round
	if testing.Short() {
		rounds = 50
	}
	s := serve(t)
	control := server.NewControl(s.Address())
	due := make(chan struct{}, clients*rounds)
	var collector, all sync.WaitGroup
	collector.Go(func() {
		for range due {
			if r, err := control.Apply(context.Background(), engine.Op{Name: op.Collect}); err != nil || r.Code != op.OK {
				t.Error("collect:", r, err)
				return
			}
		}
	})
	for client := range clients {
		conn := connect(t, s)
		all.Go(func() {
			c := leasesapi.NewLeasesClient(conn)
			ctx := namespaces.WithNamespace(context.Background(), fmt.Sprintf("ns%d", client%5))
			for round := range rounds {
				id := fmt.Sprintf("%d-%d", client, round)
				if round%50 == 0 {
					due <- struct{}{}
				}
				_, err := c.Create(ctx, &leasesapi.CreateRequest{ID: id})
				if err == nil {
					_, err = c.AddResource(ctx, &leasesapi.AddResourceRequest{ID: id, Resource: &leasesapi.Resource{ID: "i", Type: "ingests"}})
				}
				var held *leasesapi.ListResourcesResponse
				if err == nil {
					held, err = c.ListResources(ctx, &leasesapi.ListResourcesRequest{ID: id})
				}
				if err == nil && len(held.Resources) != 1 {
					err = fmt.Errorf("lease %s holds %v", id, held.Resources)
				}
				if err == nil && round%10 != 0 {
					_, err = c.Delete(ctx, &leasesapi.DeleteRequest{ID: id})
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	close(due)
	collector.Wait()
	left := 0
	for n := range 5 {
		found, err := s.Node().Leases().List(namespaces.WithNamespace(context.Background(), fmt.Sprintf("ns%d", n)))
		if err != nil {
			t.Fatal(err)
		}
		left += len(found)
	}
	if want := clients * rounds / 10; left != want {
		t.Errorf("%d leases remain, want %d", left, want)
	}
}

// TestEventFlood publishes more events than the log keeps. A slow subscriber still gets all of them, and the log has
// the latest.
func TestEventFlood(t *testing.T) {
	s := serve(t)
	client := eventsapi.NewEventsClient(connect(t, s))
	ctx, cancel := context.WithCancel(inDefault)
	defer cancel()
	subscription, err := client.Subscribe(ctx, &eventsapi.SubscribeRequest{Filters: []string{`topic~="^/flood"`}})
	if err != nil {
		t.Fatal(err)
	}
	const flood = 2*server.EventLog + 100
	publish := func(topic string) {
		t.Helper()
		if err := s.Node().DB().Publisher(inDefault).Publish(inDefault, topic, &events.NamespaceCreate{Name: topic}); err != nil {
			t.Fatal(err)
		}
	}
	// The subscription begins some time after the call.
	begun := make(chan struct{})
	go func() {
		defer close(begun)
		for {
			if e, err := subscription.Recv(); err != nil || e.Topic == "/flood/begin" {
				return
			}
		}
	}()
	for waiting := true; waiting; {
		publish("/flood/begin")
		select {
		case <-begun:
			waiting = false
		case <-time.After(time.Millisecond):
		}
	}
	for i := range flood {
		publish(fmt.Sprintf("/flood/%d", i))
	}
	log := s.Node().Events()
	if len(log) != server.EventLog || log[len(log)-1].Topic != fmt.Sprintf("/flood/%d", flood-1) {
		t.Errorf("the log has %d events, the last is %v", len(log), log[len(log)-1])
	}
	for next := 0; next < flood; {
		e, err := subscription.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if e.Topic == "/flood/begin" {
			continue
		}
		if want := fmt.Sprintf("/flood/%d", next); e.Topic != want {
			t.Fatalf("the subscriber receives %s, want %s", e.Topic, want)
		}
		next++
	}
}

// TestHostile lets clients misbehave in many ways, and checks after each that another client is served.
func TestHostile(t *testing.T) {
	s := serve(t)
	witness := dial(t, s)
	raw := func(t *testing.T) net.Conn {
		t.Helper()
		c, err := net.Dial("unix", s.Address())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		return c
	}
	for name, harm := range map[string]func(t *testing.T){
		"large message": func(t *testing.T) {
			large := &imagesapi.CreateImageRequest{Image: &imagesapi.Image{Name: strings.Repeat("a", 17<<20)}}
			if _, err := imagesapi.NewImagesClient(connect(t, s)).Create(inDefault, large); status.Code(err) != codes.ResourceExhausted {
				t.Error(err)
			}
		},
		"open ingest": func(t *testing.T) {
			ctx, cancel := context.WithCancel(inDefault)
			w, err := contentapi.NewContentClient(connect(t, s)).Write(ctx)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Send(&contentapi.WriteContentRequest{Action: contentapi.WriteAction_WRITE, Ref: "half", Data: []byte("half")}); err != nil {
				t.Fatal(err)
			}
			if _, err := w.Recv(); err != nil {
				t.Fatal(err)
			}
			cancel()
			// The ingest is free once the handler of the cancelled call has ended.
			for tries := 0; ; tries++ {
				resumed, err := witness.ContentStore().Status(inDefault, "half")
				if err != nil || resumed.Offset != 4 {
					t.Fatal(resumed, err)
				}
				if err := witness.ContentStore().Abort(inDefault, "half"); err == nil {
					break
				} else if tries == 1000 {
					t.Fatal("the ingest stays locked:", err)
				}
				time.Sleep(time.Millisecond)
			}
		},
		"stream without name": func(t *testing.T) {
			for range 100 {
				if _, err := streamingapi.NewStreamingClient(connect(t, s)).Stream(inDefault); err != nil {
					t.Fatal(err)
				}
			}
		},
		"cancelled calls": func(t *testing.T) {
			c := leasesapi.NewLeasesClient(connect(t, s))
			for i := range 200 {
				ctx, cancel := context.WithCancel(inDefault)
				go func() { _, _ = c.Create(ctx, &leasesapi.CreateRequest{ID: fmt.Sprintf("cancelled%d", i)}) }()
				cancel()
			}
		},
		"idle connections": func(t *testing.T) {
			for range 500 {
				raw(t)
			}
		},
		"torn preface": func(t *testing.T) {
			for n := range len("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n") {
				_, _ = io.WriteString(raw(t), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[:n])
			}
		},
		"noise": func(t *testing.T) {
			_, _ = io.WriteString(raw(t), strings.Repeat("\x00\xff noise", 10000))
			_, _ = io.WriteString(raw(t), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+strings.Repeat("\xff", 10000))
		},
		"half a request of HTTP": func(t *testing.T) {
			_, _ = io.WriteString(raw(t), "POST /holdfast.v1.Control/Apply HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
		},
		"slow subscriber": func(t *testing.T) {
			ctx, cancel := context.WithCancel(inDefault)
			defer cancel()
			_, _ = witness.Subscribe(ctx) // nobody receives
			for i := range 200 {
				if err := witness.NamespaceService().Create(inDefault, fmt.Sprintf("slow%d", i), nil); err != nil {
					t.Fatal(err)
				}
			}
		},
		"hanging call": func(t *testing.T) {
			if err := s.Node().SetFault("hang", engine.Fault{On: "content", Call: "writer", Key: "hang", Hang: true}); err != nil {
				t.Fatal(err)
			}
			defer s.Node().ClearFault("hang")
			w, err := contentapi.NewContentClient(connect(t, s)).Write(inDefault)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.Send(&contentapi.WriteContentRequest{Action: contentapi.WriteAction_STAT, Ref: "hang"}); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			harm(t)
			ctx, cancel := context.WithTimeout(inDefault, time.Minute)
			defer cancel()
			if _, err := witness.LeasesService().Create(ctx, leases.WithRandomID()); err != nil {
				t.Error("another client:", err)
			}
			if _, err := server.NewControl(s.Address()).Apply(ctx, engine.Op{Name: op.Hash}); err != nil {
				t.Error("the control service:", err)
			}
		})
	}
}
