package main

import (
	"fmt"
	"io"

	"github.com/schollz/progressbar/v3"
)

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
