package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const byteUnits = "KMGTPE"

// humanBytes formats a size in binary units, for example "1.5 MiB".
func humanBytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n), -1
	for size >= 1023.95 && unit < len(byteUnits)-1 {
		size, unit = size/1024, unit+1
	}
	return fmt.Sprintf("%.1f %ciB", size, byteUnits[unit])
}

// decimalBytes formats a size in decimal units, as disks are sold and images reported, for example "47.9 GB".
func decimalBytes(x float64) string {
	switch {
	case x >= 1e12:
		return threeDigits(x/1e12) + " TB"
	case x >= 1e8 || x == 0:
		return threeDigits(x/1e9) + " GB"
	case x >= 1e5:
		return threeDigits(x/1e6) + " MB"
	}
	return threeDigits(x/1e3) + " kB"
}

// humanCount formats a number with thousands separators, for example "1,234".
func humanCount(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural formats a count with its noun, for example "1 image" or "2 images".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanCount(n) + " " + many
}

// humanSeconds formats a duration in seconds in its largest unit, for example "3.50 h".
func humanSeconds(x float64) string {
	switch {
	case x >= 2*86400:
		return threeDigits(x/86400) + " d"
	case x >= 2*3600:
		return threeDigits(x/3600) + " h"
	case x >= 120:
		return threeDigits(x/60) + " min"
	case x >= 1 || x == 0:
		return threeDigits(x) + " s"
	}
	return threeDigits(x*1000) + " ms"
}

// threeDigits formats a number with three significant digits, or as an integer if it is one or is at least 100.
func threeDigits(x float64) string {
	switch {
	case x == math.Trunc(x) && math.Abs(x) < 1e6 || math.Abs(x) >= 100:
		return humanCount(int(math.Round(x)))
	case math.Abs(x) >= 10:
		return fmt.Sprintf("%.1f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

// factor formats a ratio, for example "1.05×", or "-" if there is none.
func factor(x float64) string {
	if !(x > 0) {
		return "-"
	}
	return fmt.Sprintf("%.2f×", x)
}

// shellWord quotes a word for a POSIX shell if it needs quotes.
func shellWord(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' ||
			strings.ContainsRune("-_./:=,+@%", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
