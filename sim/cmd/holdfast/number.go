package main

import (
	"fmt"
	"strconv"
)

// humanBytes returns a size in the largest unit in which it is at least 1.
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

const byteUnits = "KMGTPE"

// humanCount returns a number with its thousands apart.
func humanCount(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// plural returns a count of things.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanCount(n) + " " + many
}
