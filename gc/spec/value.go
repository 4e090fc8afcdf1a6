package spec

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Value binds a parameter to a field. Its methods are those of a command-line flag.
type Value interface {
	Set(text string) error // leaves the field unchanged if it fails
	String() string        // text that Set reads; "" to leave the parameter out of a specification
	Type() string          // the type and its bounds, for people
}

// A value is the common implementation of Value.
type value[T any] struct {
	field   *T
	kind    string
	parse   func(string) (T, error)
	format  func(T) string
	choices []string
}

func (v value[T]) Set(text string) error {
	x, err := v.parse(text)
	if err == nil {
		*v.field = x
	}
	return err
}

func (v value[T]) String() string    { return v.format(*v.field) }
func (v value[T]) Type() string      { return v.kind }
func (v value[T]) Choices() []string { return v.choices }

// Percent is a whole percentage from 0 to 100, with or without the sign.
func Percent(field *int) Value {
	return value[int]{field, "percent from 0 to 100", func(text string) (int, error) {
		n, err := strconv.Atoi(strings.TrimSuffix(text, "%"))
		if err != nil || n < 0 || n > 100 {
			return 0, fmt.Errorf("%q is not a percentage from 0 to 100", text)
		}
		return n, nil
	}, strconv.Itoa, nil}
}

// Fraction is a number from 0 to most: 0.02 or 2%.
func Fraction(field *float64, most float64) Value {
	format := func(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }
	return value[float64]{field, "number from 0 to " + format(most), func(text string) (float64, error) {
		x, err := Quantity(text, FractionUnits)
		if err != nil || x > most {
			return 0, fmt.Errorf("%q is not a number from 0 to %s", text, format(most))
		}
		return x, nil
	}, format, nil}
}

// Count is a whole number that is not negative.
func Count(field *int) Value {
	return value[int]{field, "count", func(text string) (int, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < 0 {
			return 0, fmt.Errorf("%q is not a whole number of at least 0", text)
		}
		return n, nil
	}, strconv.Itoa, nil}
}

// Duration is a span of time that is not below least.
func Duration(field *time.Duration, least time.Duration) Value {
	return value[time.Duration]{field, "duration", func(text string) (time.Duration, error) {
		d, err := ParseDuration(text)
		if err == nil && d < least {
			if least == 1 {
				return 0, fmt.Errorf("%s is not above 0", text)
			}
			return 0, fmt.Errorf("%s is below %s", text, FormatDuration(least))
		}
		return d, err
	}, FormatDuration, nil}
}

// Bool is true or false.
func Bool(field *bool) Value {
	return value[bool]{field, "true or false", func(text string) (bool, error) {
		if text != "true" && text != "false" {
			return false, fmt.Errorf("%q is neither true nor false", text)
		}
		return text == "true", nil
	}, strconv.FormatBool, []string{"true", "false"}}
}

// Space is an [Amount]: bytes, or a percentage of a disk.
func Space(field *Amount, least Amount) Value {
	return value[Amount]{field, "bytes or percent of the disk", func(text string) (Amount, error) {
		a, err := ParseAmount(text)
		if err == nil && a == (Amount{}) && least != a {
			err = fmt.Errorf("%q is not above 0", text)
		}
		return a, err
	}, Amount.String, nil}
}

// Choice is one of a few words.
func Choice(field *string, words []string) Value {
	return value[string]{field, "one of " + strings.Join(words, ", "), func(text string) (string, error) {
		for _, w := range words {
			if w == text {
				return text, nil
			}
		}
		return "", fmt.Errorf("%q is %s", text, unknown(words))
	}, func(s string) string { return s }, words}
}

// Alternatives is a list of texts, separated by "|". In each, "&" stands for a comma.
func Alternatives(field *[]string) Value {
	return value[[]string]{field, "texts separated by |", func(text string) ([]string, error) {
		return strings.Split(strings.ReplaceAll(text, "&", ","), "|"), nil
	}, func(list []string) string { return strings.ReplaceAll(strings.Join(list, "|"), ",", "&") }, nil}
}
