package fleet

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// ServerOptions configure an embedded server.
type ServerOptions struct {
	Dir    string      // for the files; made if it does not exist
	Listen string      // HOST:PORT, :PORT or PORT, the host defaults to 127.0.0.1; "" to be reachable in this process only
	Token  string      // that clients must present; "" for none
	TLS    *tls.Config // of the listener; nil for plain connections
	Errors func(string)
}

// A Server is a JetStream server within this process. At most one process at a time has a server on a directory.
type Server struct {
	server *server.Server
	lock   *os.File
	dir    string
	token  string
}

// ErrLocked is returned by [NewServer] if another process has a server on the directory.
var ErrLocked = errors.New("another process is using the directory")

// startTimeout is how long a server may take to load its files.
const startTimeout = time.Minute

// NewServer starts a server. The caller must close it.
func NewServer(o ServerOptions) (*Server, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, err
	}
	options := &server.Options{
		ServerName: "holdfast", DontListen: true, NoSigs: true, JetStream: true, StoreDir: filepath.Join(o.Dir, "jetstream"),
		Authorization: o.Token, MaxPayload: maxPayload,
		// Limits are those of the streams. Without these two the server would derive them from the machine.
		JetStreamMaxMemory: 1 << 30, JetStreamMaxStore: 1 << 40,
	}
	if o.Listen != "" {
		host, port, err := listenAddress(o.Listen)
		if err != nil {
			return nil, err
		}
		if !loopback(host) && o.Token == "" && (o.TLS == nil || o.TLS.ClientCAs == nil) {
			return nil, fmt.Errorf("%s: other machines could connect to this address without proof of identity; require a token or client certificates", o.Listen)
		}
		options.DontListen, options.Host, options.Port, options.TLSConfig = false, host, port, o.TLS
		options.TLS, options.TLSVerify = o.TLS != nil, o.TLS != nil && o.TLS.ClientCAs != nil
		options.TLSTimeout = 10
	}
	lock, err := lockFile(filepath.Join(o.Dir, "lock"))
	if err != nil {
		return nil, err
	}
	s, err := server.NewServer(options)
	if err != nil {
		lock.Close()
		return nil, err
	}
	running := &Server{server: s, lock: lock, dir: o.Dir, token: o.Token}
	s.SetLogger(serverLog{o.Errors}, false, false)
	s.Start()
	if !s.ReadyForConnections(startTimeout) || !s.JetStreamEnabled() {
		running.Close()
		return nil, fmt.Errorf("the server did not start within %s in %s, or cannot listen on %s", startTimeout, o.Dir, o.Listen)
	}
	if o.Listen != "" {
		if err := os.WriteFile(running.addressFile(), []byte(running.URL()+"\n"), 0o600); err != nil {
			running.Close()
			return nil, err
		}
	}
	return running, nil
}

// URL returns the address at which clients reach the server, or "" if it does not listen.
func (s *Server) URL() string {
	if s.server.Addr() == nil {
		return ""
	}
	return s.server.ClientURL()
}

func (s *Server) addressFile() string { return filepath.Join(s.dir, "address") }

// AddressIn returns the URL of the server that another process runs on the directory, or "" if it does not listen.
func AddressIn(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "address"))
	return strings.TrimSpace(string(text))
}

// Err returns an error if the server could not write to its directory. It then stores nothing until it is started
// again.
func (s *Server) Err() error {
	w := healthWriter{header: http.Header{}}
	s.server.HandleHealthz(&w, &http.Request{Method: http.MethodGet, URL: &url.URL{}})
	if w.code == http.StatusOK || w.code == 0 {
		return nil
	}
	return fmt.Errorf("the server cannot store results in %s: is the disk full? Free space there, and start again", s.dir)
}

// A healthWriter keeps the status code of a health check.
type healthWriter struct {
	header http.Header
	code   int
}

func (w *healthWriter) Header() http.Header                { return w.header }
func (w *healthWriter) WriteHeader(code int)               { w.code = code }
func (w *healthWriter) Write(text []byte) (n int, _ error) { return len(text), nil }

// Close stops the server and waits until its files are written.
func (s *Server) Close() {
	_ = os.Remove(s.addressFile())
	s.server.Shutdown()
	s.server.WaitForShutdown()
	s.lock.Close()
}

// listenAddress splits the address to listen on. The default host is the loopback.
func listenAddress(address string) (host string, port int, err error) {
	if !strings.Contains(address, ":") {
		address = ":" + address
	}
	host, service, err := net.SplitHostPort(address)
	if err == nil {
		port, err = strconv.Atoi(service)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, fmt.Errorf("address %q: must be HOST:PORT or PORT", address)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	if port == 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// CheckURL returns an error if the URL of a server has secrets in it: the process list would show them.
func CheckURL(address string) error {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return fmt.Errorf("%q: must be a URL such as nats://host:4222", address)
	}
	if u.User != nil {
		return errors.New("the URL must not contain a token or password, because the list of processes shows it; use a file or the environment")
	}
	return nil
}

// serverLog passes warnings and errors on.
type serverLog struct{ print func(string) }

func (l serverLog) note(format string, args ...any) {
	if l.print != nil {
		l.print(fmt.Sprintf("server: "+format, args...))
	}
}

func (l serverLog) Noticef(string, ...any)            {}
func (l serverLog) Debugf(string, ...any)             {}
func (l serverLog) Tracef(string, ...any)             {}
func (l serverLog) Warnf(format string, args ...any)  { l.note(format, args...) }
func (l serverLog) Errorf(format string, args ...any) { l.note(format, args...) }
func (l serverLog) Fatalf(format string, args ...any) { l.note(format, args...) }
