package report

import (
	"encoding/csv"
	"fmt"
	"html"
	"io"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
)

// Figures returns the names of the figures, in the order of the page. They are good for the names of files.
func Figures() []string {
	var all []string
	for _, f := range figures {
		all = append(all, f.name)
	}
	return all
}

// Sheets returns the names that WriteCSV accepts: "metrics", the table, and all figures.
func Sheets() []string { return append([]string{"metrics"}, Figures()...) }

// WriteSVG writes a figure as a standalone SVG file, light or dark as the reader's system. Errors: a name that is not
// in Figures, a result that HTML rejects, and those of w.
func WriteSVG(w io.Writer, r *compare.Result, name string) error {
	v, err := newView(r)
	if err != nil {
		return err
	}
	for _, f := range figures {
		if f.name == name {
			_, err := io.WriteString(w, f.file(v))
			return err
		}
	}
	return fmt.Errorf("report: no figure %q: there are %s", name, list(Figures()))
}

// WriteCSV writes the numbers of a sheet, with the titles in the first row: unrounded, in bytes, seconds and days.
// Missing numbers are empty. Errors: a name that is not in Sheets, a result that HTML rejects, and those of w.
func WriteCSV(w io.Writer, r *compare.Result, name string) error {
	v, err := newView(r)
	if err != nil {
		return err
	}
	sheets := map[string]func(*view) [][]string{"metrics": metricRows}
	for _, f := range figures {
		sheets[f.name] = f.rows
	}
	rows, ok := sheets[name]
	if !ok {
		return fmt.Errorf("report: no sheet %q: there are %s", name, list(Sheets()))
	}
	out := csv.NewWriter(w)
	for _, row := range rows(v) {
		for i, cell := range row {
			row[i] = plain(cell)
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// plain keeps a spreadsheet from taking a text for a formula. Numbers, also negative ones, stay as they are.
func plain(cell string) string {
	if cell == "" || !strings.ContainsRune("=+-@", rune(cell[0])) || strings.Trim(cell, "-.0123456789e+") == "" {
		return cell
	}
	return "'" + cell
}

// The room around the panels of a file.
const (
	margin = 16
	gap    = 24
	head   = 44 // title
	keys   = 24 // legend
)

// file lays the panels out on one sheet: those of a phone's width in three columns, larger ones in two.
func (f figure) file(v *view) string {
	var panels []*panel
	for _, p := range f.panels(v) {
		if !p.small {
			panels = append(panels, p)
		}
	}
	columns := 1
	if len(panels) > 1 {
		columns = min(len(panels), int(1150/panels[0].width))
	}
	top := float64(head)
	var legend []entry
	if f.legend != nil {
		legend = f.legend(v)
		top += keys
	}
	var width, height float64
	var body, desc strings.Builder
	for i, p := range panels {
		x := margin + float64(i%columns)*(p.width+gap)
		y := top + float64(i/columns)*(p.height+gap)
		width, height = max(width, x+p.width+margin), max(height, y+p.height+margin)
		fmt.Fprintf(&body, "<g transform=\"translate(%s %s)\">\n%s</g>\n", num(x), num(y), p.b.String())
		fmt.Fprintf(&desc, "%s. %s ", p.title, p.desc)
	}
	if len(panels) == 0 {
		width, height = 460, top+margin
	}
	var d drawing
	d.text("name", margin, 24, "start", shorten(f.title+": "+v.subject(), int(width/8)))
	x := float64(margin)
	for _, e := range legend {
		d.rect(e.Class, x, head-6, 12, 12, "")
		d.text("", x+18, head+4, "start", e.Label)
		x += 18 + 6.4*float64(len(e.Label)) + 20
	}
	width = max(width, x)
	var b strings.Builder
	fmt.Fprintf(&b, "<svg class=\"hf\" xmlns=\"http://www.w3.org/2000/svg\" width=\"%s\" height=\"%s\" viewBox=\"0 0 %[1]s %[2]s\" role=\"img\" aria-labelledby=\"title desc\">\n", num(width), num(height))
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n", html.EscapeString(f.title+": "+v.subject()), html.EscapeString(strings.TrimSpace(desc.String())))
	fmt.Fprintf(&b, "<style>\n%s</style>\n<rect class=\"paper\" width=\"100%%\" height=\"100%%\"/>\n%s%s</svg>\n", stylesheet(), d.b.String(), body.String())
	return b.String()
}

// inline returns a panel as an element of the page; the style sheet of the page colours it.
func (p *panel) inline() string {
	class := "hf"
	if p.wide {
		class += " wide"
	}
	if p.small {
		class += " small"
	}
	return fmt.Sprintf("<svg class=\"%s\" viewBox=\"0 0 %s %s\" width=\"%[2]s\" height=\"%[3]s\" role=\"img\" aria-labelledby=\"%[4]s-t %[4]s-d\">\n<title id=\"%[4]s-t\">%[5]s</title>\n<desc id=\"%[4]s-d\">%[6]s</desc>\n%[7]s</svg>",
		class, num(p.width), num(p.height), p.id, html.EscapeString(p.title), html.EscapeString(strings.TrimSpace(p.desc)), p.b.String())
}

// subject names the load in a few words: "k8s-node, 30 days, 10 nodes, 100 GB of disk".
func (v *view) subject() string {
	name := v.Load.Name
	if name == "" {
		name = v.Load.Kind
	}
	if name == "" {
		name = "a load without a name"
	}
	s := fmt.Sprintf("%s, %s, %s", name, v.span(), count(max(v.Seeds, 0), "node"))
	if v.Disk > 0 {
		s += fmt.Sprintf(", %s of disk", brief("bytes", float64(v.Disk)))
	}
	return s
}
