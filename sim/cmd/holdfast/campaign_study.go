package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// studyParams are the parameters of a campaign of comparisons.
type studyParams struct {
	Study   compare.Study `json:"study"`
	Command string        `json:"command"`         // the command line of compare that reproduces the result
	Trace   *inputFile    `json:"trace,omitempty"` // the load, instead of a profile
	From    []inputFile   `json:"from,omitempty"`  // the databases with the initial states
}

// An inputFile is a file that workers get from the server, as the input of its digest.
type inputFile struct {
	Name   string `json:"name"` // for the result
	Digest string `json:"digest"`
}

// nodeTask is the kind of a study's tasks: the nodes from First on.
const nodeTask = "nodes"

// A studyJob runs each node of a study as a task.
type studyJob struct {
	*console
	params  studyParams
	running *compare.Running
	next    int // the first node that is not planned
	done    int
	seconds float64
	stopped bool
}

func newStudyJob(c *console, params []byte, input func(string) ([]byte, error)) (campaignJob, error) {
	j := &studyJob{console: c}
	if err := json.Unmarshal(params, &j.params); err != nil {
		return nil, err
	}
	s := j.params.Study
	if f := j.params.Trace; f != nil {
		data, err := input(f.Digest)
		if err == nil {
			s.Load, err = compare.ReadTrace(bytes.NewReader(data), f.Name)
		}
		if err != nil {
			return nil, &fileError{fmt.Errorf("%s: %w", f.Name, err)}
		}
	}
	var fleet []compare.Origin
	for _, f := range j.params.From {
		var node *engine.Engine
		data, err := input(f.Digest)
		if err == nil {
			node, err = engine.ReadBytes(data, engine.WithoutSchedule())
		}
		if err != nil {
			return nil, &fileError{fmt.Errorf("%s: %w", f.Name, err)}
		}
		fleet = append(fleet, compare.Origin{Engine: node, Name: f.Name})
	}
	setFleet(&s, fleet)
	var err error
	j.running, err = compare.Begin(s)
	return j, err
}

// Run simulates one node.
func (j *studyJob) Run(t fleet.Task, stop func() bool) ([]byte, error) {
	results, err := j.running.RunNode(int(t.First), stop)
	if errors.Is(err, compare.ErrStopped) {
		err = fleet.ErrStopped
	}
	return results, err
}

// Plan plans further nodes.
func (j *studyJob) Plan(p fleet.Pace) (tasks []fleet.Task) {
	for len(tasks) < p.Room && j.next < j.running.Nodes() && !j.stopped {
		tasks = append(tasks, fleet.Task{Kind: nodeTask, First: uint64(j.next), Count: 1})
		j.next++
	}
	return tasks
}

// Planned records a task of an earlier coordinator.
func (j *studyJob) Planned(t fleet.Task) { j.next = max(j.next, int(t.First)+t.Count) }

// Add sets the results of a node.
func (j *studyJob) Add(t fleet.Task, r fleet.Result) error {
	j.done++
	j.seconds += r.Seconds
	return j.running.SetNode(int(t.First), r.Data)
}

func (j *studyJob) stop() { j.stopped = true }

func (j *studyJob) progress() jobProgress {
	return jobProgress{
		Done: j.done, Total: j.running.Nodes(), Unit: "nodes", PerUnit: j.seconds / float64(max(j.done, 1)),
		Text: fmt.Sprintf("%s of %s", plural(j.done, "node", "nodes"), humanCount(j.running.Nodes())),
	}
}

// studyCampaignAnswer is the JSON answer of a campaign of comparisons. Its first part is that of "holdfast compare
// --json".
type studyCampaignAnswer struct {
	compareAnswer
	Campaign campaignInfo `json:"campaign"`
}

func (j *studyJob) show(o showOptions) error {
	if j.done == j.running.Nodes() { // larger disks, if requests failed under every policy
		if err := j.running.Run(1, nil, nil); err != nil {
			return err
		}
	}
	r := j.running.Result()
	v := &comparison{console: j.console, report: o.report, told: j.params.Command}
	if err := v.writeFiles(r); err != nil {
		return err
	}
	if o.asJSON {
		if err := j.printJSON(studyCampaignAnswer{compareAnswer{compareVersion, r}, newCampaignInfo(o, j.progress())}); err != nil {
			return err
		}
	} else {
		if j.done < j.running.Nodes() {
			j.line(yellow, "The figures are those of %s.", j.progress().Text)
		}
		if j.done > 0 {
			v.print(r)
		}
		j.printSetAside(o.progress.Failures, func(fleet.Task) string { return j.params.Command })
	}
	if len(o.progress.Failures) > 0 {
		return errFindings
	}
	return nil
}

func startStudyVerb(c *console) *cobra.Command {
	s := &campaignStart{serverFlags: serverFlags{console: c}}
	v := &comparison{console: c}
	cmd := &cobra.Command{
		Use:   "study [POLICY...]",
		Short: "Compare policies on many nodes",
		Long: `Study runs the comparison of "holdfast compare" with the same arguments as a campaign: each node is a task.
The merged result is that of compare, byte for byte. Workers on other machines get the trace or the databases
of --from from the server.`,
		Example: `  holdfast campaign start study --days 30 --seeds 5000 --serve 4222
  holdfast campaign start study kubelet kubelet:maxage=7d lru --from meta.db --report study.html
  holdfast campaign start study --from nodes/ --seeds 500 --serve 4222`,
		ValidArgsFunction: completePolicy,
		RunE: func(_ *cobra.Command, args []string) error {
			v.addArgs(args)
			if err := v.checkFiles(); err != nil {
				return err
			}
			params, inputs, err := v.campaignParams()
			if err != nil {
				return err
			}
			s.workers, s.report, s.asJSON = v.workers, v.report, v.asJSON
			if err := s.validate(); err != nil {
				return err
			}
			return s.run("study", params, inputs)
		},
	}
	v.flags(cmd)
	s.flags(cmd)
	return cmd
}

// campaignParams returns the parameters and the input files of a campaign that is equal to the comparison.
func (v *comparison) campaignParams() (params []byte, inputs map[string][]byte, err error) {
	if v.csv != "" || v.svg != "" {
		return nil, nil, errors.New("--csv and --svg: use holdfast compare, or the report of the campaign")
	}
	p := studyParams{}
	inputs = map[string][]byte{}
	read := func(path, name string) (*inputFile, error) {
		in, err := v.openText(path)
		if err != nil {
			return nil, err
		}
		defer in.Close()
		data, err := io.ReadAll(in)
		if err != nil {
			return nil, &fileError{fmt.Errorf("%s: %w", path, err)}
		}
		if path == stdinName {
			v.in = bytes.NewReader(data) // prepare reads it, too
		}
		sum := sha256.Sum256(data)
		file := &inputFile{name, hex.EncodeToString(sum[:])}
		inputs[file.Digest] = data
		return file, nil
	}
	if v.trace != "" {
		if p.Trace, err = read(v.trace, baseName(v.trace)); err != nil {
			return nil, nil, err
		}
	}
	files, err := v.fleetFiles()
	if err != nil {
		return nil, nil, err
	}
	for _, f := range files {
		file, err := read(f.path, f.name)
		if err != nil {
			return nil, nil, err
		}
		p.From = append(p.From, *file)
	}
	if err := v.prepare(); err != nil {
		return nil, nil, err
	}
	p.Study = v.study
	report := v.report
	v.report = ""
	p.Command = v.command()
	v.report = report
	params, err = json.Marshal(p)
	return params, inputs, err
}
