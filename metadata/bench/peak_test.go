package bench

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"
)

// peakName is the name by which -only selects the measurement of memory.
const peakName = "peak memory"

// A peak is the largest resident size of a process that opens the large fixture and collects it.
type peak struct {
	name  string // of the program; "nothing" is the baseline, the size of the test process itself
	bytes int64
}

// peakPrograms run in a process each. The process reports its peak and ends.
var peakPrograms = []struct {
	name string
	run  func(path string) error
}{
	{"nothing", func(string) error { return nil }},
	{"holdfast", openAndCollect},
	{"containerd", collectByContainerd},
}

var (
	peakProgram = flag.String("peak-program", "", "set by TestMeasure in its child process: the program to run")
	peakPath    = flag.String("peak-path", "", "set by TestMeasure in its child process: the database")
)

// TestPeakProgram is the child process of [measurePeaks].
func TestPeakProgram(t *testing.T) {
	for _, p := range peakPrograms {
		if p.name == *peakProgram {
			must(t, p.run(*peakPath))
			status, err := os.ReadFile("/proc/self/status")
			must(t, err)
			fmt.Println(regexp.MustCompile(`VmHWM:.*`).FindString(string(status)))
		}
	}
}

// measurePeaks measures each program once. Only Linux reports peaks; elsewhere they are 0.
func measurePeaks(t *testing.T) (peaks []peak) {
	file := largeFixture(t)
	path := filepath.Join(scratch(t), "meta.db")
	for _, p := range peakPrograms {
		must(t, os.WriteFile(path, file, 0o600))
		process := exec.Command(os.Args[0], "-test.run", "^TestPeakProgram$", "-peak-program", p.name, "-peak-path", path)
		out, err := process.Output()
		must(t, err)
		var kilobytes int64
		fmt.Sscanf(string(out), "VmHWM: %d kB", &kilobytes)
		peaks = append(peaks, peak{p.name, kilobytes * 1024})
	}
	return peaks
}
