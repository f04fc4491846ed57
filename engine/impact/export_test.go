package impact

// KindOf is kindOf, for tests.
var KindOf = kindOf
