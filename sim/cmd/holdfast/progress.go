package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/holdfast-gc/holdfast/sim"
	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// A campaignProgress shows the progress of many seeds, or of a campaign: with a bar on a terminal, else with a line
// every few seconds.
type campaignProgress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil: print lines
	limit time.Duration            // if not 0 the bar shows time, else seeds
	began time.Time
	last  time.Time
}

// progressEvery is the time between two lines.
const progressEvery = 10 * time.Second

func newCampaignProgress(w io.Writer, seeds int, limit time.Duration, began time.Time) *campaignProgress {
	p := &campaignProgress{w: w, limit: limit, began: began, last: began}
	if !takesColours(w) {
		return p
	}
	total := seeds
	if limit > 0 {
		total = int(limit.Milliseconds())
	}
	if total == 0 {
		total = -1 // a spinner
	}
	p.bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true))
	return p
}

func (p *campaignProgress) show(s *sim.Summary) {
	elapsed := systemTime().Sub(p.began)
	text := fmt.Sprintf("%s, %s steps, %s per second", plural(s.Seeds, "seed", "seeds"), humanCount(s.Steps), humanCount(int(rate(s, elapsed))))
	p.update(s.Seeds, text, plural(len(s.Failures), "failure", "failures"))
}

// update shows how many of the seeds or tasks are done, and further text. The bar omits the trouble.
func (p *campaignProgress) update(done int, text, trouble string) {
	now := systemTime()
	elapsed := now.Sub(p.began)
	switch {
	case p.bar != nil && p.limit > 0:
		p.bar.Describe(text)
		_ = p.bar.Set(min(int(elapsed.Milliseconds()), int(p.limit.Milliseconds())-1))
	case p.bar != nil:
		p.bar.Describe(text)
		_ = p.bar.Set(done)
	case now.Sub(p.last) >= progressEvery:
		p.last = now
		fmt.Fprintf(p.w, "%s, %s\n", text, trouble)
	}
}

func (p *campaignProgress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// A studyProgress shows the progress of a comparison with a bar, if the output is a terminal.
type studyProgress struct {
	w   io.Writer
	bar *progressbar.ProgressBar
}

func newStudyProgress(w io.Writer) *studyProgress { return &studyProgress{w: w} }

func (p *studyProgress) show(at compare.Progress) {
	if p.bar == nil && takesColours(p.w) {
		p.bar = progressbar.NewOptions(at.Total, progressbar.OptionSetWriter(p.w), progressbar.OptionSetDescription("node days"),
			progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionClearOnFinish(),
			progressbar.OptionThrottle(100*time.Millisecond))
	}
	if p.bar != nil {
		if at.Total != p.bar.GetMax() {
			p.bar.ChangeMax(at.Total) // larger disks
		}
		_ = p.bar.Set(at.Done)
	}
}

func (p *studyProgress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}

// A countProgress shows on a terminal how many of a number of steps are done. Elsewhere it shows nothing.
type countProgress struct {
	w     io.Writer
	title string
	bar   *progressbar.ProgressBar
}

func newCountProgress(w io.Writer, title string) *countProgress {
	return &countProgress{w: w, title: title}
}

// show is called before each step.
func (p *countProgress) show(done, all int, _ string) {
	if !takesColours(p.w) {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions(all, progressbar.OptionSetWriter(p.w), progressbar.OptionSetWidth(30),
			progressbar.OptionSetDescription(p.title), progressbar.OptionClearOnFinish())
	}
	_ = p.bar.Set(done)
}

// end removes the bar.
func (p *countProgress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
		fmt.Fprint(p.w, "\r")
	}
}
