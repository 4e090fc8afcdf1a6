package recorded

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"time"

	digest "github.com/opencontainers/go-digest"
)

// A Log has the lines of a daemon's log about collections.
type Log struct {
	Collections []LoggedCollection // in order of time
	Blobs       []LoggedBlob       // in order of time
}

// A LoggedCollection is a collection that succeeded.
type LoggedCollection struct {
	End   time.Time     // when it was logged
	Pause time.Duration // for which it blocked writers
}

// A LoggedBlob is a blob that a collection removed. The log does not name its namespace.
type LoggedBlob struct {
	Time   time.Time
	Digest digest.Digest
}

// The forms of the lines, after an optional prefix such as that of journald.
var (
	collectedLine = regexp.MustCompile(`time="([^"]+)" level=(?:trace|debug) msg="garbage collected" d="?([^" ]+)"?`)
	removedLine   = regexp.MustCompile(`time="([^"]+)" level=debug msg="remove content" key="([^"]+)"`)
)

// ReadLog reads the log of containerd in its text format, plain or compressed with gzip, to its end. It ignores lines
// about other subjects. Errors name the line: errdefs.ErrInvalidArgument for a line with an invalid time, duration or
// digest, and for a log without any collection; those of r.
func ReadLog(r io.Reader) (*Log, error) {
	in := bufio.NewReader(r)
	if magic, _ := in.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(in)
		if err != nil {
			return nil, fmt.Errorf("log: %w", err)
		}
		in = bufio.NewReader(io.LimitReader(unpacked, textMax))
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, lineMax)
	log, at := &Log{}, 0
	for lines.Scan() {
		at++
		if err := log.line(lines.Text()); err != nil {
			return nil, fmt.Errorf("line %d: %w", at, err)
		}
	}
	if err := lines.Err(); errors.Is(err, bufio.ErrTooLong) {
		return nil, fmt.Errorf("line %d: %w", at+1, invalid("longer than %d bytes", lineMax))
	} else if err != nil {
		return nil, fmt.Errorf("line %d: %w", at+1, err)
	}
	if len(log.Collections) == 0 {
		return nil, invalid(`no line with msg="garbage collected" among %d: containerd 2.x writes it at level trace, 1.x at level debug: `+
			`set level in [debug] of config.toml, format = "text", and record again`, at)
	}
	slices.SortStableFunc(log.Collections, func(a, b LoggedCollection) int { return a.End.Compare(b.End) })
	slices.SortStableFunc(log.Blobs, func(a, b LoggedBlob) int { return a.Time.Compare(b.Time) })
	return log, nil
}

func (l *Log) line(text string) error {
	found := collectedLine.FindStringSubmatch(text)
	collection := found != nil
	if !collection {
		if found = removedLine.FindStringSubmatch(text); found == nil {
			return nil
		}
	}
	at, err := time.Parse(time.RFC3339Nano, found[1])
	if err != nil {
		return invalid("time %q: must be such as 2026-11-22T12:01:14.493772555Z", found[1])
	}
	if !collection {
		d := digest.Digest(found[2])
		if err := d.Validate(); err != nil {
			return invalid("digest %q: %v", d, err)
		}
		l.Blobs = append(l.Blobs, LoggedBlob{at.UTC(), d})
		return nil
	}
	pause, err := time.ParseDuration(found[2])
	if err != nil || pause < 0 {
		return invalid("duration %q: must be such as 1.5ms", found[2])
	}
	l.Collections = append(l.Collections, LoggedCollection{at.UTC(), pause})
	return nil
}

// Pause returns the mean time for which a collection blocked writers.
func (l *Log) Pause() (mean time.Duration) {
	for _, c := range l.Collections {
		mean += c.Pause
	}
	return mean / time.Duration(len(l.Collections))
}
