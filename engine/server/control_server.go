//go:build !wasm

package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// The paths of the control service.
const (
	controlService = "/holdfast.v1.Control/"
	pathApply      = controlService + "Apply"
	pathFork       = controlService + "Fork"
	pathSave       = controlService + "Save"
	pathRecord     = controlService + "Record"
	pathAccount    = controlService + "Account"
)

// maxRequest is the largest request of the control service in bytes: an Op that writes content of 16 MiB in base64.
const maxRequest = 24 << 20

// forkMessage is the request and the reply of Fork.
type forkMessage struct {
	Address string `json:"address"` // "" in a request: a socket in a temporary folder
}

// recordMessage is the request and the reply of Record.
type recordMessage struct {
	File  string `json:"file"`            // "" in a request: end the recording
	Calls int    `json:"calls,omitempty"` // at the end: the number of recorded calls
}

// accountMessage is the request of Account.
type accountMessage struct {
	ByName        bool   `json:"byName,omitempty"`
	Limit         int    `json:"limit,omitempty"`
	HoldersPerSet int    `json:"holdersPerSet,omitempty"`
	Groups        string `json:"groups,omitempty"` // a name of examine.ParseGroupBy; "" for no groups
}

// controlHandler returns the handler of the control service.
func (s *Server) controlHandler() http.Handler {
	mux := http.NewServeMux()
	for path, serve := range map[string]func(*http.Request, []byte) ([]byte, error){
		pathApply: s.serveApply,
		pathFork:  s.serveFork,
		pathSave:  s.serveSave,

		pathRecord:  s.serveRecord,
		pathAccount: s.serveAccount,
	} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
			if err != nil {
				refuse(w, http.StatusBadRequest, fmt.Errorf("read the request: %w", err))
				return
			}
			s.clock.follow()
			reply, err := serve(r, body)
			var bad badRequest
			switch {
			case errors.As(err, &bad):
				refuse(w, http.StatusBadRequest, err)
			case err != nil:
				refuse(w, http.StatusInternalServerError, err)
			default:
				_, _ = w.Write(reply)
			}
		})
	}
	return s.guarded(mux)
}

// badRequest is the error of a request that the client must change.
type badRequest struct{ error }

func refuse(w http.ResponseWriter, code int, err error) {
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()})
}

// serveApply applies an Op. Ops come one after another.
func (s *Server) serveApply(r *http.Request, body []byte) ([]byte, error) {
	o, err := op.Parse(body)
	if err != nil {
		return nil, badRequest{err}
	}
	s.applying.Lock()
	defer s.applying.Unlock()
	result := s.apply(r.Context(), o)
	switch o.Name {
	case op.ClockAdvance, op.ClockSet, op.SchedulePass:
		s.clock.moved()
	}
	return result.MarshalJSON()
}

func (s *Server) serveFork(_ *http.Request, body []byte) ([]byte, error) {
	var asked forkMessage
	if len(body) > 0 {
		if err := json.Unmarshal(body, &asked); err != nil {
			return nil, badRequest{fmt.Errorf("fork: %w", err)}
		}
	}
	f, err := s.Fork(asked.Address)
	if err != nil {
		return nil, badRequest{err}
	}
	return json.Marshal(forkMessage{f.Address()})
}

func (s *Server) serveRecord(_ *http.Request, body []byte) ([]byte, error) {
	var asked recordMessage
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, badRequest{fmt.Errorf("record: %w", err)}
	}
	s.applying.Lock()
	defer s.applying.Unlock()
	if asked.File != "" {
		if err := s.recordFile(asked.File); err != nil {
			return nil, badRequest{err}
		}
		return json.Marshal(recordMessage{File: asked.File})
	}
	ended, err := s.stopRecording()
	if err != nil {
		return nil, badRequest{err}
	}
	return json.Marshal(recordMessage{ended.file, ended.calls})
}

func (s *Server) serveAccount(_ *http.Request, body []byte) ([]byte, error) {
	var asked accountMessage
	if err := json.Unmarshal(body, &asked); err != nil {
		return nil, badRequest{fmt.Errorf("account: %w", err)}
	}
	by, known := examine.ParseGroupBy(asked.Groups)
	if !known && asked.Groups != "" {
		return nil, badRequest{fmt.Errorf("account: groups %q: must be kind, namespace, client or snapshotter", asked.Groups)}
	}
	d, err := s.node.Examine()
	if err != nil {
		return nil, err
	}
	a, err := d.Account(examine.AccountOptions{ByName: asked.ByName, Limit: max(asked.Limit, 0), HoldersPerSet: max(asked.HoldersPerSet, 0)})
	if err == nil && known {
		a.Groups, err = d.Groups(by)
	}
	if err != nil {
		return nil, err
	}
	return json.Marshal(a)
}

func (s *Server) serveSave(*http.Request, []byte) ([]byte, error) {
	var file bytes.Buffer
	err := s.node.KV().View(func(tx *memkv.Tx) error {
		_, err := boltfile.Write(&file, tx)
		return err
	})
	return file.Bytes(), err
}
