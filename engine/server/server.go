//go:build !wasm

package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"github.com/containerd/containerd/v2/defaults"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/log"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/internal/services"
)

// A Server serves one node on one socket, until Close.
type Server struct {
	node    *engine.Engine
	clock   *clock
	table   *services.Table
	options options
	address string
	folder  string // of the socket, if the server made it

	socket  *splitter
	grpc    *grpc.Server
	control *http.Server
	running sync.WaitGroup
	stop    chan struct{} // closed by Close

	applying  sync.Mutex // held by the control service during an Op; guards the field below
	recording *recording // the last one; nil before the first

	mu     sync.Mutex
	forks  []*Server
	closed bool
}

// An Option configures a server. The servers of its forks inherit it.
type Option func(*options)

type options struct {
	now    func() time.Time
	record io.Writer // nil: no recording
	token  string    // of the control service at a TCP address
}

// WithClock makes the clock of the node follow now, usually [time.Now], and runs the collections of the node's schedule
// at their times. Without it, the clock moves only at the request of the control service or of another caller.
//
// If the control service moves the clock, the difference to now remains. The clock never moves back by itself.
func WithClock(now func() time.Time) Option { return func(o *options) { o.now = now } }

// EventLog is the number of latest events in the log of a served node, which [engine.Engine.Events] returns. Clients
// may publish events forever. A subscriber gets every event, also beyond this number: as in the daemon, the server
// keeps the events of a slow subscriber until it receives them or its call ends.
const EventLog = 10_000

// Listen starts a server of the node. It limits the log of events to [EventLog]. The address has one of these forms:
//
//	/run/holdfast.sock, unix:///run/holdfast.sock   a Unix socket with the mode 0600
//	tcp://127.0.0.1:10000                           a port of a loopback address; port 0 is any free port
//	""                                              a Unix socket in a new temporary folder
//
// Listen replaces the socket of a server that has ended without removing it. Other files and sockets in use are errors.
//
// The caller keeps the node and may use it while the server runs, with the exceptions of [engine.Engine]: the control
// service calls [engine.Engine.Apply].
func Listen(node *engine.Engine, address string, opts ...Option) (*Server, error) {
	s := &Server{node: node, stop: make(chan struct{})}
	for _, opt := range opts {
		opt(&s.options)
	}
	s.clock = &clock{node: node, now: s.options.now}
	node.LimitEvents(EventLog)
	if err := s.start(address); err != nil {
		if s.folder != "" {
			os.RemoveAll(s.folder)
		}
		return nil, fmt.Errorf("server: %w", err)
	}
	return s, nil
}

func (s *Server) start(address string) (err error) {
	s.grpc = grpc.NewServer(
		grpc.MaxRecvMsgSize(defaults.DefaultMaxRecvMsgSize),
		grpc.MaxSendMsgSize(defaults.DefaultMaxSendMsgSize),
		grpc.UnaryInterceptor(s.unary),
		grpc.StreamInterceptor(s.stream),
		grpc.UnknownServiceHandler(unknown),
	)
	s.table = services.New(s.node)
	if err := register(s.grpc, s.table, newTransfers(s.node, s.table)); err != nil {
		return err
	}
	if s.options.record != nil {
		if err := s.record(s.options.record, "", false); err != nil {
			return err
		}
	}
	s.control = &http.Server{Handler: s.controlHandler(), ReadHeaderTimeout: 10 * time.Second}
	if address == "" {
		if s.folder, err = os.MkdirTemp("", "holdfast-"); err != nil {
			return err
		}
		address = filepath.Join(s.folder, "socket")
	}
	socket, err := listen(address)
	if err != nil {
		return err
	}
	s.address = socket.Addr().String()
	if socket.Addr().Network() == "tcp" {
		s.address = "tcp://" + s.address
	}
	s.clock.follow()
	s.socket = split(socket)
	s.running.Go(func() { _ = s.grpc.Serve(s.socket.http2) })
	s.running.Go(func() { _ = s.control.Serve(s.socket.http1) })
	if s.options.now != nil {
		s.running.Go(func() { s.clock.run(s.stop) })
	}
	return nil
}

// Address returns the address for clients: the absolute path of the Unix socket, or tcp://HOST:PORT.
func (s *Server) Address() string { return s.address }

// Target returns the address in the form of gRPC's [grpc.NewClient].
func (s *Server) Target() string { return target(s.address) }

// Node returns the node. It belongs to the caller of [Listen], or to the server if it is a fork.
func (s *Server) Node() *engine.Engine { return s.node }

// Fork starts a server of a fork of the node at an address: see [Listen]. Close of s closes it and its node, too.
func (s *Server) Fork(address string) (*Server, error) {
	f := &Server{node: s.node.Fork(), stop: make(chan struct{}), options: s.options}
	f.options.record = nil
	f.clock = &clock{node: f.node, now: s.options.now, ahead: s.clock.difference()}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, errors.New("server: it is closed")
	}
	if err := f.start(address); err != nil {
		return nil, fmt.Errorf("server of a fork: %w", err)
	}
	s.forks = append(s.forks, f)
	return f, nil
}

// Close ends the calls of all clients, closes the servers of forks, removes the socket, and waits for the end of all
// handlers. The node remains usable. Further calls do nothing.
func (s *Server) Close() error {
	s.mu.Lock()
	closed := s.closed
	s.closed = true
	forks := s.forks
	s.mu.Unlock()
	if closed {
		return nil
	}
	var errs []error
	for _, f := range forks {
		errs = append(errs, f.Close(), f.node.Close())
	}
	close(s.stop)
	errs = append(errs, s.socket.Close(), s.control.Close())
	s.grpc.Stop()
	s.running.Wait()
	s.applying.Lock()
	if r := s.recording; r != nil && !r.done {
		_, err := s.stopRecording()
		errs = append(errs, err)
	}
	s.applying.Unlock()
	if s.folder != "" {
		errs = append(errs, os.RemoveAll(s.folder))
	}
	return errors.Join(errs...)
}

// unary surrounds a call with one request and one reply.
func (s *Server) unary(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (reply any, err error) {
	defer recovered(ctx, info.FullMethod, &err)
	s.clock.follow()
	return handler(withNamespace(ctx), request)
}

// stream surrounds a call with a stream.
func (s *Server) stream(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	defer recovered(stream.Context(), info.FullMethod, &err)
	s.clock.follow()
	return handler(service, &serverStream{stream, withNamespace(stream.Context())})
}

// recovered turns a panic into an error, because a request of one client must not end the server for all. For example,
// some services of the daemon do not expect a request without its message.
func recovered(ctx context.Context, method string, err *error) {
	if cause := recover(); cause != nil {
		log.G(ctx).Errorf("%s: %v\n%s", method, cause, debug.Stack())
		*err = status.Errorf(codes.InvalidArgument, "%s: the request lacks a message, or has an unexpected one", method)
	}
}

// withNamespace sets the namespace of a request for the calls that its handler makes, for example to its own streams.
func withNamespace(ctx context.Context) context.Context {
	if name, ok := namespaces.Namespace(ctx); ok {
		return namespaces.WithNamespace(ctx, name)
	}
	return ctx
}

// serverStream is a stream with another context.
type serverStream struct {
	grpc.ServerStream
	ctx context.Context
}

func (s *serverStream) Context() context.Context { return s.ctx }

// unknown answers calls of services that a node lacks. An empty message is a valid reply of any type.
func unknown(_ any, stream grpc.ServerStream) error {
	method, _ := grpc.MethodFromServerStream(stream)
	if err := services.Absent(method); err != nil {
		return err
	}
	if err := stream.RecvMsg(&emptypb.Empty{}); err != nil {
		return err
	}
	return stream.SendMsg(&emptypb.Empty{})
}
