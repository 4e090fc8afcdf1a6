package main

import (
	_ "embed"
	"html/template"
	"io"

	"github.com/holdfast-gc/holdfast/sim"
)

//go:embed campaign_report.html
var campaignReportText string

// campaignReportPage is the HTML report of a campaign of simulations. It has no scripts and loads nothing.
var campaignReportPage = template.Must(template.New("report").Funcs(template.FuncMap{
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

// writeReport writes the page.
func (j *simJob) writeReport(name string, a simCampaignAnswer, found []finding) error {
	r := campaignReport{simCampaignAnswer: a, PerUnit: j.perSeed(), Seconds: j.seconds, Run: j.simulation().rerun(j.params.First, j.params.Seeds)}
	for _, m := range sim.Marks() {
		r.Marks = append(r.Marks, markCount{string(m), a.Summary.Marks[m]})
	}
	for i, d := range a.Distinct {
		f := reportedFailure{distinctFailure: d, Detail: d.first.Failure.Detail, Whole: j.simulation().rerun(d.first.Seed, 1)}
		if file := found[i].file; file != "" {
			f.Check, f.Replay = checkCommand(file, d.first.Failure.Plant), "holdfast replay "+file
		}
		r.Failures = append(r.Failures, f)
	}
	return j.writeTo(name, func(to io.Writer) error { return campaignReportPage.Execute(to, r) })
}
