package profile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/containerd/errdefs"
)

// most is the largest file that Parse reads, in bytes.
const most = 1 << 20

// Parse reads a profile; the package documentation has the format. Name identifies the file in errors. Error:
// ErrInvalidArgument with the line, the key and the problem. Parse does not keep text.
func Parse(name string, text []byte) (*Profile, error) {
	p := &Profile{}
	if err := parse(p, text); err != nil {
		return nil, fmt.Errorf("profile %q: %w: %w", name, err, errdefs.ErrInvalidArgument)
	}
	return p, nil
}

func parse(p *Profile, text []byte) error {
	if len(text) > most {
		return fmt.Errorf("%d bytes are more than the most of %d", len(text), most)
	}
	document, err := read(text)
	if err != nil {
		return err
	}
	return p.parseNode(document)
}

// parseNode reads a profile from a file in either format.
func (p *Profile) parseNode(document *node) (err error) {
	if document, err = withBase(document); err != nil {
		return err
	}
	file, err := mapping(document, "file", fileKeys())
	if err != nil {
		return err
	}
	if p.Name, err = file.text("name"); err != nil {
		return err
	}
	if p.About, err = file.text("about"); err != nil {
		return err
	}
	for _, s := range sections {
		if file.values[s.name] == nil && s.optional {
			continue
		}
		if err := s.parse(p, file); err != nil {
			return err
		}
	}
	return nil
}

// fileKeys are the keys of a file without a base.
func fileKeys() []string {
	keys := []string{"name", "about"}
	for _, s := range sections {
		keys = append(keys, s.name)
	}
	return keys
}

// keys are the keys of a section.
func (s section) keys() (keys []string) {
	for _, r := range s.rows {
		keys = append(keys, r.key)
	}
	if s.day != nil {
		keys = append(keys, "day")
	}
	return keys
}

func (s section) parse(p *Profile, file fields) error {
	list, err := file.mapping(s.name, s.keys())
	if err != nil {
		return err
	}
	if s.begin != nil {
		s.begin(p)
	}
	for _, r := range s.rows {
		f, err := list.mapping(r.key, append(distributions(), "evidence", "source"))
		if err != nil {
			return err
		}
		if err := r.parse(r.field(p), f); err != nil {
			return err
		}
	}
	if s.day == nil {
		return nil
	}
	f, err := list.mapping("day", []string{"hours", "weekend", "evidence", "source"})
	if err != nil {
		return err
	}
	return parseDay(s.day(p), f)
}

func (r row) parse(into *Figure, f fields) (err error) {
	into.Unit, into.least = r.unit, r.least
	if into.Evidence, into.Source, err = f.evidence(); err != nil {
		return err
	}
	var given []string
	for _, kind := range distributions() {
		if f.values[kind] != nil {
			given = append(given, kind)
		}
	}
	if len(given) != 1 {
		return f.errorf("has %d distributions %q, not one of %s", len(given), given, strings.Join(distributions(), ", "))
	}
	at := slices.IndexFunc(forms, func(x form) bool { return x.name == given[0] })
	if into.distribution, err = forms[at].parse(f.values[given[0]], f.path+"."+given[0], r.unit); err != nil {
		return err
	}
	if r.unit == Rank {
		if _, ok := into.distribution.(zipf); !ok {
			return f.errorf("has to be a zipf")
		}
	}
	if middle := into.distribution.Quantile(0.5); middle < r.least {
		return f.errorf("has a median of %v, which is below %v", middle, r.least)
	}
	return nil
}

func parseDay(d *Day, f fields) (err error) {
	d.set = true
	if d.Evidence, d.Source, err = f.evidence(); err != nil {
		return err
	}
	hours, err := f.numbers("hours", Number)
	if err != nil {
		return err
	}
	sum := 0.0
	for _, h := range hours {
		sum += h
	}
	if len(hours) != 24 || sum <= 0 {
		return f.errorf("hours are %d numbers of sum %v, not 24 above 0", len(hours), sum)
	}
	for i, h := range hours {
		d.hours[i] = h * 24 / sum
	}
	weekend, err := f.text("weekend")
	if err != nil {
		return err
	}
	if d.weekend, err = Number.parse(weekend); err != nil {
		return f.errorf("weekend: %w", err)
	}
	return nil
}

// A node is a part of a file in either format.
type node struct {
	kind     kind
	line     int
	text     string  // of a scalar
	children []*node // the elements of a sequence; alternating keys and values of a mapping
	anchored bool    // it has an anchor or is an alias
}

type kind uint8

const (
	scalar kind = iota + 1
	sequence
	keyed
)
