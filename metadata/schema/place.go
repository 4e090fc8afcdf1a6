package schema

import (
	"slices"
	"strings"
	"sync"

	"github.com/holdfast-gc/holdfast/metadata/rules"
)

// A place is one row of the schema: the path, form and meaning of a value or bucket.
type place struct {
	// path has the names of the buckets and of the value, separated by "/". A name in braces matches any name.
	path     string
	form     *form // nil: a bucket
	required bool  // a record without it is damaged
	means    string
}

// schemaPlaces are the places outside the records of objects. kinds has the paths of the records.
var schemaPlaces = []place{
	{path: "v1", means: "all records, by namespace"},
	{path: "v1/version", form: &formVarint, required: true, means: "the version of the schema"},
	{path: "v1/{namespace}", means: "a namespace"},
	{path: "v1/{namespace}/labels/{label}", form: &formText, means: "a label of the namespace"},
	{path: "v1/{namespace}/snapshots/{snapshotter}", means: "the snapshots of one snapshotter"},
	{path: "v1/{namespace}/content/ingest/{ref}", form: &formText, means: "an ingest in schema 1"},
	{path: "{namespace}", means: "a namespace with the sandboxes of containerd 1.7"},
}

// unmigratedSandbox is the path of a sandbox in containerd 1.7. The record is the same as in later versions.
const unmigratedSandbox = "{namespace}/sandboxes/{sandbox}"

// recordPlaces are the places in the records of objects, with the kinds that have each place. The paths begin at the
// record.
var recordPlaces = []struct {
	kinds string
	place
}{
	{"lease snapshot content image container sandbox", place{"createdat", &formTime, true, "the time of creation"}},
	{"snapshot content image container sandbox", place{"updatedat", &formTime, true, "the time of the last change"}},
	{"lease snapshot content image container sandbox", place{"labels/{label}", &formText, false, "a label"}},

	{"image", place{"target/digest", &formDigest, true, "the digest of the image's manifest or index"}},
	{"image", place{"target/mediatype", &formText, true, "the media type of the image's manifest or index"}},
	{"image", place{"target/size", &formVarint, true, "the size of the image's manifest or index, in bytes"}},
	{"image", place{"annotations/{annotation}", &formText, false, "an annotation of the image's descriptor"}},

	{"content", place{"size", &formVarint, true, "the size of the blob, in bytes"}},

	{"ingest", place{"ref", &formText, true, "the name of the ingest in the content store"}},
	{"ingest", place{"expireat", &formTime, false, "the time until which the ingest stays without a lease"}},
	{"ingest", place{"expected", &formDigest, false, "the digest that the client expects"}},

	{"snapshot", place{"name", &formText, true, "the name of the snapshot in the snapshotter"}},
	{"snapshot", place{"parent", &formText, false, "the key of the parent snapshot"}},
	{"snapshot", place{"children/{key}", &formMarker, false, "the key of a child snapshot"}},

	{"container", place{"image", &formText, false, "the name of its image"}},
	{"container", place{"snapshotter", &formText, false, "the snapshotter of its root file system"}},
	{"container", place{"snapshotKey", &formText, false, "the key of its root file system's snapshot"}},
	{"container", place{"sandboxid", &formText, false, "the ID of its sandbox"}},
	{"container", place{"spec", &formAny, true, "its runtime specification"}},
	{"sandbox", place{"spec", &formAny, false, "its runtime specification"}},
	{"sandbox", place{"sandboxer", &formText, false, "the sandbox controller that runs it"}},
	{"container sandbox", place{"runtime/name", &formText, true, "the name of its runtime"}},
	{"container sandbox", place{"runtime/options", &formAny, false, "options for its runtime"}},
	{"container sandbox", place{"extensions/{name}", &formAny, false, "an extension of a client"}},

	{"lease", place{"content/{digest}", &formMarker, false, "a blob that the lease holds"}},
	{"lease", place{"images/{image}", &formMarker, false, "an image that the lease holds"}},
	{"lease", place{"ingests/{ref}", &formMarker, false, "an ingest that the lease holds"}},
	{"lease", place{"snapshots/{snapshotter}/{key}", &formMarker, false, "a snapshot that the lease holds"}},
}

// A site is a node in the tree of all places. A site without a row is a plain bucket.
type site struct {
	place
	record   *Kind // the kind of object with its record here; nil elsewhere
	children map[string]*site
	any      *site    // the child for all other names; nil if there is none
	needed   []string // the paths of required values below this bucket
}

// places is the tree of all places.
var places = sync.OnceValue(func() *site {
	root := &site{}
	for _, p := range schemaPlaces {
		root.add(p)
		if at, name, ok := strings.Cut(p.path, "/"); ok && p.required {
			root.children[at].needed = append(root.children[at].needed, name)
		}
	}
	for i := range kinds {
		path := "v1/{namespace}/" + strings.Join(kinds[i].Path, "/") + "/{" + kinds[i].Name + "}"
		if kinds[i].Scoped {
			path = "v1/{namespace}/" + strings.Join(kinds[i].Path, "/") + "/{snapshotter}/{" + kinds[i].Name + "}"
		}
		root.addRecord(path, &kinds[i])
		if kinds[i].Resource == rules.ResourceSandbox {
			root.addRecord(unmigratedSandbox, &kinds[i])
		}
	}
	return root
})

func (s *site) addRecord(path string, k *Kind) {
	record := s.add(place{path: path, means: "a record of kind " + k.Name})
	record.record = k
	for _, row := range recordPlaces {
		if !slices.Contains(strings.Fields(row.kinds), k.Name) {
			continue
		}
		record.add(row.place)
		if row.required {
			record.needed = append(record.needed, row.path)
		}
	}
}

// add inserts a place at its path below s. It inserts plain buckets for missing sites on the way.
func (s *site) add(p place) *site {
	for name := range strings.SplitSeq(p.path, "/") {
		next := s.any
		if !strings.HasPrefix(name, "{") {
			next = s.children[name]
		}
		if next == nil {
			next = &site{}
			if strings.HasPrefix(name, "{") {
				s.any = next
			} else {
				if s.children == nil {
					s.children = map[string]*site{}
				}
				s.children[name] = next
			}
		}
		s = next
	}
	s.place = p
	return s
}

// at returns the site of a name in s, or nil if the schema has none. s can be nil.
func (s *site) at(name string) *site {
	if s == nil {
		return nil
	}
	if child, ok := s.children[name]; ok {
		return child
	}
	return s.any
}
