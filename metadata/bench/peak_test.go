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

// ways are what one process is to do and then end, so that its peak of memory can be asked for.
var ways = []struct {
	name string
	run  func(path string) error
}{
	{"nothing", func(string) error { return nil }},
	{"holdfast", openAndCollect},
	{"containerd", collectByContainerd},
}

var (
	way     = flag.String("way", "", "used by TestTable on itself: what to do, to have the peak of memory measured")
	wayPath = flag.String("path", "", "used by TestTable on itself: the database to do it with")
)

// TestWay does what TestTable has a process of its own do.
func TestWay(t *testing.T) {
	for _, w := range ways {
		if w.name == *way {
			must(t, w.run(*wayPath))
			status, err := os.ReadFile("/proc/self/status")
			must(t, err)
			fmt.Println(regexp.MustCompile(`VmHWM:.*`).FindString(string(status)))
		}
	}
}

// printPeaks prints how much memory it takes at most to open the large fixture and collect, each in a process of its own.
// "Nothing" is what the process takes before it begins. Only
// Linux tells.
func printPeaks(t *testing.T, wanted *regexp.Regexp) {
	if !wanted.MatchString("peak memory") {
		return
	}
	file := largeFixture(t)
	path := filepath.Join(scratch(t), "meta.db")
	fmt.Printf("Peak memory of opening %.1f MB and collecting:", float64(len(file))/1e6)
	for _, w := range ways {
		must(t, os.WriteFile(path, file, 0o600))
		process := exec.Command(os.Args[0], "-test.run", "^TestWay$", "-way", w.name, "-path", path)
		out, err := process.Output()
		must(t, err)
		peak := 0
		fmt.Sscanf(string(out), "VmHWM: %d kB", &peak)
		fmt.Printf(" %s %.1f MB.", w.name, float64(peak)*1024/1e6)
	}
	fmt.Println()
}
