package codec

import "github.com/comity-project/comity/domain"

// TopKeys lists the keys at the top of a type's payload and whether each is
// required, for the test of the documentation.
func TopKeys(typ domain.Type) (keys []string, required map[string]bool) {
	if typ == correctedType {
		return correctedKeys, map[string]bool{"reason": true, "type": true}
	}
	required = map[string]bool{}
	for _, f := range known[typ].last().shape.fields {
		keys = append(keys, f.name)
		required[f.name] = f.required
	}
	return keys, required
}
