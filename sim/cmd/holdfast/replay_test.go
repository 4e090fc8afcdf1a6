package main

func init() {
	goldens = append(goldens, []struct{ name, args string }{
		{"help-replay", "replay --help"},
		{"replay", "replay testdata/replay.jsonl"},
		{"replay-verbose", "replay testdata/replay.jsonl -v --hashes --until 6"},
		{"replay-dump", "replay testdata/replay.jsonl --until 3 --dump"},
		{"replay-json", "replay testdata/replay.jsonl --until 2 --json --hashes"},
		{"replay-text", "replay testdata/usage.txt"},
		{"replay-no-file", "replay TMP/nowhere.jsonl"},
		{"replay-until", "replay testdata/replay.jsonl --until -1"},
	}...)
}
