package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A damage is one way to break the file that damageable makes.
type damage struct {
	name  string
	apply func(f *surgery)
}

// A surgery gives damages access to the parts of a file. Afterwards seal recomputes the checksums of the metas.
type surgery struct {
	data     []byte
	pageSize int
	unsealed bool // keep the checksums as they are
}

func (s *surgery) page(id int) []byte { return s.data[id*s.pageSize:] }

// find returns the page that contains a key with this prefix, and its element.
func (s *surgery) find(flag uint16, prefix string) (page int, element []byte) {
	for id := firstDataPage; id < len(s.data)/s.pageSize; id++ {
		b := s.page(id)
		h := decodeHeader(b)
		if h.flags != flag || h.id != uint64(id) {
			continue
		}
		for i := range int(h.count) {
			at := headerSize + i*elementSize
			e := decodeLeafElement(b, at)
			if flag == branchFlag {
				e = decodeBranchElement(b, at)
			}
			if strings.HasPrefix(string(b[e.start:e.start+e.keyLength]), prefix) {
				return id, b[at:]
			}
		}
	}
	panic("no key " + prefix)
}

// value returns the value of a leaf element.
func (s *surgery) value(key string) []byte {
	page, at := s.find(leafFlag, key)
	b := s.page(page)
	e := decodeLeafElement(b, len(b)-len(at))
	return b[e.start+e.keyLength : e.end()]
}

func (s *surgery) metas(change func(meta []byte)) {
	change(s.page(0))
	change(s.page(1))
}

// damageable returns a small file with a branch page, overflow, an inline bucket, and two free pages.
func damageable() *surgery {
	const pageSize = 1024
	var tall tree
	for i := range 90 {
		tall.items = append(tall.items, item{key: fmt.Sprintf("tall %02d", i), value: bytes.Repeat([]byte{'v'}, 40)})
	}
	wide := &tree{items: []item{{key: "wide", value: bytes.Repeat([]byte("w"), 3000)}}}
	inline := &tree{sequence: 5, items: []item{{key: "x", value: []byte("1")}, {key: "y", value: []byte("2")}}}
	root := &tree{items: []item{{key: "branchy", sub: &tall}, {key: "inline", sub: inline}, {key: "overflowing", sub: wide}}}

	var b bytes.Buffer
	if _, err := Write(&b, root, Options{PageSize: pageSize}); err != nil {
		panic(err)
	}
	s := &surgery{data: append(b.Bytes(), make([]byte, 2*pageSize)...), pageSize: pageSize}
	pages := uint64(len(s.data) / pageSize)
	s.metas(func(m []byte) { le.PutUint64(m[56:], pages) })
	free := s.page(firstDataPage)
	le.PutUint16(free[10:], 2)
	le.PutUint64(free[16:], pages-2)
	le.PutUint64(free[24:], pages-1)
	s.seal()
	return s
}

func (s *surgery) seal() {
	for id := range 2 {
		if len(s.data) >= id*s.pageSize+metaSize {
			le.PutUint64(s.page(id)[checksumOffset:], checksum(s.page(id)))
		}
	}
}

var damages = []damage{
	{"nothing", func(s *surgery) {}},
	{"empty file", func(s *surgery) { s.data = nil }},
	{"ten bytes", func(s *surgery) { s.data = []byte("0123456789") }},
	{"a text", func(s *surgery) { s.data = bytes.Repeat([]byte("not a database. "), 1000) }},
	{"cut inside the first meta page", func(s *surgery) { s.data = s.data[:40] }},
	{"cut after the first meta page", func(s *surgery) { s.data = s.data[:1024] }},
	{"cut before the last page", func(s *surgery) { s.data = s.data[:len(s.data)-1] }},
	{"format version 1", func(s *surgery) { s.metas(func(m []byte) { m[20] = 1 }) }},
	{"meta page 0 overwritten", func(s *surgery) { clear(s.page(0)[:1024]); s.unsealed = true }},
	{"meta page 1 with a wrong checksum", func(s *surgery) { s.page(1)[33]++; s.unsealed = true }},
	{"both meta pages with a wrong checksum", func(s *surgery) { s.metas(func(m []byte) { m[64]++ }); s.unsealed = true }},
	{"page size 3000", func(s *surgery) { s.metas(func(m []byte) { le.PutUint32(m[24:], 3000) }) }},
	{"page size 0", func(s *surgery) { s.metas(func(m []byte) { le.PutUint32(m[24:], 0) }) }},
	{"page size 4096", func(s *surgery) { s.metas(func(m []byte) { le.PutUint32(m[24:], 4096) }) }},
	{"2^63 pages", func(s *surgery) { s.metas(func(m []byte) { le.PutUint64(m[56:], 1<<63) }) }},
	{"no pages", func(s *surgery) { s.metas(func(m []byte) { le.PutUint64(m[56:], 0) }) }},
	{"root page 0", func(s *surgery) { s.metas(func(m []byte) { le.PutUint64(m[32:], 0) }) }},
	{"root page outside", func(s *surgery) { s.metas(func(m []byte) { le.PutUint64(m[32:], 1<<40) }) }},
	{"root is the freelist", func(s *surgery) { s.metas(func(m []byte) { le.PutUint64(m[32:], 2) }) }},
	{"freelist outside", func(s *surgery) { s.metas(func(m []byte) { le.PutUint64(m[48:], 1<<40) }) }},
	{"freelist is a leaf", func(s *surgery) { s.metas(func(m []byte) { le.PutUint64(m[48:], 3) }) }},

	{"page number wrong", func(s *surgery) { p, _ := s.find(leafFlag, "tall 20"); s.page(p)[0] = 99 }},
	{"page with two flags", func(s *surgery) { p, _ := s.find(branchFlag, "tall"); s.page(p)[8] = 3 }},
	{"page zeroed", func(s *surgery) { p, _ := s.find(leafFlag, "tall 20"); clear(s.page(p)[:1024]) }},
	{"too many elements", func(s *surgery) { p, _ := s.find(leafFlag, "tall 20"); le.PutUint16(s.page(p)[10:], 0xFFFF) }},
	{"branch without elements", func(s *surgery) { p, _ := s.find(branchFlag, "tall"); le.PutUint16(s.page(p)[10:], 0) }},
	{"branch with too many elements", func(s *surgery) { p, _ := s.find(branchFlag, "tall"); le.PutUint16(s.page(p)[10:], 0xFFFF) }},
	{"overflow beyond the file", func(s *surgery) { p, _ := s.find(leafFlag, "wide"); le.PutUint32(s.page(p)[12:], 1<<31) }},
	{"overflow onto another page", func(s *surgery) { p, _ := s.find(leafFlag, "tall 00"); le.PutUint32(s.page(p)[12:], 3) }},
	{"overflow too short", func(s *surgery) { p, _ := s.find(leafFlag, "wide"); le.PutUint32(s.page(p)[12:], 1) }},

	{"key far outside", func(s *surgery) { _, e := s.find(leafFlag, "tall 20"); le.PutUint32(e[4:], 0xFFFFFFFF) }},
	{"key of 4 GiB", func(s *surgery) { _, e := s.find(leafFlag, "tall 20"); le.PutUint32(e[8:], 0xFFFFFFFF) }},
	{"value of 4 GiB", func(s *surgery) { _, e := s.find(leafFlag, "tall 20"); le.PutUint32(e[12:], 0xFFFFFFFF) }},
	{"empty key", func(s *surgery) { _, e := s.find(leafFlag, "tall 20"); le.PutUint32(e[8:], 0) }},
	{"two elements share their bytes", func(s *surgery) {
		_, a := s.find(leafFlag, "tall 20")
		_, b := s.find(leafFlag, "tall 21")
		copy(b[:16], a[:16])
		le.PutUint32(b[4:], le.Uint32(b[4:])-16)
	}},
	{"element data inside the elements", func(s *surgery) { _, e := s.find(leafFlag, "tall 20"); le.PutUint32(e[4:], 0) }},
	{"unknown element flags", func(s *surgery) { _, e := s.find(leafFlag, "tall 20"); e[0] = 6 }},
	{"keys swapped", func(s *surgery) {
		p, _ := s.find(leafFlag, "tall 20")
		at := bytes.Index(s.page(p), []byte("tall 20"))
		copy(s.page(p)[at:], "tall 22")
	}},
	{"key below its page's range", func(s *surgery) {
		_, e := s.find(branchFlag, "tall 1")
		page := int(le.Uint64(e[8:]))
		at := bytes.Index(s.page(page), []byte("tall 1"))
		copy(s.page(page)[at:], "tall 0")
	}},
	{"key above its page's range", func(s *surgery) {
		p, _ := s.find(leafFlag, "tall 00")
		at := bytes.LastIndex(s.page(p)[:1024], []byte("tall 1"))
		copy(s.page(p)[at:], "tall 8")
	}},
	{"branch keys swapped", func(s *surgery) {
		p, _ := s.find(branchFlag, "tall")
		at := bytes.Index(s.page(p), []byte("tall 1"))
		copy(s.page(p)[at:], "tall 8")
	}},
	{"branch key outside", func(s *surgery) { _, e := s.find(branchFlag, "tall 1"); le.PutUint32(e[4:], 5000) }},
	{"branch that is its own child", func(s *surgery) {
		p, e := s.find(branchFlag, "tall 1")
		le.PutUint64(e[8:], uint64(p))
	}},
	{"child on the root's page", func(s *surgery) {
		_, e := s.find(branchFlag, "tall 1")
		le.PutUint64(e[8:], le.Uint64(s.page(0)[32:]))
	}},
	{"two branch elements with one child", func(s *surgery) {
		_, a := s.find(branchFlag, "tall 00")
		_, b := s.find(branchFlag, "tall 1")
		copy(b[8:16], a[8:16])
	}},
	{"child outside", func(s *surgery) { _, e := s.find(branchFlag, "tall 1"); le.PutUint64(e[8:], 1<<60) }},
	{"child is a meta page", func(s *surgery) { _, e := s.find(branchFlag, "tall 1"); le.PutUint64(e[8:], 1) }},

	{"bucket with a value that is too short", func(s *surgery) { _, e := s.find(leafFlag, "overflowing"); le.PutUint32(e[12:], 8) }},
	{"bucket on the page that names it", func(s *surgery) {
		p, _ := s.find(leafFlag, "overflowing")
		le.PutUint64(s.value("overflowing"), uint64(p))
	}},
	{"bucket outside", func(s *surgery) { le.PutUint64(s.value("overflowing"), 1<<50) }},
	{"two buckets on one page", func(s *surgery) { copy(s.value("overflowing")[:8], s.value("branchy")[:8]) }},
	{"inline page without a header", func(s *surgery) { clear(s.value("overflowing")[:8]) }},
	{"inline page that is a branch", func(s *surgery) { s.value("inline")[16+8] = branchFlag }},
	{"inline page with too many elements", func(s *surgery) { s.value("inline")[16+10] = 200 }},
	{"inline value outside", func(s *surgery) { le.PutUint32(s.value("inline")[16+16+12:], 1000) }},
	{"inline keys swapped", func(s *surgery) { v := s.value("inline"); copy(v[bytes.LastIndexByte(v, 'y'):], "a") }},
	{"bucket in an inline bucket", func(s *surgery) { s.value("inline")[16+16] = bucketFlag }},

	{"freelist with too many pages", func(s *surgery) { le.PutUint16(s.page(2)[10:], 0xFFF0) }},
	{"freelist of 2^64 pages", func(s *surgery) {
		le.PutUint16(s.page(2)[10:], manyFree)
		le.PutUint64(s.page(2)[16:], ^uint64(0))
	}},
	{"page in use is free", func(s *surgery) { p, _ := s.find(leafFlag, "tall 20"); le.PutUint64(s.page(2)[16:], uint64(p)) }},
	{"page free twice", func(s *surgery) { copy(s.page(2)[16:24], s.page(2)[24:32]) }},
	{"free page outside", func(s *surgery) { le.PutUint64(s.page(2)[16:], 1<<45) }},
	{"two pages lost", func(s *surgery) { le.PutUint16(s.page(2)[10:], 0) }},
}

// TestFaults compares the results of Walk and Check for each damage with testdata/faults.txt. Review the diff: each
// message must name the place and the fault.
func TestFaults(t *testing.T) {
	var b strings.Builder
	for _, d := range damages {
		s := damageable()
		d.apply(s)
		if !s.unsealed {
			s.seal()
		}
		fmt.Fprintf(&b, "%s\n", d.name)
		describeFaults(t, &b, s.data)
	}
	golden(t, "faults.txt", b.String())
}

func describeFaults(t *testing.T, b *strings.Builder, data []byte) {
	t.Helper()
	f, err := OpenBytes(data)
	paged, errPaged := Open(bytes.NewReader(data), int64(len(data)))
	if fmt.Sprint(err) != fmt.Sprint(errPaged) {
		t.Errorf("Open says %v, OpenBytes %v", errPaged, err)
	}
	if err != nil {
		fmt.Fprintf(b, "\topen:  %v\n", err)
		mustBeFault(t, err)
		return
	}
	_, err = readTree(f)
	_, errPaged = readTree(paged)
	if fmt.Sprint(err) != fmt.Sprint(errPaged) {
		t.Errorf("page by page: %v; in memory: %v", errPaged, err)
	}
	if err == nil {
		fmt.Fprintf(b, "\tread:  fine\n")
	} else {
		fmt.Fprintf(b, "\tread:  %v\n", err)
		mustBeFault(t, err)
	}
	report, err := f.Check()
	if err != nil {
		t.Error(err)
	}
	for _, fault := range report.Faults {
		fmt.Fprintf(b, "\tcheck: %v\n", fault)
		mustBeFault(t, fault)
	}
	if len(report.Faults) == 0 {
		fmt.Fprintf(b, "\tcheck: fine: %d buckets, %d keys, %d pages used, %d free\n", report.Buckets, report.Keys, report.UsedPages, report.FreePages)
	}
}

var classes = []error{ErrNotBolt, ErrVersion, ErrChecksum, ErrMeta, ErrTruncated, ErrPage, ErrReused, ErrElement, ErrOrder, ErrBucket, ErrDepth, ErrFreelist, ErrRead}

// mustBeFault checks that err is a fault of exactly one class.
func mustBeFault(t testing.TB, err error) {
	t.Helper()
	var fault *Fault
	if !errors.As(err, &fault) {
		t.Fatalf("%v: not a *Fault", err)
	}
	n := 0
	for _, class := range classes {
		if errors.Is(err, class) {
			n++
		}
	}
	if n != 1 {
		t.Fatalf("%v: is of %d classes", err, n)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range min(len(gotLines), len(wantLines)) {
		if gotLines[i] != wantLines[i] {
			t.Fatalf("%s:%d (go test -update rewrites it)\n got %s\nwant %s", path, i+1, gotLines[i], wantLines[i])
		}
	}
	if len(gotLines) != len(wantLines) {
		t.Fatalf("%s: %d lines, got %d", path, len(wantLines), len(gotLines))
	}
}

// A truncated file gives an error.
func TestTruncated(t *testing.T) {
	data := mustWrite(t, sample(), Options{})
	for n := 0; n < len(data); n += 1 + n/200 {
		f, err := OpenBytes(data[:n:n])
		if err == nil {
			t.Fatalf("%d of %d bytes: opened, %+v", n, len(data), f.Info())
		}
		mustBeFault(t, err)
	}
}

// Flipped bits never cause a panic, nor output larger than the file.
func TestFlippedBits(t *testing.T) {
	const seed = 5
	r := rand.New(rand.NewPCG(seed, 0))
	base := damageable().data
	for range 2_000 {
		data := bytes.Clone(base)
		for range 1 + r.IntN(3) {
			data[r.IntN(len(data))] ^= 1 << r.IntN(8)
		}
		survives(t, data)
	}
}

// survives reads data in every way and checks the properties that hold for arbitrary bytes.
func survives(t testing.TB, data []byte) {
	t.Helper()
	f, err := OpenBytes(data)
	if err != nil {
		mustBeFault(t, err)
		return
	}
	b := newBuilder(f.RootSequence())
	err = f.Walk(b)
	if err != nil {
		mustBeFault(t, err)
	}
	if b.bytes > len(data) {
		t.Fatalf("emitted %d bytes of a file of %d", b.bytes, len(data))
	}
	report, checkErr := f.Check()
	if checkErr != nil {
		t.Fatal(checkErr)
	}
	for _, fault := range report.Faults {
		mustBeFault(t, fault)
	}
	if err != nil && len(report.Faults) == 0 {
		t.Fatalf("Walk says %v, Check nothing", err)
	}
	if report.UsedPages > report.Pages {
		t.Fatalf("%d of %d pages used", report.UsedPages, report.Pages)
	}
	paged, err2 := Open(bytes.NewReader(data), int64(len(data)))
	if err2 != nil {
		t.Fatal(err2)
	}
	if _, err2 = readTree(paged); fmt.Sprint(err) != fmt.Sprint(err2) {
		t.Fatalf("in memory: %v; page by page: %v", err, err2)
	}
}

// Endless chains of pages and of buckets end at a limit.
func TestDepth(t *testing.T) {
	const pageSize, rows = 1024, MaxBucketDepth + 10
	for name, element := range map[string]entry{
		"branches": {key: []byte("k")},
		"buckets":  {key: []byte("k"), value: make([]byte, bucketHeaderSize), flags: bucketFlag},
	} {
		data := make([]byte, (firstDataPage+rows)*pageSize)
		for i := range rows {
			id := uint64(firstDataPage + i)
			flag := uint16(leafFlag)
			if element.value == nil {
				flag = branchFlag
				element.child = id + 1
			} else {
				le.PutUint64(element.value, id+1)
			}
			encodePage(data[id*pageSize:][:pageSize], header{id: id, flags: flag}, []entry{element})
		}
		m := meta{pageSize: pageSize, root: firstDataPage, freelist: noFreelist, pages: firstDataPage + rows}
		for id := range uint64(2) {
			m.encode(data[id*pageSize:], id)
		}
		f, err := OpenBytes(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Walk(newBuilder(0)); !errors.Is(err, ErrDepth) {
			t.Errorf("%s: %v", name, err)
		}
	}

	deep := &tree{}
	for range MaxBucketDepth {
		deep = &tree{items: []item{{key: "k", sub: deep}}}
	}
	var out bytes.Buffer
	if _, err := Write(&out, deep, Options{PageSize: pageSize}); err != nil {
		t.Fatal(err)
	}
	f, err := OpenBytes(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Walk(newBuilder(0)); err != nil {
		t.Error("a tree of maximum depth can be written but not read:", err)
	}
	if _, err := Write(&out, &tree{items: []item{{key: "k", sub: deep}}}, Options{}); !errors.Is(err, errTooDeep) {
		t.Errorf("one level more: %v", err)
	}
}
