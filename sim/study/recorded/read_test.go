package recorded_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/containerd/errdefs"

	"github.com/holdfast-gc/holdfast/engine"
	"github.com/holdfast-gc/holdfast/gc/schedule"
	"github.com/holdfast-gc/holdfast/sim/study/recorded"
)

const when = "2026-11-22 12:01:15.65 +0000 UTC default "

// TestReadForms reads lines as different versions write them.
func TestReadForms(t *testing.T) {
	for line, want := range map[string]any{
		when + `/namespaces/create {"name":"team","labels":{"a":"b"}}`:                       &recorded.Namespace{Name: "team", Labels: map[string]string{"a": "b"}},
		when + `/snapshot/prepare {"key":"extract-1-a sha256:b","parent":"p"}`:               &recorded.Snapshot{Key: "extract-1-a sha256:b", Parent: "p"},
		when + `/tasks/exit {"container_id":"c","exited_at":{"seconds":1795348912}}`:         time.Unix(1795348912, 0).UTC(),
		when + `/tasks/exit {"container_id":"c","exited_at":"2026-11-22T12:03:12.06Z"}`:      time.Date(2026, 11, 22, 12, 3, 12, 60e6, time.UTC),
		when + `/tasks/oom {"container_id":"c"}`:                                             nil,
		"2026-11-22 12:01:15 +0000 UTC default /images/update {\"name\":\"a\"}":              &recorded.Image{Name: "a"},
		"2026-11-22 12:01:15.123456789 +0000 UTC default /images/delete {\"name\":\"a\"}\r":  &recorded.Image{Name: "a"},
		"2026-11-22 12:01:15 +0200 CEST a /containers/delete {\"id\":\"c\",\"unknown\":[1]}": "c",
	} {
		events, err := recorded.Read(strings.NewReader("\n" + line + "\n"))
		if err != nil || len(events) != 1 || events[0].Line != 2 {
			t.Errorf("%s: %v, %v", line, events, err)
			continue
		}
		same := true
		switch body := events[0].Body.(type) {
		case *recorded.Namespace:
			w := want.(*recorded.Namespace)
			same = body.Name == w.Name && body.Labels["a"] == w.Labels["a"] && events[0].Namespace == w.Name
		case *recorded.Snapshot:
			same = *body == *want.(*recorded.Snapshot)
		case *recorded.Task:
			same = body.ExitedAt.Time.Equal(want.(time.Time))
		case *recorded.Image:
			same = body.Name == want.(*recorded.Image).Name && body.Labels == nil
		case *recorded.Container:
			same = body.ID == want && events[0].Time.Equal(time.Date(2026, 11, 22, 10, 1, 15, 0, time.UTC))
		default:
			same = want == nil
		}
		if !same {
			t.Errorf("%s: got %+v, want %+v", line, events[0].Body, want)
		}
	}
}

// TestReadOrder reads lines that are out of order.
func TestReadOrder(t *testing.T) {
	var text strings.Builder
	for _, line := range []string{"15.6503 b", "15.65 a", "15.6503 c", "15.7 d"} {
		at, name, _ := strings.Cut(line, " ")
		text.WriteString("2026-11-22 12:01:" + at + " +0000 UTC default /images/create {\"name\":\"" + name + "\"}\n")
	}
	events, err := recorded.Read(strings.NewReader(text.String()))
	if err != nil {
		t.Fatal(err)
	}
	var order strings.Builder
	for _, e := range events {
		order.WriteString(e.Body.(*recorded.Image).Name)
	}
	if order.String() != "abcd" {
		t.Errorf("got the events in the order %s", &order)
	}
}

// TestReadErrors reads input that is not ctr's output.
func TestReadErrors(t *testing.T) {
	for text, want := range map[string]string{
		"hello":                               "line 1: 1 fields",
		when + "/images/create":               "line 1: 6 fields",
		when + "/images/create {":             "not JSON",
		when + `/images/create {"name":5}`:    "cannot unmarshal",
		when + `/images/create {}`:            `no "name"`,
		when + `images/create {"name":"a"}`:   "must begin with /",
		when + `/snapshot/commit {"key":"a"}`: `no "name"`,
		when + `/content/create {"digest":"sha256:../../etc","size":1}`:                            "digest",
		when + `/content/create {"digest":"sha256:` + strings.Repeat("a", 64) + `","size":-1}`:     "size -1",
		"yesterday 12:00 +0000 UTC default /images/create {\"name\":\"a\"}":                        "time",
		"0001-01-01 00:00:00 +0000 UTC default /images/create {\"name\":\"a\"}":                    "between 1970 and 9000",
		when + "/images/create {\"name\":\"\xff\"}":                                                "UTF-8",
		when + `/images/create {"name":"` + strings.Repeat("a", 2<<20) + `"}`:                      "line 1: longer than",
		"\n" + when + `/tasks/exit {"container_id":"c","exited_at":"then"}`:                        "line 2: ",
		when + `/images/create {"name":"a"}` + "\n" + when + `/images/create {"name":"a"} {"b":1}`: "line 2: ",
	} {
		_, err := recorded.Read(strings.NewReader(text))
		if err == nil || !strings.Contains(err.Error(), want) || !errdefs.IsInvalidArgument(err) {
			t.Errorf("%.100q: %v, want %q", text, err, want)
		}
	}
	var cut bytes.Buffer
	w := gzip.NewWriter(&cut)
	w.Write([]byte(when + `/images/create {"name":"a"}`))
	w.Close()
	if _, err := recorded.Read(bytes.NewReader(cut.Bytes()[:cut.Len()-4])); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("half of a file: %v", err)
	}
}

// TestInterpretRefuses has no events, and times that don't fit.
func TestInterpretRefuses(t *testing.T) {
	events, err := recorded.Read(strings.NewReader(when + `/images/create {"name":"a"}`))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []recorded.Options{{Start: events[0].Time.Add(1)}, {End: events[0].Time.Add(-1)}} {
		if _, err := recorded.Interpret(events, o); !errdefs.IsInvalidArgument(err) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := recorded.Interpret(nil, recorded.Options{}); !errdefs.IsInvalidArgument(err) {
		t.Errorf("no events: %v", err)
	}
}

// FuzzRead reads and replays arbitrary input. No call panics, and the engine reads back each trace that was written.
func FuzzRead(f *testing.F) {
	for _, name := range []string{"small-2.4.2", "small-1.6.20"} {
		text, err := io.ReadAll(open(f, name+"/events.log.gz"))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		for line := range bytes.Lines(text) {
			f.Add(line)
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		events, err := recorded.Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		trace, err := recorded.Interpret(events, recorded.Options{})
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := trace.Write(&out); err != nil {
			t.Fatal(err)
		}
		r, err := engine.NewTraceReader(&out)
		for err == nil {
			_, err = r.Read()
		}
		if err != io.EOF {
			t.Fatal(err)
		}
		if trace.End.Sub(*trace.Setup.Start) < time.Hour {
			if _, err := recorded.Replay(trace, nil, schedule.Defaults(), 0); err != nil {
				t.Fatal(err)
			}
		}
	})
}
