package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
)

// writeCertificates writes the certificate of an authority, and a certificate with its key that the authority signed,
// for a server on the loopback or a client.
func writeCertificates(t *testing.T) (authority, certificate, key string) {
	t.Helper()
	make := func(name string, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, string) {
		own, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		c := &x509.Certificate{
			SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour),
			IsCA: parent == nil, BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		}
		if parent == nil {
			parent, signer = c, own
		}
		der, err := x509.CreateCertificate(rand.Reader, c, parent, own.Public(), signer)
		if err != nil {
			t.Fatal(err)
		}
		return c, own, writePEM(t, name+".pem", "CERTIFICATE", der)
	}
	parent, signer, authority := make("authority", nil, nil)
	_, own, certificate := make("holdfast", parent, signer)
	der, err := x509.MarshalECPrivateKey(own)
	if err != nil {
		t.Fatal(err)
	}
	return authority, certificate, writePEM(t, "holdfast.key", "EC PRIVATE KEY", der)
}

func writePEM(t *testing.T, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCampaignTLS serves with TLS. Clients without the authority, or without the certificate that it requires, are
// refused.
func TestCampaignTLS(t *testing.T) {
	authority, certificate, key := writeCertificates(t)
	for _, mutual := range []bool{false, true} {
		ctrlC := newInterrupt(func(int) { t.Error("the process would end") })
		defer ctrlC.stop()
		c := &console{ctx: ctrlC.ctx, ctrlC: ctrlC, err: &bytes.Buffer{}}
		server := serverFlags{console: c, dir: t.TempDir(), serve: "0", certificate: certificate, key: key}
		if mutual {
			server.ca = authority
		}
		_, end, err := server.connect()
		if err != nil {
			t.Fatal(err)
		}
		defer end()
		url := fleet.AddressIn(server.dir)
		for _, client := range []struct {
			name  string
			flags serverFlags
			works bool
		}{
			{"no authority", serverFlags{}, false},
			{"authority", serverFlags{ca: authority}, !mutual},
			{"authority and certificate", serverFlags{ca: authority, certificate: certificate, key: key}, true},
		} {
			t.Run(map[bool]string{false: "server only, ", true: "mutual, "}[mutual]+client.name, func(t *testing.T) {
				client.flags.console, client.flags.url = c, url
				_, end, err := client.flags.connect()
				if (err == nil) != client.works {
					t.Errorf("got %v", err)
				}
				if err == nil {
					end()
				}
			})
		}
	}
}
