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
	widths := make([]int, len(t.titles))
	header := make([]cell, len(t.titles))
	for i, title := range t.titles {
		header[i] = cell{strings.TrimPrefix(title, ">"), dim}
	}
	rows := t.rows
	if !t.bare {
		rows = append([][]cell{header}, rows...)
	}
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell.text))
		}
	}
	for _, row := range rows {
		c.out.WriteString(indent)
		for i, cell := range row {
			padding := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell.text))
			right := strings.HasPrefix(t.titles[i], ">")
			if right {
				c.out.WriteString(padding)
			}
			c.out.WriteString(c.styled(cell.style, cell.text))
			if i == len(row)-1 {
				break
			}
			if !right {
				c.out.WriteString(padding)
			}
			c.out.WriteString("  ")
		}
		c.out.WriteByte('\n')
	}
}
