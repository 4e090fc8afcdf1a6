package report

import "github.com/holdfast-gc/holdfast/sim/study/compare"

// The metrics that the answer rests on, by compare's names.
const (
	meanBytes   = "mean bytes"
	peakBytes   = "peak bytes"
	pulledAgain = "bytes pulled again"
	diskFull    = "disk full"
)

// titles has the column titles of the first table. The second table has the other metrics, under their own names.
var titles = map[string]string{
	meanBytes:            "Disk, mean",
	"p95 bytes":          "Disk, p95",
	peakBytes:            "Disk, peak",
	"garbage byte-hours": "Garbage",
	pulledAgain:          "Pulled again",
	"time to removal":    "To removal",
	"collections":        "Collec\u00adtions",
	"pause p95":          "Pause, p95",
	"pause max":          "Pause, max",
	diskFull:             "Disk full",
}

// meaning is compare's description of a metric, or "".
func meaning(name string) string {
	for _, m := range compare.Metrics() {
		if m.Name == name {
			return m.Doc
		}
	}
	return ""
}
