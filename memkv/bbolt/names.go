package bbolt

import (
	"go.etcd.io/bbolt/errors"

	"github.com/holdfast-gc/holdfast/memkv"
)

// The types of package memkv.
type (
	DB              = memkv.DB
	Tx              = memkv.Tx
	Bucket          = memkv.Bucket
	Cursor          = memkv.Cursor
	Stats           = memkv.Stats
	TxStats         = memkv.TxStats
	BucketStats     = memkv.BucketStats
	BucketStructure = memkv.BucketStructure
	CheckOption     = memkv.CheckOption
	KVStringer      = memkv.KVStringer
)

// Limits and defaults.
const (
	MaxKeySize         = memkv.MaxKeySize
	MaxValueSize       = memkv.MaxValueSize
	DefaultFillPercent = memkv.DefaultFillPercent
)

// HexKVStringer is [memkv.HexKVStringer].
func HexKVStringer() KVStringer { return memkv.HexKVStringer() }

// WithKVStringer is [memkv.WithKVStringer].
func WithKVStringer(s KVStringer) CheckOption { return memkv.WithKVStringer(s) }

// The errors of bolt that databases in memory return. They are the values of go.etcd.io/bbolt/errors, which has more.
var (
	ErrDatabaseNotOpen    = errors.ErrDatabaseNotOpen
	ErrDatabaseReadOnly   = errors.ErrDatabaseReadOnly
	ErrTimeout            = errors.ErrTimeout
	ErrTxNotWritable      = errors.ErrTxNotWritable
	ErrTxClosed           = errors.ErrTxClosed
	ErrBucketNotFound     = errors.ErrBucketNotFound
	ErrBucketExists       = errors.ErrBucketExists
	ErrBucketNameRequired = errors.ErrBucketNameRequired
	ErrKeyRequired        = errors.ErrKeyRequired
	ErrKeyTooLarge        = errors.ErrKeyTooLarge
	ErrValueTooLarge      = errors.ErrValueTooLarge
	ErrIncompatibleValue  = errors.ErrIncompatibleValue
)

// A FreelistType has no effect: there is no freelist.
type FreelistType string

// The types of a freelist.
const (
	FreelistArrayType = FreelistType("array")
	FreelistMapType   = FreelistType("hashmap")
)
