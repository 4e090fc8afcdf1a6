//go:build !wasm

package server

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"reflect"
	"strings"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/internal/wire"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// A Control is a client of the control service of a server. It is safe for concurrent use.
type Control struct {
	// Token is the token of the server, which a server at a TCP address requires: see [WithToken]. It must not change
	// during a call.
	Token string

	address string
	http    http.Client
}

// NewControl returns a client for the address of a server, in the forms of [Listen]. It connects at the first call.
func NewControl(address string) *Control {
	c := &Control{address: address}
	c.http.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		if host, ok := strings.CutPrefix(address, "tcp://"); ok {
			return d.DialContext(ctx, "tcp", host)
		}
		return d.DialContext(ctx, "unix", strings.TrimPrefix(address, "unix://"))
	}}
	return c
}

// target returns an address in the form of gRPC.
func target(address string) string {
	if host, ok := strings.CutPrefix(address, "tcp://"); ok {
		return "passthrough:///" + host
	}
	return "unix://" + strings.TrimPrefix(address, "unix://")
}

// A Result is the outcome of an Op, as [engine.Result], with its value as JSON.
type Result struct {
	Code  op.Code         `json:"code"`
	Value json.RawMessage `json:"value"` // nil if the Op returned none
	Error string          `json:"error"` // "" if the Op did not fail
}

// Decode decodes the value of a result into the variable that a pointer points to, of the type of the Op's row: see
// [op.Row].
func (r Result) Decode(into any) error {
	answer := reflect.TypeOf(into).Elem().PkgPath() == reflect.TypeFor[examine.Plan]().PkgPath()
	if answer || !bytes.HasPrefix(r.Value, []byte("{")) {
		return json.Unmarshal(r.Value, into)
	}
	object, err := wire.Parse(r.Value)
	if err != nil {
		return err
	}
	return wire.Decode(object, into)
}

// Apply applies an Op to the node. The returned error is about the request; the result has the error of the Op.
func (c *Control) Apply(ctx context.Context, o engine.Op) (r Result, err error) {
	request, err := o.MarshalJSON()
	if err != nil {
		return r, fmt.Errorf("control: %w", err)
	}
	reply, err := c.post(ctx, pathApply, request)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(reply, &r); err != nil {
		return r, fmt.Errorf("control: reply to %s: %w", o.Name, err)
	}
	return r, nil
}

// Fork starts a server of a fork of the node, and returns its address. The address is that of [Listen], on the machine
// of the server.
func (c *Control) Fork(ctx context.Context, address string) (string, error) {
	var fork forkMessage
	return fork.Address, c.ask(ctx, pathFork, forkMessage{address}, &fork)
}

// Save returns the database of the node as the bytes of a meta.db.
func (c *Control) Save(ctx context.Context) ([]byte, error) { return c.post(ctx, pathSave, nil) }

// Record begins a trace in a new file: see [Server.Record]. The path is absolute, on the machine of the server.
func (c *Control) Record(ctx context.Context, file string) error {
	if file == "" {
		return errors.New("control: a recording must have a file")
	}
	_, err := c.record(ctx, recordMessage{File: file})
	return err
}

// StopRecording ends a trace, and returns its file and its number of calls. The file is "" if the server was started
// with the recording.
func (c *Control) StopRecording(ctx context.Context) (file string, calls int, err error) {
	ended, err := c.record(ctx, recordMessage{})
	return ended.File, ended.Calls, err
}

func (c *Control) record(ctx context.Context, asked recordMessage) (ended recordMessage, err error) {
	return ended, c.ask(ctx, pathRecord, asked, &ended)
}

// Account attributes all bytes of the node to holders: see [examine.Database.Account]. If groups is not empty, the
// result also has the groups of [examine.ParseGroupBy].
func (c *Control) Account(ctx context.Context, o examine.AccountOptions, groups string) (*examine.Accounting, error) {
	a := &examine.Accounting{}
	return a, c.ask(ctx, pathAccount, accountMessage{o.ByName, o.Limit, o.HoldersPerSet, groups}, a)
}

// ask makes a request with JSON in both directions.
func (c *Control) ask(ctx context.Context, path string, request, reply any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return fmt.Errorf("control: %w", err)
	}
	answer, err := c.post(ctx, path, body)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(answer, reply); err != nil {
		return fmt.Errorf("control: reply to %s: %w", strings.TrimPrefix(path, controlService), err)
	}
	return nil
}

// post makes a request of the control service.
func (c *Control) post(ctx context.Context, path string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost"+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("control: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fmt.Errorf("control: no server at %s: %w", c.address, err)
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("control: %s: %w", c.address, err)
	}
	if response.StatusCode != http.StatusOK {
		var refused struct{ Error string }
		if json.Unmarshal(reply, &refused) != nil || refused.Error == "" {
			refused.Error = fmt.Sprintf("%s: %s", response.Status, bytes.TrimSpace(reply))
		}
		return nil, fmt.Errorf("control: %s", refused.Error)
	}
	return reply, nil
}
