package httpapi

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strings"
	"sync"

	"github.com/comity-project/comity/api"
	"github.com/comity-project/comity/api/openapi"
)

// openapiRoutes are the contract, which everybody may read.
func openapiRoutes() []api.Route {
	return []api.Route{
		{Method: http.MethodGet, Path: "/v1/openapi.json", ID: "getOpenAPI", Open: true, Do: contract("application/json", openapi.JSON)},
		{Method: http.MethodGet, Path: "/v1/openapi.yaml", ID: "getOpenAPIText", Open: true, Do: contract("application/yaml", openapi.YAML)},
	}
}

// contract answers with the contract in one of its forms, unless the caller has it.
func contract(media string, form func(version string) []byte) func(*api.Call) error {
	var once sync.Once
	var text []byte
	var tag string
	return func(c *api.Call) error {
		once.Do(func() { // of a program there is one version
			text = form(c.Office.Version)
			sum := sha256.Sum256(text)
			tag = `"` + hex.EncodeToString(sum[:12]) + `"`
		})
		c.W.Header().Set("ETag", tag)
		for one := range strings.SplitSeq(c.R.Header.Get("If-None-Match"), ",") {
			if one = strings.TrimPrefix(strings.TrimSpace(one), "W/"); one == tag || one == "*" {
				c.W.WriteHeader(http.StatusNotModified)
				return nil
			}
		}
		return c.Raw(http.StatusOK, media, text)
	}
}
