// Primitives does one thing many times: `primitives NAME COUNT`. BenchmarkPrimitives runs it natively and in wazero.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/tidwall/btree"
)

// The results, which keep the compiler from removing the work.
var (
	Number  int
	Text    string
	Pointer *element
)

type element struct {
	next   *element
	number int
}

//go:noinline
func add(a, b int) int { return a + b }

type adder interface{ add(int) int }

func (e *element) add(n int) int { return e.number + n }

type subtracter struct{ number int }

func (s *subtracter) add(n int) int { return n - s.number }

// digests returns the keys of the maps: texts of the length of a digest that differ after some characters.
func digests() (list []string) {
	for i := range uint32(10_000) {
		list = append(list, fmt.Sprintf("sha256:%08x%056x", i*2654435761, i))
	}
	return list
}

// primitives do their work a number of times.
var primitives = map[string]func(count int, keys []string){
	"arithmetic": func(count int, _ []string) {
		for i := range count {
			Number = Number*31 ^ i>>3
		}
	},
	"call": func(count int, _ []string) {
		for i := range count {
			Number = add(Number, i)
		}
	},
	"interface": func(count int, _ []string) {
		adders := []adder{&element{nil, 3}, &subtracter{4}}
		for i := range count {
			Number = adders[i&1].add(Number)
		}
	},
	"allocation": func(count int, _ []string) {
		for i := range count {
			Pointer = &element{nil, i}
		}
	},
	"map": func(count int, keys []string) {
		m := map[string]int{}
		for i, key := range keys {
			m[key] = i
		}
		for i := range count {
			Number += m[keys[i*7919%len(keys)]]
		}
	},
	"btree": func(count int, keys []string) {
		var m btree.Map[string, int]
		for i, key := range keys {
			m.Set(key, i)
		}
		for i := range count {
			n, _ := m.Get(keys[i*7919%len(keys)])
			Number += n
		}
	},
	"compare": func(count int, keys []string) {
		same := strings.Clone(keys[0])
		for range count {
			Number += strings.Compare(keys[0], same)
		}
	},
	"concatenation": func(count int, keys []string) {
		for i := range count {
			Text = "content/default/" + keys[i%len(keys)]
		}
	},
	"format": func(count int, keys []string) {
		for i := range count {
			Text = fmt.Sprintf("image/%s/%d", keys[i%len(keys)], i)
		}
	},
	"context": func(count int, _ []string) {
		for range count {
			_, cancel := context.WithCancel(context.Background())
			cancel()
		}
	},
	"sha256": func(count int, keys []string) {
		for i := range count {
			sum := sha256.Sum256([]byte(keys[i%len(keys)]))
			Number += int(sum[0])
		}
	},
	"mutex": func(count int, _ []string) {
		var mu sync.Mutex
		for i := range count {
			mu.Lock()
			Number += i
			mu.Unlock()
		}
	},
}

func main() {
	if len(os.Args) != 3 || primitives[os.Args[1]] == nil {
		log.Fatal("usage: primitives NAME COUNT")
	}
	count, err := strconv.Atoi(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	primitives[os.Args[1]](count, digests())
}
