package engine_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/domain/domaintest"
	"github.com/comity-project/comity/engine"
)

// A second engine on the same log shows what the first appends, whole commands
// at a time, waits for a token, and can submit in between.
func TestFollow(t *testing.T) {
	found(t, domain.Live, nil) // so that the law is loaded outside the bubble
	synctest.Test(t, func(t *testing.T) {
		o := found(t, domain.Live, nil)
		other, err := engine.Open(t.Context(), engine.Config{Log: o.log, Bodies: o.log, Clock: o.clock.Now, Library: library()})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- other.Follow(ctx) }()

		receipt := o.submit(t, arandia()...)
		d, err := other.Ask(t.Context(), engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest", AtLeast: receipt.Position})
		require.NoError(t, err)
		assert.Equal(t, domain.Allowed, d.Outcome)
		assert.Equal(t, receipt.Position, d.AsKnown)

		own, err := other.Submit(t.Context(), domain.Command{Actor: "test", Drafts: drafts(domaintest.Accredited("bo", "arandia-embassy", "dip.at", "2024-01-01"))})
		require.NoError(t, err)
		synctest.Wait()
		assert.Equal(t, own.Position, other.Position())
		third := o.submit(t, drafts(domaintest.StatusChanged("ana", "lpr", "2025-01-01"))...)
		synctest.Wait()
		assert.Equal(t, third.Position, other.Position(), "what is appended after an own command")

		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		fourth := o.submit(t, drafts(domaintest.StatusChanged("ana", "none", "2025-02-01"))...)
		synctest.Wait()
		assert.Equal(t, third.Position, other.Position(), "nobody follows")
		go func() { ended <- other.Follow(t.Context()) }()
		_, err = other.Ask(t.Context(), engine.Question{Subject: domain.Member("ana"), Privilege: "imm.arrest", AtLeast: fourth.Position})
		require.NoError(t, err, "a follower goes on where it stopped")
		require.NoError(t, o.log.Close())
		require.Error(t, <-ended)
	})
}
