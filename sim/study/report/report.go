package report

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

//go:embed page.html page.css
var files embed.FS

var pageTemplate = template.Must(template.ParseFS(files, "page.html"))

// HTML writes the page. Command is the command line that reproduces it, which the page shows at the end; empty shows
// none. Errors: a result without policies, without time, or without the metrics that decide; and those of w. After an
// error of the result, HTML has written nothing.
func HTML(w io.Writer, r *compare.Result, command string) error {
	v, err := newView(r)
	if err != nil {
		return err
	}
	return v.write(w, v.answer(), nil, command)
}

// write writes the page with an answer, and the tables of a search for parameters.
func (v *view) write(w io.Writer, a answer, tuning []textTable, command string) error {
	style, err := files.ReadFile("page.css")
	if err != nil {
		return err
	}
	p := page{
		view:    v,
		Style:   template.CSS(string(style) + stylesheet()),
		Subject: v.subject(),
		Answer:  a,
		Tuning:  tuning,
		Nodes:   v.distribution(),
		Command: clean(command),
		Setting: v.setting(),
	}
	p.First, p.Others = v.tables()
	for _, f := range figures {
		p.Figures = append(p.Figures, f.section(v))
	}
	var b bytes.Buffer
	if err := pageTemplate.Execute(&b, p); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = w.Write(b.Bytes())
	return err
}

// A page is the input of the template.
type page struct {
	*view
	Style   template.CSS
	Subject string
	Answer  answer
	Tuning  []textTable // of a search for parameters
	Nodes   textTable   // the distribution over nodes
	First   table
	Others  table
	Figures []section
	Command string
	Setting []setting
}

// A section is a figure on the page. Its panels are SVG that escaped its own texts.
type section struct {
	Name, Title, About string
	Legend             []entry
	Panels             []template.HTML
	Few                bool // the panels are large
}

func (f figure) section(v *view) section {
	s := section{Name: f.name, Title: f.title, About: f.about(v)}
	if f.legend != nil {
		s.Legend = f.legend(v)
	}
	for _, p := range f.panels(v) {
		s.Panels = append(s.Panels, template.HTML(p.inline()))
		s.Few = s.Few || p.width > panelWidth
	}
	return s
}

// A setting is one thing that the result depends on.
type setting struct{ Name, Value string }

func (v *view) setting() []setting {
	load := strings.TrimSpace(v.Load.Kind + " " + v.Load.Name)
	if v.Load.About != "" {
		load += ": " + v.Load.About
	}
	all := []setting{{"Load", load}, {"Simulated", v.span() + " of each node, from " + v.Start.UTC().Format("2006-01-02 15:04 MST")}}
	nodes := fmt.Sprintf("1, of seed %d; every policy had the same load", v.Seed)
	if v.Seeds != 1 {
		nodes = fmt.Sprintf("%s, each with a load of its own; every policy had the same ones. The first one's seed is %d", digits(float64(v.Seeds), 0), v.Seed)
	}
	all = append(all, setting{"Nodes", nodes})
	if v.Disk > 0 {
		all = append(all, setting{"Disk", fmt.Sprintf("%s, of which other things take up %s", brief("bytes", float64(v.Disk)), brief("bytes", float64(v.Other)))})
	}
	return append(all, setting{"Units", "GB are 10⁹ bytes. Intervals are 95 % confidence intervals of the mean over nodes (Student's t)"})
}

// Swatch is the mark of a choice.
func (c choice) Swatch() template.HTML { return swatch(c.Policy) }

// Disk is its mean bytes on disk.
func (c choice) Disk() string { return show("bytes", c.Policy.disk.mean) }

// Again is the number of bytes that it pulls again per day.
func (c choice) Again() string { return show("bytes", c.Policy.again.mean) }

// Price is one of a cost model.
func (v *view) Price(seconds float64) string { return show("seconds", seconds) }
