package codec

import (
	"fmt"

	"github.com/comity-project/comity/domain"
)

func checkCents(n int64) error {
	if n > domain.MaxCents || n < -domain.MaxCents {
		return fmt.Errorf("%d is too large", n)
	}
	return nil
}
