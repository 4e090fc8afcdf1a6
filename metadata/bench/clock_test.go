package bench

import (
	"syscall"
	"testing"
	"time"
)

// cpuTime returns how long processors have worked for this process. On a machine that does nothing else the difference
// of two is the time that went by, since no call here waits for anything; on a busy one it still is what the calls take.
// What the garbage collector of Go does beside them counts.
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		panic(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// reportCPU adds it to what a benchmark says, where it began at start.
func reportCPU(b *testing.B, start time.Duration) {
	b.ReportMetric(float64(cpuTime()-start)/float64(b.N), "cpu-ns/op")
}
