module github.com/comity-project/comity/internal/bench/peers/cedar

go 1.26.0

replace github.com/comity-project/comity => ../../../..

require (
	github.com/cedar-policy/cedar-go v1.9.0
	github.com/comity-project/comity v0.0.0-00010101000000-000000000000
)

require (
	github.com/go-json-experiment/json v0.0.0-20260820222146-c27c302e5fc3 // indirect
	golang.org/x/exp v0.0.0-20240823005443-9b4947da3948 // indirect
)
