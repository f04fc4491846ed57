package httpapi

import (
	"slices"

	"github.com/comity-project/comity/api"
)

// Routes lists all routes under /v1.
func Routes() []api.Route {
	return slices.Concat(
		officeRoutes(),
		askRoutes(),
		eventRoutes(),
		readRoutes(),
		importRoutes(),
		openapiRoutes(),
		watchRoutes(),
		lifeRoutes(),
		checkRoutes(),
		tryRoutes(),
	)
}
