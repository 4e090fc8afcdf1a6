package report_test

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/holdfast-gc/holdfast/sim/study/compare"
	"github.com/holdfast-gc/holdfast/sim/study/report"
)

// A page, and next to it a folder of its figures.
func Example() {
	policy := func(name string, disk, again float64) compare.Policy {
		return compare.Policy{Name: name, Metrics: []compare.Metric{
			{Name: "mean bytes", Unit: "bytes", Mean: disk, Low: disk, High: disk},
			{Name: "bytes pulled again", Unit: "bytes", Mean: again, Low: again, High: again},
		}}
	}
	result := &compare.Result{Days: 30, Seeds: 1, Policies: []compare.Policy{
		policy("kubelet", 48e9, 10.2e9),
		policy("lru", 47.6e9, 9.8e9),
	}}

	var page bytes.Buffer
	if err := report.HTML(&page, result, "holdfast compare --policy kubelet --policy lru --seeds 1"); err != nil {
		fmt.Println(err)
		return
	}
	_, answer, _ := strings.Cut(page.String(), `<p class="headline">`)
	answer, _, _ = strings.Cut(answer, "</p>")
	fmt.Println(strings.NewReplacer("\u00a0", " ", ". ", ".\n").Replace(answer))

	for _, name := range report.Figures() {
		var drawing bytes.Buffer
		if err := report.WriteSVG(&drawing, result, name); err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(name+".svg", strings.HasPrefix(drawing.String(), "<svg "))
	}
	// Output:
	// Take lru: no other needs less disk, and none pulls less again.
	// It needs 47.6 GB of disk on average and 327 MB a day pulled again.
	// bytes.svg true
	// tradeoff.svg true
	// pauses.svg true
	// pinned.svg true
	// holders.svg true
}
