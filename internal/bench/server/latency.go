package main

import (
	"math/bits"
	"time"
)

// A latency counts how long requests took, in buckets each of which is at most a
// thirty-second wider than it is far from zero. The zero latency is empty.
type latency struct {
	buckets [64 * 32]uint64
	count   uint64
	most    time.Duration
}

// bucketOf numbers the buckets: 32 to each doubling, and one for each nanosecond below
// 64.
func bucketOf(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < 64 {
		return int(n)
	}
	shift := bits.Len64(n) - 6
	return 32*shift + int(n>>shift)
}

// least is the shortest time of a bucket.
func least(bucket int) time.Duration {
	if bucket < 64 {
		return time.Duration(bucket)
	}
	shift := bucket/32 - 1
	return time.Duration(bucket-32*shift) << shift
}

func (l *latency) add(d time.Duration) {
	l.buckets[bucketOf(d)]++
	l.count++
	l.most = max(l.most, d)
}

// join adds what another counted.
func (l *latency) join(other *latency) {
	for i, n := range other.buckets {
		l.buckets[i] += n
	}
	l.count += other.count
	l.most = max(l.most, other.most)
}

// at returns the time within which a share of the requests was answered, to a thirty-second.
func (l *latency) at(share float64) time.Duration {
	if l.count == 0 {
		return 0
	}
	rank := max(uint64(share*float64(l.count)+0.5), 1)
	seen := uint64(0)
	for i, n := range l.buckets {
		if seen += n; seen >= rank {
			return min(least(i+1)-1, l.most)
		}
	}
	return l.most
}
