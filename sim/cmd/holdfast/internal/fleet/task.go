package fleet

import (
	"errors"
	"fmt"
	"time"
)

// A Task is a part of a campaign: for example the seeds from First on, Count of them. It is comparable.
type Task struct {
	Kind  string `json:"kind"` // letters only
	First uint64 `json:"first"`
	Count int    `json:"count"`

	// Settings are further parameters, in a form that the job defines. They depend on the campaign's parameters and the
	// other fields alone.
	Settings string `json:"settings,omitempty"`
}

// Key returns the name of the task, unique within its campaign. Settings are not a part of it.
func (t Task) Key() string { return fmt.Sprintf("%s-%d-%d", t.Kind, t.First, t.Count) }

// A Result is the stored result of a task.
type Result struct {
	Seconds float64 `json:"seconds"` // that the task took
	Worker  string  `json:"worker"`
	Error   string  `json:"error,omitempty"` // the task failed, panicked or was set aside
	Data    []byte  `json:"data,omitempty"`
	Object  string  `json:"object,omitempty"` // the name of the object that has Data; "" if Data is here
}

// A Job divides a campaign into tasks and merges their results. Run may be called by several goroutines at once and
// must depend only on the job's parameters and the task. The other methods are called by one goroutine, on a job of
// its own, the coordinator's.
type Job interface {
	// Run runs a task. It returns ErrStopped soon after stop returns true. Another error is final.
	Run(t Task, stop func() bool) ([]byte, error)
	// Plan returns tasks that were not planned before, at most p.Room of them. It may return none while results are
	// missing. The campaign is over if it returns none when all results are there.
	Plan(p Pace) []Task
	// Planned records a task that an earlier coordinator planned. It is not called for results of Plan.
	Planned(t Task)
	// Add merges the result of a planned task. It is called once per task without an error, in any order.
	Add(t Task, r Result) error
}

// Pace describes the workers, so that a job can choose the number and the sizes of tasks.
type Pace struct {
	Room    int // number of tasks that are needed to keep the workers busy
	Open    int // number of planned tasks that are not finished
	Workers int // an estimate of their number, at least 1
}

// ErrStopped is returned by [Job.Run] if it was stopped.
var ErrStopped = errors.New("stopped")

// A Manifest describes a campaign.
type Manifest struct {
	Name    string    `json:"name"` // see Name
	Kind    string    `json:"kind"` // selects the job
	Build   string    `json:"build"`
	Version string    `json:"version"` // of the build, for people
	Params  []byte    `json:"params"`  // of the job, in the form that its kind defines
	Created time.Time `json:"created"`
	Done    bool      `json:"done"` // all tasks have results
}

// A Failure is a task without a proper result.
type Failure struct {
	Task
	Error string
}
