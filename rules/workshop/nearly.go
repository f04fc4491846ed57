package workshop

import (
	"math/bits"
	"strings"
)

// neighbours finds texts that are nearly others. What is nearly the same is the same
// without one of its letters, so that only texts that share what is left of them are
// compared: the work grows with how much text there is, not with its square.
type neighbours struct {
	count  map[string]int // how often each is used
	shares map[uint64][]string
}

func neighboursOf(count map[string]int) *neighbours {
	n := &neighbours{count: count, shares: map[uint64][]string{}}
	for text := range count {
		if !telling(text) {
			continue
		}
		for key := range keysOf(text) {
			n.shares[key] = append(n.shares[key], text)
		}
	}
	return n
}

// of returns the text that was likely meant by one: the most used of those that it is
// nearly, and that are used more, or as often and come before it; "" if there is none.
func (n *neighbours) of(text string) string {
	if !telling(text) {
		return ""
	}
	best := ""
	better := func(a, b string) bool { return n.count[a] > n.count[b] || n.count[a] == n.count[b] && a < b }
	for key := range keysOf(text) {
		for _, other := range n.shares[key] {
			if other != text && better(other, text) && (best == "" || better(other, best)) && nearly(text, other) {
				best = other
			}
		}
	}
	return best
}

// keysOf are the hashes of a text, and of what is left without each of its bytes.
func keysOf(text string) map[uint64]bool {
	ahead := make([]uint64, len(text)+1) // hashes of what comes before a byte
	for i := range len(text) {
		ahead[i+1] = joined(ahead[i], base, uint64(text[i])+1)
	}
	keys := map[uint64]bool{ahead[len(text)]: true}
	behind, power := uint64(0), uint64(1) // of what comes after it
	for i := len(text) - 1; i >= 0; i-- {
		keys[joined(ahead[i], power, behind)] = true
		behind = joined(uint64(text[i])+1, power, behind)
		power = joined(power, base, 0)
	}
	return keys
}

// prime and base make hashes that can be joined: polynomials modulo a prime.
const prime, base = 1<<61 - 1, 1_000_003

// joined is a*by + b, modulo the prime.
func joined(a, by, b uint64) uint64 {
	high, low := bits.Mul64(a, by)
	low, carry := bits.Add64(low, b, 0)
	return bits.Rem64(high+carry, low, prime)
}

// telling reports whether a text is long enough to tell a misspelling from another
// word, and not one of a numbered series.
func telling(text string) bool {
	return len(text) >= 5 && strings.TrimRight(text, "0123456789") == text
}

var withoutSpaces = strings.NewReplacer("_", "", " ", "", "-", "")

// nearly reports whether two texts differ as misspellings do: by one letter, or by
// two neighbours that changed places. Plurals, and other spaces or capitals, are none.
func nearly(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if !telling(a) || !telling(b) || len(b)-len(a) > 1 || b == a+"s" {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		if a[i:] != b[i+1:] {
			return false
		}
	} else if i == len(a) || a[i+1:] != b[i+1:] && (i+1 == len(a) || a[i] != b[i+1] || a[i+1] != b[i] || a[i+2:] != b[i+2:]) {
		return false
	}
	return !strings.EqualFold(withoutSpaces.Replace(a), withoutSpaces.Replace(b))
}
