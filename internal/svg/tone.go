package svg

// A Tone is how an answer is drawn. Its letter and its pattern tell it from the
// others without colour.
type Tone int

// The tones, from what permits to what tells nothing.
const (
	Allowed     Tone = iota // plain
	Conditional             // diagonal lines
	Notify                  // dots
	Permission              // level lines
	Denied                  // crossed lines
	Unclear                 // upright lines
	Void                    // an empty frame: there was nothing to answer by
)

// A look is the colours of a tone, light and dark, and the lines of its pattern.
type look struct {
	name        string
	light, dark string
	lines       string // in a tile of 8 by 8; "" is plain
}

var looks = [...]look{
	Allowed:     {"allowed", "#8fd3a8", "#1f7a45", ""},
	Conditional: {"conditional", "#b9dd8f", "#5a7d1e", `<path d="M-2,2 l4,-4 M0,8 l8,-8 M6,10 l4,-4"/>`},
	Notify:      {"notify", "#a9cdf2", "#255f9c", `<circle cx="2" cy="2" r="1"/><circle cx="6" cy="6" r="1"/>`},
	Permission:  {"permission", "#f2d479", "#8a6a10", `<path d="M0,2 h8 M0,6 h8"/>`},
	Denied:      {"denied", "#f0a59c", "#9c3327", `<path d="M0,0 l8,8 M0,8 l8,-8"/>`},
	Unclear:     {"unclear", "#cfc3e3", "#5d4b80", `<path d="M2,0 v8 M6,0 v8"/>`},
	Void:        {"void", "#f4f4f4", "#2a2c2e", ""},
}
