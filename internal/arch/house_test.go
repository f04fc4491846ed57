package arch

import (
	"os"
	"testing"
)

// The house as it stands.
func TestHouse(t *testing.T) {
	problems, err := house.Check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range problems {
		t.Error(p)
	}
}
