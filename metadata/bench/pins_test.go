package bench

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
)

// pinners keep an old state of a database alive.
var pinners = []struct {
	name, title string
	pin         func(*memkv.DB) (release func() error, err error)
}{
	{"reader", "open reader", func(kv *memkv.DB) (func() error, error) {
		tx, err := kv.Begin(false)
		if err != nil {
			return nil, err
		}
		return tx.Rollback, nil
	}},
	{"fork", "fork", func(kv *memkv.DB) (func() error, error) {
		fork := kv.Fork()
		return func() error { return fork.Close() }, nil
	}},
}

// pinShares are the shares of the images that change while an old state is pinned, in percent.
var pinShares = []int{1, 10, 100}

// measurePin returns the bytes of the live heap that an old state pins after changes of labels.
func (db *agedDB) measurePin(name string) (values, error) {
	for _, p := range pinners {
		if p.name != name {
			continue
		}
		images := db.scattered()
		before := liveHeap()
		release, err := p.pin(db.kv)
		if err != nil {
			return nil, err
		}
		v := values{}
		changed := 0
		for _, share := range pinShares {
			until := len(images) * share / 100
			if err := db.inBulk(images[changed:until], objectsInTx, db.relabelImage); err != nil {
				return nil, err
			}
			changed = until
			v[pinUnit(share)] = liveHeap() - before
		}
		if err := release(); err != nil {
			return nil, err
		}
		v["released-B"] = liveHeap() - before
		runtime.KeepAlive(db)
		return v, nil
	}
	return nil, fmt.Errorf("nothing pins by the name %q", name)
}

func pinUnit(share int) string { return fmt.Sprintf("changed-%d%%-B", share) }

// scattered returns all images in an order that has no relation to that of their names.
func (db *agedDB) scattered() []int {
	list := numbers(db.groups * groupImages)
	newRand().Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// pins prints the block of pinned memory.
func (t agedTable) pins() string {
	var out strings.Builder
	for _, size := range scales {
		for _, p := range pinners {
			name := "Pins/" + size.name + "/" + p.name
			if !t.has(name) {
				continue
			}
			fmt.Fprintf(&out, "| %s, %s |", thousands(size.objects), p.title)
			for _, unit := range pinUnits() {
				bytes := int64(quantile(t.of(name, unit, implementations[0]), 2))
				fmt.Fprintf(&out, " %.2f MB |", float64(bytes)/1e6)
			}
			out.WriteString("\n")
		}
	}
	columns := make([]string, 0, len(pinShares)+1)
	for _, share := range pinShares {
		columns = append(columns, fmt.Sprintf("%d %% of the images changed", share))
	}
	return agedBlock(out.String(), append(columns, "after release")...)
}

func pinUnits() (units []string) {
	for _, share := range pinShares {
		units = append(units, pinUnit(share))
	}
	return append(units, "released-B")
}

// TestPins checks that an old state pins no more than a copy of the records that changed since, and nothing after its
// release.
func TestPins(t *testing.T) {
	db, err := newAgedDB(holdfast(t), 20*groupObjects)
	must(t, err)
	all := liveHeap()
	for _, p := range pinners {
		v, err := db.measurePin(p.name)
		must(t, err)
		t.Logf("%s: %v", p.name, v)
		const noise = 64 << 10
		if v[pinUnit(1)] > v[pinUnit(100)]+noise || v[pinUnit(100)] > all || v[pinUnit(100)] <= 0 {
			t.Errorf("%s pins %v of %d bytes", p.name, v, all)
		}
		if v["released-B"] > noise {
			t.Errorf("%s pins %d bytes after its release", p.name, v["released-B"])
		}
	}
}
