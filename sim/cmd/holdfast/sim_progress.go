package main

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/holdfast-gc/holdfast/sim"
)

// progress tells how far a campaign has come: by a bar on a terminal, by a line now and then otherwise.
type progress struct {
	w     io.Writer
	bar   *progressbar.ProgressBar // nil: lines
	limit time.Duration            // not 0: the bar is about time, otherwise about seeds
	began time.Time
	last  time.Time
}

// progressEvery is how long there is between two lines.
const progressEvery = 10 * time.Second

func newProgress(w io.Writer, seeds int, limit time.Duration, began time.Time) *progress {
	p := &progress{w: w, limit: limit, began: began, last: began}
	if !takesColours(w) {
		return p
	}
	most := seeds
	if limit > 0 {
		most = int(limit.Milliseconds())
	}
	if most == 0 {
		most = -1 // a spinner
	}
	p.bar = progressbar.NewOptions(most, progressbar.OptionSetWriter(w), progressbar.OptionSetWidth(30),
		progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionSetPredictTime(true))
	return p
}

func (p *progress) show(s *sim.Summary) {
	now := systemTime()
	took := now.Sub(p.began)
	said := fmt.Sprintf("%s, %s steps, %s a second", plural(s.Seeds, "seed", "seeds"), humanCount(s.Steps), humanCount(int(rate(s, took))))
	switch {
	case p.bar != nil && p.limit > 0:
		p.bar.Describe(said)
		_ = p.bar.Set(min(int(took.Milliseconds()), int(p.limit.Milliseconds())-1))
	case p.bar != nil:
		p.bar.Describe(said)
		_ = p.bar.Set(s.Seeds)
	case now.Sub(p.last) >= progressEvery:
		p.last = now
		fmt.Fprintf(p.w, "%s, %s\n", said, plural(len(s.Failures), "failure", "failures"))
	}
}

func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
