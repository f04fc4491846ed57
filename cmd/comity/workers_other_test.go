//go:build !(linux || darwin || freebsd)

package main

// There are no workers here: each process does its work itself.

const isWorker = "COMITY_TEST_WORKER"

func hire() (string, error) { return "", nil }

func dismiss() error { return nil }

func work() error { return errNoWorker }

func handOver() (int, error) { return 0, errNoWorker }
