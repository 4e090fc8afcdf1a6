package main

import (
	"strings"
	"unicode/utf8"
)

// A table aligns its columns. A title that begins with ">" right-aligns its column; the ">" is not printed.
type table struct {
	titles []string
	rows   [][]cell
	bare   bool // print no titles
}

type cell struct {
	text  string
	style style
}

func newTable(titles ...string) *table { return &table{titles: titles} }

// add appends a row. Each of its cells is a string or a cell.
func (t *table) add(cells ...any) {
	row := make([]cell, len(cells))
	for i, c := range cells {
		switch c := c.(type) {
		case string:
			row[i].text = printable(c)
		case cell:
			row[i] = cell{printable(c.text), c.style}
		}
	}
	t.rows = append(t.rows, row)
}

// print prints a table, each line after the indent.
func (c *console) print(t *table, indent string) {
	t.fit(c.width - len(indent))
	widths := t.widths()
	header := make([]cell, len(t.titles))
	for i, title := range t.titles {
		header[i] = cell{strings.TrimPrefix(title, ">"), dim}
	}
	rows := t.rows
	if !t.bare {
		rows = append([][]cell{header}, rows...)
	}
	for _, row := range rows {
		// Spaces are written before the next text, so that no line ends with spaces.
		spaces := indent
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.text))
			if strings.HasPrefix(t.titles[i], ">") {
				spaces += padding
				padding = ""
			}
			if cell.text != "" {
				c.out.WriteString(spaces)
				c.out.WriteString(c.styled(cell.style, cell.text))
				spaces = ""
			}
			spaces += padding + strings.Repeat(" ", columnGap)
		}
		c.out.WriteByte('\n')
	}
}
