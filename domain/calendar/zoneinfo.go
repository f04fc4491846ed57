package calendar

import (
	"archive/zip"
	_ "embed" // for the zone data
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// zoneinfo is the compiled tz database as Go distributes it: a zip archive
// with one TZif file (RFC 9636) for each zone, stored without compression.
//
//go:embed zoneinfo.zip
var zoneinfo string

// zoneinfoNote tells about zoneinfo, one "key value" to a line.
//
//go:embed zoneinfo.txt
var zoneinfoNote string

// Version returns the edition of the tz database that the package carries,
// such as "2025c". Answers depend on it, so decisions record it.
func Version() string { return note("tz") }

// note returns what zoneinfo.txt says under a key.
func note(key string) string {
	for line := range strings.Lines(zoneinfoNote) {
		if k, value, _ := strings.Cut(strings.TrimSpace(line), " "); k == key {
			return value
		}
	}
	panic("bad zone data in calendar: zoneinfo.txt has no " + key)
}

// zoneFiles indexes the archive by the name of the zone.
var zoneFiles = sync.OnceValue(func() map[string]*zip.File {
	archive, err := zip.NewReader(strings.NewReader(zoneinfo), int64(len(zoneinfo)))
	if err != nil {
		panic("bad zone data in calendar: " + err.Error())
	}
	files := make(map[string]*zip.File, len(archive.File))
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, "/") {
			files[f.Name] = f
		}
	}
	return files
})

// zoneNames lists the names in zoneFiles in order.
var zoneNames = sync.OnceValue(func() []string {
	names := make([]string, 0, len(zoneFiles()))
	for name := range zoneFiles() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
})

func readZoneFile(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, fmt.Errorf("open zone data of %s: %w", f.Name, err)
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read zone data of %s: %w", f.Name, err)
	}
	return data, nil
}
