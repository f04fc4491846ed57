package main

import (
	"io"
	"net"
	"net/http"
	"time"
)

// floor is a server of net/http that reads the body of each request and answers the same
// to all of them, of the length that one decision or a hundred have. What a server costs
// beyond this it costs by what it does; what this costs, the standard library does.
func floor(address string) error {
	single := []byte(`{"decision":true}`)
	batch := batchOf(make([]bool, perBatch))
	answer := func(text []byte) http.HandlerFunc {
		length := []string{itoa(len(text))}
		return func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			h := w.Header()
			h["Content-Type"], h["Content-Length"] = []string{"application/json"}, length
			_, _ = w.Write(text)
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /access/v1/evaluation", answer(single))
	mux.HandleFunc("POST /access/v1/evaluations", answer(batch))
	mux.HandleFunc("GET /livez", answer(single))
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	return (&http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, IdleTimeout: 2 * time.Minute}).Serve(l)
}
