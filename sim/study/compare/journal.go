package compare

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"

	"github.com/holdfast-gc/holdfast/sim/study/policy"
)

// A Journal has the results of finished nodes, so that studies with the same load need not simulate them again, also
// after an interruption. Its file is a header and one line of JSON for each node. Not safe for concurrent use; studies
// that share a journal run one after the other.
type Journal struct {
	header  journalHeader
	nodes   map[journalKey]json.RawMessage
	decided map[journalKey]policy.Decisions // of the nodes of this process, if known
	w       io.Writer                       // nil: memory alone
	begun   bool                            // the header is written
}

type journalHeader struct {
	Format string `json:"holdfast_journal"` // journalFormat
	Build  string `json:"build"`            // of the command: another one may have other results
	Load   string `json:"load"`             // digest of all that determines a node's results besides its policy and seed
}

const journalFormat = "2"

type journalKey struct {
	Policy string `json:"policy"` // with every parameter
	Seed   uint64 `json:"seed"`
	Origin int    `json:"origin,omitempty"` // index of the initial state
}

type journalLine struct {
	journalKey
	Results json.RawMessage `json:"results"`
}

// NewJournal returns an empty journal in memory for studies with the load of s. Build identifies the program. Error:
// ErrInvalidArgument for an invalid study, or one with custom policies.
func NewJournal(s Study, build string) (*Journal, error) {
	p, err := s.study()
	if err != nil {
		return nil, err
	}
	load, err := p.loadDigest()
	if err != nil {
		return nil, err
	}
	return &Journal{
		header: journalHeader{journalFormat, build, load},
		nodes:  map[journalKey]json.RawMessage{}, decided: map[journalKey]policy.Decisions{},
	}, nil
}

// Read adds the nodes of a journal's file, and returns the number of its whole bytes: a last line without its end was
// interrupted, and the next line belongs in its place. Error: ErrInvalidArgument for another file, or a journal of
// another load or build.
func (j *Journal) Read(data []byte) (whole int, err error) {
	for n := 1; ; n++ {
		line, _, ok := bytes.Cut(data[whole:], []byte("\n"))
		if !ok {
			return whole, nil
		}
		if err := j.read(line, n == 1); err != nil {
			return whole, lineError(n, err)
		}
		whole += len(line) + 1
	}
}

func (j *Journal) read(line []byte, first bool) error {
	if !first {
		var l journalLine
		if err := json.Unmarshal(line, &l); err != nil || len(l.Results) == 0 {
			return invalid("is no node of a journal")
		}
		j.nodes[l.journalKey] = l.Results
		return nil
	}
	var h journalHeader
	switch err := json.Unmarshal(line, &h); {
	case err != nil || h.Format != journalFormat:
		return invalid("is no journal of holdfast; name another file")
	case h.Build != j.header.Build:
		return invalid("written by another build, %s; name another file", h.Build)
	case h.Load != j.header.Load:
		return invalid("has nodes of another study: the profile, the databases, the days, the disk and the faults must be the same; name another file")
	}
	j.begun = true
	return nil
}

// AppendTo lets the journal write each node that finishes from now on.
func (j *Journal) AppendTo(w io.Writer) { j.w = w }

// Len returns the number of nodes in the journal.
func (j *Journal) Len() int { return len(j.nodes) }

func (j *Journal) add(key journalKey, results json.RawMessage) error {
	j.nodes[key] = results
	if j.w == nil {
		return nil
	}
	if !j.begun {
		j.begun = true
		if err := j.write(j.header); err != nil {
			return err
		}
	}
	return j.write(journalLine{key, results})
}

// write writes one line by one call, so that an interruption leaves at most one incomplete line.
func (j *Journal) write(value any) error {
	line, err := json.Marshal(value)
	if err == nil {
		_, err = j.w.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// Keep takes the results of nodes from a journal, and adds each node to it that finishes in Step or Run. The journal
// must be of this study's load. Error: ErrInvalidArgument.
func (r *Running) Keep(j *Journal) error {
	if load, err := r.study.loadDigest(); err != nil {
		return err
	} else if load != j.header.Load {
		return invalid("the journal is that of another load")
	}
	r.journal = j
	for i, c := range r.cells {
		if results, ok := j.nodes[c.key()]; ok {
			if err := r.SetNode(i, results); err != nil {
				return err
			}
			c.decided = j.decided[c.key()]
		}
	}
	return nil
}

func (c *cell) key() journalKey {
	return journalKey{c.policies[c.policy].spec(), c.Seed + uint64(c.seed), c.seed % len(c.origins)}
}

// record adds a finished cell to the journal.
func (r *Running) record(c *cell) error {
	if r.journal == nil || c.outcome == nil {
		return nil
	}
	results, err := json.Marshal(c.results())
	if err != nil {
		return err
	}
	r.journal.decided[c.key()] = c.decided
	return r.journal.add(c.key(), results)
}

// loadDigest returns a digest of all that determines the results of a node besides its policy and its seed.
func (p *plan) loadDigest() (string, error) {
	for _, c := range p.policies {
		if c.Own != nil {
			return "", invalid("a journal cannot keep the results of a custom policy")
		}
	}
	h := sha256.New()
	e := json.NewEncoder(h)
	if p.Load != nil {
		if err := e.Encode(p.Load); err != nil {
			return "", err
		}
	} else {
		fmt.Fprintf(h, "%q %q\n", p.Profile, p.ProfileText)
	}
	fmt.Fprintln(h, p.Days, p.Disk, p.other)
	if p.Faults != (Faults{}) {
		fmt.Fprintln(h, p.Faults)
	}
	for _, o := range p.origins {
		if fmt.Fprintf(h, "%d %q\n", o.start.UnixNano(), o.name); o.engine != nil {
			fmt.Fprintln(h, o.engine.Hash())
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// Partial returns the result of the nodes that all policies have finished: with the seeds from the first on, up to the
// first seed that some policy has not finished. It is false if there are none.
func (r *Running) Partial() (*Result, bool) {
	done := r.study.Seeds
	for _, c := range r.cells {
		if c.outcome == nil {
			done = min(done, c.seed)
		}
	}
	if done == 0 {
		return nil, false
	}
	p := *r.study
	p.Seeds = done
	return p.result(r.cells[:done*len(p.policies)]), true
}
