package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/holdfast-gc/holdfast/sim"
)

//go:embed campaign_report.html
var campaignReportText string

// campaignReportPages has the HTML reports of campaigns of simulations and laws. They have no scripts and load nothing.
var campaignReportPages = template.Must(template.New("report").Funcs(template.FuncMap{
	"count": humanCount, "digits": threeDigits, "seconds": humanSeconds,
}).Parse(campaignReportText))

// A campaignReport has the data of the page.
type campaignReport struct {
	simCampaignAnswer
	PerUnit  float64 // seconds of one worker for one seed
	Seconds  float64
	Marks    []markCount
	Failures []reportedFailure
	Run      string // the command line of the whole campaign
}

// A markCount says how often a situation was reached.
type markCount struct {
	Mark  string
	Count int
}

// A reportedFailure is a distinct failure with the command lines that repeat it.
type reportedFailure struct {
	*distinctFailure
	Detail string
	Replay string
	Check  string
	Whole  string
}

// rerun returns the command line of the whole campaign.
func (j *simJob) rerun() string {
	command := j.simulation(j.params.First).rerun(j.params.First, j.params.Seeds)
	if j.params.Guide > 0 {
		command = strings.Replace(command, "holdfast sim", "holdfast campaign start sim", 1) + fmt.Sprint(" --guide ", j.params.Guide)
	}
	return command
}

// writeReport writes the page.
func (j *simJob) writeReport(name string, a simCampaignAnswer, found []finding) error {
	r := campaignReport{simCampaignAnswer: a, PerUnit: j.perSeed(), Seconds: j.seconds, Run: j.rerun()}
	for _, m := range sim.Marks() {
		r.Marks = append(r.Marks, markCount{string(m), a.Summary.Marks[m]})
	}
	for i, d := range a.Distinct {
		f := reportedFailure{distinctFailure: d, Detail: d.first.Failure.Detail, Whole: j.simulation(d.first.Seed).rerun(d.first.Seed, 1)}
		if file := found[i].file; file != "" {
			f.Check, f.Replay = checkCommand(file, d.first.Failure.Plant), "holdfast replay "+file
		}
		r.Failures = append(r.Failures, f)
	}
	return j.writeTo(name, func(to io.Writer) error { return campaignReportPages.ExecuteTemplate(to, "simulations", r) })
}

// A lawsReport has the data of the page of a campaign of laws.
type lawsReport struct {
	lawsAnswer
	Histories       int
	Seconds         float64
	PerSecond       float64 // histories of each law, of a worker
	Counterexamples []reportedLaw
	Run             string // the command line of the whole campaign
}

// A reportedLaw is a counterexample with the command line that repeats it.
type reportedLaw struct {
	*brokenLaw
	File   string // with the trace; "" if it was not written
	Repeat string
}

// writeReport writes the page. files has the traces' files, or nothing.
func (j *lawsJob) writeReport(name string, a lawsAnswer, files []string) error {
	r := lawsReport{
		lawsAnswer: a, Histories: j.done, Seconds: j.seconds, PerSecond: float64(j.done) / max(j.seconds, 1e-9), Run: j.command(j.params.Seed, j.params.Histories),
	}
	for i, b := range j.merged.Broken {
		law := reportedLaw{brokenLaw: b, Repeat: j.command(uint64(b.Seeds[0]), lawsChunk)}
		if i < len(files) {
			law.File = files[i]
		}
		r.Counterexamples = append(r.Counterexamples, law)
	}
	return j.writeTo(name, func(to io.Writer) error { return campaignReportPages.ExecuteTemplate(to, "laws", r) })
}

// command returns the command line that checks histories from a seed on.
func (j *lawsJob) command(seed uint64, histories int) string {
	command := fmt.Sprintf("holdfast campaign start laws --seed %d --histories %d", seed, histories)
	for _, law := range j.params.Laws {
		command += fmt.Sprintf(" --law '%s'", law)
	}
	return command
}
