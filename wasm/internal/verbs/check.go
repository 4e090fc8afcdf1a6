package verbs

import (
	"bytes"

	"github.com/holdfast-gc/holdfast/memkv"
	"github.com/holdfast-gc/holdfast/memkv/boltfile"
	"github.com/holdfast-gc/holdfast/metadata/examine"
	"github.com/holdfast-gc/holdfast/wasm/internal/abi"
)

// A checking checks the pages of a database, its records, and the node around them if it came in an archive. As a job,
// one unit is one phase.
type checking struct {
	data     []byte // the file or archive; the database file after the first phase
	options  examine.FsckOptions
	pages    boltfile.Report
	db       *memkv.DB // everything that can be read; nil if nothing can
	previous *examine.Previous
	old      *examine.OldRecords // nil if no records may be lost
	result   *examine.Fsck       // nil until the last phase
	did      int                 // finished phases
}

// checkPhases are the phases of a check in order.
var checkPhases = []struct {
	name abi.CheckPhase
	run  func(*checking) error
}{
	{abi.OpenPhase, (*checking).open},
	{abi.PagesPhase, (*checking).checkPages},
	{abi.ReadPhase, (*checking).read},
	{abi.RecordsPhase, (*checking).checkRecords},
}

// keptAbove is the number of bytes from which a job keeps the body of its request instead of a copy.
const keptAbove = 1 << 20

// check checks the database in the body, or begins the job that does.
func check(c *call) (any, []byte, error) {
	args, err := decodeArgs[abi.Check](c)
	if err != nil {
		return nil, nil, err
	}
	j := &checking{data: c.body, options: examine.FsckOptions{Verify: args.Verify}}
	if j.options.Options, err = optionsOf(args.Examination); err != nil {
		return nil, nil, err
	}
	if args.Job {
		if len(j.data) < keptAbove {
			j.data = bytes.Clone(j.data) // the host may use a small buffer again
		}
		begun, err := c.nodes.addJob(j)
		return begun, nil, err
	}
	_, _, err = j.step(len(checkPhases))
	return j.result, nil, err
}

func (j *checking) step(units int) (s abi.StepResult, body []byte, err error) {
	for ; units > 0 && j.did < len(checkPhases); units-- {
		if err := checkPhases[j.did].run(j); err != nil {
			return s, nil, err
		}
		j.did++
	}
	s = abi.StepResult{Done: j.result != nil, Did: j.did, Of: len(checkPhases)}
	if s.Done {
		s.Progress, s.Result = abi.CheckProgress{}, j.result
	} else {
		s.Progress = abi.CheckProgress{Phase: checkPhases[j.did].name}
	}
	return s, nil, nil
}

func (j *checking) stop() {}

func (j *checking) open() (err error) {
	if j.data, j.options.Disk, err = databaseOf(j.data); err != nil {
		return openError(err)
	}
	return nil
}

func (j *checking) checkPages() (err error) {
	if j.pages, err = boltfile.CheckBytes(j.data); err != nil {
		return openError(err)
	}
	j.options.Pages = &j.pages
	return nil
}

// read reads the database as far as possible. A damaged file is no error.
func (j *checking) read() (err error) {
	var losses boltfile.Salvage
	if j.db, err = boltfile.ReadBytes(j.data); err == nil {
		j.searchUnused(&losses)
		return nil
	}
	if len(j.pages.Faults) == 0 {
		return openError(err)
	}
	salvage := boltfile.WithSalvage(&losses)
	if j.db, err = boltfile.ReadBytes(j.data, salvage); err != nil {
		return nil // the report has the faults
	}
	before, err := boltfile.ReadBytes(j.data, boltfile.WithPrevious())
	j.options.Lost, j.previous = examine.LostParts(&losses), examine.ComparePrevious(j.db, before, err)
	j.searchUnused(&losses, salvage)
	return nil
}

// searchUnused counts the records in unused pages if records may be lost.
func (j *checking) searchUnused(losses *boltfile.Salvage, options ...boltfile.ReadOption) {
	if !examine.MayLose(j.pages.Faults) {
		return
	}
	found := examine.NewScavenge()
	if db, err := boltfile.ReadBytes(j.data, append(options, boltfile.WithScavenge(found))...); err == nil {
		j.old, _ = examine.CountOldRecords(db, losses, found)
	}
}

func (j *checking) checkRecords() (err error) {
	if j.result, err = examine.Check(j.db, j.options); err != nil {
		return openError(err)
	}
	j.result.Previous, j.result.OldRecords = j.previous, j.old
	return nil
}
