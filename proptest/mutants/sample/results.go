package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
)

// An outcome is the result of the tests for one mutation.
type outcome string

const (
	detected outcome = "detected"
	survived outcome = "survived"
	invalid  outcome = "does not compile"
	same     outcome = "equivalent" // survived, and equivalent.txt has it
)

// In keys, limitMark precedes the limit of a run, and shortMark is of a run with -short.
// With someMark, the mutant survived at least some of the tests.
const (
	limitMark = " up to "
	shortMark = " in short"
	someMark  = " or some"
)

// An entry is a line of the log.
type entry struct {
	Key     string
	Outcome outcome
	Mutant  string
}

// known reads the log. A missing file is empty. With again, survivors are not known.
func (o options) known() (map[string]outcome, error) {
	known := map[string]outcome{}
	if o.log == "" {
		return known, nil
	}
	file, err := os.Open(o.log)
	if errors.Is(err, os.ErrNotExist) {
		return known, nil
	} else if err != nil {
		return nil, err
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		var e entry
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("%s, line %d: %w: remove the line", o.log, n, err)
		}
		if known[e.Key] = e.Outcome; e.Outcome == survived {
			tests, _, _ := strings.Cut(strings.TrimSuffix(e.Key, shortMark), limitMark)
			known[tests+someMark] = survived
			if o.again {
				delete(known, e.Key)
			}
		}
	}
	return known, lines.Err()
}

func (o options) keep(key string, result outcome, m mutation) error {
	if o.log == "" {
		return nil
	}
	line, err := json.Marshal(entry{key, result, m.String()})
	if err != nil {
		return err
	}
	file, err := os.OpenFile(o.log, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = file.Write(append(line, '\n'))
	return errors.Join(err, file.Close())
}

// interval returns Wilson's 95 % interval of a rate.
func interval(hits, n int) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	const z = 1.96
	p, size := float64(hits)/float64(n), float64(n)
	center := (p + z*z/(2*size)) / (1 + z*z/size)
	half := z / (1 + z*z/size) * math.Sqrt(p*(1-p)/size+z*z/(4*size*size))
	return max(center-half, 0), min(center+half, 1)
}
