package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
)

// tokenVariable is the environment variable with the token, an alternative to --token-file.
const tokenVariable = "HOLDFAST_CAMPAIGN_TOKEN"

// serverFlags are the flags that choose the server of campaigns, and the proof of identity for it.
type serverFlags struct {
	*console
	url, dir, serve                        string
	tokenFile, creds, ca, certificate, key string
}

func (f *serverFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.url, "server", "", "use the NATS server at `URL`, such as nats://host:4222")
	flags.StringVar(&f.dir, "dir", "", "without --server: keep campaigns in `DIRECTORY` (default: in the user's cache)")
	flags.StringVar(&f.tokenFile, "token-file", "", "read the server's token from `FILE` (default: the environment's "+tokenVariable+")")
	flags.StringVar(&f.creds, "creds", "", "read NATS credentials from `FILE`")
	flags.StringVar(&f.ca, "tls-ca", "", "accept only certificates that are signed by those in `FILE`")
	flags.StringVar(&f.certificate, "tls-cert", "", "use the certificate in `FILE`")
	flags.StringVar(&f.key, "tls-key", "", "use the certificate's private key in `FILE`")
}

// directory returns the directory of the embedded server.
func (f *serverFlags) directory() (string, error) {
	if f.dir != "" {
		return f.dir, nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w; name a directory with --dir", err)
	}
	return filepath.Join(cache, "holdfast", "campaigns"), nil
}

// connect connects to the server that the flags choose. Without --server that is an embedded server on the directory.
// If another process has one there, connect uses that one. The caller must call end.
func (f *serverFlags) connect() (client *fleet.Client, end func(), err error) {
	dial, err := f.identity()
	if err != nil {
		return nil, nil, err
	}
	dial.URL = f.url
	var server *fleet.Server
	if f.url == "" {
		if server, dial.URL, err = f.embedded(dial.Token); err != nil {
			return nil, nil, err
		}
		dial.Server = server
	}
	client, err = fleet.Dial(f.ctx, dial)
	end = func() {
		if client != nil {
			client.Close()
		}
		if server != nil {
			server.Close()
		}
	}
	if err != nil {
		end()
		return nil, nil, &fileError{err}
	}
	return client, end, nil
}

// embedded starts a server on the directory, or returns the URL of another process's server.
func (f *serverFlags) embedded(token string) (*fleet.Server, string, error) {
	dir, err := f.directory()
	if err != nil {
		return nil, "", err
	}
	o := fleet.ServerOptions{Dir: dir, Listen: f.serve, Token: token, Errors: f.warn}
	if f.serve != "" {
		if o.TLS, err = f.tlsConfig(true); err != nil {
			return nil, "", err
		}
	}
	server, err := fleet.NewServer(o)
	switch url := fleet.AddressIn(dir); {
	case errors.Is(err, fleet.ErrLocked) && url == "":
		return nil, "", &fileError{fmt.Errorf("another process runs campaigns in %s and does not listen: start it with --serve 4222, or name another --dir", dir)}
	case errors.Is(err, fleet.ErrLocked) && f.serve != "":
		return nil, "", fmt.Errorf("--serve %s: another process serves the campaigns in %s at %s", f.serve, dir, url)
	case errors.Is(err, fleet.ErrLocked):
		return nil, url, nil
	case err != nil:
		return nil, "", &fileError{err}
	}
	if f.serve != "" {
		f.warn("serving at " + server.URL())
	}
	return server, "", nil
}

// identity reads the token and the certificates.
func (f *serverFlags) identity() (o fleet.DialOptions, err error) {
	if f.url != "" {
		if f.dir != "" || f.serve != "" {
			return o, errors.New("--server: cannot be combined with --dir or --serve")
		}
		if err := fleet.CheckURL(f.url); err != nil {
			return o, fmt.Errorf("--server: %w", err)
		}
	}
	o = fleet.DialOptions{Creds: f.creds, Token: os.Getenv(tokenVariable), Now: systemTime, Reconnect: f.warn}
	if f.tokenFile != "" {
		if o.Token, err = readToken(f.tokenFile); err != nil {
			return o, err
		}
	}
	if f.serve == "" {
		o.TLS, err = f.tlsConfig(false)
	}
	return o, err
}

// readToken reads the file of --token-file.
func readToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", &fileError{err}
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", &fileError{fmt.Errorf("--token-file %s: the file is empty", file)}
	}
	return token, nil
}

// tlsConfig returns the TLS configuration of a server or a client, or nil if no flag asks for TLS.
func (f *serverFlags) tlsConfig(server bool) (*tls.Config, error) {
	if f.ca == "" && f.certificate == "" && f.key == "" {
		return nil, nil
	}
	if (f.certificate == "") != (f.key == "") {
		return nil, errors.New("--tls-cert and --tls-key: both are necessary")
	}
	if server && f.certificate == "" {
		return nil, errors.New("--serve with --tls-ca: --tls-cert and --tls-key are necessary, too")
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if f.certificate != "" {
		pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
		if err != nil {
			return nil, &fileError{err}
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if f.ca != "" {
		text, err := os.ReadFile(f.ca)
		if err != nil {
			return nil, &fileError{err}
		}
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(text) {
			return nil, &fileError{fmt.Errorf("--tls-ca %s: has no certificate in PEM form", f.ca)}
		}
		if c.RootCAs = pool; server {
			c.ClientCAs, c.ClientAuth = pool, tls.RequireAndVerifyClientCert
		}
	}
	return c, nil
}

// warn prints a line to standard error.
func (c *console) warn(text string) { fmt.Fprintln(c.err, "holdfast: "+text) }
