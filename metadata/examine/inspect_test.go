package examine_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/holdfast-gc/holdfast/metadata/examine"
)

// itemText formats an item in one line.
func itemText(i examine.Item) string {
	text := strings.Join(i.Path, " ")
	if i.Value != nil {
		text += " = " + i.Value.Text
		if i.Value.Hex != "" {
			text += "0x" + i.Value.Hex
		}
	}
	if i.Fault != "" {
		text += " ! " + i.Fault
	}
	return text
}

func TestInspect(t *testing.T) {
	db := soundDatabase()
	image := db.at("v1", "ns", "images", "docker.io/library/alpine:3.20")
	image["target"] = tree{"digest": manifest, "mediatype": "m", "size": "\xff"}
	image["createdat"], image["odd\x00key"] = stamp(epoch), "\x01\x02"
	kv := db.database(t)
	const path = "v1/ns/images/docker.io/library/alpine:3.20"
	for _, name := range []string{path, "/" + path + "/", "image/ns/docker.io/library/alpine:3.20", "alpine:3.20"} {
		got, err := examine.Inspect(kv, name)
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		var lines []string
		for _, i := range got.Items {
			lines = append(lines, strings.TrimPrefix(itemText(i), "v1 ns images docker.io/library/alpine:3.20"))
		}
		want := []string{
			"",
			" createdat = 2026-01-02T03:04:05Z",
			` "odd\x00key" = 0x0102 ! the schema has no such key`,
			" target",
			" target digest = " + manifest,
			" target mediatype = m",
			" target size = 0xff ! 1 bytes are not a varint: it ends early",
			" updatedat ! missing",
		}
		if strings.Join(lines, "\n") != strings.Join(want, "\n") {
			t.Errorf("%q:\n%s\nwant\n%s", name, strings.Join(lines, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestInspectAll(t *testing.T) {
	whole := inspect(t, soundDatabase().database(t))
	if len(whole.Path) != 0 || len(whole.Items) < 50 || whole.Items[0].Path[0] != "v1" {
		t.Errorf("got %d items below %q", len(whole.Items), whole.Path)
	}
	for _, i := range whole.Items {
		if i.Fault != "" {
			t.Errorf("%s", itemText(i))
		}
	}
}

func TestInspectShowsMessages(t *testing.T) {
	spec, err := proto.Marshal(&anypb.Any{TypeUrl: "a/b", Value: []byte(`{"x":[1]}`)})
	if err != nil {
		t.Fatal(err)
	}
	db := soundDatabase()
	db.at("v1", "ns", "containers", "web")["spec"] = string(spec)
	got, err := examine.Inspect(db.database(t), "v1/ns/containers/web/spec")
	if err != nil || got.Payload != "{\n  \"x\": [\n    1\n  ]\n}" || got.Items[0].Value.Text != "a/b (9 bytes)" {
		t.Errorf("%v, %s", err, asJSON(t, got))
	}
}

func TestInspectMissingPath(t *testing.T) {
	db := soundDatabase()
	db.at("v1", "empty")
	kv := db.database(t)
	for path, want := range map[string]string{
		"v1/ns/imags":      `path "v1/ns/imags": not found in v1/ns, which contains: containers, content, images, labels, leases, snapshots`,
		"v1/empty/x":       `path "v1/empty/x": v1/empty is empty`,
		"v1/ns/images/a/b": `not found in v1/ns/images, which contains: app:1`,
		"image/ns/app:2":   `did you mean`,
		"nothing":          `node "nothing": not in the database`,
	} {
		if _, err := examine.Inspect(kv, path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", path, err, want)
		}
	}
}
