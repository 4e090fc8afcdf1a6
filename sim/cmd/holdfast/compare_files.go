package main

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/report"
)

// writeFiles writes the report, the CSV files and the SVG files that the flags ask for.
func (v *comparison) writeFiles(r *compare.Result) error {
	if v.report != "" {
		err := v.writeTo(v.report, func(f io.Writer) error { return report.HTML(f, r, v.command()) })
		if err != nil {
			return err
		}
	}
	for _, name := range report.Sheets() {
		if v.csv == "" {
			break
		}
		err := v.writeTo(filepath.Join(v.csv, name+".csv"), func(f io.Writer) error { return report.WriteCSV(f, r, name) })
		if err != nil {
			return err
		}
	}
	for _, name := range report.Figures() {
		if v.svg == "" {
			break
		}
		err := v.writeTo(filepath.Join(v.svg, name+".svg"), func(f io.Writer) error { return report.WriteSVG(f, r, name) })
		if err != nil {
			return err
		}
	}
	return nil
}

// checkFiles returns an error if a flag names a file or a directory that cannot be written.
func (v *comparison) checkFiles() error {
	if v.report != "" {
		if err := v.check(output{flag: "--report", name: v.report}); err != nil {
			return err
		}
	}
	for _, d := range []struct{ flag, name string }{{"--csv", v.csv}, {"--svg", v.svg}} {
		if d.name == "" {
			continue
		}
		if err := checkDirectory(d.flag, d.name); err != nil {
			return err
		}
	}
	return nil
}

// command returns a command line that reproduces the figures.
func (v *comparison) command() string {
	if v.told != "" {
		return v.told
	}
	words := []string{"holdfast " + v.verb}
	add := func(flag, value string) {
		if value != "" {
			words = append(words, "--"+flag+" "+shellWord(value))
		}
	}
	switch {
	case v.trace != "":
		add("trace", v.trace)
	case v.profileFile != "":
		add("profile-file", v.profileFile)
	default:
		add("profile", v.profile)
	}
	for _, from := range v.from {
		add("from", from)
	}
	for _, spec := range v.specs {
		add("policy", spec)
	}
	if v.changed("days") {
		add("days", fmt.Sprint(v.study.Days))
	}
	add("disk", v.disk)
	add("fault", strings.Join(v.faults, ","))
	if v.trace == "" {
		if v.changed("seeds") || len(v.study.Fleet) == 0 {
			add("seeds", fmt.Sprint(v.study.Seeds))
		}
		add("seed", fmt.Sprint(v.study.Seed))
	}
	if v.study.NoClairvoyant {
		words = append(words, "--no-clairvoyant")
	}
	add("report", v.report)
	return strings.Join(words, " ")
}
