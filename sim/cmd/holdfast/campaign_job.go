package main

import (
	"errors"
	"fmt"

	"github.com/holdfast-gc/holdfast/sim/cmd/holdfast/internal/fleet"
)

// A campaignJob is a job that can show its merged results.
type campaignJob interface {
	fleet.Job
	// progress returns the merged results in numbers.
	progress() jobProgress
	// show prints the merged results so far. It returns errFindings if there are failures.
	show(o showOptions) error
	// stop makes Plan plan no more work, apart from work on results that are there.
	stop()
}

// A jobProgress is how far a campaign has come, in units of its kind.
type jobProgress struct {
	Done     int     `json:"done"`     // units
	Total    int     `json:"total"`    // units; 0 if the campaign has no end
	Unit     string  `json:"unit"`     // for example "seeds"
	Text     string  `json:"text"`     // the same for people, with more numbers
	Failures int     `json:"failures"` // failed units
	PerUnit  float64 `json:"-"`        // seconds of one worker for one unit; 0 if unknown
}

// showOptions say how to show results.
type showOptions struct {
	manifest fleet.Manifest
	progress fleet.Progress
	done     bool   // the campaign is over
	asJSON   bool   // else text
	output   string // the directory for traces; "" for none
	report   string // the file of the HTML report; "" for none
}

// campaignInfo is the part of JSON answers that describes the campaign.
type campaignInfo struct {
	Name     string       `json:"name"`
	Kind     string       `json:"kind"`
	Version  string       `json:"version"`
	Complete bool         `json:"complete"`
	Tasks    int          `json:"tasks"`
	Finished int          `json:"finished"`
	SetAside []failedTask `json:"set_aside"` // tasks without results
	jobProgress
}

// A failedTask is a task that failed, or crashed its workers.
type failedTask struct {
	Task  string `json:"task"`
	Error string `json:"error"`
}

func newCampaignInfo(o showOptions, p jobProgress) campaignInfo {
	info := campaignInfo{
		Name: o.manifest.Name, Kind: o.manifest.Kind, Version: o.manifest.Version, Complete: o.done,
		Tasks: o.progress.Planned, Finished: o.progress.Finished, SetAside: []failedTask{}, jobProgress: p,
	}
	for _, f := range o.progress.Failures {
		info.SetAside = append(info.SetAside, failedTask{f.Key(), f.Error})
	}
	return info
}

// A campaignKind makes the job of a campaign from its parameters and inputs.
type campaignKind func(c *console, params []byte, input func(name string) ([]byte, error)) (campaignJob, error)

// campaignKinds are the kinds of campaigns, by the name in the manifest.
var campaignKinds = map[string]campaignKind{
	"sim":   newSimJob,
	"study": newStudyJob,
	"laws":  newLawsJob,
}

// job makes the job of a campaign.
func (c *console) job(m fleet.Manifest, input func(string) ([]byte, error)) (campaignJob, error) {
	kind, ok := campaignKinds[m.Kind]
	if !ok {
		return nil, fmt.Errorf("campaign %s is of the unknown kind %q", m.Name, m.Kind)
	}
	job, err := kind(c, m.Params, input)
	if err != nil {
		return nil, fmt.Errorf("campaign %s: %w", m.Name, err)
	}
	return job, nil
}

// checkBuild returns an error if the campaign belongs to another build: its results may mean something else.
func checkBuild(m fleet.Manifest) error {
	build, err := fleet.Build()
	if err == nil && m.Build != build {
		err = errors.New(otherBuild(m, build))
	}
	return err
}

func otherBuild(m fleet.Manifest, build string) string {
	return fmt.Sprintf("campaign %s is of holdfast %s, build %s, and this is holdfast %s, build %s: results are equal only within one build, so use that one",
		m.Name, m.Version, m.Build, version(), build)
}

// printSetAside lists tasks without results. command returns the command line that runs such a task alone.
func (c *console) printSetAside(failures []fleet.Failure, command func(fleet.Task) string) {
	if len(failures) == 0 {
		return
	}
	c.blank()
	c.line(red, "%s set aside, and missing in the figures above:", plural(len(failures), "task is", "tasks are"))
	for _, f := range failures[:min(len(failures), listedMax)] {
		c.line("", "  %s: %s", f.Key(), f.Error)
		c.line("", "    Run it alone: %s", command(f.Task))
	}
	if more := len(failures) - listedMax; more > 0 {
		c.line(dim, "  and %s more", humanCount(more))
	}
}
