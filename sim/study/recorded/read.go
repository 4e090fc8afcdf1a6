package recorded

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/containerd/errdefs"
)

// Limits of the input.
const (
	lineMax  = 1 << 20
	eventMax = 1_000_000
	textMax  = 4 << 30
)

// Read reads the output of `ctr events`, plain or compressed with gzip, to its end. The result is ordered by time, then
// by line, since lines are only approximately in order of time. Read ignores empty lines.
//
// Errors name the line: errdefs.ErrInvalidArgument for input that is not ctr's output, errdefs.ErrResourceExhausted for
// input that is too large, and those of r.
func Read(r io.Reader) ([]Event, error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("events: %w", err)
		}
		in = bufio.NewReader(io.LimitReader(unpacked, textMax))
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, lineMax)
	var events []Event
	at := 0
	for lines.Scan() {
		at++
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		e, err := parse(lines.Text())
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", at, err)
		}
		if len(events) == eventMax {
			return nil, fmt.Errorf("line %d: more than %d events: split the file: %w", at, eventMax, errdefs.ErrResourceExhausted)
		}
		e.Line = at
		events = append(events, e)
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: %w", at+1, invalid("longer than %d bytes", lineMax))
	} else if err != nil {
		return nil, fmt.Errorf("line %d: %w", at+1, err)
	}
	slices.SortStableFunc(events, func(a, b Event) int { return a.Time.Compare(b.Time) })
	return events, nil
}

// parse reads a line: date, time, offset, zone, namespace, topic, JSON. Only the JSON may contain blanks.
func parse(line string) (Event, error) {
	if !utf8.ValidString(line) {
		return Event{}, invalid("not UTF-8")
	}
	parts := strings.SplitN(strings.TrimRight(line, "\r\n"), " ", 7)
	if len(parts) < 7 {
		return Event{}, invalid("%d fields, not the 7 of `ctr events`: date, time, offset, zone, namespace, topic, JSON", len(parts))
	}
	at, err := time.Parse("2006-01-02 15:04:05.999999999 -0700", strings.Join(parts[:3], " "))
	if err != nil {
		return Event{}, invalid("time %q: must be such as 2026-11-22 12:01:14.493772555 +0000", strings.Join(parts[:3], " "))
	}
	if at.Year() < 1970 || at.Year() > 9000 {
		return Event{}, invalid("time %q: must be between 1970 and 9000", at)
	}
	e := Event{Time: at.UTC(), Namespace: parts[4], Topic: parts[5]}
	if !strings.HasPrefix(e.Topic, "/") {
		return Event{}, invalid("topic %q: must begin with /", e.Topic)
	}
	if !json.Valid([]byte(parts[6])) {
		return Event{}, invalid("topic %s: its content is not JSON", e.Topic)
	}
	kind, known := topics[e.Topic]
	if !known {
		return e, nil
	}
	e.Body = kind.body()
	if err := json.Unmarshal([]byte(parts[6]), e.Body); err != nil {
		return Event{}, invalid("topic %s: %v", e.Topic, err)
	}
	if err := kind.check(e.Body); err != nil {
		return Event{}, fmt.Errorf("topic %s: %w", e.Topic, err)
	}
	if n, ok := e.Body.(*Namespace); ok {
		e.Namespace = n.Name
	}
	return e, nil
}

// A moment is a time in either of two forms: RFC 3339 in 1.6, seconds and nanoseconds in 2.x.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(data []byte) error {
	if bytes.HasPrefix(data, []byte(`"`)) {
		return m.Time.UnmarshalJSON(data)
	}
	var parts struct{ Seconds, Nanos int64 }
	if err := json.Unmarshal(data, &parts); err != nil {
		return err
	}
	m.Time = time.Unix(parts.Seconds, parts.Nanos).UTC()
	return nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf(format+": %w", append(args, errdefs.ErrInvalidArgument)...)
}
