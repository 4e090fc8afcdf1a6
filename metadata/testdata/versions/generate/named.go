package main

import (
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// named are databases that each test one question, which is their name.
var named = map[string]func() tree{
	"empty":                        func() tree { return tree{} },
	"schema-bucket-missing":        schemaMissing,
	"version-missing":              func() tree { return oldSchema(nil) },
	"version-empty":                func() tree { return oldSchema([]byte{}) },
	"version-overflows":            func() tree { return oldSchema([]byte(strings.Repeat("\xff", 11))) },
	"version-negative":             func() tree { return oldSchema(binary.AppendVarint(nil, -1)) },
	"version-0":                    func() tree { return oldSchema(binary.AppendVarint(nil, 0)) },
	"version-1":                    func() tree { return oldSchema(binary.AppendVarint(nil, 1)) },
	"version-2":                    func() tree { return oldSchema(binary.AppendVarint(nil, 2)) },
	"version-3":                    func() tree { return oldSchema(binary.AppendVarint(nil, 3)) },
	"version-4":                    func() tree { return oldSchema(binary.AppendVarint(nil, 4)) },
	"version-5":                    func() tree { return oldSchema(binary.AppendVarint(nil, 5)) },
	"version-is-a-bucket":          versionBucket,
	"sandboxes-merge":              sandboxesMerge,
	"sandboxes-of-namespace-v1":    sandboxesOfV1,
	"sandboxes-two-levels-down":    sandboxesDeep,
	"sandboxes-value-meets-bucket": sandboxesConflict,
	"children-is-a-value":          childrenValue,
	"expireat-undecodable":         func() tree { return badExpireAt("not a time") },
	"expireat-empty":               func() tree { return badExpireAt("") },
	"snapshotter-with-slash":       slashSnapshotter,
	"snapshotter-with-slash-twin":  slashSnapshotterTwin,
	"dead-nodes":                   deadNodes,
	"flat":                         flat,
	"conditions":                   conditions,
	"condition-keys":               conditionKeys,
	"condition-owners":             conditionOwners,
	"used-values":                  usedValues,
	"label-names":                  labelNames,
	"label-owners":                 labelOwners,
	"times":                        times,
	"buckets-for-values":           bucketsForValues,
	"values-for-buckets":           valuesForBuckets,
	"image-targets":                imageTargets,
	"long-chain":                   longChain,
	"namespaces-apart":             namespacesApart,
}

// aboutTime are the named databases that are collected at additional times.
var aboutTime = map[string]bool{"conditions": true, "condition-owners": true, "dead-nodes": true, "times": true, "used-values": true}

const (
	ref  = "containerd.io/gc.ref."
	bref = "containerd.io/gc.bref."
	root = "containerd.io/gc.root"
)

// current returns an empty database of schema 4 and its namespace "default".
func current() (db, ns tree) {
	db = tree{}
	db.at("v1")["version"] = binary.AppendVarint(nil, 4)
	return db, db.at("v1", "default")
}

func (t tree) blob(name string, labels ...string) { t.at("content", "blob", name).label(labels...) }

func (t tree) snapshot(key, parent string, labels ...string) {
	s := t.at("snapshots", "native", key)
	s.put("name", key)
	if parent != "" {
		s.put("parent", parent)
	}
	s.label(labels...)
}

func (t tree) image(name, target string, labels ...string) {
	t.at("images", name, "target").put("digest", target)
	t.at("images", name).label(labels...)
}

// label adds labels, given as alternating keys and values.
func (t tree) label(labels ...string) {
	for i := 0; i < len(labels); i += 2 {
		t.at("labels").put(labels[i], labels[i+1])
	}
}

func text(t time.Time) string { return t.Format(time.RFC3339Nano) }

var past, future = text(base.Add(-time.Hour)), text(base.Add(time.Hour))

func schemaMissing() tree {
	db := tree{}
	db.at("default", "sandboxes", "pod").put("spec", "x")
	return db
}

// oldSchema contains the records that each migration changes.
func oldSchema(version []byte) tree {
	db, ns := current()
	db.at("v1")["version"] = version
	if version == nil {
		delete(db.at("v1"), "version")
	}
	ns.at("content", "ingest").put("upload", "backend-1")
	ns.at("content", "ingest").put("leased", "backend-2")
	ns.at("content", "ingests", "leased").put("expected", "kept")
	ns.blob("kept")
	ns.blob("labelled-by-sandbox")
	ns.at("leases", "lease", "ingests").put("leased", "")
	ns.snapshot("root", "", root, "")
	ns.snapshot("child", "root", root, "")
	ns.snapshot("loop", "loop", root, "")
	ns.snapshot("orphan", "gone", root, "")
	db.at("default", "sandboxes", "pod").label(ref+"content", "labelled-by-sandbox")
	db.at("v1", "emptied", "content", "ingest")
	return db
}

func versionBucket() tree {
	db := oldSchema(nil)
	db.at("v1", "version", "content", "blob", "loose")
	return db
}

func sandboxesMerge() tree {
	db := oldSchema(binary.AppendVarint(nil, 3))
	there := db.at("v1", "default", "sandboxes", "pod")
	there.put("spec", "newer")
	there.put("sandboxer", "shim")
	there.label(ref+"content", "overwritten", ref+"content.1", "merged")
	for _, name := range []string{"overwritten", "merged", "second", "loose"} {
		db.at("v1", "default").blob(name)
	}
	db.at("default", "sandboxes", "pod").put("spec", "older")
	db.at("default", "sandboxes", "pod").put("empty", "")
	db.at("default", "sandboxes", "pod", "extensions")
	db.at("default", "sandboxes", "other").label(ref+"content.x", "second")
	db.at("default", "sandboxes").put("plain", "dropped")
	db.at("default", "other").put("key", "deleted")
	db.at("fresh", "sandboxes")
	db.at("without", "else", "nested").put("key", "deleted")
	return db
}

func sandboxesOfV1() tree {
	db := oldSchema(binary.AppendVarint(nil, 3))
	db.at("v1", "sandboxes", "pod").label(ref+"content", "not-read")
	db.at("v1", "sandboxes").blob("not-read")
	db.at("v1", "v1").blob("x", root, "")
	return db
}

func sandboxesDeep() tree {
	db := oldSchema(binary.AppendVarint(nil, 3))
	db.at("default", "sandboxes", "pod", "runtime", "options")
	return db
}

func sandboxesConflict() tree {
	db := oldSchema(binary.AppendVarint(nil, 3))
	db.at("default", "sandboxes", "pod").put("runtime", "value")
	db.at("v1", "default", "sandboxes", "pod", "runtime")
	return db
}

func childrenValue() tree {
	db := oldSchema(binary.AppendVarint(nil, 0))
	db.at("v1", "default", "snapshots", "native", "root").put("children", "value")
	return db
}

func badExpireAt(value string) tree {
	db, ns := current()
	ns.blob("loose")
	ns.at("content", "ingests", "bad").put("expireat", value)
	return db
}

// slashSnapshotter has a snapshotter whose name contains a slash; containerd cuts it in lookups.
func slashSnapshotter() tree {
	db, ns := current()
	of := ns.at("snapshots", "a/b")
	of.at("root").label(root, "")
	of.at("root").put("parent", "parent")
	of.at("parent")
	of.at("referred")
	of.at("loose")
	ns.blob("x", root, "", ref+"snapshot.a", "b/referred")
	return db
}

func slashSnapshotterTwin() tree {
	db := slashSnapshotter()
	ns := db.at("v1", "default")
	ns.at("snapshots", "a", "b/parent")
	ns.at("snapshots", "a", "b/loose")
	ns.at("snapshots", "a", "c")
	ns.snapshot("loose", "")
	return db
}

// deadNodes has back references to missing objects that other objects refer to.
func deadNodes() tree {
	db, ns := current()
	ns.blob("root", root, "", ref+"content.1", "gone", ref+"image", "gone", ref+"snapshot.native", "gone", ref+"content.2", "", ref+"snapshot.", "gone")
	for i, back := range []string{"content=gone", "image=gone", "snapshot.native=gone", "container=gone", "content=", "image=", "snapshot.=gone", "snapshot.native=", "content=elsewhere", "snapshot.native=parent-gone", "image=leased-gone", "image=flat-gone", "content=flat-gone", "snapshot.native=leased-gone", "snapshot.native=container-gone", "content=expected-gone", "container=c", "image=unexpired", "image=expired", "image=flat-expired", "content=self"} {
		kind, value, _ := strings.Cut(back, "=")
		ns.blob(fmt.Sprintf("blob-%d-%s", i, back), bref+kind, value)
		ns.snapshot(fmt.Sprintf("snapshot-%d-%s", i, back), "", bref+kind, value)
		ns.image(fmt.Sprintf("image-%d-%s", i, back), fmt.Sprintf("target-%d", i), bref+kind, value, "containerd.io/gc.expire", past)
		ns.blob(fmt.Sprintf("target-%d", i))
	}
	ns.blob("self", bref+"content", "self")
	ns.snapshot("child", "parent-gone", root, "")
	ns.image("unexpired", "elsewhere")
	ns.image("expired", "", "containerd.io/gc.expire", past)
	ns.image("flat-expired", "", "containerd.io/gc.expire", past)
	ns.at("containers", "c").put("snapshotter", "native")
	ns.at("containers", "c").put("snapshotKey", "container-gone")
	lease := ns.at("leases", "lease")
	lease.at("images").put("leased-gone", "")
	lease.at("snapshots", "native").put("leased-gone", "")
	lease.at("ingests").put("upload", "")
	ns.at("content", "ingests", "upload").put("expected", "expected-gone")
	flat := ns.at("leases", "flat")
	flat.label("containerd.io/gc.flat", "")
	flat.at("images").put("flat-gone", "")
	flat.at("images").put("flat-expired", "")
	flat.at("content").put("flat-gone", "")
	return db
}

func flat() tree {
	db, ns := current()
	for _, kind := range []string{"flat", "full", "both"} {
		for _, name := range []string{"blob", "target", "expected"} {
			ns.blob(kind+"-"+name, ref+"content", kind+"-below-"+name, ref+"snapshot.native", kind+"-below-"+name)
			ns.blob(kind + "-below-" + name)
			ns.snapshot(kind+"-below-"+name, "")
			ns.blob(kind+"-back-to-"+name, bref+"content", kind+"-"+name)
		}
		ns.snapshot(kind+"-base", "", ref+"content", kind+"-by-base")
		ns.snapshot(kind+"-top", kind+"-base", ref+"content", kind+"-by-top")
		ns.blob(kind + "-by-base")
		ns.blob(kind + "-by-top")
		ns.blob(kind+"-back-to-base", bref+"snapshot.native", kind+"-base")
		ns.blob(kind+"-back-to-image", bref+"image", kind+"-image")
		ns.image(kind+"-image", kind+"-target", "containerd.io/gc.expire", past, ref+"content", kind+"-by-image", ref+"image", kind+"-image-2")
		ns.image(kind+"-image-2", kind+"-target", "containerd.io/gc.expire", past)
		ns.blob(kind + "-by-image")
		ns.at("content", "ingests", kind).put("expected", kind+"-expected")
		for _, by := range []string{"flat", "full"} {
			if kind == by || kind == "both" {
				lease := ns.at("leases", by+"-"+kind)
				if by == "flat" {
					lease.label("containerd.io/gc.flat", "false")
				}
				lease.label(root, "", ref+"content", "nothing")
				lease.at("content").put(kind+"-blob", "")
				lease.at("snapshots", "native").put(kind+"-top", "")
				lease.at("images").put(kind+"-image", "")
				lease.at("ingests").put(kind, "")
			}
		}
	}
	ns.blob("nothing")
	return db
}

// conditions has each condition on four snapshots: last used 48 hours before base, 48 hours after base, and at the
// earliest and latest possible times.
func conditions() tree {
	db, ns := current()
	used := map[string]string{
		"before": text(base.Add(-48 * time.Hour)),
		"after":  text(base.Add(48 * time.Hour)),
		"first":  "0001-01-01T00:00:00Z",
		"last":   "9999-12-31T23:59:59Z",
	}
	for i, condition := range strings.Split(`usedat<48h usedat>48h usedat<48h0m0.000000001s usedat>47h59m59.999999999s usedat<49h usedat>47h
		usedat<-48h usedat>-48h usedat<-47h usedat>-49h usedat<0 usedat>0 usedat<+49h usedat<49 usedat<3d usedat<1w usedat< usedat> usedat
		usedat<=49h usedat>=47h usedat=48h usedat==48h usedat!=1h usedat!49h usedat<<49h usedat<>49h usedat><49h usedat=<49h usedat=>47h
		<49h >47h used<49h usedatx<49h Usedat<49h usedat<49h,usedat>49h usedat>49h,usedat<49h usedat<bad,usedat<49h ,usedat<49h, ,, usedat<49h&usedat>47h usedat>49h&usedat<49h
		usedat<49H usedat<2940m usedat<49.5h usedat<.5h usedat<49h0m0s usedat<176400000000µs usedat<176400000000us usedat<1e3h usedat<0x31h
		usedat>2562047h47m16.854775806s usedat>2562047h47m16.854775807s usedat<2562047h47m16.854775807s usedat<2562047h47m16.854775808s
		usedat<-2562047h47m16.854775807s usedat<-2562047h47m16.854775808s usedat>-2562047h47m16.854775808s usedat>-2562047h47m16.854775809s usedat<9999999999h "usedat"<49h`, " ") {
		condition = strings.TrimSpace(condition)
		for when, at := range used {
			key := fmt.Sprintf("%02d-%s-%s", i, when, condition)
			ns.snapshot(key, "", "containerd.io/gc.cond.value-usedat", at)
			ns.blob("owner-"+key, root, "", "containerd.io/gc.cond.snapshot.native", condition+"|"+key)
		}
	}
	for i, odd := range []string{" usedat<49h", "usedat <49h", "usedat< 49h", "usedat<49h ", "usedat<49h\n", "\tusedat<49h", "usedat>99h, usedat<49h"} {
		key := fmt.Sprintf("space-%d", i)
		ns.snapshot(key, "", "containerd.io/gc.cond.value-usedat", used["before"])
		ns.blob("owner-"+key, root, "", "containerd.io/gc.cond.snapshot.native", odd+"|"+key)
	}
	return db
}

// conditionKeys has conditions with every spelling of snapshotter and snapshot.
func conditionKeys() tree {
	db, ns := current()
	for i, suffix := range []string{
		"", ".", "/", ".native", "/native", "native", "ter.native", "..native", ".//native", "./.native/x",
		".native/x/y", ".native.x", ".native.", ".native/", ".native./x", "s.native", ".x", "//", ".nativ",
	} {
		key := fmt.Sprintf("k%02d", i)
		for _, snapshotter := range []string{"native", "native.x", "native.", "ter.native", "s.native", "x"} {
			ns.at("snapshots", snapshotter, key).label("containerd.io/gc.cond.value-usedat", past)
		}
		ns.blob("owner-"+key, root, "", "containerd.io/gc.cond.snapshot"+suffix, "usedat<48h|"+key)
	}
	for i, odd := range []string{"", "|", "usedat<48h", "usedat<48h|", "usedat<48h|a|b", "|usedat<48h|a", "usedat<48h||a", "usedat<48h| a", "usedat<48h|k/1", "usedat<48h|/", "usedat<48h,|c", "usedat<48h|d,e"} {
		ns.blob(fmt.Sprintf("odd-%02d", i), root, "", "containerd.io/gc.cond.snapshot.native", odd)
	}
	for _, key := range []string{"a|b", "|a", "a", " a", "k/1", "/", "usedat<48h|a", "b", "c", "d,e", "d"} {
		ns.at("snapshots", "native", key).label("containerd.io/gc.cond.value-usedat", past)
	}
	return db
}

func conditionOwners() tree {
	db, ns := current()
	owner := func(name string) (labels []string) {
		ns.snapshot("by-"+name, "parent-of-"+name, "containerd.io/gc.cond.value-usedat", past, ref+"content", "below-"+name)
		ns.snapshot("parent-of-"+name, "")
		ns.blob("below-"+name, "containerd.io/gc.cond.snapshot.native", "usedat<48h|by-below-"+name)
		ns.snapshot("by-below-"+name, "", "containerd.io/gc.cond.value-usedat", past)
		return []string{"containerd.io/gc.cond.snapshot.native/x", "usedat<48h|by-" + name}
	}
	expired := []string{"containerd.io/gc.expire", past}
	ns.image("image", "target", owner("image")...)
	ns.image("image-expired", "target", append(owner("image-expired"), expired...)...)
	ns.image("image-expired-referred", "target", append(owner("image-expired-referred"), expired...)...)
	ns.image("image-expired-flat", "target", append(owner("image-expired-flat"), expired...)...)
	ns.blob("content", append(owner("content"), root, "", ref+"image", "image-expired-referred")...)
	ns.blob("content-loose", owner("content-loose")...)
	ns.blob("content-flat", owner("content-flat")...)
	ns.blob("target", owner("target")...)
	ns.snapshot("snapshot", "", append(owner("snapshot"), root, "")...)
	ns.at("containers", "c").label(owner("container")...)
	ns.at("sandboxes", "s").label(owner("sandbox")...)
	ns.at("leases", "l").label(owner("lease")...)
	flat := ns.at("leases", "flat")
	flat.label("containerd.io/gc.flat", "")
	flat.at("content").put("content-flat", "")
	flat.at("images").put("image-expired-flat", "")
	ns.blob("missing-target", root, "", "containerd.io/gc.cond.snapshot.native", "usedat<48h|missing")
	ns.snapshot("back-to-missing", "", bref+"snapshot.native", "missing")
	ns.snapshot("without-value", "")
	ns.blob("to-without-value", root, "", "containerd.io/gc.cond.snapshot.native", "usedat<48h|without-value")
	db.at("v1", "other").blob("owner", root, "", "containerd.io/gc.cond.snapshot.native", "usedat<48h|by-content-loose")
	return db
}

func usedValues() tree {
	db, ns := current()
	values := []string{"containerd.io/gc.cond.value-usedat", "containerd.io/gc.cond.value-usedat.x", "containerd.io/gc.cond.value-usedatx", "containerd.io/gc.cond.value-usedat/1", "containerd.io/gc.cond.value", "containerd.io/gc.cond.value-used", "containerd.io/gc.cond.value-usedAt", "containerd.io/gc.cond.value.usedat", "containerd.io/gc.cond.usedat"}
	for i, label := range values {
		ns.snapshot(fmt.Sprintf("name-%d", i), "", label, past)
		ns.blob(fmt.Sprintf("owner-%d", i), root, "", "containerd.io/gc.cond.snapshot.native", fmt.Sprintf("usedat<48h|name-%d", i))
	}
	ns.snapshot("bad-and-good", "", values[0], "bad", values[1], past)
	ns.blob("owner-bad-and-good", root, "", "containerd.io/gc.cond.snapshot.native", "usedat<48h|bad-and-good")
	ns.snapshot("old-and-new", "", values[0], "2000-01-01T00:00:00Z", values[1], past)
	ns.blob("owner-old-and-new", root, "", "containerd.io/gc.cond.snapshot.native", "usedat<48h|old-and-new")
	ns.snapshot("between", "", values[0], "2000-01-01T00:00:00Z", values[1], future)
	ns.blob("owner-between", root, "", "containerd.io/gc.cond.snapshot.native", "usedat<1h|between", "containerd.io/gc.cond.snapshot.native/2", "usedat>1000000h|between")
	for i, value := range timeTexts {
		ns.snapshot(fmt.Sprintf("value-%02d", i), "", values[0], value)
		ns.blob(fmt.Sprintf("owner-value-%02d", i), root, "", "containerd.io/gc.cond.snapshot.native", fmt.Sprintf("usedat<2562000h,usedat>-2562000h|value-%02d", i))
	}
	return db
}

// labelNames has every spelling of a label, each with its own target.
func labelNames() tree {
	db, ns := current()
	n := 0
	suffixes := []string{"", ".", "/", ".x", "/x", "..", "x", "s", "-", "/x.y", ".x/y", " ", ".native", ".native/x", ".native.x", ".native/", "./native", "/native", ".native/x/y"}
	for _, name := range []string{"ref.content", "ref.image", "ref.snapshot", "ref.container", "ref.contents", "ref.", "bref.content", "bref.image", "bref.snapshot", "bref.container", "bref.sandbox", "root", "roo", "expire", "flat", "Ref.content"} {
		for _, suffix := range suffixes {
			key := fmt.Sprintf("%03d", n)
			n++
			label := "containerd.io/gc." + name + suffix
			if strings.HasPrefix(name, "ref") || name == "Ref.content" {
				ns.blob("from-"+key, root, "", label, key)
				ns.blob(key)
				for _, snapshotter := range []string{"native", "native.x", "x", "/native", "."} {
					if !strings.HasPrefix(snapshotter, "/") {
						ns.at("snapshots", snapshotter, key)
					}
				}
				ns.image(key, "", "containerd.io/gc.expire", past)
			} else {
				ns.blob(key, label, "to")
				ns.snapshot(key, "", label, "to")
				ns.image(key, "", label, "to", "containerd.io/gc.expire", past)
			}
		}
	}
	ns.blob("to", root, "")
	ns.image("to", "")
	ns.snapshot("to", "", root, "")
	ns.at("containers", "to")
	ns.at("sandboxes", "to")
	return db
}

// labelOwners puts each label on each kind of object.
func labelOwners() tree {
	db, ns := current()
	for _, owner := range []string{"content", "snapshot", "image", "expired", "container", "sandbox", "lease", "ingest"} {
		to := "by-" + owner
		ns.blob(to)
		ns.snapshot(to, "")
		ns.image(to, "", "containerd.io/gc.expire", past)
		labels := []string{ref + "content", to, ref + "snapshot.native", to, ref + "image", to}
		rooted := append([]string{root, ""}, labels...)
		never := append([]string{"containerd.io/gc.expire", future}, labels...)
		switch owner {
		case "content":
			ns.blob("content", rooted...)
			ns.blob("content-expires", never...)
		case "snapshot":
			ns.snapshot("snapshot", "", rooted...)
			ns.snapshot("snapshot-expires", "", never...)
		case "image":
			ns.image("image", "", labels...)
		case "expired":
			ns.image("expired", "", append(rooted, "containerd.io/gc.expire", past)...)
		case "ingest":
			ns.at("content", "ingests", "ingest").label(rooted...)
		default:
			kind := map[string]string{"container": "containers", "sandbox": "sandboxes", "lease": "leases"}[owner]
			ns.at(kind, owner).label(rooted...)
			ns.at(kind, owner).label(bref+"content", "nothing", "containerd.io/gc.flat", "")
		}
		ns.blob("back-to-"+owner, bref+owner, owner, bref+owner+".native", owner, bref+"image", owner)
	}
	return db
}

var timeTexts = []string{
	"", " ", "never", "0", "1781524800", "2026", "2026-06-15", "2026-06-15T12:00Z", "2026-06-15 12:00:00Z", "2026-06-15t12:00:00Z", "2026-06-15T12:00:00z", "2026-06-15T12:00:00",
	" 2026-06-15T11:00:00Z", "2026-06-15T11:00:00Z ", "2026-06-15T11:00:00Z\n", "2026-06-15T11:00:00.Z", "2026-06-15T11:00:00.1Z", "2026-06-15T11:00:00,1Z", "2026-06-15T11:00:00.123456789012Z",
	"2026-06-15T12:00:00.123456788Z", "2026-06-15T12:00:00.123456789Z", "2026-06-15T12:00:00.12345679Z", "2026-06-15T12:00:00.1234567890Z", "2026-06-15T12:00:00.1234567899Z", "2026-06-15T12:00:00Z", "2026-06-15T12:00:01Z",
	"2026-06-15T14:00:00.123456788+02:00", "2026-06-15T14:00:00.123456789+02:00", "2026-06-15T06:00:00.12345679-06:00", "2026-06-15T17:30:00+05:30", "2026-06-15T14:00:00+0200", "2026-06-15T14:00:00+02", "2026-06-15T14:00:00+2:00", "2026-06-15T14:00:00+24:00", "2026-06-15T14:00:00+23:59", "2026-06-15T14:00:00-00:00", "2026-06-15T14:00:00+02:60",
	"2025-02-29T00:00:00Z", "2024-02-29T00:00:00Z", "2025-00-01T00:00:00Z", "2025-13-01T00:00:00Z", "2025-01-00T00:00:00Z", "2025-01-32T00:00:00Z", "2025-01-01T24:00:00Z", "2025-01-01T23:60:00Z", "2025-01-01T23:59:60Z", "2025-1-01T00:00:00Z", "2025-01-01T0:00:00Z", "25-01-01T00:00:00Z",
	"0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "1700-01-01T00:00:00Z", "Mon, 15 Jun 2026 11:00:00 GMT", "2026-06-15T11:00:00Zx", "2026-06-15T11:00:00ZZ",
}

// times has each spelling of a time on a lease, on an image and on objects that do not expire.
func times() tree {
	db, ns := current()
	for i, value := range timeTexts {
		name := fmt.Sprintf("%02d", i)
		label := []string{"containerd.io/gc.expire", value}
		lease := ns.at("leases", name)
		lease.label(label...)
		lease.at("content").put("leased-"+name, "")
		ns.blob("leased-" + name)
		ns.image(name, "target-"+name, label...)
		ns.blob("target-" + name)
		ns.blob("expires-"+name, append(label, root, value)...)
		ns.snapshot("expires-"+name, "", label...)
		ns.at("containers", name).label(label...)
	}
	for i, after := range []time.Duration{-1, 0, 1, -time.Hour, time.Hour} {
		name := fmt.Sprintf("upload-%d", i)
		ns.at("content", "ingests", name)["expireat"] = binaryTime(base.Add(after))
		ns.at("content", "ingests", name).put("expected", name)
		ns.blob(name)
	}
	ns.at("content", "ingests", "elsewhere")["expireat"] = binaryTime(base.In(time.FixedZone("", 5400)).Add(1))
	ns.at("content", "ingests", "with-seconds-in-zone")["expireat"] = binaryTime(base.In(time.FixedZone("", 5401)).Add(1))
	ns.at("content", "ingests", "without-expireat").put("expected", "upload-0")
	return db
}

// bucketsForValues has buckets in place of values.
func bucketsForValues() tree {
	db, ns := current()
	for i, label := range []string{root, root + "less", ref + "content", ref + "snapshot.native", ref + "image", bref + "content", "containerd.io/gc.expire", "containerd.io/gc.flat", "containerd.io/gc.cond.snapshot.native", "containerd.io/gc.cond.value-usedat"} {
		name := fmt.Sprintf("%d", i)
		ns.at("content", "blob", name, "labels", label)
		ns.at("snapshots", "native", name, "labels", label)
		ns.at("images", name, "labels", label)
		lease := ns.at("leases", name)
		lease.at("labels", label)
		lease.at("content", "leased")
		lease.at("content", "leased-"+name)
		ns.blob("leased-"+name, ref+"content", "below-"+name)
		ns.blob("below-" + name)
	}
	lease := ns.at("leases", "resources")
	lease.at("snapshots", "native", "leased")
	lease.at("images", "leased")
	lease.at("ingests", "leased")
	ns.at("content", "ingests", "leased", "expected")
	ns.at("content", "ingests", "expires", "expireat")
	ns.blob("leased")
	ns.snapshot("leased", "")
	ns.image("leased", "", "containerd.io/gc.expire", past)
	ns.at("images", "digest", "target", "digest")
	ns.at("snapshots", "native", "parent", "parent")
	ns.at("containers", "c", "snapshotter")
	return db
}

// valuesForBuckets has values in place of buckets.
func valuesForBuckets() tree {
	db, _ := current()
	for _, path := range []string{"leases", "images", "content", "snapshots", "containers", "sandboxes", "labels",
		"leases/x", "images/x", "content/blob", "content/ingests", "content/blob/x", "content/ingests/x", "snapshots/x", "snapshots/x/y", "containers/x", "sandboxes/x",
		"leases/x/labels", "leases/x/content", "leases/x/snapshots", "leases/x/images", "leases/x/ingests", "leases/x/snapshots/native",
		"images/x/target", "images/x/labels", "content/blob/x/labels", "snapshots/native/x/labels", "snapshots/native/x/children", "containers/x/labels", "sandboxes/x/labels"} {
		ns := db.at("v1", "ns-"+strings.ReplaceAll(path, "/", "-"))
		parts := strings.Split(path, "/")
		last := len(parts) - 1
		ns.at(parts[:last]...).put(parts[last], "value")
		if parts[0] != "content" {
			ns.blob("loose")
		}
		if parts[0] != "snapshots" {
			ns.snapshot("loose", "")
		}
	}
	return db
}

func imageTargets() tree {
	db, ns := current()
	ns.at("images", "without-target")
	ns.at("images", "target-is-value").put("target", "x")
	ns.at("images", "without-digest", "target").put("size", "\x02")
	ns.image("gone", "gone")
	ns.image("there", "there")
	ns.blob("there")
	ns.blob("x")
	ns.blob("back-to-empty", bref+"content", "")
	ns.blob("back-to-gone", bref+"content/1", "gone")
	ns.blob("back-to-there", bref+"content.1", "there")
	return db
}

// longChain is a chain of references that fills several pages.
func longChain() tree {
	db, ns := current()
	for i := range 400 {
		parent := ""
		if i > 0 {
			parent = fmt.Sprintf("%03d", i-1)
		}
		ns.snapshot(fmt.Sprintf("%03d", i), parent)
		ns.blob(fmt.Sprintf("b%03d", i), ref+"content", fmt.Sprintf("b%03d", i+1), bref+"content", fmt.Sprintf("b%03d", i+2))
	}
	ns.at("containers", "c").put("snapshotter", "native")
	ns.at("containers", "c").put("snapshotKey", "250")
	ns.at("containers", "c").label(ref+"content", "b300")
	return db
}

func namespacesApart() tree {
	db := tree{}
	db.at("v1")["version"] = binary.AppendVarint(nil, 4)
	for i, name := range []string{"a", "b", "v1", "a/b", "version2"} {
		ns := db.at("v1", name)
		ns.at("labels").put("containerd.io/namespace.shareable", "true")
		ns.blob("shared")
		ns.snapshot("shared", "")
		ns.image("shared", "shared", "containerd.io/gc.expire", past)
		switch i {
		case 0:
			ns.blob("root", root, "", ref+"content", "shared", ref+"snapshot.native", "shared", ref+"image", "shared")
		case 1:
			ns.at("content", "ingests", "shared")["expireat"] = binaryTime(base.Add(time.Hour))
			ns.at("content", "ingests", "shared").put("expected", "shared")
		case 2:
			ns.at("leases", "shared", "images").put("shared", "")
		}
	}
	return db
}
