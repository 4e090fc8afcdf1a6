//go:build !wasm

package server

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strings"
)

// WithToken sets the token that requests of the control service must have at a TCP address. Without a token, a server
// at a TCP address refuses these requests, because every user of the machine can connect to it. A Unix socket has a
// mode, and needs no token. Forks inherit it.
func WithToken(token string) Option { return func(o *options) { o.token = token } }

// guarded lets a request of the control service pass unless it may come from a web page: browsers connect to loopback
// addresses on behalf of every page that asks them to. At a TCP address, it also requires the token.
func (s *Server) guarded(serve http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if code, err := s.guard(r); err != nil {
			refuse(w, code, err)
			return
		}
		serve.ServeHTTP(w, r)
	})
}

// guard returns the status and the reason if a request must not pass.
func (s *Server) guard(r *http.Request) (int, error) {
	for _, header := range []string{"Origin", "Sec-Fetch-Site"} {
		if r.Header.Get(header) != "" {
			return http.StatusForbidden, fmt.Errorf("a request with the header %s comes from a web page", header)
		}
	}
	if !strings.HasPrefix(s.address, "tcp://") {
		return 0, nil
	}
	if !loopback(r.Host) {
		return http.StatusForbidden, fmt.Errorf("host %q: must be localhost or a loopback address", r.Host)
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return http.StatusUnsupportedMediaType, errors.New("the header Content-Type must be application/json")
	}
	if s.options.token == "" {
		return http.StatusForbidden, errors.New("the control service is off: at a TCP address the server needs a token")
	}
	given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if subtle.ConstantTimeCompare([]byte(given), []byte(s.options.token)) != 1 {
		return http.StatusUnauthorized, errors.New("the header Authorization must be Bearer and the token of the server")
	}
	return 0, nil
}

// loopback reports whether a Host header names this machine. Other names may be those of a page that lets its own name
// point to this machine.
func loopback(host string) bool {
	name, _, err := net.SplitHostPort(host)
	if err != nil {
		name = strings.Trim(host, "[]")
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}
