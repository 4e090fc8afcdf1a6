package engine_test

import (
	"context"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/engine"
)

func TestSmoke(t *testing.T) {
	trace := `{"holdfast":1}
{"op":"namespaces.create","name":"default","labels":{"a":"b"}}
{"op":"writers.open","ns":"default","name":"w","ref":"layer"}
{"op":"writers.write","name":"w","data":"hello"}
{"op":"tx.begin","name":"t","writable":true}
{"op":"writers.commit","name":"w","size":"5","labels":{"x":"y"}}
{"op":"tx.commit","name":"t"}
{"op":"writers.commit","name":"w","size":"5","labels":{"x":"y"}}
{"op":"content.walk","ns":"default"}
{"op":"content.read","ns":"default","digest":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}
{"op":"snapshots.prepare","ns":"default","snapshotter":"native","key":"a"}
{"op":"snapshots.setusage","ns":"default","snapshotter":"native","key":"a","usage":{"size":"12"}}
{"op":"snapshots.commit","ns":"default","snapshotter":"native","key":"a","name":"b"}
{"op":"images.create","ns":"default","image":{"name":"alpine","target":{"mediaType":"m","size":"5","digest":"sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}}}
{"op":"plan"}
{"op":"node.fork","name":"f"}
{"op":"collect","fork":"f"}
{"op":"diff","with":"f"}
{"op":"events"}
{"op":"faults.set","name":"x","fault":{"on":"snapshots/native","call":"remove","kill":true}}
{"op":"collect"}
{"op":"hash"}
{"op":"collect"}
{"op":"node.restart"}
{"op":"collect"}
{"op":"faults.clear"}
{"op":"schedule.state"}
{"op":"schedule.pass","by":"1h"}
{"op":"schedule.state"}
{"op":"images.list","ns":"default"}
{"op":"containers.create","ns":"default","container":{"id":"c","runtime":{"name":"runc"},"spec":{"typeUrl":"x","value":"y"}}}
{"op":"sandboxes.create","ns":"default","sandbox":{"id":"c","runtime":{"name":"runc"}}}
{"op":"leases.create","ns":"default","id":"l"}
{"op":"collectors.set","type":9,"script":{"label":"stream","things":[{"namespace":"default","key":"a","active":true},{"namespace":"default","key":"b"}]}}
{"op":"collect"}
{"op":"collectors.get","type":9}
{"op":"fsck"}
{"op":"snapshots.walk","ns":"default","snapshotter":"native"}
{"op":"events"}
{"op":"hash"}
`
	_, err := engine.Replay(context.Background(), strings.NewReader(trace), func(e *engine.Engine, op engine.Op, r engine.Result) error {
		t.Log(op)
		t.Log("   ", r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
