package codec_test

import "testing"

func documented(f testing.TB) []string { return nil }
