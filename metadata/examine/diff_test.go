package examine_test

import (
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// diffText formats a diff, one line for each difference.
func diffText(d *examine.Diff) string {
	var lines []string
	for _, node := range d.Added {
		lines = append(lines, "+ "+node)
	}
	for _, node := range d.Removed {
		lines = append(lines, "- "+node)
	}
	side := func(s *string) string {
		if s == nil {
			return "nothing"
		}
		return *s
	}
	add := func(prefix string, fields []examine.FieldChange) {
		for _, f := range fields {
			lines = append(lines, prefix+" "+f.Field+": "+side(f.From)+" > "+side(f.To))
		}
	}
	for _, c := range d.Changed {
		add(c.Node, c.Fields)
	}
	add("outside", d.Outside)
	return strings.Join(lines, "\n")
}

func TestCompare(t *testing.T) {
	message := "\x0a\x01a\x12\x01"
	cases := []struct {
		name   string
		change func(older, newer tree)
		want   string
	}{
		{"no change", func(_, _ tree) {}, ""},
		{"a node added", func(_, newer tree) {
			newer.at("v1", "ns", "images")["b"] = record(tree{"target": tree{"digest": manifest}})
		}, "+ image/ns/b"},
		{"a node removed", func(_, newer tree) { delete(newer.at("v1", "ns", "leases"), "l") }, "- lease/ns/l"},
		{"a field", func(_, newer tree) { newer.at("v1", "ns", "content", "blob", layer)["size"] = varint(9) },
			"content/ns/" + layer + " size: 7 > 9"},
		{"a label", func(_, newer tree) { newer.at("v1", "ns", "content", "blob", manifest, "labels")["a/b"] = "c" },
			"content/ns/" + manifest + " labels/a/b: nothing > c"},
		{"the first label", func(_, newer tree) { newer.at("v1", "ns", "images", "app:1", "labels")["a"] = "b" },
			"image/ns/app:1 labels/a: nothing > b"},
		{"an empty bucket", func(_, newer tree) { delete(newer.at("v1", "ns", "content", "blob", layer), "labels") },
			"content/ns/" + layer + " labels: (bucket) > nothing"},
		{"undecodable bytes", func(_, newer tree) { newer.at("v1", "ns", "content", "blob", layer)["size"] = "\xff" },
			"content/ns/" + layer + " size: 7 > 0xff"},
		{"messages of the same type and size", func(older, newer tree) {
			older.at("v1", "ns", "containers", "web")["spec"] = message + "x"
			newer.at("v1", "ns", "containers", "web")["spec"] = message + "y"
		}, "container/ns/web spec: a (1 bytes), " + digestOf(message+"x") + " > a (1 bytes), " + digestOf(message+"y")},
		{"fields outside objects", func(older, newer tree) {
			newer.at("v1")["version"] = varint(5)
			newer.at("v1", "ns", "labels")["team"] = "b"
			newer.at("v1", "new")
			older.at("v1", "gone", "labels")["a"] = "b"
		}, "outside v1/gone/labels/a: b > nothing\noutside v1/new: nothing > (bucket)\n" +
			"outside v1/ns/labels/team: a > b\noutside v1/version: 4 > 5"},
		{"a migrated sandbox", func(older, newer tree) {
			older.at("ns", "sandboxes")["sb"] = record(tree{"runtime": tree{"name": "r"}})
			newer.at("v1", "ns", "sandboxes")["sb"] = record(tree{"runtime": tree{"name": "r2"}})
		}, "sandbox/ns/sb runtime/name: r > r2"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			older, newer := soundDatabase(), soundDatabase()
			c.change(older, newer)
			d, err := examine.Compare(older.database(t), newer.database(t))
			if err != nil {
				t.Fatal(err)
			}
			if got := diffText(d); got != c.want || d.Empty() != (c.want == "") {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}
