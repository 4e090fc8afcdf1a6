package main

import (
	"io"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/term"
)

// outputWidth returns the number of columns that output may take: those of the terminal, or of the variable COLUMNS. It
// returns 0, no limit, for other outputs.
func outputWidth(w io.Writer) int {
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		return n
	}
	f, ok := w.(*os.File)
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// columnMin is the width below which no column is cut.
const columnMin = 16

// fit shortens the cells of left-aligned columns until rows take at most width columns, if that is possible: digests
// first, then the middle of the longest cells.
func (t *table) fit(width int) {
	if width <= 0 || t.width() <= width {
		return
	}
	for _, row := range t.rows {
		for i := range row {
			row[i].text = shortDigests(row[i].text)
		}
	}
	for over := t.width() - width; over > 0; over = t.width() - width {
		widths := t.widths()
		widest := -1
		for i, title := range t.titles {
			if !strings.HasPrefix(title, ">") && widths[i] > columnMin && (widest < 0 || widths[i] > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		most := max(columnMin, widths[widest]-over)
		for _, row := range t.rows {
			if widest < len(row) {
				row[widest].text = cutMiddle(row[widest].text, most)
			}
		}
	}
}

// widths returns the widths of the columns, titles included.
func (t *table) widths() []int {
	widths := make([]int, len(t.titles))
	for i, title := range t.titles {
		if !t.bare {
			widths[i] = utf8.RuneCountInString(strings.TrimPrefix(title, ">"))
		}
	}
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell.text))
		}
	}
	return widths
}

// columnGap is the space between two columns.
const columnGap = 2

// width returns the width of a row.
func (t *table) width() int {
	sum := columnGap * (len(t.titles) - 1)
	for _, w := range t.widths() {
		sum += w
	}
	return sum
}

// digestShown is the number of characters of a digest that a shortened one keeps.
const digestShown = 12

// shortDigests shortens each digest in a text, for example "sha256:9f86d081884c…".
func shortDigests(text string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(text, ':')
		if i < 0 {
			b.WriteString(text)
			return b.String()
		}
		b.WriteString(text[:i+1])
		text = text[i+1:]
		n := 0
		for n < len(text) && (text[n] >= '0' && text[n] <= '9' || text[n] >= 'a' && text[n] <= 'f') {
			n++
		}
		if n >= 2*digestShown {
			b.WriteString(text[:digestShown] + "…")
			text = text[n:]
		}
	}
}

// cutMiddle replaces the middle of a text by "…" if it has more than width characters. Its end often tells more than
// its middle.
func cutMiddle(text string, width int) string {
	runes := []rune(text)
	if len(runes) <= width {
		return text
	}
	tail := (width - 1) / 2
	head := width - 1 - tail
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}
