package abi

import (
	"encoding/json"
	"time"

	"github.com/holdfast-gc/holdfast/engine/op"
)

// A Verb names an operation of the module.
type Verb string

// The verbs. ABI.md specifies them.
const (
	VerbAbout    Verb = "about"
	VerbNew      Verb = "new"
	VerbOpen     Verb = "open"
	VerbFork     Verb = "fork"
	VerbClose    Verb = "close"
	VerbApply    Verb = "apply"
	VerbPlan     Verb = "plan"
	VerbWhy      Verb = "why"
	VerbTop      Verb = "top"
	VerbAccount  Verb = "account"
	VerbFsck     Verb = "fsck"
	VerbInspect  Verb = "inspect"
	VerbDiff     Verb = "diff"
	VerbCollect  Verb = "collect"
	VerbHash     Verb = "hash"
	VerbDump     Verb = "dump"
	VerbSave     Verb = "save"
	VerbRead     Verb = "read"
	VerbView     Verb = "view"
	VerbCheck    Verb = "check"
	VerbGC       Verb = "gc"
	VerbObjects  Verb = "objects"
	VerbSalvage  Verb = "salvage"
	VerbSimulate Verb = "simulate"
	VerbCompare  Verb = "compare"
	VerbStep     Verb = "step"
	VerbStop     Verb = "stop"
)

// A Request is the header of a request.
type Request struct {
	Verb Verb            `json:"verb"`
	Node uint32          `json:"node,omitempty"` // handle of the node or file; 0 for none
	Args json.RawMessage `json:"args,omitempty"` // an object; empty for the defaults
}

// A Response is the header of a response. The type of the value depends on the verb.
type Response[Value any] struct {
	Code   op.Code `json:"code"`
	Value  Value   `json:"value,omitempty"`
	Error  string  `json:"error,omitempty"`  // empty if and only if Code is op.OK
	Reason Reason  `json:"reason,omitempty"` // set only if a database file cannot be opened
}

// A Reason says why a database file cannot be opened. Hosts choose their advice to the user by it.
type Reason string

// The reasons. An error without any of these reasons has an empty Reason.
const (
	NotBolt    Reason = "not_bolt"    // the file is not a bolt database
	Foreign    Reason = "foreign"     // the file is a bolt database, but not containerd's
	Truncated  Reason = "truncated"   // the file ends too early
	BadGzip    Reason = "bad_gzip"    // the compressed data is invalid
	TooLarge   Reason = "too_large"   // the file unpacks to more bytes than allowed
	Damaged    Reason = "damaged"     // a page of the file is invalid
	BadVersion Reason = "bad_version" // the file has an unknown version of the bolt format
	NoDatabase Reason = "no_database" // the archive has no metadata database at a known path
)

// Arguments of verbs.
type (
	// Plan are the arguments of "plan"; see examine.PlanOptions. The plan assumes that the objects that Deleted names
	// are deleted (hypothetical). Until requests the expiries up to that time, Others the differences of the plans of
	// other versions of containerd, each of which takes as long as the plan.
	Plan struct {
		Deleted []string   `json:"deleted,omitempty"`
		Until   *time.Time `json:"until,omitempty"`
		Others  bool       `json:"others,omitempty"`
	}
	// Examination are the arguments of "view", and a part of those of "read" and "check". At is the time of the
	// collection and is required. Containerd is the version of containerd to apply; "" selects the newest version that
	// writes the file's schema.
	Examination struct {
		At         *time.Time `json:"at"`
		Containerd string     `json:"containerd,omitempty"`
	}
	// Read are the arguments of "read". With Salvage, a damaged database is read as far as possible, and every answer
	// is about the rest: see examine.Options.Lost.
	Read struct {
		Examination
		Salvage bool `json:"salvage,omitempty"`
	}
	// Check are the arguments of "check"; see examine.FsckOptions. With Job, the check is a job.
	Check struct {
		Examination
		Verify bool `json:"verify,omitempty"`
		Job    bool `json:"job,omitempty"`
	}
	// Why are the arguments of "why". Node names a node of the graph.
	Why struct {
		Node  string `json:"node"`
		Limit int    `json:"limit,omitempty"`
	}
	// Top are the arguments of "top".
	Top struct {
		Limit int `json:"limit,omitempty"`
	}
	// Account are the arguments of "account"; see examine.AccountOptions. 0 stands for no limit.
	Account struct {
		ByName        bool `json:"byName,omitempty"`
		Limit         int  `json:"limit,omitempty"`
		HoldersPerSet int  `json:"holdersPerSet,omitempty"`
	}
	// Inspect are the arguments of "inspect".
	Inspect struct {
		Path string `json:"path,omitempty"`
	}
	// Diff are the arguments of "diff". With is the handle of the newer node or file.
	Diff struct {
		With uint32 `json:"with"`
	}
	// Simulate are the arguments of "simulate"; see sim.Config. Body selects the output of each step.
	Simulate struct {
		Seed         uint64         `json:"seed,string,omitempty"`
		Ops          int            `json:"ops,omitempty"`
		Profile      string         `json:"profile,omitempty"`
		CollectEvery int            `json:"collect_every,omitempty"`
		Schedule     string         `json:"schedule,omitempty"`
		Faults       map[string]int `json:"faults,omitempty"`
		FaultEvery   int            `json:"fault_every,omitempty"`
		Body         Output         `json:"body,omitempty"`
	}
	// Step are the arguments of "step". 0 units are 1.
	Step struct {
		Job   uint32 `json:"job"`
		Units int    `json:"units,omitempty"`
	}
	// None are the arguments of a verb without arguments.
	None struct{}
)

// An Output selects the lines that the steps of a simulation return in their bodies.
type Output string

// The outputs of a simulation.
const (
	NoOutput Output = ""
	Hashes   Output = "hashes" // the hash of the node after each Op
	Trace    Output = "trace"  // the setup and the Ops, as a trace
)

// A CheckPhase is a part of the work of a check.
type CheckPhase string

// The phases of a check, in order.
const (
	OpenPhase    CheckPhase = "open"    // open the archive and the databases of its snapshotters
	PagesPhase   CheckPhase = "pages"   // check the pages of the file
	ReadPhase    CheckPhase = "read"    // read the database, as far as it is readable
	RecordsPhase CheckPhase = "records" // check the records, the references and the images
)

// Values of responses.
type (
	// Handle identifies an open node or file.
	Handle struct {
		Node uint32 `json:"node"`
	}
	// Collection is the result of "collect": the durations of the phases in nanoseconds of the node's clock, and the
	// removed nodes of the graph.
	Collection struct {
		Metadata  time.Duration            `json:"metadata"`
		Content   time.Duration            `json:"content"`
		Snapshots map[string]time.Duration `json:"snapshots,omitempty"`
		Removed   []string                 `json:"removed"`
	}
	// Job identifies a running job.
	Job struct {
		Job uint32 `json:"job"`
	}
	// StepResult is the result of "step". The types of Progress and Result depend on the job.
	StepResult struct {
		Done     bool `json:"done"`
		Did      int  `json:"did"` // units done, of Of
		Of       int  `json:"of"`
		Progress any  `json:"progress"`
		Result   any  `json:"result,omitempty"` // nil until Done
	}
	// CheckProgress is the progress of a check: the next phase, "" after the last one.
	CheckProgress struct {
		Phase CheckPhase `json:"phase"`
	}
	// About is the result of "about": the versions, verbs and kinds of Ops that the module supports.
	About struct {
		ABI   int       `json:"abi"`
		Ops   int       `json:"ops"` // version of the JSON of Ops
		Verbs []Verb    `json:"verbs"`
		Kinds []op.Name `json:"kinds"` // names of Ops
	}
)
