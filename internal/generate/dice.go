package generate

import (
	"math/bits"
	"math/rand/v2"
)

// A dice is where chance comes from. The same seed throws the same on every
// machine: the generator is specified, and nothing here counts in the machine's
// own words or in fractions.
type dice struct{ pcg *rand.PCG }

// The streams of a seed. What one of them is asked for more or less often
// leaves the others alone.
const (
	streamWorld = iota
	streamPeople
	streamStories
	streamNames // and one more for every person
)

func newDice(seed, stream uint64) *dice { return &dice{rand.NewPCG(seed, 0x636f6d697479+stream)} }

// below throws a number from 0 to n-1.
func (d *dice) below(n int) int {
	high, _ := bits.Mul64(d.pcg.Uint64(), uint64(max(n, 1)))
	return int(high)
}

// between throws a number from least to most.
func (d *dice) between(least, most int) int { return least + d.below(most-least+1) }

// chance is true n times of a hundred.
func (d *dice) chance(n int) bool { return d.below(100) < n }

// pick throws one of a list.
func pick[T any](d *dice, of []T) T { return of[d.below(len(of))] }

// A lot is something that comes up as often as its weight says.
type lot[T any] struct {
	weight int
	of     T
}

// draw throws one of several lots.
func draw[T any](d *dice, lots []lot[T]) T {
	total := 0
	for _, l := range lots {
		total += l.weight
	}
	n := d.below(total)
	for _, l := range lots {
		if n -= l.weight; n < 0 {
			return l.of
		}
	}
	panic("bad math in draw") // unreachable: n is below the sum of the weights
}

// mix scatters the numbers from 0 on over all there are, each to another
// (splitmix64, which is a bijection).
func mix(n uint64) uint64 {
	n += 0x9e3779b97f4a7c15
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}
