package recorded_test

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/engine/op"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

// TestReadEveryField reads an event of every topic with all fields set, and checks each of them.
func TestReadEveryField(t *testing.T) {
	labels := map[string]string{"a": "b"}
	const digest = "sha256:ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
	namespace := func(string) any { return &recorded.Namespace{Name: "team", Labels: labels} }
	image := func(string) any { return &recorded.Image{Name: "i", Labels: labels} }
	blob := func(string) any { return &recorded.Blob{Digest: digest, Size: 7} }
	snapshot := func(string) any { return &recorded.Snapshot{Key: "k", Parent: "p", Name: "n", Snapshotter: "s"} }
	container := func(string) any {
		c := &recorded.Container{ID: "c", Image: "i", Labels: labels, SnapshotKey: "k"}
		c.Runtime.Name = "r"
		return c
	}
	task := func(string) any {
		at := recorded.Task{ContainerID: "c", ID: "x", PID: 3, ExitStatus: 4}
		at.ExitedAt.Time = time.Date(2026, 11, 22, 12, 3, 12, 0, time.UTC)
		return &at
	}
	forms := map[string]struct {
		text string
		want func(string) any
	}{
		"/namespaces/": {`{"name":"team","labels":{"a":"b"}}`, namespace},
		"/images/":     {`{"name":"i","labels":{"a":"b"}}`, image},
		"/content/":    {`{"digest":"` + digest + `","size":7}`, blob},
		"/snapshot/":   {`{"key":"k","parent":"p","name":"n","snapshotter":"s"}`, snapshot},
		"/containers/": {`{"id":"c","image":"i","labels":{"a":"b"},"snapshot_key":"k","runtime":{"name":"r"}}`, container},
		"/tasks/":      {`{"container_id":"c","id":"x","pid":3,"exit_status":4,"exited_at":"2026-11-22T12:03:12Z"}`, task},
	}
	for group, verbs := range map[string]string{
		"/namespaces/": "create update delete", "/images/": "create update delete", "/content/": "create delete",
		"/snapshot/": "prepare commit remove", "/containers/": "create update delete", "/tasks/": "create start exit delete",
	} {
		for verb := range strings.FieldsSeq(verbs) {
			topic, form := group+verb, forms[group]
			t.Run(topic, func(t *testing.T) {
				events, err := recorded.Read(strings.NewReader(when + topic + " " + form.text + "\n"))
				if err != nil || len(events) != 1 {
					t.Fatal(events, err)
				}
				want := form.want(topic)
				if e := events[0]; e.Topic != topic || !reflect.DeepEqual(e.Body, want) {
					t.Errorf("%s: %+v, want %+v", e.Topic, e.Body, want)
				}
				body := reflect.ValueOf(want).Elem()
				for i := range body.NumField() {
					if body.Field(i).IsZero() {
						t.Errorf("the test does not set the field %s", body.Type().Field(i).Name)
					}
				}
			})
		}
	}
}

// TestNamespaceLabels replays events of a namespace: its labels on the node are those of the last event, and labels
// that an event no longer has are removed.
func TestNamespaceLabels(t *testing.T) {
	steps := []struct {
		event  string
		labels map[string]string // nil: no namespace
	}{
		{`create {"name":"team","labels":{"a":"1","b":"2"}}`, map[string]string{"a": "1", "b": "2"}},
		{`update {"name":"team","labels":{"a":"1","b":"3","c":"4"}}`, map[string]string{"a": "1", "b": "3", "c": "4"}},
		{`update {"name":"team","labels":{"b":"3"}}`, map[string]string{"b": "3"}}, // removes a and c
		{`update {"name":"team"}`, map[string]string{}},                            // removes the last one
		{`update {"name":"team","labels":{"d":"5"}}`, map[string]string{"d": "5"}},
		{`delete {"name":"team"}`, nil},
		{`create {"name":"team"}`, map[string]string{}}, // without the old labels
	}
	var text strings.Builder
	for n, step := range steps {
		fmt.Fprintf(&text, "2026-11-22 12:01:%02d +0000 UTC team /namespaces/%s\n", n, step.event)
		events, err := recorded.Read(strings.NewReader(text.String()))
		if err != nil {
			t.Fatal(err)
		}
		trace, err := recorded.Interpret(events, recorded.Options{})
		if err != nil {
			t.Fatal(err)
		}
		replayed, err := recorded.Replay(trace, nil, schedule.Defaults(), 0)
		if err != nil {
			t.Fatal(err)
		}
		r := replayed.Node.Apply(t.Context(), engine.Op{Name: op.NamespacesLabels, Args: op.Named{Name: "team"}})
		labels, _ := r.Value.(map[string]string)
		list := replayed.Node.Apply(t.Context(), engine.Op{Name: op.NamespacesList}).Value
		if there := fmt.Sprint(list) == "[team]"; there != (step.labels != nil) || !maps.Equal(labels, step.labels) {
			t.Errorf("after %s: namespaces %v, labels %v, want %v", step.event, list, labels, step.labels)
		}
	}
}
