package httpapi

import (
	"net/http"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/auth"
	"github.com/comity-project/comity/domain"
	"github.com/comity-project/comity/engine"
)

func balanceRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/balance", ID: "getBalance", Need: auth.Read, Do: getBalance},
	}
}

// getBalance reads the ledger of reciprocity.
func getBalance(c *api.Call) error {
	r, err := read(c, "state", "privilege", "over", "from", "to", "lost")
	if err != nil {
		return err
	}
	q := engine.BalanceQuery{State: domain.StateID(r.text("state")), Privilege: domain.Privilege(r.text("privilege")), AtLeast: r.least}
	if err := c.Need(auth.Read, q.State, q.Privilege); err != nil {
		return err
	}
	if q.State != "" {
		if _, err := c.Office.Find(string(q.State), domain.KindState); err != nil {
			return err
		}
	}
	if q.Over, err = r.flag("over"); err != nil {
		return err
	}
	if q.Lost, err = r.flag("lost"); err != nil {
		return err
	}
	switch {
	case !q.Over && r.text("from")+r.text("to") != "":
		return api.Bad("query", "from and to go with over=true, which shows all of the time: write it too, or as_of for one moment")
	case q.Over && r.text("as_of") != "":
		return api.Bad("query", "as_of is one moment, and over=true all of the time: keep one of them")
	}
	if q.From, q.To, err = r.stretch("from", "to"); err != nil {
		return err
	}
	if err := r.settle(); err != nil {
		return err
	}
	q.AsOf, q.AsKnown = r.AsOf, r.AsKnown
	found, err := c.Office.Balance(c.Context(), q)
	if err != nil {
		return err
	}
	c.Seen(found.AsKnown)
	return c.JSON(http.StatusOK, api.BalancedOf(found))
}
