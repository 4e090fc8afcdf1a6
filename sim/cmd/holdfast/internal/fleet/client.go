package fleet

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

const (
	tasksStream     = "HOLDFAST_TASKS"
	manifestsBucket = "holdfast_campaigns"
)

// The limits of the streams. What they hold beyond the age is removed by the server.
const (
	maxPayload     = 1 << 20   // of a message; the default of NATS servers
	maxInline      = 512 << 10 // of a result in a message; larger ones are objects
	tasksBytes     = 256 << 20
	tasksAge       = 30 * 24 * time.Hour
	manifestsBytes = 64 << 20
	campaignBytes  = 2 << 30 // for each of a campaign's results and objects
	campaignAge    = 90 * 24 * time.Hour
)

// DialOptions say how to reach a server.
type DialOptions struct {
	URL       string      // of a server on the network, without secrets; ignored if Server is set
	Server    *Server     // in this process
	Token     string      // "" for none
	Creds     string      // a file with NATS credentials; "" for none
	TLS       *tls.Config // nil for plain connections, unless the URL says otherwise
	Now       func() time.Time
	Reconnect func(string) // unless nil, is told when the connection is lost and when it is back
}

// A Client is a connection to a server. It reconnects by itself. It is safe for concurrent use.
type Client struct {
	conn   *nats.Conn
	js     jetstream.JetStream
	now    func() time.Time
	server *Server // in this process, or nil
}

// Dial connects to a server and makes the queue of tasks if it does not exist. The caller must close the client.
func Dial(ctx context.Context, o DialOptions) (*Client, error) {
	tell := func(format string, args ...any) {
		if o.Reconnect != nil {
			o.Reconnect(fmt.Sprintf(format, args...))
		}
	}
	options := []nats.Option{
		nats.Name("holdfast"), nats.MaxReconnects(-1), nats.ReconnectWait(500 * time.Millisecond), nats.Timeout(10 * time.Second),
		nats.PingInterval(10 * time.Second),
		nats.DisconnectErrHandler(func(_ *nats.Conn, err error) {
			if err != nil {
				tell("the connection is lost (%v); trying again", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { tell("connected again") }),
		nats.ErrorHandler(func(*nats.Conn, *nats.Subscription, error) {}), // calls return their errors
	}
	where := o.URL
	if o.Server != nil {
		where = "in process"
		options = append(options, nats.InProcessServer(o.Server.server), nats.Token(o.Server.token))
	} else {
		if err := CheckURL(o.URL); err != nil {
			return nil, err
		}
		if o.Token != "" {
			options = append(options, nats.Token(o.Token))
		}
		if o.Creds != "" {
			options = append(options, nats.UserCredentials(o.Creds))
		}
		if o.TLS != nil {
			options = append(options, nats.Secure(o.TLS))
		}
	}
	conn, err := nats.Connect(o.URL, options...)
	if errors.Is(err, nats.ErrAuthorization) {
		return nil, fmt.Errorf("%s refuses the connection: the token or the credentials are missing or wrong", where)
	}
	if err != nil {
		return nil, fmt.Errorf("no connection to %s: %w", where, err)
	}
	c := &Client{conn: conn, now: o.Now, server: o.Server}
	if c.js, err = jetstream.New(conn); err == nil {
		err = c.prepare(ctx)
	}
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("%s: %w", where, err)
	}
	return c, nil
}

// prepare makes the queue and the bucket of manifests.
func (c *Client) prepare(ctx context.Context) error {
	_, err := c.js.CreateStream(ctx, jetstream.StreamConfig{
		Name: tasksStream, Description: "tasks of holdfast campaign", Subjects: []string{"holdfast.task.>"},
		Retention: jetstream.WorkQueuePolicy, Discard: jetstream.DiscardOld, Storage: jetstream.FileStorage,
		MaxMsgsPerSubject: 1, MaxBytes: tasksBytes, MaxAge: tasksAge,
	})
	if err != nil && !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
		return fmt.Errorf("JetStream: %w", err)
	}
	_, err = c.js.CreateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: manifestsBucket, Description: "holdfast campaigns", MaxBytes: manifestsBytes,
	})
	if err != nil && !errors.Is(err, jetstream.ErrBucketExists) {
		return fmt.Errorf("JetStream: %w", err)
	}
	return nil
}

// broken returns an error if the server is in this process and has to be started again.
func (c *Client) broken() error {
	if c.server == nil {
		return nil
	}
	return c.server.Err()
}

// Close closes the connection.
func (c *Client) Close() { c.conn.Close() }

// ErrAway means that the server is away for longer than the caller wants to wait.
var ErrAway = errors.New("the connection to the server is lost")

// Bound returns a context for calls that shall not wait for a server that is away: it ends with ctx, and with the cause
// ErrAway once the connection has been lost for longer than a limit. The caller must call cancel.
func (c *Client) Bound(ctx context.Context, limit time.Duration) (bound context.Context, cancel func()) {
	bound, end := context.WithCancelCause(ctx)
	go func() {
		for lost := time.Duration(0); lost <= limit && bound.Err() == nil; lost += limit / 20 {
			if pause(bound, limit/20); c.conn.IsConnected() {
				lost = 0
			}
		}
		end(ErrAway) // no effect after another end
	}()
	return bound, func() { end(context.Canceled) }
}

func (c *Client) manifests(ctx context.Context) (jetstream.KeyValue, error) {
	return c.js.KeyValue(ctx, manifestsBucket)
}

// List returns the manifests of all campaigns on the server, the oldest first.
func (c *Client) List(ctx context.Context) (list []Manifest, err error) {
	bucket, err := c.manifests(ctx)
	if err != nil {
		return nil, err
	}
	names, err := bucket.Keys(ctx)
	if err != nil && !errors.Is(err, jetstream.ErrNoKeysFound) {
		return nil, err
	}
	for _, name := range names {
		m, err := c.manifest(ctx, name)
		if errors.Is(err, ErrNoCampaign) {
			continue
		}
		if err != nil {
			return nil, err
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Manifest) int {
		if order := a.Created.Compare(b.Created); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
	return list, nil
}

// ErrNoCampaign is returned for a name that no campaign has.
var ErrNoCampaign = errors.New("no such campaign")

func (c *Client) manifest(ctx context.Context, name string) (m Manifest, err error) {
	bucket, err := c.manifests(ctx)
	if err != nil {
		return m, err
	}
	entry, err := bucket.Get(ctx, name)
	if errors.Is(err, jetstream.ErrKeyNotFound) || errors.Is(err, jetstream.ErrInvalidKey) {
		return m, fmt.Errorf("%s: %w", name, ErrNoCampaign)
	}
	if err == nil {
		err = json.Unmarshal(entry.Value(), &m)
	}
	return m, err
}

// Find returns the campaign with a name that begins with the prefix. An empty prefix finds the newest campaign.
func (c *Client) Find(ctx context.Context, prefix string) (*Campaign, error) {
	list, err := c.List(ctx)
	if err != nil {
		return nil, err
	}
	var found []Manifest
	for _, m := range list {
		if strings.HasPrefix(m.Name, prefix) {
			found = append(found, m)
		}
	}
	switch {
	case len(found) == 0 && prefix == "":
		return nil, errors.New("there are no campaigns")
	case len(found) == 0:
		return nil, fmt.Errorf("%s: %w", prefix, ErrNoCampaign)
	case len(found) > 1 && prefix != "":
		return nil, fmt.Errorf("%s: matches %d campaigns, %s and %s among them; give more of the name", prefix, len(found), found[0].Name, found[1].Name)
	}
	return c.open(ctx, found[len(found)-1])
}
