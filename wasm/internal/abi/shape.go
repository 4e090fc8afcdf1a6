package abi

import (
	"encoding/json"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
)

// Version is the version of all that this package says. It grows when a host that was written for the last one would no
// longer work; verbs and fields may be added at any time.
const Version = 1

// Bounds of what a module takes and gives.
const (
	AllocMax  = 256 << 20 // bytes of one buffer, and so of a call
	HeldMax   = 512 << 20 // bytes of all buffers that a host has not freed
	AnswerMax = 256 << 20 // bytes of an answer
	HeaderMax = 1 << 20   // bytes of the header of a call
	NodesMax  = 1024      // nodes that are open at once
	JobsMax   = 16        // jobs that are there at once
	UnitsMax  = 1_000_000 // units of a step of a job
	OpsMax    = 1_000_000 // of a simulation
	WeightMax = 1_000_000 // of a fault of a simulation
)

// A Request is the header of a call.
type Request struct {
	Verb string          `json:"verb"`
	Node uint32          `json:"node,omitempty"` // the handle of the node that is asked; 0 is none
	Args json.RawMessage `json:"args,omitempty"` // an object, or nothing for the verb's defaults
}

// An Answer is the header of what comes back. The module writes any value; a host reads it when it knows what it asked.
type Answer[Value any] struct {
	Code  engine.Code `json:"code"`
	Value Value       `json:"value,omitempty"`
	Error string      `json:"error,omitempty"` // unless the code is engine.OK
}

// Arguments of verbs.
type (
	// Plan asks what a collection would remove if those nodes of the graph were deleted first.
	Plan struct {
		Deleted []string `json:"deleted,omitempty"`
	}
	// Examination says how a file is to be examined. At is the time of the collection, and must be given; Containerd is the
	// version whose rules count, "" for the newest that writes databases of the file's schema.
	Examination struct {
		At         *time.Time `json:"at"`
		Containerd string     `json:"containerd,omitempty"`
	}
	// Why asks what keeps a node of the graph.
	Why struct {
		Node  string `json:"node"`
		Limit int    `json:"limit,omitempty"`
	}
	// Top asks who holds the most bytes.
	Top struct {
		Limit int `json:"limit,omitempty"`
	}
	// Inspect asks what is stored.
	Inspect struct {
		Path string `json:"path,omitempty"`
	}
	// Diff asks what is different about another node.
	Diff struct {
		With uint32 `json:"with"`
	}
	// Simulate says what a run is to be: see sim.Config. Body is what its steps put out: "hashes", "trace" or "".
	Simulate struct {
		Seed         uint64         `json:"seed,string,omitempty"`
		Ops          int            `json:"ops,omitempty"`
		Profile      string         `json:"profile,omitempty"`
		CollectEvery int            `json:"collect_every,omitempty"`
		Schedule     string         `json:"schedule,omitempty"`
		Faults       map[string]int `json:"faults,omitempty"`
		FaultEvery   int            `json:"fault_every,omitempty"`
		Body         string         `json:"body,omitempty"`
	}
	// Step advances a job.
	Step struct {
		Job   uint32 `json:"job"`
		Units int    `json:"units,omitempty"` // 0 is 1
	}
	// None are no arguments.
	None struct{}
)

// Values of answers.
type (
	// Handle names a node from now on.
	Handle struct {
		Node uint32 `json:"node"`
	}
	// Collection is what a collection did: how long its phases took, in nanoseconds of the node's own time, and which
	// nodes of the graph are gone from the database.
	Collection struct {
		Metadata  time.Duration            `json:"metadata"`
		Content   time.Duration            `json:"content"`
		Snapshots map[string]time.Duration `json:"snapshots,omitempty"`
		Removed   []string                 `json:"removed"`
	}
	// Job names a job from now on.
	Job struct {
		Job uint32 `json:"job"`
	}
	// Stepped is how far a job is. The module writes any progress and result; a host reads them when it knows the job.
	Stepped struct {
		Done     bool `json:"done"`
		Did      int  `json:"did"`
		Of       int  `json:"of"`
		Progress any  `json:"progress"`
		Result   any  `json:"result,omitempty"` // once it is done
	}
	// About says what the module understands.
	About struct {
		ABI   int      `json:"abi"`
		Ops   int      `json:"ops"` // the version of the form of Ops
		Verbs []string `json:"verbs"`
		Kinds []string `json:"kinds"` // the names of all kinds of Ops
	}
)
