package memkv_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/holdfast-gc/holdfast/memkv"
)

// naiveHash computes the hash of a bucket from its definition, with numbers of any size. Hashes are stored and compared
// across hosts and versions, so the definition must not change.
func naiveHash(b *memkv.Bucket) (hash [sha256.Size]byte) {
	entry := func(key, value []byte, nested uint64) *big.Int {
		text := append(binary.AppendUvarint(nil, uint64(len(key))<<1|nested), key...)
		text = append(binary.AppendUvarint(text, uint64(len(value))), value...)
		sum := sha256.Sum256(text)
		return words(sum[:])
	}
	total := new(big.Int)
	_ = b.ForEach(func(key, value []byte) error {
		if nested := b.Bucket(key); nested != nil {
			inner := naiveHash(nested)
			total.Add(total, entry(key, inner[:], 1))
		} else {
			total.Add(total, entry(key, value, 0))
		}
		return nil
	})
	total.Mod(total, new(big.Int).Lsh(big.NewInt(1), 256))
	var number [32]byte
	total.FillBytes(number[:])
	return sha256.Sum256(append(binary.BigEndian.AppendUint64(nil, b.Sequence()), reversedWords(number[:])...))
}

// words reads four big-endian words, the lowest one first, as a number.
func words(text []byte) *big.Int { return new(big.Int).SetBytes(reversedWords(text)) }

func reversedWords(text []byte) (reversed []byte) {
	for word := range slices.Chunk(text, 8) {
		reversed = slices.Concat(word, reversed)
	}
	return reversed
}

// TestHash compares hashes of buckets of different sizes with their definition.
func TestHash(t *testing.T) {
	db := memkv.New()
	update := func(fn func(top *memkv.Bucket) error) {
		if err := db.Update(func(tx *memkv.Tx) error {
			top, err := tx.CreateBucketIfNotExists([]byte("top"))
			if err != nil {
				return err
			}
			return fn(top)
		}); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int{0, 1, 5, 500} {
		t.Run(fmt.Sprintf("entries=%d", size), func(t *testing.T) {
			update(func(top *memkv.Bucket) error {
				nested, err := top.CreateBucketIfNotExists(fmt.Append(nil, "nested", size))
				for i := range size {
					if err == nil {
						err = nested.Put(fmt.Append(nil, "key", i), []byte(strings.Repeat("v", i)))
					}
				}
				if err == nil {
					err = nested.SetSequence(uint64(size))
				}
				return err
			})
			if err := db.View(func(tx *memkv.Tx) error {
				top := tx.Bucket([]byte("top"))
				state, _ := tx.FrozenAt("top")
				if got, want := state.Hash(), naiveHash(top); got != want {
					t.Errorf("hash %s, want %x", got, want)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}
