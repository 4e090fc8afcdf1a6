package proptest_test

import (
	"testing"

	"github.com/holdfast-gc/holdfast/proptest"
)

// TestEngine checks all laws on the engine. To run a hundred thousand histories:
//
//	go test ./proptest -run 'TestEngine$' -timeout 0 -proptest.cases 5000
func TestEngine(t *testing.T) { proptest.Run(t, proptest.Engine(), proptest.WithCases(150/slower)) }

func FuzzEngine(f *testing.F) { proptest.Fuzz(f, proptest.Engine()) }
