package examine_test

import (
	"fmt"
	"testing"
)

// TestNamespacesDisagreeOnSize has one blob in three namespaces whose records state different sizes. The largest size
// counts, once, whichever namespace states it and however many of them stay.
func TestNamespacesDisagreeOnSize(t *testing.T) {
	spaces := []string{"a", "b", "c"}
	for _, sizes := range [][]int64{{5, 7, 9}, {9, 7, 5}, {7, 9, 5}, {5, 9, 9}, {9, 0, 0}, {4, 4, 4}} {
		t.Run(fmt.Sprint(sizes), func(t *testing.T) {
			largest := max(sizes[0], sizes[1], sizes[2])
			v1 := tree{"version": varint(4)}
			for i, ns := range spaces {
				v1[ns] = tree{
					"images": tree{"i": record(tree{"target": tree{
						"digest": layer, "mediatype": "application/vnd.oci.image.layer.v1.tar", "size": varint(sizes[i]),
					}})},
					"content": tree{"blob": tree{layer: record(tree{"size": varint(sizes[i])})}},
				}
			}
			d := open(t, tree{"v1": v1}.database(t), atEpoch())
			for deleted := range 8 { // each set of images
				var names []string
				for i, ns := range spaces {
					if deleted>>i&1 == 1 {
						names = append(names, "image/"+ns+"/i")
					}
				}
				plan, err := d.Plan(names...)
				if err != nil {
					t.Fatal(err)
				}
				var removed, kept int64 = 0, largest
				if len(names) == len(spaces) {
					removed, kept = largest, 0
				}
				if plan.RemovedBytes != removed || plan.KeptBytes != kept {
					t.Errorf("without %v: %d bytes removed, %d kept, want %d and %d", names, plan.RemovedBytes, plan.KeptBytes, removed, kept)
				}
			}
			top, err := d.Top(0)
			if err != nil {
				t.Fatal(err)
			}
			for _, root := range top.Roots {
				if root.RetainedBytes != 0 || root.SharedBytes != largest {
					t.Errorf("%s retains %d bytes and shares %d, want 0 and %d", root.Node, root.RetainedBytes, root.SharedBytes, largest)
				}
			}
			if top.KeptBytes != largest || len(top.Roots) != len(spaces) {
				t.Errorf("%d bytes are kept by %d roots, want %d", top.KeptBytes, len(top.Roots), largest)
			}
			checkAccounting(t, d, false)
		})
	}
}
