package run

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/containerd/log"
)

var (
	output = flag.String("output", "", "file of the results")
	nodes  = flag.Int("nodes", 1000, "number of nodes")
)

// TestRun lets docker and nerdctl prune random nodes, and writes what they did to -output.
func TestRun(t *testing.T) {
	if *output == "" {
		t.Fatal("no -output")
	}
	_ = log.SetLevel("panic")
	file, err := os.Create(*output)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	w := bufio.NewWriter(file)
	for seed := range *nodes {
		n := Node{Name: fmt.Sprintf("%04d", seed+1), Tool: []string{"docker", "nerdctl"}[seed%2]}
		t.Run(n.Name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { n.Prunes = play(t, n.Tool, rand.New(rand.NewPCG(uint64(seed), 16))) })
		})
		if t.Failed() {
			return
		}
		line, err := json.Marshal(n)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
}

// play runs a node.
func play(t *testing.T, name string, random *rand.Rand) (prunes []Prune) {
	s := newStore(t, random)
	var by tool = nerdctl{s}
	if name == "docker" {
		by = newDocker(s)
	}
	defer by.close()
	for range 1 + random.IntN(3) {
		for range 3 + random.IntN(40) {
			if s.maybe(60) {
				time.Sleep(time.Duration(random.Int64N(int64(20 * time.Hour))))
			}
			by.step()
		}
		prunes = append(prunes, s.prune(by))
	}
	return prunes
}
