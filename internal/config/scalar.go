package config

import (
	"encoding"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/comity-project/comity/domain"
)

// A Size is a count of bytes. It is written with a unit, as 1MiB or 64KiB, or as a plain
// number.
type Size int64

// units of sizes, the largest first.
var units = []struct {
	name  string
	bytes int64
}{
	{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"kB", 1e3}, {"B", 1},
}

// String writes the size with the largest unit of which it is a whole number.
func (s Size) String() string {
	for _, u := range units[:4] {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

var errSize = errors.New("is no size: write bytes, such as 1MiB, 64KiB or 1000")

// ParseSize reads a size, which is not negative.
func ParseSize(text string) (Size, error) {
	number, unit := text, int64(1)
	for _, u := range units {
		if rest, found := strings.CutSuffix(text, u.name); found {
			number, unit = strings.TrimSuffix(rest, " "), u.bytes
			break
		}
	}
	n, err := whole(number, 64)
	switch {
	case err != nil || n < 0:
		return 0, errSize
	case n > math.MaxInt64/unit:
		return 0, errors.New("is more bytes than can be counted")
	}
	return Size(n * unit), nil
}

// whole reads a whole number in ten digits, without what YAML reads in other bases.
func whole(text string, bits int) (int64, error) {
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || len(digits) > 1 && digits[0] == '0' || strings.Trim(digits, "0123456789") != "" {
		return 0, errors.New("is no whole number")
	}
	n, err := strconv.ParseInt(text, 10, bits)
	if err != nil {
		return 0, errors.New("is too large a number")
	}
	return n, nil
}

// assign sets a value that is one word. The error says what is wrong, without the value.
func (f *field) assign(v reflect.Value, text string) error {
	if v.CanAddr() {
		if reads, ok := v.Addr().Interface().(encoding.TextUnmarshaler); ok {
			err := reads.UnmarshalText([]byte(text))
			if _, moment := reads.(*time.Time); moment && err != nil {
				return errors.New("is no time: write it like 2026-12-31T23:59:59Z")
			}
			return err
		}
	}
	switch shapeOf(v.Type()) {
	case shapeText:
		if f.words != nil && !slices.Contains(f.words, text) {
			return fmt.Errorf("is none of %s%s", strings.Join(f.words, ", "), domain.DidYouMean(text, f.words))
		}
		v.SetString(text)
	case shapeBool:
		if text != "true" && text != "false" {
			return errors.New("is neither true nor false")
		}
		v.SetBool(text == "true")
	case shapeInt:
		n, err := whole(text, v.Type().Bits())
		if err != nil {
			return err
		}
		v.SetInt(n)
	case shapeUint:
		if strings.HasPrefix(text, "-") {
			return errors.New("is less than 0")
		}
		if _, err := whole(text, 64); err != nil {
			return err
		}
		n, err := strconv.ParseUint(text, 10, v.Type().Bits())
		if err != nil {
			return errors.New("is too large a number")
		}
		v.SetUint(n)
	case shapeFloat:
		n, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(n) || math.IsInf(n, 0) || strings.ContainsAny(text, "xX_pP") {
			return errors.New("is no number")
		}
		v.SetFloat(n)
	case shapeDuration:
		d, err := time.ParseDuration(text)
		if err != nil || text == "0" {
			return errors.New("is no length of time: write it with its unit, such as 250ms, 10s or 5m")
		}
		v.SetInt(int64(d))
	case shapeSize:
		n, err := ParseSize(text)
		if err != nil {
			return err
		}
		v.SetInt(int64(n))
	case shapeSection, shapeList, shapeMap:
		panic("bad settings: " + v.Type().String() + " is not one word") // unreachable: the callers look at the shape
	}
	return nil
}

// shown repeats a value in an error, if it may be repeated.
func (f *field) shown(text string) string {
	if f.secret {
		return "the value "
	}
	return strconv.Quote(clip(text)) + " "
}
