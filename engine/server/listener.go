//go:build !wasm

package server

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// listen opens the socket of an address: see [Listen].
func listen(address string) (net.Listener, error) {
	if host, ok := strings.CutPrefix(address, "tcp://"); ok {
		return listenTCP(host)
	}
	path, err := filepath.Abs(strings.TrimPrefix(address, "unix://"))
	if err != nil {
		return nil, err
	}
	if err := removeStale(path); err != nil {
		return nil, err
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("%w; the folder must exist, and a socket's path has at most 107 bytes", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func listenTCP(address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("tcp://%s: %w; give a host and a port, such as tcp://127.0.0.1:10000", address, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("tcp://%s: every machine of the network could use the node; give a loopback address, such as 127.0.0.1", address)
	}
	return net.Listen("tcp", address)
}

// removeStale removes the socket of a server that has ended without removing it.
func removeStale(path string) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	if info.Mode().Type() != fs.ModeSocket {
		return fmt.Errorf("%s: exists and is no socket; give another path or remove it", path)
	}
	if c, err := net.Dial("unix", path); err == nil {
		c.Close()
		return fmt.Errorf("%s: another server uses this socket; stop it or give another path", path)
	}
	return os.Remove(path)
}

// A splitter accepts the connections of one socket. The first bytes of a client separate HTTP/2, which gRPC uses, from
// HTTP/1.
type splitter struct {
	net.Listener
	http1, http2 *accepted

	mu        sync.Mutex
	undecided map[net.Conn]bool // connections that have not sent enough; nil after the end
}

func split(l net.Listener) *splitter {
	s := &splitter{Listener: l, undecided: map[net.Conn]bool{}}
	s.http1, s.http2 = newAccepted(l.Addr()), newAccepted(l.Addr())
	go s.run()
	return s
}

// run accepts connections until the socket is closed.
func (s *splitter) run() {
	for {
		c, err := s.Accept()
		switch {
		case err == nil:
			go s.decide(c)
		case errors.Is(err, net.ErrClosed):
			s.end()
			return
		default: // for example, the process has too many open files
			time.Sleep(10 * time.Millisecond)
		}
	}
}

// decide waits for the first bytes of a connection.
func (s *splitter) decide(c net.Conn) {
	if !s.note(c) {
		c.Close()
		return
	}
	r := bufio.NewReader(c)
	head, err := r.Peek(3)
	s.forget(c)
	switch {
	case err != nil:
		c.Close()
	case string(head) == "PRI": // the first line of HTTP/2 is "PRI * HTTP/2.0"
		s.http2.deliver(&peeked{c, r})
	default:
		s.http1.deliver(&peeked{c, r})
	}
}

func (s *splitter) note(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.undecided == nil {
		return false
	}
	s.undecided[c] = true
	return true
}

func (s *splitter) forget(c net.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.undecided, c)
}

// end closes the undecided connections.
func (s *splitter) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.undecided {
		c.Close()
	}
	s.undecided = nil
	s.http1.Close()
	s.http2.Close()
}

// peeked is a connection with its first bytes in a buffer.
type peeked struct {
	net.Conn
	buffered *bufio.Reader
}

func (c *peeked) Read(p []byte) (int, error) { return c.buffered.Read(p) }

// accepted is a listener for connections that a splitter has accepted.
type accepted struct {
	address net.Addr
	conns   chan net.Conn
	closed  chan struct{}
	close   func()
}

func newAccepted(address net.Addr) *accepted {
	a := &accepted{address: address, conns: make(chan net.Conn), closed: make(chan struct{})}
	a.close = sync.OnceFunc(func() { close(a.closed) })
	return a
}

func (a *accepted) deliver(c net.Conn) {
	select {
	case a.conns <- c:
	case <-a.closed:
		c.Close()
	}
}

func (a *accepted) Accept() (net.Conn, error) {
	select {
	case c := <-a.conns:
		return c, nil
	case <-a.closed:
		return nil, net.ErrClosed
	}
}

func (a *accepted) Addr() net.Addr { return a.address }

func (a *accepted) Close() error {
	a.close()
	return nil
}
