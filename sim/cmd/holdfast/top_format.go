package main

import (
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// The values of --format.
const (
	formatTable      = "table"
	formatJSON       = "json"
	formatCSV        = "csv"
	formatPrometheus = "prometheus"
)

var topFormats = []string{formatTable, formatJSON, formatCSV, formatPrometheus}

// printCSV prints one row per part of the accounting: each holder, each shared part, garbage, and files on disk only.
// Sizes are exact numbers of bytes. The bytes of all rows add up to the total. Groups count parts that several of them
// keep several times. Figures that lost records could change are "unknown".
func (c *console) printCSV(a *examine.Accounting) error {
	w := csv.NewWriter(&c.out)
	row := func(part, name, kind, namespace, client, ends string, p examine.Part) {
		bytes, objects := strconv.FormatInt(p.Bytes, 10), strconv.Itoa(p.Objects)
		if !p.Known() {
			bytes, objects = unknownText, unknownText
		}
		_ = w.Write([]string{part, name, kind, namespace, client, ends, bytes, objects, strconv.Itoa(p.UnsizedSnapshots)})
	}
	_ = w.Write([]string{"part", "name", "kind", "namespace", "client", "ends", "bytes", "objects", "unsized_snapshots"})
	for _, g := range a.Groups {
		row("group", g.Group, "", "", "", "", g.Kept)
	}
	for _, h := range a.Holders {
		ends := ""
		if h.Ends != nil {
			ends = h.Ends.Format(time.RFC3339Nano)
		}
		row("holder", h.Holder, string(h.Kind), h.Namespace, string(h.Client), ends,
			examine.Part{Bytes: h.RetainedBytes, Objects: h.RetainedObjects, UnsizedSnapshots: h.UnsizedSnapshots})
	}
	for _, s := range a.Shared {
		row("shared", strings.Join(s.Holders, " "), "", "", "", "", s.Part)
	}
	row("garbage", "", "", "", "", "", a.Garbage)
	if a.Unheld != nil {
		row("unheld", "", "", "", "", "", *a.Unheld)
	}
	if a.Unknown != nil {
		row("on-disk-only", "", "", "", "", "", *a.Unknown)
	}
	w.Flush()
	return w.Error()
}

// printPrometheus prints gauges in Prometheus' text format. A figure that lost records could change has no sample.
func (c *console) printPrometheus(a *examine.Accounting) {
	gauge := func(name, help string) {
		c.line("", "# HELP holdfast_%s %s", name, help)
		c.line("", "# TYPE holdfast_%s gauge", name)
	}
	holders := func(name, help string, value func(examine.Holder) int64) {
		gauge(name, help)
		for _, h := range a.Holders {
			if value(h) < 0 {
				continue
			}
			c.line("", "holdfast_%s{holder=%s,kind=%s,namespace=%s,client=%s} %d", name, promLabel(h.Holder), promLabel(string(h.Kind)),
				promLabel(h.Namespace), promLabel(string(h.Client)), value(h))
		}
	}
	holders("holder_retained_bytes", "Bytes that are freed if the holder alone is deleted.", func(h examine.Holder) int64 { return h.RetainedBytes })
	holders("holder_shared_bytes", "Bytes that the holder keeps together with others.", func(h examine.Holder) int64 { return h.SharedBytes })
	garbage := a.Garbage.Bytes
	if len(a.Withheld) > 0 {
		garbage = -1
	}
	for _, m := range []struct {
		name, help string
		value      int64
	}{
		{"total_bytes", "Bytes of all objects of known size.", a.TotalBytes},
		{"retained_bytes", "Bytes that exactly one holder keeps.", a.RetainedBytes},
		{"shared_bytes", "Bytes that several holders keep.", a.SharedBytes},
		{"garbage_bytes", "Bytes that a collection would free.", garbage},
		{"unsized_snapshots", "Snapshots of unknown size; all sums lack them.", int64(a.UnsizedSnapshots)},
	} {
		gauge(m.name, m.help)
		if m.value >= 0 {
			c.line("", "holdfast_%s %d", m.name, m.value)
		}
	}
	if a.Unknown != nil {
		gauge("unknown_bytes", "Bytes on disk that the metadata does not know.")
		c.line("", "holdfast_unknown_bytes %d", a.Unknown.Bytes)
	}
}

// promLabel quotes a label value.
func promLabel(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(strings.ToValidUTF8(s, "\uFFFD")) + `"`
}

// shortTime formats a time for a headline, without fractions of a second.
func shortTime(t time.Time) string { return t.Format(time.RFC3339) }
