package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/holdfast-gc/holdfast/sim"
)

// progress shows the progress of a campaign: with a bar on a terminal, else with a line every few seconds.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil: print lines
	limit time.Duration            // if not 0 the bar shows time, else seeds
	began time.Time
	last  time.Time
}

// progressEvery is the time between two lines.
const progressEvery = 10 * time.Second

func newProgress(w io.Writer, seeds int, limit time.Duration, began time.Time) *progress {
	p := &progress{w: w, limit: limit, began: began, last: began}
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

func (p *progress) show(s *sim.Summary) {
	now := systemTime()
	elapsed := now.Sub(p.began)
	text := fmt.Sprintf("%s, %s steps, %s per second", plural(s.Seeds, "seed", "seeds"), humanCount(s.Steps), humanCount(int(rate(s, elapsed))))
	switch {
	case p.bar != nil && p.limit > 0:
		p.bar.Describe(text)
		_ = p.bar.Set(min(int(elapsed.Milliseconds()), int(p.limit.Milliseconds())-1))
	case p.bar != nil:
		p.bar.Describe(text)
		_ = p.bar.Set(s.Seeds)
	case now.Sub(p.last) >= progressEvery:
		p.last = now
		fmt.Fprintf(p.w, "%s, %s\n", text, plural(len(s.Failures), "failure", "failures"))
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
